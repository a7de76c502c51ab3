//! Segments that wait until it is known where their stream begins: see `early.rs`.

use super::FlowTable;
use crate::connection::slow;
use crate::early::{self, Early};
use crate::idle::Which;
use crate::pages::charge;
use crate::reassembler::known;
use crate::seq::distance;
use crate::timers::{Due, Timer};
use crate::{Segment, Sink};

impl<D: Default> FlowTable<D> {
    /// A segment waits until it is known where its stream begins. False where the table's bytes do not allow it.
    pub(super) fn wait(&mut self, slot: u32, segment: &Segment<'_>) -> bool {
        let clock = self.shared.clock;
        let len = segment.captured().len();
        let room = self.shared.limits.held_bytes / 8;
        let charged = charge(len);
        let fits = self.shared.early_bytes + charged <= room;
        let Some(record) = self.records.get_mut(slot).filter(|_| fits) else { return false };
        let first = record.early_count() == 0;
        record.extra_mut(&mut self.shared.pool).early.push(Early::new(segment));
        self.shared.early_bytes += charged;
        self.shared.stats.held_now += len as u64;
        self.shared.stats.copied_bytes += len as u64;
        // It is an answer, wherever it belongs.
        record.slow &= !slow::HALF_OPEN;
        (record.last_at, record.last_clock) = (segment.at, clock);
        if first {
            let (deadline, id) = (clock.saturating_add(early::WAIT_NS), record.id);
            self.shared.timers.push(Timer { deadline, id, slot, due: Due::Early });
        }
        // The deadline that it is under already may be later than that of an answered one.
        if let Some(deadline) = record.idle_deadline(&self.shared.limits).filter(|_| first) {
            self.shared.timers.push(Timer { deadline, id: record.id, slot, due: Due::Idle });
        }
        if record.list != Which::Open {
            self.move_to(slot, Which::Open);
            self.set_unanswered_at();
        }
        true
    }

    /// Takes the segments that waited.
    pub(super) fn replay<S: Sink<D>>(&mut self, slot: u32, sink: &mut S) {
        let Some(record) = self.records.get_mut(slot) else { return };
        let Some(extra) = record.extra.as_mut().filter(|extra| !extra.early.is_empty()) else { return };
        let early = std::mem::take(&mut extra.early);
        let (last_at, lowest) = (record.last_at, early.iter().map(Early::segment));
        let lowest = lowest.reduce(|a, b| if distance(a.seq, b.seq) < 0 { b } else { a });
        if let Some(segment) = lowest
            && !record.half(segment.half).has(known::STARTED)
        {
            record.half_mut(segment.half).start(segment.seq);
        }
        for early in &early {
            self.shared.early_bytes -= charge(early.len());
            self.shared.stats.held_now -= early.len() as u64;
            self.take(slot, &early.segment(), sink);
        }
        if let Some(record) = self.records.get_mut(slot) {
            record.last_at = last_at;
        }
    }
}
