//! What the fuzz target and its twin among the tests run: any bytes become segments of a few connections, and
//! everything that must hold is asserted.

use crate::{
    Config, Connection, Delays, Event, Flags, FlowKey, FlowTable, Half, Limits, Measure, Segment, Sink,
};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What one half handed on so far.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    next: u64,
    data: u64,
    finished: bool,
    /// Retransmissions of which nothing was measured.
    unmeasured: u32,
    /// Longest run of duplicate acknowledgements that was told.
    run: u32,
    window_fulls: u32,
    closed_ns: i64,
}

/// Kept per connection.
#[derive(Debug, Default)]
struct Check {
    started: bool,
    halves: [Seen; 2],
}

impl Check {
    fn of(&mut self, half: Half) -> &mut Seen {
        let [a, b] = &mut self.halves;
        if half == Half::A { a } else { b }
    }
}

/// Checks every event against what went before, and takes a digest of all.
#[derive(Default)]
struct Judge {
    digest: DefaultHasher,
    data: u64,
    ends: u64,
}

impl Sink<Check> for Judge {
    fn event(&mut self, connection: &mut Connection<Check>, event: Event<'_>) {
        (connection.id(), format!("{event:?}")).hash(&mut self.digest);
        let check = connection.data_mut();
        assert_eq!(check.started, !matches!(event, Event::Start), "Start comes once, and first");
        check.started = true;
        match event {
            Event::Data { half, offset, bytes, .. } => {
                let seen = check.of(half);
                assert!(!seen.finished && !bytes.is_empty());
                assert_eq!(seen.next, offset);
                seen.next += bytes.len() as u64;
                seen.data += bytes.len() as u64;
                self.data += bytes.len() as u64;
            }
            Event::Gap { half, offset, len, .. } => {
                let seen = check.of(half);
                assert!(!seen.finished && len > 0);
                assert_eq!(seen.next, offset);
                seen.next += len;
            }
            Event::Finished { half, .. } => {
                assert!(!std::mem::replace(&mut check.of(half).finished, true), "once per half");
            }
            Event::Retransmit { half, resend, .. } => {
                check.of(half).unmeasured += u32::from(resend.is_none());
                assert!(resend.is_none_or(|resend| resend.after_ns.is_none_or(|after| after >= 0)));
            }
            Event::DuplicateAcks { half, count, .. } => {
                assert!(count >= 3);
                check.of(half).run = check.of(half).run.max(count);
            }
            Event::WindowFull { half, .. } => check.of(half).window_fulls += 1,
            Event::WindowOpen { half, closed_ns } => {
                assert!(closed_ns >= 0);
                check.of(half).closed_ns += closed_ns;
            }
            Event::RoundTrip { half, end, len, ns } => {
                assert!(ns >= 0 && len > 0 && u64::from(len) <= end);
                assert!(end <= connection.highest(half), "only what was sent");
            }
            Event::End(summary) => {
                assert!(check.halves.iter().all(|half| half.finished), "End comes after both Finished");
                self.ends += 1;
                assert_eq!(summary.last_at, connection.last_at());
                for half in Half::BOTH {
                    let flow = connection.flow(half);
                    assert!(flow.unique_bytes <= flow.bytes);
                    assert!(flow.unique_bytes <= flow.stream_len());
                    let seen = *connection.data_mut().of(half);
                    measured(connection, half, &seen);
                }
            }
            _ => {}
        }
    }
}

/// What must hold of the measures, whatever was measured.
fn measured(connection: &Connection<Check>, half: Half, seen: &Seen) {
    let flow = connection.flow(half);
    let Some(measures) = connection.measures(half) else {
        assert_eq!(seen.unmeasured, flow.retransmits);
        return;
    };
    let resends = measures.resends;
    let sum = resends.timeout
        + resends.fast
        + resends.tail_probe
        + resends.spurious
        + resends.copies
        + resends.unknown;
    assert_eq!(sum + seen.unmeasured, flow.retransmits, "{resends:?}");
    for Delays { samples, min, smoothed, p50, p95, max } in
        [measures.rtt, measures.rtt_by_timestamps, measures.ack_delay]
    {
        assert!(0 <= min && min <= p50 && p50 <= p95 && p95 <= max && (min..=max).contains(&smoothed));
        assert!(u64::from(samples) <= flow.packets + connection.flow(!half).packets);
    }
    let highest = connection.highest(half);
    assert!(measures.in_flight_peak <= highest && measures.initial_burst <= highest);
    assert!(measures.reordering_extent <= highest && measures.resent_bytes <= flow.bytes);
    assert!(measures.window_min <= measures.window_peak);
    let acknowledgements = measures.acknowledgements;
    assert!(acknowledgements.longest_run <= acknowledgements.duplicates);
    assert!(u64::from(acknowledgements.duplicates) <= flow.packets);
    assert_eq!(seen.run, if acknowledgements.longest_run < 3 { 0 } else { acknowledgements.longest_run });
    assert_eq!(measures.window_fulls, seen.window_fulls);
    assert!(measures.zero_window_ns >= seen.closed_ns);
    assert!(measures.longest_silence_ns >= 0 && measures.sending_ns >= 0);
}

/// Bytes, one after the other; 0 when there are no more.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }
}

/// Four bytes after the limits make a segment: what, where, how much, and what it acknowledges.
fn segment(input: &mut Input<'_>, frame: u64, clock: u64) -> (FlowKey, Segment<'static>) {
    #[allow(clippy::indexing_slicing, reason = "evaluated when compiled, within the array's length")]
    static PAYLOAD: [u8; 600] = {
        let mut bytes = [0; 600];
        let mut at = 0;
        while at < bytes.len() {
            bytes[at] = b'a' + (at % 23) as u8;
            at += 1;
        }
        bytes
    };
    const FLAGS: [Flags; 16] = {
        let (f, s, r, a) = (Flags::FIN.0, Flags::SYN.0, Flags::RST.0, Flags::ACK.0);
        let mut all = [Flags(a); 16];
        (all[1], all[2], all[3]) = (Flags(s), Flags(s | a), Flags(f | a));
        (all[4], all[5], all[6], all[7]) = (Flags(r), Flags(0), Flags(r | a), Flags(f | s | a));
        all
    };
    let (what, place, size, ack) = (input.next(), input.next(), input.next(), input.next());
    // Timestamps, SACK blocks before the wrap, duplicate ones, and what is malformed.
    const OPTIONS: [&[u8]; 8] = [
        &[8, 10, 0, 0, 0, 1, 0, 0, 0, 1],
        &[1, 8, 10, 0, 0, 0, 2, 0, 0, 0, 1],
        &[8, 10, 255, 255, 255, 255, 127, 255, 255, 255],
        &[5, 10, 255, 255, 255, 160, 255, 255, 255, 240],
        &[5, 18, 255, 255, 255, 160, 255, 255, 255, 170, 255, 255, 255, 160, 255, 255, 255, 250],
        &[5, 10, 0, 0, 0, 9, 255, 0, 0, 1],
        &[5, 9, 1, 2, 3, 4, 5, 6, 7],
        &[8, 10, 0, 0, 0, 2, 0, 0, 0, 2],
    ];
    let half = if what & 1 == 0 { Half::A } else { Half::B };
    let sport = u16::from(what >> 1 & 3);
    let flags = FLAGS.get(usize::from(what >> 4)).copied().unwrap_or_default();
    // Streams begin shortly before the wrap; some segments are far away.
    let far = |place: u8| match place {
        250.. => u32::from(place - 249) << 29,
        240.. => u32::from(place - 239) << 18,
        _ => u32::from(place) * 2,
    };
    let base = u32::MAX - 100 - 50 * u32::from(sport);
    let len = usize::from(size & 63) * if size & 64 == 0 { 1 } else { 9 };
    let captured = if size & 128 == 0 { len } else { len / 2 };
    // Another copy of a position may carry other bytes.
    let payload =
        PAYLOAD.get(usize::from(ack & 7)..).and_then(|bytes| bytes.get(..captured)).unwrap_or_default();
    let segment = Segment {
        half,
        // Stamps may go back.
        at: clock as i64 - i64::from(ack & 16) * 20,
        clock,
        frame,
        seq: base.wrapping_add(far(place)),
        ack: base.wrapping_add(far(ack)),
        flags,
        window: u16::from(what & 8 == 0),
        payload,
        payload_len: len as u32,
        options: if what & 0x80 == 0 {
            &[]
        } else {
            OPTIONS.get(usize::from(what >> 4 & 7)).copied().unwrap_or_default()
        },
        ident: u32::from(size >> 4 & 3),
        ..Segment::default()
    };
    let key = if sport == 3 {
        FlowKey::from_v6([1; 16], sport, [2; 16], 80).0
    } else {
        FlowKey::from_v4([10, 0, 0, 1], sport, [10, 0, 0, 2], 80).0
    };
    (key, segment)
}

/// The ledger, and every bound.
fn check(table: &FlowTable<Check>, limits: &Limits, pushed: u64) {
    let stats = table.stats();
    assert_eq!(stats.captured, pushed);
    assert_eq!(stats.captured, stats.captured_classes(), "{stats:?}");
    assert!(stats.held_now <= limits.held_bytes as u64 / 8 * 9);
    assert!(table.len() <= limits.connections.max(1));
    assert_eq!(stats.connections - stats.ended, table.len() as u64);
}

/// Feeds any bytes as segments, one by one and again in batches.
pub fn segments(data: &[u8]) {
    let mut input = Input(data);
    let (first, second) = (input.next(), input.next());
    let limits = Limits {
        connections: usize::from(first & 3) + 1,
        held_bytes_per_half: 256 << (first >> 2 & 7),
        held_bytes: 512 << (first >> 5),
        held_segments_per_half: 1 << (second & 7),
        holes_per_half: usize::from(second >> 3 & 3) * 4,
        linger_ns: 1000,
        gap_wait_ns: 200,
        gap_segments: 3,
        unanswered_ns: 2500,
        half_open_ns: (second & 32 != 0).then_some(2000),
        half_closed_ns: (second & 32 != 0).then_some(1500),
        idle_ns: (second & 32 != 0).then_some(3000),
        reset_wait_ns: if second & 64 != 0 { 300 } else { 0 },
    };
    let measure = match (second & 128, first & 4) {
        (0, _) => Measure::Off,
        (_, 0) => Measure::Sketch,
        _ => Measure::Series,
    };
    let config = Config { limits: limits.clone(), measure, ..Config::default() };
    let (mut one, mut many) = (FlowTable::<Check>::new(config.clone()), FlowTable::<Check>::new(config));
    let (mut judge, mut second_judge) = (Judge::default(), Judge::default());
    let (mut clock, mut frame, mut pushed) = (0, 0, 0);
    let mut batch = Vec::new();
    while !input.0.is_empty() {
        let step = input.next();
        // Time stands still, goes a little or far ahead; now and then nothing comes but time.
        clock += u64::from(step & 15) * if step & 16 == 0 { 1 } else { 90 };
        if step & 0xe0 == 0xe0 {
            many.push_batch(&batch, &mut second_judge);
            batch.clear();
            one.advance(clock, &mut judge);
            many.advance(clock, &mut second_judge);
            assert!(one.next_deadline().is_none_or(|deadline| deadline > clock), "nothing is left undone");
        } else {
            frame += 1;
            let (key, segment) = segment(&mut input, frame, clock);
            pushed += segment.payload.len() as u64;
            one.push(&key, &segment, &mut judge);
            batch.push((key, segment));
        }
        check(&one, &limits, pushed);
    }
    many.push_batch(&batch, &mut second_judge);
    one.finish(&mut judge);
    many.finish(&mut second_judge);
    check(&one, &limits, pushed);
    let stats = one.stats();
    assert_eq!(stats.held_now, 0);
    assert_eq!(stats.stream_positions, stats.stream_classes(), "{stats:?}");
    assert_eq!((stats.connections, stats.delivered), (judge.ends, judge.data));
    assert_eq!(judge.digest.finish(), second_judge.digest.finish(), "one by one or in batches");
    assert_eq!(stats, many.stats());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// xorshift64*.
    fn random(state: &mut u64) -> u64 {
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    #[test]
    fn random_bytes() {
        let mut state = 0x5EED_0001;
        for _ in 0..3000 {
            let len = random(&mut state) as usize % 800;
            let data: Vec<u8> = (0..len).map(|_| (random(&mut state) >> 32) as u8).collect();
            segments(&data);
        }
    }

    #[test]
    fn mutated_conversations() {
        let mut state = 0x5EED_0002;
        for _ in 0..3000 {
            // Handshake, then data in order on one connection, of which some bytes are changed.
            let second = 0x27 | (random(&mut state) as u8 & 0x80);
            let mut data = vec![0xff, second, 1, 0x10, 0, 0, 0, 1, 0x21, 0, 0, 1, 1, 0x80, 1, 0, 1];
            for n in 0..random(&mut state) % 60 {
                data.extend_from_slice(&[1, 0x80 | (n & 1) as u8, (n / 2 * 4) as u8 + 1, 8, (n * 2) as u8]);
            }
            for _ in 0..random(&mut state) % 12 {
                let at = 2 + random(&mut state) as usize % (data.len() - 2);
                data[at] = (random(&mut state) >> 40) as u8;
            }
            segments(&data);
        }
    }
}
