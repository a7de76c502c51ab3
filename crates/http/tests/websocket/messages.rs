//! Messages, frame by frame, and what peers must not send.

use crate::common::{FIN_A, FIN_B, a, b, gap_a, gap_b, log};
use crate::{DEFLATE, KEY, check, compressed, frame, lines, masked, part};
use wiretrace_http::{Anomaly, Close, Coding, Connection, Event, Limits, Peer, WebSocketPayload, sink};
use wiretrace_testkit::websocket::{BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, REQUEST, TEXT, response};

/// RFC 6455 section 5.7. (Where the client's stream begins: 258 bytes of request.)
#[test]
fn the_rfcs_examples() {
    assert_eq!(REQUEST.len(), 258);
    assert_eq!(response("").len(), 129);
    check(&[b(b"\x81\x05Hello")], &["B ws text 5 in 1 Plain \"Hello\" [] @129"]);
    check(
        &[a(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")],
        &["A ws text 5 in 1 Plain \"Hello\" [] @258"],
    );
    check(&[b(b"\x01\x03Hel"), b(b"\x80\x02lo")], &["B ws text 5 in 2 Plain \"Hello\" [] @129"]);
    check(
        &[b(b"\x89\x05Hello"), a(b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")],
        &["B ws ping 5 in 1 Plain \"Hello\" [] @129", "A ws pong 5 in 1 Plain \"Hello\" [] @258"],
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
            "A ws close 5 in 1 Plain \"\\\\x03\\\\xe8bye\" [] @258",
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
            "A ws text 1 in 1 Plain \"x\" [\"unmasked\"] @258",
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
        &["A ws text 12 in 1 Plain \"He\" [\"gap\"] @258 cut", "A ws text 4 in 1 Plain \"next\" [] @276"],
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
        &["B ws-lost gap @129", "A ws text 1 in 1 Plain \"x\" [] @258"],
    );
    // A frame of no message is stepped over with its hole.
    check(
        &[b(b"\x83\x04d"), gap_b(3), b(&frame(TEXT, b"x"))],
        &["B !reserved_opcode @129", "B ws text 1 in 1 Plain \"x\" [] @135"],
    );
}

#[test]
fn a_character_may_be_cut_by_fragments() {
    let euro = "€".as_bytes();
    let end = |payload: &[u8]| frame(CONTINUATION, payload);
    check(
        &[
            b(&part(TEXT, &euro[..1])),
            b(&frame(PING, b"")),
            b(&part(CONTINUATION, &euro[1..2])),
            b(&end(&euro[2..])),
        ],
        &["B ws ping 0 in 1 Plain \"\" [] @132", "B ws text 3 in 3 Plain \"\\\\xe2\\\\x82\\\\xac\" [] @129"],
    );
    check(
        &[b(&part(TEXT, &euro[..2])), b(&end(b"x"))],
        &["B ws text 3 in 2 Plain \"\\\\xe2\\\\x82x\" [\"bad_utf8\"] @129"],
    );
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
            let lines = crate::common::cut_log(&limits, &ops, || piece);
            let last = lines.last().unwrap();
            assert!(last.contains(&format!("Plain {cut:?} [")) && last.contains("\"limit\""), "{last}");
            assert!(!last.ends_with("cut") && !last.contains("bad_utf8"), "{last}");
            assert!(last.contains("ws text 13 ") || last.contains("ws text 15 "), "{last}");
        }
    }
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
