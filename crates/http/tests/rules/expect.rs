//! Bodies that do not come, since their requests were refused before (RFC 9110 §10.1.1).

use wiretrace_http::fuzzing::{Log, Op};
use wiretrace_http::{Close, Connection, Limits, Peer, RequestKind, Sink};

use crate::common::{FIN_A, a, b, cut_log, gap_a, log, strict_log};
use crate::{GET, check, essence};

const POST: &[u8] = b"POST /1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n";
const CHUNKED: &[u8] = b"PUT /1 HTTP/1.1\r\nExpect: a, 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n";
const REFUSED: Op<'static> =
    Op::Feed(Peer::B, b"HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true);
const FORTY: &[u8] = b"GET / HTTP/1.1 is what this body tells.\n";

/// What the requester's side tells behind the head of its first request.
fn told(ops: &[Op<'_>]) -> Vec<String> {
    let whole = log(ops);
    for piece in [1, 2, 3, 7] {
        assert_eq!(whole, cut_log(&Limits::default(), ops, || piece), "in pieces of {piece}");
    }
    essence(&whole).iter().filter(|line| line.starts_with("A ")).skip(1).map(|&line| line.into()).collect()
}

/// The lines of the next request, in its body's place.
const INSTEAD: [&str; 4] = ["A !unsent_body @0", "A end incomplete", "A GET / 1.1 []", "A end complete"];

#[test]
fn the_next_request_stands_in_the_bodys_place() {
    assert_eq!(FORTY.len(), 40);
    for head in [POST, CHUNKED] {
        assert_eq!(told(&[a(head), REFUSED, GET]), INSTEAD);
        for cut in 1..17 {
            let (one, two) = b"GET / HTTP/1.1\r\n\r\n".split_at(cut);
            assert_eq!(told(&[a(head), REFUSED, a(one), a(two)]), INSTEAD, "cut at {cut}");
        }
    }
    // Its method may look like a chunk size, its line may end with a LF alone, and it may be shorter or longer than the body.
    let lines = told(&[a(CHUNKED), REFUSED, a(b"DELETE / HTTP/1.1\n\n")]);
    assert_eq!(lines[..3], ["A !unsent_body @0", "A end incomplete", "A DELETE / 1.1 []"]);
    for length in [1, 2, 3, 13, 14, 15, 16, 1_000] {
        let head = format!("POST /1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n");
        assert_eq!(told(&[a(head.as_bytes()), REFUSED, GET]), INSTEAD, "{length}");
    }
}

#[test]
fn where_each_message_begins() {
    let next = b"GET / HTTP/1.1\r\n\r\n";
    let begin = format!("A begin {}", POST.len());
    for lines in [log(&[a(POST), REFUSED, a(next)]), log(&[a(POST), REFUSED, a(&next[..6]), a(&next[6..])])] {
        assert!(lines.contains(&begin), "{lines:#?}");
    }
}

#[test]
fn it_may_happen_again_and_again() {
    check(
        &[a(POST), REFUSED, a(POST), REFUSED, a(POST), b(b"HTTP/1.1 100 C\r\n\r\n"), a(FORTY), REFUSED, GET],
        &[
            "A POST /1 1.1 [Expect: 100-continue, Content-Length: 40]",
            "B 417 No 1.1 [Content-Length: 0, Connection: keep-alive]",
            "B end complete",
            "A !unsent_body @0",
            "A end incomplete",
            "A POST /1 1.1 [Expect: 100-continue, Content-Length: 40]",
            "B 417 No 1.1 [Content-Length: 0, Connection: keep-alive]",
            "B end complete",
            "A !unsent_body @62",
            "A end incomplete",
            "A POST /1 1.1 [Expect: 100-continue, Content-Length: 40]",
            "B 100 C 1.1 [] interim",
            "B end complete",
            "A body GET / HTTP/1.1 is what this body tells.\\n",
            "A end complete",
            "B 417 No 1.1 [Content-Length: 0, Connection: keep-alive]",
            "B end complete",
            "A GET / 1.1 []",
            "A end complete",
        ],
    );
}

#[test]
fn a_body_that_comes_is_read() {
    let behind = ["A end complete", "A GET / 1.1 []", "A end complete"];
    let bodies: [&[u8]; 10] = [
        FORTY,
        b"{\"a\": 1}",
        b"-----------------------------1\r\nname: x\r\n",
        b"OK",
        b"HELLO",
        b"HELLO WORLD",
        b"HELLO WORLD\r\nGET / HTTP/1.1\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\r\nGET / HTTP/1.1\r\n\r\n",
    ];
    for body in bodies {
        let head =
            format!("POST /1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n", body.len());
        let first = format!("A body {}", body.escape_ascii());
        let want: Vec<_> = [first.as_str()].into_iter().chain(behind).collect();
        let ops = [a(head.as_bytes()), REFUSED, a(body), GET];
        assert_eq!(told(&ops), want);
        // Both in one segment; and cut in the body.
        let both = [body, b"GET / HTTP/1.1\r\n\r\n"].concat();
        assert_eq!(told(&[a(head.as_bytes()), REFUSED, a(&both)]), want);
        let (one, two) = both.split_at(1);
        assert_eq!(told(&[a(head.as_bytes()), REFUSED, a(one), a(two)]), want);
    }
    for chunks in [
        &b"5\r\nhello\r\n0\r\n\r\n"[..],
        b"A\r\n0123456789\r\n0\r\n\r\n",
        b"B ;x=y\r\n0123456789a\r\n0\r\n\r\n",
    ] {
        for cut in 0..chunks.len() {
            let (one, two) = chunks.split_at(cut);
            let lines = told(&[a(CHUNKED), REFUSED, a(one), a(two), GET]);
            assert!(
                lines[0].starts_with("A body ") && lines.ends_with(&behind.map(String::from)),
                "{lines:#?}"
            );
        }
    }
}

#[test]
fn only_behind_a_final_refusal_of_that_very_request() {
    let body = a(b"GET / HTTP/1.1\r\n\r\n0123456789012345678901");
    let want = ["A body GET / HTTP/1.1\\r\\n\\r\\n0123456789012345678901", "A end complete"];
    let plain = a(b"POST /1 HTTP/1.1\r\nExpect: 200-ok\r\nContent-Length: 40\r\n\r\n");
    for ops in [
        // Nothing came yet, an interim answer, a success, or one that is not whole.
        vec![a(POST), body],
        vec![a(POST), b(b"HTTP/1.1 100 C\r\n\r\n"), body],
        vec![a(POST), b(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), body],
        vec![a(POST), b(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n"), body, b(b"\r\n")],
        // 100 was not expected.
        vec![plain, REFUSED, body],
    ] {
        assert_eq!(told(&ops), want, "{ops:?}");
    }
    // Behind the first bytes of the body.
    let lines = told(&[a(POST), a(b"GET "), REFUSED, a(b"GET / HTTP/1.1\r\n\r\n012345678901234567")]);
    assert_eq!(
        lines,
        ["A body GET ", "A body GET / HTTP/1.1\\r\\n\\r\\n012345678901234567", "A end complete"]
    );
    // The answer to the request before.
    let ops = [a(b"GET /0 HTTP/1.1\r\n\r\n"), a(POST), REFUSED, body];
    assert_eq!(told(&ops)[2..], want);
    let ops = [a(b"GET /0 HTTP/1.1\r\n\r\n"), a(POST), REFUSED, REFUSED, body];
    assert!(told(&ops)[2..].starts_with(&INSTEAD.map(|line| line.replace("@0", "@19"))));
}

#[test]
fn who_knows_better_decides() {
    struct Other(Log);
    impl Sink for Other {
        fn event(&mut self, event: wiretrace_http::Event<'_>) {
            self.0.event(event);
        }
        fn answers(&mut self, _: RequestKind) -> RequestKind {
            RequestKind::Unknown
        }
    }
    let (mut sink, mut connection) = (Other(Log::default()), Connection::new(Limits::default()));
    for op in [a(POST), REFUSED, GET] {
        let Op::Feed(peer, bytes, start) = op else { unreachable!() };
        connection.feed(peer, bytes, start, &mut sink);
    }
    connection.close(Peer::A, Close::Clean, &mut sink);
    assert!(sink.0.lines().iter().any(|line| line.starts_with("A body GET")), "{:#?}", sink.0.lines());
}

#[test]
fn holes_and_ends() {
    // A hole instead of the first bytes, or behind some: part of the body.
    let ops = [a(POST), REFUSED, gap_a(30), a(b"0123456789"), GET];
    let want = [
        "A gap 30",
        "A !gap @0",
        "A body 0123456789",
        "A end incomplete",
        "A GET / 1.1 []",
        "A end complete",
    ];
    assert_eq!(told(&ops), want);
    let ops = [a(POST), REFUSED, a(b"GET / "), gap_a(24), a(b"0123456789"), GET];
    let lines = told(&ops);
    assert_eq!(lines[..4], ["A body GET / ", "A gap 24", "A !gap @0", "A body 0123456789"]);
    assert_eq!(lines[4..], want[3..]);
    let lines = told(&[a(CHUNKED), REFUSED, a(b"A"), gap_a(2), GET]);
    assert_eq!(lines[..3], ["A !gap @0", "A end incomplete", "A lost"]);
    // The client that closes instead; and one that does so midway.
    assert_eq!(told(&[a(POST), REFUSED, FIN_A]), ["A !truncated @0", "A end incomplete"]);
    let lines = told(&[a(POST), REFUSED, a(b"GET / HTT"), FIN_A]);
    assert_eq!(lines, ["A body GET / HTT", "A !truncated @0", "A end incomplete"]);
}

#[test]
fn what_is_held_is_bounded() {
    let limits = Limits { search_bytes: 16, ..Limits::default() };
    let of = |ops: &[Op<'_>]| cut_log(&limits, ops, || 1);
    assert!(of(&[a(POST), REFUSED, GET]).contains(&INSTEAD[0].to_owned()));
    let longer = a(b"GET /2 HTTP/1.1\r\n\r\n012345678901234567890");
    assert!(of(&[a(POST), REFUSED, longer, GET]).contains(&"A end complete".to_owned()));
    assert!(!of(&[a(POST), REFUSED, longer, GET]).contains(&INSTEAD[0].to_owned()));
    // Given up, and when the connection is switched meanwhile: a body's.
    let mut connection = Connection::new(Limits::default());
    let mut log = Log::default();
    connection.feed(Peer::A, POST, true, &mut log);
    connection.feed(Peer::B, b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", true, &mut log);
    connection.feed(Peer::A, b"GET ", true, &mut log);
    assert_eq!(connection.account().held, 4);
    assert!(connection.in_message(Peer::A));
    connection.give_up_held(&mut log);
    assert_eq!(connection.account().held, 0);
    connection.feed(Peer::A, b"more", true, &mut log);
    assert_eq!(log.lines().last().map(String::as_str), Some("A body GET more"), "{:#?}", log.lines());
    let switched = b(b"HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n");
    let lines = told(&[
        a(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
        REFUSED,
        a(b"GET"),
        switched,
        a(b"x"),
    ]);
    assert_eq!(lines, ["A body GE", "A end complete", "A abandoned", "A tunnel Tx"]);
}

#[test]
fn strictly_it_is_an_error() {
    let lines = strict_log(&Limits::default(), &[a(POST), REFUSED, GET, GET], || 0);
    let lines = essence(&lines);
    assert_eq!(lines[lines.len() - 2..], ["A end incomplete", "A rejected unsent_body @0"]);
}
