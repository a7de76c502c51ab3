//! Why something was sent again, as far as can be told from outside.
//!
//! Seen from the capture point there are segments, acknowledgements and times; the sender's timers are inferred. Its
//! round trip is the one measured behind the capture point, and what the handshake took in front of it.

use super::Resends;
use super::acks::RUN;
use super::ring::Ring;
use crate::seq::distance;
use crate::{Resend, ResendKind, Segment};

/// A packet with the same `ident` and number within this time is a copy: a sender waits for a round trip at least.
pub(crate) const COPY_NS: i64 = 10_000_000;

/// What no sender's retransmission timer is below, but for some (RFC 6298 §2.4 asks for a second, Linux does with this).
const RTO_MIN_NS: i64 = 200_000_000;

/// The timer before there is a sample (RFC 6298 §2.1).
const RTO_INITIAL_NS: i64 = 1_000_000_000;

/// Latest segments of which the time and the `ident` are known.
const RECENT: usize = 8;

/// Latest retransmissions that a duplicate SACK may still call spurious.
const DOUBTFUL: usize = 4;

#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    seq: u32,
    ident: u32,
    at: i64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Doubtful {
    seq: u32,
    len: u32,
    kind: Option<ResendKind>,
}

/// What is known when a segment comes again. Positions are stream offsets; a FIN counts as one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clues {
    pub(crate) from: u64,
    pub(crate) end: u64,
    /// Behind everything that was sent.
    pub(crate) sent: u64,
    pub(crate) acked: u64,
    pub(crate) sacked: u64,
    /// The run of duplicate acknowledgements of `acked`.
    pub(crate) duplicates: u32,
    /// When the other side acknowledged last, were it the same again; `None`: not once.
    pub(crate) heard_at: Option<i64>,
    /// When the same bytes were sent before, as far as the table of segments under way knows.
    pub(crate) before_at: Option<i64>,
    /// When the half sent payload last.
    pub(crate) sent_at: Option<i64>,
    /// When the retransmission timer was started.
    pub(crate) timer_at: i64,
    /// SRTT and RTTVAR at the sender, in ns.
    pub(crate) estimate: Option<(i64, i64)>,
}

/// Until everything sent when something was resent is acknowledged, more of it is resent for the same reason.
#[derive(Clone, Copy, Debug)]
struct Recovery {
    to: u64,
    kind: ResendKind,
}

/// What a half sent again.
#[derive(Debug, Default)]
pub(crate) struct Resending {
    pub(crate) counts: Resends,
    pub(crate) bytes: u64,
    recent: Ring<Recent, RECENT>,
    doubtful: Ring<Doubtful, DOUBTFUL>,
    recovery: Option<Recovery>,
    /// The end of what was probed for last.
    probed: u64,
    /// The latest retransmission's position, and its time since the one before.
    latest: Option<(u64, i64)>,
}

impl Resending {
    /// A segment that brought something new.
    pub(crate) fn sent(&mut self, segment: &Segment<'_>) {
        self.recent.force(Recent { seq: segment.seq, ident: segment.ident, at: segment.at });
    }

    /// A segment all of which was seen before: `len` positions of the stream.
    pub(crate) fn again(&mut self, segment: &Segment<'_>, len: u64, clues: &Clues) -> Resend {
        let at = segment.at;
        let recent = self.recent.newest(|recent| recent.seq == segment.seq).map(|recent| *recent);
        let copied = self
            .recent
            .newest(|recent| (recent.seq, recent.ident) == (segment.seq, segment.ident))
            .map(|recent| recent.at);
        let before_at = recent.map(|recent| recent.at).max(clues.before_at);
        let after_ns = before_at.map(|before| at.saturating_sub(before).max(0));
        let copy = segment.ident != 0
            && copied.is_some_and(|copied| {
                let answered = clues.heard_at.is_some_and(|heard| heard > copied);
                at.abs_diff(copied) <= COPY_NS as u64 && !(answered && clues.lost())
            });
        if copy {
            count(&mut self.counts, Some(ResendKind::Copy), 1);
            return Resend { kind: Some(ResendKind::Copy), after_ns };
        }
        let kind = self.kind(clues, at, after_ns);
        match kind {
            Some(kind @ (ResendKind::Timeout | ResendKind::Fast)) => {
                self.recovery = Some(Recovery { to: clues.sent, kind });
            }
            Some(ResendKind::TailProbe) => self.probed = clues.sent,
            _ => {}
        }
        self.latest = after_ns.map(|after| (clues.from, after));
        self.bytes = self.bytes.saturating_add(len);
        self.recent.force(Recent { seq: segment.seq, ident: segment.ident, at });
        if !matches!(kind, Some(ResendKind::TailProbe | ResendKind::Spurious)) && segment.payload_len > 0 {
            self.doubtful.force(Doubtful { seq: segment.seq, len: segment.payload_len, kind });
        }
        count(&mut self.counts, kind, 1);
        Resend { kind, after_ns }
    }

    fn kind(&self, clues: &Clues, at: i64, after_ns: Option<i64>) -> Option<ResendKind> {
        if clues.acked >= clues.end {
            return Some(ResendKind::Spurious);
        }
        let backed_off = self.latest.is_some_and(|(from, before)| {
            // Twice as long as before (RFC 6298 §5.5), an eighth off for what the way did to the times.
            from == clues.from
                && before >= RTO_MIN_NS
                && after_ns.is_some_and(|after| after / 7 >= before / 4)
        });
        let Some(heard_at) = clues.heard_at else {
            // Nothing was seen of the other side.
            let expired = backed_off || after_ns.is_some_and(|after| after >= RTO_INITIAL_NS);
            return expired.then_some(ResendKind::Timeout);
        };
        let head = clues.from <= clues.acked;
        let expired = at.saturating_sub(clues.timer_at) >= clues.rto_min();
        let recovery = self.recovery.filter(|recovery| clues.acked < recovery.to && clues.from < recovery.to);
        if recovery.is_some_and(|recovery| recovery.kind == ResendKind::Timeout) {
            return Some(ResendKind::Timeout);
        }
        // What an acknowledgement gave rise to follows it closely; the timer runs out in silence.
        if clues.lost() && at.saturating_sub(heard_at) < clues.rto_min() {
            return Some(ResendKind::Fast);
        }
        if clues.end == clues.sent && self.probed != clues.sent && clues.may_probe(at) {
            return Some(ResendKind::TailProbe);
        }
        if head && (expired || backed_off) {
            return Some(ResendKind::Timeout);
        }
        recovery.map(|recovery| recovery.kind)
    }

    /// The other side had these numbers twice (RFC 2883 §4): what resent them was spurious.
    pub(crate) fn came_twice(&mut self, from: u32, to: u32) {
        let within = |doubtful: &Doubtful| {
            let end = doubtful.seq.wrapping_add(doubtful.len);
            doubtful.len > 0 && distance(from, end) > 0 && distance(doubtful.seq, to) > 0
        };
        if let Some(doubtful) = self.doubtful.newest(within) {
            count(&mut self.counts, doubtful.kind, -1);
            count(&mut self.counts, Some(ResendKind::Spurious), 1);
            doubtful.len = 0;
        }
    }
}

impl Clues {
    /// Whether the acknowledgements say that it was lost: three duplicates (RFC 5681 §3.2), or something behind it
    /// was received (RFC 6675 §4, RFC 8985 §6.2).
    fn lost(&self) -> bool {
        self.from <= self.acked && self.duplicates >= RUN || self.sacked > self.end
    }

    /// The least after which the retransmission timer may have run out.
    fn rto_min(&self) -> i64 {
        self.estimate.map_or(RTO_INITIAL_NS, |(smoothed, deviation)| {
            let rto = smoothed.saturating_add(deviation.saturating_mul(4));
            (rto - rto / 8).max(RTO_MIN_NS)
        })
    }

    /// Whether the last segment was left without an acknowledgement for two round trips (RFC 8985 §7.2), an eighth
    /// off, and not for as long as the retransmission timer takes. That one resends the first segment, so that it
    /// only competes where the first is the last.
    fn may_probe(&self, at: i64) -> bool {
        let Some((smoothed, deviation)) = self.estimate else { return false };
        let since = self.sent_at.map_or(self.timer_at, |sent| sent.max(self.timer_at));
        let waited = at.saturating_sub(since);
        let spread = deviation.saturating_mul(4);
        let rto = if self.from <= self.acked {
            let rto = smoothed.saturating_add(spread.max(RTO_MIN_NS));
            rto - rto / 16
        } else {
            smoothed.saturating_add(spread).max(RTO_INITIAL_NS)
        };
        waited >= smoothed.saturating_mul(2) / 8 * 7 && waited < rto
    }
}

fn count(counts: &mut Resends, kind: Option<ResendKind>, by: i32) {
    let counter = match kind {
        Some(ResendKind::Timeout) => &mut counts.timeout,
        Some(ResendKind::Fast) => &mut counts.fast,
        Some(ResendKind::TailProbe) => &mut counts.tail_probe,
        Some(ResendKind::Spurious) => &mut counts.spurious,
        Some(ResendKind::Copy) => &mut counts.copies,
        None => &mut counts.unknown,
    };
    *counter = counter.saturating_add_signed(by);
}
