//! Moving bytes: from a segment, or from what is held, to the sink, each position once and in order.

use crate::connection::Connection;
use crate::extra::Pool;
use crate::held::{NONE, Origin, Spot, Store};
use crate::measure::Found;
use crate::pages::charge;
use crate::reassembler::known::{self, FIN, FIN_SENT, FINISHED};
use crate::timers::{Due, Timer, Timers};
use crate::{Event, Finish, GapCause, Half, Limits, Mark, Measure, Overlap, Segment, Sink, Stats};

/// What all connections of a table share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) overlap: Overlap,
    pub(crate) measure: Measure,
    pub(crate) stats: Stats,
    pub(crate) store: Store,
    pub(crate) pool: Pool,
    /// What the segments that wait for their SYN+ACK are charged, as held pieces are.
    pub(crate) early_bytes: usize,
    pub(crate) timers: Timers,
    /// The highest capture clock so far.
    pub(crate) clock: u64,
}

/// A segment's captured payload at its place in the stream.
#[derive(Clone, Copy)]
struct Placed<'a> {
    at: i64,
    bytes: &'a [u8],
    origin: Origin,
}

impl<'a> Placed<'a> {
    /// The captured bytes at the positions `from..to`.
    fn within(&self, from: i64, to: i64) -> &'a [u8] {
        let clamp =
            |position: i64| position.saturating_sub(self.at).clamp(0, self.bytes.len() as i64) as usize;
        self.bytes.get(clamp(from)..clamp(to)).unwrap_or_default()
    }

    fn count(&self, from: u64, to: u64) -> u64 {
        self.within(from as i64, to as i64).len() as u64
    }
}

/// A segment that only wants to be acknowledged.
#[derive(Clone, Copy)]
enum Probe {
    KeepAlive,
    Window,
}

/// What a segment brings, compared with what was seen.
#[derive(Default)]
struct Survey {
    /// Positions not seen before, at or behind `next`.
    new: u64,
    /// Positions not seen before, in holes given up.
    filled: u64,
    /// Positions seen before.
    seen: u64,
    /// Captured bytes of `seen`.
    second: u64,
    /// Captured bytes of `filled`.
    late: u64,
    /// Some new position is below the highest one seen.
    below: bool,
    /// A copy of some position is held.
    held: bool,
    /// Some byte differs from a held copy.
    differs: bool,
    /// Some byte could not be compared.
    unknown: bool,
}

impl<D> Connection<D> {
    /// Takes a segment's payload and FIN into its half, which has started. No RST comes here. What was found of it is
    /// for the measures.
    pub(crate) fn accept<S: Sink<D>>(
        &mut self,
        segment: &Segment<'_>,
        shared: &mut Shared,
        sink: &mut S,
    ) -> Found {
        let half = segment.half;
        let this = self.half(half);
        let first = segment.seq.wrapping_add(u32::from(segment.flags.syn()));
        let at = this.position(first);
        let bytes = segment.captured();
        if this.is_wild(at) {
            shared.stats.wild_segments += 1;
            shared.stats.outside_stream += bytes.len() as u64;
            return Found::Outside;
        }
        let end = at + i64::from(segment.payload_len);
        let fin_seen = this.has(FIN);
        let fin_again = segment.flags.fin() && fin_seen;
        if segment.flags.fin() {
            if !this.has(FIN_SENT) {
                let seq = first.wrapping_add(segment.payload_len);
                sink.event(self, Event::Fin { half, seq });
            }
            self.half_mut(half).known |= FIN_SENT;
        }
        // A FIN in front of the start is outside the stream, and no receiver would take it.
        if segment.flags.fin() && !fin_again && end >= 0 {
            self.set_fin(half, at.max(0) as u64, end as u64, shared);
        }
        let this = self.half(half);
        let end = if this.has(FIN) { end.min(this.fin as i64) } else { end };
        let (from, to) = (at.max(0), end.max(0));
        let outside =
            from > this.next as i64 && to > from && self.window_end(half).is_some_and(|edge| from >= edge);
        let span = (from as u64, (to as u64).max(from as u64));
        let placed = Placed { at, bytes, origin: Origin { span, outside_window: outside } };
        shared.stats.outside_stream += placed.within(i64::MIN, from.min(to)).len() as u64;
        shared.stats.outside_stream += placed.within(to, i64::MAX).len() as u64;
        let (from, to) = span;
        if outside {
            shared.stats.outside_window += 1;
            sink.event(self, Event::OutsideWindow { half, seq: segment.seq, len: segment.payload_len });
        }

        let probe = self.is_probe(segment, at);
        // A FIN is the highest position there can be.
        let highest = if fin_seen { self.half(half).fin } else { self.half(half).high() };
        let survey = self.survey(half, placed, (from, to), highest, &shared.store);
        let found = self.count(segment, (from, to), &survey, (highest, fin_again), probe, shared, sink);
        // By default, a copy can only count over one from outside the window.
        if survey.held && !(outside && shared.overlap == Overlap::First) {
            self.settle_copies(half, placed, shared);
        }
        if survey.new > 0 {
            self.place(segment, placed, from, to, shared, sink);
        }
        self.check_finished(half, sink);
        found
    }

    /// Whether a segment only asks for an acknowledgement, and of which kind: at most one byte, in front of or at the
    /// one position that the other side waits for.
    fn is_probe(&self, segment: &Segment<'_>, at: i64) -> Option<Probe> {
        let other = self.half(!segment.half);
        if segment.payload_len > 1 || segment.flags.syn() || segment.flags.fin() || !other.has(known::ACKED) {
            return None;
        }
        let this = self.half(segment.half);
        let expected = this.position(other.last_ack);
        let in_front = at == expected - 1;
        if other.window == 0 && other.zero_windows > 0 {
            (in_front || at == expected && segment.payload_len == 1).then_some(Probe::Window)
        } else {
            // Before anything was sent, such a number is that of the SYN: a SYN without its flag is no probe.
            (in_front && expected == this.high() as i64 && !this.has(FIN_SENT)).then_some(Probe::KeepAlive)
        }
    }

    /// Of copies of held positions, the one that counts is put in place.
    fn settle_copies(&mut self, half: Half, placed: Placed<'_>, shared: &mut Shared) {
        let queue = self.half(half).queue;
        let (policy, new) = (shared.overlap, placed.origin);
        let bounds = (shared.limits.held_segments_per_half, shared.limits.held_bytes_per_half);
        shared.store.patch(
            queue,
            new,
            bounds,
            |offset| placed.within(offset as i64, i64::MAX),
            |old| match (new.outside_window, old.outside_window) {
                (true, false) => false,
                (false, true) => true,
                _ => policy.new_counts(new.span, old.span),
            },
        );
    }

    /// Compares `from..to` with what was seen of the half, up to `highest`.
    fn survey(
        &self,
        half: Half,
        placed: Placed<'_>,
        (from, to): (u64, u64),
        highest: u64,
        store: &Store,
    ) -> Survey {
        let this = self.half(half);
        let mut survey = Survey::default();
        let old = to.min(this.next);
        let mut at = from;
        let holes = self.waiting(half).filter(|_| old > from).map(|waiting| waiting.holes.within(from, old));
        for (hole, end) in holes.into_iter().flatten() {
            survey.filled += end - hole;
            survey.late += placed.count(hole, end);
            survey.seen += hole - at;
            survey.second += placed.count(at, hole);
            at = end;
        }
        if at < old {
            survey.seen += old - at;
            survey.second += placed.count(at, old);
        }
        survey.unknown = survey.seen > 0;
        survey.below = survey.filled > 0;
        let mut at = from.max(this.next);
        while at < to {
            match store.spot(this.queue, at) {
                Spot::Held { end, bytes } => {
                    survey.held = true;
                    let end = end.min(to);
                    let ours = placed.within(at as i64, end as i64);
                    let (both, len) = (ours.len().min(bytes.len()), end - at);
                    survey.differs |= ours.get(..both) != bytes.get(..both);
                    survey.unknown |= (both as u64) < len;
                    survey.seen += len;
                    survey.second += ours.len() as u64;
                    at = end;
                }
                Spot::Free { until } => {
                    let end = until.min(to);
                    survey.new += end - at;
                    survey.below |= at < highest;
                    at = end;
                }
            }
        }
        survey
    }

    /// Counts what a segment brought, and says what was odd about it.
    #[allow(clippy::too_many_arguments, reason = "one caller, in this file")]
    fn count<S: Sink<D>>(
        &mut self,
        segment: &Segment<'_>,
        (from, to): (u64, u64),
        survey: &Survey,
        (highest, fin_again): (u64, bool),
        probe: Option<Probe>,
        shared: &mut Shared,
        sink: &mut S,
    ) -> Found {
        let (half, seq, len) = (segment.half, segment.seq, segment.payload_len);
        shared.stats.second_copies += survey.second;
        shared.stats.over_limit += survey.late;
        shared.stats.conflicts += u64::from(survey.differs);
        if survey.filled > 0 {
            let holes = &mut self.waiting_mut(half, &mut shared.pool).holes;
            shared.stats.limit_holes += holes.fill(from, to, shared.limits.holes_per_half);
        }
        let this = self.half_mut(half);
        this.unique_bytes += survey.new + survey.filled;
        if survey.new > 0 {
            this.top = this.high().max(to);
            this.extent = if this.has(FIN) { this.fin } else { this.top };
        }
        if let Some(probe) = probe {
            this.probes = this.probes.saturating_add(1);
            sink.event(
                self,
                match probe {
                    Probe::KeepAlive => Event::KeepAlive { half, seq, len },
                    Probe::Window => Event::WindowProbe { half, seq, len },
                },
            );
            return Found::Probe;
        }
        let new = survey.new + survey.filled;
        let mut found = if new > 0 { Found::New { from, to } } else { Found::Nothing };
        if new == 0 && (survey.seen > 0 || fin_again) {
            this.retransmits = this.retransmits.saturating_add(1);
            let resend =
                self.measured(|measures, connection| measures.resend(connection, segment, (from, to)));
            sink.event(self, Event::Retransmit { half, seq, len, resend });
            found = Found::Again { from, to };
        } else if new > 0 && survey.seen > 0 {
            let conflict = if survey.differs { Some(true) } else { (!survey.unknown).then_some(false) };
            sink.event(self, Event::Overlap { half, seq, len, conflict });
            found = Found::Overlap { from, to };
        }
        if survey.below {
            let this = self.half_mut(half);
            this.out_of_order = this.out_of_order.saturating_add(1);
            sink.event(self, Event::OutOfOrder { half, seq, len });
            if let Found::New { from, to } = found {
                found = Found::Below { from, to, top: highest };
            }
        }
        found
    }

    /// Hands the new positions of `from..to` on, or holds them.
    fn place<S: Sink<D>>(
        &mut self,
        segment: &Segment<'_>,
        placed: Placed<'_>,
        from: u64,
        to: u64,
        shared: &mut Shared,
        sink: &mut S,
    ) {
        let half = segment.half;
        if self.half(half).has(FINISHED) {
            // Reset or cut before: counted, but not handed on any more.
            shared.stats.outside_stream += placed.count(from.max(self.half(half).next), to);
            self.pass_over(half, from, shared);
            let this = self.half_mut(half);
            shared.stats.missing_unknown += to - this.next;
            this.next = to;
            return;
        }
        let mut at = from;
        loop {
            let this = self.half(half);
            at = at.max(this.next);
            if at >= to {
                return;
            }
            match shared.store.spot(this.queue, at) {
                Spot::Held { end, .. } => at = end,
                Spot::Free { until } => {
                    let end = until.min(to);
                    let start = at as i64 == placed.at;
                    let bytes = placed.within(at as i64, end as i64);
                    if at == this.next {
                        self.hand_on(half, end - at, bytes, segment.mark(), start, shared, sink);
                        self.drain(half, shared, sink);
                        at = end;
                    } else if self.hold(
                        half,
                        (at, (end - at) as u32),
                        bytes,
                        placed.origin,
                        segment.mark(),
                        start,
                        shared,
                    ) {
                        at = end;
                    } else {
                        let hole = shared.store.first(self.half(half).queue).map_or(at, |held| held.min(at));
                        self.gap(half, hole, GapCause::Limit, shared, sink);
                        self.drain(half, shared, sink);
                    }
                }
            }
        }
    }

    /// Positions of a finished stream up to `to` are skipped in silence.
    fn pass_over(&mut self, half: Half, to: u64, shared: &mut Shared) {
        let this = self.half_mut(half);
        if to > this.next {
            shared.stats.missing_unknown += to - this.next;
            let from = std::mem::replace(&mut this.next, to);
            self.remember_hole(half, from, to, shared);
        }
    }

    /// A hole was given up: what fills it late is to be told from a retransmission.
    fn remember_hole(&mut self, half: Half, from: u64, to: u64, shared: &mut Shared) {
        let holes = &mut self.waiting_mut(half, &mut shared.pool).holes;
        shared.stats.limit_holes += holes.push(from, to, shared.limits.holes_per_half);
    }

    /// Copies a piece into the store. False, and nothing done, at a bound.
    #[allow(clippy::too_many_arguments, reason = "one caller, in this file")]
    fn hold(
        &mut self,
        half: Half,
        place: (u64, u32),
        bytes: &[u8],
        origin: Origin,
        mark: Mark,
        segment_start: bool,
        shared: &mut Shared,
    ) -> bool {
        let slot = self.slot;
        let this = self.half_mut(half);
        let (count, charged) = shared.store.size(this.queue);
        if charged + charge(bytes.len()) > shared.limits.held_bytes_per_half {
            shared.stats.limit_held_bytes_per_half += 1;
            return false;
        }
        if count >= shared.limits.held_segments_per_half {
            shared.stats.limit_held_segments += 1;
            return false;
        }
        if !shared.store.has_room(bytes.len()) {
            shared.stats.limit_held_bytes += 1;
            return false;
        }
        if this.queue == NONE {
            this.queue = shared.store.open(slot, half);
        }
        if !shared.store.insert(this.queue, place, bytes, origin, mark, segment_start) {
            self.drain_closes(half, shared);
            return false;
        }
        shared.stats.held_now += bytes.len() as u64;
        shared.stats.copied_bytes += bytes.len() as u64;
        true
    }

    /// Hands the next `len` positions on: `bytes`, and a gap for what the snap length cut off behind them.
    #[allow(clippy::too_many_arguments, reason = "two callers, in this file")]
    fn hand_on<S: Sink<D>>(
        &mut self,
        half: Half,
        len: u64,
        bytes: &[u8],
        mark: Mark,
        segment_start: bool,
        shared: &mut Shared,
        sink: &mut S,
    ) {
        let this = self.half_mut(half);
        let offset = this.next;
        let captured = bytes.len() as u64;
        this.next += captured;
        shared.stats.delivered += captured;
        if captured > 0 {
            sink.event(self, Event::Data { half, offset, bytes, mark, segment_start });
        }
        if captured < len {
            self.gap(half, offset + len, GapCause::Snaplen, shared, sink);
        }
    }

    /// Hands on what is held without a hole in front.
    fn drain<S: Sink<D>>(&mut self, half: Half, shared: &mut Shared, sink: &mut S) {
        loop {
            let this = self.half(half);
            let Some((len, held)) = shared.store.pop(this.queue, this.next) else { break };
            shared.stats.held_now -= held.bytes.len() as u64;
            let (mark, start) = (held.mark, held.segment_start);
            self.hand_on(half, u64::from(len), &held.bytes, mark, start, shared, sink);
            shared.store.recycle(held);
        }
        self.drain_closes(half, shared);
    }

    fn drain_closes(&mut self, half: Half, shared: &mut Shared) {
        let this = self.half_mut(half);
        if this.queue != NONE && shared.store.first(this.queue).is_none() {
            shared.store.close(this.queue);
            this.queue = NONE;
        }
    }

    /// Gives the positions up to `to` up.
    fn gap<S: Sink<D>>(&mut self, half: Half, to: u64, cause: GapCause, shared: &mut Shared, sink: &mut S) {
        let this = self.half_mut(half);
        let (offset, len, seq) = (this.next, to - this.next, this.raw(this.next));
        this.next = to;
        let stats = &mut shared.stats;
        *match cause {
            GapCause::Acknowledged => &mut stats.missing_capture,
            GapCause::Snaplen => &mut stats.missing_snaplen,
            GapCause::Limit => &mut stats.missing_limit,
            GapCause::Unacknowledged => &mut stats.missing_unknown,
        } += len;
        if cause != GapCause::Snaplen {
            self.remember_hole(half, offset, to, shared);
        }
        sink.event(self, Event::Gap { half, offset, len, cause, seq });
    }

    /// Gives the oldest hole up, if there is one, and hands on what it held back.
    pub(crate) fn give_up<S: Sink<D>>(
        &mut self,
        half: Half,
        cause: Option<GapCause>,
        shared: &mut Shared,
        sink: &mut S,
    ) -> bool {
        let this = self.half(half);
        let Some(end) = this.hole_end(&shared.store) else { return false };
        let known = this.acked >= end;
        let at_end = if known { GapCause::Acknowledged } else { GapCause::Unacknowledged };
        self.gap(half, end, cause.unwrap_or(at_end), shared, sink);
        self.drain(half, shared, sink);
        self.check_finished(half, sink);
        true
    }

    /// Everything held is handed on, every hole given up; then the stream is over.
    pub(crate) fn flush<S: Sink<D>>(&mut self, half: Half, how: Finish, shared: &mut Shared, sink: &mut S) {
        while self.give_up(half, None, shared, sink) {}
        self.finish_half(half, how, sink);
    }

    fn check_finished<S: Sink<D>>(&mut self, half: Half, sink: &mut S) {
        let this = self.half(half);
        if this.has(FIN) && this.next >= this.fin {
            self.finish_half(half, Finish::Fin, sink);
        }
    }

    fn finish_half<S: Sink<D>>(&mut self, half: Half, how: Finish, sink: &mut S) {
        let this = self.half_mut(half);
        if !this.has(FINISHED) {
            this.known |= FINISHED;
            sink.event(self, Event::Finished { half, how });
        }
    }

    /// The stream ends at `fin`. What was held behind it is no part of the stream.
    fn set_fin(&mut self, half: Half, segment_at: u64, fin: u64, shared: &mut Shared) {
        if self.half(half).has(FINISHED) {
            self.pass_over(half, segment_at.min(fin), shared);
        }
        let this = self.half_mut(half);
        this.fin = fin;
        this.known |= FIN;
        let (positions, bytes) = shared.store.cut(this.queue, fin);
        this.unique_bytes -= positions;
        shared.stats.held_now -= bytes;
        shared.stats.outside_stream += bytes;
        this.extent = fin;
        if fin < this.next {
            // Too late to take back what was handed on: only the count of the stream's bytes can follow.
            let next = this.next;
            let holes = &mut self.waiting_mut(half, &mut shared.pool).holes;
            let missing = holes.len_within(fin, next);
            let _ = holes.fill(fin, next, usize::MAX);
            let this = self.half_mut(half);
            this.unique_bytes = this.unique_bytes.saturating_sub(next - fin - missing);
        }
        self.drain_closes(half, shared);
    }

    /// Looks whether the oldest hole of a half is acknowledged, and gives it up when it has waited long enough:
    /// [`Limits::gap_segments`] or [`Limits::gap_wait_ns`].
    pub(crate) fn check_gap<S: Sink<D>>(&mut self, half: Half, shared: &mut Shared, sink: &mut S) {
        loop {
            let (id, slot) = (self.id, self.slot);
            let this = self.half(half);
            let hole = if this.has(FINISHED) { None } else { this.hole_end(&shared.store) };
            let Some(end) = hole.filter(|&end| this.acked >= end) else { return };
            let packets = this.packets;
            let waiting = self.waiting_mut(half, &mut shared.pool);
            let Some(raise) = waiting.raises.covering(end) else { return };
            if !raise.is_ripe(shared.clock, packets, &shared.limits) {
                let deadline = raise.deadline(&shared.limits);
                if deadline < waiting.queued {
                    waiting.queued = deadline;
                    shared.timers.push(Timer { deadline, id, slot, due: Due::Gap(half) });
                }
                return;
            }
            self.give_up(half, Some(GapCause::Acknowledged), shared, sink);
        }
    }
}
