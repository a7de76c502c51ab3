//! The floor: reading a capture and walking its records. From memory, so that the disk is not measured; the copy
//! into the block is.

use std::hint::black_box;
use std::io::Cursor;
use std::sync::Arc;

use criterion::{Criterion, Throughput};
use wiretrace_benches::{captured, pcap, pcapng, plain};
use wiretrace_capture::{BlockPool, FileOptions, FileSource, Fill, PoolConfig, Source};

/// Reads a file to its end; gives the frames, and a sum that every header took part in.
fn walk(file: &Arc<[u8]>, pool: &BlockPool) -> (u64, u64) {
    let reader = Box::new(Cursor::new(Arc::clone(file)));
    let mut source =
        FileSource::from_reader("memory".into(), reader, &FileOptions::default()).expect("opens");
    let mut bytes = 0;
    loop {
        let mut builder = pool.lease();
        let fill = source.fill(&mut builder).expect("a whole capture");
        for frame in builder.seal().frames() {
            bytes += frame.data.len() as u64;
            black_box(frame.at);
        }
        if fill == Fill::End {
            return (source.stats().frames, bytes);
        }
    }
}

fn main() {
    let mut criterion: Criterion = wiretrace_benches::criterion();
    let pool = BlockPool::new(PoolConfig::default());
    let mut group = criterion.benchmark_group("capture/walk");
    // Bytes dominate in the first, records in the second.
    for (len, count) in [(1514, 8_000), (66, 100_000)] {
        let frames = plain(count, len);
        for (form, file) in [("pcap", pcap(&frames)), ("pcapng", pcapng(&frames))] {
            let file: Arc<[u8]> = file.into();
            let expected = (count as u64, captured(&frames));
            group.throughput(if len > 1000 {
                Throughput::Bytes(file.len() as u64)
            } else {
                Throughput::Elements(count as u64)
            });
            group.bench_function(format!("{form}-{len}"), |bencher| {
                bencher.iter(|| assert_eq!(walk(&file, &pool), expected));
            });
        }
    }
    group.finish();
    criterion.final_summary();
}
