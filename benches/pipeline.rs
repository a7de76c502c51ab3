//! The whole loop over captures in memory: with a handler that counts, and with one that writes a line for each
//! exchange as a program would.

use std::io::{self, Cursor, Write};
use std::sync::Arc;

use criterion::{Criterion, Throughput};
use wiretrace_benches::{bulk, captured, keep_alive, pcap};
use wiretrace_capture::{FileOptions, FileSource, PoolConfig};
use wiretrace_pipeline::{Config, Emitter, Event, Handler, Pipeline, Wants};

/// Counts exchanges and the bytes of their bodies.
#[derive(Default)]
struct Count {
    exchanges: u64,
    body_bytes: u64,
}

impl Handler for Count {
    fn event(&mut self, event: &Event<'_>, _: &mut Emitter) {
        if let Event::Exchange(exchange) = event {
            self.exchanges += 1;
            self.body_bytes += exchange.response().map_or(0, |response| response.body_bytes());
        }
    }

    fn wants(&self) -> Wants {
        Wants { tcp_events: false, fields: false, progress: false, ..Wants::default() }
    }
}

/// Writes a line for each exchange: when, who, what, and how it went.
#[derive(Default)]
struct Lines;

impl Handler for Lines {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        let Event::Exchange(exchange) = event else { return };
        let (Some(request), Some(response)) = (exchange.request(), exchange.response()) else { return };
        out.emit(|line| {
            let connection = exchange.connection();
            let _ = write!(line, "{} {} > {} ", exchange.at(), connection.client, connection.server);
            line.extend_from_slice(request.method());
            line.push(b' ');
            line.extend_from_slice(request.host().unwrap_or_default());
            line.extend_from_slice(request.target());
            let total = exchange.timing().total.unwrap_or_default() / 1_000;
            let _ = writeln!(line, " {} {} {total} us", response.status(), response.body_bytes());
        });
    }

    fn wants(&self) -> Wants {
        Wants { tcp_events: false, fields: false, progress: false, ..Wants::default() }
    }
}

/// Counts lines and throws them away.
#[derive(Default)]
struct LineCount(u64);

impl Write for LineCount {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a capture through; gives the pipeline at its end, and the lines.
fn run<H: Handler + Default + Send>(file: &Arc<[u8]>, threads: usize) -> (Pipeline<H>, u64) {
    let reader = Box::new(Cursor::new(Arc::clone(file)));
    let mut source = FileSource::from_reader_with("memory".into(), reader, &FileOptions::default(), false);
    let config = Config { threads, ..Config::default() };
    let mut pipeline = Pipeline::new(&config, |_| H::default());
    let mut output = LineCount::default();
    pipeline.run(&mut source, PoolConfig::default(), &mut output, || false).expect("a whole capture");
    pipeline.finish(&mut output).expect("nothing fails to be counted");
    (pipeline, output.0)
}

fn main() {
    let mut criterion: Criterion = wiretrace_benches::criterion();
    let mut group = criterion.benchmark_group("pipeline/run");
    let (connections, exchanges) = (50, 200);
    let kept = keep_alive(connections, exchanges);
    let bodies =
        |connection: usize| (0..exchanges).map(move |i| ((connection + i) * 100 % 1400) as u64).sum::<u64>();
    let body_bytes: u64 = (0..connections).map(bodies).sum();
    let exchanges = (connections * exchanges) as u64;
    let (file, frame_bytes): (Arc<[u8]>, u64) = (pcap(&kept).into(), captured(&kept));

    group.throughput(Throughput::Elements(exchanges));
    group.bench_function("count-keep-alive-exchanges", |bencher| {
        bencher.iter(|| {
            let (pipeline, _) = run::<Count>(&file, 1);
            let summary = pipeline.summary();
            assert!(summary.ledger.is_exact() && summary.ledger.captured == frame_bytes);
            assert_eq!((summary.counts.exchanges, summary.counts.copied_payload_bytes), (exchanges, 0));
            let counted = pipeline
                .into_handlers()
                .fold((0, 0), |sum, count| (sum.0 + count.exchanges, sum.1 + count.body_bytes));
            assert_eq!(counted, (exchanges, body_bytes));
        });
    });
    group.bench_function("lines-keep-alive-exchanges", |bencher| {
        bencher.iter(|| assert_eq!(run::<Lines>(&file, 1).1, exchanges));
    });
    // The same by frames and bytes, on several threads.
    group.throughput(Throughput::ElementsAndBytes { elements: kept.len() as u64, bytes: frame_bytes });
    for threads in [1, 2, 4] {
        group.bench_function(format!("lines-keep-alive-{threads}-threads"), |bencher| {
            bencher.iter(|| assert_eq!(run::<Lines>(&file, threads).1, exchanges));
        });
    }
    group.throughput(Throughput::Elements(kept.len() as u64));
    group.bench_function("count-keep-alive-frames", |bencher| {
        bencher.iter(|| assert_eq!(run::<Count>(&file, 1).0.summary().run.packets, kept.len() as u64));
    });

    // One download: its body is stepped over, so this is what walking and decoding its frames costs.
    let download = bulk(16 << 20);
    let file: Arc<[u8]> = pcap(&download).into();
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("count-bulk-bytes", |bencher| {
        bencher.iter(|| {
            let (pipeline, _) = run::<Count>(&file, 1);
            assert_eq!(pipeline.summary().run.packets, download.len() as u64);
            assert_eq!(pipeline.into_handlers().map(|count| count.body_bytes).sum::<u64>(), 16 << 20);
        });
    });
    group.finish();
    criterion.final_summary();
}
