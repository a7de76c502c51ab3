//! Twice the packets make no more allocations, but for one a block; and no payload byte is copied in order.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Cursor;
use std::sync::atomic::{AtomicU64, Ordering};

use wiretrace_capture::{FileOptions, FileSource, PoolConfig};
use wiretrace_pipeline::{Config, Emitter, Event, Handler, Pipeline, Summary};
use wiretrace_testkit::build::Pcap;
use wiretrace_testkit::wire::{Conversation, merge};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: hands every call on to the system's allocator; the count has no effect on memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are those of `System::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those of `System::dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are those of `System::realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Lines(u64);

impl Handler for Lines {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        if let Event::Exchange(exchange) = event {
            self.0 += 1;
            let request = exchange.request().unwrap();
            out.emit(|line| {
                line.extend_from_slice(request.method());
                line.extend_from_slice(request.target());
                line.push(b'\n');
            });
        }
    }
}

/// `rounds` keep-alive exchanges on each of 300 connections, interleaved.
fn capture(rounds: usize) -> Vec<u8> {
    let body = vec![b'x'; 2_000];
    let response = [
        &b"HTTP/1.1 200 OK\r\nServer: test\r\nContent-Type: text/plain\r\nContent-Length: 2000\r\n\r\n"[..],
        &body,
    ]
    .concat();
    let chunked =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
    let conversations = (0..300u16).map(|n| {
        let mut conversation = Conversation::new();
        conversation.port(10_000 + n).at(i64::from(n) * 1_000).syn();
        for round in 0..rounds {
            conversation.client(b"GET /some/where HTTP/1.1\r\nHost: example.test\r\nAccept: */*\r\n\r\n");
            conversation.server(if round % 2 == 0 { &response } else { chunked });
        }
        conversation.frames()
    });
    let mut pcap = Pcap::new(1);
    pcap.frames(&merge(conversations));
    pcap.bytes().to_vec()
}

/// Allocations from the first block to the last.
fn count(capture: Vec<u8>) -> (u64, Summary) {
    let mut pipeline = Pipeline::new(&Config::default(), |_| Lines(0));
    let mut source =
        FileSource::from_reader("test".into(), Box::new(Cursor::new(capture)), &FileOptions::default())
            .unwrap();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    pipeline.run(&mut source, PoolConfig::default(), &mut std::io::sink(), || false).unwrap();
    let after = ALLOCATIONS.load(Ordering::Relaxed);
    pipeline.finish(&mut std::io::sink()).unwrap();
    let summary = pipeline.summary();
    assert!(summary.ledger.is_exact());
    (after - before, summary)
}

#[test]
fn twice_the_packets_allocate_once_a_block_more() {
    let (once, twice) = (capture(20), capture(40));
    let (first, one) = count(once);
    let (second, two) = count(twice);
    assert_eq!(one.counts.exchanges, 300 * 20);
    assert_eq!(two.counts.exchanges, 300 * 40);
    assert!(two.blocks > one.blocks + 10, "{} and {} blocks", one.blocks, two.blocks);
    let (more, blocks) = (second.saturating_sub(first), two.blocks - one.blocks);
    eprintln!(
        "{} packets: {first} allocations; {} packets: {second}; {blocks} blocks more",
        one.run.packets, two.run.packets
    );
    assert!(more <= blocks, "{more} allocations more for {blocks} blocks more");
    assert_eq!(two.counts.copied_payload_bytes, 0);
    assert!(two.counts.copied_head_bytes > 0, "the heads of open exchanges are copied once, and counted");
    assert!(two.counts.copied_head_bytes < two.ledger.exchanges);
}
