//! Framing (RFC 9112 §6.3).

use crate::common::{FIN_B, a, b, gap_b, log};
use crate::{GET, check, essence};

/// What follows a response's head.
#[track_caller]
fn check_response(response: &[u8], expected: &[&str]) {
    let lines = log(&[GET, b(response), FIN_B]);
    assert_eq!(essence(&lines)[2..], *expected, "{}", response.escape_ascii());
}

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
        let odd = (status == "204").then_some("B !framing_without_body @0");
        let lines: Vec<_> = [head.as_str()].into_iter().chain(odd).chain(["B end complete"]).collect();
        check_response(response.as_bytes(), &lines);
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
    assert_eq!(essence(&lines)[3], "B body x");
}

#[test]
fn interim_responses_have_no_body_and_answer_nothing() {
    check_response(
        b"HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        &[
            "B 100 Continue 1.1 [Content-Length: 9] interim",
            "B !framing_without_body @0",
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
        assert!(essence(&lines).ends_with(&["B body abc", "B end complete"]), "{fields}");
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
            "B body abc",
            "B !bare_lf @0",
            "B !chunk_size_space @0",
            "B body defghijklm",
            "B trailers [X: y z, none: ]",
            "B !missing_colon @0",
            "B !obs_fold @0",
            "B end complete",
        ],
    );
}

#[test]
fn bad_chunks_lose_the_framing() {
    for body in ["g\r\n", "\r\n", "-1\r\n", "5x\r\n", "0x5\r\n", "3\r\nabcd", "3\r\nabcx", "3\r\nabc\r\r\n"] {
        let response = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        let lines = log(&[GET, b(response.as_bytes()), b(b"HTTP/1.1 204 No\r\n\r\n")]);
        let lines = essence(&lines);
        let ends = ["B !bad_chunk @0", "B end incomplete", "B lost", "B 204 No 1.1 []", "B end complete"];
        assert!(lines.ends_with(&ends), "{body:?}: {lines:#?}");
    }
    // Without its last chunk, even.
    let response = b(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    let lines = log(&[response, b(b"HTTP/1.1 204 No\r\n\r\n")]);
    assert!(essence(&lines).ends_with(&["B lost", "B 204 No 1.1 []", "B end complete"]), "{lines:#?}");
}

#[test]
fn a_chunk_without_its_line_end() {
    check_response(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc2\r\nde\r3\r\nfgh0\r\n\r\n",
        &[
            "B 200 OK 1.1 [Transfer-Encoding: chunked]",
            "B body abc",
            "B !missing_chunk_end @0",
            "B body de",
            "B !bare_cr @0",
            "B body fgh",
            "B end complete",
        ],
    );
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
