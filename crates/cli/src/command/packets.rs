//! `wiretrace packets`

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use wiretrace_capture::{BlockPool, Error, Fill, PoolConfig, Source};
use wiretrace_pipeline::RunError;
use wiretrace_render::{Detail, Options, Packet, PacketPrinter, TimeStyle};

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
        left: args.count.unwrap_or(u64::MAX),
        next: 1,
        output: &mut output,
        stop: &stop,
    };
    let mut outcome = Outcome::Done;
    for file in &args.files {
        match printing.file(file) {
            Ok(()) => {}
            Err(error @ RunError::Output(_)) => return super::failed(&error),
            Err(error) => {
                say(&error.to_string());
                outcome = Outcome::Failed;
            }
        }
        if printing.is_over() {
            break;
        }
    }
    let forgotten = printing.printer.forgotten_connections();
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
    printer: PacketPrinter,
    buffer: Vec<u8>,
    pool: BlockPool,
    /// Packets that may still be printed.
    left: u64,
    /// The next packet's number: files are numbered as one run.
    next: u64,
    output: &'a mut dyn Write,
    stop: &'a AtomicBool,
}

impl Printing<'_> {
    fn file(&mut self, file: &Path) -> Result<(), RunError> {
        let mut source = super::open(file).map_err(RunError::Capture)?;
        let result = self.source(&mut source);
        // A reader that has had enough does not want to hear about the rest.
        if !matches!(result, Err(RunError::Output(_))) {
            for note in source.notes() {
                say(&note.to_string());
            }
        }
        result
    }

    fn is_over(&self) -> bool {
        self.left == 0 || self.stop.load(Ordering::Relaxed)
    }

    /// Prints what the source gives, block by block: each block's lines are written before the next one is filled, so
    /// that nothing waits behind a quiet pipe or interface, and what came before an error is there.
    fn source(&mut self, source: &mut dyn Source) -> Result<(), RunError> {
        while !self.is_over() {
            let mut builder = self.pool.lease();
            let filled: Result<Fill, Error> = source.fill(&mut builder);
            let block = builder.seal();
            let first = self.next;
            for (index, frame) in block.frames().enumerate() {
                if self.left == 0 {
                    break;
                }
                self.left -= 1;
                let number = first + index as u64;
                self.next = number + 1;
                let packet = Packet {
                    number,
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
            self.write()?;
            self.output.flush().map_err(RunError::Output)?;
            match filled.map_err(RunError::Capture)? {
                Fill::End => break,
                Fill::Ready | Fill::Idle => {}
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
