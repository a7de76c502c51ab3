//! Any bytes as TCP segments of a few connections.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wiretrace_tcp::fuzzing::segments(data));
