//! The obsolete Packet Block (draft-ietf-opsawg-pcapng, appendix "Packet Block (obsolete)"): an Enhanced Packet Block
//! whose interface has 16 bits and shares its field with a drop count.

use nom::number::Endianness;

use super::enhanced_packet::PacketHeader;

/// The drop count that says: not known.
const UNKNOWN: u16 = 0xffff;

/// The fixed part of the body.
pub(super) fn parse(fields: &[u8; 20], endianness: Endianness) -> PacketHeader {
    let [i0, i1, d0, d1, ..] = *fields;
    let u16 = |bytes| match endianness {
        Endianness::Big => u16::from_be_bytes(bytes),
        _ => u16::from_le_bytes(bytes),
    };
    let dropped = match u16([d0, d1]) {
        UNKNOWN => 0,
        count => count.into(),
    };
    PacketHeader { interface: u16([i0, i1]).into(), dropped, ..PacketHeader::parse(fields, endianness) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interface_and_drops_share_a_field() {
        let mut fields = [0, 1, 0, 9, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5];
        let header = parse(&fields, Endianness::Big);
        assert_eq!((header.interface, header.dropped, header.captured_len), (1, 9, 4));
        fields[2..4].fill(0xff);
        assert_eq!(parse(&fields, Endianness::Big).dropped, 0);
    }
}
