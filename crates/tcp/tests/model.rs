//! The table against the reference model: any split, order, copy, overlap and loss of two random streams, with any
//! acknowledgements, windows, ends and silences, gives the same events and counters. `PROPTEST_CASES` asks for more.

#[path = "support/engine.rs"]
mod engine;

use proptest::prelude::*;
use std::collections::BTreeSet;
use wiretrace_testkit::model::case::{Case, Op, Step};
use wiretrace_testkit::model::{Event, Model};
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

fn ops() -> impl Strategy<Value = Vec<Op>> {
    use proptest::collection::vec;
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
