//! One frame's headers, by kind of packet. A small and a large payload must cost the same: it is not looked at.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use wiretrace_benches::{KINDS, frames_of};
use wiretrace_decode::{Class, parse};

fn main() {
    let mut criterion: Criterion = wiretrace_benches::criterion();
    let mut group = criterion.benchmark_group("decode/parse");
    let inputs = KINDS.iter().map(|&kind| (kind, 100)).chain([("tcp", 1400)]);
    for (kind, payload) in inputs {
        let frames = frames_of(kind, payload);
        let class = if kind == "udp" { Class::NotTcp } else { Class::Tcp };
        group.throughput(Throughput::Elements(frames.len() as u64));
        group.bench_function(format!("{kind}-{payload}"), |bencher| {
            bencher.iter(|| {
                let mut payloads = 0;
                for frame in &frames {
                    let layers = black_box(parse(1, frame.len() as u32, black_box(frame)));
                    assert!(layers.class() == class);
                    payloads += layers.payload().captured_len as usize;
                }
                assert_eq!(payloads, payload * frames.len());
            });
        });
    }
    group.finish();
    criterion.final_summary();
}
