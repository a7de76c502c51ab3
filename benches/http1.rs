//! Heads in one piece and in several, bodies of known length and in chunks.

use criterion::{Criterion, Throughput};
use wiretrace_benches::{request_head, response_head};
use wiretrace_http::{Connection, Event, Limits, Peer, Sink};

/// Counts what is reported.
#[derive(Default, PartialEq, Debug)]
struct Count {
    heads: u64,
    fields: u64,
    body: u64,
    complete: u64,
    anomalies: u64,
}

impl Sink for Count {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::RequestHead(head) => {
                (self.heads, self.fields) = (self.heads + 1, self.fields + head.fields.len() as u64);
            }
            Event::ResponseHead(head) => {
                (self.heads, self.fields) = (self.heads + 1, self.fields + head.fields.len() as u64);
            }
            Event::Body { bytes, .. } => self.body += bytes.len() as u64,
            Event::MessageEnd { complete, .. } => self.complete += u64::from(complete),
            Event::Anomaly { .. } => self.anomalies += 1,
            _ => {}
        }
    }
}

/// What one side sends, in segments.
type Segments = Vec<(Peer, Vec<u8>)>;

fn cut(peer: Peer, bytes: &[u8], len: usize) -> Segments {
    bytes.chunks(len).map(|piece| (peer, piece.to_vec())).collect()
}

fn chunked(chunks: usize, len: usize) -> Vec<u8> {
    let mut message =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..chunks {
        message.extend_from_slice(format!("{len:x}\r\n").as_bytes());
        message.resize(message.len() + len, b'c');
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b"0\r\n\r\n");
    message
}

fn main() {
    let mut criterion: Criterion = wiretrace_benches::criterion();
    let (get, ok) = (request_head(1), response_head(0));
    let sized = |len: usize| [response_head(len), vec![b's'; len]].concat();
    let exchange = |answer: Segments| [cut(Peer::A, &get, 1460), answer].concat();
    // The name, the segments of an exchange, and what its two messages' bodies have.
    let inputs: Vec<(&str, Segments, u64)> = vec![
        ("head/one-segment", exchange(cut(Peer::B, &ok, 1460)), 0),
        ("head/straddling", [cut(Peer::A, &get, 150), cut(Peer::B, &ok, 100)].concat(), 0),
        ("body/sized-1MiB", exchange(cut(Peer::B, &sized(1 << 20), 1460)), 1 << 20),
        ("body/chunked-16x4096", exchange(cut(Peer::B, &chunked(16, 4096), 1460)), 16 * 4096),
        ("body/chunked-1024x16", exchange(cut(Peer::B, &chunked(1024, 16), 1460)), 1024 * 16),
    ];
    for (name, segments, body) in inputs {
        let (group, input) = name.split_once('/').expect("two parts");
        let mut group = criterion.benchmark_group(format!("http/{group}"));
        let bytes: usize = segments.iter().map(|(_, bytes)| bytes.len()).sum();
        group.throughput(Throughput::Bytes(bytes as u64));
        let mut connection = Connection::new(Limits::default());
        group.bench_function(input, |bencher| {
            bencher.iter(|| {
                let mut count = Count::default();
                for (peer, bytes) in &segments {
                    connection.feed(*peer, bytes, true, &mut count);
                }
                assert_eq!((count.heads, count.complete, count.body), (2, 2, body));
                assert!(count.fields >= 10 && count.anomalies == 0);
            });
        });
        match input {
            "one-segment" | "sized-1MiB" => assert_eq!(connection.copied_bytes(), 0),
            "straddling" => assert!(connection.copied_bytes() > 0),
            _ => {}
        }
        group.finish();
    }
    criterion.final_summary();
}
