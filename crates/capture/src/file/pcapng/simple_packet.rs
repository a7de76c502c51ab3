//! The Simple Packet Block (draft-ietf-opsawg-pcapng §4.4): a frame of the section's first interface, without a time.

use crate::Fault;

/// The least total length of such a block.
pub(super) const LEAST: u32 = 16;
/// Where the frame's bytes begin, from the start of the block.
pub(super) const DATA_AT: u32 = 12;

/// How much was captured of a frame: what the interface's snap length lets through (0: everything), which must have room
/// in a block of this total length.
pub(super) fn captured_len(wire_len: u32, snap_len: u32, total_len: u32) -> Result<u32, Fault> {
    let captured_len = if snap_len == 0 { wire_len } else { wire_len.min(snap_len) };
    let room = total_len.saturating_sub(LEAST);
    if captured_len > room { Err(Fault::FrameBeyondBlock { captured_len, room }) } else { Ok(captured_len) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snap_length_cuts() {
        assert_eq!(captured_len(100, 0, 116), Ok(100));
        assert_eq!(captured_len(100, 60, 76), Ok(60));
        assert_eq!(captured_len(100, 0, 112), Err(Fault::FrameBeyondBlock { captured_len: 100, room: 96 }));
    }
}
