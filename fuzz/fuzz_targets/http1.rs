//! Any bytes as what both peers of a connection send, with holes and ends.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wiretrace_http::fuzzing::http1(data));
