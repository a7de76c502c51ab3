//! The output is the same for any number of threads, any block size, file or pipe.

mod support;

use std::collections::HashSet;
use std::io::Cursor;
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use support::{Slowly, corpus, demo, render, run_reader};
use wiretrace_capture::{FileOptions, FileSource, PoolConfig};
use wiretrace_pipeline::{Config, Emitter, Event, Handler, Pipeline, RunError};
use wiretrace_testkit::build::Pcap;
use wiretrace_testkit::wire::{Conversation, merge};

/// Renders everything, and notes on which thread it was asked to.
struct Noting(Arc<Mutex<HashSet<ThreadId>>>);

impl Handler for Noting {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        self.0.lock().unwrap().insert(std::thread::current().id());
        out.emit(|line| line.extend_from_slice(render(event).as_bytes()));
    }
}

/// Output, blocks, and the threads that worked.
fn trace(capture: &[u8], threads: usize, frames_per_block: usize) -> (String, u64, usize) {
    let seen = Arc::new(Mutex::new(HashSet::new()));
    let config = Config { threads, ..Config::default() };
    let mut pipeline = Pipeline::new(&config, |_| Noting(Arc::clone(&seen)));
    let reader = Box::new(Cursor::new(capture.to_vec()));
    let pool = PoolConfig { frames_per_block, ..PoolConfig::default() };
    let mut output = Vec::new();
    let mut source = FileSource::from_reader_with("test".into(), reader, &FileOptions::default(), false);
    match pipeline.run(&mut source, pool, &mut output, || false) {
        Ok(()) | Err(RunError::Capture(_)) => {}
        Err(error) => panic!("{error}"),
    }
    // The end of all input is served by threads of its own.
    let threads = seen.lock().unwrap().len();
    pipeline.finish(&mut output).unwrap();
    let summary = pipeline.summary();
    assert!(summary.ledger.is_exact());
    (String::from_utf8(output).unwrap(), summary.blocks, threads)
}

/// 500 connections of several exchanges, some with losses, resets and swaps, minutes apart.
fn many_connections() -> Vec<u8> {
    let frames = (0..500u16).map(|n| {
        let mut c = Conversation::new();
        c.port(1_000 + n).wait(i64::from(n) * 700).syn();
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
    let (want, _, threads) = trace(&capture, 1, 4096);
    assert_eq!(threads, 1);
    assert!(want.lines().count() > 3_000);
    for threads in [1, 2, 3, 8] {
        for frames in [1, 3, 1000, 4096] {
            let (got, blocks, worked) = trace(&capture, threads, frames);
            assert!(got == want, "{threads} threads, blocks of {frames}");
            // The reading thread serves partitions with one and two threads only.
            assert_eq!(worked, if threads < 3 { threads } else { threads - 1 }, "of {threads} threads");
            if frames == 1 {
                assert!(blocks > 5_000, "{blocks} blocks");
            }
        }
    }
    for threads in [1, 2, 3] {
        let slowly = Box::new(Slowly(Cursor::new(capture.clone()), 4_321));
        let run = run_reader(slowly, &Config { threads, ..Config::default() }, None);
        assert!(run.output == want, "a pipe, {threads} threads");
    }
}

#[test]
fn threads_make_no_difference_on_the_corpus() {
    let Some(files) = corpus() else { return };
    let mut most = 0;
    for file in files {
        let capture = std::fs::read(&file).unwrap();
        let (want, _, _) = trace(&capture, 1, 4096);
        for (threads, frames) in [(2, 1), (2, 4096), (3, 3), (8, 1000)] {
            let (got, _, worked) = trace(&capture, threads, frames);
            assert!(got == want, "{}: {threads} threads, blocks of {frames}", file.display());
            most = most.max(worked);
        }
    }
    assert_eq!(most, 7, "all workers of 8 threads worked");
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
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pipeline.run(&mut source, pool, &mut output, || false)
        }));
        match result {
            Ok(Err(RunError::Worker(reason))) => assert!(reason.contains("injected"), "{reason}"),
            // With two threads the reading one serves partitions, too, and its panic is the caller's.
            Err(_) if threads == 2 => {}
            other => panic!("{threads} threads: {other:?}"),
        }
        assert!(!output.is_empty(), "what was whole before is on the output");
    }
}

#[test]
fn an_error_in_the_middle_comes_behind_everything_before_it() {
    let mut capture = demo();
    let whole = trace(&capture, 1, 4096).0;
    let len = capture.len();
    capture.truncate(len / 2);
    capture.extend_from_slice(&[0xff; 64]);
    let want = trace(&capture, 1, 4096).0;
    assert!(want.lines().count() > 20 && want.len() < whole.len());
    for threads in [2, 3, 8] {
        assert!(trace(&capture, threads, 7).0 == want, "{threads} threads");
    }
}

#[test]
fn a_pool_of_one_block_is_enough() {
    let capture = demo();
    let want = trace(&capture, 1, 4096).0;
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
