//! The reassembler against its naive twin: the same bytes, holes and counts for any split, order, copy and loss.

use proptest::prelude::*;
use std::collections::BTreeMap;
use wiretrace_tcp::{Connection, Event, Flags, FlowKey, FlowTable, Half, HalfStats, Limits, Segment, Sink};
use wiretrace_testkit::naive::NaiveHalf;

/// One segment of a generated trace.
#[derive(Clone, Debug)]
struct Piece {
    half: Half,
    /// Relative to the stream's start.
    at: i32,
    payload: Vec<u8>,
    /// Bytes cut off by the snap length.
    cut: u32,
    fin: bool,
    /// Acknowledges so much of the other half.
    ack: Option<u32>,
    /// Milliseconds since the segment before.
    after: u64,
}

/// What came out of one half.
#[derive(Default)]
struct Stream {
    runs: Vec<(u64, Vec<u8>)>,
    next: u64,
    stats: HalfStats,
}

#[derive(Default)]
struct Streams(BTreeMap<usize, Stream>);

impl Sink<()> for Streams {
    fn event(&mut self, connection: &mut Connection<()>, event: Event<'_>) {
        match event {
            Event::Data { half, offset, bytes, .. } => {
                let stream = self.0.entry(half.index()).or_default();
                assert_eq!(stream.next, offset);
                stream.next += bytes.len() as u64;
                match stream.runs.last_mut() {
                    Some((at, run)) if *at + run.len() as u64 == offset => run.extend_from_slice(bytes),
                    _ => stream.runs.push((offset, bytes.to_vec())),
                }
            }
            Event::Gap { half, offset, len, .. } => {
                let stream = self.0.entry(half.index()).or_default();
                assert_eq!(stream.next, offset);
                stream.next += len;
            }
            Event::End(_) => {
                for half in Half::BOTH {
                    self.0.entry(half.index()).or_default().stats = connection.flow(half);
                }
            }
            _ => {}
        }
    }
}

struct Outcome {
    streams: Streams,
    naive: [NaiveHalf; 2],
    stats: wiretrace_tcp::Stats,
}

/// Runs a trace through the table and through the twin.
fn run(bases: [u32; 2], syn: bool, pieces: &[Piece], limits: Limits) -> Outcome {
    let mut table = FlowTable::new(limits);
    let mut streams = Streams::default();
    let mut naive = [NaiveHalf::default(), NaiveHalf::default()];
    let key = FlowKey::from_v4([1; 4], 1, [2; 4], 2).0;
    let (mut frame, mut clock) = (0, 0);
    let mut push =
        |half: Half, seq: u32, ack: Option<u32>, flags: u16, payload: &[u8], len: u32, after: u64| {
            frame += 1;
            clock += after * 1_000_000;
            let segment = Segment {
                half,
                at: clock as i64,
                clock,
                frame,
                seq,
                ack: ack.unwrap_or(0),
                flags: Flags(flags | if ack.is_some() { 16 } else { 0 }),
                window: 60_000,
                payload,
                payload_len: len,
                ..Segment::default()
            };
            naive[half.index()].push(seq, flags, payload, len);
            table.push(&key, &segment, &mut streams);
            assert_eq!(table.stats().captured, table.stats().captured_classes());
        };
    for half in Half::BOTH {
        let base = bases[half.index()];
        let seq = if syn { base.wrapping_sub(1) } else { base };
        push(half, seq, None, if syn { 2 } else { 0 }, b"", 0, 0);
    }
    for piece in pieces {
        let seq = bases[piece.half.index()].wrapping_add(piece.at as u32);
        let ack = piece.ack.map(|ack| bases[(!piece.half).index()].wrapping_add(ack));
        let len = piece.payload.len() as u32 + piece.cut;
        push(piece.half, seq, ack, u16::from(piece.fin), &piece.payload, len, piece.after);
    }
    table.finish(&mut streams);
    let stats = *table.stats();
    assert_eq!(stats.captured, stats.captured_classes());
    assert_eq!(stats.stream_positions, stats.stream_classes());
    assert_eq!(stats.connections, 1);
    Outcome { streams, naive, stats }
}

/// The counters, and every byte that was handed on.
fn same_counts_and_bytes(outcome: &Outcome) {
    for half in Half::BOTH {
        let stream = &outcome.streams.0[&half.index()];
        let naive = &outcome.naive[half.index()];
        assert_eq!(stream.stats.unique_bytes, naive.unique());
        assert_eq!(stream.stats.missing_bytes(), naive.missing());
        for (at, run) in &stream.runs {
            for (offset, byte) in (*at..).zip(run) {
                assert_eq!(Some(*byte), naive.byte(offset), "at {offset}");
            }
        }
    }
}

fn half() -> impl Strategy<Value = Half> {
    prop_oneof![Just(Half::A), Just(Half::B)]
}

fn base() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), u32::MAX - 300..=u32::MAX, 0..3u32]
}

/// Any bytes anywhere: copies of a position may differ. A FIN lies in the stream; one in front of its start is
/// outside of it, and the twin knows nothing of that.
fn wild_piece() -> impl Strategy<Value = Piece> {
    let payload = proptest::collection::vec(any::<u8>(), 0..40);
    let ack = proptest::option::weighted(0.4, 0..300u32);
    let fin = proptest::bool::weighted(0.03);
    let cut = prop_oneof![4 => Just(0u32), 1 => 0..9u32];
    (half(), -10..250i32, payload, cut, fin, ack, 0..90u64).prop_map(
        |(half, at, payload, cut, fin, ack, after)| {
            let fin = fin && at >= 0;
            Piece { half, at, payload, cut, fin, ack, after }
        },
    )
}

fn quiet() -> Limits {
    Limits { gap_segments: u32::MAX, gap_wait_ns: u64::MAX, ..Limits::default() }
}

fn config() -> ProptestConfig {
    // PROPTEST_CASES asks for more.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// Without a FIN and without giving up early, all that the twin knows comes out.
    #[test]
    fn equal_to_the_twin(
        bases in [base(), base()],
        syn in any::<bool>(),
        mut pieces in proptest::collection::vec(wild_piece(), 0..60),
    ) {
        pieces.iter_mut().for_each(|piece| piece.fin = false);
        let outcome = run(bases, syn, &pieces, quiet());
        same_counts_and_bytes(&outcome);
        for half in Half::BOTH {
            let (stream, naive) = (&outcome.streams.0[&half.index()], &outcome.naive[half.index()]);
            prop_assert_eq!(&stream.runs, &naive.runs());
            prop_assert_eq!(stream.next, naive.len());
        }
        prop_assert_eq!(outcome.stats.over_limit, 0);
    }

    /// Whatever is given up when, and wherever the FINs are: counts agree, and so does what is handed on.
    #[test]
    fn agrees_with_the_twin_when_holes_are_given_up(
        bases in [base(), base()],
        syn in any::<bool>(),
        pieces in proptest::collection::vec(wild_piece(), 0..60),
        tight in any::<bool>(),
    ) {
        let held_segments_per_half = if tight { 2 } else { 4096 };
        let limits = Limits { held_segments_per_half, holes_per_half: 10_000, ..Limits::default() };
        same_counts_and_bytes(&run(bases, syn, &pieces, limits));
    }

    /// Two streams cut anyhow, with copies and swaps but without loss, come out whole, FINs included.
    #[test]
    fn whole_streams_come_out_whole(
        bases in [base(), base()],
        texts in [proptest::collection::vec(any::<u8>(), 1..400), proptest::collection::vec(any::<u8>(), 1..400)],
        cuts in proptest::collection::vec((half(), 0.0..1.0f64, 1..60usize), 0..30),
        order in any::<u64>(),
    ) {
        let mut pieces = Vec::new();
        let mut add = |half: Half, from: usize, to: usize| {
            let text = &texts[half.index()];
            let fin = to == text.len();
            let (at, payload) = (from as i32, text[from..to].to_vec());
            pieces.push(Piece { half, at, payload, cut: 0, fin, ack: None, after: 0 });
        };
        for half in Half::BOTH {
            let text = &texts[half.index()];
            for from in (0..text.len()).step_by(37) {
                add(half, from, (from + 37).min(text.len()));
            }
        }
        for (half, place, len) in cuts {
            let text = &texts[half.index()];
            let from = (place * text.len() as f64) as usize;
            add(half, from, (from + len).min(text.len()));
        }
        let mut state = order | 1;
        for at in (1..pieces.len()).rev() {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            pieces.swap(at, (state >> 33) as usize % (at + 1));
        }
        let outcome = run(bases, true, &pieces, quiet());
        for half in Half::BOTH {
            let stream = &outcome.streams.0[&half.index()];
            prop_assert_eq!(&stream.runs, &vec![(0, texts[half.index()].clone())]);
            prop_assert_eq!(stream.stats.missing_bytes(), 0);
        }
        prop_assert_eq!(outcome.stats.delivered as usize, texts[0].len() + texts[1].len());
    }
}

#[test]
fn the_twin_can_tell_a_difference() {
    let piece = |at, text: &str| Piece {
        half: Half::A,
        at,
        payload: text.into(),
        cut: 0,
        fin: false,
        ack: None,
        after: 0,
    };
    let outcome = run([7, 9], true, &[piece(0, "ab"), piece(4, "ef")], quiet());
    assert_eq!(outcome.naive[0].runs().len(), 2);
    assert_eq!(outcome.streams.0[&0].stats.missing_bytes(), 2);
    assert_eq!(outcome.stats.missing_unknown, 2);
}
