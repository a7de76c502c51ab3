//! Holes, ends, and the search for the next message.

use crate::common::{FIN_B, RST_B, a, b, gap_a, gap_b, log};
use crate::{GET, check, essence};
use wiretrace_http::fuzzing::{Log, Op};
use wiretrace_http::{Account, Close, Connection, Limits, Peer};

#[test]
fn holes_in_known_lengths_are_stepped_over() {
    check(
        &[
            GET,
            b(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
            gap_b(4),
            b(b"c"),
            gap_b(2),
            b(b"HTTP/1.1 204 No\r\n\r\n"),
        ],
        &[
            "A GET / 1.1 []",
            "A end complete",
            "B 200 OK 1.1 [Content-Length: 9]",
            "B body ab",
            "B gap 4",
            "B !gap @0",
            "B body c",
            "B gap 2",
            "B end incomplete",
            "B 204 No 1.1 []",
            "B end complete",
        ],
    );
}

#[test]
fn a_hole_over_the_end_loses_the_framing() {
    check(
        &[GET, b(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"), gap_b(8), b(b"HTTP/1.1 204 No\r\n\r\n")],
        &[
            "A GET / 1.1 []",
            "A end complete",
            "B 200 OK 1.1 [Content-Length: 9]",
            "B body ab",
            "B gap 7",
            "B !gap @0",
            "B end incomplete",
            "B lost",
            "B 204 No 1.1 []",
            "B end complete",
        ],
    );
}

#[test]
fn holes_in_chunked_bodies() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let next = b(b"HTTP/1.1 204 No\r\n\r\n");
    // Within a chunk the framing survives.
    let first = [&head[..], b"6\r\nab"].concat();
    let lines = log(&[b(&first), gap_b(4), b(b"\r\n1\r\nx\r\n0\r\n\r\n"), next]);
    assert_eq!(
        essence(&lines)[1..],
        [
            "B body ab",
            "B gap 4",
            "B !gap @0",
            "B body x",
            "B end incomplete",
            "B 204 No 1.1 []",
            "B end complete"
        ]
    );
    // Anywhere else it does not.
    for before in ["", "6", "6;x", "2\r\nab", "2\r\nab\r", "0\r\n", "0\r\nA: b\r\n"] {
        let first = [&head[..], before.as_bytes()].concat();
        let lines = log(&[b(&first), gap_b(1), b(b"\n\r\n0\r\n\r\n"), next]);
        let lines = essence(&lines);
        let ends = ["B !gap @0", "B end incomplete", "B lost", "B 204 No 1.1 []", "B end complete"];
        assert!(lines.ends_with(&ends), "{before:?}: {lines:#?}");
    }
}

#[test]
fn a_hole_in_a_head_keeps_the_fields_before_it() {
    check(
        &[a(b"GET / HTTP/1.1\r\nA: b\r\nC: d"), gap_a(1), a(b"e\r\n\r\n"), GET],
        &[
            "A GET / 1.1 [A: b] cut",
            "A !gap @0",
            "A end incomplete",
            "A lost",
            "A abandoned",
            "A GET / 1.1 []",
            "A end complete",
        ],
    );
    check(
        &[a(b"GET / HTT"), gap_a(1), a(b"/1.1\r\n\r\n"), GET],
        &["A abandoned", "A lost", "A GET / 1.1 []", "A end complete"],
    );
}

#[test]
fn a_hole_between_messages_and_offsets_behind_it() {
    let lines = log(&[
        a(b"GET / HTTP/1.0\r\n\r\n"),
        gap_a(100),
        a(b"GET /x HTTP/1.0\r\n"),
        a(b"\r\n"),
        gap_a(5),
        gap_a(6),
        a(b"GET /y HTTP/1.0\r\n\r\n"),
    ]);
    assert_eq!(
        lines,
        [
            "A begin 0",
            "A GET / 1.0 []",
            "A end complete",
            "A lost",
            "A begin 118",
            "A GET /x 1.0 []",
            "A end complete",
            "A lost",
            "A begin 148",
            "A GET /y 1.0 []",
            "A end complete"
        ]
    );
}

#[test]
fn a_hole_until_close_is_part_of_the_body() {
    check(
        &[b(b"HTTP/1.1 200 OK\r\n\r\nab"), gap_b(3), b(b"cd"), gap_b(2), FIN_B],
        &["B 200 OK 1.1 []", "B body ab", "B gap 3", "B !gap @0", "B body cd", "B gap 2", "B end incomplete"],
    );
}

#[test]
fn ends_in_each_state() {
    let truncated = ["B !truncated @0", "B end incomplete"];
    for before in [
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nA: b",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n",
    ] {
        for end in [FIN_B, RST_B] {
            let lines = log(&[b(before.as_bytes()), end, b(b"HTTP/1.1 200 OK\r\n\r\n")]);
            assert!(essence(&lines).ends_with(&truncated), "{before:?}: {lines:#?}");
        }
    }
    // A start line that is not whole is no message; between messages, nothing is missing.
    check(&[b(b"HTTP/1.1 20"), FIN_B], &["B abandoned"]);
    check(&[b(b"HTTP/1.1 204 No\r\n\r\n\r\n"), FIN_B], &["B 204 No 1.1 []", "B end complete"]);
    // Until close: only a FIN ends it well.
    check(
        &[b(b"HTTP/1.1 200 OK\r\n\r\nx"), RST_B],
        &["B 200 OK 1.1 []", "B body x", "B !truncated @0", "B end incomplete"],
    );
    // What comes behind the end is skipped.
    let mut connection = Connection::new(Limits::default());
    let mut sink = Log::default();
    connection.close(Peer::A, Close::Clean, &mut sink);
    connection.feed(Peer::A, b"GET / HTTP/1.1\r\n\r\n", true, &mut sink);
    connection.gap(Peer::A, 5, &mut sink);
    connection.close(Peer::A, Close::Cut, &mut sink);
    assert!(sink.lines().is_empty());
    assert_eq!(connection.account(), Account { skipped: 18, ..Account::default() });
}

#[test]
fn found_again_at_segment_starts_only() {
    let get = b"GET / HTTP/1.1\r\n\r\n";
    let found = ["A lost", "A GET / 1.1 []", "A end complete"];
    check(
        &[gap_a(1), a(b"xx\r\nGET / HTTP/1.1\r\n\r\n"), Op::Feed(Peer::A, get, false), GET],
        &["A lost", "A abandoned", found[1], found[2]],
    );
    check(&[gap_a(1), a(&get[..1]), a(&get[1..6]), a(&get[6..])], &found);
    check(&[gap_a(1), Op::Feed(Peer::A, get, false)], &["A lost"]);
    // Found again, the next one may begin anywhere.
    let two = get.repeat(2);
    check(&[gap_a(1), a(&two)], &["A lost", found[1], found[2], found[1], found[2]]);
}

#[test]
fn a_candidate_gives_way_to_a_whole_start_line() {
    for before in ["word", "some words", "GET /half HTTP/1."] {
        let lines = log(&[gap_a(1), a(before.as_bytes()), GET]);
        let expected = ["A lost", "A abandoned", "A GET / 1.1 []", "A end complete"];
        assert_eq!(essence(&lines), expected, "{before}");
        assert!(lines.contains(&format!("A begin {}", 1 + before.len())), "{lines:#?}");
    }
}

#[test]
fn no_start_line_is_made_of_a_candidate_and_a_part_of_the_next() {
    let lines = log(&[gap_a(1), a(b"some words"), a(b"GET /y"), a(b" HTTP/1.1\r\n\r\n"), GET]);
    assert_eq!(essence(&lines), ["A lost", "A abandoned", "A GET / 1.1 []", "A end complete"]);
}

#[test]
fn a_message_where_a_chunk_should_end() {
    let response = b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc");
    check(
        &[response, b(b"HTTP/1.1 204 No\r\n\r\n")],
        &[
            "B 200 OK 1.1 [Transfer-Encoding: chunked]",
            "B body abc",
            "B !bad_chunk @0",
            "B end incomplete",
            "B lost",
            "B 204 No 1.1 []",
            "B end complete",
        ],
    );
}

#[test]
fn joined_midway() {
    check(
        &[Op::Midway(Peer::A), a(b"rest of a body"), GET],
        &["A abandoned", "A GET / 1.1 []", "A end complete"],
    );
    check(&[Op::Midway(Peer::A), GET], &["A GET / 1.1 []", "A end complete"]);
}
