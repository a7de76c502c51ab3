//! Whole conversations: read back, cut everywhere, with every hole, mutated.

use crate::common::{a, b};
use crate::{ALONE, DEFLATE, compressed, frame, masked, part};
use wiretrace_http::fuzzing::{Op, encode, http1, run, websocket};
use wiretrace_http::{Close, Connection, Event, Limits, Opcode, Peer, WebSocketPayload, sink};
use wiretrace_testkit::split::{Rng, random_cuts};
use wiretrace_testkit::websocket::{
    BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, REQUEST, Sent, TEXT, direction, response,
};

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
