//! WebSocket: what goes in, and the messages that come out.

#[path = "../common/mod.rs"]
mod common;
mod compressed;
mod conversations;
mod handshake;
mod messages;

use common::{a, b};
use wiretrace_http::fuzzing::{Op, run};
use wiretrace_http::{Connection, Limits, WebSocketPayload};
use wiretrace_testkit::websocket::{Frame, REQUEST, response};

pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
pub(crate) const DEFLATE: &str = "permessage-deflate";
pub(crate) const ALONE: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// The lines about messages, behind a handshake with these extensions, inflated.
#[track_caller]
pub(crate) fn lines(extensions: &str, ops: &[Op<'_>]) -> Vec<String> {
    let response = response(extensions);
    let all = [&[a(REQUEST), b(&response)], ops].concat();
    let all_lines = |piece| {
        let mut connection = Connection::new(Limits::default());
        connection.set_websocket_payload(WebSocketPayload::Inflate);
        run(&mut connection, &Limits::default(), &all, || piece).lines().to_vec()
    };
    let lines = all_lines(0);
    for piece in [1, 2, 3, 7] {
        assert_eq!(lines, all_lines(piece), "pieces of {piece}");
    }
    let start = lines.iter().position(|line| line.starts_with("B handshake")).expect("a handshake");
    lines[start + 1..].iter().filter(|line| !line.contains("ws-begin")).cloned().collect()
}

#[track_caller]
pub(crate) fn check(ops: &[Op<'_>], expected: &[&str]) {
    assert_eq!(lines("", ops), expected);
}

pub(crate) fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    Frame::new(opcode, payload).bytes()
}

/// Of the client.
pub(crate) fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    Frame::new(opcode, payload).masked(KEY).bytes()
}

pub(crate) fn part(opcode: u8, payload: &[u8]) -> Vec<u8> {
    Frame { fin: false, ..Frame::new(opcode, payload) }.bytes()
}

pub(crate) fn compressed(opcode: u8, payload: &[u8]) -> Vec<u8> {
    Frame { rsv: 4, ..Frame::new(opcode, payload) }.bytes()
}
