//! The rules, one by one: what goes in, and the events that come out.

#[path = "../common/mod.rs"]
mod common;

mod anomalies;
mod expect;
mod framing;
mod limits;
mod loss;
mod start_lines;
mod switches;

use common::log;
use wiretrace_http::Peer;
use wiretrace_http::fuzzing::Op;

const GET: Op<'static> = Op::Feed(Peer::A, b"GET / HTTP/1.1\r\n\r\n", true);

/// The lines that are not about where messages begin, nor about the Host that the short requests here do not have.
fn essence(lines: &[String]) -> Vec<&str> {
    let told = |line: &&str| !line.contains(" begin ") && !line.contains(" !missing_host ");
    lines.iter().map(String::as_str).filter(told).collect()
}

#[track_caller]
fn check(ops: &[Op<'_>], expected: &[&str]) {
    assert_eq!(essence(&log(ops)), expected);
}
