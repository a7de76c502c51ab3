//! The output is the same for any number of threads, any block size, file or pipe.

mod support;

use std::collections::HashSet;
use std::io::{Cursor, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::ThreadId;
use std::time::Duration;

use support::{Slowly, corpus, demo, render, run_reader};
use wiretrace_capture::{
    BlockBuilder, CaptureStats, Error, FileOptions, FileSource, Fill, Note, PoolConfig, Source,
};
use wiretrace_pipeline::{
    Config, Emitter, Event, Handler, Measure, Overlap, Pipeline, RunError, Summary, Wants, WebSocketPayload,
};
use wiretrace_testkit::build::{ETHERTYPE_IPV4, Ipv4, Pcap, ethernet};
use wiretrace_testkit::wire::{Conversation, merge};

/// Who worked: threads are noted when their first event comes, and wait a moment for the others then, so that on a
/// busy machine, too, as many work as can.
struct Meeting {
    expected: usize,
    seen: Mutex<HashSet<ThreadId>>,
    all: Condvar,
}

impl Meeting {
    fn attend(&self) {
        let mut seen = self.seen.lock().unwrap();
        seen.insert(std::thread::current().id());
        if seen.len() >= self.expected {
            self.all.notify_all();
        } else {
            // Where there is work for fewer threads than that, nobody else comes: on, then.
            drop(
                self.all
                    .wait_timeout_while(seen, Duration::from_millis(20), |seen| seen.len() < self.expected),
            );
        }
    }
}

/// Renders everything, and notes on which thread it was asked to.
struct Noting {
    meeting: Arc<Meeting>,
    events: usize,
}

impl Handler for Noting {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        if self.events < 2 {
            self.events += 1;
            self.meeting.attend();
        }
        out.emit(|line| line.extend_from_slice(render(event).as_bytes()));
    }

    fn wants(&self) -> Wants {
        Wants { websocket: WebSocketPayload::Inflate, digests: true, ..Wants::default() }
    }
}

/// Output, summary, and the number of threads that worked; where they are to `meet`, of as many as can.
fn trace(capture: &[u8], config: &Config, frames_per_block: usize, meet: bool) -> (String, Summary, usize) {
    let expected = if meet { config.threads } else { 1 };
    let meeting = Arc::new(Meeting { expected, seen: Mutex::default(), all: Condvar::new() });
    let mut pipeline = Pipeline::new(config, |_| Noting { meeting: Arc::clone(&meeting), events: 0 });
    let reader = Box::new(Cursor::new(capture.to_vec()));
    let pool = PoolConfig { frames_per_block, ..PoolConfig::default() };
    let mut output = Vec::new();
    let mut source = FileSource::from_reader_with("test".into(), reader, &FileOptions::default(), false);
    match pipeline.run(&mut source, pool, &mut output, || false) {
        Ok(()) | Err(RunError::Capture(_)) => {}
        Err(error) => panic!("{error}"),
    }
    // The end of all input is served by threads of its own.
    let threads = meeting.seen.lock().unwrap().len();
    pipeline.finish(&mut output).unwrap();
    let summary = pipeline.summary();
    assert!(summary.ledger.is_exact());
    (String::from_utf8(output).unwrap(), summary, threads)
}

/// 500 connections of several exchanges, some with losses, resets and swaps, minutes apart.
fn many_connections() -> Vec<u8> {
    let frames = (0..500u16).map(|n| {
        let mut c = Conversation::new();
        c.port(1_000 + n).wait(i64::from(n) * 700).syn();
        if n % 10 == 9 {
            support::websocket(&mut c, n.into(), |_| {});
        }
        for round in 0..n % 7 {
            c.client(format!("GET /{n}/{round} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
            match (n + round) % 11 {
                0 => drop(c.lose_next()),
                1 => drop(c.swap()),
                2 => drop(c.duplicate()),
                _ => {}
            }
            c.server(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
        }
        match n % 3 {
            0 => drop(c.fin()),
            1 => drop(c.rst()),
            _ => {}
        }
        c.frames()
    });
    let mut pcap = Pcap::new(1);
    pcap.nanoseconds().frames(&merge(frames));
    pcap.bytes()
}

#[test]
fn threads_and_blocks_make_no_difference() {
    let capture = many_connections();
    let config = |threads| Config { threads, ..Config::default() };
    let (want, _, threads) = trace(&capture, &config(1), 4096, true);
    assert_eq!(threads, 1);
    assert!(want.lines().count() > 3_000);
    assert!(want.matches("\nwebsocket ").count() > 400 && want.contains(" Inflated \"Hello\""));
    for threads in [1, 2, 3, 8] {
        for frames in [1, 3, 1000, 4096] {
            let (got, summary, worked) = trace(&capture, &config(threads), frames, true);
            assert!(got == want, "{threads} threads, blocks of {frames}");
            // A block of a few frames has work for a few threads only.
            let least = if frames < 1000 { threads.min(2) } else { threads };
            assert!((least..=threads).contains(&worked), "{worked} of {threads} threads, blocks of {frames}");
            // Larger blocks are full of bytes first.
            let least = summary.run.packets.div_ceil(frames as u64);
            assert!(if frames < 1000 { summary.blocks == least } else { summary.blocks >= least });
        }
    }
    for threads in [1, 2, 3, 8] {
        let slowly = Box::new(Slowly(Cursor::new(capture.clone()), 4_321));
        let run = run_reader(slowly, &config(threads), None);
        assert!(run.output == want, "a pipe, {threads} threads");
    }
}

#[test]
fn threads_make_no_difference_on_the_corpus() {
    let Some(files) = corpus() else { return };
    let (mut most, mut blocks) = (0, 0);
    let mut default = Config::default();
    default.tcp.measure = Measure::Series;
    for file in files {
        let capture = std::fs::read(&file).unwrap();
        let (want, summary, _) = trace(&capture, &default, 4096, false);
        for (threads, frames) in [(2, 1), (2, 4096), (3, 3), (8, 1000)] {
            let config = Config { threads, ..default.clone() };
            let (got, run, worked) = trace(&capture, &config, frames, false);
            assert!(got == want, "{}: {threads} threads, blocks of {frames}", file.display());
            assert_eq!(run.run.packets, summary.run.packets);
            blocks += run.blocks;
            most = most.max(worked);
        }
    }
    assert!(most > 1, "several threads worked at once somewhere");
    assert!(blocks > 10_000, "{blocks} blocks");
}

/// A capture with everything in it that a clock or a bound decides, and what to set for that: more connections than
/// the tables take, connections that fall silent, clocks that step, datagrams in fragments, losses.
fn eventful(seed: u64) -> (Vec<u8>, Config) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut random = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let conversations: Vec<_> = (0..60)
        .map(|n| {
            let mut c = Conversation::new();
            c.port(2_000 + n).wait(random(20_000) as i64).mss(400 + random(900) as usize);
            if random(8) > 0 {
                c.syn();
            }
            if n % 10 == 9 {
                let seed = random(1_000);
                support::websocket(&mut c, seed, |c| match random(9) {
                    0 => drop(c.lose_next()),
                    1 => drop(c.wait(1_000)),
                    _ => {}
                });
            }
            for round in 0..random(6) {
                c.client(format!("GET /{n}/{round} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
                match random(9) {
                    0 => drop(c.lose_next()),
                    1 => drop(c.swap()),
                    2 => drop(c.duplicate()),
                    3 => drop(c.wait(40_000)),
                    _ => {}
                }
                let body = vec![b'x'; random(3_000) as usize];
                c.server(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
                c.server(&body);
            }
            match random(4) {
                0 => drop(c.fin()),
                1 => drop(c.rst()),
                _ => {}
            }
            c.frames()
        })
        .collect();
    let mut pcap = Pcap::new(1);
    pcap.nanoseconds();
    let mut offset = 0;
    for (n, (at, bytes)) in merge(conversations).into_iter().enumerate() {
        if n % 97 == 96 {
            const MINUTE: i64 = 60_000_000_000;
            offset += [0, -MINUTE, 10 * MINUTE, 120 * MINUTE, -200 * MINUTE][random(5) as usize];
        }
        let at = at + offset;
        let packet = &bytes[14..];
        if random(7) > 0 || packet.len() < 100 {
            pcap.frame(at, &bytes);
            continue;
        }
        let address = |at: usize| packet[at..at + 4].try_into().unwrap();
        let ip = Ipv4 { identification: n as u16, ..Ipv4::new(address(12), address(16), 6) };
        let mut pieces = ip.fragments(&packet[20..], 64);
        if random(2) == 0 {
            pieces.reverse();
        }
        if random(9) == 0 {
            pieces.pop();
        }
        for piece in pieces {
            pcap.frame(at, &ethernet(ETHERTYPE_IPV4, &piece));
        }
    }
    let mut config = Config { partitions: 4, ..Config::default() };
    config.tcp.limits.connections = 6;
    config.tcp.limits.idle_ns = Some(30_000_000_000);
    config.tcp.limits.half_open_ns = Some(5_000_000_000);
    config.tcp.limits.half_closed_ns = Some(10_000_000_000);
    config.tcp.measure = if seed.is_multiple_of(3) { Measure::Series } else { Measure::Sketch };
    config.tcp.overlap = if seed.is_multiple_of(2) { Overlap::Linux } else { Overlap::First };
    config.check_checksums = true;
    (pcap.bytes(), config)
}

#[test]
fn threads_and_blocks_make_no_difference_to_clocks_and_bounds() {
    let (mut evicted, mut datagrams, mut timeouts, mut exchanges, mut messages) = (0, 0, 0, 0, 0);
    for seed in 1..=12 {
        let (capture, config) = eventful(seed);
        let (want, summary, _) = trace(&capture, &config, 4096, false);
        evicted += summary.counts.evicted;
        datagrams += summary.run.datagrams;
        exchanges += summary.counts.exchanges;
        messages += summary.counts.messages;
        timeouts += want.matches("kind: Timeout").count();
        for threads in [1, 2, 3, 8] {
            let config = Config { threads, ..config.clone() };
            for frames in [1, 3, 1000] {
                let (got, run, _) = trace(&capture, &config, frames, false);
                assert!(got == want, "seed {seed}, {threads} threads, blocks of {frames}");
                assert_eq!(run.ledger, summary.ledger);
                assert!(run.blocks >= summary.run.packets.div_ceil(frames as u64));
            }
            let slowly = Box::new(Slowly(Cursor::new(capture.clone()), 777));
            assert!(
                run_reader(slowly, &config, None).output == want,
                "seed {seed}, a pipe, {threads} threads"
            );
        }
    }
    assert!(evicted > 100, "{evicted} evictions");
    assert!(datagrams > 100, "{datagrams} datagrams put together");
    assert!(timeouts > 50, "{timeouts} time-outs");
    assert!(exchanges > 1_000, "{exchanges} exchanges");
    assert!(messages > 100, "{messages} WebSocket messages");
}

#[test]
fn a_worker_that_panics_ends_the_run_with_an_error() {
    struct Panics(usize);
    impl Handler for Panics {
        fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
            if let Event::Exchange(exchange) = event {
                assert!(exchange.index() < 6, "injected");
                out.emit(|line| line.push(b'x'));
                self.0 += 1;
            }
        }
    }
    for threads in [2, 3, 8] {
        let config = Config { threads, ..Config::default() };
        let mut pipeline = Pipeline::new(&config, |_| Panics(0));
        let reader = Box::new(Cursor::new(many_connections()));
        let mut source = FileSource::from_reader_with("test".into(), reader, &FileOptions::default(), false);
        let pool = PoolConfig { frames_per_block: 10, ..PoolConfig::default() };
        let mut output = Vec::new();
        match pipeline.run(&mut source, pool, &mut output, || false) {
            Err(RunError::Worker(reason)) => assert!(reason.contains("injected"), "{reason}"),
            other => panic!("{threads} threads: {other:?}"),
        }
        assert!(!output.is_empty(), "what was whole before is on the output");
    }
}

#[test]
fn an_error_in_the_middle_comes_behind_everything_before_it() {
    let mut capture = demo();
    let whole = trace(&capture, &Config::default(), 4096, false).0;
    let len = capture.len();
    capture.truncate(len / 2);
    capture.extend_from_slice(&[0xff; 64]);
    let want = trace(&capture, &Config::default(), 4096, false).0;
    assert!(want.lines().count() > 20 && want.len() < whole.len());
    for threads in [2, 3, 8] {
        let config = Config { threads, ..Config::default() };
        assert!(trace(&capture, &config, 7, false).0 == want, "{threads} threads");
    }
}

#[test]
fn a_pool_of_one_block_is_enough() {
    let capture = demo();
    let want = trace(&capture, &Config::default(), 4096, false).0;
    for blocks in [1, 2, 3, 4, 5] {
        for threads in [1, 2, 3] {
            let mut pipeline =
                Pipeline::new(&Config { threads, ..Config::default() }, |_| support::Everything);
            let reader = Box::new(Cursor::new(capture.clone()));
            let mut source =
                FileSource::from_reader_with("test".into(), reader, &FileOptions::default(), false);
            let pool = PoolConfig { blocks, frames_per_block: 10, ..PoolConfig::default() };
            let mut output = Vec::new();
            pipeline.run(&mut source, pool, &mut output, || false).unwrap();
            pipeline.finish(&mut output).unwrap();
            assert!(pipeline.summary().blocks > 40);
            assert!(String::from_utf8(output).unwrap() == want, "{blocks} blocks, {threads} threads");
        }
    }
}

/// Counts the blocks that were filled.
struct Counting<S>(S, Arc<AtomicU64>);

impl<S: Source> Source for Counting<S> {
    fn fill(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.fill(block)
    }

    fn may_wait(&self) -> bool {
        self.0.may_wait()
    }

    fn stats(&self) -> CaptureStats {
        self.0.stats()
    }

    fn notes(&mut self) -> std::vec::Drain<'_, Note> {
        self.0.notes()
    }
}

/// Takes its time, like a pipe whose reader is slow.
struct Stalled {
    filled: Arc<AtomicU64>,
    writes: u64,
    most_ahead: u64,
}

impl Write for Stalled {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.writes += 1;
        // The reading thread is here: nothing is read until this returns.
        self.most_ahead = self.most_ahead.max(self.filled.load(Ordering::Relaxed) - (self.writes - 1));
        std::thread::sleep(Duration::from_millis(5));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_slow_output_slows_the_reading() {
    let capture = many_connections();
    for threads in [1, 2, 8] {
        let filled = Arc::new(AtomicU64::new(0));
        let reader = Box::new(Cursor::new(capture.clone()));
        let source = FileSource::from_reader_with("test".into(), reader, &FileOptions::default(), false);
        let mut source = Counting(source, Arc::clone(&filled));
        let mut output = Stalled { filled, writes: 0, most_ahead: 0 };
        let mut pipeline = Pipeline::new(&Config { threads, ..Config::default() }, |_| support::Everything);
        let pool = PoolConfig { frames_per_block: 100, ..PoolConfig::default() };
        pipeline.run(&mut source, pool, &mut output, || false).unwrap();
        let silent = pipeline.summary().blocks - output.writes;
        assert!(silent < 10, "most blocks have something to write");
        assert!(output.most_ahead <= 8 + silent, "{} blocks ahead, {threads} threads", output.most_ahead);
    }
}
