//! What is measured of a connection beyond what every table counts.
//!
//! Of each half: what it sent, and how the other side acknowledged it. Each file keeps one kind of thing; this one
//! takes a segment apart and tells them.

mod acks;
mod flight;
mod half;
mod resend;
mod ring;
mod rtt;
mod sketch;
mod timestamps;
mod windows;

pub use half::{Acknowledgements, Delays, HalfMeasures, Resends};

use crate::connection::Connection;
use crate::reassembler::{Reassembler, known};
use crate::seq::distance;
use crate::{Event, Half, Resend, ResendKind, Segment, syn};
use resend::Clues;
use smallvec::SmallVec;

/// Events that a measure gives rise to.
pub(crate) type Notes = SmallVec<[Event<'static>; 2]>;

/// What a table found of a segment's payload. Positions are stream offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No part of the stream: more than 2^30 away.
    Outside,
    /// No payload within the stream, and no FIN seen before.
    Nothing,
    /// A keep-alive or a window probe.
    Probe,
    /// Nothing of it was seen before, and it begins at or behind the highest position seen before.
    New { from: u64, to: u64 },
    /// Nothing of it was seen before, and it begins below `top`, the highest position seen before.
    Below { from: u64, to: u64, top: u64 },
    /// A part of it was seen before.
    Overlap { from: u64, to: u64 },
    /// All of it was seen before, or it is a FIN seen before (`from == to`).
    Again { from: u64, to: u64 },
}

/// What is kept of one half.
#[derive(Debug, Default)]
struct Side {
    /// Of the segments that it sent.
    trips: rtt::RoundTrips,
    /// Of the timestamps that it sent.
    echoes: timestamps::Echoes,
    flight: flight::Flight,
    resending: resend::Resending,
    /// Of the acknowledgements that it sent.
    acks: acks::Acks,
    windows: windows::Windows,
    reordering_extent: u64,
}

/// The measures of both halves.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    sides: [Side; 2],
    begun: bool,
    series: bool,
}

impl Measures {
    /// Back to new, for another connection.
    pub(crate) fn clear(&mut self) {
        for side in &mut self.sides {
            let mut trips = std::mem::take(&mut side.trips);
            trips.clear();
            *side = Side { trips, ..Side::default() };
        }
        self.begun = false;
    }

    fn side(&self, half: Half) -> &Side {
        let [a, b] = &self.sides;
        if half == Half::A { a } else { b }
    }

    /// The sides of a half and of the other one.
    fn both(&mut self, half: Half) -> (&mut Side, &mut Side) {
        let [a, b] = &mut self.sides;
        if half == Half::A { (a, b) } else { (b, a) }
    }

    /// Takes over what the connection knows already.
    fn begin<D>(&mut self, connection: &Connection<D>, series: bool) {
        (self.begun, self.series) = (true, series);
        for half in Half::BOTH {
            let (side, _) = self.both(half);
            let stream = connection.half(half);
            side.trips.start(acked(connection, half));
            side.flight.end = sent_end(stream);
            if stream.has(known::ACKED) && !stream.has(known::SYN_WINDOW) {
                side.windows.offered(stream.window);
            }
        }
    }

    /// What a segment acknowledges and offers. It is not counted yet, and its acknowledgement and window are not
    /// those of the connection.
    pub(crate) fn acknowledgement<D>(
        &mut self,
        connection: &Connection<D>,
        segment: &Segment<'_>,
        series: bool,
        notes: &mut Notes,
    ) {
        if !self.begun {
            self.begin(connection, series);
        }
        let (half, at) = (segment.half, segment.at);
        let (this, other) = self.both(half);
        if segment.flags.syn() && connection.half(half).high() == 0 {
            // A SYN that comes late may move the start.
            this.trips.start(acked(connection, half));
        }
        this.flight.heard(at);
        if let Some(closed_ns) = this.windows.offer(segment) {
            notes.push(Event::WindowOpen { half, closed_ns });
        }
        let mut block = None;
        for (kind, data) in syn::each(segment.options) {
            match (kind, data) {
                (8, &[a, b, c, d, e, f, g, h]) => {
                    this.echoes.sent(u32::from_be_bytes([a, b, c, d]), at, segment.payload_len > 0);
                    if segment.flags.ack() {
                        other.echoes.echoed(u32::from_be_bytes([e, f, g, h]), at);
                    }
                }
                (5, blocks) if segment.flags.ack() => block = Some(blocks),
                _ => {}
            }
        }
        if segment.flags.ack() {
            self.acknowledged(connection, segment, notes);
            if let Some(blocks) = block {
                self.selected(connection, segment, blocks);
            }
        }
    }

    /// The number that a segment acknowledges.
    fn acknowledged<D>(&mut self, connection: &Connection<D>, segment: &Segment<'_>, notes: &mut Notes) {
        let (half, at, series) = (segment.half, segment.at, self.series);
        let (acker, stream) = (connection.half(half), connection.half(!half));
        if !stream.has(known::STARTED) {
            return;
        }
        let position = stream.position(segment.ack);
        if stream.is_wild(position) {
            return;
        }
        let (this, other) = self.both(half);
        let ack = position.max(0) as u64;
        if ack > other.trips.acked() {
            this.acks.end_run(half, notes);
            other.flight.acknowledged(stream.high(), at);
            other.trips.acknowledged(ack, at, |trip| {
                if series {
                    notes.push(Event::RoundTrip { half: !half, end: trip.end, len: trip.len, ns: trip.ns });
                }
            });
        }
        let same = ack == other.trips.acked()
            && acker.has(known::ACKED)
            && (segment.ack, segment.window) == (acker.last_ack, acker.window)
            && other.flight.end > ack;
        this.acks.take(segment, same);
    }

    /// The blocks of a SACK option (RFC 2018 §3), of which the first may tell of something that came twice (RFC 2883).
    fn selected<D>(&mut self, connection: &Connection<D>, segment: &Segment<'_>, blocks: &[u8]) {
        let half = segment.half;
        let stream = connection.half(!half);
        let (_, other) = self.both(half);
        let number = |bytes: &[u8]| bytes.try_into().map_or(0, u32::from_be_bytes);
        let block = |bytes: &[u8]| {
            let (left, right) = bytes.split_at(4);
            (number(left), number(right))
        };
        let mut blocks = blocks.chunks_exact(8).map(block).peekable();
        let Some(&first) = blocks.peek() else { return };
        let second = blocks.clone().nth(1);
        let within = |(left, right)| distance(left, first.0) >= 0 && distance(first.1, right) >= 0;
        if distance(first.1, segment.ack) >= 0 || second.is_some_and(within) {
            other.resending.came_twice(first.0, first.1);
            blocks.next();
        }
        for (_, right) in blocks {
            let right = stream.position(right);
            if right > 0 && right as u64 <= other.flight.end {
                other.flight.sacked = other.flight.sacked.max(right as u64);
            }
        }
    }

    /// What became of a segment's payload. It is counted.
    pub(crate) fn payload<D>(
        &mut self,
        connection: &Connection<D>,
        segment: &Segment<'_>,
        found: Found,
        notes: &mut Notes,
    ) {
        let (half, at, series) = (segment.half, segment.at, self.series);
        let stream = connection.half(half);
        if segment.payload_len == 0 && !segment.flags.fin() {
            return;
        }
        let (this, _) = self.both(half);
        let high = stream.high();
        match found {
            Found::New { from, to } => this.trips.sent(from, to, at, series),
            Found::Below { from, top, .. } => {
                this.trips.spoil(high);
                this.reordering_extent = this.reordering_extent.max(top.saturating_sub(from));
            }
            Found::Overlap { from, to } => {
                this.trips.spoil(high);
                this.trips.sent_again(from, to, at);
            }
            Found::Probe => this.trips.spoil(high),
            Found::Again { .. } | Found::Nothing | Found::Outside => {}
        }
        this.flight.grow(sent_end(stream), this.trips.acked(), at);
        match found {
            Found::New { from, to } | Found::Below { from, to, .. } | Found::Overlap { from, to } => {
                this.resending.sent(segment);
                this.flight.payload(at);
                if connection.half(!half).has(known::ACKED) {
                    this.flight.peak = this.flight.peak.max(high.saturating_sub(this.trips.acked()));
                }
                let fills = |edge: i64| to as i64 >= edge && (from as i64) < edge && to == high && to > from;
                if connection.window_end(half).is_some_and(fills) {
                    this.windows.fulls = this.windows.fulls.saturating_add(1);
                    let (seq, len) = (segment.seq, segment.payload_len);
                    notes.push(Event::WindowFull { half, seq, len });
                }
            }
            Found::Nothing if segment.flags.fin() => this.resending.sent(segment),
            _ => {}
        }
    }

    /// All of a segment's payload, or its FIN, was seen before.
    pub(crate) fn resend<D>(
        &mut self,
        connection: &Connection<D>,
        segment: &Segment<'_>,
        (from, to): (u64, u64),
    ) -> Resend {
        let (half, at) = (segment.half, segment.at);
        let stream = connection.half(half);
        let (this, other) = self.both(half);
        let fin = segment.flags.fin() && stream.has(known::FIN) && to >= stream.fin;
        let clues = Clues {
            from,
            end: to.saturating_add(u64::from(fin)),
            sent: this.flight.end.max(sent_end(stream)),
            acked: this.trips.acked(),
            sacked: this.flight.sacked,
            duplicates: other.acks.run,
            heard_at: other.acks.last_at,
            before_at: this.trips.sent_at(from),
            sent_at: this.flight.sent_at(),
            timer_at: this.flight.timer_at,
            estimate: estimate(&this.trips, connection, half),
        };
        let resend = this.resending.again(segment, to - from, &clues);
        if resend.kind != Some(ResendKind::Copy) {
            if resend.kind != Some(ResendKind::Spurious) {
                this.trips.sent_again(from, to, at);
                this.trips.spoil(stream.high());
                this.flight.timer_at = at;
            }
            if to > from {
                this.flight.payload(at);
            }
        }
        resend
    }

    /// The connection ends.
    pub(crate) fn finish(&mut self, notes: &mut Notes) {
        for half in Half::BOTH {
            let (this, _) = self.both(half);
            this.acks.end_run(half, notes);
        }
    }

    /// What was measured of a half.
    pub(crate) fn half<D>(&self, half: Half, connection: &Connection<D>) -> HalfMeasures {
        let (this, other) = (self.side(half), self.side(!half));
        let (stream, peer) = (connection.half(half), connection.half(!half));
        let windows = this.windows.extremes(connection.scale(half));
        let burst = stream.has(known::SYN) && peer.has(known::ACKED);
        HalfMeasures {
            rtt: this.trips.sketch.delays(),
            rtt_by_timestamps: this.echoes.sketch.delays(),
            ack_delay: other.trips.sketch.delays().beyond_min(),
            rtt_passed_over: this.trips.passed_over,
            resent_bytes: this.resending.bytes,
            resends: this.resending.counts,
            acknowledgements: this.acks.counts,
            reordering_extent: this.reordering_extent,
            in_flight_peak: this.flight.peak,
            initial_burst: if burst { this.flight.burst(stream.high()) } else { 0 },
            window_min: windows.map(|(min, _)| min),
            window_peak: windows.map(|(_, peak)| peak),
            initial_window: stream.has(known::SYN).then_some(u64::from(stream.syn_window)),
            zero_window_ns: this.flight.last_at.map_or(0, |last| this.windows.zero_ns(last)),
            window_fulls: this.windows.fulls,
            longest_silence_ns: this.flight.longest_silence,
            sending_ns: this.flight.sending_ns(),
        }
    }
}

/// Behind everything that was sent of a stream, its FIN included.
fn sent_end(stream: &Reassembler) -> u64 {
    let fin = if stream.has(known::FIN) { stream.fin.saturating_add(1) } else { 0 };
    stream.high().max(fin)
}

/// What the other side had acknowledged of a half.
fn acked<D>(connection: &Connection<D>, half: Half) -> u64 {
    let (stream, other) = (connection.half(half), connection.half(!half));
    if !stream.has(known::STARTED) || !other.has(known::ACKED) {
        return 0;
    }
    let position = stream.position(other.last_ack);
    if stream.is_wild(position) { 0 } else { position.max(0) as u64 }
}

/// SRTT and RTTVAR as the sender of a half has them: behind the capture point what its segments took, in front of
/// it what the handshake did; or the handshake alone (RFC 6298 §2.2).
fn estimate<D>(trips: &rtt::RoundTrips, connection: &Connection<D>, half: Half) -> Option<(i64, i64)> {
    let handshake = connection.handshake();
    let Some((smoothed, deviation)) = trips.estimate() else {
        let whole = handshake?.total_ns.max(0);
        return Some((whole, whole / 2));
    };
    let near = handshake.and_then(|handshake| {
        if connection.client() == Some(half) { handshake.to_client_ns } else { handshake.to_server_ns }
    });
    Some((smoothed.saturating_add(near.unwrap_or(0).max(0)), deviation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_a_stated_size() {
        let followed = 2 * rtt::FOLLOWED * 16;
        let size = size_of::<Measures>() + followed;
        assert!(size <= 2560, "{size}");
    }
}
