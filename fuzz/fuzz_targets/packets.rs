//! Any bytes as one frame of any link type, printed in every mode.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wiretrace_render::fuzzing::packets(data));
