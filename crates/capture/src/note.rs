//! What a source has to say that is no error.

use std::fmt;
use std::path::PathBuf;

use crate::LinkType;

/// Something odd about an input that could be read all the same. Offsets are bytes of the decompressed data.
///
/// `Display` gives one line for people.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Note {
    /// The file ends in the middle of a record (pcap) or block (pcapng), as it does when a capture was interrupted.
    /// All frames before it were delivered.
    CutRecord {
        /// The input.
        path: PathBuf,
        /// Where the cut record begins.
        offset: u64,
        /// The number that the cut record's frame would have had in this file, from 1.
        frame: u64,
        /// How many of the record's bytes are there.
        have: u64,
        /// How many there should be, as far as is known.
        need: u64,
    },
    /// The compressed file is cut, but what could be decompressed ends with a whole record.
    CutCompression {
        /// The input.
        path: PathBuf,
        /// How many bytes could be decompressed.
        offset: u64,
    },
    /// Behind the end of the gzip data lies something else; it was not read.
    TrailingBytes {
        /// The input.
        path: PathBuf,
        /// How many bytes were decompressed before it.
        offset: u64,
    },
    /// Simple Packet Blocks carry no time: their frames got the stamp of the frame before (the epoch where there is
    /// none). Said once an input, at the first.
    SimplePacketTime {
        /// The input.
        path: PathBuf,
        /// The first such frame's number in this file, from 1.
        frame: u64,
    },
    /// pcapng blocks of types this crate does not know were skipped. Said once an input, at its end.
    UnknownBlocks {
        /// The input.
        path: PathBuf,
        /// How many.
        count: u64,
        /// The type of the first.
        first_type: u32,
    },
    /// Files in a directory that are no captures were left out.
    NotCaptures {
        /// The directory.
        path: PathBuf,
        /// How many.
        count: u64,
    },
    /// A file was named more than once, and is read once.
    NamedTwice {
        /// The name that is left out.
        path: PathBuf,
        /// The name under which it is read.
        read_as: PathBuf,
        /// How many more files that is true of.
        more: u64,
    },
    /// No capture is there yet: it is waited for.
    Waiting {
        /// The directory or pattern.
        path: PathBuf,
    },
    /// A file that is followed has another one in its place. What is left of it is read, then the new one.
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// A file that is followed became shorter than what was read of it. It is read anew, from its start.
    Shrunk {
        /// The file.
        path: PathBuf,
        /// How much of it was read.
        read: u64,
        /// How long it is now.
        len: u64,
    },
    /// A file that was to be followed is compressed: it was read to its end as it is, and no further. Said once a run.
    NotFollowed {
        /// The file.
        path: PathBuf,
    },
    /// A file that appeared while others were followed begins before what was read, so it cannot take its place in
    /// time. It is left out.
    TooOld {
        /// The file.
        path: PathBuf,
    },
    /// A filter cannot be compiled for a link type: its frames are left out. Said once a link type, at its first frame.
    FilterLinkType {
        /// The link type.
        link_type: LinkType,
        /// Why.
        reason: String,
    },
    /// Live: the interface went down; the capture goes on, since it may come back.
    InterfaceDown {
        /// The interface.
        interface: String,
    },
    /// Live: the interface is up again.
    InterfaceUp {
        /// The interface.
        interface: String,
    },
    /// Live: the system gave a smaller buffer than was asked for.
    SmallBuffer {
        /// The interface.
        interface: String,
        /// Bytes asked for.
        asked: u64,
        /// Bytes granted.
        granted: u64,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::CutRecord { path, offset, frame, have, need } => write!(
                f,
                "{}: the file is cut in its last packet (number {frame}, at byte {offset}: {have} of {need} bytes are \
                 there); all packets before it were read",
                path.display()
            ),
            Note::CutCompression { path, offset } => write!(
                f,
                "{}: the compressed file is cut; {offset} bytes could be decompressed, up to the end of a packet",
                path.display()
            ),
            Note::TrailingBytes { path, offset } => write!(
                f,
                "{}: something that is not gzip lies behind the compressed data ({offset} bytes decompressed) and was \
                 not read",
                path.display()
            ),
            Note::SimplePacketTime { path, frame } => write!(
                f,
                "{}: packet {frame} and others like it have no time in the file; they got the time of the packet before",
                path.display()
            ),
            Note::UnknownBlocks { path, count, first_type } => write!(
                f,
                "{}: {count} pcapng block{} of unknown type skipped (the first is of type {first_type:#x})",
                path.display(),
                if *count == 1 { "" } else { "s" }
            ),
            Note::NotCaptures { path, count: 1 } => {
                write!(f, "{}: 1 file in it is no pcap or pcapng capture and was left out", path.display())
            }
            Note::NotCaptures { path, count } => {
                write!(
                    f,
                    "{}: {count} files in it are no pcap or pcapng captures and were left out",
                    path.display()
                )
            }
            Note::NamedTwice { path, read_as, more } => {
                let (path, read_as) = (path.display(), read_as.display());
                match more {
                    0 => write!(f, "{path}: named more than once (as {read_as}); it is read once"),
                    1 => write!(
                        f,
                        "{path} (as {read_as}) and 1 more file are named more than once; each is read once"
                    ),
                    n => {
                        write!(
                            f,
                            "{path} (as {read_as}) and {n} more files are named more than once; each is read once"
                        )
                    }
                }
            }
            Note::Waiting { path } => {
                write!(f, "{}: no capture yet; waiting for the first one", path.display())
            }
            Note::Replaced { path } => write!(
                f,
                "{}: replaced by another file; the rest of the old one is read, then the new one",
                path.display()
            ),
            Note::Shrunk { path, read, len } => write!(
                f,
                "{}: shrank to {len} bytes, {read} were read; it was cut or is written anew, and is read from its start",
                path.display()
            ),
            Note::NotFollowed { path } => write!(
                f,
                "{}: compressed files cannot be followed; it was read to its end as it is now",
                path.display()
            ),
            Note::TooOld { path } => write!(
                f,
                "{}: begins no later than the file that is followed, so it is not the next one; left out (read it in a \
                 run of its own)",
                path.display()
            ),
            Note::FilterLinkType { link_type, reason } => write!(
                f,
                "the filter does not work for packets of link type {} ({}): {reason}; they are left out",
                link_type.0,
                link_type.name().unwrap_or("no name known")
            ),
            Note::InterfaceDown { interface } => {
                write!(f, "{interface}: the interface went down; waiting for it to come back")
            }
            Note::InterfaceUp { interface } => write!(f, "{interface}: the interface is up again"),
            Note::SmallBuffer { interface, asked, granted } => write!(
                f,
                "{interface}: the system gave a buffer of {} KiB instead of {} KiB",
                granted >> 10,
                asked >> 10
            ),
        }
    }
}
