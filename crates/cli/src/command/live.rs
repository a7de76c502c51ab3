//! Live captures: the loop around them, and what is said meanwhile.
//!
//! The pipeline runs until there is something to look at that needs its numbers or the output: drops that grew, or a
//! screen that stays empty. Then it goes on with the same capture.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wiretrace_capture::live::{
    InterfaceFault, InterfaceStats, LiveOptions, LiveSource, default_device, find,
};
use wiretrace_capture::{BlockBuilder, CaptureStats, Error, Fill, LinkType, Note, Selection, Source};
use wiretrace_pipeline::{RunError, Summary};

use super::Runner;
use super::select::say_filter;
use super::waiting::Waiting;
use crate::args::Input;
use crate::exit::Outcome;
use crate::messages::{count, say};
use crate::render::device;

/// How often drops are looked at.
const WATCH: Duration = Duration::from_secs(2);
/// After so long an empty screen gets its reason.
const EMPTY: Duration = Duration::from_secs(5);
/// How long what the kernel still has may take when the capture is stopped.
const LAST: Duration = Duration::from_millis(25);

/// Captures until Ctrl-C, a limit, or the end of the interface. What cannot be captured is said.
///
/// # Errors
/// Those after which nothing can be printed any more.
pub(super) fn read(
    input: &Input,
    json: bool,
    selection: &mut Selection,
    runner: &mut impl Runner,
    output: &mut dyn Write,
    stop: &Arc<AtomicBool>,
    waiting: Option<&Waiting>,
) -> Result<Outcome, RunError> {
    let mut source = match open(input) {
        Ok(source) => source,
        Err(outcome) => return Ok(outcome),
    };
    let started = Instant::now();
    let mut watch = Watch {
        stop: Arc::clone(stop),
        until: input.limits.duration.and_then(|duration| started.checked_add(duration)),
        started,
        looked: started,
        elapsed: WATCH,
        reported: source.interface_stats().cloned().collect(),
        printed: false,
        explained: false,
        closed: false,
        buffer: input.live.buffer,
    };
    let mut outcome = Outcome::Done;
    loop {
        let base = source.stats();
        let mut seen = Seen { output: &mut *output, wrote: false };
        let mut watched = Watched { source: &mut source, watch: &mut watch, waiting, base, pause: None };
        let result = if selection.is_everything() {
            runner.run(&mut watched, &mut seen, &|| false)
        } else {
            runner.run(&mut selection.over(&mut watched), &mut seen, &|| false)
        };
        let pause = watched.pause.take();
        watch.printed |= seen.wrote;
        match result {
            Ok(()) => {}
            Err(RunError::Capture(error)) => {
                say(&error.to_string());
                outcome = Outcome::Failed;
                break;
            }
            Err(error) => return Err(error),
        }
        if watch.closed {
            return Err(RunError::Output(io::ErrorKind::BrokenPipe.into()));
        }
        match pause {
            Some(Pause::Drops) => watch.say_drops(&source, json, output)?,
            Some(Pause::Empty) => {
                watch.explained = true;
                if !watch.printed {
                    explain(runner.summary(), input.limits.filter().is_some());
                }
            }
            None => break,
        }
    }
    source.refresh_stats();
    let stats = source.stats();
    say(&format!(
        "{} read; {} received, {} dropped by the kernel, {} by the interface, {} by wiretrace",
        count(stats.frames, "packet", "packets"),
        stats.received,
        stats.dropped_by_kernel,
        stats.dropped_by_interface,
        stats.dropped_by_us
    ));
    Ok(outcome)
}

/// Opens the interfaces and says so.
fn open(input: &Input) -> Result<LiveSource, Outcome> {
    let failed = |error: Error| match &error {
        Error::Interface { fault: InterfaceFault::Filter(filter), .. } => {
            say_filter(filter);
            Outcome::Usage
        }
        _ => {
            say(&error.to_string());
            Outcome::Failed
        }
    };
    let live = &input.live;
    let mut names = Vec::new();
    for wanted in &live.interfaces {
        // What is not in the list may still be known to libpcap; opening it will tell.
        let name = find(wanted).map_or_else(|_| wanted.clone(), |device| device.name);
        if names.contains(&name) {
            say(&format!("{name}: the interface is given twice"));
            return Err(Outcome::Usage);
        }
        names.push(name);
    }
    if names.len() > 1 && names.iter().any(|name| name == "any") {
        say("any stands for all interfaces: give it alone");
        return Err(Outcome::Usage);
    }
    if names.is_empty() {
        names.push(default_device().map_err(failed)?.name);
    }
    let filter = input.limits.filter();
    let options = LiveOptions {
        snaplen: live.snaplen,
        promiscuous: !live.no_promisc,
        buffer: live.buffer,
        timestamp: live.timestamp.parse().unwrap_or_default(),
        filter: filter.clone(),
        ..LiveOptions::default()
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let source = LiveSource::open(&names, &options).map_err(failed)?;
    let interfaces: Vec<String> = source.interfaces().map(|(name, link)| described(name, link)).collect();
    let filter = filter.map_or_else(String::new, |filter| format!(", filter: {filter}"));
    say(&format!("Listening on {}, snaplen {}{filter}", interfaces.join(", "), live.snaplen));
    Ok(source)
}

fn described(name: &str, link_type: LinkType) -> String {
    format!("{name} ({link_type})")
}

/// Why the pipeline was left for a moment.
enum Pause {
    /// Drops grew.
    Drops,
    /// Nothing was printed for a while.
    Empty,
}

/// What is watched while the capture runs.
struct Watch {
    stop: Arc<AtomicBool>,
    until: Option<Instant>,
    started: Instant,
    looked: Instant,
    /// How long ago that was when it was looked again.
    elapsed: Duration,
    /// The drops that were said.
    reported: Vec<InterfaceStats>,
    printed: bool,
    explained: bool,
    closed: bool,
    buffer: u32,
}

impl Watch {
    /// One line an interface whose drops grew: how many, how fast, and what to do.
    fn say_drops(&mut self, source: &LiveSource, json: bool, output: &mut dyn Write) -> io::Result<()> {
        for (now, before) in source.interface_stats().zip(&mut self.reported) {
            let kernel = now.dropped_by_kernel.saturating_sub(before.dropped_by_kernel);
            let interface = now.dropped_by_interface.saturating_sub(before.dropped_by_interface);
            if kernel + interface == 0 {
                continue;
            }
            let seconds = self.elapsed.as_secs_f64();
            let advice = if kernel >= interface { advice(self.buffer) } else { DRIVER.to_owned() };
            say(&format!(
                "{}: {} dropped in {seconds:.0} s ({:.0}/s): {advice}",
                now.name,
                count(kernel + interface, "packet", "packets"),
                (kernel + interface) as f64 / seconds.max(0.001),
            ));
            if json {
                device::drops(now, kernel + interface, output)?;
            }
            *before = now.clone();
        }
        Ok(())
    }
}

const DRIVER: &str =
    "the interface or its driver cannot keep up; on Linux a larger ring may help: ethtool -G NAME rx 4096";

fn advice(buffer: u32) -> String {
    match buffer.checked_mul(4).filter(|larger| *larger <= 1 << 30) {
        Some(larger) => format!("give the kernel a larger buffer: -b {}K", larger >> 10),
        None => "capture less, with a filter such as \"tcp port 80\"".to_owned(),
    }
}

/// A live source that stops when it is to, says its notes as they come, and makes room for what needs the pipeline.
struct Watched<'a> {
    source: &'a mut LiveSource,
    watch: &'a mut Watch,
    waiting: Option<&'a Waiting>,
    /// What was counted before: this run's share is what comes on top.
    base: CaptureStats,
    pause: Option<Pause>,
}

impl Watched<'_> {
    fn grew(&self) -> bool {
        let dropped = |stats: &InterfaceStats| stats.dropped_by_kernel + stats.dropped_by_interface;
        self.source
            .interface_stats()
            .zip(&self.watch.reported)
            .any(|(now, before)| dropped(now) > dropped(before))
    }
}

impl Source for Watched<'_> {
    fn fill(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error> {
        let now = Instant::now();
        if self.watch.stop.load(Ordering::Relaxed) || self.watch.until.is_some_and(|until| now >= until) {
            self.source.stop_soon(LAST);
        }
        if let Some(waiting) = self.waiting {
            waiting.look(now);
        }
        let fill = self.source.fill(block);
        for note in self.source.notes() {
            say(&note.to_string());
        }
        let fill = fill?;
        if fill == Fill::Idle && is_closed(io::stdout()) {
            self.watch.closed = true;
            return Ok(Fill::End);
        }
        if fill != Fill::End {
            if now.duration_since(self.watch.looked) >= WATCH {
                self.watch.elapsed = now.duration_since(self.watch.looked);
                self.watch.looked = now;
                self.source.refresh_stats();
                if self.grew() {
                    self.pause = Some(Pause::Drops);
                    return Ok(Fill::End);
                }
            }
            if !self.watch.explained && now.duration_since(self.watch.started) >= EMPTY {
                self.pause = Some(Pause::Empty);
                return Ok(Fill::End);
            }
        }
        Ok(fill)
    }

    fn may_wait(&self) -> bool {
        self.source.may_wait()
    }

    fn stats(&self) -> CaptureStats {
        let mut stats = self.source.stats();
        stats.frames -= self.base.frames;
        stats.captured_bytes -= self.base.captured_bytes;
        stats.dropped -= self.base.dropped;
        stats
    }

    fn notes(&mut self) -> std::vec::Drain<'_, Note> {
        self.source.notes()
    }
}

/// Whether nobody reads a pipe any more: with no traffic there is nothing to write that would tell.
fn is_closed(output: impl AsFd) -> bool {
    let mut fds = [PollFd::new(&output, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    matches!(poll(&mut fds, Some(&at_once)), Ok(1..))
        && fds.iter().any(|fd| fd.revents().intersects(PollFlags::ERR | PollFlags::HUP))
}

/// An output that knows whether anything was written to it.
struct Seen<'a> {
    output: &'a mut dyn Write,
    wrote: bool,
}

impl Write for Seen<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wrote |= !bytes.is_empty();
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// An empty screen gets its reason.
fn explain(summary: Option<Summary>, filter: bool) {
    let Summary { run, counts, .. } = summary.unwrap_or_default();
    let after = format!("nothing to print after {} s: ", EMPTY.as_secs());
    if run.packets == 0 {
        let filter = if filter { " that passes the filter" } else { "" };
        say(&format!(
            "{after}not a single packet{filter} so far; \"wiretrace devices\" lists the interfaces to choose from with -i"
        ));
        return;
    }
    let mut seen = vec![count(run.packets, "packet", "packets")];
    if run.segments == 0 {
        seen.push("no TCP among them".to_owned());
    } else {
        seen.push(count(counts.connections, "TCP connection", "TCP connections"));
        for (number, one, many) in [
            (counts.tls, "direction with TLS (not decrypted)", "directions with TLS (not decrypted)"),
            (counts.http2, "HTTP/2 connection (not decoded)", "HTTP/2 connections (not decoded)"),
        ] {
            if number > 0 {
                seen.push(count(number, one, many));
            }
        }
        seen.push("nothing of it is done so far".to_owned());
    }
    say(&format!("{after}{}", seen.join(", ")));
}
