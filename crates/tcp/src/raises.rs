//! When the other side acknowledged what was not captured yet, so that each hole waits from its own acknowledgement on.

use crate::Limits;
use std::collections::VecDeque;

/// So many are told apart; of more, the latest two are taken for one.
const KEPT: usize = 16;

/// The other side acknowledged everything up to `to`, for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Raise {
    pub(crate) to: u64,
    /// The capture clock then.
    pub(crate) clock: u64,
    /// How many packets the half had sent then.
    pub(crate) packets: u64,
}

impl Raise {
    /// When a hole that it covers is given up.
    pub(crate) fn deadline(&self, limits: &Limits) -> u64 {
        self.clock.saturating_add(limits.gap_wait_ns)
    }

    /// Whether a hole that it covers is given up now.
    pub(crate) fn is_ripe(&self, clock: u64, packets: u64, limits: &Limits) -> bool {
        packets.saturating_sub(self.packets) >= u64::from(limits.gap_segments)
            || clock >= self.deadline(limits)
    }
}

/// Those that lie beyond the next position, in order.
#[derive(Debug, Default)]
pub(crate) struct Raises(VecDeque<Raise>);

impl Raises {
    /// A new one, higher than all others. `next` is the half's next position.
    pub(crate) fn push(&mut self, raise: Raise, next: u64, limits: &Limits) {
        while self.0.front().is_some_and(|first| first.to <= next) {
            self.0.pop_front();
        }
        // What is ripe is given up whichever it was.
        let ripe = |raise: &&Raise, new: &Raise| raise.is_ripe(new.clock, new.packets, limits);
        while self.0.get(1).filter(|second| ripe(second, &raise)).is_some() {
            self.0.pop_front();
        }
        if self.0.len() == KEPT {
            self.0.pop_back();
        }
        self.0.push_back(raise);
    }

    /// The one that covered a hole up to `end` first.
    pub(crate) fn covering(&self, end: u64) -> Option<Raise> {
        let at = self.0.partition_point(|raise| raise.to < end);
        self.0.get(at).copied()
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raise(to: u64, clock: u64, packets: u64) -> Raise {
        Raise { to, clock, packets }
    }

    #[test]
    fn the_first_to_cover_a_hole_counts() {
        let limits = Limits::default();
        let mut raises = Raises::default();
        for (to, clock) in [(10, 1), (20, 2), (30, 3)] {
            raises.push(raise(to, clock, 0), 0, &limits);
        }
        assert_eq!([5, 10, 11, 30].map(|end| raises.covering(end).unwrap().clock), [1, 1, 2, 3]);
        assert_eq!(raises.covering(31), None);
        raises.push(raise(40, 4, 0), 20, &limits);
        assert_eq!(raises.0.len(), 2, "what lies behind is forgotten");
    }

    #[test]
    fn few_are_kept() {
        let limits = Limits::default();
        let mut raises = Raises::default();
        for to in 1..100 {
            raises.push(raise(to, to, 0), 0, &limits);
        }
        assert_eq!((raises.0.len(), raises.covering(15)), (KEPT, Some(raise(15, 15, 0))));
        assert_eq!(raises.covering(16), Some(raise(99, 99, 0)), "a little later than it might");
        raises.push(raise(100, 100, 3), 0, &limits);
        assert_eq!(raises.0.len(), 2, "of ripe ones the latest says all");
        assert_eq!(raises.covering(1), Some(raise(99, 99, 0)));
    }
}
