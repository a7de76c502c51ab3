//! Any bytes as what both peers of a WebSocket connection send behind the handshake, with holes and ends.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wiretrace_http::fuzzing::websocket(data));
