//! [`FileSource`]: fills blocks from a stream of bytes.
//!
//! ```text
//!            bytes of the leased block
//!  ┌──────────────────────────────┬──────────┬────────────────┐
//!  │ whole records, indexed       │ tail     │ room           │   0 <= at <= used <= len
//!  └──────────────────────────────┴──────────┴────────────────┘
//!  0 (= byte `base` of the stream) at         used             len
//! ```
//!
//! The walk moves `at`, reads move `used`. When the block is handed on, the tail is copied to `carry`, from where the
//! next block takes it before anything is read.

use std::io;
use std::path::PathBuf;

use super::compressed::{Got, Stream};
use super::detect::{self, Compression};
use super::input::Input;
use super::pcap::{self, Pcap};
use super::pcapng::Pcapng;
use super::polled::Polled;
use super::walk::{Bad, Cut, Sink, Stop};
use super::{FileOptions, not_a_capture};
use crate::{BlockBuilder, CaptureStats, Error, Fill, Note, Source};

/// The least that is taken from `carry` at once, and by which a block grows for a frame larger than it.
const STEP: usize = 4096;
/// The largest limit on a frame's and on options' bytes: sums of them stay far below 2^32.
const MAX_LIMIT: u32 = 1 << 30;

/// Frames from a capture file or a pipe.
///
/// ```no_run
/// use wiretrace_capture::{BlockPool, FileOptions, FileSource, Fill, PoolConfig, Source};
///
/// let pool = BlockPool::new(PoolConfig::default());
/// let mut source = FileSource::open("trace.pcapng".as_ref(), &FileOptions::default())?;
/// loop {
///     let mut block = pool.lease();
///     let fill = source.fill(&mut block)?;
///     for frame in block.seal().frames() {
///         println!("{} {} {} bytes", frame.number, frame.at, frame.data.len());
///     }
///     if fill == Fill::End {
///         break;
///     }
/// }
/// for note in source.notes() {
///     eprintln!("{note}");
/// }
/// # Ok::<(), wiretrace_capture::Error>(())
/// ```
pub struct FileSource {
    path: PathBuf,
    options: FileOptions,
    /// A further read may wait.
    prompt: bool,
    /// What says whether a read would wait.
    polled: Option<Polled>,
    /// The stream counts as over behind so many bytes.
    most_bytes: u64,
    state: State,
    format: Format,
    /// Byte of the stream at which the next block begins.
    base: u64,
    /// Bytes of the stream, from `base` on, that were read for an earlier block: `carry[carry_at..]`. At most a block, or
    /// a frame larger than that.
    carry: Vec<u8>,
    carry_at: usize,
    /// Sealed-off blocks so far.
    blocks: u64,
    next_number: u64,
    stats: CaptureStats,
    notes: Vec<Note>,
}

enum State {
    /// Nothing was read.
    Unopened(Input),
    Open(Stream),
    /// To be told once the frames before it are delivered.
    Failed(Error),
    Over,
}

/// What the decompressed stream is.
enum Format {
    Unknown,
    Pcap(Pcap),
    Pcapng(Box<Pcapng>),
}

/// The block being filled: see the drawing above.
struct Filling<'a> {
    bytes: &'a mut Vec<u8>,
    used: &'a mut usize,
    at: usize,
    sink: Sink<'a>,
    /// Something was read into this block, so that nothing is left in `carry`.
    read: bool,
}

impl Filling<'_> {
    fn tail(&self) -> usize {
        *self.used - self.at
    }

    fn has_frames(&self) -> bool {
        !self.sink.headers.is_empty()
    }

    /// Room behind `used`, at most `most` bytes of it.
    fn room(&mut self, most: usize) -> &mut [u8] {
        let room = self.bytes.get_mut(*self.used..).unwrap_or_default();
        let n = room.len().min(most);
        room.get_mut(..n).unwrap_or_default()
    }
}

/// What it took to get more bytes.
enum More {
    Bytes,
    WouldBlock,
    End { cut: bool, trailing: bool },
}

impl FileSource {
    pub(super) fn with_input(path: PathBuf, input: Input, options: &FileOptions, prompt: bool) -> Self {
        let mut options = *options;
        let limits = &mut options.limits;
        limits.max_frame_bytes = limits.max_frame_bytes.min(MAX_LIMIT);
        limits.max_large_frame_bytes = limits.max_large_frame_bytes.min(MAX_LIMIT);
        limits.max_option_bytes = limits.max_option_bytes.min(MAX_LIMIT);
        FileSource {
            path,
            options,
            prompt,
            polled: None,
            most_bytes: u64::MAX,
            state: State::Unopened(input),
            format: Format::Unknown,
            base: 0,
            carry: Vec::new(),
            carry_at: 0,
            blocks: 0,
            next_number: options.first_number,
            stats: CaptureStats::default(),
            notes: Vec::new(),
        }
    }

    /// For an input that may keep us waiting, and that can say so.
    pub(super) fn with_polled(path: PathBuf, polled: Polled, options: &FileOptions) -> Self {
        let input = Input::new(Box::new(polled.clone()));
        FileSource { polled: Some(polled), ..FileSource::with_input(path, input, options, true) }
    }

    /// Whether the next read may have to wait.
    fn read_may_wait(&self) -> bool {
        self.prompt && self.polled.as_ref().is_none_or(|polled| !polled.is_ready())
    }

    /// Reads no further than about so many (decompressed) bytes, as if the input ended there.
    pub(super) fn stop_behind(&mut self, bytes: u64) {
        self.most_bytes = bytes;
    }

    /// The number that the next frame gets; at the end, the first number of the next input.
    pub fn next_number(&self) -> u64 {
        self.next_number
    }

    /// `pcap` or `pcapng`, once that is known.
    pub fn format(&self) -> Option<&'static str> {
        match self.format {
            Format::Unknown => None,
            Format::Pcap(_) => Some("pcap"),
            Format::Pcapng(_) => Some("pcapng"),
        }
    }

    /// `gzip` or `zstd`, once that is known; nothing for an input that is not compressed.
    pub fn compression(&self) -> Option<&'static str> {
        match &self.state {
            State::Open(stream) => stream.format(),
            _ => None,
        }
    }

    /// Looks at the first bytes and sets up what decompresses them. `false`: that would have to wait.
    fn unpack(&mut self) -> Result<bool, Error> {
        let State::Unopened(input) = &mut self.state else { return Ok(true) };
        let compression = match input.peek(4) {
            Ok(first) => detect::compression(first),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(source) => return Err(Error::Read { path: self.path.clone(), offset: 0, frame: 1, source }),
        };
        let State::Unopened(input) = std::mem::replace(&mut self.state, State::Over) else { return Ok(true) };
        let stream = match compression {
            Compression::None => Stream::Plain(input),
            Compression::Gzip => Stream::gzip(input),
            Compression::Zstd => {
                Stream::zstd(input, self.options.limits.max_zstd_window_log).map_err(|source| {
                    Error::Decompress { path: self.path.clone(), offset: 0, frame: 1, format: "zstd", source }
                })?
            }
        };
        self.state = State::Open(stream);
        Ok(true)
    }

    fn fill_block(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error> {
        if !self.unpack()? {
            return Ok(Fill::Idle);
        }
        let (storage, used, max_frames) = block.parts();
        let sink =
            Sink { headers: &mut storage.headers, max_frames, captured_bytes: 0, short_wire_lengths: 0 };
        let mut filling = Filling { bytes: &mut storage.bytes, used, at: 0, sink, read: false };
        let result = self.fill_with(&mut filling);
        self.settle(&mut filling);
        if result.is_err() {
            self.note_unknown();
        }
        let has_frames = filling.has_frames();
        self.blocks += u64::from(has_frames);
        match result {
            Err(error) if has_frames => {
                self.state = State::Failed(error);
                Ok(Fill::Ready)
            }
            Err(error) => {
                self.state = State::Over;
                Err(error)
            }
            Ok(Fill::End) => {
                self.state = State::Over;
                Ok(Fill::End)
            }
            Ok(Fill::Idle) if has_frames => Ok(Fill::Ready),
            Ok(fill) => Ok(fill),
        }
    }

    fn fill_with(&mut self, filling: &mut Filling<'_>) -> Result<Fill, Error> {
        loop {
            let (want, whole) = match self.walk(filling) {
                Ok(Stop::Full) => return Ok(Fill::Ready),
                Ok(Stop::More { want, whole }) => (want, whole),
                Err(bad) => return Err(self.bad(bad, filling)),
            };
            if filling.at + want > filling.bytes.len() {
                if filling.has_frames() {
                    return Ok(Fill::Ready);
                }
                self.make_room(filling, want);
            }
            match self.pull(filling, want)? {
                More::Bytes => {}
                More::WouldBlock => return Ok(Fill::Idle),
                More::End { cut, trailing } => return self.end(filling, whole, cut, trailing),
            }
        }
    }

    /// Indexes what there is, first finding out what it is.
    fn walk(&mut self, filling: &mut Filling<'_>) -> Result<Stop, Bad> {
        let bytes = filling.bytes.get(..*filling.used).unwrap_or_default();
        let (at, sink) = (&mut filling.at, &mut filling.sink);
        match &mut self.format {
            Format::Pcap(pcap) => pcap.walk(bytes, self.base, at, sink),
            Format::Pcapng(pcapng) => pcapng.walk(bytes, self.base, at, sink),
            Format::Unknown => {
                let limits = self.options.limits;
                let Some(&magic) = bytes.first_chunk::<4>() else {
                    return Ok(Stop::More { want: 4, whole: 4 });
                };
                if magic == detect::SECTION_HEADER {
                    self.format = Format::Pcapng(Box::new(Pcapng::new(limits)));
                } else if pcap::is_magic(magic) {
                    let len = pcap::header_len(magic);
                    let Some(header) = bytes.get(..len).and_then(|b| b.first_chunk()) else {
                        return Ok(Stop::More { want: len, whole: len as u64 });
                    };
                    self.format = Format::Pcap(Pcap::parse(header, &limits)?);
                    *at = len;
                } else {
                    // Look at some more of it, to say what it is; `end` says so too where there is no more.
                    let seen = bytes.len();
                    return match seen < detect::LOOK {
                        true => Ok(Stop::More { want: seen + 1, whole: seen as u64 }),
                        false => Err(Bad::Unknown),
                    };
                }
                self.walk(filling)
            }
        }
    }

    /// Makes room for a record of `want` bytes at `at`, where the block holds no frames: moves the tail to the front,
    /// and lets the block grow where it is full even so. It at most doubles at a time, so that memory follows the bytes
    /// that arrive, not the length that is claimed.
    fn make_room(&mut self, filling: &mut Filling<'_>, want: usize) {
        let tail = filling.tail();
        // Copies the tail: it must lie in one piece with what follows. Never more than the record's own bytes.
        if filling.at > 0 {
            filling.bytes.copy_within(filling.at..*filling.used, 0);
            self.stats.carried_bytes += tail as u64;
            self.base += filling.at as u64;
            (filling.at, *filling.used) = (0, tail);
        }
        let len = filling.bytes.len();
        if tail == len && want > len {
            filling.bytes.resize(want.min((len * 2).max(len + STEP)), 0);
        }
    }

    /// Gets more bytes: from `carry`, or else by one read.
    fn pull(&mut self, filling: &mut Filling<'_>, want: usize) -> Result<More, Error> {
        let left = self.carry.get(self.carry_at..).unwrap_or_default();
        if !left.is_empty() {
            // No more than the block's frames may need, so that with few frames a block `carry` is not copied to and
            // fro as a whole.
            let frames = filling.sink.max_frames - filling.sink.headers.len();
            let most = frames.saturating_mul(64).max(STEP).max(want.saturating_sub(filling.tail()));
            let n = io::Read::read(&mut &*left, filling.room(most)).unwrap_or(0);
            *filling.used += n;
            self.carry_at += n;
            return Ok(More::Bytes);
        }
        if filling.has_frames() && self.read_may_wait() {
            return Ok(More::WouldBlock);
        }
        let State::Open(stream) = &mut self.state else {
            return Ok(More::End { cut: false, trailing: false });
        };
        if self.stats.read_bytes >= self.most_bytes {
            return Ok(More::End { cut: false, trailing: false });
        }
        // A frame that needs a block of its own gets no company.
        let alone = want > filling.bytes.len();
        let most = if alone { want - filling.tail() } else { usize::MAX };
        filling.read = true;
        match stream.read(filling.room(most)) {
            Ok(Got::Bytes(n)) => {
                *filling.used += n;
                self.stats.read_bytes += n as u64;
                Ok(More::Bytes)
            }
            Ok(Got::WouldBlock) => Ok(More::WouldBlock),
            Ok(Got::End { cut, trailing }) => Ok(More::End { cut, trailing }),
            Err(source) => {
                let (path, offset) = (self.path.clone(), self.base + *filling.used as u64);
                let frame = self.stats.frames + filling.sink.headers.len() as u64 + 1;
                Err(match stream.format() {
                    Some(format) if !stream.reader_failed() => {
                        Error::Decompress { path, offset, frame, format, source }
                    }
                    _ => Error::Read { path, offset, frame, source },
                })
            }
        }
    }

    /// The stream is over, `tail` bytes into a record of `whole`.
    fn end(&mut self, filling: &Filling<'_>, whole: u64, cut: bool, trailing: bool) -> Result<Fill, Error> {
        let path = || self.path.clone();
        let (offset, have) = (self.base + filling.at as u64, filling.tail() as u64);
        let end = offset + have;
        let frame = self.stats.frames + filling.sink.headers.len() as u64 + 1;
        let cut_record = match &self.format {
            Format::Unknown if have == 0 && !cut => return Err(Error::Empty { path: path() }),
            Format::Unknown => {
                let bytes = filling.bytes.get(filling.at..*filling.used).unwrap_or_default();
                return Err(match detect::is_capture(bytes) {
                    true => Error::CutHeader { path: path(), have, need: whole.max(24) },
                    false => not_a_capture(path(), bytes),
                });
            }
            Format::Pcapng(pcapng) if !pcapng.has_section() => {
                return Err(Error::CutHeader { path: path(), have, need: whole.max(28) });
            }
            Format::Pcapng(pcapng) => pcapng.cut(offset, have, whole),
            Format::Pcap(_) => (have > 0).then_some(Cut { offset, have, need: whole }),
        };
        self.note_unstamped();
        let path = || self.path.clone();
        if let Some(Cut { offset, have, need }) = cut_record {
            self.notes.push(Note::CutRecord { path: path(), offset, frame, have, need });
        } else if cut {
            self.notes.push(Note::CutCompression { path: path(), offset: end });
        }
        if trailing {
            self.notes.push(Note::TrailingBytes { path: path(), offset: end });
        }
        self.note_unknown();
        Ok(Fill::End)
    }

    fn bad(&self, bad: Bad, filling: &Filling<'_>) -> Error {
        let path = self.path.clone();
        match bad {
            Bad::Broken(offset, fault) => {
                let frame = self.stats.frames + filling.sink.headers.len() as u64 + 1;
                let compressed = self.compression().is_some();
                Error::Broken { path, offset, frame, fault, compressed }
            }
            Bad::Version(offset, major, minor) => {
                let format = self.format().unwrap_or("pcap");
                Error::Version { path, offset, format, major, minor }
            }
            Bad::Unknown => not_a_capture(path, filling.bytes.get(..*filling.used).unwrap_or_default()),
        }
    }

    /// Counts what the block holds, and takes its tail for the next one.
    fn settle(&mut self, filling: &mut Filling<'_>) {
        let tail = filling.tail();
        if !filling.read && tail <= self.carry_at {
            // All of the block came from `carry`, where the tail still lies.
            self.carry_at -= tail;
        } else if tail > 0 {
            // The copy that a record across the border costs.
            self.carry.clear();
            self.carry.extend_from_slice(filling.bytes.get(filling.at..*filling.used).unwrap_or_default());
            self.carry_at = 0;
            self.stats.carried_bytes += tail as u64;
        }
        *filling.used = filling.at;
        self.base += filling.at as u64;
        let frames = filling.sink.headers.len() as u64;
        self.next_number += frames;
        self.stats.frames += frames;
        self.stats.captured_bytes += filling.sink.captured_bytes;
        self.stats.short_wire_lengths += filling.sink.short_wire_lengths;
        if let Format::Pcapng(pcapng) = &self.format {
            self.stats.dropped = pcapng.dropped();
            self.stats.unknown_blocks = pcapng.unknown;
        }
        self.note_unstamped();
    }

    /// Says that frames have no stamp, at the first.
    fn note_unstamped(&mut self) {
        let Format::Pcapng(pcapng) = &self.format else { return };
        if pcapng.unstamped > 0 && self.stats.unstamped_frames == 0 {
            let frame = pcapng.before_unstamped + 1;
            self.notes.push(Note::SimplePacketTime { path: self.path.clone(), frame });
        }
        self.stats.unstamped_frames = pcapng.unstamped;
    }

    /// Says which blocks were skipped, at the end, whatever it is.
    fn note_unknown(&mut self) {
        let Format::Pcapng(pcapng) = &self.format else { return };
        if pcapng.unknown > 0 {
            let (count, first_type) = (pcapng.unknown, pcapng.unknown_type);
            self.notes.push(Note::UnknownBlocks { path: self.path.clone(), count, first_type });
        }
    }
}

impl Source for FileSource {
    fn fill(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error> {
        if !block.is_empty() {
            return Ok(Fill::Ready);
        }
        block.begin(self.next_number, self.options.input, self.blocks == 0);
        match self.state {
            State::Unopened(_) | State::Open(_) => {
                self.fill_block(block).inspect_err(|_| self.state = State::Over)
            }
            State::Over => Ok(Fill::End),
            State::Failed(_) => match std::mem::replace(&mut self.state, State::Over) {
                State::Failed(error) => Err(error),
                _ => Ok(Fill::End),
            },
        }
    }

    fn may_wait(&self) -> bool {
        self.read_may_wait()
    }

    fn stats(&self) -> CaptureStats {
        self.stats
    }

    fn notes(&mut self) -> std::vec::Drain<'_, Note> {
        self.notes.drain(..)
    }
}

impl std::fmt::Debug for FileSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileSource")
            .field("path", &self.path)
            .field("format", &self.format())
            .field("compression", &self.compression())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
