//! Two random streams and what happens to them: the flow table against the reference model.
#![no_main]

#[path = "../../crates/tcp/tests/support/engine.rs"]
mod engine;

libfuzzer_sys::fuzz_target!(|case: wiretrace_testkit::model::case::Case| engine::check(&case));
