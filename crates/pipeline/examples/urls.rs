//! The front door: `cargo run --example urls -- testdata/demo.pcap` prints the URLs of a capture.

use std::io::Write;
use std::path::Path;

use wiretrace_capture::{FileOptions, FileSource, PoolConfig};
use wiretrace_pipeline::{Config, Emitter, Event, Handler, Pipeline};

struct Urls;

impl Handler for Urls {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        let Event::Exchange(exchange) = event else { return };
        if let Some(request) = exchange.request() {
            let host = String::from_utf8_lossy(request.host().unwrap_or(b"-"));
            let target = String::from_utf8_lossy(request.target());
            let status = exchange.response().map_or(0, |response| response.status());
            out.emit(|line| writeln!(line, "{status:03} {host:?} {target:?}")).unwrap_or_default();
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: urls CAPTURE")?;
    let mut source = FileSource::open(Path::new(&path), &FileOptions::default())?;
    let mut pipeline = Pipeline::new(&Config::default(), |_partition| Urls);
    let mut output = std::io::stdout().lock();
    pipeline.run(&mut source, PoolConfig::default(), &mut output, || false)?;
    pipeline.finish(&mut output)?;
    Ok(())
}
