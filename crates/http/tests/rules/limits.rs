//! Limits, and the account of all bytes.

use crate::common::{a, b, cut_log, gap_a};
use crate::{GET, essence};
use wiretrace_http::fuzzing::{Log, Op};
use wiretrace_http::{Account, Connection, Limits, Peer};

pub(crate) fn small() -> Limits {
    Limits {
        head_bytes: 40,
        search_bytes: 20,
        chunk_line_bytes: 6,
        trailer_bytes: 8,
        pending_requests: 8,
        message_bytes: 10,
        inflate_bytes: 100,
        inflate_ratio: 2,
    }
}

#[track_caller]
fn check_small(ops: &[Op<'_>], expected: &[&str]) {
    for piece in [0, 1, 3] {
        assert_eq!(essence(&cut_log(&small(), ops, || piece)), expected, "in pieces of {piece}");
    }
}

#[test]
fn limit_of_heads() {
    let over = [&b"GET / HTTP/1.1\r\nA: b\r\nC: "[..], &[b'c'; 40], b"\r\n\r\n"].concat();
    check_small(
        &[a(&over), GET],
        &[
            "A GET / 1.1 [A: b] cut",
            "A !limit @0",
            "A end incomplete",
            "A lost",
            "A GET / 1.1 []",
            "A end complete",
        ],
    );
    let just = [&b"GET / HTTP/1.1\r\nA: "[..], &[b'c'; 17], b"\r\n\r\n"].concat();
    assert_eq!(just.len(), 40);
    let head = format!("A GET / 1.1 [A: {}]", "c".repeat(17));
    check_small(&[a(&just)], &[&head, "A end complete"]);
}

#[test]
fn limit_of_start_lines() {
    let over = [&b"GET /"[..], &[b'x'; 40], b" HTTP/1.1\r\n\r\n"].concat();
    check_small(
        &[a(&over), GET],
        &["A !limit @0", "A abandoned", "A lost", "A GET / 1.1 []", "A end complete"],
    );
    // While searching, less is held.
    let over = [&b"GET /"[..], &[b'x'; 15], b" HTTP/1.1\r\n\r\n"].concat();
    check_small(&[gap_a(1), a(&over), GET], &["A lost", "A abandoned", "A GET / 1.1 []", "A end complete"]);
    let mut connection = Connection::new(small());
    connection.start_unsynchronised(Peer::A);
    let mut sink = Log::default();
    for _ in 0..1000 {
        connection.feed(Peer::A, b"a b", true, &mut sink);
        assert!(connection.account().held < 20);
    }
}

#[test]
fn limits_of_chunk_lines_and_trailers() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: x\r\n";
    assert_eq!(head.len(), 39);
    let limits = Limits { head_bytes: 100, ..small() };
    for (body, fits) in [
        ("1;xx\r\na\r\n0\r\n\r\n", true),
        ("1;xxx\r\na\r\n0\r\n\r\n", false),
        ("0\r\nA: b\r\n\r\n", true),
        ("0\r\nA: bc\r\n\r\n", false),
    ] {
        let response = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        for piece in [0, 1, 3] {
            let lines = cut_log(&limits, &[b(response.as_bytes())], || piece);
            let end =
                if fits { &["B end complete"][..] } else { &["B !limit @0", "B end incomplete", "B lost"] };
            assert!(essence(&lines).ends_with(end), "{body:?}: {lines:#?}");
        }
    }
}

#[test]
fn large_heads_byte_by_byte_cost_what_they_are_long() {
    let mut head = b"GET / HTTP/1.1\r\n".to_vec();
    while head.len() < 255 * 1024 {
        head.extend_from_slice(b"Name: some value\r\n fold\r\n");
    }
    head.extend_from_slice(b"\r\n");
    let mut connection = Connection::new(Limits::default());
    let mut sink = Log::default();
    for byte in &head {
        connection.feed(Peer::A, &[*byte], false, &mut sink);
    }
    assert!(sink.lines().last().is_some_and(|line| line == "A end complete"));
    assert_eq!(connection.copied_bytes(), head.len() as u64);
    assert_eq!(connection.account().message, head.len() as u64);
    // While searching, too: each byte once, though every segment is a candidate.
    connection.reset();
    connection.start_unsynchronised(Peer::A);
    let mut fed = 0;
    for _ in 0..20_000 {
        connection.feed(Peer::A, b"some word\x00s ", true, &mut sink);
        connection.feed(Peer::A, b"w", true, &mut sink);
        fed += 13;
    }
    assert!(connection.copied_bytes() <= fed);
}

#[test]
fn every_byte_is_accounted_for() {
    let mut connection = Connection::new(Limits::default());
    let mut sink = Log::default();
    let mut feed = |connection: &mut Connection, peer, bytes: &[u8]| {
        connection.feed(peer, bytes, true, &mut sink);
        connection.account()
    };
    let account = feed(&mut connection, Peer::A, b"\r\nPOST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab");
    assert_eq!(account, Account { message: 42, ..Account::default() });
    let account = feed(&mut connection, Peer::A, b"junk\x00 GET");
    assert_eq!(account, Account { message: 42, skipped: 9, ..Account::default() });
    let account = feed(&mut connection, Peer::A, b"GET / HT");
    assert_eq!(account, Account { message: 42, skipped: 9, held: 8, ..Account::default() });
    let account = feed(&mut connection, Peer::A, b"TP/1.1\r\n\r\n");
    assert_eq!(account, Account { message: 60, skipped: 9, ..Account::default() });
    let account = feed(&mut connection, Peer::B, b"HTTP/1.1 101 S\r\n\r\nab");
    assert_eq!(account, Account { message: 78, skipped: 9, tunnel: 2, ..Account::default() });
    connection.reset();
    assert_eq!(connection.account(), Account::default());
}
