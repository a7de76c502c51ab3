//! Sequence numbers relative to each connection's first: a table of bounded size, without a hash map's growth.
//!
//! A connection has one of [`WAYS`] places in a set that a fixed hash of its addresses and ports picks; where all are
//! taken, one that is ending is forgotten, else the one not seen for longest, which is counted. Whoever aims at one set has connections forgotten (their
//! numbers begin anew), and nothing worse: no lookup takes more than [`WAYS`] comparisons.

use std::net::IpAddr;

/// Sets of the table.
const SETS: usize = 1 << 15;
/// Connections of a set.
const WAYS: usize = 4;

/// Connections remembered for relative sequence numbers; 64 bytes each.
pub const CONNECTIONS: usize = SETS * WAYS;

/// Two addresses, two ports, flags and stamp, two bases: the lower end of the connection first.
type Entry = [u64; 8];
const KEY: usize = 5;

/// What a segment's numbers are relative to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bases {
    /// Subtracted from the sequence number.
    pub(crate) sequence: u32,
    /// Subtracted from the acknowledgment number and from SACK edges.
    pub(crate) acknowledgment: u32,
}

/// The fields of a segment that matter here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    pub(crate) sequence: u32,
    pub(crate) acknowledgment: u32,
    pub(crate) syn: bool,
    pub(crate) ack: bool,
    /// FIN or RST.
    pub(crate) end: bool,
}

#[derive(Debug)]
pub(crate) struct Connections {
    /// Made at the first segment: zeroed memory costs nothing until it is touched.
    table: Vec<[Entry; WAYS]>,
    stamp: u64,
    forgotten: u64,
}

const HAS_LOW: u64 = 1;
const HAS_HIGH: u64 = 2;
const ENDING: u64 = 4;
const FLAGS: u32 = 3;

/// A side's base: bit in the flags, and half of the word of bases.
#[derive(Clone, Copy)]
struct Half {
    flag: u64,
    shift: u32,
}

const LOW: Half = Half { flag: HAS_LOW, shift: 0 };
const HIGH: Half = Half { flag: HAS_HIGH, shift: 32 };

impl Half {
    fn get(self, bases: u64) -> u32 {
        (bases >> self.shift) as u32
    }

    fn set(self, flags: &mut u64, bases: &mut u64, value: u32) {
        *flags |= self.flag;
        *bases = *bases & !(0xffff_ffff << self.shift) | u64::from(value) << self.shift;
    }
}

fn words(address: IpAddr) -> (u64, u64) {
    match address {
        // Cannot be an IPv6 address of a packet that is not mapped; one that is mapped would be the same host.
        IpAddr::V4(address) => (0, 0xffff_0000_0000 | u64::from(u32::from(address))),
        IpAddr::V6(address) => {
            let bits = u128::from(address);
            ((bits >> 64) as u64, bits as u64)
        }
    }
}

impl Connections {
    pub(crate) fn new() -> Self {
        Self { table: Vec::new(), stamp: 0, forgotten: 0 }
    }

    /// Connections that were forgotten while they were open, since their set was full.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Remembers the segment's connection and gives what its numbers are relative to: the initial sequence number where
    /// the SYN was seen, else one less than the first number, so that the first byte seen is number 1.
    pub(crate) fn bases(&mut self, source: IpAddr, destination: IpAddr, numbers: &Numbers) -> Bases {
        let (from, to) = (words(source), words(destination));
        let forward = (from, numbers.source_port) <= (to, numbers.destination_port);
        let (a, b, ports) = if forward {
            (from, to, u64::from(numbers.source_port) << 16 | u64::from(numbers.destination_port))
        } else {
            (to, from, u64::from(numbers.destination_port) << 16 | u64::from(numbers.source_port))
        };
        // Never all zero: the top bit says that the place is taken.
        let key: [u64; KEY] = [a.0, a.1, b.0, b.1, ports | 1 << 63];
        if self.table.is_empty() {
            self.table = vec![[[0; 8]; WAYS]; SETS];
        }
        let index = (hash(&key) >> (64 - SETS.trailing_zeros())) as usize;
        let Some(set) = self.table.get_mut(index) else { return Bases::default() };
        self.stamp += 1;
        let found = set.iter().position(|entry| entry.first_chunk() == Some(&key));
        let place = found.unwrap_or_else(|| {
            // Empty places and connections that end come first, then the one not seen for longest.
            let open = |entry: &Entry| entry[4] != 0 && entry[5] & ENDING == 0;
            let worst = set.iter().enumerate().min_by_key(|(_, entry)| (open(entry), entry[5] >> FLAGS));
            worst.map_or(0, |(place, _)| place)
        });
        let Some(entry) = set.get_mut(place) else { return Bases::default() };
        if found.is_none() {
            self.forgotten += u64::from(entry[4] != 0 && entry[5] & ENDING == 0);
            *entry = [key[0], key[1], key[2], key[3], key[4], 0, 0, 0];
        }
        let (mine, other) = if forward { (LOW, HIGH) } else { (HIGH, LOW) };
        let (mut flags, mut bases) = (entry[5] & ((1 << FLAGS) - 1), entry[6]);
        if numbers.syn && flags & mine.flag != 0 && mine.get(bases) != numbers.sequence {
            // The ports are used again; a SYN+ACK with another number answers the SYN that is remembered.
            flags &= if numbers.ack { !mine.flag } else { 0 };
        }
        if numbers.end {
            flags |= ENDING;
        } else if numbers.syn {
            flags &= !ENDING;
        }
        if flags & mine.flag == 0 {
            let first = if numbers.syn { numbers.sequence } else { numbers.sequence.wrapping_sub(1) };
            mine.set(&mut flags, &mut bases, first);
        }
        if flags & other.flag == 0 && numbers.ack {
            other.set(&mut flags, &mut bases, numbers.acknowledgment.wrapping_sub(1));
        }
        entry[5] = self.stamp << FLAGS | flags;
        entry[6] = bases;
        let acknowledgment = if flags & other.flag != 0 { other.get(bases) } else { 0 };
        Bases { sequence: mine.get(bases), acknowledgment }
    }
}

/// A fixed hash: equal runs give equal output.
fn hash(key: &[u64; KEY]) -> u64 {
    key.iter()
        .fold(0, |state: u64, word| {
            let mixed = (state ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed ^ mixed >> 29
        })
        .wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(
        source_port: u16,
        destination_port: u16,
        sequence: u32,
        acknowledgment: u32,
        syn: bool,
    ) -> Numbers {
        let ack = acknowledgment != 0;
        Numbers { source_port, destination_port, sequence, acknowledgment, syn, ack, end: false }
    }

    const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const B: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn relative(table: &mut Connections, from: IpAddr, to: IpAddr, n: Numbers) -> (u32, u32) {
        let bases = table.bases(from, to, &n);
        (n.sequence.wrapping_sub(bases.sequence), n.acknowledgment.wrapping_sub(bases.acknowledgment))
    }

    #[test]
    fn from_the_handshake_and_from_midway() {
        let mut table = Connections::new();
        assert_eq!(relative(&mut table, A, B, numbers(9, 80, u32::MAX, 0, true)).0, 0);
        assert_eq!(relative(&mut table, B, A, numbers(80, 9, 7, 0, true)).0, 0);
        assert_eq!(relative(&mut table, A, B, numbers(9, 80, 0, 8, false)), (1, 1));
        assert_eq!(relative(&mut table, A, B, numbers(10, 80, 500, 900, false)), (1, 1));
        assert_eq!(relative(&mut table, B, A, numbers(80, 10, 910, 600, false)), (11, 101));
        // Ports used again.
        assert_eq!(relative(&mut table, A, B, numbers(9, 80, 1000, 0, true)).0, 0);
        assert_eq!(relative(&mut table, B, A, numbers(80, 9, 5000, 1001, true)), (0, 1));
        assert_eq!(relative(&mut table, A, B, numbers(9, 80, 1001, 5001, false)), (1, 1));
        assert_eq!(table.forgotten(), 0);
    }

    #[test]
    fn the_table_is_bounded_and_counts() {
        let mut table = Connections::new();
        for n in 0..400_000u32 {
            let from = IpAddr::V4(std::net::Ipv4Addr::from(n));
            table.bases(from, B, &numbers(1, 2, n, 0, true));
        }
        assert!(table.forgotten() >= 400_000 - CONNECTIONS as u64);
        assert_eq!(table.table.len() * WAYS, CONNECTIONS);
        // Connections that ended make room.
        let mut table = Connections::new();
        for n in 0..400_000u32 {
            let from = IpAddr::V4(std::net::Ipv4Addr::from(n));
            table.bases(from, B, &Numbers { end: true, ..numbers(1, 2, n, 0, false) });
        }
        assert_eq!(table.forgotten(), 0);
        // Fewer than the table holds: hardly one is forgotten.
        let mut table = Connections::new();
        for n in 0..20_000u32 {
            table.bases(IpAddr::V4(std::net::Ipv4Addr::from(n)), B, &numbers(1, 2, n, 0, true));
        }
        assert!(table.forgotten() < 200, "{}", table.forgotten());
    }
}
