//! Any bytes as an encoded body, and as content of every kind.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wiretrace_content::fuzzing::content(data));
