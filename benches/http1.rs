//! Heads beside `httparse`, heads in one piece and in several, bodies of known length and in chunks.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use wiretrace_benches::heads::{REQUESTS, RESPONSES};
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

/// Sums up the fields' lengths, so that all of them must be there.
#[derive(Default)]
struct Fields(usize);

impl Sink for Fields {
    fn event(&mut self, event: Event<'_>) {
        let (Event::RequestHead(wiretrace_http::RequestHead { fields, .. })
        | Event::ResponseHead(wiretrace_http::ResponseHead { fields, .. })) = event
        else {
            assert!(!matches!(event, Event::Anomaly { .. }), "nothing is odd about these heads");
            return;
        };
        self.0 += fields.iter().map(|field| field.name.len() + field.value.len()).sum::<usize>();
    }
}

/// The same heads by this parser, which frames the message and says what comes next, and by httparse, which does not.
fn beside_httparse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("http/beside");
    for (peer, heads) in [(Peer::A, REQUESTS), (Peer::B, RESPONSES)] {
        for (name, head) in heads {
            group.throughput(Throughput::Bytes(head.len() as u64));
            let httparse = |head: &[u8]| {
                let mut fields = [httparse::EMPTY_HEADER; 64];
                let fields = match peer {
                    Peer::A => {
                        let mut request = httparse::Request::new(&mut fields);
                        assert!(request.parse(head).is_ok_and(|status| status.is_complete()));
                        request.headers
                    }
                    Peer::B => {
                        let mut response = httparse::Response::new(&mut fields);
                        assert!(response.parse(head).is_ok_and(|status| status.is_complete()));
                        response.headers
                    }
                };
                fields.iter().map(|field| field.name.len() + field.value.len()).sum::<usize>()
            };
            let mut connection = Connection::new(Limits::default());
            let mut ours = |head: &[u8]| {
                let mut fields = Fields::default();
                connection.feed(peer, head, true, &mut fields);
                fields.0
            };
            assert!(ours(head.as_bytes()) == httparse(head.as_bytes()) && ours(head.as_bytes()) > 0);
            group.bench_function(format!("{name}/httparse"), |bencher| {
                bencher.iter(|| httparse(black_box(head.as_bytes())));
            });
            group.bench_function(format!("{name}/wiretrace"), |bencher| {
                bencher.iter(|| ours(black_box(head.as_bytes())));
            });
        }
    }
    group.finish();
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
    beside_httparse(&mut criterion);
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
        // Unless it was left out.
        match input {
            _ if connection.account().message == 0 => {}
            "one-segment" | "sized-1MiB" => assert_eq!(connection.copied_bytes(), 0),
            "straddling" => assert!(connection.copied_bytes() > 0),
            _ => {}
        }
        group.finish();
    }
    criterion.final_summary();
}
