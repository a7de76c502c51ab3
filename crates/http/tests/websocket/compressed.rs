//! permessage-deflate (RFC 7692).

use crate::common::{FIN_B, a, b, gap_b};
use crate::{ALONE, DEFLATE, KEY, compressed, frame, lines, part};
use wiretrace_http::fuzzing::run;
use wiretrace_http::{Coding, Connection, Event, Limits, Peer, WebSocketPayload, sink};
use wiretrace_testkit::websocket::{CONTINUATION, Frame, PING, REQUEST, TEXT, response};

/// An inflater is memory; none is there unless somebody wants texts, and a compressed one came.
#[test]
fn nothing_is_inflated_that_nobody_asked_for() {
    let hello = compressed(TEXT, &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    for (payload, message, inflates) in [
        (WebSocketPayload::Skip, &hello, false),
        (WebSocketPayload::Keep, &hello, false),
        (WebSocketPayload::Inflate, &frame(TEXT, b"Hello"), false),
        (WebSocketPayload::Inflate, &hello, true),
    ] {
        let mut connection = Connection::new(Limits::default());
        connection.set_websocket_payload(payload);
        let mut texts = Vec::new();
        let mut sink = sink::from_fn(|event: Event<'_>| {
            if let Event::WebSocketMessage(message) = event {
                texts.push(message.coding);
            }
        });
        connection.feed(Peer::A, REQUEST, true, &mut sink);
        connection.feed(Peer::B, &response(DEFLATE), true, &mut sink);
        connection.feed(Peer::B, message, true, &mut sink);
        connection.feed(Peer::B, message, true, &mut sink);
        assert_eq!(connection.websocket_memory() > 32 << 10, inflates, "{payload:?}");
        assert!(inflates || connection.websocket_memory() < 100);
        assert_eq!(texts.contains(&Coding::Inflated), inflates);
    }
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
