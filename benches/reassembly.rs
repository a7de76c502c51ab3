//! Looking up a segment's connection and handing on its bytes, one by one, in batches and
//! with the records fetched ahead, at 1 to 100,000 connections; and out of order.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use wiretrace_tcp::{Connection, Event, Flags, FlowKey, FlowTable, Half, Limits, Segment, Sink};
use wiretrace_testkit::split::Rng;

const PAYLOAD: [u8; 64] = [b'p'; 64];
const CONNECTIONS: [usize; 3] = [1, 1_000, 100_000];

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
    round: Vec<(FlowKey, Segment<'static>)>,
    clock: u64,
}

impl Load {
    fn new(connections: usize) -> Self {
        let limits = Limits { connections: connections * 2, ..Limits::default() };
        let mut load =
            Load { table: FlowTable::new(limits), count: Count::default(), round: Vec::new(), clock: 0 };
        let mut handshakes = Vec::new();
        for i in 0..connections {
            let client = [10, (i >> 16) as u8, (i >> 8) as u8, i as u8];
            let (key, half) = FlowKey::from_v4(client, 40_000, [192, 0, 2, 1], 80);
            let segment = |half: Half, flags, seq, ack| Segment {
                half,
                at: 0,
                clock: 0,
                frame: 1,
                seq,
                ack,
                flags,
                window: 1000,
                payload: &[],
                payload_len: 0,
            };
            handshakes.push((key, segment(half, Flags::SYN, 99, 0)));
            handshakes.push((key, segment(!half, Flags::SYN | Flags::ACK, 499, 100)));
            handshakes.push((key, segment(half, Flags::ACK, 100, 500)));
            let mut data = segment(!half, Flags::ACK, 500, 100);
            (data.payload, data.payload_len) = (&PAYLOAD, PAYLOAD.len() as u32);
            load.round.push((key, data));
        }
        load.table.push_batch(&handshakes, &mut load.count);
        assert_eq!(load.table.len(), connections);
        // Not in the order in which the connections began, which is that of their records in memory.
        Rng::new(7).shuffle(&mut load.round);
        // So that a round takes long enough to be timed.
        while load.round.len() < 1000 {
            let (key, mut data) = load.round[load.round.len() - 1];
            data.seq += data.payload_len;
            load.round.push((key, data));
        }
        load
    }

    /// Times `iterations` rounds; between them the segments go on, which is not timed.
    fn time(
        &mut self,
        iterations: u64,
        push: impl Fn(&mut FlowTable<()>, &[(FlowKey, Segment<'_>)], &mut Count),
    ) -> Duration {
        let mut total = Duration::ZERO;
        let step = (self.round.len() / self.table.len()) as u32 * PAYLOAD.len() as u32;
        for _ in 0..iterations {
            let before = self.count.bytes;
            let start = Instant::now();
            push(&mut self.table, &self.round, &mut self.count);
            total += start.elapsed();
            assert_eq!(self.count.bytes - before, (self.round.len() * PAYLOAD.len()) as u64);
            for (_, segment) in &mut self.round {
                self.clock += 1000;
                segment.clock = self.clock;
                segment.seq = segment.seq.wrapping_add(step);
            }
        }
        assert_eq!(self.table.stats().ended, 0);
        total
    }
}

fn one_by_one(table: &mut FlowTable<()>, round: &[(FlowKey, Segment<'_>)], count: &mut Count) {
    for (key, segment) in round {
        table.push(key, segment, count);
    }
}

fn in_batches(table: &mut FlowTable<()>, round: &[(FlowKey, Segment<'_>)], count: &mut Count) {
    for batch in round.chunks(32) {
        table.push_batch(batch, count);
    }
}

/// As the pipeline does, which does something of its own between two segments.
fn warmed(table: &mut FlowTable<()>, round: &[(FlowKey, Segment<'_>)], count: &mut Count) {
    for batch in round.chunks(32) {
        table.warm(batch.iter().map(|(key, _)| *key));
        one_by_one(table, batch, count);
    }
}

fn main() {
    let mut criterion: Criterion = wiretrace_benches::criterion();
    let mut group = criterion.benchmark_group("tcp/in-order");
    for connections in CONNECTIONS {
        let mut load = Load::new(connections);
        group.throughput(Throughput::Elements(load.round.len() as u64));
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
    group.finish();

    // Of each pair of segments the second comes first: it is held, and handed on behind the first.
    let mut group = criterion.benchmark_group("tcp/out-of-order");
    let mut load = Load::new(1);
    load.round.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
    group.throughput(Throughput::Elements(load.round.len() as u64));
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
