//! WebSocket: what goes in, and the messages that come out.

mod common;

use common::{FIN_A, FIN_B, a, b, gap_a, gap_b, log};
use wiretrace_http::fuzzing::{Op, encode, http1, run, websocket};
use wiretrace_http::{
    Anomaly, Close, Coding, Connection, Event, Limits, Opcode, Peer, WebSocketPayload, sink,
};
use wiretrace_testkit::split::{Rng, random_cuts};
use wiretrace_testkit::websocket::{
    BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, REQUEST, Sent, TEXT, direction, response,
};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const DEFLATE: &str = "permessage-deflate";
const ALONE: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// The lines about messages, behind a handshake with these extensions, inflated.
#[track_caller]
fn lines(extensions: &str, ops: &[Op<'_>]) -> Vec<String> {
    let response = response(extensions);
    let all = [&[a(REQUEST), b(&response)], ops].concat();
    let all_lines = |piece| {
        let mut connection = Connection::new(Limits::default());
        connection.set_websocket_payload(WebSocketPayload::Inflate);
        run(&mut connection, &Limits::default(), &all, || piece).lines().to_vec()
    };
    let lines = all_lines(0);
    for piece in [1, 2, 3, 7] {
        assert_eq!(lines, all_lines(piece), "pieces of {piece}");
    }
    let start = lines.iter().position(|line| line.starts_with("B handshake")).expect("a handshake");
    lines[start + 1..].iter().filter(|line| !line.contains("ws-begin")).cloned().collect()
}

#[track_caller]
fn check(ops: &[Op<'_>], expected: &[&str]) {
    assert_eq!(lines("", ops), expected);
}

fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    Frame::new(opcode, payload).bytes()
}

/// Of the client.
fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    Frame::new(opcode, payload).masked(KEY).bytes()
}

fn part(opcode: u8, payload: &[u8]) -> Vec<u8> {
    Frame { fin: false, ..Frame::new(opcode, payload) }.bytes()
}

fn compressed(opcode: u8, payload: &[u8]) -> Vec<u8> {
    Frame { rsv: 4, ..Frame::new(opcode, payload) }.bytes()
}

/// RFC 6455 section 5.7. (Where the client's stream begins: 152 bytes of request.)
#[test]
fn the_rfcs_examples() {
    assert_eq!(REQUEST.len(), 152);
    assert_eq!(response("").len(), 129);
    check(&[b(b"\x81\x05Hello")], &["B ws text 5 in 1 Plain \"Hello\" [] @129"]);
    check(
        &[a(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")],
        &["A ws text 5 in 1 Plain \"Hello\" [] @152"],
    );
    check(&[b(b"\x01\x03Hel"), b(b"\x80\x02lo")], &["B ws text 5 in 2 Plain \"Hello\" [] @129"]);
    check(
        &[b(b"\x89\x05Hello"), a(b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")],
        &["B ws ping 5 in 1 Plain \"Hello\" [] @129", "A ws pong 5 in 1 Plain \"Hello\" [] @152"],
    );
    for (len, header) in
        [(256u64, &b"\x82\x7e\x01\x00"[..]), (65536, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00")]
    {
        let message = [header, &vec![b'.'; len as usize]].concat();
        let expected = format!("B ws binary {len} in 1 Plain {:?} [] @129", ".".repeat(len as usize));
        let answer = response("");
        let all = [a(REQUEST), b(&answer), b(&message)];
        assert_eq!(log(&all).last(), Some(&expected));
    }
}

#[test]
fn control_frames_between_fragments_come_at_their_place() {
    check(
        &[
            b(&part(TEXT, b"He")),
            b(&frame(PING, b"?")),
            b(&part(CONTINUATION, b"l")),
            b(&frame(PONG, b"")),
            b(&frame(CONTINUATION, b"lo")),
        ],
        &[
            "B ws ping 1 in 1 Plain \"?\" [] @133",
            "B ws pong 0 in 1 Plain \"\" [] @139",
            "B ws text 5 in 3 Plain \"Hello\" [] @129",
        ],
    );
    check(
        &[b(&part(TEXT, b"")), b(&part(CONTINUATION, b"")), b(&frame(CONTINUATION, b"x"))],
        &["B ws text 1 in 3 Plain \"x\" [] @129"],
    );
    check(
        &[b(&frame(TEXT, b"")), b(&frame(BINARY, b""))],
        &["B ws text 0 in 1 Plain \"\" [] @129", "B ws binary 0 in 1 Plain \"\" [] @131"],
    );
}

#[test]
fn closing() {
    check(
        &[a(&masked(CLOSE, b"\x03\xe8bye")), b(&frame(CLOSE, b"")), b(&frame(TEXT, b"late")), FIN_A],
        &[
            "A ws close 5 in 1 Plain \"\\\\x03\\\\xe8bye\" [] @152",
            "B ws close 0 in 1 Plain \"\" [] @129",
            "B ws text 4 in 1 Plain \"late\" [\"data_after_close\"] @131",
        ],
    );
    check(&[b(&frame(CLOSE, b"\x03"))], &["B ws close 1 in 1 Plain \"\\\\x03\" [\"bad_close_code\"] @129"]);
    check(
        &[b(&frame(CLOSE, b"\x03\xee"))],
        &["B ws close 2 in 1 Plain \"\\\\x03\\\\xee\" [\"bad_close_code\"] @129"],
    );
    check(
        &[b(&frame(CLOSE, b"\x03\xe8\xff"))],
        &["B ws close 3 in 1 Plain \"\\\\x03\\\\xe8\\\\xff\" [\"bad_utf8\"] @129"],
    );
}

#[test]
fn what_peers_must_not_send() {
    let rsv = |rsv| Frame { rsv, ..Frame::new(TEXT, b"x") }.bytes();
    check(
        &[b(&rsv(4)), b(&rsv(1))],
        &[
            "B ws text 1 in 1 Plain \"x\" [\"reserved_bits\"] @129",
            "B ws text 1 in 1 Plain \"x\" [\"reserved_bits\"] @132",
        ],
    );
    check(
        &[b(&frame(3, b"abc")), b(&frame(15, b"")), b(&frame(TEXT, b"x"))],
        &["B !reserved_opcode @129", "B !reserved_opcode @134", "B ws text 1 in 1 Plain \"x\" [] @136"],
    );
    check(
        &[a(&frame(TEXT, b"x")), b(&masked(TEXT, b"x"))],
        &[
            "A ws text 1 in 1 Plain \"x\" [\"unmasked\"] @152",
            "B ws text 1 in 1 Plain \"x\" [\"masked\"] @129",
        ],
    );
    check(
        &[b(&part(PING, b"x")), b(&frame(TEXT, b"y"))],
        &[
            "B ws ping 1 in 1 Plain \"x\" [\"bad_control_frame\"] @129",
            "B ws text 1 in 1 Plain \"y\" [] @132",
        ],
    );
    let long = lines("", &[b(&frame(PING, &[b'x'; 126]))]);
    assert!(long[0].starts_with("B ws ping 126 in 1") && long[0].contains("bad_control_frame"), "{long:?}");
    for length in [2, 8] {
        check(
            &[b(&Frame { length, ..Frame::new(TEXT, b"x") }.bytes())],
            &["B ws text 1 in 1 Plain \"x\" [\"long_length\"] @129"],
        );
    }
    check(
        &[b(&frame(CONTINUATION, b"abc")), b(&part(CONTINUATION, b"")), b(&frame(TEXT, b"x"))],
        &[
            "B !unexpected_continuation @129",
            "B !unexpected_continuation @134",
            "B ws text 1 in 1 Plain \"x\" [] @136",
        ],
    );
    check(
        &[b(&part(TEXT, b"abc")), b(&frame(TEXT, b"x")), b(&frame(CONTINUATION, b"y"))],
        &[
            "B ws text 3 in 1 Plain \"abc\" [\"unfinished_message\"] @129 cut",
            "B ws text 1 in 1 Plain \"x\" [] @134",
            "B !unexpected_continuation @137",
        ],
    );
    check(
        &[b(b"\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0"), b(&frame(TEXT, b"x")), gap_b(7)],
        &["B ws-lost bad_frame_length @129"],
    );
    check(
        &[b(&frame(TEXT, b"\xff")), b(&frame(TEXT, b"\xe2\x82"))],
        &[
            "B ws text 1 in 1 Plain \"\\\\xff\" [\"bad_utf8\"] @129",
            "B ws text 2 in 1 Plain \"\\\\xe2\\\\x82\" [\"bad_utf8\"] @132",
        ],
    );
    // A character may be cut between fragments.
    check(
        &[b(&part(TEXT, b"\xe2\x82")), b(&frame(CONTINUATION, b"\xac"))],
        &["B ws text 3 in 2 Plain \"\\\\xe2\\\\x82\\\\xac\" [] @129"],
    );
    // A length that never comes costs nothing.
    check(
        &[b(b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xffabc"), FIN_B],
        &["B ws binary 3 in 1 Plain \"abc\" [\"truncated\"] @129 cut"],
    );
}

#[test]
fn cut_by_the_end() {
    check(
        &[b(&part(TEXT, b"ab\xe2")), b(b"\x89\x05?"), FIN_B],
        &[
            "B ws ping 1 in 1 Plain \"?\" [\"truncated\"] @134 cut",
            "B ws text 3 in 1 Plain \"ab\" [\"truncated\"] @129 cut",
        ],
    );
    check(&[b(b"\x81"), FIN_B], &[]);
    check(&[b(b"\x81\x7e\x01"), FIN_B], &[]);
}

#[test]
fn holes() {
    // Within a payload: stepped over, and what follows is read.
    let hello = masked(TEXT, b"Hello, world");
    check(
        &[a(&hello[..8]), gap_a(4), a(&hello[12..]), a(&masked(TEXT, b"next"))],
        &["A ws text 12 in 1 Plain \"He\" [\"gap\"] @152 cut", "A ws text 4 in 1 Plain \"next\" [] @170"],
    );
    // The mask goes on behind it in the second of two fragments, too; up to the frame's end.
    check(
        &[b(&part(TEXT, b"abc")), b(b"\x80\x04d"), gap_b(3), b(&frame(PING, b""))],
        &["B ws text 7 in 2 Plain \"abcd\" [\"gap\"] @129 cut", "B ws ping 0 in 1 Plain \"\" [] @140"],
    );
    // In a control frame between fragments.
    check(
        &[b(&part(TEXT, b"abc")), b(b"\x89\x04d"), gap_b(3), b(&frame(CONTINUATION, b"e"))],
        &["B ws ping 4 in 1 Plain \"d\" [\"gap\"] @134 cut", "B ws text 4 in 2 Plain \"abce\" [] @129"],
    );
    // Anywhere else nothing is known of what follows.
    check(
        &[b(b"\x81\x04d"), gap_b(4), b(&frame(TEXT, b"x")), gap_b(1), FIN_B],
        &["B ws text 4 in 1 Plain \"d\" [\"gap\"] @129 cut", "B ws-lost gap @132"],
    );
    check(
        &[b(&frame(TEXT, b"x")), gap_b(1), b(&frame(TEXT, b"y"))],
        &["B ws text 1 in 1 Plain \"x\" [] @129", "B ws-lost gap @132"],
    );
    check(
        &[b(&part(TEXT, b"x")), b(b"\x80"), gap_b(1), b(b"y")],
        &["B ws text 1 in 1 Plain \"x\" [\"gap\"] @129 cut", "B ws-lost gap @133"],
    );
    // The other direction goes on.
    check(
        &[gap_b(1), a(&masked(TEXT, b"x"))],
        &["B ws-lost gap @129", "A ws text 1 in 1 Plain \"x\" [] @152"],
    );
    // A frame of no message is stepped over with its hole.
    check(
        &[b(b"\x83\x04d"), gap_b(3), b(&frame(TEXT, b"x"))],
        &["B !reserved_opcode @129", "B ws text 1 in 1 Plain \"x\" [] @135"],
    );
}

#[test]
fn before_the_answer() {
    let answer = response("");
    let hello = masked(TEXT, b"Hello");
    let all = |ops: &[Op<'_>]| {
        let lines = log(ops);
        lines.into_iter().filter(|line| line.contains(" ws")).collect::<Vec<_>>()
    };
    let whole = ["A ws-begin 152", "A ws text 5 in 1 Plain \"Hello\" [] @152"];
    assert_eq!(all(&[a(REQUEST), a(&hello), b(&answer)]), whole);
    assert_eq!(all(&[a(REQUEST), a(&hello[..3]), b(&answer), a(&hello[3..])]), whole);
    let lost = "A ws-lost gap @163";
    assert_eq!(all(&[a(REQUEST), a(&hello), gap_a(3), a(&hello), b(&answer)]), [whole[0], whole[1], lost]);
    // A hole before anything that is known.
    let unknown = all(&[a(REQUEST), gap_a(9), a(&hello), b(&answer), a(&hello)]);
    assert_eq!(unknown, ["A ws-lost gap @172"]);
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
    let named = String::from_utf8(response(""))
        .unwrap()
        .replace("Upgrade: w", "Sec-WebSocket-Protocol: chat\r\nUpgrade: w");
    let named = log(&[a(REQUEST), b(named.as_bytes())]);
    assert!(named.contains(&"B handshake Rfc6455 Some(\"chat\") None".to_owned()), "{named:#?}");
}

/// RFC 7692 section 7.2.3.
#[test]
fn compressed_messages() {
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let again = [0xf2, 0x00, 0x11, 0x00, 0x00];
    let (one, two) = (compressed(TEXT, &hello), compressed(TEXT, &again));
    let offset = response(DEFLATE).len();
    let text = |offset: usize, len| format!("B ws text {len} in 1 Inflated \"Hello\" [] @{offset}");
    assert_eq!(lines(DEFLATE, &[b(&one), b(&two)]), [text(offset, 7), text(offset + 9, 5)]);
    // In two fragments, with a ping between them, and a message that is not compressed.
    let first = Frame { fin: false, rsv: 4, ..Frame::new(TEXT, &hello[..3]) }.bytes();
    let got = lines(
        DEFLATE,
        &[b(&first), b(&frame(PING, b"")), b(&frame(CONTINUATION, &hello[3..])), b(&frame(TEXT, b"Hi"))],
    );
    assert!(
        got[1].contains("text 7 in 2 Inflated \"Hello\" []")
            && got[2].contains("text 2 in 1 Plain \"Hi\" []"),
        "{got:#?}"
    );
    // Each direction has its own context; the client's is masked.
    let mut client = Frame::new(TEXT, &hello).masked(KEY);
    client.rsv = 4;
    let got = lines(DEFLATE, &[a(&client.bytes()), b(&two)]);
    assert!(got[0].contains("A ws text 7 in 1 Inflated \"Hello\" []"), "{got:#?}");
    assert!(got[1].contains("Unreadable \"\" [\"bad_encoding\"]"), "{got:#?}");
    // Without context takeover nothing may refer to the message before.
    let got = lines(ALONE, &[b(&one), b(&one), b(&two), b(&one)]);
    assert!(
        got[1].contains("Inflated \"Hello\"") && got[2].contains("Unreadable \"\" [\"bad_encoding\"]"),
        "{got:#?}"
    );
    // On a continuation the bit means nothing.
    let odd = Frame { rsv: 4, ..Frame::new(CONTINUATION, b"x") }.bytes();
    let got = lines(DEFLATE, &[b(&part(TEXT, b"")), b(&odd)]);
    assert!(got[0].contains("Plain \"x\" [\"reserved_bits\"]"), "{got:#?}");
    // An extension that is not known may have changed anything.
    let got = lines("x-webkit-deflate-frame", &[b(&one), b(&frame(TEXT, b"Hi"))]);
    assert!(
        got[0].contains("Unreadable \"\" [\"unreadable\"]") && got[1].contains("Plain \"Hi\" []"),
        "{got:#?}"
    );
    // Not asked for: as it is.
    let mut seen = Vec::new();
    let mut connection = Connection::new(Limits::default());
    let mut sink = sink::from_fn(|event: Event<'_>| {
        if let Event::WebSocketMessage(message) = event {
            seen.push((
                message.coding,
                message.payload.to_vec(),
                message.text().is_some(),
                message.compressed,
            ));
        }
    });
    for op in [(Peer::A, REQUEST), (Peer::B, &response(DEFLATE)), (Peer::B, &one)] {
        connection.feed(op.0, op.1, true, &mut sink);
    }
    assert_eq!(seen, [(Coding::Deflated, hello.to_vec(), false, true)]);
}

#[test]
fn a_hole_in_a_compressed_message() {
    let hello = compressed(TEXT, &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    let plain = frame(TEXT, b"Hi");
    let holed = [b(&hello[..4]), gap_b(2), b(&hello[6..]), b(&hello), b(&plain), b(&hello)];
    // With context takeover: nothing compressed can be read to the end.
    let got = lines(DEFLATE, &holed);
    assert!(
        got[0].contains("text 7 in 1 Unreadable \"\" [\"gap\", \"unreadable\"]") && got[0].ends_with("cut"),
        "{got:#?}"
    );
    assert!(got[1].contains("Unreadable \"\" [\"unreadable\"]") && !got[1].ends_with("cut"), "{got:#?}");
    assert!(got[2].contains("Plain \"Hi\" []"), "{got:#?}");
    assert!(got[3].contains("Unreadable \"\" [\"unreadable\"]"), "{got:#?}");
    // Without: from the next message on.
    let got = lines(ALONE, &holed);
    assert!(
        got[0].contains("Unreadable \"\" [\"gap\", \"unreadable\"]")
            && got[1].contains("Inflated \"Hello\" []"),
        "{got:#?}"
    );
    // A hole in one that is not compressed takes nothing away.
    let plain = frame(TEXT, b"abcdef");
    let got = lines(
        DEFLATE,
        &[b(&hello), b(&plain[..4]), gap_b(4), b(&compressed(TEXT, &[0xf2, 0x00, 0x11, 0x00, 0x00]))],
    );
    assert!(got[1].contains("\"ab\" [\"gap\"]") && got[2].contains("Inflated \"Hello\" []"), "{got:#?}");
    // Cut by the end.
    let got = lines(DEFLATE, &[b(&hello[..6]), FIN_B]);
    assert!(got[0].contains("text 4 in 1 Unreadable \"\" [\"truncated\", \"unreadable\"]"), "{got:#?}");
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
            assert_eq!(whole, common::cut_log(&Limits::default(), ops, || piece));
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

#[test]
fn long_messages_are_counted_in_full_and_cut() {
    let limits = Limits { message_bytes: 10, ..Limits::default() };
    let long = "0123456789€".as_bytes();
    for piece in [0, 1, 3] {
        for (ops, cut) in [
            (vec![frame(TEXT, long)], "0123456789"),
            (vec![frame(TEXT, "abcdefghi€€".as_bytes())], "abcdefghi"),
            (vec![part(TEXT, &long[..4]), frame(CONTINUATION, &long[4..])], "0123456789"),
            (vec![Frame::new(TEXT, long).masked(KEY).bytes()], "0123456789"),
        ] {
            let answer = response("");
            let ops: Vec<_> =
                [a(REQUEST), b(&answer)].into_iter().chain(ops.iter().map(|op| b(op))).collect();
            let lines = common::cut_log(&limits, &ops, || piece);
            let last = lines.last().unwrap();
            assert!(last.contains(&format!("Plain {cut:?} [")) && last.contains("\"limit\""), "{last}");
            assert!(!last.ends_with("cut") && !last.contains("bad_utf8"), "{last}");
            assert!(last.contains("ws text 13 ") || last.contains("ws text 15 "), "{last}");
        }
    }
}

#[test]
fn a_bomb_ends_inflating_and_nothing_else() {
    use std::io::Write;
    let limits =
        Limits { inflate_bytes: 1 << 20, inflate_ratio: 100, message_bytes: 1000, ..Limits::default() };
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![b'x'; 8 << 20]).unwrap();
    encoder.flush().unwrap();
    let bomb = encoder.get_ref().clone();
    let answer = response(ALONE);
    let messages = [compressed(TEXT, &bomb), compressed(TEXT, &bomb), frame(TEXT, b"Hi")];
    let ops: Vec<_> = [a(REQUEST), b(&answer)].into_iter().chain(messages.iter().map(|op| b(op))).collect();
    for piece in [0, 1, 1000] {
        let mut connection = Connection::new(limits.clone());
        connection.set_websocket_payload(WebSocketPayload::Inflate);
        let log = run(&mut connection, &limits, &ops, || piece);
        let lines: Vec<_> = log.lines().iter().filter(|line| line.contains(" ws text")).collect();
        assert!(
            lines[0].contains("Unreadable \"\" [\"limit\"]") && !lines[0].ends_with("cut"),
            "{}",
            lines[0]
        );
        assert!(lines[1].contains("Unreadable \"\" [\"unreadable\"]"), "{}", lines[1]);
        assert!(lines[2].contains("Plain \"Hi\" []"), "{}", lines[2]);
    }
    // Long, but no bomb: cut only.
    let limits = Limits { inflate_bytes: 10 << 20, ..limits };
    let mut connection = Connection::new(limits.clone());
    connection.set_websocket_payload(WebSocketPayload::Inflate);
    let log = run(&mut connection, &limits, &ops[..3], || 0);
    let cut = format!("Inflated {:?} [\"limit\"]", "x".repeat(1000));
    assert!(log.lines().last().unwrap().contains(&cut));
}

#[test]
fn what_is_held_can_be_given_up() {
    let mut messages = Vec::new();
    let mut sink = sink::from_fn(|event: Event<'_>| {
        if let Event::WebSocketMessage(message) = event {
            messages.push((
                message.coding,
                message.payload.to_vec(),
                message.anomalies.to_vec(),
                message.complete,
            ));
        }
    });
    let mut connection = Connection::new(Limits::default());
    connection.set_websocket_payload(WebSocketPayload::Inflate);
    let hello = compressed(TEXT, &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    connection.feed(Peer::A, REQUEST, true, &mut sink);
    connection.feed(Peer::B, &response(DEFLATE), true, &mut sink);
    assert_eq!(connection.websocket_memory(), 0);
    connection.feed(Peer::B, &hello, true, &mut sink);
    connection.feed(Peer::A, &masked(TEXT, &[b'x'; 100])[..50], true, &mut sink);
    let memory = connection.websocket_memory();
    assert!((32 * 1024..96 * 1024).contains(&memory), "{memory}");
    connection.give_up_held(&mut sink);
    assert_eq!(connection.websocket_memory(), 0);
    connection.feed(Peer::A, &masked(TEXT, &[b'x'; 100])[50..], true, &mut sink);
    connection.feed(Peer::B, &hello, true, &mut sink);
    connection.close(Peer::A, Close::Clean, &mut sink);
    let text = |coding, text: &[u8], anomalies: &[Anomaly]| (coding, text.to_vec(), anomalies.to_vec(), true);
    assert_eq!(
        messages,
        [
            text(Coding::Inflated, b"Hello", &[]),
            text(Coding::Plain, b"", &[Anomaly::Limit]),
            text(Coding::Unreadable, b"", &[Anomaly::Unreadable]),
        ]
    );
}

/// Compresses as peers do: with or without the context of earlier messages.
struct Deflater(flate2::Compress, bool);

impl Deflater {
    fn new(alone: bool) -> Self {
        Self(flate2::Compress::new(flate2::Compression::default(), false), alone)
    }

    fn message(&mut self, payload: &[u8]) -> Vec<u8> {
        if self.1 {
            self.0.reset();
        }
        if payload.is_empty() {
            // Nothing to flush: an empty block, as RFC 7692 section 7.2.3.6 has it.
            return vec![0];
        }
        let mut out = Vec::with_capacity(payload.len() + 1024);
        let before = self.0.total_in();
        self.0.compress_vec(payload, &mut out, flate2::FlushCompress::Sync).unwrap();
        assert_eq!(self.0.total_in() - before, payload.len() as u64);
        assert!(out.ends_with(&[0, 0, 0xff, 0xff]));
        out.truncate(out.len() - 4);
        out
    }
}

#[test]
fn every_conversation_is_read_back() {
    let mut rng = Rng::new(7);
    let limits = Limits::default();
    for round in 0..60 {
        let extensions = ["", DEFLATE, ALONE][round % 3];
        let mut streams = Vec::new();
        for (peer, head) in [(Peer::A, REQUEST.to_vec()), (Peer::B, response(extensions))] {
            let mut deflater = Deflater::new(extensions == ALONE);
            let mut compress = |payload: &[u8]| deflater.message(payload);
            let compress = (!extensions.is_empty()).then_some(&mut compress as _);
            let (sent, bytes) = direction(&mut rng, 12, peer == Peer::A, compress);
            streams.push((peer, head, sent, bytes));
        }
        let mut connection = Connection::new(limits.clone());
        connection.set_websocket_payload(WebSocketPayload::Inflate);
        let mut got: [Vec<Sent>; 2] = Default::default();
        let mut begun = Vec::new();
        let heads: [usize; 2] = [streams[0].1.len(), streams[1].1.len()];
        let mut sink = sink::from_fn(|event: Event<'_>| match event {
            Event::WebSocketBegin { peer, offset, .. } => begun.push((peer, offset)),
            Event::WebSocketMessage(message) => {
                assert!(message.complete && message.anomalies.is_empty(), "{message:?}");
                let side = usize::from(message.peer == Peer::B);
                got[side].push(Sent {
                    opcode: match message.opcode {
                        Opcode::Text => TEXT,
                        Opcode::Binary => BINARY,
                        Opcode::Close => CLOSE,
                        Opcode::Ping => PING,
                        Opcode::Pong => PONG,
                    },
                    payload: message.payload.to_vec(),
                    wire_len: message.len as usize,
                    compressed: message.compressed,
                    fragments: message.fragments as usize,
                    offset: message.offset as usize - heads[side],
                });
                assert!(begun.contains(&(message.peer, message.offset)));
            }
            Event::Anomaly { code, .. } => panic!("{code}"),
            Event::WebSocketLost { why, .. } => panic!("lost: {why}"),
            _ => {}
        });
        for (peer, head, _, _) in &streams {
            connection.feed(*peer, head, true, &mut sink);
        }
        for (peer, _, _, bytes) in &streams {
            let most = [1, 13, 1_460, 100_000][round % 4];
            for piece in random_cuts(bytes, round as u64, most) {
                connection.feed(*peer, piece, true, &mut sink);
            }
            connection.close(*peer, Close::Clean, &mut sink);
        }
        assert_eq!(connection.account().held, 0);
        for (side, (_, _, sent, _)) in streams.iter().enumerate() {
            assert!(&got[side] == sent, "round {round}, side {side}");
        }
    }
}

/// Extensions, a name, and segments.
type Small = (&'static str, &'static str, Vec<(Peer, Vec<u8>)>);

/// Small conversations that the exhaustive cuts and the fuzz body take.
fn small() -> Vec<Small> {
    let (one, two) = (Peer::A, Peer::B);
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    vec![
        (
            "",
            "fragments",
            vec![
                (two, part(TEXT, b"H\xc3")),
                (two, masked(PING, b"p")),
                (one, masked(PONG, b"p")),
                (two, frame(CONTINUATION, b"\xa9")),
            ],
        ),
        (
            "",
            "violations",
            vec![
                (one, frame(3, b"a")),
                (one, frame(CONTINUATION, b"b")),
                (one, part(TEXT, b"c")),
                (one, frame(BINARY, b"d")),
                (two, frame(CLOSE, b"\x03\xee")),
                (two, b"\xf1\x7f\0\0\0\0\0\0\0\x01e\x82\x7f\x80\0\0\0\0\0\0\0".to_vec()),
            ],
        ),
        (
            DEFLATE,
            "compressed",
            vec![
                (two, compressed(TEXT, &hello)),
                (one, compressed(TEXT, &hello)),
                (two, compressed(TEXT, &[0xf2, 0x00, 0x11, 0x00, 0x00])),
                (two, compressed(TEXT, b"\xff\xff")),
                (two, frame(TEXT, b"x")),
            ],
        ),
        (
            ALONE,
            "compressed alone",
            vec![
                (two, part(TEXT, b"")),
                (two, Frame { fin: false, rsv: 4, ..Frame::new(TEXT, &hello[..2]) }.bytes()),
                (two, frame(PING, b"")),
                (two, frame(CONTINUATION, &hello[2..])),
                (two, compressed(BINARY, &[0xf2, 0x00, 0x11, 0x00, 0x00])),
            ],
        ),
    ]
}

#[test]
fn every_cut_and_every_hole() {
    for limits in [
        Limits::default(),
        Limits { message_bytes: 3, inflate_bytes: 8, inflate_ratio: 0, ..Limits::default() },
    ] {
        for (extensions, name, pieces) in small() {
            let answer = response(extensions);
            let feeds: Vec<_> = pieces.iter().map(|(peer, bytes)| Op::Feed(*peer, bytes, true)).collect();
            let ops = [&[a(REQUEST), b(&answer)], &feeds[..]].concat();
            let log = |ops: &[Op<'_>], piece: &mut dyn FnMut() -> usize| {
                let mut connection = Connection::new(limits.clone());
                connection.set_websocket_payload(WebSocketPayload::Inflate);
                run(&mut connection, &limits, ops, piece).lines().to_vec()
            };
            let whole = log(&ops, &mut || 0);
            for piece in 1..12 {
                assert_eq!(whole, log(&ops, &mut || piece), "{name}: pieces of {piece}");
            }
            // A hole of each length at each place of each segment.
            for (place, (peer, bytes)) in pieces.iter().enumerate() {
                for from in 0..bytes.len() {
                    for len in 1..=bytes.len() - from {
                        let holed = [
                            &ops[..place + 2],
                            &[
                                Op::Feed(*peer, &bytes[..from], true),
                                Op::Gap(*peer, len as u64),
                                Op::Feed(*peer, &bytes[from + len..], true),
                            ],
                            &ops[place + 3..],
                        ]
                        .concat();
                        let whole = log(&holed, &mut || 0);
                        assert_eq!(
                            whole,
                            log(&holed, &mut || 1),
                            "{name}: {len} missing of segment {place} from {from}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_fuzz_body_on_mutated_conversations() {
    let mut rng = Rng::new(3);
    let small = small();
    for round in 0..4_000 {
        let (extensions, _, pieces) = &small[round % small.len()];
        let answer = response(extensions);
        let mutated: Vec<_> = pieces
            .iter()
            .map(|(peer, bytes)| (*peer, if rng.one_in(3) { rng.mutate(bytes, 3) } else { bytes.clone() }))
            .collect();
        let mut ops = vec![a(REQUEST), b(&answer)];
        for (peer, bytes) in &mutated {
            let (one, two) = bytes.split_at(rng.range(0, bytes.len()));
            ops.push(Op::Feed(*peer, one, true));
            if rng.one_in(6) {
                ops.push(Op::Gap(*peer, rng.range(1, 4) as u64));
            }
            ops.push(Op::Feed(*peer, two, rng.one_in(2)));
        }
        if rng.one_in(10) {
            ops.push(Op::Gap(Peer::B, u64::MAX));
            ops.push(b(b"\x81\x01x"));
        }
        let choices = [(rng.next_u64() >> 56) as u8, (rng.next_u64() >> 56) as u8];
        websocket(&[&choices[..], &encode(&ops[2..])].concat());
        // Large enough limits for the handshake, and every way to take payloads.
        let choice = [0x00, 0x40, 0x80, 0x81, 0xff, 0xbf][rng.range(0, 5)];
        http1(&[&[choice][..], &encode(&ops)].concat());
    }
}

#[test]
fn the_fuzz_body_on_random_bytes() {
    let mut rng = Rng::new(4);
    for _ in 0..4_000 {
        let mut data = vec![(rng.next_u64() >> 56) as u8, (rng.next_u64() >> 56) as u8];
        for _ in 0..rng.range(1, 12) {
            let mut bytes = Vec::new();
            while rng.range(0, 3) > 0 {
                let len = rng.range(0, 6);
                let words: [&[u8]; 14] = [
                    b"\x81",
                    b"\x01",
                    b"\x80",
                    b"\xc1",
                    b"\x41",
                    b"\x88\x02\x03\xe8",
                    b"\x89\0",
                    b"\x05",
                    b"\x7e\0",
                    b"\x7f\0\0\0\0\0\0",
                    b"\xf2\x48\xcd\xc9\xc9\x07\0",
                    b"\xf2\0\x11\0\0",
                    b"\0\xff",
                    b"\xff\0",
                ];
                bytes.extend(if rng.one_in(3) {
                    rng.bytes(len)
                } else {
                    words[rng.range(0, words.len() - 1)].to_vec()
                });
            }
            let peer = if rng.one_in(2) { Peer::A } else { Peer::B };
            let op = match rng.range(0, 9) {
                0 => Op::Gap(peer, rng.range(1, 9) as u64),
                1 => Op::Close(peer, Close::Cut),
                _ => Op::Feed(peer, &bytes, rng.one_in(2)),
            };
            data.extend(encode(&[op]));
        }
        websocket(&data);
    }
}
