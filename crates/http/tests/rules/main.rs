//! The rules, one by one: what goes in, and the events that come out.

#[path = "../common/mod.rs"]
mod common;

mod framing;
mod limits;
mod loss;
mod start_lines;
mod switches;

use common::log;
use wiretrace_http::Peer;
use wiretrace_http::fuzzing::Op;

const GET: Op<'static> = Op::Feed(Peer::A, b"GET / HTTP/1.1\r\n\r\n", true);

/// The lines that are not about where messages begin.
fn essence(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).filter(|line| !line.contains(" begin ")).collect()
}

#[track_caller]
fn check(ops: &[Op<'_>], expected: &[&str]) {
    assert_eq!(essence(&log(ops)), expected);
}
