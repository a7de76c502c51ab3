//! The naive byte-map reassembler: the simplest thing that could be right, to compare a real one with.
//!
//! One [`NaiveHalf`] is one direction. Every stream position has an entry in a map; nothing is ever delivered
//! early, given up or forgotten, so it is slow, unbounded, and easy to believe.

use std::collections::BTreeMap;

/// FIN, as in a TCP header.
pub const FIN: u16 = 1;
/// SYN.
pub const SYN: u16 = 2;
/// RST.
pub const RST: u16 = 4;

/// One direction of a connection, as a map from position to byte.
///
/// ```
/// use wiretrace_testkit::naive::NaiveHalf;
/// let mut half = NaiveHalf::default();
/// half.push(1000, 0, b"ab", 2);
/// half.push(1004, 0, b"ef", 3); // its last byte was cut off by the snap length
/// half.push(1001, 0, b"XX", 2); // the first copy of a position counts
/// assert_eq!(half.runs(), [(0, b"abX".to_vec()), (4, b"ef".to_vec())]);
/// assert_eq!((half.len(), half.unique(), half.missing()), (7, 6, 1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct NaiveHalf {
    /// Raw sequence number of position 0.
    base: Option<u32>,
    /// Position to start from: that of the SYN, where it was not the first segment.
    start: i64,
    syn: bool,
    /// Highest position seen.
    high: i64,
    fin: Option<i64>,
    /// What was captured first at each position; `None`: carried, but cut off.
    bytes: BTreeMap<i64, Option<u8>>,
}

impl NaiveHalf {
    /// One segment: raw sequence number, flags, captured payload, and payload length as the IP header says.
    pub fn push(&mut self, seq: u32, flags: u16, payload: &[u8], payload_len: u32) {
        if flags & RST != 0 {
            return;
        }
        let first = if flags & SYN != 0 { seq.wrapping_add(1) } else { seq };
        let base = *self.base.get_or_insert(first);
        let expected = base.wrapping_add(self.high as u32);
        let at = self.high + i64::from(first.wrapping_sub(expected) as i32);
        if flags & SYN != 0 && !self.syn {
            (self.syn, self.start) = (true, at);
        }
        if (at - self.high).abs() > 1 << 30 {
            return;
        }
        let end = at + i64::from(payload_len);
        if flags & FIN != 0 && self.fin.is_none() {
            self.fin = Some(end);
        }
        for position in at..end {
            let byte = payload.get((position - at) as usize).copied();
            self.bytes.entry(position).or_insert(byte);
        }
        if payload_len > 0 {
            self.high = self.high.max(end);
        }
    }

    fn inside(&self) -> impl Iterator<Item = (i64, Option<u8>)> + '_ {
        let fin = self.fin.unwrap_or(i64::MAX).max(self.start);
        self.bytes.range(self.start..fin).map(|(&position, &byte)| (position - self.start, byte))
    }

    /// Stream positions that some segment carried.
    pub fn unique(&self) -> u64 {
        self.inside().count() as u64
    }

    /// Length of the stream: up to the FIN, or else to the highest position carried.
    pub fn len(&self) -> u64 {
        let carried = self.inside().last().map_or(0, |(position, _)| position + 1);
        self.fin.map_or(carried, |fin| (fin - self.start).max(carried)) as u64
    }

    /// Nothing was carried, and no FIN lies behind the start.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Stream positions that no segment carried.
    pub fn missing(&self) -> u64 {
        self.len() - self.unique()
    }

    /// The byte captured first at a position, be it behind the FIN.
    pub fn byte(&self, position: u64) -> Option<u8> {
        self.bytes.get(&(position as i64 + self.start)).copied().flatten()
    }

    /// The captured bytes, as runs without a hole: (position, bytes), in order.
    pub fn runs(&self) -> Vec<(u64, Vec<u8>)> {
        let mut runs: Vec<(u64, Vec<u8>)> = Vec::new();
        for (position, byte) in self.inside() {
            let Some(byte) = byte else { continue };
            match runs.last_mut() {
                Some((from, run)) if *from + run.len() as u64 == position as u64 => run.push(byte),
                _ => runs.push((position as u64, vec![byte])),
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_and_ends() {
        let mut half = NaiveHalf::default();
        half.push(u32::MAX - 2, SYN, b"", 0);
        half.push(0, FIN, b"cd", 2);
        half.push(u32::MAX - 1, 0, b"abXX", 4);
        half.push(2, 0, b"behind", 6);
        assert_eq!(half.runs(), [(0, b"abcd".to_vec())]);
        assert_eq!((half.len(), half.unique(), half.missing()), (4, 4, 0));
        assert_eq!((half.byte(3), half.byte(4), half.byte(10)), (Some(b'd'), Some(b'b'), None));
    }

    #[test]
    fn outside_is_not_counted() {
        let mut half = NaiveHalf::default();
        assert!(half.is_empty());
        half.push(100, 0, b"ab", 2);
        half.push(98, 0, b"xy", 2);
        half.push(100, RST, b"reset", 5);
        half.push(100 + (1 << 30) + 10, 0, b"wild", 4);
        assert_eq!((half.len(), half.unique()), (2, 2));
    }
}
