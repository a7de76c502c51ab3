//! Ways to cut bytes into pieces, and the seeded randomness for it.
//!
//! A state machine that is fed bytes must give the same events for every cut. [`single_cuts`] and
//! [`double_cuts`] are exhaustive and for small inputs; [`random_cuts`] is for the rest. No piece is empty.
//!
//! ```
//! use wiretrace_testkit::split::{double_cuts, single_cuts};
//!
//! let cuts: Vec<_> = single_cuts(b"abc").collect();
//! assert_eq!(cuts, [[&b"a"[..], b"bc"], [b"ab", b"c"]]);
//! assert_eq!(double_cuts(b"abcd").count(), 3);
//! ```

/// All ways to cut `bytes` into two pieces: `len - 1` of them.
pub fn single_cuts(bytes: &[u8]) -> impl Iterator<Item = [&[u8]; 2]> {
    (1..bytes.len()).map(|at| {
        let (left, right) = bytes.split_at(at);
        [left, right]
    })
}

/// All ways to cut `bytes` into three pieces: `(len - 1) * (len - 2) / 2` of them.
pub fn double_cuts(bytes: &[u8]) -> impl Iterator<Item = [&[u8]; 3]> {
    (1..bytes.len()).flat_map(move |first| {
        (first + 1..bytes.len()).map(move |second| [&bytes[..first], &bytes[first..second], &bytes[second..]])
    })
}

/// `bytes` one by one.
pub fn bytewise(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.chunks(1)
}

/// `bytes` in pieces of 1 to `max_len` bytes, the same ones for the same seed.
pub fn random_cuts(bytes: &[u8], seed: u64, max_len: usize) -> Vec<&[u8]> {
    let mut rng = Rng::new(seed);
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at(rng.range(1, max_len.max(1)).min(rest.len()));
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

/// A small seeded generator (xorshift64*), equal on every machine.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A generator; every seed, 0 included, is good.
    pub fn new(seed: u64) -> Self {
        // The splitmix64 step spreads small seeds; xorshift must not start from 0.
        let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self((state ^ state >> 31) | 1)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number from `low` to `high`, both included; `low` where `high` is lower.
    pub fn range(&mut self, low: usize, high: usize) -> usize {
        let span = high.saturating_sub(low) as u64;
        let offset = self.next_u64() % span.saturating_add(1).max(1);
        low + offset as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.range(1, n.max(1)) == 1
    }

    /// `len` random bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| (self.next_u64() >> 56) as u8).collect()
    }

    /// Shuffles `items`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.range(0, i));
        }
    }

    /// A copy of `bytes` with one to `changes` random changes: a byte flipped, set, removed, inserted, a run
    /// doubled, or the end cut off.
    pub fn mutate(&mut self, bytes: &[u8], changes: usize) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for _ in 0..self.range(1, changes.max(1)) {
            let at = self.range(0, out.len().saturating_sub(1));
            let byte = (self.next_u64() >> 56) as u8;
            match self.range(0, 5) {
                _ if out.is_empty() => out.push(byte),
                0 => out[at] ^= 1 << (byte & 7),
                1 => out[at] = byte,
                2 => drop(out.remove(at)),
                3 => out.insert(at, byte),
                4 => {
                    let end = (at + self.range(1, 16)).min(out.len());
                    let run = out[at..end].to_vec();
                    out.splice(at..at, run);
                }
                _ => out.truncate(at),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cut_joins_to_the_input() {
        let input: Vec<u8> = (0..12).collect();
        assert_eq!(single_cuts(&input).count(), 11);
        assert_eq!(double_cuts(&input).count(), 55);
        assert!(single_cuts(&input).all(|pieces| pieces.concat() == input));
        assert!(
            double_cuts(&input)
                .all(|pieces| pieces.concat() == input && pieces.iter().all(|p| !p.is_empty()))
        );
        for seed in 0..100 {
            let pieces = random_cuts(&input, seed, 4);
            assert_eq!(pieces.concat(), input);
            assert!(pieces.iter().all(|piece| (1..=4).contains(&piece.len())));
            assert_eq!(pieces, random_cuts(&input, seed, 4));
        }
    }

    #[test]
    fn tiny_inputs_have_no_cuts() {
        assert_eq!(single_cuts(b"").count() + single_cuts(b"a").count(), 0);
        assert_eq!(double_cuts(b"").count() + double_cuts(b"ab").count(), 0);
        assert!(random_cuts(b"", 1, 4).is_empty());
        assert_eq!(random_cuts(b"ab", 1, 0), [b"a", b"b"]);
    }

    #[test]
    fn seeds_differ_and_ranges_hold() {
        let first = |seed| Rng::new(seed).next_u64();
        assert!((1..1000).all(|seed| first(seed) != first(seed - 1)));
        let mut rng = Rng::new(7);
        let mut seen = [0; 6];
        for _ in 0..6000 {
            seen[rng.range(0, 5)] += 1;
        }
        assert!(seen.iter().all(|&n| (800..1200).contains(&n)), "{seen:?}");
        assert_eq!(rng.range(5, 2), 5);
    }

    #[test]
    fn mutations_change_and_never_panic() {
        let mut rng = Rng::new(1);
        let changed =
            (0..500).filter(|_| rng.mutate(b"GET / HTTP/1.1\r\n\r\n", 3) != b"GET / HTTP/1.1\r\n\r\n");
        assert!(changed.count() > 450);
        for len in 0..3 {
            for _ in 0..200 {
                rng.mutate(&vec![0; len], 5);
            }
        }
    }
}
