//! The rules, one by one: what goes in, and the events that come out.

mod common;

use common::{FIN_A, FIN_B, RST_B, a, b, cut_log, gap_a, gap_b, log};
use wiretrace_http::fuzzing::{Log, Op};
use wiretrace_http::{Account, Close, Connection, Event, Limits, Peer, RequestKind, Sink};

const GET: Op<'static> = Op::Feed(Peer::A, b"GET / HTTP/1.1\r\n\r\n", true);

/// The lines that are not about where messages begin.
fn essence(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).filter(|line| !line.contains(" begin ")).collect()
}

#[track_caller]
fn check(ops: &[Op<'_>], expected: &[&str]) {
    assert_eq!(essence(&log(ops)), expected);
}

/// What follows a response's head.
#[track_caller]
fn check_response(response: &[u8], expected: &[&str]) {
    let lines = log(&[GET, b(response), FIN_B]);
    assert_eq!(essence(&lines)[2..], *expected, "{}", response.escape_ascii());
}

// ---- framing (RFC 9112 §6.3)

#[test]
fn exchange_in_full() {
    let lines = log(&[
        a(b"GET /a?b HTTP/1.1\r\nHost: x \r\n\r\n"),
        b(b"HTTP/1.0 404 Not Found\r\nContent-Length: 2\r\n\r\nno"),
    ]);
    assert_eq!(
        lines,
        [
            "A begin 0",
            "A GET /a?b 1.1 [Host: x]",
            "A end complete",
            "B begin 0",
            "B 404 Not Found 1.0 [Content-Length: 2]",
            "B body no",
            "B end complete"
        ]
    );
}

#[test]
fn request_bodies() {
    check(
        &[a(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.0\r\n\r\n")],
        &[
            "A POST / 1.1 [Content-Length: 3]",
            "A body abc",
            "A end complete",
            "A PUT / 1.1 [Transfer-Encoding: chunked]",
            "A body abc",
            "A end complete",
            "A GET / 1.0 []",
            "A end complete",
        ],
    );
}

#[test]
fn no_length_means_none_for_requests_and_until_close_for_responses() {
    check(
        &[a(b"POST / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")],
        &["A POST / 1.1 []", "A end complete", "A GET / 1.1 []", "A end complete"],
    );
    check_response(
        b"HTTP/1.1 200 OK\r\n\r\nab\r\n\r\n",
        &["B 200 OK 1.1 []", "B body ab\\r\\n\\r\\n", "B end complete"],
    );
    check_response(b"HTTP/1.1 200 OK\r\n\r\n", &["B 200 OK 1.1 []", "B end complete"]);
    check_response(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        &["B 200 OK 1.1 [Transfer-Encoding: gzip]", "B body 0\\r\\n\\r\\n", "B end complete"],
    );
}

#[test]
fn bodiless_answers() {
    for status in ["204", "304"] {
        let response = format!("HTTP/1.1 {status} X\r\nContent-Length: 5\r\n\r\n");
        let head = format!("B {status} X 1.1 [Content-Length: 5]");
        check_response(response.as_bytes(), &[&head, "B end complete"]);
    }
    check(
        &[
            a(b"HEAD / HTTP/1.1\r\n\r\n"),
            GET,
            b(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
        ],
        &[
            "A HEAD / 1.1 []",
            "A end complete",
            "A GET / 1.1 []",
            "A end complete",
            "B 200 OK 1.1 [Content-Length: 5]",
            "B end complete",
            "B 200 OK 1.1 [Content-Length: 1]",
            "B body x",
            "B end complete",
        ],
    );
    // A method is what it is in capitals only.
    let lines = log(&[a(b"head / HTTP/1.1\r\n\r\n"), b(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")]);
    assert_eq!(lines[5], "B body x");
}

#[test]
fn interim_responses_have_no_body_and_answer_nothing() {
    check_response(
        b"HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        &[
            "B 100 Continue 1.1 [Content-Length: 9] interim",
            "B end complete",
            "B 103 Early Hints 1.1 [] interim",
            "B end complete",
            "B 200 OK 1.1 [Content-Length: 1]",
            "B body x",
            "B end complete",
        ],
    );
}

#[test]
fn lengths() {
    let head = |fields: &str| format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nabc");
    for fields in [
        "Content-Length: 3",
        "content-length:3",
        "Content-Length: 3 , 3",
        "CONTENT-LENGTH:\t003\r\nContent-Length: 3",
    ] {
        let lines = log(&[GET, b(head(fields).as_bytes())]);
        assert_eq!(essence(&lines)[3..], ["B body abc", "B end complete"], "{fields}");
    }
    for fields in [
        "Content-Length: 3, 4",
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 3\r\nContent-Length: x",
    ] {
        let lines = log(&[GET, b(head(fields).as_bytes())]);
        assert_eq!(
            essence(&lines)[3..],
            ["B !conflicting_length @0", "B body abc", "B end complete"],
            "{fields}"
        );
    }
    for fields in [
        "Content-Length: ",
        "Content-Length: -3",
        "Content-Length: +3",
        "Content-Length: 0x3",
        "Content-Length: 3 3",
        "Content-Length: 1234567890123456789",
    ] {
        let lines = log(&[GET, b(head(fields).as_bytes()), FIN_B]);
        assert_eq!(essence(&lines)[3..], ["B !bad_length @0", "B body abc", "B end complete"], "{fields}");
    }
}

#[test]
fn chunked_before_length() {
    check_response(
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        &[
            "B 200 OK 1.1 [Content-Length: 3, Transfer-Encoding: Chunked]",
            "B !transfer_encoding_with_length @0",
            "B body x",
            "B end complete",
        ],
    );
}

#[test]
fn chunks_extensions_and_trailers() {
    check_response(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=\"b;c\"\r\nabc\r\n 0A \ndefghijklm\n000;x\r\nX: y\r\n z\r\nnone\r\n\r\n",
        &[
            "B 200 OK 1.1 [Transfer-Encoding: chunked]",
            "B body abcdefghijklm",
            "B trailers [X: y z, none: ]",
            "B !obs_fold @0",
            "B !bad_header @0",
            "B end complete",
        ],
    );
}

#[test]
fn bad_chunks_lose_the_framing() {
    for body in ["g\r\n", "\r\n", "-1\r\n", "10000000000000000\r\n", "3\r\nabcd", "3\r\nabc\r\r\n"] {
        let response = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        let lines = log(&[GET, b(response.as_bytes()), b(b"HTTP/1.1 204 No\r\n\r\n")]);
        let lines = essence(&lines);
        let ends = ["B !bad_chunk @0", "B end incomplete", "B lost", "B 204 No 1.1 []", "B end complete"];
        assert!(lines.ends_with(&ends), "{body:?}: {lines:#?}");
    }
}

#[test]
fn chunks_of_any_size() {
    check(
        &[
            GET,
            b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc"),
            gap_b(u64::MAX - 3),
            b(b"\r\n0\r\n\r\n"),
        ],
        &[
            "A GET / 1.1 []",
            "A end complete",
            "B 200 OK 1.1 [Transfer-Encoding: chunked]",
            "B body abc",
            "B gap 18446744073709551612",
            "B !gap @0",
            "B end incomplete",
        ],
    );
}

// ---- leniency

#[test]
fn odd_heads_are_read_and_named() {
    check(
        &[a(b"\r\n\nGET   /a b  HTTP/1.1 \nA: b \n\tc\nD : e\nnone\nN: \x00\n\n")],
        &[
            "A GET /a b 1.1 [A: b c, D: e, none: , N: \\x00]",
            "A !bare_lf @3",
            "A !nul @3",
            "A !obs_fold @3",
            "A !space_before_colon @3",
            "A !bad_header @3",
            "A end complete",
        ],
    );
}

#[test]
fn what_is_no_start_line() {
    for (line, code) in [
        ("GET / HTTP/2.0\r\n", "bad_start_line"),
        ("GET / HTTP/1.x\r\n", "bad_start_line"),
        ("HTTP/1.1 20 OK\r\n", "bad_start_line"),
        ("HTTP/2 200\r\n", "bad_start_line"),
        ("ICY 200 OK\r\n", "icy"),
        ("PRI * HTTP/2.0\r\n", "http2_preface"),
        ("GET /old\r\n", "http_0_9"),
        ("GET\r\n", "unexpected_data"),
        ("EHLO me\r\n", "unexpected_data"),
        ("\u{16}\u{3}\u{1}", "unexpected_data"),
    ] {
        let lines = log(&[a(line.as_bytes()), GET]);
        let lines = essence(&lines);
        let after = lines.iter().filter(|line| **line != "A abandoned").copied().collect::<Vec<_>>();
        let anomaly = format!("A !{code} @0");
        assert_eq!(after, [anomaly.as_str(), "A lost", "A GET / 1.1 []", "A end complete"], "{line:?}");
    }
}

// ---- roles

#[test]
fn roles_are_fixed_by_the_first_start_line() {
    let mut connection = Connection::new(Limits::default());
    let mut sink = Log::default();
    assert_eq!(connection.requester(), None);
    connection.feed(Peer::B, b"GET / HTTP/1.1\r\n", true, &mut sink);
    assert_eq!(connection.requester(), Some(Peer::B));
    assert!(connection.in_message(Peer::B) && !connection.in_message(Peer::A));
    connection.feed(Peer::A, b"GET / HTTP/1.1\r\n\r\n", true, &mut sink);
    connection.feed(Peer::B, b"\r\n", true, &mut sink);
    assert!(!connection.in_message(Peer::B));
    assert_eq!(
        essence(sink.lines()),
        ["A !unexpected_data @0", "A abandoned", "A lost", "B GET / 1.1 []", "B end complete"]
    );

    check(
        &[b(b"HTTP/1.1 204 No\r\n\r\n"), a(b"HTTP/1.1 204 No\r\n\r\n"), GET],
        &[
            "B 204 No 1.1 []",
            "B end complete",
            "A !unexpected_data @0",
            "A abandoned",
            "A lost",
            "A GET / 1.1 []",
            "A end complete",
        ],
    );
}

#[test]
fn the_sink_may_know_better_what_is_answered() {
    struct Knows(Log, Vec<RequestKind>);
    impl Sink for Knows {
        fn event(&mut self, event: Event<'_>) {
            self.0.event(event);
        }
        fn answers(&mut self, by_order: RequestKind) -> RequestKind {
            self.1.push(by_order);
            RequestKind::Head
        }
    }
    let mut sink = Knows(Log::default(), Vec::new());
    let mut connection = Connection::new(Limits { pending_requests: 3, ..Limits::default() });
    connection.feed(
        Peer::A,
        b"HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nCONNECT a:1 HTTP/1.1\r\n\r\n",
        true,
        &mut sink,
    );
    for _ in 0..4 {
        connection.feed(Peer::B, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, &mut sink);
    }
    assert_eq!(sink.1, [RequestKind::Head, RequestKind::Other, RequestKind::Connect, RequestKind::Unknown]);
    assert_eq!(sink.0.lines().iter().filter(|line| *line == "B end complete").count(), 4);
    // More unanswered requests than are remembered: none is known.
    connection.feed(Peer::A, b"HEAD / HTTP/1.1\r\n\r\n".repeat(4).as_slice(), true, &mut sink);
    connection.feed(Peer::B, b"HTTP/1.1 200 OK\r\n\r\n", true, &mut sink);
    assert_eq!(sink.1.last(), Some(&RequestKind::Unknown));
}

// ---- holes

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
        GET,
        gap_a(100),
        a(b"GET /x HTTP/1.1\r\n"),
        a(b"\r\n"),
        gap_a(5),
        gap_a(6),
        a(b"GET /y HTTP/1.1\r\n\r\n"),
    ]);
    assert_eq!(
        lines,
        [
            "A begin 0",
            "A GET / 1.1 []",
            "A end complete",
            "A lost",
            "A begin 118",
            "A GET /x 1.1 []",
            "A end complete",
            "A lost",
            "A begin 148",
            "A GET /y 1.1 []",
            "A end complete"
        ]
    );
}

#[test]
fn a_hole_until_close_is_part_of_the_body() {
    check_response(b"HTTP/1.1 200 OK\r\n\r\nab", &["B 200 OK 1.1 []", "B body ab", "B end complete"]);
    check(
        &[b(b"HTTP/1.1 200 OK\r\n\r\nab"), gap_b(3), b(b"cd"), gap_b(2), FIN_B],
        &["B 200 OK 1.1 []", "B body ab", "B gap 3", "B !gap @0", "B body cd", "B gap 2", "B end incomplete"],
    );
}

// ---- ends

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

// ---- the search behind a loss

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

// ---- limits

fn small() -> Limits {
    Limits { head_bytes: 40, search_bytes: 20, chunk_line_bytes: 6, trailer_bytes: 8, pending_requests: 8 }
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

// ---- switches

const CONNECT: Op<'static> = Op::Feed(Peer::A, b"CONNECT a:1 HTTP/1.1\r\n\r\n", true);
const ASKED: [&str; 2] = ["A CONNECT a:1 1.1 []", "A end complete"];

#[track_caller]
fn check_switch(ops: &[Op<'_>], expected: &[&str]) {
    let lines = log(&[&[CONNECT], ops].concat());
    assert_eq!(essence(&lines), [&ASKED, expected].concat());
}

#[test]
fn connect_and_its_tunnel() {
    let yes = b(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nUpgrade: no\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    let answer = [
        "B 200 OK 1.1 [Content-Length: 5, Upgrade: no]",
        "B end complete",
        "B upgraded Connect ",
        "B tunnel GET / HTTP/1.1\\r\\n\\r\\n",
    ];
    check_switch(&[yes, GET], &[&answer[..], &["A tunnel GET / HTTP/1.1\\r\\n\\r\\n"]].concat());
    // Bytes that came before the answer wait for it.
    let waited = [&answer[..3], &["A tunnel \\x16abc", answer[3]]].concat();
    check_switch(&[a(b"\x16a"), a(b"bc"), yes], &waited);
    let waited = [&answer[..3], &["A tunnel \\x16a", "A tunnel-gap 5", answer[3], "A tunnel d"]].concat();
    check_switch(&[a(b"\x16a"), gap_a(3), a(b"bc"), yes, a(b"d")], &waited);
    let text = [&["A abandoned"], &answer[..3], &["A tunnel SSH-2.0\\r\\n", answer[3]]].concat();
    check_switch(&[a(b"SSH-2.0\r\n"), yes], &text);
    let held = [&answer[..3], &["A abandoned", "A tunnel HELO", answer[3]]].concat();
    check_switch(&[a(b"HELO"), yes], &held);
}

#[test]
fn connect_refused() {
    let no = b(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    let answer = ["B 403 No 1.1 [Content-Length: 0]", "B end complete"];
    let again = ["A GET / 1.1 []", "A end complete"];
    check_switch(&[no, GET], &[answer, again].concat());
    let waited = [&answer[..1], &answer[1..], &["A !unexpected_data @24", "A lost"], &again].concat();
    check_switch(&[a(b"\x16abc"), no, GET], &waited);
    // Once refused, what is no HTTP is an anomaly at once.
    let late = [&answer[..], &["A !unexpected_data @24", "A lost"], &again].concat();
    check_switch(&[no, a(b"\x16abc"), GET], &late);
    // Never answered.
    check_switch(&[a(b"\x16abc"), gap_a(1), a(b"x"), FIN_A], &[]);
}

#[test]
fn what_waits_is_bounded_and_accounted() {
    let mut connection = Connection::new(small());
    let mut sink = Log::default();
    connection.feed(Peer::A, b"CONNECT a:1 HTTP/1.1\r\n\r\n", true, &mut sink);
    for _ in 0..10 {
        connection.feed(Peer::A, b"\x16bcdefg", true, &mut sink);
    }
    assert_eq!(connection.account(), Account { message: 24, held: 70, ..Account::default() });
    connection.feed(Peer::B, b"HTTP/1.1 200 OK\r\n\r\n", true, &mut sink);
    assert_eq!(connection.account(), Account { message: 24 + 19, tunnel: 70, ..Account::default() });
    let lines = sink.lines();
    assert!(lines[lines.len() - 2].starts_with("A tunnel \\x16bcdefg\\x16bcdefg\\x16bcdef"), "{lines:#?}");
    assert_eq!(lines[lines.len() - 1], "A tunnel-gap 50");
}

#[test]
fn upgrades() {
    for (value, kind) in [("websocket", "WebSocket"), ("h2c, WebSocket", "WebSocket"), ("h2c", "Other")] {
        let response = format!("HTTP/1.1 101 Switching\r\nUpgrade: {value}\r\n\r\n\x01");
        let lines = log(&[GET, b(response.as_bytes()), a(b"GET / HTTP/1.1\r\n\r\n")]);
        let upgraded = format!("B upgraded {kind} {value}");
        let expected = ["B end complete", &upgraded, "B tunnel \\x01", "A tunnel GET / HTTP/1.1\\r\\n\\r\\n"];
        assert!(essence(&lines).ends_with(&expected), "{lines:#?}");
    }
}

#[test]
fn switched_while_a_request_is_under_way() {
    let switch = b(b"HTTP/1.1 101 S\r\n\r\n");
    let lines =
        log(&[a(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), switch, a(b"cdEF"), gap_a(2), a(b"G")]);
    assert_eq!(
        essence(&lines)[1..],
        [
            "A body ab",
            "B 101 S 1.1 []",
            "B end complete",
            "B upgraded Other ",
            "A body cd",
            "A end complete",
            "A tunnel EF",
            "A tunnel-gap 2",
            "A tunnel G"
        ]
    );
    // Cut, it is behind the switch all the same.
    let lines = log(&[a(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), switch, gap_a(9), a(b"G")]);
    assert_eq!(essence(&lines)[5..], ["A gap 2", "A !gap @0", "A end incomplete", "A tunnel G"]);
}

// ---- the account

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
