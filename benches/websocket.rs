//! WebSocket messages: masked ones, which must be copied, against plain ones and against a copy alone.

use criterion::{Criterion, Throughput};
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
    let mut group = criterion.benchmark_group("websocket/copy");
    let (from, mut to) = (vec![b'x'; 16 << 10], Vec::with_capacity(16 << 10));
    group.throughput(Throughput::Bytes(16 << 10));
    group.bench_function("16KiB", |bencher| {
        bencher.iter(|| {
            to.clear();
            to.extend_from_slice(std::hint::black_box(&from));
            std::hint::black_box(&to);
        });
    });
    group.finish();
    criterion.final_summary();
}
