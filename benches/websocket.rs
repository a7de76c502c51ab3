//! WebSocket messages: masked ones, which must be copied, against plain ones; and what costs per byte, unmasking and UTF-8
//! checking, against a copy alone of as many bytes.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use wiretrace_http::kernels;
use wiretrace_http::{Connection, Event, Limits, Peer, WebSocketPayload, sink};
use wiretrace_testkit::websocket::{BINARY, Frame, REQUEST, TEXT, response};

fn main() {
    let mut criterion: Criterion = wiretrace_benches::criterion();
    let key = [0x37, 0xfa, 0x21, 0x3d];
    let frame = |opcode, len: usize| Frame::new(opcode, &vec![b'x'; len]);
    // The name, who sends it, the message, what of its payload is wanted.
    let keep = WebSocketPayload::Keep;
    let inputs = [
        ("plain-64", Peer::B, frame(BINARY, 64).bytes(), keep),
        ("masked-64", Peer::A, frame(BINARY, 64).masked(key).bytes(), keep),
        ("plain-16KiB", Peer::B, frame(BINARY, 16 << 10).bytes(), keep),
        ("masked-16KiB", Peer::A, frame(BINARY, 16 << 10).masked(key).bytes(), keep),
        (
            "masked-16KiB-skipped",
            Peer::A,
            frame(BINARY, 16 << 10).masked(key).bytes(),
            WebSocketPayload::Skip,
        ),
        ("masked-text-16KiB", Peer::A, frame(TEXT, 16 << 10).masked(key).bytes(), keep),
    ];
    for (name, peer, message, payload) in inputs {
        let mut group = criterion.benchmark_group("websocket/message");
        group.throughput(Throughput::Bytes(message.len() as u64));
        let mut connection = Connection::new(Limits::default());
        connection.set_websocket_payload(payload);
        let (mut messages, mut bytes) = (0u64, 0u64);
        let mut sink = sink::from_fn(|event: Event<'_>| {
            if let Event::WebSocketMessage(message) = event {
                messages += 1;
                bytes += std::hint::black_box(message.payload).len() as u64;
            }
        });
        connection.feed(Peer::A, REQUEST, true, &mut sink);
        connection.feed(Peer::B, &response(""), true, &mut sink);
        group.bench_function(name, |bencher| {
            bencher.iter(|| connection.feed(peer, std::hint::black_box(&message), true, &mut sink));
        });
        assert!(messages > 0 && (bytes > 0) == (payload == keep));
        group.finish();
    }
    for len in [100, 16 << 10, 64 << 10] {
        per_byte(&mut criterion, len);
    }
    criterion.final_summary();
}

/// Keys and names in ASCII, values in other scripts.
const MIXED: &str = r#"{"from":"Jörg Müller","text":"日本語テキスト und Zürich 🦀, Ελλάδα"}, "#;

/// So many bytes, copied, unmasked, and checked.
fn per_byte(criterion: &mut Criterion, len: usize) {
    let ascii = vec![b'x'; len];
    let mut mixed: Vec<u8> = MIXED.bytes().cycle().take(len).collect();
    while std::str::from_utf8(&mixed).is_err() {
        // The last character, where it is cut.
        mixed.pop();
    }
    mixed.resize(len, b' ');
    let mut to = Vec::with_capacity(len);
    let mut group = criterion.benchmark_group(format!("websocket/bytes-{len}"));
    group.throughput(Throughput::Bytes(len as u64));
    group.bench_function("copy", |bencher| {
        bencher.iter(|| {
            to.clear();
            to.extend_from_slice(black_box(&ascii));
            black_box(&to);
        });
    });
    let key = [0x37, 0xfa, 0x21, 0x3d];
    group.bench_function("unmask", |bencher| {
        bencher.iter(|| {
            to.clear();
            kernels::unmask(key, &mut to, black_box(&ascii));
            black_box(&to);
        });
    });
    assert!(to.is_empty() || to.iter().zip(key.iter().cycle()).all(|(byte, key)| byte ^ key == b'x'));
    for (name, text) in [("utf8-ascii", &ascii), ("utf8-mixed", &mixed)] {
        assert!(kernels::is_utf8(text));
        group.bench_function(name, |bencher| bencher.iter(|| kernels::is_utf8(black_box(text))));
    }
    group.finish();
}
