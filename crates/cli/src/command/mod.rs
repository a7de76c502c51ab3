//! The commands, and what they share: reading inputs through a pipeline to standard output.

mod devices;
mod http;
mod inputs;
#[cfg(feature = "live")]
mod live;
mod packets;
mod select;
mod tcp;
mod waiting;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wiretrace_capture::{PoolConfig, Source};
use wiretrace_pipeline::{Config, Handler, Measure, Pipeline, RunError, StopReason, Summary};

use self::waiting::{Awaiting, Waiting};
use crate::args::{Args, Command, Input, Threads, Tracking};
use crate::exit::Outcome;
use crate::messages::{count, say};

/// Runs what was asked for.
pub(crate) fn run(args: &Args) -> Outcome {
    match &args.command {
        Command::Http(http) => http::run(http),
        Command::Tcp(tcp) => tcp::run(tcp),
        Command::Packets(packets) => packets::run(packets),
        Command::Devices(devices) => devices::run(devices),
    }
}

/// What a program says that was built without libpcap.
#[cfg(not(feature = "live"))]
const NO_LIVE: &str = "this program was built without live capture, capture filters and the device list: build it with \
                       libpcap's headers installed (libpcap-dev, libpcap-devel) and without --no-default-features, or \
                       give files with -r";

/// What packets are run through: a pipeline, or a printer.
trait Runner {
    /// Reads `source` to its end, or until `stop`, and writes what comes of it.
    fn run(
        &mut self,
        source: &mut dyn Source,
        output: &mut dyn Write,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), RunError>;

    /// What was seen so far; nothing where each packet shows.
    fn summary(&self) -> Option<Summary>;
}

impl<H: Handler + Send> Runner for Pipeline<H> {
    fn run(
        &mut self,
        source: &mut dyn Source,
        output: &mut dyn Write,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), RunError> {
        Pipeline::run(self, source, PoolConfig::default(), output, stop)
    }

    fn summary(&self) -> Option<Summary> {
        Some(Pipeline::summary(self))
    }
}

/// Reads everything that the input says, live or from files.
fn read(
    input: &Input,
    json: bool,
    runner: &mut impl Runner,
    output: &mut dyn Write,
    stop: &Arc<AtomicBool>,
    waiting: Option<&Waiting>,
) -> Result<Outcome, RunError> {
    if let Err(outcome) = inputs::check(&input.files) {
        return Ok(outcome);
    }
    let mut selection = match select::selection(input) {
        Ok(selection) => selection,
        Err(outcome) => return Ok(outcome),
    };
    if input.is_live() {
        live::read(input, json, &mut selection, runner, output, stop, waiting)
    } else {
        inputs::read(input, &mut selection, runner, output, stop, waiting)
    }
}

/// How a run is made and printed.
struct Trace<'a> {
    input: &'a Input,
    config: Config,
    json: bool,
    /// Requests that wait for their answer are said.
    waiting: bool,
}

/// The settings of a run.
fn config(threads: &Threads, tracking: &Tracking, measure: Measure) -> Config {
    let mut config = Config { threads: threads.number(), ..Config::default() };
    tracking.apply(&mut config);
    config.tcp.measure = measure;
    config
}

/// Reads all input as one run and writes what the handlers print; then `closing` may add to the output.
fn trace<H: Handler + Send>(
    trace: &Trace<'_>,
    mut factory: impl FnMut(usize) -> H,
    closing: impl FnOnce(&Summary, Outcome, &mut dyn Write) -> io::Result<()>,
) -> Outcome {
    let Trace { input, ref config, json, waiting } = *trace;
    let stop = stop_on_interrupt();
    let waiting = (waiting && input.may_pause()).then(Waiting::default);
    let factory = |number| Awaiting::new(factory(number), waiting.clone());
    let mut pipeline = Pipeline::new(config, factory);
    let mut output = io::stdout().lock();
    let read = read(input, json, &mut pipeline, &mut output, &stop, waiting.as_ref());
    let outcome = match read {
        Ok(Outcome::Usage) => return Outcome::Usage,
        Ok(outcome) => outcome,
        Err(error) => return failed(&error),
    };
    let end = pipeline.finish(&mut output).and_then(|()| {
        let summary = pipeline.summary();
        closing(&summary, outcome, &mut output)?;
        output.flush()?;
        Ok(summary)
    });
    match end {
        Ok(summary) => {
            if stop.load(Ordering::Relaxed) {
                say_what_was_read(&summary);
            }
            say_what_was_left_out(&summary);
        }
        Err(error) => return failed(&error),
    }
    // The program ends here: the system takes the memory back at once, piece by piece it would take longer.
    std::mem::forget(pipeline);
    outcome
}

/// A closed pipe is the reader's way of saying "enough"; anything else is a failure.
fn failed(error: &RunError) -> Outcome {
    match error {
        RunError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Done,
        RunError::Output(_) => {
            say(&format!("{error}; what was printed is incomplete"));
            Outcome::Failed
        }
        _ => {
            say(&error.to_string());
            Outcome::Failed
        }
    }
}

/// Ctrl-C ends the reading between two blocks, and what was read is printed; a second one ends at once.
fn stop_on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    // Without a handler Ctrl-C simply ends the program: nothing to report.
    let _ = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    stop
}

/// Where Ctrl-C ended the reading: how far it got.
fn say_what_was_read(summary: &Summary) {
    say(&format!(
        "stopped: {}, {}, {}",
        count(summary.run.packets, "packet", "packets"),
        count(summary.counts.connections, "TCP connection", "TCP connections"),
        count(summary.counts.exchanges, "HTTP exchange", "HTTP exchanges"),
    ));
}

/// Nothing is left out in silence.
fn say_what_was_left_out(summary: &Summary) {
    let run = &summary.run;
    if run.filtered > 0 {
        say(&format!(
            "{} of {} left out by the filter",
            run.filtered,
            count(run.packets, "packet", "packets")
        ));
    }
    let mut protocols = Vec::new();
    for &(reason, frames) in &run.unknown {
        if let StopReason::UnknownLinkType(link_type) = reason {
            let name = wiretrace_capture::LinkType(link_type).name().unwrap_or("no name known");
            let frames = count(frames, "packet", "packets");
            say(&format!("{frames} of link type {link_type} ({name}) left out: it cannot be decoded"));
        } else {
            protocols.push(format!("{reason} ({frames})"));
        }
    }
    if !protocols.is_empty() {
        say(&format!("not decoded: {}", protocols.join(", ")));
    }
    let malformed = run.malformed.saturating_sub(run.unknown_link_types());
    if malformed > 0 {
        say(&format!("{} with malformed headers", count(malformed, "packet", "packets")));
    }
    if run.bad_checksums > 0 {
        let what = count(run.bad_checksums, "packet", "packets");
        say(&format!("{what} with a wrong checksum left out"));
    }
    let counts = &summary.counts;
    let tcp = &counts.tcp;
    let holes = tcp.limit_held_bytes + tcp.limit_held_bytes_per_half + tcp.limit_held_segments;
    if holes > 0 {
        let what = count(holes, "hole", "holes");
        say(&format!("{what} given up early: the memory for out-of-order payload was full"));
    }
    if counts.round_trips_left_out > 0 {
        let what = count(counts.round_trips_left_out, "round trip", "round trips");
        say(&format!("{what} not printed: too many events waited to know who is the client"));
    }
    if counts.evicted > 0 {
        say(&format!(
            "{} closed early: the table of connections was full",
            count(counts.evicted, "connection", "connections")
        ));
    }
    if counts.exchanges_over_limit > 0 {
        say(&format!(
            "{} closed early: too many open ones on a connection",
            count(counts.exchanges_over_limit, "exchange", "exchanges")
        ));
    }
    if counts.application_over_limit > 0 {
        say(&format!(
            "{} gave up what it held: the memory for messages that are not yet whole was full",
            count(counts.application_over_limit, "connection", "connections")
        ));
    }
    if !summary.ledger.is_exact() {
        say("the ledger does not come out: please report this as a bug");
    }
}

/// Without libpcap there is nothing to capture with.
#[cfg(not(feature = "live"))]
mod live {
    use super::*;
    use wiretrace_capture::Selection;

    pub(super) fn read(
        _: &Input,
        _: bool,
        _: &mut Selection,
        _: &mut impl Runner,
        _: &mut dyn Write,
        _: &Arc<AtomicBool>,
        _: Option<&Waiting>,
    ) -> Result<Outcome, RunError> {
        say(NO_LIVE);
        Ok(Outcome::Usage)
    }
}
