//! Odd heads, start lines, and who may send which.

use crate::common::{a, b, log};
use crate::{GET, check, essence};
use wiretrace_http::fuzzing::Log;
use wiretrace_http::{Connection, Event, Limits, Peer, RequestKind, Sink};

#[test]
fn odd_heads_are_read_and_named() {
    check(
        &[a(b"\r\n\nGET   /a b  HTTP/1.1 \nA: b \n\tc\nD : e\nnone\nN: \x00\n\n")],
        &[
            "A GET /a b 1.1 [A: b c, D: e, none: , N: \\x00]",
            "A !empty_line @3",
            "A !start_line_space @3",
            "A !space_in_target @3",
            "A !bare_lf @3",
            "A !nul @3",
            "A !missing_colon @3",
            "A !space_before_colon @3",
            "A !obs_fold @3",
            "A end complete",
        ],
    );
}

#[test]
fn what_is_no_start_line() {
    for (line, code) in [
        ("GET / HTTP/2.0\r\n", "bad_version"),
        ("GET / HTTP/1.x\r\n", "bad_version"),
        ("GET / HTTP/1.12\r\n", "bad_version"),
        ("HTTP/1.1 20 OK\r\n", "bad_status"),
        ("HTTP/1.1 2000 OK\r\n", "bad_status"),
        ("HTTP/1.1 200OK\r\n", "bad_status"),
        ("HTTP/2 200\r\n", "bad_version"),
        ("HTTP/11.1 200\r\n", "bad_version"),
        ("HTTP/0.9 200\r\n", "bad_version"),
        ("HTTP/1.1\r\n", "bad_start_line"),
        ("GET / http/1.1\r\n", "bad_start_line"),
        ("G(T / HTTP/1.1\r\n", "unexpected_data"),
        ("DESCRIBE rtsp://a/b RTSP/1.0\r\n", "rtsp"),
        ("RTSP/1.0 200 OK\r\n", "rtsp"),
        ("SOURCE /music ICE/1.0\r\n", "ice"),
        ("GET /music ICE/1.0\r\n", "http_0_9"),
        ("GET /music RTSP/1\r\n", "http_0_9"),
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
