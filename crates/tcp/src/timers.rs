//! What is due when, on the capture clock.
//!
//! Entries are not taken back: one that has lost its meaning is recognised when its time comes, and swept out
//! together with the others when there are too many.

use crate::Half;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What is due. The order decides between timers of the same deadline and connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// An acknowledged hole is given up.
    Gap(Half),
    /// A connection that is over is forgotten.
    Linger,
    /// A silent connection is ended.
    Idle,
    /// The streams of a connection that was reset end.
    Reset,
    /// Segments in front of their SYN+ACK have waited long enough for it.
    Early,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timer {
    pub(crate) deadline: u64,
    pub(crate) id: u64,
    pub(crate) slot: u32,
    pub(crate) due: Due,
}

#[derive(Debug)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
    /// The earliest deadline; `u64::MAX` where there is none.
    next: u64,
}

impl Timers {
    pub(crate) fn new() -> Self {
        Timers { heap: BinaryHeap::new(), next: u64::MAX }
    }

    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// The earliest timer.
    pub(crate) fn first(&self) -> Option<&Timer> {
        self.heap.peek().map(|timer| &timer.0)
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(crate) fn push(&mut self, timer: Timer) {
        self.next = self.next.min(timer.deadline);
        self.heap.push(Reverse(timer));
    }

    /// The earliest timer, if it is due at `clock`.
    pub(crate) fn pop(&mut self, clock: u64) -> Option<Timer> {
        let timer = self.heap.peek().filter(|timer| timer.0.deadline <= clock)?.0;
        self.heap.pop();
        self.next = self.heap.peek().map_or(u64::MAX, |timer| timer.0.deadline);
        Some(timer)
    }

    /// Sweeps out what has lost its meaning.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Timer) -> bool) {
        self.heap.retain(|timer| keep(&timer.0));
        self.next = self.heap.peek().map_or(u64::MAX, |timer| timer.0.deadline);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_in_order_of_deadline_then_id() {
        let mut timers = Timers::new();
        assert_eq!(timers.next(), u64::MAX);
        for (deadline, id) in [(5, 1), (3, 9), (3, 2), (8, 4)] {
            timers.push(Timer { deadline, id, slot: 0, due: Due::Linger });
        }
        assert_eq!((timers.next(), timers.pop(2)), (3, None));
        let order: Vec<_> =
            std::iter::from_fn(|| timers.pop(5)).map(|timer| (timer.deadline, timer.id)).collect();
        assert_eq!(order, [(3, 2), (3, 9), (5, 1)]);
        timers.retain(|_| false);
        assert_eq!((timers.next(), timers.len()), (u64::MAX, 0));
    }
}
