//! What the two formats' walkers share: where frames go, and how a walk stops.

use crate::{Fault, FrameHeader};

/// Where a walk puts the frames it finds.
pub(super) struct Sink<'a> {
    /// The block's table, with room for `max_frames`.
    pub(super) headers: &'a mut Vec<FrameHeader>,
    pub(super) max_frames: usize,
    /// Sum of the captured lengths pushed.
    pub(super) captured_bytes: u64,
    /// Frames pushed that claim less on the wire than was captured.
    pub(super) short_wire_lengths: u64,
}

impl Sink<'_> {
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.headers.len() >= self.max_frames
    }

    #[inline]
    pub(super) fn push(&mut self, header: FrameHeader) {
        self.captured_bytes += u64::from(header.captured_len);
        self.short_wire_lengths += u64::from(header.wire_len < header.captured_len);
        self.headers.push(header);
    }
}

/// Why a walk stopped.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// The block's table is full.
    Full,
    /// More bytes are needed.
    More {
        /// How many, from the place where the walk stopped: more than are there.
        want: usize,
        /// How many bytes the record or block at hand has, as far as is known.
        whole: u64,
    },
}

/// What ended a walk for good.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Bad {
    /// The record or block that begins at this byte of the stream is broken.
    Broken(u64, Fault),
    /// It is of an unknown version: major, minor.
    Version(u64, u16, u16),
    /// The stream is no capture.
    Unknown,
}

/// The record or block that the input's end cuts.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Cut {
    pub(super) offset: u64,
    pub(super) have: u64,
    pub(super) need: u64,
}

/// So far ahead a walk loads what it will come to.
const AHEAD: usize = 2048;

/// Loads some of what lies ahead in a block, so that it is in the nearest cache when the walk, and after it the
/// decoder, gets there. Where other threads had the block before, a read(2) leaves its bytes in a cache further
/// away, and the walk is a chain of loads of which each must wait for the one before.
#[inline(always)]
pub(super) fn load_ahead(rest: &[u8]) {
    if let Some(lines) = rest.get(AHEAD..).and_then(|ahead| ahead.first_chunk::<256>()) {
        // The loads must happen, though their result is of no use.
        std::hint::black_box(lines[0] ^ lines[64] ^ lines[128] ^ lines[192]);
    }
}
