//! The streams of the corpus, fed to the HTTP parser segment by segment and byte by byte, give the same events.

mod support;

use std::io::Cursor;
use std::net::IpAddr;

use support::corpus;
use wiretrace_capture::{BlockPool, FileOptions, FileSource, Fill, PoolConfig, Source};
use wiretrace_http as http;
use wiretrace_tcp as tcp;

/// Two parsers of one connection: one gets whole segments, the other single bytes.
#[derive(Default)]
struct Twins(Option<Box<(http::Connection, Log, http::Connection, Log)>>);

/// Events as text, adjacent pieces of a body as one.
#[derive(Default)]
struct Log {
    lines: Vec<String>,
    body: Option<(http::Peer, usize, u64)>,
}

impl Log {
    fn piece(&mut self, peer: http::Peer, kind: usize, len: u64) {
        match &mut self.body {
            Some((last, same, sum)) if *last == peer && *same == kind => *sum += len,
            _ => {
                self.flush();
                self.body = Some((peer, kind, len));
            }
        }
    }

    fn flush(&mut self) {
        if let Some(piece) = self.body.take() {
            self.lines.push(format!("{piece:?}"));
        }
    }
}

impl http::Sink for Log {
    fn event(&mut self, event: http::Event<'_>) {
        match event {
            http::Event::Body { peer, bytes } => self.piece(peer, 0, bytes.len() as u64),
            http::Event::Tunnel { peer, bytes } => self.piece(peer, 1, bytes.len() as u64),
            event => {
                self.flush();
                self.lines.push(format!("{event:?}"));
            }
        }
    }
}

#[derive(Default)]
struct Check {
    events: usize,
    cut: usize,
}

fn peer(half: tcp::Half) -> http::Peer {
    if half == tcp::Half::A { http::Peer::A } else { http::Peer::B }
}

impl tcp::Sink<Twins> for Check {
    fn event(&mut self, connection: &mut tcp::Connection<Twins>, event: tcp::Event<'_>) {
        let id = connection.id();
        let twins = connection.data_mut().0.get_or_insert_with(|| {
            let new = || http::Connection::new(http::Limits::default());
            Box::new((new(), Log::default(), new(), Log::default()))
        });
        let (one, one_log, two, two_log) = &mut **twins;
        match event {
            tcp::Event::Data { half, bytes, segment_start, .. } => {
                one.feed(peer(half), bytes, segment_start, one_log);
                for (place, byte) in bytes.iter().enumerate() {
                    two.feed(peer(half), std::slice::from_ref(byte), segment_start && place == 0, two_log);
                    self.cut += 1;
                }
            }
            tcp::Event::Gap { half, len, .. } => {
                one.gap(peer(half), len, one_log);
                two.gap(peer(half), len, two_log);
            }
            tcp::Event::Finished { half, how } => {
                let how = if how == tcp::Finish::Fin { http::Close::Clean } else { http::Close::Cut };
                one.close(peer(half), how, one_log);
                two.close(peer(half), how, two_log);
            }
            tcp::Event::End(_) => {
                one_log.flush();
                two_log.flush();
                assert_eq!(one_log.lines, two_log.lines, "connection {id}");
                assert_eq!(one.account(), two.account());
                assert_eq!(one.account().held, 0);
                self.events += one_log.lines.len();
                *connection.data_mut() = Twins::default();
            }
            _ => {}
        }
    }
}

#[test]
fn byte_by_byte_over_the_corpus() {
    let Some(files) = corpus() else { return };
    let (mut events, mut cut) = (0, 0);
    for file in files {
        let mut check = Check::default();
        let mut table = tcp::FlowTable::new(tcp::Limits::default());
        let reader = Box::new(Cursor::new(std::fs::read(&file).unwrap()));
        let Ok(mut source) = FileSource::from_reader("test".into(), reader, &FileOptions::default()) else {
            continue;
        };
        let pool = BlockPool::new(PoolConfig::default());
        let (mut clock, mut start) = (0, None);
        loop {
            let mut builder = pool.lease();
            let Ok(fill) = source.fill(&mut builder) else { break };
            let block = builder.seal();
            for frame in block.frames() {
                let layers = wiretrace_decode::parse(frame.link_type.0, frame.wire_len, frame.data);
                let Some(segment) = layers.tcp(frame.data) else { continue };
                let (source, destination): (IpAddr, IpAddr) = layers.addresses(frame.data).unwrap();
                let (key, half) = tcp::FlowKey::new(
                    (source, segment.source_port()),
                    (destination, segment.destination_port()),
                );
                let begin = *start.get_or_insert(frame.at.0);
                clock = clock.max(frame.at.0.saturating_sub(begin).max(0) as u64);
                let segment = tcp::Segment {
                    half,
                    at: frame.at.0,
                    clock,
                    frame: frame.number,
                    seq: segment.sequence_number(),
                    ack: segment.acknowledgment_number(),
                    flags: tcp::Flags(segment.flags().0),
                    window: segment.window(),
                    payload: segment.payload(),
                    payload_len: layers.payload().wire_len,
                    options: segment.option_bytes(),
                    ..tcp::Segment::default()
                };
                table.push(&key, &segment, &mut check);
            }
            if fill == Fill::End {
                break;
            }
        }
        table.finish(&mut check);
        events += check.events;
        cut += check.cut;
    }
    assert!(events > 10_000 && cut > 1_000_000, "{events} events of {cut} bytes");
}
