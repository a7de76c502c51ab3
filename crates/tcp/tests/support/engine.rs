//! The table against the reference model: the same steps, the same events, counters and ledger. This is the body of the
//! property test `model` and of the fuzz target `streams`.

use std::collections::BTreeMap;
use std::fmt::Debug;
use wiretrace_tcp::{
    Config, Connection, Event, Finish, Flags, FlowKey, FlowTable, GapCause, Half, HalfStats, Limits, Outcome,
    Overlap, Reason, Segment, Sink,
};
use wiretrace_testkit::model::case::{Case, Step};
use wiretrace_testkit::model::{self, Model, Settings};

/// The table's events in the model's words.
#[derive(Default)]
struct Log(Vec<model::Event>);

fn counters(stats: HalfStats) -> model::Counters {
    model::Counters {
        packets: stats.packets,
        bytes: stats.bytes,
        unique: stats.unique_bytes,
        missing: stats.missing_bytes(),
        retransmits: stats.retransmits,
        out_of_order: stats.out_of_order,
        zero_windows: stats.zero_windows,
        probes: stats.probes,
    }
}

fn reason(reason: Reason) -> model::Reason {
    match reason {
        Reason::Fin => model::Reason::Fin,
        Reason::Rst => model::Reason::Rst,
        Reason::Timeout => model::Reason::Timeout,
        _ => model::Reason::None,
    }
}

impl Sink<()> for Log {
    fn event(&mut self, connection: &mut Connection<()>, event: Event<'_>) {
        use model::Event as Said;
        let said = match event {
            Event::Start => Said::Start { id: connection.id() },
            Event::Established(handshake) => Said::Established { ns: handshake.total_ns },
            Event::SynRetry { half, seq } => Said::SynRetry { half: half.index(), seq },
            Event::Refused { half, seq } => Said::Refused { half: half.index(), seq },
            Event::Unanswered { half } => Said::Unanswered { half: half.index() },
            Event::Data { half, offset, bytes, mark, segment_start } => Said::Data {
                half: half.index(),
                offset,
                bytes: bytes.to_vec(),
                frame: mark.frame,
                start: segment_start,
            },
            Event::Gap { half, offset, len, cause, seq } => {
                let cause = match cause {
                    GapCause::Acknowledged => model::Cause::Acknowledged,
                    GapCause::Snaplen => model::Cause::Snaplen,
                    GapCause::Unacknowledged => model::Cause::Unacknowledged,
                    _ => model::Cause::Limit,
                };
                Said::Gap { half: half.index(), offset, len, cause, seq }
            }
            Event::Retransmit { half, seq, len, .. } => Said::Retransmit { half: half.index(), seq, len },
            Event::Overlap { half, seq, len, conflict } => {
                Said::Overlap { half: half.index(), seq, len, conflict }
            }
            Event::OutOfOrder { half, seq, len } => Said::OutOfOrder { half: half.index(), seq, len },
            Event::KeepAlive { half, seq, len } => Said::KeepAlive { half: half.index(), seq, len },
            Event::WindowProbe { half, seq, len } => Said::WindowProbe { half: half.index(), seq, len },
            Event::OutsideWindow { half, seq, len } => Said::OutsideWindow { half: half.index(), seq, len },
            Event::ZeroWindow { half, seq } => Said::ZeroWindow { half: half.index(), seq },
            Event::Fin { half, seq } => Said::Fin { half: half.index(), seq },
            Event::Reset { half, seq, len, acceptable, pending } => {
                Said::Reset { half: half.index(), seq, len, acceptable, pending }
            }
            Event::Over { reason: why } => Said::Over { reason: reason(why) },
            Event::Finished { half, how } => {
                let how = match how {
                    Finish::Fin => model::Finish::Fin,
                    Finish::Reset => model::Finish::Reset,
                    _ => model::Finish::Cut,
                };
                Said::Finished { half: half.index(), how }
            }
            Event::End(summary) => {
                let outcome = match summary.outcome {
                    Outcome::Closed => model::Outcome::Closed,
                    Outcome::Reset => model::Outcome::Reset,
                    Outcome::Refused => model::Outcome::Refused,
                    Outcome::Unanswered => model::Outcome::Unanswered,
                    Outcome::HalfClosed => model::Outcome::HalfClosed,
                    _ => model::Outcome::Open,
                };
                Said::End {
                    reason: reason(summary.reason),
                    outcome,
                    clock: summary.end_clock,
                    handshake: summary.handshake.map(|handshake| handshake.total_ns),
                    counters: Half::BOTH.map(|half| counters(connection.flow(half))),
                }
            }
            other => panic!("not without measuring: {other:?}"),
        };
        model::append(&mut self.0, said);
    }
}

fn config(settings: &Settings) -> Config {
    Config {
        limits: Limits {
            gap_wait_ns: settings.gap_wait,
            gap_segments: u32::try_from(settings.gap_segments).unwrap_or(u32::MAX),
            linger_ns: settings.linger,
            unanswered_ns: settings.unanswered,
            half_open_ns: settings.half_open,
            half_closed_ns: settings.half_closed,
            idle_ns: settings.idle,
            reset_wait_ns: settings.reset_wait,
            holes_per_half: usize::MAX,
            ..Limits::default()
        },
        overlap: match settings.policy {
            model::Policy::First => Overlap::First,
            model::Policy::Last => Overlap::Last,
            model::Policy::Bsd => Overlap::Bsd,
            model::Policy::Linux => Overlap::Linux,
        },
        ..Config::default()
    }
}

fn push(table: &mut FlowTable<()>, segment: &model::Segment, log: &mut Log) {
    let key = FlowKey::from_v4([10, 0, 0, 1], 1000, [10, 0, 0, 2], 80).0;
    let options = segment.scale.map(|scale| [3, 3, scale]);
    let segment = Segment {
        half: if segment.half == 0 { Half::A } else { Half::B },
        at: segment.clock as i64,
        clock: segment.clock,
        frame: segment.frame,
        seq: segment.seq,
        ack: segment.ack,
        flags: Flags(segment.flags.into()),
        window: segment.window,
        payload: &segment.payload,
        payload_len: segment.len,
        options: options.as_ref().map_or(&[], |options| options),
        ..Segment::default()
    };
    table.push(&key, &segment, log);
}

/// What both say about a case must be the same; with bounds as far as bounds leave it so.
pub(crate) fn check(case: &Case) {
    let settings = case.settings();
    exact(&settings, case.steps());
    if case.settings & 0x80 != 0 {
        let unhurried = Settings { gap_wait: u64::MAX, gap_segments: u64::MAX, ..settings };
        let size = usize::from(case.seed);
        let limits = Limits {
            held_segments_per_half: 1 + size % 8,
            held_bytes_per_half: 256 << (size >> 3 & 3),
            held_bytes: 512 << (size >> 5 & 3),
            ..config(&unhurried).limits
        };
        bounded(&unhurried, limits, &case.steps());
    }
}

/// Without bounds, every event, counter and sum is the same. Returns the events.
pub(crate) fn exact(settings: &Settings, all: Vec<Step>) -> Vec<model::Event> {
    let mut model = Model::new(*settings);
    let mut table = FlowTable::<()>::new(config(settings));
    let mut log = Log::default();
    let mut said = 0;
    let mut steps = Vec::new();
    for step in all {
        if work(&mut model, &mut table, &mut log, &step) {
            steps.push(step);
            compare(&mut said, &log, &model, &steps, settings);
        }
    }
    model.finish();
    table.finish(&mut log);
    compare(&mut said, &log, &model, &steps, settings);
    let stats = table.stats();
    assert_eq!(stats.captured, stats.captured_classes(), "{stats:?}");
    assert_eq!(stats.stream_positions, stats.stream_classes(), "{stats:?}");
    let ledger = model::Ledger {
        delivered: stats.delivered,
        second_copies: stats.second_copies,
        outside_stream: stats.outside_stream,
        over_limit: stats.over_limit,
        missing_capture: stats.missing_capture,
        missing_snaplen: stats.missing_snaplen,
        missing_unknown: stats.missing_unknown,
        stream_positions: stats.stream_positions,
        conflicts: stats.conflicts,
        wild_segments: stats.wild_segments,
        outside_window: stats.outside_window,
        unacceptable_resets: stats.unacceptable_resets,
    };
    assert!(ledger == *model.ledger(), "{}", story(&steps, settings, ledger, *model.ledger()));
    log.0
}

/// One step for both. False where the model does not know it, and nothing was done.
fn work(model: &mut Model, table: &mut FlowTable<()>, log: &mut Log, step: &Step) -> bool {
    match step {
        Step::Push(segment) if model.push(segment) => push(table, segment, log),
        Step::Push(segment) => {
            table.advance(segment.clock, log);
            return false;
        }
        Step::Advance(clock) => {
            model.advance(*clock);
            table.advance(*clock, log);
        }
    }
    true
}

/// With bounds, holes are given up early. That changes no counter; and where the first copy counts, what is handed on
/// is handed on by the model, too.
fn bounded(settings: &Settings, limits: Limits, steps: &[Step]) {
    let settings = &Settings { early_bytes: limits.held_bytes / 8, ..*settings };
    let mut model = Model::new(*settings);
    let mut table = FlowTable::<()>::new(Config { limits: limits.clone(), ..config(settings) });
    let mut log = Log::default();
    for step in steps {
        work(&mut model, &mut table, &mut log, step);
        assert!(table.stats().held_now <= limits.held_bytes as u64 / 8 * 9);
    }
    model.finish();
    table.finish(&mut log);
    let stats = table.stats();
    assert_eq!(stats.captured, stats.captured_classes(), "{stats:?}");
    assert_eq!(stats.stream_positions, stats.stream_classes(), "{stats:?}");
    let ends = |events: &[model::Event]| -> Vec<model::Event> {
        events.iter().filter(|event| matches!(event, model::Event::End { .. })).cloned().collect()
    };
    let (ours, theirs) = (ends(&log.0), ends(model.events()));
    assert!(ours == theirs, "{limits:?}\n{}", story(steps, settings, ours, theirs));
    if settings.policy == model::Policy::First && model.ledger().outside_window == 0 {
        let (ours, theirs) = (bytes(&log.0), bytes(model.events()));
        for (place, byte) in ours {
            let same = theirs.get(&place).is_none_or(|other| *other == byte);
            assert!(
                same,
                "{limits:?}\n{}",
                story(steps, settings, (place, byte), (place, theirs.get(&place)))
            );
        }
    }
}

/// Each byte that was handed on: of which connection and half, where, and by which frame.
fn bytes(events: &[model::Event]) -> BTreeMap<(u64, usize, u64), (u8, u64)> {
    let mut id = 0;
    let mut all = BTreeMap::new();
    for event in events {
        match event {
            model::Event::Start { id: next } => id = *next,
            model::Event::Data { half, offset, bytes, frame, .. } => {
                for (position, byte) in (*offset..).zip(bytes) {
                    let before = all.insert((id, *half, position), (*byte, *frame));
                    assert_eq!(before, None, "{position} twice");
                }
            }
            _ => {}
        }
    }
    all
}

/// All events so far, from the first that was not compared yet.
fn compare(said: &mut usize, log: &Log, model: &Model, steps: &[Step], settings: &Settings) {
    let (ours, theirs) = (log.0.get(*said..), model.events().get(*said..));
    assert!(ours == theirs, "{}", story(steps, settings, ours, theirs));
    // The last one may still grow.
    *said = log.0.len().saturating_sub(1);
}

/// What led to a difference, and the difference.
fn story(steps: &[Step], settings: &Settings, table: impl Debug, model: impl Debug) -> String {
    let lines: String = steps.iter().map(|step| format!("{step:?}\n")).collect();
    format!("{settings:?}\n{lines}the table says {table:#?}\nthe model says {model:#?}")
}
