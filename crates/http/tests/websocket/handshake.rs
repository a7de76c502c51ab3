//! The handshake, what comes before its answer, and the drafts before the RFC.

use crate::common::{a, b, gap_a, gap_b, log};
use crate::{frame, masked};
use wiretrace_http::Limits;
use wiretrace_http::fuzzing::Op;
use wiretrace_testkit::websocket::{PING, REQUEST, TEXT, response};

#[test]
fn before_the_answer() {
    let answer = response("");
    let hello = masked(TEXT, b"Hello");
    let all = |ops: &[Op<'_>]| {
        let lines = log(ops);
        lines.into_iter().filter(|line| line.contains(" ws")).collect::<Vec<_>>()
    };
    let whole = ["A ws-begin 258", "A ws text 5 in 1 Plain \"Hello\" [] @258"];
    assert_eq!(all(&[a(REQUEST), a(&hello), b(&answer)]), whole);
    assert_eq!(all(&[a(REQUEST), a(&hello[..3]), b(&answer), a(&hello[3..])]), whole);
    let lost = "A ws-lost gap @269";
    assert_eq!(all(&[a(REQUEST), a(&hello), gap_a(3), a(&hello), b(&answer)]), [whole[0], whole[1], lost]);
    // A hole before anything that is known.
    let unknown = all(&[a(REQUEST), gap_a(9), a(&hello), b(&answer), a(&hello)]);
    assert_eq!(unknown, ["A ws-lost gap @278"]);
    assert_eq!(
        all(&[b(&answer), b(&frame(PING, b""))]),
        ["B ws-begin 129", "B ws ping 0 in 1 Plain \"\" [] @129"]
    );
}

#[test]
fn the_accept_is_recomputed() {
    let wrong = String::from_utf8(response("")).unwrap().replace("s3pP", "S3pP");
    let lines = log(&[a(REQUEST), b(wrong.as_bytes())]);
    assert!(lines.contains(&"B !bad_accept @0".to_owned()), "{lines:#?}");
    let place = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap();
    assert!(place("bad_accept") < place("B end complete"), "before the end of its message");
    let fine = log(&[a(REQUEST), b(&response(""))]);
    assert!(fine.iter().all(|line| !line.contains('!')), "{fine:#?}");
    // Whose request is not known, nothing can be said of.
    for unknown in [log(&[b(wrong.as_bytes())]), log(&[a(REQUEST), gap_a(1), b(wrong.as_bytes())])] {
        assert!(unknown.iter().all(|line| !line.contains("bad_accept")), "{unknown:#?}");
    }
    let bad = log(&[a(REQUEST), b(&response("permessage-deflate; what"))]);
    assert!(bad.contains(&"B !bad_extension @0".to_owned()), "{bad:#?}");
    let unasked = log(&[a(REQUEST), b(&response("permessage-deflate; client_max_window_bits=15, x-mux"))]);
    assert!(unasked.contains(&"B !not_offered @0".to_owned()), "{unasked:#?}");
    let short = String::from_utf8(REQUEST.to_vec()).unwrap().replace("dGhlIHNh", "");
    let short = log(&[a(short.as_bytes()), b(&response(""))]);
    assert!(short.contains(&"A !bad_key @0".to_owned()), "{short:#?}");
    let both = log(&[
        a(REQUEST),
        b(&[&wrong.as_bytes()[..wrong.len() - 2], b"Sec-WebSocket-Protocol: CHAT\r\n\r\n"].concat()),
    ]);
    assert!(
        ["B !bad_accept @0", "B !not_offered @0"].iter().all(|line| both.contains(&(*line).to_owned())),
        "{both:#?}"
    );
    let named = String::from_utf8(response(""))
        .unwrap()
        .replace("Upgrade: w", "Sec-WebSocket-Protocol: chat\r\nUpgrade: w");
    let named = log(&[a(REQUEST), b(named.as_bytes())]);
    assert!(named.contains(&"B handshake Rfc6455 Some(\"chat\") None".to_owned()), "{named:#?}");
}

#[test]
fn old_dialects() {
    let request =
        |fields: &str| format!("GET / HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n{fields}\r\n");
    let two_keys =
        request("Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n");
    let answer = b"HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\nSec-WebSocket-Location: ws://a/\r\n\r\n";
    let messages = |ops: &[Op<'_>]| {
        let whole = log(ops);
        for piece in [1, 2, 5] {
            assert_eq!(whole, crate::common::cut_log(&Limits::default(), ops, || piece));
        }
        whole
            .into_iter()
            .filter(|line| line.contains(" ws ") || line.contains('!') || line.contains("lost"))
            .filter(|line| !line.contains("!missing_host"))
            .collect::<Vec<_>>()
    };
    let text =
        |peer, text: &str, len, offset| format!("{peer} ws text {len} in 1 Plain {text:?} [] @{offset}");
    let (from_a, from_b) = (two_keys.len() + 8, answer.len() + 16);
    // The third key may begin with anything, a line end for one.
    let texts = ["\0hé\u{20ac}\u{ff}".as_bytes(), b"\xff"].concat();
    for third in [b"^n:ds[4U", b"\r\nGET / ", b"\0\xff\0\xff\0\xff\0\xff"] {
        let got = messages(&[
            a(two_keys.as_bytes()),
            a(third),
            b(answer),
            b(b"8jKS'y:G*Co,Wxa-"),
            b(&texts),
            a(b"\0\xff\0ab"),
            a(b"c\xff\xff\0"),
            b(b"\x80\x02xy\xff\0"),
        ]);
        assert_eq!(
            got,
            [
                "B ws text 8 in 1 Plain \"h\\\\xc3\\\\xa9\\\\xe2\\\\x82\\\\xac\\\\xc3\\\\xbf\" [] @"
                    .to_owned()
                    + &from_b.to_string(),
                text("A", "", 0, from_a),
                text("A", "abc", 3, from_a + 2),
                format!("A ws close 0 in 1 Plain \"\" [] @{}", from_a + 7),
                format!("B ws binary 2 in 1 Plain \"xy\" [] @{}", from_b + 10),
                format!("B ws close 0 in 1 Plain \"\" [] @{}", from_b + 14),
            ]
        );
    }
    // A hole in the challenge, and one in a text.
    let got = messages(&[
        a(two_keys.as_bytes()),
        gap_a(8),
        b(answer),
        b(b"8j"),
        gap_b(13),
        b(b"-\0x\xff"),
        a(b"\0y"),
        gap_a(1),
        a(b"z\xff"),
    ]);
    assert_eq!(got[0], text("B", "x", 1, from_b));
    assert!(
        got[1].starts_with("A ws text 1 in 1 Plain \"y\" [\"gap\"]") && got[2].starts_with("A ws-lost gap"),
        "{got:#?}"
    );
    // Of draft 75 the handshake says nothing: the first byte does.
    let plain = request("");
    let answer = b"HTTP/1.1 101 W\r\nUpgrade: WebSocket\r\nWebSocket-Location: ws://a/\r\n\r\n";
    let got = messages(&[
        a(plain.as_bytes()),
        b(answer),
        a(b"\0hi\xff"),
        b(b"\x81\x02hi"),
        a(b"\x01odd\xff\0x\xff"),
    ]);
    assert_eq!(
        got,
        [
            text("A", "hi", 2, plain.len()),
            text("B", "hi", 2, answer.len()),
            format!("A !reserved_opcode @{}", plain.len() + 4),
            text("A", "x", 1, plain.len() + 9),
        ]
    );
    // A length without an end.
    let endless = [&b"\x80"[..], &[0xff; 12], b"\0x\xff"].concat();
    let got = messages(&[a(plain.as_bytes()), b(answer), a(b"\0hi\xff"), a(&endless)]);
    assert_eq!(got[1..], [format!("A ws-lost bad_frame_length @{}", plain.len() + 4)]);
}
