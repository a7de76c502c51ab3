//! The normal path allocates nothing and copies nothing, however many segments come.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use wiretrace_tcp::{
    Config, Connection, Event, Flags, FlowKey, FlowTable, Half, Limits, Measure, Segment, Sink,
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it is; only a thread's own counter is touched besides.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are handed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(run: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    run();
    ALLOCATIONS.with(Cell::get) - before
}

/// Counts, and keeps nothing.
#[derive(Default)]
struct Count {
    bytes: u64,
    ends: u64,
}

impl Sink<()> for Count {
    fn event(&mut self, _: &mut Connection<()>, event: Event<'_>) {
        match event {
            Event::Data { bytes, .. } => self.bytes += bytes.len() as u64,
            Event::End(_) => self.ends += 1,
            _ => {}
        }
    }
}

static PAYLOAD: [u8; 1460] = [b'x'; 1460];

fn segment(
    half: Half,
    frame: u64,
    clock: u64,
    flags: Flags,
    seq: u32,
    ack: u32,
    len: usize,
) -> Segment<'static> {
    let payload = &PAYLOAD[..len];
    let (at, payload_len) = (clock as i64, len as u32);
    Segment {
        half,
        at,
        clock,
        frame,
        seq,
        ack,
        flags,
        window: 99,
        payload,
        payload_len,
        ..Segment::default()
    }
}

fn key(n: u32) -> FlowKey {
    FlowKey::from_v4([10, 0, 0, 1], (n & 0xffff) as u16, [10, 1, (n >> 16) as u8, 2], 80).0
}

/// The `n`-th round of in-order traffic on many connections: data from A, its acknowledgement from B.
fn round(n: u64, connections: u32) -> impl Iterator<Item = (FlowKey, Segment<'static>)> {
    let seq = (n as u32).wrapping_mul(1460);
    (0..connections).flat_map(move |c| {
        let frame = n * 2 * u64::from(connections) + u64::from(c) * 2 + 1;
        let clock = n * 30_000_000;
        [
            (key(c), segment(Half::A, frame, clock, Flags::ACK, seq, 1, 1460)),
            (key(c), segment(Half::B, frame + 1, clock, Flags::ACK, 1, seq.wrapping_add(1460), 0)),
        ]
    })
}

/// Without measures, and with those of fixed size.
fn configs(limits: Limits) -> [Config; 2] {
    [Measure::Off, Measure::Sketch].map(|measure| {
        let mut config = Config::from(limits.clone());
        config.measure = measure;
        config
    })
}

#[test]
fn in_order_segments_neither_allocate_nor_copy() {
    for config in configs(Limits::default()) {
        const ROUNDS: u64 = 200;
        let mut table = FlowTable::new(config);
        let mut sink = Count::default();
        let mut feed = |rounds: std::ops::Range<u64>| {
            allocations(|| {
                for n in rounds {
                    for (key, segment) in round(n, 300) {
                        table.push(&key, &segment, &mut sink);
                    }
                }
            })
        };
        let first = feed(0..ROUNDS);
        let second = feed(ROUNDS..2 * ROUNDS);
        assert!(first > 0, "the counter counts");
        assert_eq!(second, 0, "allocations(2 N) - allocations(N)");
        assert_eq!(table.stats().copied_bytes, 0);
        assert_eq!(sink.bytes, 2 * ROUNDS * 300 * 1460);
        assert_eq!(table.stats().delivered, sink.bytes);
    }
}

#[test]
fn nor_do_batches() {
    for config in configs(Limits::default()) {
        let mut table = FlowTable::new(config);
        let mut sink = Count::default();
        let batches: Vec<Vec<_>> = (0..100).map(|n| round(n, 300).collect()).collect();
        let (warm, rest) = batches.split_at(50);
        warm.iter().for_each(|batch| table.push_batch(batch, &mut sink));
        let count = allocations(|| rest.iter().for_each(|batch| table.push_batch(batch, &mut sink)));
        assert_eq!((count, table.stats().copied_bytes), (0, 0));
        assert_eq!(sink.bytes, 100 * 300 * 1460);
    }
}

/// A connection from its SYN to its end, its second segment of data before its first.
fn life(table: &mut FlowTable<()>, sink: &mut Count, n: u64, end: Flags) {
    let (a, b, s) = (Half::A, Half::B, 1000);
    let ack = Flags::ACK;
    let steps = [
        (a, Flags::SYN, s, 0, 0),
        (b, Flags::SYN | ack, 9, s + 1, 0),
        (a, ack, s + 1, 10, 0),
        (a, ack, s + 1461, 10, 1000),
        (a, ack, s + 1, 10, 1460),
        (b, ack, 10, s + 2461, 700),
        (a, end | ack, s + 2461, 710, 0),
        (b, end | ack, 710, s + 2462, 0),
    ];
    for (at, (half, flags, seq, ack, len)) in (1..).zip(steps) {
        let segment = segment(half, n * 10 + at, n * 20_000_000, flags, seq, ack, len);
        table.push(&key(n as u32), &segment, sink);
    }
}

#[test]
fn connections_come_and_go_without_allocating() {
    let ends = [Flags::FIN, Flags::RST];
    for (end, config) in
        ends.into_iter().flat_map(|end| configs(Limits::default()).map(|config| (end, config)))
    {
        let measure = config.measure;
        let mut table = FlowTable::new(config);
        let mut sink = Count::default();
        // 50 a second, each lingering for 60 seconds: 3,000 at a time.
        (0..20_000).for_each(|n| life(&mut table, &mut sink, n, end));
        let count = allocations(|| (20_000..40_000).for_each(|n| life(&mut table, &mut sink, n, end)));
        // When the table of slots grows once more, for the entries that were taken out, depends on its secret.
        assert!(count <= 1, "{count} {end:?} {measure:?}");
        assert_eq!(sink.ends + table.len() as u64, 40_000);
        assert!((2900..3100).contains(&table.len()), "{}", table.len());
        assert_eq!(table.stats().copied_bytes, 40_000 * 1000, "only what came out of order");
        assert_eq!(sink.bytes, 40_000 * 3160);
    }
}

#[test]
fn nor_does_eviction() {
    for config in configs(Limits { connections: 100, ..Limits::default() }) {
        let mut table = FlowTable::new(config);
        let mut sink = Count::default();
        (0..5000).for_each(|n| life(&mut table, &mut sink, n, Flags(0)));
        let count = allocations(|| (5000..10_000).for_each(|n| life(&mut table, &mut sink, n, Flags(0))));
        assert_eq!((count, table.stats().evicted), (0, 9900));
    }
}
