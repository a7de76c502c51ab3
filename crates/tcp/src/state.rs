//! What one segment does to its connection: beginning, handshake, acknowledgement, end (RFC 9293 §3.3.2, seen
//! from outside).

use crate::connection::{Connection, happened, slow};
use crate::deliver::Shared;
use crate::measure::{Found, Notes};
use crate::raises::Raise;
use crate::reassembler::known;
use crate::seq::distance;
use crate::syn::SynOptions;
use crate::{Event, Finish, Half, Limits, Measure, Outcome, Reason, Segment, Sink, Summary};

/// Why a connection is taken out of the table.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ending {
    pub(crate) end_clock: Option<u64>,
    pub(crate) evicted: bool,
    pub(crate) timed_out: bool,
    pub(crate) lingered: bool,
}

/// What a SYN is to the half that sent it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Syn {
    /// There is none, or it is the half's first.
    Fits,
    /// The same again.
    Again,
    /// It has another sequence number: no part of this stream.
    Stray,
}

impl<D> Connection<D> {
    /// Counts a segment and does what it says. Returns whether the connection is over.
    pub(crate) fn segment<S: Sink<D>>(
        &mut self,
        segment: &Segment<'_>,
        shared: &mut Shared,
        sink: &mut S,
    ) -> bool {
        let (half, flags, seq) = (segment.half, segment.flags, segment.seq);
        (self.last_at, self.last_clock) = (segment.at, shared.clock);
        let this = self.half_mut(half);
        this.packets += 1;
        this.header_bytes += u64::from(segment.header_len);
        this.bytes += u64::from(segment.payload_len);

        let syn = if flags.rst() { Syn::Fits } else { self.begin_half(segment, shared) };
        let established = syn != Syn::Stray && self.note_handshake(segment, syn == Syn::Again);
        if self.is(slow::FRESH) {
            self.slow &= !slow::FRESH;
            (self.first_half, self.first_at) = (half, segment.at);
            self.slow |= if flags.syn() { slow::HALF_OPEN } else { 0 };
            sink.event(self, Event::Start);
        } else if !flags.syn() || half != self.first_half {
            self.slow &= !slow::HALF_OPEN;
        }
        if flags.rst() || syn == Syn::Stray {
            let over = if flags.rst() {
                self.reset(segment, shared, sink)
            } else {
                shared.stats.wild_segments += 1;
                shared.stats.outside_stream += segment.captured().len() as u64;
                self.is(slow::OVER)
            };
            // A hole that waits for segments has seen one more.
            self.check_gap(half, shared, sink);
            return over;
        }
        if syn == Syn::Again {
            sink.event(self, Event::SynRetry { half, seq });
        }
        if let Some(handshake) = self.handshake().filter(|_| established) {
            sink.event(self, Event::Established(handshake));
        }
        if shared.measure != Measure::Off {
            self.measure_ack(segment, shared, sink);
        }
        if flags.ack() {
            self.acknowledge(half, segment.ack, shared);
        }
        let this = self.half_mut(half);
        this.window = segment.window;
        this.known = this.known & !known::SYN_WINDOW | if flags.syn() { known::SYN_WINDOW } else { 0 };
        if segment.window == 0 && !flags.syn() && !flags.fin() {
            let this = self.half_mut(half);
            this.zero_windows = this.zero_windows.saturating_add(1);
            sink.event(self, Event::ZeroWindow { half, seq });
        }
        let closed =
            Half::BOTH.iter().any(|&half| self.half(half).zero_windows > 0 && self.half(half).window == 0);
        self.slow = if closed { self.slow | slow::CLOSED_WINDOW } else { self.slow & !slow::CLOSED_WINDOW };
        let found = self.accept(segment, shared, sink);
        if shared.measure != Measure::Off {
            self.measure_payload(segment, found, shared, sink);
        }
        for half in Half::BOTH {
            self.check_gap(half, shared, sink);
        }
        let fins = self.both_sent_fin();
        if fins && !self.is(slow::OVER) {
            sink.event(self, Event::Over { reason: Reason::Fin });
        }
        fins || self.is(slow::OVER)
    }

    /// Measures what a segment acknowledges and offers; before it is counted.
    #[inline]
    pub(crate) fn measure_ack<S: Sink<D>>(
        &mut self,
        segment: &Segment<'_>,
        shared: &mut Shared,
        sink: &mut S,
    ) {
        if segment.payload_len > 0 || segment.window == 0 && !segment.flags.syn() {
            let Shared { pool, .. } = shared;
            let extra = self.extra.get_or_insert_with(|| pool.take());
            extra.measures.get_or_insert_with(|| pool.take_measures());
        }
        let series = shared.measure == Measure::Series;
        let mut notes = Notes::new();
        self.measured(|measures, connection| {
            measures.acknowledgement(connection, segment, series, &mut notes);
        });
        self.tell(notes, sink);
    }

    /// Measures what became of a segment's payload; after it was counted.
    #[inline]
    pub(crate) fn measure_payload<S: Sink<D>>(
        &mut self,
        segment: &Segment<'_>,
        found: Found,
        _shared: &mut Shared,
        sink: &mut S,
    ) {
        let mut notes = Notes::new();
        self.measured(|measures, connection| measures.payload(connection, segment, found, &mut notes));
        self.tell(notes, sink);
    }

    /// Most often there is nothing to tell, and then nothing is moved.
    #[inline]
    fn tell<S: Sink<D>>(&mut self, mut notes: Notes, sink: &mut S) {
        if !notes.is_empty() {
            for note in notes.drain(..) {
                sink.event(self, note);
            }
        }
    }

    /// A RST. Returns whether the connection is over.
    fn reset<S: Sink<D>>(&mut self, segment: &Segment<'_>, shared: &mut Shared, sink: &mut S) -> bool {
        let (half, seq, len) = (segment.half, segment.seq, segment.payload_len);
        shared.stats.outside_stream += segment.captured().len() as u64;
        if !self.both_sent_fin() {
            self.happened |= happened::RESET_FIRST;
        }
        let pending = self.unacknowledged(Half::A) + self.unacknowledged(Half::B);
        let refusal = self.is_refusal(segment);
        let acceptable = refusal.unwrap_or_else(|| self.is_acceptable(segment));
        sink.event(self, Event::Reset { half, seq, len, acceptable, pending });
        if !acceptable {
            shared.stats.unacceptable_resets += 1;
            return self.is(slow::OVER);
        }
        self.happened |= happened::RESET;
        if refusal == Some(true) {
            shared.stats.refused += 1;
            self.happened |= happened::REFUSED;
            sink.event(self, Event::Refused { half, seq });
        }
        if !self.is(slow::OVER) {
            let reason = if self.had(happened::RESET_FIRST) { Reason::Rst } else { Reason::Fin };
            sink.event(self, Event::Over { reason });
        }
        if shared.limits.reset_wait_ns == 0 {
            for half in Half::BOTH {
                self.flush(half, Finish::Reset, shared, sink);
            }
        }
        true
    }

    /// Where the receiver of a RST is known to wait for an answer to its SYN, and nothing else was heard: whether the
    /// RST is one, which acknowledges the SYN or what came with it (RFC 9293 §3.10.7.3).
    fn is_refusal(&self, segment: &Segment<'_>) -> Option<bool> {
        let (this, other) = (self.half(segment.half), self.half(!segment.half));
        if !other.has(known::SYN) || other.has(known::ACKED) || this.has(known::STARTED) {
            return None;
        }
        let sent = 0..=other.high() as i64;
        Some(segment.flags.ack() && sent.contains(&other.position(segment.ack)))
    }

    /// Whether the receiver of a RST can have taken it: its number lies in the receiver's window (RFC 5961 §3.2 asks
    /// for the window's very first one, which nobody but the receiver knows). Where nothing is known of the
    /// receiver, it is taken at its word.
    fn is_acceptable(&self, segment: &Segment<'_>) -> bool {
        let (this, other) = (self.half(segment.half), self.half(!segment.half));
        if !other.has(known::ACKED) || !this.has(known::STARTED) {
            return true;
        }
        // An unknown scale is taken for the largest.
        let scale = self.scale(!segment.half).unwrap_or(14);
        let window = other.window_bytes(scale).max(self.unacknowledged(segment.half)) as i64;
        // A FIN counts as one number.
        (0..=window + 1).contains(&i64::from(distance(other.last_ack, segment.seq)))
    }

    /// Sets a half's start at its first segment, or by its SYN.
    fn begin_half(&mut self, segment: &Segment<'_>, shared: &mut Shared) -> Syn {
        let syn = segment.flags.syn();
        let first = segment.seq.wrapping_add(u32::from(syn));
        let other = self.half(!segment.half);
        let last_ack = other.has(known::ACKED).then_some(other.last_ack);
        let this = self.half_mut(segment.half);
        if !syn && this.has(known::STARTED) {
            return Syn::Fits;
        }
        if this.has(known::SYN) {
            return if this.syn_seq == segment.seq { Syn::Again } else { Syn::Stray };
        }
        if this.has(known::STARTED) && !this.adopts(first) {
            return Syn::Stray;
        }
        if syn {
            this.known |= known::SYN;
            this.syn_seq = segment.seq;
            this.syn_at = segment.at;
            this.syn_window = segment.window;
            this.options = SynOptions::parse(segment.options).pack();
        }
        if !this.has(known::STARTED) || this.base != first {
            this.start(first);
            this.acked = 0;
            let before = this.packets - 1;
            if self.extra.is_some() {
                self.waiting_mut(segment.half, &mut shared.pool).raises.clear();
            }
            let this = self.half_mut(segment.half);
            // Acknowledged before anything of this half was captured.
            if last_ack.is_some_and(|ack| this.raise(ack)) {
                self.note_raised(segment.half, before, shared);
            }
        }
        Syn::Fits
    }

    /// Who is the client, and how long the handshake took. Returns whether this segment ends it.
    fn note_handshake(&mut self, segment: &Segment<'_>, again: bool) -> bool {
        let (half, flags) = (segment.half, segment.flags);
        if flags.syn() {
            self.client.get_or_insert(if flags.ack() { !half } else { half });
            if again {
                self.happened |= happened::SYN_AGAIN;
            }
            if flags.ack() {
                self.happened |= happened::SYN_ACK;
            } else if self.client == Some(half) {
                self.happened |= happened::SYN;
            }
            let both = self.had(happened::SYN) && self.had(happened::SYN_ACK);
            if both && !self.had(happened::HANDSHAKE) {
                self.slow |= slow::HANDSHAKE;
            }
        } else if self.is(slow::HANDSHAKE) && flags.ack() && self.client == Some(half) {
            self.happened |= happened::HANDSHAKE;
            self.handshake_ns = segment.at.saturating_sub(self.half(half).syn_at);
            self.slow &= !slow::HANDSHAKE;
            return true;
        }
        false
    }

    /// `half` acknowledges the other one's stream up to `ack`.
    fn acknowledge(&mut self, half: Half, ack: u32, shared: &mut Shared) {
        let this = self.half_mut(half);
        if !this.has(known::ACKED) {
            this.known |= known::ACKED;
            this.first_ack = ack;
        } else if this.last_ack == ack {
            // The short way does not look at it again, either.
            return;
        }
        this.last_ack = ack;
        let other = self.half_mut(!half);
        let packets = other.packets;
        if other.raise(ack) {
            self.note_raised(!half, packets, shared);
        }
    }

    /// Something that was not handed on was acknowledged now.
    fn note_raised(&mut self, half: Half, packets: u64, shared: &mut Shared) {
        let this = self.half(half);
        let (raise, next) = (Raise { to: this.acked, clock: shared.clock, packets }, this.next);
        self.waiting_mut(half, &mut shared.pool).raises.push(raise, next, &shared.limits);
    }

    pub(crate) fn both_sent_fin(&self) -> bool {
        Half::BOTH.iter().all(|&half| self.half(half).has(known::FIN_SENT))
    }

    /// Whether this SYN without ACK begins a new connection: an earlier SYN of the same side had another
    /// sequence number, or the half's stream cannot have begun with it.
    pub(crate) fn is_new_syn(&self, segment: &Segment<'_>) -> bool {
        let this = self.half(segment.half);
        if this.has(known::SYN) {
            this.syn_seq != segment.seq
        } else {
            this.has(known::STARTED) && !this.adopts(segment.seq.wrapping_add(1))
        }
    }

    /// Whether this SYN+ACK begins a new connection, its SYN not being captured: it does not fit its half, and
    /// no SYN of the other half speaks for the connection as it is.
    pub(crate) fn is_new_syn_ack(&self, segment: &Segment<'_>) -> bool {
        !self.half(!segment.half).has(known::SYN) && self.is_new_syn(segment)
    }

    /// The connection was reset, and silent since: its streams end.
    pub(crate) fn finish_reset<S: Sink<D>>(&mut self, shared: &mut Shared, sink: &mut S) {
        for half in Half::BOTH {
            self.flush(half, Finish::Reset, shared, sink);
        }
        self.settle();
    }

    /// Everything comes to its end, `End` included.
    pub(crate) fn close<S: Sink<D>>(&mut self, ending: Ending, shared: &mut Shared, sink: &mut S) {
        let mut notes = Notes::new();
        self.measured(|measures, _| measures.finish(&mut notes));
        self.tell(notes, sink);
        for half in Half::BOTH {
            shared.stats.stream_positions += self.half(half).extent();
        }
        for half in Half::BOTH {
            let how = if self.had(happened::RESET) { Finish::Reset } else { Finish::Cut };
            self.flush(half, how, shared, sink);
        }
        let reason = if ending.timed_out {
            Reason::Timeout
        } else if self.had(happened::RESET_FIRST) {
            Reason::Rst
        } else if self.both_sent_fin() {
            Reason::Fin
        } else {
            Reason::None_
        };
        let outcome = self.outcome();
        let stats = &mut shared.stats;
        stats.ended += 1;
        stats.evicted += u64::from(ending.evicted);
        stats.lingered += u64::from(ending.lingered);
        if ending.timed_out {
            *match self.wait() {
                Wait::HalfOpen => &mut stats.timed_out_half_open,
                Wait::HalfClosed => &mut stats.timed_out_half_closed,
                Wait::Idle => &mut stats.timed_out_idle,
            } += 1;
        }
        let summary = Summary {
            reason,
            end_clock: ending.end_clock,
            outcome,
            handshake: self.handshake(),
            first_at: self.first_at,
            last_at: self.last_at,
            evicted: ending.evicted,
        };
        sink.event(self, Event::End(summary));
    }

    /// How far it has come.
    pub fn outcome(&self) -> Outcome {
        let fins = Half::BOTH.iter().filter(|&&half| self.half(half).has(known::FIN_SENT)).count();
        if self.had(happened::REFUSED) {
            Outcome::Refused
        } else if self.had(happened::RESET) && self.had(happened::RESET_FIRST) {
            Outcome::Reset
        } else if fins == 2 {
            Outcome::Closed
        } else if self.is(slow::HALF_OPEN) && self.half(self.first_half).has(known::SYN) {
            Outcome::Unanswered
        } else if fins == 1 {
            Outcome::HalfClosed
        } else {
            Outcome::Open
        }
    }

    /// Which time-out it is under while it is not over.
    pub(crate) fn wait(&self) -> Wait {
        if self.is(slow::HALF_OPEN) {
            Wait::HalfOpen
        } else if Half::BOTH.iter().any(|&half| self.half(half).has(known::FIN_SENT)) {
            Wait::HalfClosed
        } else {
            Wait::Idle
        }
    }

    /// The deadline that follows from when it was heard last; none where that time-out was not asked for.
    pub(crate) fn idle_deadline(&self, limits: &Limits) -> Option<u64> {
        let wait = match self.wait() {
            Wait::HalfOpen => limits.half_open_ns,
            Wait::HalfClosed => limits.half_closed_ns,
            Wait::Idle => limits.idle_ns,
        };
        Some(self.last_clock.saturating_add(wait?))
    }

    /// Nothing answered its SYN in time.
    pub(crate) fn unanswered<S: Sink<D>>(&mut self, shared: &mut Shared, sink: &mut S) {
        let half = self.first_half;
        if self.had(happened::SYN) && !self.had(happened::UNANSWERED) {
            self.happened |= happened::UNANSWERED;
            shared.stats.unanswered += 1;
            sink.event(self, Event::Unanswered { half });
        }
    }
}

/// The states that have a time-out of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    HalfOpen,
    HalfClosed,
    Idle,
}
