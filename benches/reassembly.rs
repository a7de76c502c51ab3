//! Looking up a segment's connection and handing on its bytes, one by one, in batches and
//! with the records fetched ahead as the pipeline does, at 1 to 1,000,000 connections; measured, too; and out of order.
//! At its start it prints what an idle connection costs in memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use wiretrace_tcp::{
    Config, Connection, Event, Flags, FlowKey, FlowTable, Half, Hint, Limits, Measure, Segment, Sink,
};
use wiretrace_testkit::split::Rng;

const PAYLOAD: [u8; 64] = [b'p'; 64];
/// Segments that are handed over together.
const BATCH: usize = 32;
const CONNECTIONS: [usize; 4] = [1, 1_000, 100_000, 1_000_000];

/// The system's allocator; counts the bytes in use.
struct Counting;

static ALLOCATED: AtomicI64 = AtomicI64::new(0);

// SAFETY: every call goes to the system's allocator as it is; only a counter is touched besides.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size() as i64, Relaxed);
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Counts what is handed on.
#[derive(Default)]
struct Count {
    bytes: u64,
}

impl Sink<()> for Count {
    fn event(&mut self, _: &mut Connection<()>, event: Event<'_>) {
        if let Event::Data { bytes, .. } = event {
            self.bytes += bytes.len() as u64;
        }
    }
}

/// One segment for each connection, in an order that no cache can foresee; 1,000 segments at least.
struct Load {
    table: FlowTable<()>,
    count: Count,
    connections: usize,
    /// The connections' numbers, in the order of their segments.
    order: Vec<u32>,
    /// The sequence number that each connection has come to, and the clock.
    seq: u32,
    clock: u64,
    /// Each second segment comes before the one in front of it.
    swapped: bool,
}

/// The key of a connection, and its client's half.
fn key(connection: u32) -> (FlowKey, Half) {
    let [_, high, middle, low] = connection.to_be_bytes();
    FlowKey::from_v4([10, high, middle, low], 40_000, [192, 0, 2, 1], 80)
}

impl Load {
    fn new(connections: usize, measure: Measure) -> Self {
        let limits = Limits { connections: connections * 2, ..Limits::default() };
        let table = FlowTable::new(Config { limits, measure, ..Config::default() });
        let mut count = Count::default();
        let mut load = Load {
            table,
            count: Count::default(),
            connections,
            order: Vec::new(),
            seq: 500,
            clock: 0,
            swapped: false,
        };
        for connection in 0..connections as u32 {
            let (key, half) = key(connection);
            let mut push = |half: Half, flags, seq, ack| {
                let (frame, window, header_len) = (1, 1000, 40);
                let segment =
                    Segment { half, frame, seq, ack, flags, window, header_len, ..Segment::default() };
                load.table.push(&key, &segment, &mut count);
            };
            push(half, Flags::SYN, 99, 0);
            push(!half, Flags::SYN | Flags::ACK, 499, 100);
            push(half, Flags::ACK, 100, 500);
        }
        assert_eq!(load.table.len(), connections);
        // Not in the order in which the connections began, which is that of their records in memory.
        load.order = (0..connections as u32).collect();
        Rng::new(7).shuffle(&mut load.order);
        // So that a round takes long enough to be timed.
        while load.order.len() < 1000 {
            load.order.extend_from_within(..connections);
        }
        load
    }

    /// Times `iterations` rounds. A batch's segments are made where they are used, as the pipeline reads them off frames
    /// that it has in the cache: nothing but the table's own memory is far away.
    fn time(
        &mut self,
        iterations: u64,
        push: impl Fn(&mut FlowTable<()>, &[(FlowKey, Segment<'_>)], &mut Count),
    ) -> Duration {
        let start = Instant::now();
        let before = self.count.bytes;
        let len = PAYLOAD.len() as u32;
        for _ in 0..iterations {
            let mut batch = [(key(0).0, Segment::default()); BATCH];
            for (at, part) in self.order.chunks(BATCH).enumerate() {
                for (place, ((slot, segment), &connection)) in batch.iter_mut().zip(part).enumerate() {
                    let lap = ((at * BATCH + place) / self.connections) as u32;
                    let lap = if self.swapped { lap ^ 1 } else { lap };
                    let (key, half) = key(connection);
                    self.clock += 1000;
                    *slot = key;
                    *segment = Segment {
                        half: !half,
                        clock: self.clock,
                        frame: 2,
                        seq: self.seq.wrapping_add(lap * len),
                        ack: 100,
                        flags: Flags::ACK,
                        window: 1000,
                        payload: &PAYLOAD,
                        payload_len: len,
                        header_len: 40,
                        ..Segment::default()
                    };
                }
                push(&mut self.table, &batch[..part.len()], &mut self.count);
            }
            self.seq = self.seq.wrapping_add((self.order.len() / self.connections) as u32 * len);
        }
        let total = start.elapsed();
        assert_eq!(self.count.bytes - before, iterations * (self.order.len() * PAYLOAD.len()) as u64);
        assert_eq!(self.table.stats().ended, 0);
        total
    }
}

fn one_by_one(table: &mut FlowTable<()>, batch: &[(FlowKey, Segment<'_>)], count: &mut Count) {
    for (key, segment) in batch {
        table.push(key, segment, count);
    }
}

fn in_batches(table: &mut FlowTable<()>, batch: &[(FlowKey, Segment<'_>)], count: &mut Count) {
    table.push_batch(batch, count);
}

/// As the pipeline does, which does something of its own between two segments.
fn warmed(table: &mut FlowTable<()>, batch: &[(FlowKey, Segment<'_>)], count: &mut Count) {
    let mut hints = [Hint::default(); BATCH];
    table.warm(batch.iter().map(|(key, _)| *key), &mut hints);
    for (hint, (key, segment)) in hints.into_iter().zip(batch) {
        table.push_hinted(hint, key, segment, count);
    }
}

/// The bytes that `connections` idle, established connections take, each: the table, nothing of a user's.
fn memory(connections: usize) -> f64 {
    let before = ALLOCATED.load(Relaxed);
    let load = Load::new(connections, Measure::Off);
    let of_load = load.order.capacity() * size_of::<u32>();
    let after = ALLOCATED.load(Relaxed);
    (after - before - of_load as i64) as f64 / connections as f64
}

fn main() {
    for connections in [1_000, 100_000, 1_000_000] {
        let bytes = memory(connections);
        println!("tcp/memory: {bytes:.1} bytes for each of {connections} idle connections");
        assert!(bytes <= 512.0);
    }
    let mut criterion: Criterion = wiretrace_benches::criterion();
    let mut group = criterion.benchmark_group("tcp/in-order");
    for connections in CONNECTIONS {
        let mut load = Load::new(connections, Measure::Off);
        group.throughput(Throughput::Elements(load.order.len() as u64));
        group.bench_function(format!("push-{connections}"), |bencher| {
            bencher.iter_custom(|iterations| load.time(iterations, one_by_one));
        });
        group.bench_function(format!("push_batch-{connections}"), |bencher| {
            bencher.iter_custom(|iterations| load.time(iterations, in_batches));
        });
        group.bench_function(format!("warm_push-{connections}"), |bencher| {
            bencher.iter_custom(|iterations| load.time(iterations, warmed));
        });
        assert_eq!(load.table.stats().copied_bytes, 0, "nothing is copied in order");
    }
    let mut load = Load::new(1000, Measure::Sketch);
    group.throughput(Throughput::Elements(load.order.len() as u64));
    group.bench_function("measured-1000", |bencher| {
        bencher.iter_custom(|iterations| load.time(iterations, warmed))
    });
    group.finish();

    // Of each pair of segments the second comes first: it is held, and handed on behind the first.
    let mut group = criterion.benchmark_group("tcp/out-of-order");
    let mut load = Load::new(1, Measure::Off);
    load.swapped = true;
    group.throughput(Throughput::Elements(load.order.len() as u64));
    group.bench_function("push-1", |bencher| {
        bencher.iter_custom(|iterations| load.time(iterations, one_by_one));
    });
    group.bench_function("push_batch-1", |bencher| {
        bencher.iter_custom(|iterations| load.time(iterations, in_batches));
    });
    let stats = load.table.stats();
    assert_eq!(stats.copied_bytes * 2, stats.delivered, "each second segment is held");
    group.finish();
    criterion.final_summary();
}
