//! The table against the reference model: any split, order, copy, overlap and loss of two random streams, with any
//! acknowledgements, windows, ends and silences, gives the same events and counters. `PROPTEST_CASES` asks for more.

#[path = "support/engine.rs"]
mod engine;

use proptest::prelude::*;
use wiretrace_testkit::model::case::{Case, Op};

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
