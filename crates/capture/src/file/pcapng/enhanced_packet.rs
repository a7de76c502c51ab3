//! The Enhanced Packet Block (draft-ietf-opsawg-pcapng §4.3): a frame, its time and its interface.

use nom::number::Endianness;

use super::option::{Options, number};

/// The least total length of such a block.
pub(super) const LEAST: u32 = 32;
/// Where the frame's bytes begin, from the start of the block.
pub(super) const DATA_AT: u32 = 28;

const EPB_DROPCOUNT: u16 = 4;

/// The fixed part of the body.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct PacketHeader {
    pub(super) interface: u32,
    pub(super) ticks: u64,
    pub(super) captured_len: u32,
    pub(super) wire_len: u32,
    /// Frames lost on the interface since the one before, as far as this part says.
    pub(super) dropped: u64,
}

impl PacketHeader {
    #[inline]
    pub(super) fn parse(fields: &[u8; 20], endianness: Endianness) -> Self {
        let [i0, i1, i2, i3, h0, h1, h2, h3, l0, l1, l2, l3, c0, c1, c2, c3, w0, w1, w2, w3] = *fields;
        let u32 = |bytes| match endianness {
            Endianness::Big => u32::from_be_bytes(bytes),
            _ => u32::from_le_bytes(bytes),
        };
        PacketHeader {
            interface: u32([i0, i1, i2, i3]),
            ticks: u64::from(u32([h0, h1, h2, h3])) << 32 | u64::from(u32([l0, l1, l2, l3])),
            captured_len: u32([c0, c1, c2, c3]),
            wire_len: u32([w0, w1, w2, w3]),
            dropped: 0,
        }
    }
}

/// `epb_dropcount`, where the options have one.
pub(super) fn drop_count(options: &[u8], endianness: Endianness) -> u64 {
    Options::new(options, endianness)
        .filter(|&(code, _)| code == EPB_DROPCOUNT)
        .filter_map(|(_, value)| number(value, endianness))
        .next()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let fields = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5];
        let header = PacketHeader::parse(&fields, Endianness::Big);
        assert_eq!((header.interface, header.ticks), (1, (2 << 32) + 3));
        assert_eq!((header.captured_len, header.wire_len, header.dropped), (4, 5, 0));
        assert_eq!(PacketHeader::parse(&fields, Endianness::Little).captured_len, 4 << 24);
    }

    #[test]
    fn drops() {
        let options = [0, 2, 0, 4, 0, 0, 0, 0, 0, 4, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0];
        assert_eq!(drop_count(&options, Endianness::Big), 7);
        assert_eq!(drop_count(&options[..19], Endianness::Big), 0);
        assert_eq!(drop_count(&[], Endianness::Big), 0);
    }
}
