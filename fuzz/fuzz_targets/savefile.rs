//! Any bytes as a capture file.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wiretrace_capture::fuzzing::savefile(data));
