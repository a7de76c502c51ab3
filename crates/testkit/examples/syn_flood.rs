//! Writes a capture of a SYN flood to standard output: `syn_flood SYNS [PER-SECOND]`, by default 100,000 a second.

use std::error::Error;
use std::io::{BufWriter, Write};

use wiretrace_testkit::build::{LINK_ETHERNET, Pcap};
use wiretrace_testkit::{flood, wire};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().ok_or("usage: syn_flood SYNS [PER-SECOND]")?.parse()?;
    let rate: i64 = arguments.next().map_or(Ok(100_000), |rate| rate.parse())?;
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    out.write_all(&Pcap::new(LINK_ETHERNET).nanoseconds().bytes())?;
    for (at, frame) in flood::syns(wire::START, 1_000_000_000 / rate.max(1)).take(count) {
        for number in [at / 1_000_000_000, at % 1_000_000_000, frame.len() as i64, frame.len() as i64] {
            out.write_all(&(number as u32).to_le_bytes())?;
        }
        out.write_all(&frame)?;
    }
    out.flush()?;
    Ok(())
}
