//! Any bytes as IP fragments.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wiretrace_decode::fuzzing::fragments(data));
