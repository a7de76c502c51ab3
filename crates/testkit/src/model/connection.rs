//! A connection: what the flags and the numbers of its segments say.

use super::stream::{Load, Origin, Stream, WILD};
use super::{ACK, Event, FIN, Finish, Outcome, RST, Reason, Record, SYN, Segment, Settings};

/// A SYN that comes late may move the start of an untouched stream by this much.
const LATE_SYN: i64 = 65_535;

/// Answers that come before their SYN+ACK wait for it: so many of them, for so long.
const EARLY: (usize, u64) = (16, 3_000_000_000);

/// What is known of a side beside its stream.
#[derive(Clone, Debug, Default)]
struct Side {
    stream: Stream,
    /// Its SYN: raw number, time, window scale.
    syn: Option<(u32, i64, Option<u8>)>,
    fin_sent: bool,
    /// The latest acknowledgement that it sent.
    ack: Option<u32>,
    /// The latest window that it announced, and whether with a SYN: those are never scaled (RFC 7323 §2.2).
    window: u16,
    with_syn: bool,
}

/// What time brings, in the order in which it happens where the time is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    Unanswered,
    Gap(usize),
    Linger,
    Silence,
    Reset,
    Early,
}

#[derive(Clone, Debug)]
pub(crate) struct Connection {
    sides: [Side; 2],
    first_half: usize,
    first_clock: u64,
    last_clock: u64,
    started: bool,
    client: Option<usize>,
    /// The client's SYN was seen; a SYN+ACK was seen.
    syn: bool,
    syn_ack: bool,
    handshake: Option<i64>,
    /// Only SYNs of one side were seen.
    half_open: bool,
    /// Nothing answered its SYN in time.
    waited: bool,
    refused: bool,
    reset: bool,
    /// A RST was seen before both sides had sent FIN.
    reset_first: bool,
    over: Option<u64>,
    /// Segments of a side whose stream's beginning is not known yet, and how long they wait.
    early: Vec<Segment>,
    early_until: u64,
}

impl Connection {
    pub(crate) fn new(segment: &Segment, clock: u64) -> Self {
        Connection {
            sides: Default::default(),
            first_half: segment.half,
            first_clock: clock,
            last_clock: clock,
            started: false,
            client: None,
            syn: false,
            syn_ack: false,
            handshake: None,
            half_open: segment.has(SYN),
            waited: false,
            refused: false,
            reset: false,
            reset_first: false,
            over: None,
            early: Vec::new(),
            early_until: 0,
        }
    }

    /// Whether a segment begins another connection.
    pub(crate) fn is_followed_by(&self, segment: &Segment) -> bool {
        if !segment.has(SYN) || segment.has(RST) {
            return false;
        }
        let side = &self.sides[segment.half];
        let other_numbers = match side.syn {
            Some((seq, ..)) => seq != segment.seq,
            None => side.stream.base.is_some() && !fits(&side.stream, segment.seq.wrapping_add(1)),
        };
        if segment.has(ACK) {
            other_numbers && self.sides[1 - segment.half].syn.is_none()
        } else {
            other_numbers || self.over.is_some()
        }
    }

    /// Both sides talk to each other, and it is not over.
    pub(crate) fn lives(&self) -> bool {
        self.over.is_none() && self.sides.iter().all(|side| side.ack.is_some())
    }

    fn fins(&self) -> usize {
        self.sides.iter().filter(|side| side.fin_sent).count()
    }

    /// Takes a segment, unless it has to wait, and those that waited where it tells where their stream begins.
    pub(crate) fn push(&mut self, segment: &Segment, clock: u64, settings: &Settings, record: &mut Record) {
        let (this, other) = (&self.sides[segment.half], &self.sides[1 - segment.half]);
        let answers = this.stream.base.is_none() && other.syn.is_some() && other.ack.is_none();
        let (syn, rst) = (segment.has(SYN), segment.has(RST));
        let charge = |segment: &Segment| segment.payload.len().next_power_of_two().max(256);
        let bytes = self.early.iter().map(charge).sum::<usize>() + charge(segment);
        let room = self.early.len() < EARLY.0 && bytes <= settings.early_bytes;
        if answers && !syn && !rst && segment.len > 0 && room {
            if self.early.is_empty() {
                self.early_until = clock.saturating_add(EARLY.1);
            }
            self.early.push(segment.clone());
            (self.half_open, self.last_clock) = (false, clock);
            return;
        }
        let tells = if answers { !syn || rst } else { rst };
        if tells {
            self.take_early(clock, settings, record);
        }
        self.segment(segment, clock, settings, record);
        if answers || segment.has(ACK) {
            self.take_early(clock, settings, record);
        }
    }

    /// The segments that waited are taken, in the order in which they came; where nothing else told, the lowest is the
    /// stream's beginning.
    fn take_early(&mut self, clock: u64, settings: &Settings, record: &mut Record) {
        let early = std::mem::take(&mut self.early);
        let lowest = early
            .iter()
            .map(|segment| segment.seq)
            .reduce(|a, b| if (b.wrapping_sub(a) as i32) < 0 { b } else { a });
        if let (Some(seq), Some(first)) = (lowest, early.first()) {
            let stream = &mut self.sides[first.half].stream;
            if stream.base.is_none() {
                stream.start(seq);
            }
        }
        for segment in early {
            self.segment(&segment, clock, settings, record);
        }
    }

    fn segment(&mut self, segment: &Segment, clock: u64, settings: &Settings, record: &mut Record) {
        let Segment { half, seq, ack, len, .. } = *segment;
        self.last_clock = clock;
        let counters = &mut self.sides[half].stream.counters;
        counters.packets += 1;
        counters.bytes += u64::from(len);
        let (retry, stray) = if segment.has(RST) { (false, false) } else { self.begin(segment, clock) };
        let established = !stray && self.shake_hands(segment);
        if !std::mem::replace(&mut self.started, true) {
            record.say(Event::Start { id: segment.frame });
        } else if !segment.has(SYN) || half != self.first_half {
            self.half_open = false;
        }
        if segment.has(RST) {
            self.take_reset(segment, clock, settings, record);
        } else if stray {
            record.ledger.wild_segments += 1;
            record.ledger.outside_stream += segment.payload.len() as u64;
        } else {
            if retry {
                record.say(Event::SynRetry { half, seq });
            }
            if let Some(ns) = self.handshake.filter(|_| established) {
                record.say(Event::Established { ns });
            }
            // The same again says nothing new.
            if segment.has(ACK) && self.sides[half].ack != Some(ack) {
                self.sides[half].ack = Some(ack);
                let other = &mut self.sides[1 - half].stream;
                let packets = other.counters.packets;
                other.acknowledge(ack, clock, packets);
            }
            (self.sides[half].window, self.sides[half].with_syn) = (segment.window, segment.has(SYN));
            if segment.window == 0 && !segment.has(SYN) && !segment.has(FIN) {
                self.sides[half].stream.counters.zero_windows += 1;
                record.say(Event::ZeroWindow { half, seq });
            }
            self.take_payload(segment, settings, record);
        }
        for half in 0..2 {
            let stream = &mut self.sides[half].stream;
            stream.give_up(half, clock, settings.gap_segments, settings.gap_wait, record);
        }
        if self.fins() == 2 && self.over.is_none() {
            self.over = Some(clock);
            record.say(Event::Over { reason: Reason::Fin });
        }
    }

    /// Sets a stream's start. Returns whether it is a SYN again, and whether one that has no place here.
    fn begin(&mut self, segment: &Segment, clock: u64) -> (bool, bool) {
        let first = segment.seq.wrapping_add(u32::from(segment.has(SYN)));
        let ack = self.sides[1 - segment.half].ack;
        let side = &mut self.sides[segment.half];
        if segment.has(SYN) {
            if let Some((seq, ..)) = side.syn {
                return (seq == segment.seq, seq != segment.seq);
            }
            if side.stream.base.is_some() && !fits(&side.stream, first) {
                return (false, true);
            }
            side.syn = Some((segment.seq, segment.clock as i64, segment.scale.map(|scale| scale.min(14))));
        } else if side.stream.base.is_some() {
            return (false, false);
        }
        if side.stream.base != Some(first) {
            side.stream.start(first);
            let before = side.stream.counters.packets - 1;
            if let Some(ack) = ack {
                side.stream.acknowledge(ack, clock, before);
            }
        }
        (false, false)
    }

    /// Who is the client, and whether this completes the handshake.
    fn shake_hands(&mut self, segment: &Segment) -> bool {
        let half = segment.half;
        if segment.has(SYN) {
            let client = *self.client.get_or_insert(if segment.has(ACK) { 1 - half } else { half });
            self.syn_ack |= segment.has(ACK);
            self.syn |= !segment.has(ACK) && client == half;
            return false;
        }
        let waits = self.syn && self.syn_ack && self.handshake.is_none();
        if !waits || !segment.has(ACK) || self.client != Some(half) {
            return false;
        }
        self.handshake = self.sides[half].syn.map(|(_, at, _)| segment.clock as i64 - at);
        true
    }

    /// By how much a side's windows are shifted: known where both SYNs were seen.
    fn scale(&self, half: usize) -> Option<u8> {
        let (this, other) = (self.sides[half].syn?, self.sides[1 - half].syn?);
        Some(if other.2.is_some() { this.2.unwrap_or(0) } else { 0 })
    }

    /// The payload of a half that was seen and not acknowledged.
    fn pending(&self, half: usize) -> u64 {
        let stream = &self.sides[half].stream;
        let Some(ack) = self.sides[1 - half].ack.filter(|_| stream.base.is_some()) else { return 0 };
        (stream.high() as i64 - stream.position(ack)).clamp(0, stream.high() as i64) as u64
    }

    fn take_reset(&mut self, segment: &Segment, clock: u64, settings: &Settings, record: &mut Record) {
        let Segment { half, seq, len, .. } = *segment;
        record.ledger.outside_stream += segment.payload.len() as u64;
        self.reset_first |= self.fins() < 2;
        let pending = self.pending(0) + self.pending(1);
        let refused = self.is_refusal(segment);
        let acceptable = refused.unwrap_or_else(|| self.is_in_window(segment));
        record.say(Event::Reset { half, seq, len, acceptable, pending });
        if !acceptable {
            record.ledger.unacceptable_resets += 1;
            return;
        }
        self.reset = true;
        if refused == Some(true) {
            self.refused = true;
            record.say(Event::Refused { half, seq });
        }
        if self.over.is_none() {
            self.over = Some(clock);
            record.say(Event::Over { reason: if self.reset_first { Reason::Rst } else { Reason::Fin } });
        }
        if settings.reset_wait == 0 {
            self.flush(Finish::Reset, record);
        }
    }

    /// Where its receiver is known to wait for an answer to its SYN: whether a RST is one, by acknowledging
    /// something that was sent (RFC 9293 §3.10.7.3).
    fn is_refusal(&self, segment: &Segment) -> Option<bool> {
        let (this, other) = (&self.sides[segment.half], &self.sides[1 - segment.half]);
        if other.syn.is_none() || other.ack.is_some() || this.stream.base.is_some() {
            return None;
        }
        let sent = 0..=other.stream.high() as i64;
        Some(segment.has(ACK) && sent.contains(&other.stream.position(segment.ack)))
    }

    /// Whether a RST lies in its receiver's window, or nobody can tell. An unknown scale is the largest; a sender may
    /// have sent more than the window that was seen; a FIN has a number, too.
    fn is_in_window(&self, segment: &Segment) -> bool {
        let (this, other) = (&self.sides[segment.half], &self.sides[1 - segment.half]);
        let Some(ack) = other.ack.filter(|_| this.stream.base.is_some()) else { return true };
        let window = self.window(1 - segment.half, 14).max(self.pending(segment.half)) as i64;
        let ahead = segment.seq.wrapping_sub(ack) as i32;
        (0..=window + 1).contains(&i64::from(ahead))
    }

    /// A side's latest window, in bytes; `unknown` is its scale where nobody knows it.
    fn window(&self, half: usize, unknown: u8) -> u64 {
        let side = &self.sides[half];
        let scale = if side.with_syn { 0 } else { self.scale(half).unwrap_or(unknown) };
        u64::from(side.window) << scale
    }

    fn take_payload(&mut self, segment: &Segment, settings: &Settings, record: &mut Record) {
        let Segment { half, seq, len, .. } = *segment;
        let first = seq.wrapping_add(u32::from(segment.has(SYN)));
        let at = self.sides[half].stream.position(first);
        if self.sides[half].stream.is_wild(at) {
            record.ledger.wild_segments += 1;
            record.ledger.outside_stream += segment.payload.len() as u64;
            return;
        }
        let end = at + i64::from(len);
        let fin_before = self.sides[half].stream.fin.is_some();
        if segment.has(FIN) {
            if !std::mem::replace(&mut self.sides[half].fin_sent, true) {
                record.say(Event::Fin { half, seq: first.wrapping_add(len) });
            }
            if !fin_before && end >= 0 {
                self.sides[half].stream.end_at(end as u64, at.max(0) as u64, record);
            }
        }
        let stream = &self.sides[half].stream;
        let fin = stream.fin.map_or(i64::MAX, |fin| fin as i64);
        let from = at.max(0);
        let to = end.min(fin).max(from);
        let inside = |position: i64| (from..to).contains(&position);
        let captured = at..at + segment.payload.len() as i64;
        record.ledger.outside_stream += captured.filter(|&position| !inside(position)).count() as u64;

        let edge = self
            .scale(half)
            .and(self.sides[1 - half].ack)
            .map(|ack| stream.position(ack) + self.window(1 - half, 0) as i64);
        let outside = to > from && from > stream.next as i64 && edge.is_some_and(|edge| from >= edge);
        if outside {
            record.ledger.outside_window += 1;
            record.say(Event::OutsideWindow { half, seq, len });
        }
        let probe = self.probe(segment, at);
        let origin = Origin { from: from as u64, to: to as u64, outside };
        let load = Load { at, payload: &segment.payload, frame: segment.frame, origin };
        let stream = &mut self.sides[half].stream;
        let brought = stream.take(&load, fin_before, settings.policy, record);
        if let Some(event) = probe {
            stream.counters.probes += 1;
            record.say(event);
        } else {
            if brought.new == 0 && (brought.seen > 0 || segment.has(FIN) && fin_before) {
                stream.counters.retransmits += 1;
                record.say(Event::Retransmit { half, seq, len });
            } else if brought.new > 0 && brought.seen > 0 {
                let conflict = if brought.differs { Some(true) } else { (!brought.unknown).then_some(false) };
                record.say(Event::Overlap { half, seq, len, conflict });
            }
            if brought.below {
                stream.counters.out_of_order += 1;
                record.say(Event::OutOfOrder { half, seq, len });
            }
        }
        stream.deliver(half, record);
        stream.look_for_fin(half, record);
    }

    /// Whether a segment only wants to be acknowledged.
    fn probe(&self, segment: &Segment, at: i64) -> Option<Event> {
        let Segment { half, seq, len, .. } = *segment;
        let (side, other) = (&self.sides[half], &self.sides[1 - half]);
        if len > 1 || segment.has(SYN) || segment.has(FIN) {
            return None;
        }
        let expected = side.stream.position(other.ack?);
        if other.window == 0 && other.stream.counters.zero_windows > 0 {
            let probes = at == expected - 1 || at == expected && len == 1;
            return probes.then_some(Event::WindowProbe { half, seq, len });
        }
        let alive = at == expected - 1 && expected == side.stream.high() as i64 && !side.fin_sent;
        alive.then_some(Event::KeepAlive { half, seq, len })
    }

    /// What time brings next.
    pub(crate) fn due(&self, settings: &Settings) -> Option<(u64, Due)> {
        let mut due = Vec::new();
        if self.half_open && self.over.is_none() && !self.waited {
            due.push((self.first_clock.saturating_add(settings.unanswered), Due::Unanswered));
        }
        for half in 0..2 {
            let deadline = self.sides[half].stream.gap_deadline(settings.gap_wait);
            due.extend(deadline.map(|deadline| (deadline, Due::Gap(half))));
        }
        let finished = self.sides.iter().all(|side| side.stream.finished);
        if self.reset && settings.reset_wait > 0 && !finished {
            due.push((self.last_clock.saturating_add(settings.reset_wait), Due::Reset));
        }
        let silence = match () {
            () if self.half_open => settings.half_open,
            () if self.fins() > 0 => settings.half_closed,
            () => settings.idle,
        };
        if !self.early.is_empty() {
            due.push((self.early_until, Due::Early));
        }
        match (self.over, silence) {
            (Some(over), _) => due.push((over.saturating_add(settings.linger), Due::Linger)),
            (None, Some(wait)) => due.push((self.last_clock.saturating_add(wait), Due::Silence)),
            (None, None) => {}
        }
        due.into_iter().min()
    }

    /// Does what is due. Returns whether the connection ends.
    pub(crate) fn fire(&mut self, due: Due, clock: u64, settings: &Settings, record: &mut Record) -> bool {
        match due {
            Due::Unanswered => {
                self.waited = true;
                if self.syn {
                    record.say(Event::Unanswered { half: self.first_half });
                }
            }
            Due::Gap(half) => {
                let stream = &mut self.sides[half].stream;
                stream.give_up(half, clock, settings.gap_segments, settings.gap_wait, record);
            }
            Due::Reset => self.flush(Finish::Reset, record),
            Due::Early => self.take_early(clock, settings, record),
            Due::Linger | Due::Silence => return true,
        }
        false
    }

    fn flush(&mut self, how: Finish, record: &mut Record) {
        for half in 0..2 {
            self.sides[half].stream.flush(half, how, record);
        }
    }

    /// It ends, by time or not.
    pub(crate) fn end(
        &mut self,
        due: Option<(u64, Due)>,
        clock: u64,
        settings: &Settings,
        record: &mut Record,
    ) {
        self.take_early(clock, settings, record);
        record.ledger.stream_positions += self.sides.iter().map(|side| side.stream.positions()).sum::<u64>();
        self.flush(if self.reset { Finish::Reset } else { Finish::Cut }, record);
        let reason = match () {
            () if matches!(due, Some((_, Due::Silence))) => Reason::Timeout,
            () if self.reset_first => Reason::Rst,
            () if self.fins() == 2 => Reason::Fin,
            () => Reason::None,
        };
        let outcome = match () {
            () if self.refused => Outcome::Refused,
            () if self.reset && self.reset_first => Outcome::Reset,
            () if self.fins() == 2 => Outcome::Closed,
            () if self.half_open && self.sides[self.first_half].syn.is_some() => Outcome::Unanswered,
            () if self.fins() == 1 => Outcome::HalfClosed,
            () => Outcome::Open,
        };
        let counters = [self.sides[0].stream.count(), self.sides[1].stream.count()];
        let (clock, handshake) = (due.map(|(deadline, _)| deadline), self.handshake);
        record.say(Event::End { reason, outcome, clock, handshake, counters });
    }
}

/// Whether a SYN in front of `first` can be that of a stream that has begun without it. Far into a stream, its start
/// is too far away.
fn fits(stream: &Stream, first: u32) -> bool {
    let moved = i64::from(first.wrapping_sub(stream.base.unwrap_or(first)) as i32);
    moved == 0 && stream.high() < WILD || stream.is_untouched() && moved.abs() <= LATE_SYN
}
