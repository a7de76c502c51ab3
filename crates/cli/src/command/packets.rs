//! `wiretrace packets`

use std::io::{self, Write};

use wiretrace_capture::{BlockPool, Fill, PoolConfig, Source};
use wiretrace_pipeline::{RunError, Summary};
use wiretrace_render::{Detail, Options, Packet, PacketPrinter, TimeStyle};

use super::Runner;
use crate::args::packets::{self, Packets};
use crate::exit::Outcome;
use crate::messages::{count, say};
use crate::render::time::local_offset;

/// The output of a block is written in one piece, and where it grows beyond this, in pieces.
const BUFFER: usize = 1 << 20;

pub(crate) fn run(args: &Packets) -> Outcome {
    let stop = super::stop_on_interrupt();
    let mut output = io::stdout().lock();
    let mut printing = Printing {
        printer: PacketPrinter::new(options(args), local_offset()),
        buffer: Vec::with_capacity(BUFFER),
        pool: BlockPool::new(PoolConfig { blocks: 1, ..PoolConfig::default() }),
    };
    let json = args.output.json;
    let outcome = match super::read(&args.input, json, &mut printing, &mut output, &stop, None) {
        Ok(outcome) => outcome,
        Err(error) => return super::failed(&error),
    };
    let printer = &printing.printer;
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

struct Printing {
    printer: PacketPrinter,
    buffer: Vec<u8>,
    pool: BlockPool,
}

impl Runner for Printing {
    /// Prints what the source gives, block by block: each block's lines are written before the next one is filled, so
    /// that nothing waits behind a quiet pipe or interface, and what came before an error is there.
    fn run(
        &mut self,
        source: &mut dyn Source,
        output: &mut dyn Write,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), RunError> {
        while !stop() {
            let mut builder = self.pool.lease();
            let filled = source.fill(&mut builder);
            let block = builder.seal_owned();
            for frame in block.selected() {
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
                    self.write(output)?;
                }
            }
            if !self.buffer.is_empty() {
                self.write(output)?;
                output.flush().map_err(RunError::Output)?;
            }
            if filled.map_err(RunError::Capture)? == Fill::End {
                break;
            }
        }
        Ok(())
    }

    fn summary(&self) -> Option<Summary> {
        None
    }
}

impl Printing {
    fn write(&mut self, output: &mut dyn Write) -> Result<(), RunError> {
        let result = output.write_all(&self.buffer).map_err(RunError::Output);
        self.buffer.clear();
        result
    }
}
