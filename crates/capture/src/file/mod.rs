//! Capture files and pipes: pcap and pcapng, plain or compressed with gzip or zstd, told apart by their content.
//!
//! - **pcap**: µs and ns magic numbers in both byte orders, and modified forms (24-byte record headers, Ixia's);
//!   versions 2.0 to 2.4. See draft-ietf-opsawg-pcap.
//! - **pcapng**: sections of either byte order, interfaces with their own link types and clocks; Enhanced, Simple and
//!   obsolete Packet Blocks; drop counters. Other blocks are skipped. See draft-ietf-opsawg-pcapng.
//! - **gzip** with any number of members (RFC 1952), **zstd** with any number of frames (RFC 8878).
//!
//! Bytes are read in large pieces straight into the leased block, and the records are indexed where they lie. A record
//! that a block's end cuts in two is copied to the start of the next block; a frame larger than a block gets a block of
//! its own, which grows as its bytes arrive, so that a lying length in a small file asks for no memory.
//!
//! A regular file fills its blocks. From a pipe a block is handed on as soon as it holds a frame and a further read might
//! wait.
//!
//! [`FileSet`] reads several files, directories and patterns as one stream, and follows files that grow.
//!
//! A cut last record is no error: the frames before it are delivered, and a [`Note::CutRecord`](crate::Note::CutRecord) says where the cut is. A
//! record that is broken in the middle is an error, told after the frames before it have been delivered.

mod compressed;
mod detect;
mod find;
mod follow;
mod gather;
mod input;
mod look;
mod pcap;
mod pcapng;
mod polled;
mod set;
mod source;
mod walk;
mod watch;
pub(crate) mod writer;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use self::detect::{Compression, Guess};
use self::input::Input;
use self::polled::Polled;
pub use self::set::{FileSet, SetOptions, SetSource};
pub use self::source::FileSource;
use crate::{Error, LinkType};

/// What the reading of one input is bounded by.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The most captured bytes a frame may have; a record that claims more is broken. Default 256 KiB, the bound of
    /// libpcap and Wireshark, so that a damaged length is noticed where it stands; at most 1 GiB.
    pub max_frame_bytes: u32,
    /// The same for link types whose frames are known to be larger (D-Bus, USB, EBHSCR). Default 16 MiB; at most 1 GiB.
    pub max_large_frame_bytes: u32,
    /// The most interfaces a pcapng section may describe; one more and it is broken. Default 65,536 (about 4 MiB).
    pub max_interfaces: u32,
    /// How many bytes of a pcapng block's options are looked at; the rest is skipped. Default 64 KiB; at most 1 GiB.
    pub max_option_bytes: u32,
    /// The largest window that zstd data may ask for, as a power of two. Default 27 (128 MiB), which covers all but
    /// `zstd --long=28` and above; 10 to 31.
    pub max_zstd_window_log: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_frame_bytes: 256 << 10,
            max_large_frame_bytes: 16 << 20,
            max_interfaces: 1 << 16,
            max_option_bytes: 64 << 10,
            max_zstd_window_log: 27,
        }
    }
}

impl Limits {
    /// The most captured bytes that a frame of this link type may have.
    pub fn frame_bytes(&self, link_type: LinkType) -> u32 {
        match link_type.0 {
            // USB (Linux, plain and padded; FreeBSD; USBPcap; Darwin; 2.0), D-Bus, EBHSCR.
            186 | 189 | 220 | 231 | 249 | 266 | 279 | 288 | 293..=295 => self.max_large_frame_bytes,
            _ => self.max_frame_bytes,
        }
    }
}

/// How one input is read, and its place in the run.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct FileOptions {
    /// The number of the first frame. Default 1; behind another input its [`FileSource::next_number`].
    pub first_number: u64,
    /// Which input of the run it is. Default 0. Blocks carry it on.
    pub input: u32,
    /// What bounds the reading.
    pub limits: Limits,
}

impl Default for FileOptions {
    fn default() -> Self {
        FileOptions { first_number: 1, input: 0, limits: Limits::default() }
    }
}

impl FileSource {
    /// Opens a file (or named pipe). A regular file's first bytes are looked at.
    ///
    /// # Errors
    ///
    /// Where there is no such file, it may not be read, is a directory, is empty, or is no capture.
    pub fn open(path: &Path, options: &FileOptions) -> Result<Self, Error> {
        let fail = |source| Error::open(path.to_owned(), source);
        let file = File::open(path).map_err(fail)?;
        let kind = file.metadata().map_err(fail)?.file_type();
        if kind.is_dir() {
            return Err(Error::Directory { path: path.to_owned() });
        }
        if !kind.is_file() {
            return Ok(FileSource::with_polled(path.to_owned(), Polled::new(file), options));
        }
        let mut input = Input::new(Box::new(file));
        let offset = 0;
        let first = input.peek(detect::LOOK).map_err(|source| Error::Read {
            path: path.to_owned(),
            offset,
            frame: 1,
            source,
        })?;
        if first.is_empty() {
            return Err(Error::Empty { path: path.to_owned() });
        }
        if detect::compression(first) == Compression::None && !detect::is_capture(first) {
            return Err(not_a_capture(path.to_owned(), first));
        }
        Ok(FileSource::with_input(path.to_owned(), input, options, false))
    }

    /// Reads a capture from anything that can be read; `name` stands for it in errors and notes. It is treated as a
    /// pipe. Nothing is read before the first [`fill`](crate::Source::fill).
    ///
    /// # Errors
    ///
    /// None today.
    pub fn from_reader(
        name: String,
        reader: Box<dyn Read + Send>,
        options: &FileOptions,
    ) -> Result<Self, Error> {
        Ok(FileSource::with_input(PathBuf::from(name), Input::new(reader), options, true))
    }

    /// Reads a capture from standard input. Nothing is read before the first [`fill`](crate::Source::fill).
    ///
    /// # Errors
    ///
    /// Where it is closed.
    pub fn stdin(options: &FileOptions) -> Result<Self, Error> {
        let name = "standard input";
        #[cfg(unix)]
        {
            use std::os::fd::AsFd;
            // Without the standard library's buffer of 8 KiB in between.
            let descriptor = io::stdin().as_fd().try_clone_to_owned();
            let file = File::from(descriptor.map_err(|source| Error::open(name.into(), source))?);
            Ok(FileSource::with_polled(name.into(), Polled::new(file), options))
        }
        #[cfg(not(unix))]
        FileSource::from_reader(name.into(), Box::new(io::stdin()), options)
    }

    /// The same, filling blocks as from a regular file where `prompt` is false.
    #[doc(hidden)]
    pub fn from_reader_with(
        name: String,
        reader: Box<dyn Read + Send>,
        options: &FileOptions,
        prompt: bool,
    ) -> FileSource {
        FileSource::with_input(PathBuf::from(name), Input::new(reader), options, prompt)
    }
}

fn not_a_capture(path: PathBuf, bytes: &[u8]) -> Error {
    let Guess { looks_like, remedy } = Guess::of(bytes.get(..detect::LOOK).unwrap_or(bytes));
    let mut first = [0; 4];
    for (to, from) in first.iter_mut().zip(bytes) {
        *to = *from;
    }
    Error::NotACapture { path, first, looks_like, remedy }
}
