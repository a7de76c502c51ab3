//! Each anomaly by itself: bytes that have exactly it. Lenient parsing tells it and goes on, strict parsing ends with it
//! where a strict recipient would reject the message.

use wiretrace_http::fuzzing::Op;
use wiretrace_http::{Anomaly, Limits};

use crate::common::{FIN_A, FIN_B, a, b, cut_log, strict_log};

const HEAD: &[u8] = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";

/// What a request, or an answer, is made of.
enum Sent {
    Request(&'static [u8]),
    Response(&'static [u8]),
    /// Behind a request with this method.
    Answer(&'static [u8], &'static [u8]),
    /// A request that is refused, and what follows it.
    Refused(&'static [u8], &'static [u8]),
}

use Sent::{Answer, Refused, Request, Response};

impl Sent {
    fn ops(&self) -> Vec<Op<'_>> {
        match self {
            Request(bytes) => vec![a(bytes), FIN_A],
            Response(bytes) => vec![b(bytes), FIN_B],
            Refused(request, bytes) => {
                vec![a(request), b(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), a(bytes), FIN_A]
            }
            Answer(request, bytes) => vec![a(request), b(bytes), FIN_B],
        }
    }
}

/// A request with this field, and a chunked one with this body.
macro_rules! with {
    (field $field:literal) => {
        Request(concat!("GET / HTTP/1.1\r\nHost: a\r\n", $field, "\r\n").as_bytes())
    };
    (coding $coding:literal) => {
        Response(concat!("HTTP/1.1 200 OK\r\nTransfer-Encoding: ", $coding, "\r\n\r\n0\r\n\r\n").as_bytes())
    };
    (chunks $chunks:literal) => {
        Response(concat!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", $chunks).as_bytes())
    };
}

fn examples() -> Vec<(Anomaly, Sent)> {
    use Anomaly as A;
    vec![
        (A::BadStartLine, Request(b"GET / http/1.1\r\n\r\n")),
        (A::BadVersion, Request(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n")),
        (A::BadVersion, Response(b"HTTP/2.0 200 OK\r\n\r\n")),
        (A::BadStatus, Response(b"HTTP/1.1 20 OK\r\n\r\n")),
        (A::UnexpectedData, Request(b"EHLO a\r\n")),
        (A::UnexpectedData, Response(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok{}")),
        (A::ForbiddenBody, Response(b"HTTP/1.1 304 No\r\nContent-Length: 2\r\n\r\n{}")),
        (A::ForbiddenBody, Answer(HEAD, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")),
        (
            A::DataAfterConnectionClose,
            Request(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ),
        (A::DataAfterConnectionClose, Request(b"GET / HTTP/1.0\r\n\r\nmore")),
        (A::DataAfterConnectionClose, Response(b"HTTP/1.0 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n")),
        (A::Http09, Request(b"GET /\r\n")),
        (A::Rtsp, Request(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")),
        (A::Rtsp, Response(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n")),
        (A::Ice, Request(b"SOURCE /music ICE/1.0\r\n\r\n")),
        (A::Icy, Response(b"ICY 200 OK\r\n\r\n")),
        (A::Http2Preface, Request(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
        (A::EmptyLine, Request(b"\r\nGET / HTTP/1.0\r\n\r\n")),
        (A::StartLineSpace, Request(b"GET  / HTTP/1.0\r\n\r\n")),
        (A::StartLineSpace, Request(b"GET\t/ HTTP/1.0\r\n\r\n")),
        (A::StartLineSpace, Request(b" GET / HTTP/1.0\r\n\r\n")),
        (A::StartLineSpace, Response(b"HTTP/1.1  204 No\r\n\r\n")),
        (A::BadStartLine, Response(b"HTTP/1.1\t204 No\r\n\r\n")),
        (A::BadStartLine, Request(b"GET /\rb HTTP/1.0\r\n\r\n")),
        (A::UnexpectedData, Answer(b"HEAD / HTTP/1.0\r\n\r\n", b" HTTP/1.1 204 No\r\n\r\n")),
        (A::SpaceInTarget, Request(b"GET /a b HTTP/1.0\r\n\r\n")),
        (A::BadTarget, Request(b"GET /\x01 HTTP/1.0\r\n\r\n")),
        (A::TargetNotAscii, Request(b"GET /\xc3\xa4 HTTP/1.0\r\n\r\n")),
        (A::TargetForm, Request(b"GET a HTTP/1.0\r\n\r\n")),
        (A::TargetForm, Request(b"CONNECT / HTTP/1.0\r\n\r\n")),
        (A::BareLf, with!(field "A: b\n")),
        (A::BareLf, with!(chunks "1\na\r\n0\r\n\r\n")),
        (A::BareLf, with!(chunks "1\r\na\n0\r\n\r\n")),
        (A::BareLf, with!(chunks "0\r\n\n")),
        (A::BareCr, with!(field "A: b\rc\r\n")),
        (A::BareCr, Response(b"HTTP/1.1 200 OK\rA: b\r\n\r\n")),
        (A::BadChunk, with!(chunks "1\r\r\na\r\n0\r\n\r\n")),
        (A::BareCr, with!(chunks "1\r\na\r0\r\n\r\n")),
        (A::Nul, with!(field "A: \0\r\n")),
        (A::Nul, with!(chunks "0\r\nA: \0\r\n\r\n")),
        (A::ControlByte, with!(field "A: \x0c\r\n")),
        (A::ControlByte, Response(b"HTTP/1.1 200 \x7f\r\n\r\n")),
        (A::MissingColon, with!(field "A\r\n")),
        (A::EmptyFieldName, with!(field ": b\r\n")),
        (A::BadFieldName, with!(field "A b: c\r\n")),
        (A::SpaceBeforeColon, with!(field "A : b\r\n")),
        (A::SpaceBeforeField, Request(b"GET / HTTP/1.1\r\n Host: a\r\n\r\n")),
        (A::ObsFold, with!(field "A: b\r\n c\r\n")),
        (A::ObsFold, with!(chunks "0\r\nA: b\r\n\tc\r\n\r\n")),
        (A::BadLength, with!(field "Content-Length: +0\r\n")),
        (
            A::UnsentBody,
            Refused(
                b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            ),
        ),
        (A::ConflictingLength, with!(field "Content-Length: 0\r\nContent-Length: 1\r\n")),
        (A::ConflictingLength, with!(field "Content-Length: 0, 1\r\n")),
        (A::DuplicateLength, with!(field "Content-Length: 0\r\nContent-Length: 0\r\n")),
        (A::LengthList, with!(field "Content-Length: 0, 0\r\n")),
        (
            A::TransferEncodingWithLength,
            Request(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ),
        (A::ChunkedNotLast, with!(coding "chunked, gzip")),
        (A::ChunkedNotLast, with!(field "Transfer-Encoding: gzip\r\n")),
        (A::ChunkedTwice, with!(coding "chunked, chunked")),
        (A::UnknownTransferCoding, with!(coding "pigeons, chunked")),
        (A::BadTransferEncoding, with!(coding "gzip;, a b, chunked")),
        (A::TransferEncodingInHttp10, Response(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
        (A::FramingWithoutBody, Response(b"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n")),
        (A::FramingWithoutBody, Response(b"HTTP/1.1 100 C\r\nTransfer-Encoding: chunked\r\n\r\n")),
        (
            A::FramingWithoutBody,
            Answer(
                b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
            ),
        ),
        (A::LookalikeField, with!(field "Content_Length: 5\r\n")),
        (A::LookalikeField, with!(field "transfer_encoding: chunked\r\n")),
        (A::ForbiddenTrailer, with!(chunks "0\r\nContent-Length: 1\r\n\r\n")),
        (A::BadChunk, with!(chunks "x\r\n")),
        (A::BadChunk, with!(chunks "1\r\nax\r\n")),
        (A::ChunkSizeOverflow, with!(chunks "10000000000000000\r\n")),
        (A::ChunkSizeSpace, with!(chunks "1 \r\na\r\n0\r\n\r\n")),
        (A::ChunkGarbage, with!(chunks "1 x\r\na\r\n0\r\n\r\n")),
        (A::BadChunkExtension, with!(chunks "1;\r\na\r\n0\r\n\r\n")),
        (A::MissingChunkEnd, with!(chunks "1\r\na0\r\n\r\n")),
        (A::MissingHost, Request(b"GET / HTTP/1.1\r\n\r\n")),
        (A::SeveralHosts, with!(field "Host: a\r\n")),
        (A::BadHost, Request(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n")),
        (A::HostMismatch, Request(b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n")),
    ]
}

/// The codes of the lines that begin so.
fn codes(lines: &[String], mark: &str) -> Vec<String> {
    let code = |line: &String| Some(line.split_once(mark)?.1.split_once(' ')?.0.to_owned());
    lines.iter().filter_map(code).collect()
}

#[test]
fn each_by_itself() {
    for (anomaly, sent) in examples() {
        let ops = sent.ops();
        let whole = cut_log(&Limits::default(), &ops, || 0);
        assert_eq!(codes(&whole, " !"), [anomaly.code()], "{whole:#?}");
        assert!(!whole.iter().any(|line| line.contains(" rejected ")));
        let strict = strict_log(&Limits::default(), &ops, || 0);
        let in_request = matches!(sent, Request(_) | Refused(..));
        if anomaly.is_rejected(in_request) {
            assert_eq!(codes(&strict, " rejected "), [anomaly.code()], "{strict:#?}");
            assert!(strict.last().is_some_and(|line| line.contains(" rejected ")), "{strict:#?}");
            assert_eq!(codes(&strict, " !"), [""; 0], "{strict:#?}");
        } else if whole.iter().all(|line| !line.contains(" lost")) {
            // What strict parsing takes, it tells as lenient parsing does; of framing it may have its own view.
            assert_eq!(codes(&strict, " rejected "), [""; 0], "{strict:#?}");
            assert_eq!(codes(&strict, " !"), [anomaly.code()], "{strict:#?}");
        }
        assert_eq!(whole, cut_log(&Limits::default(), &ops, || 1));
        assert_eq!(strict, strict_log(&Limits::default(), &ops, || 1));
    }
}

#[test]
fn every_anomaly_of_http_has_its_example() {
    let found: Vec<_> = examples().iter().map(|(anomaly, _)| *anomaly).collect();
    for anomaly in Anomaly::ALL {
        let is_websockets = ["RFC 6455", "RFC 7692"].iter().any(|rfc| anomaly.section().starts_with(rfc));
        assert!(is_websockets || !anomaly.is_by_sender() || found.contains(anomaly), "{anomaly}");
    }
}

#[test]
fn messages_before_the_one_in_error_are_read_and_nothing_behind_it() {
    let bytes = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost : a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(
        strict_log(&Limits::default(), &[a(bytes), a(b"GET /4 HTTP/1.1\r\nHost: a\r\n\r\n")], || 0),
        [
            "A begin 0",
            "A GET /1 1.1 [Host: a]",
            "A end complete",
            "A begin 28",
            "A abandoned",
            "A rejected space_before_colon @28",
        ]
    );
    // The other direction goes on.
    let answer = b"HTTP/1.1 204 No\r\n\r\n";
    let lines = strict_log(&Limits::default(), &[a(bytes), b(answer), b(answer)], || 0);
    assert_eq!(lines.iter().filter(|line| *line == "B end complete").count(), 2);
}

#[test]
fn a_body_in_error_ends_there() {
    let bytes =
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;\r\nde\r\n0\r\n\r\n";
    assert_eq!(
        strict_log(&Limits::default(), &[a(bytes)], || 0),
        [
            "A begin 0",
            "A POST / 1.1 [Host: a, Transfer-Encoding: chunked]",
            "A body abc",
            "A end incomplete",
            "A rejected bad_chunk_extension @0",
        ]
    );
}

#[test]
fn an_anomaly_is_told_once_for_each_message() {
    let chunks = "1 \na\n".repeat(1_000);
    let message = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n").repeat(2);
    let lines = cut_log(&Limits::default(), &[b(message.as_bytes())], || 0);
    let told = ["bare_lf", "chunk_size_space", "bare_lf", "chunk_size_space"];
    assert_eq!(codes(&lines, " !"), told);
}
