//! The holes of a half that were given up and not filled since, bounded.
//!
//! They are remembered only so that what fills one late is told from a retransmission; its bytes are not
//! delivered any more.

/// Sorted, disjoint spans of stream positions.
#[derive(Debug, Default)]
pub(crate) struct Holes {
    spans: Vec<(u64, u64)>,
}

impl Holes {
    /// Remembers `from..to`, which lies behind all others. Returns how many had to be forgotten.
    pub(crate) fn push(&mut self, from: u64, to: u64, limit: usize) -> u64 {
        debug_assert!(from < to && self.spans.last().is_none_or(|last| last.1 <= from));
        if let Some(last) = self.spans.last_mut()
            && last.1 == from
        {
            last.1 = to;
            return 0;
        }
        self.spans.push((from, to));
        self.forget(limit)
    }

    fn forget(&mut self, limit: usize) -> u64 {
        let over = self.spans.len().saturating_sub(limit);
        self.spans.drain(..over);
        over as u64
    }

    /// The parts of `from..to` that lie in holes, in order.
    pub(crate) fn within(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        let first = self.spans.partition_point(|span| span.1 <= from);
        let spans = self.spans.get(first..).unwrap_or_default();
        spans.iter().take_while(move |span| span.0 < to).map(move |span| (span.0.max(from), span.1.min(to)))
    }

    /// How many positions of `from..to` lie in holes.
    pub(crate) fn len_within(&self, from: u64, to: u64) -> u64 {
        self.within(from, to).map(|(from, to)| to - from).sum()
    }

    /// `from..to` is filled. Returns how many holes had to be forgotten, as one may fall into two.
    pub(crate) fn fill(&mut self, from: u64, to: u64, limit: usize) -> u64 {
        let first = self.spans.partition_point(|span| span.1 <= from);
        let last = self.spans.partition_point(|span| span.0 < to);
        if first >= last {
            return 0;
        }
        let head = self.spans.get(first).map(|span| (span.0, from)).filter(|span| span.0 < span.1);
        let tail = self.spans.get(last - 1).map(|span| (to, span.1)).filter(|span| span.0 < span.1);
        self.spans.splice(first..last, head.into_iter().chain(tail));
        self.forget(limit)
    }

    /// Forgets all, and memory beyond a few entries.
    pub(crate) fn clear(&mut self) {
        self.spans.clear();
        self.spans.shrink_to(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_splits_trims_and_removes() {
        let mut holes = Holes::default();
        for from in [0, 10, 20, 30] {
            assert_eq!(holes.push(from, from + 5, 8), 0);
        }
        assert_eq!(holes.len_within(0, 100), 20);
        holes.fill(2, 4, 8);
        assert_eq!(holes.within(0, 100).collect::<Vec<_>>(), [(0, 2), (4, 5), (10, 15), (20, 25), (30, 35)]);
        holes.fill(4, 22, 8);
        assert_eq!(holes.within(0, 100).collect::<Vec<_>>(), [(0, 2), (22, 25), (30, 35)]);
        assert_eq!(holes.within(1, 24).collect::<Vec<_>>(), [(1, 2), (22, 24)]);
        assert_eq!(holes.fill(5, 20, 8), 0);
        assert_eq!(holes.len_within(0, 100), 10);
    }

    #[test]
    fn touching_holes_are_one_and_the_oldest_is_forgotten() {
        let mut holes = Holes::default();
        assert_eq!(holes.push(0, 5, 2), 0);
        assert_eq!(holes.push(5, 10, 2), 0);
        assert_eq!(holes.push(20, 30, 2), 0);
        assert_eq!(holes.push(40, 50, 2), 1);
        assert_eq!(holes.within(0, 100).collect::<Vec<_>>(), [(20, 30), (40, 50)]);
        assert_eq!(holes.fill(22, 24, 2), 1, "a split makes one more");
        assert_eq!(holes.push(60, 70, 0), 3, "nothing is remembered at a limit of 0");
    }
}
