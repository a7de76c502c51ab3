//! Why an input cannot be read (on).

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why an input cannot be read, or not any further. `Display` says, for people, what failed, where, and what helps.
///
/// Offsets are bytes of the decompressed data. Frame numbers count from 1 in the file at hand.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no such file.
    NotFound {
        /// The input.
        path: PathBuf,
    },
    /// The file may not be read.
    PermissionDenied {
        /// The input.
        path: PathBuf,
    },
    /// It is a directory.
    Directory {
        /// The input.
        path: PathBuf,
    },
    /// It cannot be opened for another reason.
    Open {
        /// The input.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A directory without a single capture in it.
    NoCaptures {
        /// The directory.
        path: PathBuf,
        /// How many files it has that are no captures.
        others: u64,
    },
    /// A pattern that no file's name matches.
    NoMatch {
        /// The pattern.
        path: PathBuf,
    },
    /// A pipe that was to be followed.
    FollowedPipe {
        /// The pipe.
        path: PathBuf,
    },
    /// There is not a single byte in it.
    Empty {
        /// The input.
        path: PathBuf,
    },
    /// Neither pcap nor pcapng.
    NotACapture {
        /// The input.
        path: PathBuf,
        /// Its first bytes (zeros where it is shorter).
        first: [u8; 4],
        /// What those look like, if known.
        looks_like: Option<&'static str>,
        /// What to do about it, if known.
        remedy: Option<&'static str>,
    },
    /// It begins like a capture but ends within the file header, so that nothing in it can be read.
    CutHeader {
        /// The input.
        path: PathBuf,
        /// How many bytes there are.
        have: u64,
        /// How many the header has.
        need: u64,
    },
    /// A version of the file format that nobody has defined, or that is older than all that can be read.
    Version {
        /// The input.
        path: PathBuf,
        /// Where the header with that version begins.
        offset: u64,
        /// `pcap` or `pcapng`.
        format: &'static str,
        /// The major version it claims.
        major: u16,
        /// The minor version it claims.
        minor: u16,
    },
    /// A record (pcap) or block (pcapng) that contradicts itself, its file or the limits.
    Broken {
        /// The input.
        path: PathBuf,
        /// Where the record or block begins.
        offset: u64,
        /// The number that its frame would have had.
        frame: u64,
        /// What is wrong.
        fault: Fault,
        /// Whether the file is compressed, so that offsets are not those of the file on disk.
        compressed: bool,
    },
    /// The system could not read on.
    Read {
        /// The input.
        path: PathBuf,
        /// Up to where it was read.
        offset: u64,
        /// The number that the next frame would have had.
        frame: u64,
        /// What the system says.
        source: io::Error,
    },
    /// The compressed data are broken.
    Decompress {
        /// The input.
        path: PathBuf,
        /// How many bytes could be decompressed.
        offset: u64,
        /// The number that the next frame would have had.
        frame: u64,
        /// `gzip` or `zstd`.
        format: &'static str,
        /// What is wrong.
        source: io::Error,
    },
    /// A live capture cannot begin, or not go on.
    #[cfg(feature = "live")]
    Interface {
        /// The interface.
        interface: PathBuf,
        /// What is wrong.
        fault: crate::live::InterfaceFault,
    },
}

impl Error {
    /// The input it is about; of a live capture the interface's name.
    pub fn path(&self) -> &Path {
        match self {
            Error::NotFound { path }
            | Error::PermissionDenied { path }
            | Error::Directory { path }
            | Error::NoCaptures { path, .. }
            | Error::NoMatch { path }
            | Error::FollowedPipe { path }
            | Error::Open { path, .. }
            | Error::Empty { path }
            | Error::NotACapture { path, .. }
            | Error::CutHeader { path, .. }
            | Error::Version { path, .. }
            | Error::Broken { path, .. }
            | Error::Read { path, .. }
            | Error::Decompress { path, .. } => path,
            #[cfg(feature = "live")]
            Error::Interface { interface, .. } => interface,
        }
    }

    /// The byte of the decompressed data it is about, where it is about one.
    pub fn offset(&self) -> Option<u64> {
        match self {
            Error::Version { offset, .. }
            | Error::Broken { offset, .. }
            | Error::Read { offset, .. }
            | Error::Decompress { offset, .. } => Some(*offset),
            _ => None,
        }
    }

    /// The number, in this file, that the frame at that place would have had.
    pub fn frame(&self) -> Option<u64> {
        match self {
            Error::Broken { frame, .. } | Error::Read { frame, .. } | Error::Decompress { frame, .. } => {
                Some(*frame)
            }
            _ => None,
        }
    }

    /// Whether the input could be opened and is a capture, so that frames may have come before this error.
    pub fn is_in_capture(&self) -> bool {
        #[cfg(feature = "live")]
        if let Error::Interface { fault, .. } = self {
            return fault.is_in_capture();
        }
        matches!(
            self,
            Error::Version { .. } | Error::Broken { .. } | Error::Read { .. } | Error::Decompress { .. }
        )
    }

    pub(crate) fn open(path: PathBuf, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Error::NotFound { path },
            io::ErrorKind::PermissionDenied => Error::PermissionDenied { path },
            io::ErrorKind::IsADirectory => Error::Directory { path },
            _ => Error::Open { path, source },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path().display();
        match self {
            Error::NotFound { .. } => {
                write!(f, "{path}: no such file; check the name, or give - to read standard input")
            }
            Error::PermissionDenied { .. } => {
                write!(
                    f,
                    "{path}: permission denied; make the file readable for you or copy it with its owner's rights"
                )
            }
            Error::Directory { .. } => {
                write!(f, "{path}: is a directory; give the capture files in it by name")
            }
            Error::NoCaptures { others, .. } => {
                write!(
                    f,
                    "{path}: no capture in this directory; looked for pcap and pcapng files, plain, gzip or zstd"
                )?;
                match others {
                    0 => f.write_str(", and it has no files"),
                    1 => f.write_str(", and its one file is none of them"),
                    n => write!(f, ", and none of its {n} files is one"),
                }?;
                f.write_str(" (hidden files and directories in it are not looked at)")
            }
            Error::NoMatch { .. } => write!(
                f,
                "{path}: no such file, and no file's name matches it as a pattern (* any characters, ? one, [ab] one of \
                 these)"
            ),
            Error::FollowedPipe { .. } => {
                write!(
                    f,
                    "{path}: is a pipe, which is followed anyway until its writer ends; read it without following"
                )
            }
            Error::Open { source, .. } => write!(f, "{path}: cannot be opened: {source}"),
            Error::Empty { .. } => {
                write!(
                    f,
                    "{path}: is empty; a capture has at least a file header, so nothing was ever written to it"
                )
            }
            Error::NotACapture { first: [a, b, c, d], looks_like, remedy, .. } => {
                write!(f, "{path}: is not a pcap or pcapng capture")?;
                match looks_like {
                    Some(what) => write!(f, "; it looks like {what}")?,
                    None => write!(f, "; it begins with the bytes {a:02x} {b:02x} {c:02x} {d:02x}")?,
                }
                match remedy {
                    Some(remedy) => write!(f, "; {remedy}"),
                    None => f.write_str("; give a file that tcpdump, dumpcap or Wireshark saved"),
                }
            }
            Error::CutHeader { have, need, .. } => write!(
                f,
                "{path}: ends within the file header ({have} of {need} bytes are there), so that no packet can be read; \
                 get a whole copy of the file"
            ),
            Error::Version { offset, format, major, minor, .. } => write!(
                f,
                "{path}: {format} version {major}.{minor} (at byte {offset}) cannot be read; resave the file with \
                 Wireshark or editcap"
            ),
            Error::Broken { offset, frame, fault, compressed, .. } => write!(
                f,
                "{path}: broken at byte {offset}{} (packet {frame}): {fault}; everything before it was read",
                if *compressed { " of the decompressed data" } else { "" }
            ),
            Error::Read { offset, frame, source, .. } => {
                write!(f, "{path}: cannot be read on from byte {offset} (packet {frame}): {source}")
            }
            Error::Decompress { offset, frame, format, source, .. } => write!(
                f,
                "{path}: the {format} data are broken behind byte {offset} of the decompressed data (packet {frame}): \
                 {source}; everything before it was read"
            ),
            #[cfg(feature = "live")]
            Error::Interface { fault, .. } => write!(f, "{path}: {fault}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Open { source, .. } | Error::Read { source, .. } | Error::Decompress { source, .. } => {
                Some(source)
            }
            _ => None,
        }
    }
}

/// What is wrong with a record or block.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The record claims more captured bytes than [`Limits::frame_bytes`](crate::Limits::frame_bytes) allows.
    FrameTooLong {
        /// What it claims.
        captured_len: u32,
        /// The limit.
        limit: u32,
    },
    /// The pcapng block claims a total length below what its type needs.
    BlockTooShort {
        /// What it claims.
        total_len: u32,
        /// The least that is possible.
        least: u32,
    },
    /// The pcapng block claims a total length that is not a multiple of four.
    BlockUnaligned {
        /// What it claims.
        total_len: u32,
    },
    /// The two total lengths of the pcapng block, before and behind its body, differ.
    LengthMismatch {
        /// The one before.
        leading: u32,
        /// The one behind.
        trailing: u32,
    },
    /// The packet claims more captured bytes than its pcapng block has room for.
    FrameBeyondBlock {
        /// What it claims.
        captured_len: u32,
        /// How many there is room for.
        room: u32,
    },
    /// The packet is said to come from an interface that its section has not described.
    UnknownInterface {
        /// The interface it names.
        interface: u32,
        /// How many there are.
        known: u32,
    },
    /// The section describes more interfaces than [`Limits::max_interfaces`](crate::Limits::max_interfaces).
    TooManyInterfaces {
        /// The limit.
        limit: u32,
    },
    /// A Section Header Block without a valid byte-order magic.
    ByteOrder {
        /// What is in its place, read as big-endian.
        magic: u32,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::FrameTooLong { captured_len, limit } => {
                write!(f, "a packet claims {captured_len} captured bytes, more than the limit of {limit}")
            }
            Fault::BlockTooShort { total_len, least } => {
                write!(f, "a block claims a length of {total_len} bytes, its type needs at least {least}")
            }
            Fault::BlockUnaligned { total_len } => {
                write!(f, "a block claims a length of {total_len} bytes, not a multiple of four")
            }
            Fault::LengthMismatch { leading, trailing } => {
                write!(f, "a block claims a length of {leading} bytes at its start and {trailing} at its end")
            }
            Fault::FrameBeyondBlock { captured_len, room } => {
                write!(f, "a packet claims {captured_len} captured bytes in a block that has room for {room}")
            }
            Fault::UnknownInterface { interface, known } => {
                write!(f, "a packet comes from interface {interface}, but the section describes only {known}")
            }
            Fault::TooManyInterfaces { limit } => {
                write!(f, "the section describes more interfaces than the limit of {limit}")
            }
            Fault::ByteOrder { magic } => {
                write!(f, "a section header has the byte-order mark {magic:#010x}, which is none")
            }
        }
    }
}
