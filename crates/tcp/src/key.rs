//! The key of a connection: two endpoints, normalised so that both directions have the same one.

use crate::Half;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The pair of (address, port) that names a connection, the lower one first.
///
/// IPv4 and IPv6 are kept apart: `192.0.2.1` and `::ffff:192.0.2.1` are different endpoints. 40 bytes.
///
/// ```
/// use wiretrace_tcp::{FlowKey, Half};
/// let (client, server) = (("192.0.2.7".parse().unwrap(), 50_000), ("192.0.2.1".parse().unwrap(), 80));
/// let (there, from_client) = FlowKey::new(client, server);
/// let (back, from_server) = FlowKey::new(server, client);
/// assert_eq!(there, back);
/// assert_eq!((from_client, from_server), (Half::B, Half::A));
/// assert_eq!(there.endpoint(Half::B), client);
/// assert_eq!(there.flow_hash(), back.flow_hash());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FlowKey {
    /// IPv4: both addresses in the first word, A's in its upper half, the others 0. IPv6: A's address, then B's.
    words: [u64; 4],
    /// A's port in the upper half.
    ports: u32,
    /// 4 or 6.
    family: u32,
}

impl FlowKey {
    /// The key for a segment from `src` to `dst`, and which half sent it. Addresses of different families do
    /// not occur in one IP header; given anyway, they are taken as IPv6, the IPv4 one mapped.
    pub fn new(src: (IpAddr, u16), dst: (IpAddr, u16)) -> (FlowKey, Half) {
        match (src.0, dst.0) {
            (IpAddr::V4(s), IpAddr::V4(d)) => Self::from_v4(s.octets(), src.1, d.octets(), dst.1),
            (s, d) => Self::from_v6(six(s), src.1, six(d), dst.1),
        }
    }

    /// The key for an IPv4 segment, and which half sent it.
    #[inline]
    pub fn from_v4(src: [u8; 4], sport: u16, dst: [u8; 4], dport: u16) -> (FlowKey, Half) {
        let (s, d) = ((u32::from_be_bytes(src), sport), (u32::from_be_bytes(dst), dport));
        let (a, b, half) = if s <= d { (s, d, Half::A) } else { (d, s, Half::B) };
        let words = [u64::from(a.0) << 32 | u64::from(b.0), 0, 0, 0];
        (FlowKey { words, ports: u32::from(a.1) << 16 | u32::from(b.1), family: 4 }, half)
    }

    /// The key for an IPv6 segment, and which half sent it.
    #[inline]
    pub fn from_v6(src: [u8; 16], sport: u16, dst: [u8; 16], dport: u16) -> (FlowKey, Half) {
        let (s, d) = ((u128::from_be_bytes(src), sport), (u128::from_be_bytes(dst), dport));
        let (a, b, half) = if s <= d { (s, d, Half::A) } else { (d, s, Half::B) };
        let words = [(a.0 >> 64) as u64, a.0 as u64, (b.0 >> 64) as u64, b.0 as u64];
        (FlowKey { words, ports: u32::from(a.1) << 16 | u32::from(b.1), family: 6 }, half)
    }

    /// The endpoint that sends `half`.
    pub fn endpoint(&self, half: Half) -> (IpAddr, u16) {
        let [w0, w1, w2, w3] = self.words;
        let port = match half {
            Half::A => (self.ports >> 16) as u16,
            Half::B => self.ports as u16,
        };
        let address = match (self.family, half) {
            (4, Half::A) => IpAddr::V4(Ipv4Addr::from_bits((w0 >> 32) as u32)),
            (4, Half::B) => IpAddr::V4(Ipv4Addr::from_bits(w0 as u32)),
            (_, Half::A) => IpAddr::V6(Ipv6Addr::from_bits(u128::from(w0) << 64 | u128::from(w1))),
            (_, Half::B) => IpAddr::V6(Ipv6Addr::from_bits(u128::from(w2) << 64 | u128::from(w3))),
        };
        (address, port)
    }

    /// A fixed hash, the same in every run and for both directions: it picks the partition of a connection.
    ///
    /// Start with `h = 0x9E37_79B9_7F4A_7C15`. For each word (IPv4: the two addresses, A's in the upper half;
    /// IPv6: the four halves of the two addresses; then `family << 32 | A's port << 16 | B's port`):
    /// `h = (h ^ word) * 0xFF51_AFD7_ED55_8CCD` modulo 2^64, then `h ^= h >> 32`.
    ///
    /// It is public and has no secret, so it must never index a table by itself: the flow table keys its own.
    #[inline]
    pub fn flow_hash(&self) -> u64 {
        let mut h = 0x9E37_79B9_7F4A_7C15_u64;
        let mut add = |word: u64| {
            h = (h ^ word).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
            h ^= h >> 32;
        };
        self.words_in_use(&mut add);
        h
    }

    #[inline]
    fn words_in_use(&self, mut add: impl FnMut(u64)) {
        let [w0, w1, w2, w3] = self.words;
        add(w0);
        if self.family != 4 {
            add(w1);
            add(w2);
            add(w3);
        }
        add(u64::from(self.family) << 32 | u64::from(self.ports));
    }
}

fn six(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

impl Hash for FlowKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.words_in_use(|word| state.write_u64(word));
    }
}

impl fmt::Debug for FlowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (a, b) = (self.endpoint(Half::A), self.endpoint(Half::B));
        write!(f, "FlowKey([{}]:{}, [{}]:{})", a.0, a.1, b.0, b.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_stay_apart() {
        let v4 = FlowKey::from_v4([1, 2, 3, 4], 5, [6, 7, 8, 9], 10).0;
        let mapped = |o| six(IpAddr::V4(Ipv4Addr::from(o)));
        let v6 = FlowKey::from_v6(mapped([1, 2, 3, 4]), 5, mapped([6, 7, 8, 9]), 10).0;
        assert_ne!(v4, v6);
        assert_ne!(v4.flow_hash(), v6.flow_hash());
        assert!(v4.endpoint(Half::A).0.is_ipv4() && v6.endpoint(Half::A).0.is_ipv6());
        assert!(size_of::<FlowKey>() <= 40);
    }

    #[test]
    fn ports_decide_between_equal_addresses() {
        let (k, half) = FlowKey::from_v4([9; 4], 80, [9; 4], 79);
        assert_eq!(half, Half::B);
        assert_eq!((k.endpoint(Half::A).1, k.endpoint(Half::B).1), (79, 80));
        let (same, half) = FlowKey::from_v6([9; 16], 80, [9; 16], 80);
        assert_eq!(half, Half::A);
        assert_eq!(same.endpoint(Half::A), same.endpoint(Half::B));
    }

    #[test]
    fn the_hash_is_fixed() {
        // Worked out from the description, not by the code. Changing these numbers changes which partition a
        // connection lives in.
        let v4 = FlowKey::from_v4([192, 0, 2, 1], 80, [192, 0, 2, 7], 50000).0;
        assert_eq!(v4.flow_hash(), 11_578_404_322_750_975_926);
        let v6 = FlowKey::from_v6([0x20; 16], 80, [0x21; 16], 50000).0;
        assert_eq!(v6.flow_hash(), 1_455_368_589_499_557_594);
    }

    #[test]
    fn the_hash_spreads_ports_over_partitions() {
        let mut counts = [0u32; 64];
        for port in 1024..1024 + 6400 {
            let key = FlowKey::from_v4([10, 0, 0, 1], port, [10, 0, 0, 2], 80).0;
            counts[(key.flow_hash() % 64) as usize] += 1;
        }
        assert!(counts.iter().all(|&n| (50..200).contains(&n)), "{counts:?}");
    }
}
