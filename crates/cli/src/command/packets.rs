//! `wiretrace packets`

use std::cell::Cell;
use std::io::{self, Write};
use std::sync::atomic::Ordering;

use wiretrace_capture::{BlockPool, Fill, PoolConfig, Source};
use wiretrace_pipeline::RunError;
use wiretrace_render::{Detail, Options, Packet, PacketPrinter, TimeStyle};

use super::inputs;
use crate::args::packets::{self, Packets};
use crate::exit::Outcome;
use crate::messages::{count, say};
use crate::render::time::local_offset;

/// The output of a block is written in one piece, and where it grows beyond this, in pieces.
const BUFFER: usize = 1 << 20;

pub(crate) fn run(args: &Packets) -> Outcome {
    if let Err(outcome) = inputs::check(&args.files) {
        return outcome;
    }
    let stop = super::stop_on_interrupt();
    let mut output = io::stdout().lock();
    let mut printer = PacketPrinter::new(options(args), local_offset());
    let mut printing = Printing {
        printer: &mut printer,
        buffer: Vec::with_capacity(BUFFER),
        pool: BlockPool::new(PoolConfig { blocks: 1, ..PoolConfig::default() }),
        output: &mut output,
    };
    // Asked by the loops here and in the set of files, which both end with the last packet wanted.
    let left = Cell::new(args.count.unwrap_or(u64::MAX));
    let is_over = || left.get() == 0 || stop.load(Ordering::Relaxed);
    let result = inputs::each(&args.files, is_over, |source| printing.source(source, &left, is_over));
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(error) => return super::failed(&error),
    };
    let forgotten = printer.forgotten_connections();
    if forgotten > 0 {
        say(&format!(
            "{} forgotten, as the table of {} was full: their relative sequence numbers began anew",
            count(forgotten, "connection", "connections"),
            wiretrace_render::CONNECTIONS
        ));
    }
    outcome
}

fn options(args: &Packets) -> Options {
    let detail = match (args.output.json, args.verbose) {
        (true, _) => Detail::Json,
        (false, true) => Detail::Tree,
        (false, false) => Detail::Line,
    };
    let time = match args.time {
        packets::TimeStyle::Local => TimeStyle::Local,
        packets::TimeStyle::Ns => TimeStyle::Nanos,
        packets::TimeStyle::Utc => TimeStyle::Utc,
        packets::TimeStyle::Relative => TimeStyle::Relative,
        packets::TimeStyle::Delta => TimeStyle::Delta,
        packets::TimeStyle::Epoch => TimeStyle::Epoch,
    };
    Options {
        detail,
        hex: args.hex,
        time,
        link: !args.no_link,
        absolute_sequence: args.absolute_seq,
        colors: args.output.colors(),
    }
}

struct Printing<'a> {
    printer: &'a mut PacketPrinter,
    buffer: Vec<u8>,
    pool: BlockPool,
    output: &'a mut dyn Write,
}

impl Printing<'_> {
    /// Prints what the source gives, block by block: each block's lines are written before the next one is filled, so
    /// that nothing waits behind a quiet pipe or interface, and what came before an error is there.
    fn source(
        &mut self,
        source: &mut dyn Source,
        left: &Cell<u64>,
        is_over: impl Fn() -> bool,
    ) -> Result<(), RunError> {
        while !is_over() {
            let mut builder = self.pool.lease();
            let filled = source.fill(&mut builder);
            let block = builder.seal();
            let wanted = usize::try_from(left.get()).unwrap_or(usize::MAX).min(block.len());
            for frame in block.frames().take(wanted) {
                let packet = Packet {
                    number: frame.number,
                    at: frame.at.as_nanos(),
                    interface: frame.interface,
                    link_type: frame.link_type.0,
                    wire_len: frame.wire_len,
                    data: frame.data,
                };
                self.printer.print(&mut self.buffer, &packet);
                if self.buffer.len() >= BUFFER {
                    self.write()?;
                }
            }
            left.set(left.get() - wanted as u64);
            self.write()?;
            self.output.flush().map_err(RunError::Output)?;
            if filled.map_err(RunError::Capture)? == Fill::End {
                break;
            }
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), RunError> {
        let result = self.output.write_all(&self.buffer).map_err(RunError::Output);
        self.buffer.clear();
        result
    }
}
