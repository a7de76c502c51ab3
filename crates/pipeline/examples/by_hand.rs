//! The same loop by hand, over the four crates: `cargo run --example by_hand -- testdata/demo.pcap`.

use std::path::Path;

use wiretrace_capture::{BlockPool, FileOptions, FileSource, Fill, PoolConfig, Source};
use wiretrace_http as http;
use wiretrace_tcp as tcp;

type Http = Option<Box<http::Connection>>;

fn message(event: http::Event<'_>) {
    if let http::Event::RequestHead(head) = event {
        println!("{:?} {:?}", String::from_utf8_lossy(head.method), String::from_utf8_lossy(head.target));
    }
}

fn stream(connection: &mut tcp::Connection<Http>, event: tcp::Event<'_>) {
    let http =
        connection.data_mut().get_or_insert_with(|| Box::new(http::Connection::new(http::Limits::default())));
    let peer = |half| if half == tcp::Half::A { http::Peer::A } else { http::Peer::B };
    let mut sink = http::sink::from_fn(message);
    match event {
        tcp::Event::Data { half, bytes, segment_start, .. } => {
            http.feed(peer(half), bytes, segment_start, &mut sink)
        }
        tcp::Event::Gap { half, len, .. } => http.gap(peer(half), len, &mut sink),
        tcp::Event::Finished { half, .. } => http.close(peer(half), http::Close::Clean, &mut sink),
        _ => {}
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: by_hand CAPTURE")?;
    let mut source = FileSource::open(Path::new(&path), &FileOptions::default())?;
    let pool = BlockPool::new(PoolConfig::default());
    let mut table = tcp::FlowTable::new(tcp::Limits::default());
    let mut sink = tcp::from_fn(stream);
    let mut clock = 0;
    loop {
        let mut builder = pool.lease();
        let fill = source.fill(&mut builder)?;
        for frame in builder.seal().frames() {
            let layers = wiretrace_decode::parse(frame.link_type.0, frame.wire_len, frame.data);
            let (Some(segment), Some((from, to))) = (layers.tcp(frame.data), layers.addresses(frame.data))
            else {
                continue;
            };
            let (key, half) =
                tcp::FlowKey::new((from, segment.source_port()), (to, segment.destination_port()));
            clock = clock.max(frame.at.0.unsigned_abs());
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
            table.push(&key, &segment, &mut sink);
        }
        if fill == Fill::End {
            break;
        }
    }
    table.finish(&mut sink);
    Ok(())
}
