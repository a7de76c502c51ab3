//! What a table does when time has passed.

use super::FlowTable;
use crate::Sink;
use crate::connection::slow;
use crate::idle::Which;
use crate::records::Records;
use crate::state::Ending;
use crate::timers::{Due, Timer};

impl<D: Default> FlowTable<D> {
    /// When [`advance`](Self::advance) should be called next, on the capture clock. May be too early, is never
    /// too late. `None`: nothing is waiting for time. O(1).
    #[inline]
    pub fn next_deadline(&self) -> Option<u64> {
        Some(self.shared.timers.next().min(self.unanswered_at)).filter(|&deadline| deadline != u64::MAX)
    }

    /// The capture clock is at `clock`: everything due at or before it happens, in order of deadline, then of
    /// connection id.
    pub fn advance<S: Sink<D>>(&mut self, clock: u64, sink: &mut S) {
        loop {
            if self.unanswered_at <= clock && self.unanswered_is_next() {
                self.shared.clock = self.shared.clock.max(self.unanswered_at);
                self.tell_unanswered(sink);
                continue;
            }
            let Some(timer) = self.shared.timers.pop(clock) else { break };
            self.shared.clock = self.shared.clock.max(timer.deadline);
            if valid(&self.records, &timer) {
                self.fire(timer, sink);
            }
        }
        self.shared.clock = self.shared.clock.max(clock);
    }

    /// Whether the half-open connection that has waited for longest comes before every timer.
    fn unanswered_is_next(&self) -> bool {
        let Some(id) = self.records.get(self.lists.oldest_half_open()).map(|record| record.id) else {
            return false;
        };
        self.shared.timers.first().is_none_or(|timer| (self.unanswered_at, id) <= (timer.deadline, timer.id))
    }

    fn fire<S: Sink<D>>(&mut self, timer: Timer, sink: &mut S) {
        let Some(record) = self.records.get_mut(timer.slot) else { return };
        match timer.due {
            Due::Gap(half) => {
                record.waiting_mut(half, &mut self.shared.pool).queued = u64::MAX;
                record.check_gap(half, &mut self.shared, sink);
                record.settle();
            }
            Due::Reset => {
                let deadline = record.last_clock.saturating_add(self.shared.limits.reset_wait_ns);
                if deadline > timer.deadline {
                    self.shared.timers.push(Timer { deadline, ..timer });
                } else {
                    record.finish_reset(&mut self.shared, sink);
                }
            }
            Due::Early => self.replay(timer.slot, sink),
            Due::Linger => {
                let end_clock = Some(timer.deadline);
                self.end(timer.slot, Ending { end_clock, lingered: true, ..Ending::default() }, sink);
            }
            Due::Idle => match record.idle_deadline(&self.shared.limits) {
                Some(deadline) if deadline > timer.deadline => {
                    self.shared.timers.push(Timer { deadline, ..timer });
                }
                Some(_) => {
                    let end_clock = Some(timer.deadline);
                    self.end(timer.slot, Ending { end_clock, timed_out: true, ..Ending::default() }, sink);
                }
                None => {}
            },
        }
    }

    /// The oldest half-open connection has waited long enough.
    fn tell_unanswered<S: Sink<D>>(&mut self, sink: &mut S) {
        let slot = self.lists.oldest_half_open();
        if let Some(record) = self.records.get_mut(slot) {
            record.unanswered(&mut self.shared, sink);
            self.move_to(slot, Which::Unanswered);
        }
        self.set_unanswered_at();
    }

    /// Puts a connection at the end of a list.
    pub(super) fn move_to(&mut self, slot: u32, list: Which) {
        self.lists.unlink(&mut self.records, slot);
        self.lists.link(&mut self.records, slot, list, self.shared.clock);
    }

    /// The deadline of the oldest half-open connection: their list is in the order of their first segments.
    pub(super) fn set_unanswered_at(&mut self) {
        let oldest = self.records.get(self.lists.oldest_half_open());
        let wait = self.shared.limits.unanswered_ns;
        self.unanswered_at = oldest.map_or(u64::MAX, |record| record.first_clock.saturating_add(wait));
    }

    /// Keeps the timers few: most entries of a busy table lose their meaning before their time comes.
    pub(super) fn sweep(&mut self) {
        // At most three deadlines of states, two of holes, one of a RST and one of early segments mean something for each connection.
        if self.shared.timers.len() > 8 * self.len() + 64 {
            let records = &self.records;
            self.shared.timers.retain(|timer| valid(records, timer));
        }
    }
}

/// Whether a timer still means something.
fn valid<D>(records: &Records<D>, timer: &Timer) -> bool {
    let record = records.get(timer.slot);
    record.is_some_and(|record| {
        record.live
            && record.id == timer.id
            && match timer.due {
                Due::Gap(half) => {
                    record.waiting(half).is_some_and(|waiting| waiting.queued == timer.deadline)
                }
                Due::Linger => record.is(slow::OVER),
                Due::Idle => !record.is(slow::OVER),
                Due::Reset => true,
                Due::Early => record.early_count() > 0,
            }
    })
}
