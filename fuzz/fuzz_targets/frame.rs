//! Any bytes as one frame of any link type.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wiretrace_decode::fuzzing::frame(data));
