//! Frames that libpcap hands over when the block is full: they wait here for the next one.

use std::collections::VecDeque;

use crate::{BlockBuilder, Frame, FrameHeader};

/// At most one call's worth of frames: see [`BATCH`](super::tap::BATCH).
#[derive(Debug, Default)]
pub(super) struct Spill {
    bytes: Vec<u8>,
    headers: VecDeque<FrameHeader>,
}

impl Spill {
    pub(super) fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    pub(super) fn push(&mut self, frame: Frame<'_>) {
        self.headers.push_back(FrameHeader {
            at: frame.at,
            captured_len: frame.captured_len(),
            wire_len: frame.wire_len,
            offset: self.bytes.len() as u32,
            interface: frame.interface,
            link_type: frame.link_type,
        });
        self.bytes.extend_from_slice(frame.data);
    }

    /// Moves what fits into the block.
    pub(super) fn pour(&mut self, block: &mut BlockBuilder) {
        while let Some(&header) = self.headers.front() {
            let data = self.bytes.get(header.offset as usize..).unwrap_or_default();
            let data = data.get(..header.captured_len as usize).unwrap_or_default();
            let FrameHeader { at, wire_len, link_type, interface, .. } = header;
            if !block.push(Frame { number: 0, at, wire_len, link_type, interface, data }) {
                return;
            }
            self.headers.pop_front();
        }
        self.bytes.clear();
        // What a burst of large frames took is given back.
        self.bytes.shrink_to(1 << 20);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LinkType, Timestamp};

    #[test]
    fn pours_in_order_over_several_blocks() {
        let mut spill = Spill::default();
        for n in 0..10u8 {
            let data = vec![n; 3];
            let at = Timestamp(n.into());
            spill.push(Frame {
                number: 0,
                at,
                wire_len: 9,
                link_type: LinkType::RAW,
                interface: 1,
                data: &data,
            });
        }
        let mut seen = Vec::new();
        while !spill.is_empty() {
            let mut block = BlockBuilder::detached(7, 100);
            spill.pour(&mut block);
            seen.extend(block.seal_owned().frames().map(|frame| (frame.at.0, frame.data.to_vec())));
        }
        assert_eq!(seen, (0..10).map(|n| (n, vec![n as u8; 3])).collect::<Vec<_>>());
    }
}
