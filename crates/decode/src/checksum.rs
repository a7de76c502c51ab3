//! The Internet checksum (RFC 1071) and the pseudo headers of TCP and UDP (RFC 9293 §3.1, RFC 8200 §8.1).
//!
//! Nothing in this crate depends on a checksum being right: offloading makes it wrong in most captures taken
//! on an end host.

use core::net::IpAddr;

/// A running one's complement sum over pieces of any length.
///
/// ```
/// use wiretrace_decode::checksum::Sum;
/// // RFC 1071 §3
/// let sum = Sum::new().with(&[0x00, 0x01, 0xf2]).with(&[0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
/// assert_eq!(sum.finish(), !0xddf2);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    sum: u64,
    /// Whether an odd number of bytes was added.
    odd: bool,
}

impl Sum {
    /// Nothing summed yet.
    pub const fn new() -> Self {
        Sum { sum: 0, odd: false }
    }

    /// Adds bytes, which continue those added before.
    #[must_use]
    pub fn with(mut self, bytes: &[u8]) -> Self {
        let mut bytes = bytes;
        if self.odd {
            let Some((&first, rest)) = bytes.split_first() else { return self };
            self.sum += u64::from(first);
            self.odd = false;
            bytes = rest;
        }
        // 2^48 words of 16 bits fit into the sum: no slice is that long.
        let (words, tail) = bytes.as_chunks::<2>();
        self.sum += words.iter().map(|&word| u64::from(u16::from_be_bytes(word))).sum::<u64>();
        if let [last] = tail {
            self.sum += u64::from(*last) << 8;
            self.odd = true;
        }
        self
    }

    /// The checksum: the complement of the folded sum. Over a header that contains its right checksum it is 0.
    pub fn finish(self) -> u16 {
        let mut sum = self.sum;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        !(sum as u16)
    }
}

/// The checksum over `bytes`; 0 where they contain their own right checksum.
pub fn checksum(bytes: &[u8]) -> u16 {
    Sum::new().with(bytes).finish()
}

/// Whether an IPv4 header (all of it, and nothing more) has a right checksum.
pub fn ipv4_header_ok(header: &[u8]) -> bool {
    checksum(header) == 0
}

/// The checksum of a TCP or UDP message with its pseudo header; 0 where the message contains its own right
/// checksum. `None` where the addresses are of different versions or the message is longer than 32 bits count.
///
/// A UDP checksum field of 0 over IPv4 means that there is none: that is for the caller to see.
pub fn transport(source: IpAddr, destination: IpAddr, protocol: u8, message: &[u8]) -> Option<u16> {
    let len = u32::try_from(message.len()).ok()?.to_be_bytes();
    let sum = match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            Sum::new().with(&source.octets()).with(&destination.octets())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            Sum::new().with(&source.octets()).with(&destination.octets())
        }
        _ => return None,
    };
    Some(sum.with(&len).with(&[0, protocol]).with(message).finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header used as an example all over: 4500 0073 ... checksum b861.
    const HEADER: [u8; 20] =
        [0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0, 0xc7];

    #[test]
    fn ipv4_header() {
        assert!(ipv4_header_ok(&HEADER));
        let mut without = HEADER;
        without[10..12].fill(0);
        assert_eq!(checksum(&without), 0xb861);
        assert!(!ipv4_header_ok(&without));
    }

    #[test]
    fn pieces_of_any_length_give_the_same_sum() {
        for cut in 0..=HEADER.len() {
            let (a, b) = HEADER.split_at(cut);
            assert_eq!(Sum::new().with(a).with(&[]).with(b).finish(), 0, "cut at {cut}");
        }
    }

    #[test]
    fn udp_over_both_versions() {
        let message = [0, 53, 0, 53, 0, 10, 0, 0, b'h', b'i'];
        for (a, b) in [("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")] {
            let (a, b): (IpAddr, IpAddr) = (a.parse().unwrap(), b.parse().unwrap());
            let sum = transport(a, b, 17, &message).unwrap();
            let mut right = message;
            right[6..8].copy_from_slice(&sum.to_be_bytes());
            assert_eq!(transport(a, b, 17, &right), Some(0));
        }
        let (a, b): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "::1".parse().unwrap());
        assert_eq!(transport(a, b, 17, &message), None);
    }
}
