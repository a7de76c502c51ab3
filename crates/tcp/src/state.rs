//! What one segment does to its connection: beginning, handshake, acknowledgement, end (RFC 9293 §3.3.2, seen
//! from outside).

use crate::connection::{Connection, happened, slow};
use crate::deliver::Shared;
use crate::reassembler::known;
use crate::{Event, Finish, Half, Reason, Segment, Sink, Summary};

/// Why a connection is taken out of the table.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ending {
    pub(crate) end_clock: Option<u64>,
    pub(crate) evicted: bool,
    pub(crate) timed_out: bool,
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
        let (half, flags) = (segment.half, segment.flags);
        let (seq, len) = (segment.seq, segment.payload_len);
        (self.last_at, self.last_clock) = (segment.at, shared.clock);
        let this = self.half_mut(half);
        this.stats.packets += 1;
        this.stats.bytes += u64::from(len);

        let syn = if flags.rst() { Syn::Fits } else { self.begin_half(segment, shared.clock) };
        if syn != Syn::Stray {
            self.note_handshake(segment);
        }
        if self.is(slow::FRESH) {
            self.slow &= !slow::FRESH;
            (self.first_half, self.first_at) = (half, segment.at);
            sink.event(self, Event::Start);
        }
        if flags.rst() {
            shared.stats.outside_stream += segment.captured().len() as u64;
            let first = if self.both_sent_fin() { 0 } else { happened::RESET_FIRST };
            self.happened |= happened::RESET | first;
            sink.event(self, Event::Reset { half, seq, len });
            if shared.limits.reset_wait_ns == 0 {
                for half in Half::BOTH {
                    self.flush(half, Finish::Reset, shared, sink);
                }
            }
            return true;
        }
        if syn == Syn::Stray {
            shared.stats.wild_segments += 1;
            shared.stats.outside_stream += segment.captured().len() as u64;
            return self.is(slow::OVER);
        }
        if syn == Syn::Again {
            sink.event(self, Event::SynRetry { half, seq });
        }
        if flags.ack() {
            self.acknowledge(half, segment.ack, shared.clock);
        }
        if segment.window == 0 && !flags.syn() && !flags.fin() {
            let stats = &mut self.half_mut(half).stats;
            stats.zero_windows = stats.zero_windows.saturating_add(1);
            sink.event(self, Event::ZeroWindow { half, seq });
        }
        self.accept(segment, shared, sink);
        for half in Half::BOTH {
            self.check_gap(half, shared, sink);
        }
        self.both_sent_fin()
    }

    /// Sets a half's start at its first segment, or by its SYN.
    fn begin_half(&mut self, segment: &Segment<'_>, clock: u64) -> Syn {
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
        if !this.has(known::STARTED) || this.base != first {
            this.start(first);
            this.acked = 0;
            if let Some(ack) = last_ack {
                // Acknowledged before anything of this half was captured.
                this.raise(ack, clock, this.stats.packets - 1);
            }
        }
        if syn {
            this.known |= known::SYN;
            this.syn_seq = segment.seq;
        }
        Syn::Fits
    }

    /// Who is the client, and how long the handshake took.
    fn note_handshake(&mut self, segment: &Segment<'_>) {
        let (half, flags) = (segment.half, segment.flags);
        if flags.syn() {
            self.client.get_or_insert(if flags.ack() { !half } else { half });
            if flags.ack() {
                self.happened |= happened::SYN_ACK;
            } else if self.client == Some(half) && !self.had(happened::SYN) {
                self.happened |= happened::SYN;
                self.syn_at = segment.at;
            }
            let both = self.had(happened::SYN) && self.had(happened::SYN_ACK);
            if both && !self.had(happened::HANDSHAKE) {
                self.slow |= slow::HANDSHAKE;
            }
        } else if self.is(slow::HANDSHAKE) && flags.ack() && self.client == Some(half) {
            self.happened |= happened::HANDSHAKE;
            self.handshake_ns = segment.at.saturating_sub(self.syn_at);
            self.slow &= !slow::HANDSHAKE;
        }
    }

    /// `half` acknowledges the other one's stream up to `ack`.
    fn acknowledge(&mut self, half: Half, ack: u32, clock: u64) {
        let this = self.half_mut(half);
        if !this.has(known::ACKED) {
            this.known |= known::ACKED;
            this.first_ack = ack;
        }
        this.last_ack = ack;
        let other = self.half_mut(!half);
        other.raise(ack, clock, other.stats.packets);
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
        shared.stats.ended += 1;
        shared.stats.evicted += u64::from(ending.evicted);
        shared.stats.timed_out += u64::from(ending.timed_out);
        let summary = Summary {
            reason,
            end_clock: ending.end_clock,
            handshake_ns: self.had(happened::HANDSHAKE).then_some(self.handshake_ns),
            first_at: self.first_at,
            last_at: self.last_at,
            evicted: ending.evicted,
        };
        sink.event(self, Event::End(summary));
    }
}
