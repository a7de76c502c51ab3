//! The source: frames of one or several interfaces, copied into leased blocks.

use std::os::fd::BorrowedFd;
use std::thread;
use std::time::{Duration, Instant};

use super::spill::Spill;
use super::tap::{BATCH, State, Tap};
use super::{InterfaceFault, InterfaceStats, LiveOptions, wait};
use crate::{BlockBuilder, CaptureStats, Error, Fill, LinkType, Note, Source};

/// The longest that a call of [`fill`](Source::fill) waits for a first frame: 20 ms.
pub const IDLE: Duration = Duration::from_millis(20);
/// A block is sealed at the latest so long after its first frame, even while more frames come.
const SEAL: Duration = Duration::from_millis(10);
/// How often counters are read and interfaces that are down are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Captures from interfaces.
///
/// Several captures may be open at a time, also on the same interface. Dropping one stops it and frees everything.
///
/// ```no_run
/// use wiretrace_capture::live::{LiveOptions, LiveSource};
/// use wiretrace_capture::{BlockPool, Fill, PoolConfig, Source};
///
/// let mut source = LiveSource::open(&["lo"], &LiveOptions::default())?;
/// let pool = BlockPool::new(PoolConfig::default());
/// loop {
///     let mut block = pool.lease();
///     match source.fill(&mut block)? {
///         Fill::Ready => println!("{} frames", block.len()),
///         Fill::Idle => {} // nothing now: time to look at other things
///         Fill::End => break,
///     }
/// }
/// # Ok::<(), wiretrace_capture::Error>(())
/// ```
pub struct LiveSource {
    taps: Vec<Tap>,
    /// Which interface is read first: they take turns.
    turn: usize,
    spill: Spill,
    stats: CaptureStats,
    notes: Vec<Note>,
    trouble: Vec<bool>,
    /// Whether frames may be there without waiting.
    pending: bool,
    /// What ends the capture, once what came before it is delivered.
    error: Option<Error>,
    looked: Instant,
    stop_at: Option<Instant>,
    ended: bool,
}

impl LiveSource {
    /// Opens the interfaces of these names. A frame's `interface` is the place of its interface in this list.
    ///
    /// # Errors
    /// The first that an interface has: see [`InterfaceFault`].
    pub fn open(names: &[&str], options: &LiveOptions) -> Result<Self, Error> {
        let mut notes = Vec::new();
        let mut taps = Vec::new();
        for (interface, &name) in (0u32..).zip(names) {
            let (tap, said) = Tap::open(name, interface, options)
                .map_err(|fault| Error::Interface { interface: name.into(), fault })?;
            taps.push(tap);
            notes.extend(said);
        }
        Ok(Self {
            ended: taps.is_empty(),
            taps,
            turn: 0,
            spill: Spill::default(),
            stats: CaptureStats::default(),
            notes,
            trouble: Vec::new(),
            pending: false,
            error: None,
            looked: Instant::now(),
            stop_at: None,
        })
    }

    /// The interfaces' names and link types, in the order in which they were opened.
    pub fn interfaces(&self) -> impl Iterator<Item = (&str, LinkType)> {
        self.taps.iter().map(|tap| (tap.stats.name.as_str(), tap.link_type))
    }

    /// What each interface counted, as of the last look at it, at most a second ago.
    pub fn interface_stats(&self) -> impl Iterator<Item = &InterfaceStats> {
        self.taps.iter().map(|tap| &tap.stats)
    }

    /// The bytes of the kernel's buffer that each interface has, where the system tells.
    pub fn buffers(&self) -> impl Iterator<Item = Option<u64>> {
        self.taps.iter().map(Tap::buffer)
    }

    /// Ends the capture: what the kernel has is still delivered, for as long as `within` at the most; then
    /// [`fill`](Source::fill) gives [`Fill::End`].
    pub fn stop_soon(&mut self, within: Duration) {
        self.stop_at.get_or_insert_with(|| Instant::now() + within);
    }

    /// Reads the counters now.
    pub fn refresh_stats(&mut self) {
        let mut stats =
            CaptureStats { received: 0, dropped_by_kernel: 0, dropped_by_interface: 0, ..self.stats };
        for tap in &mut self.taps {
            tap.count();
            stats.received += tap.stats.received;
            stats.dropped_by_kernel += tap.stats.dropped_by_kernel;
            stats.dropped_by_interface += tap.stats.dropped_by_interface;
        }
        stats.dropped = stats.dropped_by_kernel + stats.dropped_by_interface + stats.dropped_by_us;
        self.stats = stats;
        self.looked = Instant::now();
    }

    /// Takes what is there from all interfaces in turn; gives the number of frames.
    fn read(&mut self, block: &mut BlockBuilder) -> usize {
        let mut frames = 0;
        for _ in 0..self.taps.len() {
            if !self.spill.is_empty() {
                break;
            }
            let count = room(block);
            self.turn = (self.turn + 1) % self.taps.len().max(1);
            let Some(tap) = self.taps.get_mut(self.turn) else { break };
            match tap.read(count, block, &mut self.spill) {
                Ok(0) => {
                    if self.trouble.get_mut(self.turn).is_some_and(std::mem::take) {
                        self.look_at(self.turn);
                    }
                }
                Ok(more) => {
                    frames += more;
                    if std::mem::take(&mut tap.down) {
                        self.notes.push(Note::InterfaceUp { interface: tap.stats.name.clone() });
                    }
                }
                // It may come back, and libpcap can be asked again.
                Err(InterfaceFault::NotUp { .. }) => self.went_down(self.turn),
                Err(fault) => {
                    self.error = Some(tap.error(fault));
                    break;
                }
            }
        }
        frames
    }

    fn went_down(&mut self, place: usize) {
        let Some(tap) = self.taps.get_mut(place) else { return };
        if !std::mem::replace(&mut tap.down, true) {
            self.notes.push(Note::InterfaceDown { interface: tap.stats.name.clone() });
        }
    }

    /// Something happened to an interface, or it was down: how is it now?
    fn look_at(&mut self, place: usize) {
        let Some(tap) = self.taps.get_mut(place) else { return };
        match tap.state() {
            State::Up => {
                if std::mem::take(&mut tap.down) {
                    self.notes.push(Note::InterfaceUp { interface: tap.stats.name.clone() });
                }
            }
            State::Down => self.went_down(place),
            State::Gone => self.error = Some(tap.error(InterfaceFault::Removed)),
        }
    }

    fn look_around(&mut self) {
        if self.looked.elapsed() >= LOOK {
            self.refresh_stats();
            for place in 0..self.taps.len() {
                if self.taps.get(place).is_some_and(|tap| tap.down) {
                    self.look_at(place);
                }
            }
        }
    }

    fn wait(&mut self, time: Duration) {
        let fds: Vec<BorrowedFd<'_>> = self.taps.iter().filter_map(Tap::fd).collect();
        if fds.len() < self.taps.len() {
            // One of them cannot be waited for: it is looked at often.
            thread::sleep(time.min(Duration::from_millis(5)));
            return;
        }
        let started = Instant::now();
        wait::wait(&fds, time, &mut self.trouble);
        if self.trouble.contains(&true) && started.elapsed() < Duration::from_millis(1) {
            // An interface in trouble is ready at once, always: that is no reason to spin.
            thread::sleep(time.min(Duration::from_millis(5)));
        }
    }

    fn end(&mut self) -> Fill {
        self.refresh_stats();
        self.ended = true;
        self.pending = false;
        Fill::End
    }

    /// Until when a call that began `started` may wait for a first frame.
    fn wait_until(&self, started: Instant) -> Instant {
        match self.stop_at {
            Some(stop_at) => stop_at,
            None => started + IDLE,
        }
    }
}

/// How many frames to ask for: as many as there is room for if they are as large as those before them.
fn room(block: &BlockBuilder) -> usize {
    let frames = block.len();
    if frames == 0 {
        return BATCH / 4;
    }
    let average = block.used().div_ceil(frames).max(64);
    (block.room() / average).clamp(1, BATCH)
}

impl Source for LiveSource {
    fn fill(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error> {
        if !block.is_empty() {
            return Ok(Fill::Ready);
        }
        if self.ended {
            return Ok(Fill::End);
        }
        block.begin(self.stats.frames + 1, 0, self.stats.frames == 0);
        let started = Instant::now();
        let mut first = None;
        self.spill.pour(block);
        loop {
            let got = if self.spill.is_empty() && self.error.is_none() { self.read(block) } else { 0 };
            if self.error.is_some() && !block.is_empty() {
                break; // what came before it goes first
            }
            if let Some(error) = self.error.take() {
                self.end();
                return Err(error);
            }
            let now = Instant::now();
            if !block.is_empty() {
                self.pending = got > 0 || !self.spill.is_empty();
                let first = *first.get_or_insert(now);
                if !self.pending || !self.spill.is_empty() || now.duration_since(first) >= SEAL {
                    break;
                }
                continue;
            }
            self.pending = false;
            self.look_around();
            if self.error.is_some() {
                continue;
            }
            let until = self.wait_until(started);
            if now >= until {
                return Ok(if self.stop_at.is_some() { self.end() } else { Fill::Idle });
            }
            self.wait(until.duration_since(now));
        }
        if self.taps.len() > 1 {
            block.sort_by_time();
        }
        self.stats.frames += block.len() as u64;
        self.stats.captured_bytes += block.captured_bytes();
        self.look_around();
        if self.stop_at.is_some_and(|stop_at| Instant::now() >= stop_at) && self.spill.is_empty() {
            return Ok(self.end());
        }
        Ok(Fill::Ready)
    }

    fn may_wait(&self) -> bool {
        !self.pending
    }

    fn stats(&self) -> CaptureStats {
        self.stats
    }

    fn notes(&mut self) -> std::vec::Drain<'_, Note> {
        self.notes.drain(..)
    }
}

impl std::fmt::Debug for LiveSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let interfaces: Vec<_> = self.interfaces().collect();
        f.debug_struct("LiveSource").field("interfaces", &interfaces).field("stats", &self.stats).finish()
    }
}
