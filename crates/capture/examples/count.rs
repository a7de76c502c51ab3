//! Counts the frames and bytes of capture files: `count FILE..`, or of standard input: `count -`.

use std::path::Path;
use std::process::ExitCode;

use wiretrace_capture::{BlockPool, Error, FileOptions, FileSource, Fill, PoolConfig, Source};

fn count(name: &str, pool: &BlockPool) -> Result<(), Error> {
    let options = FileOptions::default();
    let mut source = match name {
        "-" => FileSource::stdin(&options)?,
        _ => FileSource::open(Path::new(name), &options)?,
    };
    let mut blocks = 0;
    let result = loop {
        let mut builder = pool.lease();
        match source.fill(&mut builder) {
            // The block is sealed for one owner, looked at, and goes home to the pool.
            Ok(fill) => {
                blocks += u32::from(!builder.seal_owned().is_empty());
                if fill == Fill::End {
                    break Ok(());
                }
            }
            Err(error) => break Err(error),
        }
    };
    for note in source.notes() {
        eprintln!("{note}");
    }
    let stats = source.stats();
    println!(
        "{name}: {} frames, {} bytes, {} lost, {blocks} blocks",
        stats.frames, stats.captured_bytes, stats.dropped
    );
    result
}

fn main() -> ExitCode {
    let pool = BlockPool::new(PoolConfig { blocks: 1, ..PoolConfig::default() });
    let mut exit = ExitCode::SUCCESS;
    for name in std::env::args().skip(1) {
        if let Err(error) = count(&name, &pool) {
            eprintln!("{error}");
            exit = ExitCode::FAILURE;
        }
    }
    exit
}
