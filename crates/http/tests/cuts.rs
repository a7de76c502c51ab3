//! The events do not depend on how the bytes are cut.

mod common;

use common::{cut_log, holed_streams, log, streams, strict_log};
use wiretrace_http::Limits;
use wiretrace_http::fuzzing::{Op, encode, http1};
use wiretrace_testkit::split::Rng;

/// Every byte between two ops is a place to cut at; `cuts` says where, in all feeds as if they were one.
fn cut_at(limits: &Limits, ops: &[Op<'_>], cuts: &[usize]) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut place = 0;
    for op in ops {
        if let Op::Feed(_, bytes, _) = op {
            let (start, end) = (place, place + bytes.len());
            let mut from = start;
            for &cut in cuts.iter().filter(|&&cut| start < cut && cut < end) {
                pieces.push(cut - from);
                from = cut;
            }
            pieces.push(end - from);
            place = end;
        }
    }
    let mut pieces = pieces.into_iter();
    cut_log(limits, ops, || pieces.next().expect("a piece"))
}

fn len(ops: &[Op<'_>]) -> usize {
    ops.iter().map(|op| if let Op::Feed(_, bytes, _) = op { bytes.len() } else { 0 }).sum()
}

fn tiny() -> Limits {
    Limits {
        head_bytes: 40,
        search_bytes: 24,
        chunk_line_bytes: 5,
        trailer_bytes: 7,
        pending_requests: 1,
        message_bytes: 4,
        inflate_bytes: 8,
        inflate_ratio: 1,
    }
}

#[test]
fn every_cut_and_pair_of_cuts() {
    for limits in [Limits::default(), tiny()] {
        for (name, ops) in streams().into_iter().chain(holed_streams()) {
            let whole = cut_log(&limits, &ops, || 0);
            assert_eq!(whole, cut_log(&limits, &ops, || 1), "{name}: byte by byte");
            let strict = strict_log(&limits, &ops, || 0);
            for piece in [1, 2, 5] {
                assert_eq!(
                    strict,
                    strict_log(&limits, &ops, || piece),
                    "{name}: strict, in pieces of {piece}"
                );
            }
            for one in 1..len(&ops) {
                assert_eq!(whole, cut_at(&limits, &ops, &[one]), "{name}: cut at {one}");
                for two in one + 1..len(&ops) {
                    assert_eq!(whole, cut_at(&limits, &ops, &[one, two]), "{name}: cut at {one} and {two}");
                }
            }
        }
    }
}

#[test]
fn every_limit() {
    for (name, ops) in streams().into_iter().chain(holed_streams()) {
        for head_bytes in 0..70 {
            for search_bytes in [0, head_bytes / 2, 1000] {
                let small = head_bytes / 8;
                let limits = Limits {
                    head_bytes,
                    search_bytes,
                    chunk_line_bytes: small,
                    trailer_bytes: small,
                    pending_requests: small,
                    message_bytes: small,
                    inflate_bytes: head_bytes as u64,
                    inflate_ratio: 1,
                };
                let whole = cut_log(&limits, &ops, || 0);
                assert_eq!(whole, cut_log(&limits, &ops, || 1), "{name}: {limits:?}");
                assert_eq!(whole, cut_log(&limits, &ops, || 7), "{name}: {limits:?}");
                let strict = strict_log(&limits, &ops, || 0);
                assert_eq!(strict, strict_log(&limits, &ops, || 1), "{name}: strict, {limits:?}");
            }
        }
    }
}

#[test]
fn fuzz_body_on_mutated_streams() {
    let mut rng = Rng::new(1);
    let streams: Vec<_> = streams().into_iter().chain(holed_streams()).collect();
    for round in 0..6000 {
        let (_, ops) = &streams[round % streams.len()];
        let mut ops = ops.clone();
        if rng.one_in(3) {
            let (_, more) = &streams[rng.range(0, streams.len() - 1)];
            ops.extend(more);
        }
        if rng.one_in(4) {
            rng.shuffle(&mut ops);
        }
        let mut data = vec![(rng.next_u64() >> 56) as u8];
        // Half of them with the framing of the ops intact, so that the streams stay long.
        if rng.one_in(2) {
            let owned: Vec<_> = ops
                .iter()
                .map(|op| match *op {
                    Op::Feed(peer, bytes, start) => (Some((peer, start)), rng.mutate(bytes, 2), *op),
                    other => (None, Vec::new(), other),
                })
                .collect();
            let ops: Vec<_> = owned
                .iter()
                .map(|(feed, bytes, op)| feed.map_or(*op, |(peer, start)| Op::Feed(peer, bytes, start)))
                .collect();
            data.extend(encode(&ops));
        } else {
            data.extend(rng.mutate(&encode(&ops), 6));
        }
        http1(&data);
    }
}

#[test]
fn fuzz_body_on_random_bytes() {
    let mut rng = Rng::new(2);
    for _ in 0..3000 {
        let len = rng.range(0, 300);
        http1(&rng.bytes(len));
    }
    // Bytes of a small alphabet reach more states than any bytes.
    for _ in 0..6000 {
        let words: [&[u8]; 28] = [
            b"GET ",
            b"/ ",
            b"HTTP/1.1",
            b"\r\n",
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"HTTP/1.1 200 OK",
            b"\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Content-Length: 5\r\n",
            b"0",
            b"5",
            b"abcde",
            b"A:b",
            b"\x00",
            b"CONNECT ",
            b"Upgrade: x\r\n",
            b"HTTP/1.1 101 S\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"HEAD / HTTP/1.0\r\n",
            b"\xff",
            b"Expect: 100-continue\r\n",
            b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n",
            b";",
            b"a\r",
            b"\t",
        ];
        let mut data = vec![(rng.next_u64() >> 56) as u8];
        for _ in 0..rng.range(1, 12) {
            let mut bytes = Vec::new();
            for _ in 0..rng.range(0, 12) {
                bytes.extend_from_slice(words[rng.range(0, words.len() - 1)]);
            }
            let kind = if rng.one_in(6) { (rng.next_u64() >> 56) as u8 & 15 } else { rng.range(0, 1) as u8 };
            data.push(kind);
            data.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
            if kind >> 1 < 4 {
                data.extend(bytes);
            }
        }
        http1(&data);
    }
}

#[test]
fn the_streams_say_what_they_are_for() {
    // A net under the others: were nothing recognised, every cut would be equal, too.
    let heads = |ops: &[Op<'_>]| {
        log(ops).iter().filter(|line| line.contains(" 1.1 [") || line.contains(" 1.0 [")).count()
    };
    let total: usize = streams().iter().map(|(_, ops)| heads(ops)).sum();
    assert!(total > 75, "{total} heads");
}
