//! Any bytes as a capture file, or as operations that one is made of, through the whole loop.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wiretrace_pipeline::fuzzing::pipeline(data));
