//! What a source has to say that is no error.

use std::fmt;
use std::path::PathBuf;

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
        }
    }
}
