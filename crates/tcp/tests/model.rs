//! The table against the reference model: any split, order, copy, overlap and loss of two random streams, with any
//! acknowledgements, windows, ends and silences, gives the same events and counters. `PROPTEST_CASES` asks for more.

#[path = "support/engine.rs"]
mod engine;

use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;
use wiretrace_testkit::model::case::{Case, Op, Step};
use wiretrace_testkit::model::{Event, FIN, Finish, Model, SYN, Segment, Settings};
use wiretrace_testkit::split::Rng;

/// A few thousand by default.
fn config() -> ProptestConfig {
    let cases =
        if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 4000 };
    ProptestConfig { failure_persistence: None, cases, ..ProptestConfig::default() }
}

fn op() -> impl Strategy<Value = Op> {
    // Most operations follow each other at once.
    let time = prop_oneof![3 => 0..4u8, 2 => 0..16u8];
    (any::<u8>(), any::<u8>(), any::<u8>(), time).prop_map(|(what, a, b, time)| Op([what, a, b, time]))
}

fn base() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), u32::MAX - 300..=u32::MAX, 0..3u32]
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    prop_oneof![3 => vec(op(), 0..30), 1 => vec(op(), 0..150)]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_table_says_what_the_model_says(
        case in (any::<[u8; 8]>(), ops()).prop_map(|(head, ops)| Case::new(head, ops)),
    ) {
        engine::check(&case);
    }

    /// Two streams cut anyhow, with copies and swaps but without loss, come out whole, FINs included.
    #[test]
    fn whole_streams_come_out_whole(
        bases in [base(), base()],
        texts in [vec(any::<u8>(), 1..400), vec(any::<u8>(), 1..400)],
        cuts in vec((0..2usize, 0.0..1.0f64, 1..60usize), 0..30),
        seed in any::<u64>(),
    ) {
        let mut pieces: Vec<(usize, usize, usize)> = Vec::new();
        for half in [0, 1] {
            let len = texts[half].len();
            pieces.extend((0..len).step_by(37).map(|from| (half, from, (from + 37).min(len))));
        }
        pieces.extend(cuts.into_iter().map(|(half, place, len)| {
            let from = (place * texts[half].len() as f64) as usize;
            (half, from, (from + len).min(texts[half].len()))
        }));
        Rng::new(seed).shuffle(&mut pieces);
        let syn = |half: usize| Segment { seq: bases[half].wrapping_sub(1), flags: SYN, ..Segment::of(half, b"") };
        let carry = |(half, from, to): (usize, usize, usize)| {
            let flags = if to == texts[half].len() { FIN } else { 0 };
            let seq = bases[half].wrapping_add(from as u32);
            Segment { seq, flags, ..Segment::of(half, &texts[half][from..to]) }
        };
        let segments = [0, 1].map(syn).into_iter().chain(pieces.into_iter().map(carry));
        let steps = (1..).zip(segments).map(|(frame, segment)| Step::Push(Segment { frame, ..segment })).collect();
        let settings = Settings { gap_wait: u64::MAX, gap_segments: u64::MAX, ..Settings::default() };
        let mut streams = [Vec::new(), Vec::new()];
        for event in engine::exact(&settings, steps) {
            match event {
                Event::Data { half, offset, bytes, .. } => {
                    prop_assert_eq!(streams[half].len() as u64, offset);
                    streams[half].extend(bytes);
                }
                Event::Finished { how, .. } => prop_assert_eq!(how, Finish::Fin),
                Event::Gap { .. } => prop_assert!(false, "nothing is missing"),
                _ => {}
            }
        }
        prop_assert_eq!(streams, texts);
    }
}

/// What the model says about a case.
fn told(case: &Case) -> Vec<Event> {
    let mut model = Model::new(case.settings());
    for step in case.steps() {
        match step {
            Step::Push(segment) => drop(model.push(&segment)),
            Step::Advance(clock) => model.advance(clock),
        }
    }
    model.finish();
    model.events().to_vec()
}

fn random_case(rng: &mut Rng) -> Case {
    let head = std::array::from_fn(|_| rng.range(0, 255) as u8);
    let ops = (0..rng.range(0, 40)).map(|_| {
        let time = if rng.one_in(3) { 15 } else { 4 };
        Op([
            rng.range(0, 255) as u8,
            rng.range(0, 255) as u8,
            rng.range(0, 255) as u8,
            rng.range(0, time) as u8,
        ])
    });
    Case::new(head, ops.collect())
}

/// A comparison of what never happens would prove nothing.
#[test]
fn random_cases_come_to_everything_there_is() {
    let mut rng = Rng::new(5);
    let mut seen = BTreeSet::new();
    for _ in 0..6000 {
        for event in told(&random_case(&mut rng)) {
            let name = format!("{event:?}");
            let name = name.split(' ').next().unwrap_or_default().to_string();
            seen.insert(match event {
                Event::Gap { cause, .. } => format!("{name} {cause:?}"),
                Event::Overlap { conflict, .. } => format!("{name} {conflict:?}"),
                Event::Reset { acceptable, .. } => format!("{name} {acceptable}"),
                Event::Over { reason } => format!("{name} {reason:?}"),
                Event::Finished { how, .. } => format!("{name} {how:?}"),
                Event::End { reason, outcome, .. } => format!("{name} {reason:?} {outcome:?}"),
                _ => name,
            });
        }
    }
    let want = [
        "Data",
        "Established",
        "Fin",
        "KeepAlive",
        "OutOfOrder",
        "OutsideWindow",
        "Refused",
        "Retransmit",
        "Start",
        "SynRetry",
        "Unanswered",
        "WindowProbe",
        "ZeroWindow",
        "Gap Acknowledged",
        "Gap Snaplen",
        "Gap Unacknowledged",
        "Overlap None",
        "Overlap Some(false)",
        "Overlap Some(true)",
        "Reset true",
        "Reset false",
        "Over Fin",
        "Over Rst",
        "Finished Fin",
        "Finished Reset",
        "Finished Cut",
        "End Fin Closed",
        "End Rst Reset",
        "End Rst Refused",
        "End Rst Open",
        "End None Open",
        "End None HalfClosed",
        "End None Unanswered",
        "End Timeout Open",
        "End Timeout HalfClosed",
        "End Timeout Unanswered",
    ];
    for name in want {
        assert!(seen.contains(name), "{name} is not among {seen:?}");
    }
}

#[test]
fn policies_make_a_difference() {
    let mut rng = Rng::new(6);
    let mut differs = [0; 4];
    for _ in 0..2000 {
        let case = random_case(&mut rng);
        let told =
            [0, 1, 2, 3].map(|policy| told(&Case { settings: case.settings & !3 | policy, ..case.clone() }));
        for (policy, other) in told.iter().enumerate() {
            differs[policy] += usize::from(*other != told[0]);
        }
    }
    assert!(differs[0] == 0 && differs[1..].iter().all(|&count| count > 20), "{differs:?}");
}
