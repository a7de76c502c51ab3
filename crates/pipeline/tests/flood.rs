//! A SYN flood beside well-behaved connections: memory stays bounded, and the others' answers are what they would be.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use wiretrace_capture::{FileOptions, FileSource, PoolConfig};
use wiretrace_pipeline::{Config, Emitter, Event, Handler, Measure, Pipeline, Summary, TcpKind, Wants};
use wiretrace_testkit::build::{Frame, Pcap};
use wiretrace_testkit::flood;
use wiretrace_testkit::wire::{Conversation, MILLISECOND, START, merge};

/// The ends of the connections that carry payload, the number of those that are open, and the most that were.
#[derive(Default)]
struct Seen {
    ends: BTreeMap<SocketAddr, Vec<String>>,
    open: BTreeSet<u64>,
    most: usize,
}

struct Ends(Arc<Mutex<Seen>>);

impl Handler for Ends {
    fn event(&mut self, event: &Event<'_>, _: &mut Emitter) {
        let Event::Tcp(event) = event else { return };
        let seen = &mut *self.0.lock().unwrap();
        match event.kind {
            TcpKind::Start { .. } => {
                assert!(seen.open.insert(event.connection.id));
                seen.most = seen.most.max(seen.open.len());
            }
            TcpKind::End(end) | TcpKind::Timeout(end) => {
                assert!(seen.open.remove(&event.connection.id));
                if end.client.flow.packets + end.server.flow.packets > 1 {
                    let mut end = *end;
                    // A lingering connection makes room before its time: it was over.
                    end.evicted = false;
                    seen.ends.entry(event.connection.client).or_default().push(format!("{end:?}"));
                }
            }
            _ => {}
        }
    }

    fn wants(&self) -> Wants {
        Wants { digests: true, ..Wants::default() }
    }
}

fn trace(frames: &[Frame], config: &Config) -> (Seen, Summary) {
    let mut pcap = Pcap::new(1);
    pcap.nanoseconds().frames(frames);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let mut pipeline = Pipeline::new(config, |_| Ends(Arc::clone(&seen)));
    let reader = Box::new(Cursor::new(pcap.bytes()));
    let mut source = FileSource::from_reader("flood".into(), reader, &FileOptions::default()).unwrap();
    pipeline.run(&mut source, PoolConfig::default(), &mut std::io::sink(), || false).unwrap();
    pipeline.finish(&mut std::io::sink()).unwrap();
    let summary = pipeline.summary();
    drop(pipeline);
    (Arc::into_inner(seen).unwrap().into_inner().unwrap(), summary)
}

/// Connections with exchanges, losses and resends, at all times of the flood; some stay open for all of it.
fn well_behaved() -> Vec<Frame> {
    merge((0..200i64).map(|n| {
        let mut c = Conversation::new();
        c.port(1_000 + n as u16).at(START + n * 140 * MILLISECOND).step(10_000).mss(500).syn();
        for round in 0..n % 5 + 1 {
            c.client(format!("GET /{n}/{round} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
            match n % 7 {
                0 => drop(c.duplicate()),
                1 => drop(c.swap()),
                2 => drop(c.lose_next()),
                _ => {}
            }
            c.server(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").server(&[b'x'; 1000]);
            c.wait(if n % 3 == 0 { 900 } else { 7 });
        }
        match n % 4 {
            0 => {}
            1 => drop(c.rst()),
            _ => drop(c.fin()),
        }
        c.frames()
    }))
}

#[test]
fn a_flood_changes_nothing_for_others() {
    const SYNS: usize = 300_000;
    let good = well_behaved();
    let mut config = Config::default();
    config.tcp.limits.connections = 64;
    config.tcp.measure = Measure::Sketch;
    let (want, quiet) = trace(&good, &config);
    assert_eq!((want.ends.len(), quiet.counts.evicted), (200, 0));
    // As many as 10,000 a second, 30 seconds long: more than two for each place in the tables every second.
    let frames = merge([good, flood::syns(START, 100_000).take(SYNS).collect()]);
    let (got, summary) = trace(&frames, &config);
    for (client, ends) in &want.ends {
        assert_eq!(got.ends.get(client), Some(ends), "{client}");
    }
    assert_eq!(got.ends.len(), want.ends.len());
    let bound = config.partitions * config.tcp.limits.connections;
    assert!((bound * 9 / 10..=bound).contains(&got.most), "{} of {bound} connections at a time", got.most);
    let counts = summary.counts;
    assert_eq!(counts.connections, SYNS as u64 + quiet.counts.connections);
    assert!(counts.evicted >= counts.connections - bound as u64, "{counts:?}");
    assert_eq!(counts.exchanges, quiet.counts.exchanges);
    assert!(summary.ledger.is_exact() && got.open.is_empty());
}

/// Writes the id of each connection that ends.
struct Ids;

impl Handler for Ids {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        if let Event::Tcp(event) = event
            && matches!(event.kind, TcpKind::End(_))
        {
            out.emit(|out| out.extend_from_slice(format!("{}\n", event.connection.id).as_bytes()));
        }
    }
}

/// More connections a partition than end in a step, of some partitions more than of others.
#[test]
fn what_is_open_ends_in_order() {
    let frames: Vec<Frame> = flood::syns(START, 1000).take(5000).collect();
    let want: String = (1..=5000).map(|id| format!("{id}\n")).collect();
    let mut pcap = Pcap::new(1);
    pcap.nanoseconds().frames(&frames);
    for (partitions, threads) in [(1, 1), (3, 1), (3, 3), (7, 2)] {
        let config = Config { partitions, threads, ..Config::default() };
        let mut pipeline = Pipeline::new(&config, |_| Ids);
        let reader = Box::new(Cursor::new(pcap.bytes()));
        let mut source = FileSource::from_reader("flood".into(), reader, &FileOptions::default()).unwrap();
        pipeline.run(&mut source, PoolConfig::default(), &mut std::io::sink(), || false).unwrap();
        let mut output = Vec::new();
        pipeline.finish(&mut output).unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), want, "{partitions} partitions, {threads} threads");
    }
}
