//! Where frames come from: capture files, compressed or not, and pipes, read into recycled blocks.
//!
//! ```text
//!  pcap, pcapng,        FileSource                Block (sealed, never changed)
//!  gzip, zstd,   read   ┌──────────────┐  fill   ┌───────────────────────────────┐   frames()
//!  a pipe       ──────► │ index records│ ──────► │ bytes, as they lay in the file│ ──────────► Frame<'_>
//!                       │ where they   │         │ + one FrameHeader a frame     │
//!                       │ lie          │         └──────────────┬────────────────┘
//!                       └──────▲───────┘                        │ last Arc<Block> dropped
//!                              │ lease()                        ▼
//!                              └───────────── BlockPool (bounded, blocks recycled)
//! ```
//!
//! Bytes are read straight into a leased block and stay there: a [`Frame`] borrows them. The one thing copied is the
//! record that a block's end cuts in two; it moves to the next block and is counted in
//! [`CaptureStats::carried_bytes`]. The pool's size is the memory bound and the back-pressure.
//!
//! This crate knows capture files, link type numbers and clocks. It does not know what an IP address is.
//!
//! # Example
//!
//! ```
//! use wiretrace_capture::{BlockPool, FileOptions, FileSource, Fill, LinkType, PcapWriter, PoolConfig, Source, Timestamp};
//!
//! // A capture of one frame, in memory.
//! let mut file = Vec::new();
//! let mut writer = PcapWriter::new(&mut file, LinkType::ETHERNET)?;
//! writer.write(Timestamp::from_secs_nanos(1_363_624_631, 406_021_000), 60, b"not much of a frame")?;
//!
//! let pool = BlockPool::new(PoolConfig::default());
//! let mut source =
//!     FileSource::from_reader("memory".into(), Box::new(std::io::Cursor::new(file)), &FileOptions::default())?;
//! loop {
//!     let mut builder = pool.lease();
//!     let fill = source.fill(&mut builder)?;
//!     let block = builder.seal();
//!     for frame in block.frames() {
//!         assert_eq!(frame.at.to_string(), "2013-03-18T16:37:11.406021000Z");
//!         assert_eq!((frame.number, frame.wire_len, frame.data), (1, 60, &b"not much of a frame"[..]));
//!     }
//!     if fill == Fill::End { break }
//! }
//! assert_eq!(source.stats().frames, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Live
//!
//! With the feature `live` (off by default; it needs libpcap) the module `live` has captures from interfaces and the list of
//! interfaces, and [`mod@filter`] compiles filter expressions. Without it, everything else is there.
//!
//! # Formats
//!
//! pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng); the module [`mod@file`] says what of them.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod block;
mod error;
pub mod file;
pub mod filter;
mod frame;
#[doc(hidden)]
pub mod fuzzing;
mod link_type;
#[cfg(feature = "live")]
pub mod live;
mod note;
mod pool;
mod select;
mod source;
mod stats;
mod timestamp;

pub use block::{Block, BlockBuilder, Frames};
pub use error::{Error, Fault};
pub use file::writer::{ByteOrder, PcapWriter, PcapngWriter, Resolution};
pub use file::{FileOptions, FileSet, FileSource, Limits, SetOptions, SetSource};
pub use frame::{Frame, FrameHeader};
pub use link_type::LinkType;
pub use note::Note;
pub use pool::{BlockPool, PoolConfig};
pub use select::{Selected, Selection};
pub use source::{Fill, Source};
pub use stats::CaptureStats;
pub use timestamp::Timestamp;
