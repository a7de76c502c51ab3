//! Streams that the tests share.
#![allow(dead_code, reason = "each test file uses some of it")]

use wiretrace_http::fuzzing::{Log, Op, run};
use wiretrace_http::{Close, Connection, Limits, Mode, Peer};

/// A segment of the requester.
pub(crate) fn a(bytes: &[u8]) -> Op<'_> {
    Op::Feed(Peer::A, bytes, true)
}

/// A segment of the other one.
pub(crate) fn b(bytes: &[u8]) -> Op<'_> {
    Op::Feed(Peer::B, bytes, true)
}

pub(crate) const FIN_A: Op<'static> = Op::Close(Peer::A, Close::Clean);
pub(crate) const FIN_B: Op<'static> = Op::Close(Peer::B, Close::Clean);
pub(crate) const RST_B: Op<'static> = Op::Close(Peer::B, Close::Cut);

pub(crate) fn gap_a(len: u64) -> Op<'static> {
    Op::Gap(Peer::A, len)
}

pub(crate) fn gap_b(len: u64) -> Op<'static> {
    Op::Gap(Peer::B, len)
}

/// The events of strict parsing, with pieces of these lengths, 0 for whole segments.
pub(crate) fn strict_log(limits: &Limits, ops: &[Op<'_>], piece: impl FnMut() -> usize) -> Vec<String> {
    let mut connection = Connection::new(limits.clone());
    connection.set_mode(Mode::Strict);
    run(&mut connection, limits, ops, piece).lines().to_vec()
}

/// The events with pieces of these lengths, 0 for whole segments.
pub(crate) fn cut_log(limits: &Limits, ops: &[Op<'_>], piece: impl FnMut() -> usize) -> Vec<String> {
    let log: Log = run(&mut Connection::new(limits.clone()), limits, ops, piece);
    log.lines().to_vec()
}

/// The events of whole segments.
pub(crate) fn log(ops: &[Op<'_>]) -> Vec<String> {
    cut_log(&Limits::default(), ops, || 0)
}

/// Small two-sided streams of every kind.
pub(crate) fn streams() -> Vec<(&'static str, Vec<Op<'static>>)> {
    const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const GET: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
    vec![
        ("simple", vec![a(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"), b(OK)]),
        ("pipelining", vec![a(b"GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\nA: b\r\n\r\nGET /3 HTTP/1.0\r\n\r\n"),
            b(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.0 404 No\r\n\r\nbody"), FIN_B]),
        ("chunked", vec![a(GET), b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n 1F \n0123456789012345678901234567890\r\n0\r\nX: y\r\n z\r\n\r\n"), a(GET), b(OK)]),
        ("chunked request", vec![a(b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\nab\n000\n\n"), b(OK)]),
        ("expect", vec![a(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"),
            b(b"HTTP/1.1 100 Continue\r\n\r\n"), a(b"abc"), b(b"HTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: 0\r\n\r\n")]),
        ("refused, and the next request", vec![a(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"),
            b(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), a(b"GE"), a(b"T /2 HTTP/1.1\r\n\r\n"), b(OK)]),
        ("refused, and the body", vec![a(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"),
            b(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), a(b"ABCGET /2 HTTP/1.1\r\n\r\n"), b(OK)]),
        ("refused, and chunks", vec![a(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"),
            b(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), a(b"A"), a(b" ;b\r\n0123456789\r\n0\r\n\r\n"), b(OK)]),
        ("refused, and neither", vec![a(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"),
            b(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), a(b"GE"), a(b"T(\r\n"), a(GET), b(OK)]),
        ("bodiless", vec![a(GET), b(b"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n"), a(GET), b(b"HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n"), a(GET), b(OK)]),
        ("until close", vec![a(GET), b(b"HTTP/1.0 200 OK\r\n\r\nsome "), b(b"bytes\r\n\r\n"), FIN_B]),
        ("until reset", vec![a(GET), b(b"HTTP/1.0 200 OK\r\n\r\nsome "), RST_B]),
        ("connect", vec![a(b"CONNECT h:1 HTTP/1.1\r\n\r\n\x16\x03\x01abc"), a(b"GET"), b(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nGET / HTTP/1.1\r\n\r\n"), a(b"more\n"), b(b"\x00")]),
        ("connect refused", vec![a(b"CONNECT h:1 HTTP/1.1\r\n\r\n\x16\x03\x01abc"), b(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), a(GET), b(OK)]),
        ("connect, and silence", vec![a(b"CONNECT h:1 HTTP/1.1\r\n\r\nSSH-2.0-x\r\n"), gap_a(3), a(b"abc"), FIN_A]),
        ("websocket", vec![a(b"GET /w HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), b(b"HTTP/1.1 101 S\r\nUpgrade: WebSocket\r\n\r\n\x81\x02hi"), a(b"\x81\x80abcd"), gap_b(7), b(b"\x82")]),
        ("h2c", vec![a(b"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), b(b"HTTP/1.1 101 S\r\nUpgrade: h2c\r\n\r\n\x00\x00"), a(b"\x00")]),
        ("h2c refused", vec![a(b"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"), b(OK), a(GET), b(OK), a(b"junk\r\n"), a(GET)]),
        ("switched within a body", vec![a(b"POST / HTTP/1.1\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\nab"), b(b"HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n"), a(b"cdEF"), b(b"G")]),
        ("switched within a start line", vec![a(b"GET / HTTP/1.1\r\nUpgrade: x\r\n\r\nABC"), b(b"HTTP/1.1 101 S\r\n\r\n"), a(b"D")]),
        ("fold and bare LF", vec![a(b"GET  /a b  HTTP/1.1 \nA: b\n  c\n\td\nE : f\nno colon\n: g\n\n"), b(b"HTTP/1.0 200\nContent-length:1\n\nx")]),
        ("NUL and bare CR", vec![a(b"GET / HTTP/1.1\r\nA: \x00\rb\r\n\r\n\rx"), a(b"GET /\rb HTTP/1.1\r\n\r\n"), a(GET)]),
        ("bad chunk", vec![a(GET), b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\nHTTP/1.1 200 OK\r\n\r\n"), b(OK)]),
        ("bad chunk end", vec![a(GET), b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc"), b(OK)]),
        ("bad start line", vec![a(b"GET / HTTP/2.0\r\nA: b\r\n\r\nGET / HTTP/1.1\r\n\r\n"), a(GET), b(b"HTTP/1.1 2x0 OK\r\n\r\n"), b(OK)]),
        ("garbage between", vec![a(GET), a(b"some words here\r\nand more"), a(GET), b(OK), b(b"\xff\xfe"), b(OK)]),
        ("length list", vec![a(b"POST / HTTP/1.1\r\nContent-Length: 3, 3\r\nContent-Length: 3\r\n\r\nabc"), b(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokx")]),
        ("bad length", vec![a(b"POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc"), b(b"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nokx")]),
        ("both framings", vec![a(b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), b(OK)]),
        ("odd chunks", vec![a(GET), b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 x\r\na2\r\nbc\r3;\r\ndef\n0 \nContent-Length: 1\r\n\r\n"), b(OK)]),
        ("a message instead of a chunk", vec![a(GET), b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd"), b(OK), b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), b(OK)]),
        ("behind the last message", vec![a(b"GET / HTTP/1.0\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n"), a(b"GE"), b(b"HTTP/1.1 204 No\r\nConnection: close\r\n\r\n\r\nHTTP/1.1 304 No\r\nContent-Length: 2\r\n\r\n{}"), FIN_A]),
        ("white space before and in start lines", vec![a(b" \tGET\t/a\tHTTP/1.1\t\r\n\r\n \r\nPOST  http://x HTTP/1.0\r\n\r\n"), b(b"HTTP/1.1\t200\rOK\r\n\r\n")]),
        ("leading empty lines", vec![a(b"\r\n\n\r\nGET / HTTP/1.1\r\n\r\n\r\n"), a(b"\r\nGET / HTTP/1.1\r\n\r\n"), b(b"\r\n"), b(OK)]),
        ("icy", vec![a(GET), b(b"ICY 200 OK\r\nA: b\r\n\r\n\xff\xfb"), b(b"\xff\xfb")]),
        ("0.9", vec![a(b"GET /old\r\n"), b(b"<html>\r\n"), FIN_B]),
        ("h2 preface", vec![a(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x12"), b(b"\x00\x00\x12\x04")]),
        ("response first", vec![b(OK), a(GET), b(OK), b(GET), a(OK), a(GET), b(OK)]),
        ("both request", vec![a(b"GET / HTTP/1.1\r\n"), b(b"GET / HTTP/1.1\r\n\r\n"), a(b"\r\n"), b(OK)]),
        ("not http", vec![a(b"\x16\x03\x01\x02"), b(b"SSH-2.0-x\r\n"), a(b"EHLO x\r\n"), b(b"250 ok\r\n")]),
        ("straddling start line, found again", vec![a(b"\x00"), a(b"GE"), a(b"T / HT"), a(b"TP/1.1\r\nA: b\r"), a(b"\n\r\n")]),
        ("candidates that are none", vec![a(b"\x00"), a(b"GE"), a(b"T(x"), a(b"some words"), a(b"GET /y HTTP/1.1\r\n\r\n"), a(b"x"), FIN_A]),
        ("words before a candidate in two pieces", vec![a(b"\x00"), a(b"some words"), a(b"GET /y"), a(b" HTTP/1.1\r\n\r\n"), a(GET)]),
        ("superseded by none", vec![a(b"GET / HTTP/1.1\r\n\r\nGE"), a(b"T(\r\n"), a(b"PO"), a(b"GET / HTTP/1.1\r\n\r\n"), a(b"HTTP/1.1 200 OK\r\n\r\n"), a(GET)]),
    ]
}

/// Streams with holes.
pub(crate) fn holed_streams() -> Vec<(&'static str, Vec<Op<'static>>)> {
    const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const GET: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
    vec![
        ("at the start", vec![gap_a(10), a(b"x: y\r\n\r\n"), a(GET), b(OK)]),
        ("in a start line", vec![a(b"GET /ab"), gap_a(3), a(b"c HTTP/1.1\r\n\r\n"), a(GET)]),
        ("in a head", vec![a(b"GET / HTTP/1.1\r\nA: b\r\nC: "), gap_a(3), a(b"d\r\n\r\n"), a(GET)]),
        (
            "in a sized body",
            vec![
                a(GET),
                b(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
                gap_b(4),
                b(b"c"),
                gap_b(2),
                b(OK),
            ],
        ),
        (
            "over a body's end",
            vec![
                a(GET),
                b(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
                gap_b(8),
                b(b"1 200 OK\r\n\r\n"),
                b(OK),
            ],
        ),
        (
            "in a chunk",
            vec![
                a(GET),
                b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nab"),
                gap_b(4),
                b(b"\r\n1\r\nx\r\n0\r\n\r\n"),
                b(OK),
            ],
        ),
        (
            "over a chunk's end",
            vec![
                a(GET),
                b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nab"),
                gap_b(5),
                b(b"\n0\r\n\r\n"),
                b(OK),
            ],
        ),
        (
            "in a chunk size",
            vec![
                a(GET),
                b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6"),
                gap_b(5),
                b(b"\n0\r\n\r\n"),
                b(OK),
            ],
        ),
        (
            "in trailers",
            vec![
                a(GET),
                b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b"),
                gap_b(5),
                b(b"\n\r\n"),
                b(OK),
            ],
        ),
        ("until close", vec![a(GET), b(b"HTTP/1.1 200 OK\r\n\r\nab"), gap_b(5), b(b"cd"), gap_b(1), FIN_B]),
        (
            "in the place of a refused request's body",
            vec![
                a(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"),
                b(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"),
                a(b"GE"),
                gap_a(3),
                a(b"abcd"),
                a(GET),
            ],
        ),
        (
            "in a tunnel",
            vec![
                a(b"CONNECT a:1 HTTP/1.1\r\n\r\n"),
                b(b"HTTP/1.1 200 OK\r\n\r\n"),
                gap_b(5),
                b(b"x"),
                gap_a(1),
                a(b"y"),
            ],
        ),
        (
            "while waiting",
            vec![
                a(b"CONNECT a:1 HTTP/1.1\r\n\r\n\x00\x01"),
                gap_a(5),
                a(b"\x02"),
                b(b"HTTP/1.1 200 OK\r\n\r\n"),
                a(b"y"),
            ],
        ),
        (
            "midway",
            vec![
                Op::Midway(Peer::A),
                Op::Midway(Peer::B),
                a(b"lo wo"),
                a(b"rld GET / HTTP/1.1\r\n\r\n"),
                a(GET),
                b(b"HTTP/1.1 2"),
                b(b"00 OK\r\nContent-Length: 0\r\n\r\n"),
            ],
        ),
        (
            "huge",
            vec![
                gap_a(u64::MAX),
                a(GET),
                gap_a(u64::MAX),
                a(GET),
                b(b"HTTP/1.0 200 OK\r\n\r\n"),
                gap_b(u64::MAX),
                gap_b(u64::MAX),
            ],
        ),
    ]
}
