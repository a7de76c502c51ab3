//! One frame: its header as kept in a block's table, and the view that borrows its bytes.

use crate::{LinkType, Timestamp};

/// What a [`Block`](crate::Block) keeps of each frame beside the bytes.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Hash)]
pub struct FrameHeader {
    /// When the frame was captured.
    pub at: Timestamp,
    /// How many of its bytes the capture holds.
    pub captured_len: u32,
    /// How many bytes it had on the wire, as the file says. Normally at least `captured_len`; a file that says less is
    /// passed on as it is and counted in [`CaptureStats::short_wire_lengths`](crate::CaptureStats::short_wire_lengths).
    pub wire_len: u32,
    /// Where its first byte lies in [`Block::bytes`](crate::Block::bytes).
    pub offset: u32,
    /// The interface it was captured on: counted from 0 over all sections of the file (so with one section the
    /// file's own interface ID); 0 in a pcap file.
    pub interface: u32,
    /// What kind of link-layer header it begins with.
    pub link_type: LinkType,
}

/// One captured frame, borrowed from its [`Block`](crate::Block).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Hash)]
pub struct Frame<'b> {
    /// Its number, from 1, over all input of the run.
    pub number: u64,
    /// When it was captured.
    pub at: Timestamp,
    /// How many bytes it had on the wire, as the file says (see [`FrameHeader::wire_len`]).
    pub wire_len: u32,
    /// What kind of link-layer header it begins with.
    pub link_type: LinkType,
    /// The interface it was captured on (see [`FrameHeader::interface`]).
    pub interface: u32,
    /// The captured bytes, from the link-layer header on.
    pub data: &'b [u8],
}

impl Frame<'_> {
    /// How many bytes were captured.
    pub const fn captured_len(&self) -> u32 {
        // A block's frames are indexed with 32 bits.
        self.data.len() as u32
    }

    /// How many bytes of the frame the capture does not hold: wire length less captured length, at least 0.
    pub const fn missing_len(&self) -> u32 {
        self.wire_len.saturating_sub(self.captured_len())
    }
}
