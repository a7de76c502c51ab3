//! The Section Header Block (draft-ietf-opsawg-pcapng §4.1): the byte order and version of what follows.
//!
//! The section length is not used: sections are walked block by block. Options are not used.

use nom::Parser;
use nom::number::Endianness;
use nom::number::complete::u16;

use crate::Fault;

/// The least total length of such a block.
pub(super) const LEAST: u32 = 28;

/// The byte order that a section's byte-order magic tells.
pub(super) fn byte_order(magic: [u8; 4]) -> Result<Endianness, Fault> {
    match magic {
        [0x1a, 0x2b, 0x3c, 0x4d] => Ok(Endianness::Big),
        [0x4d, 0x3c, 0x2b, 0x1a] => Ok(Endianness::Little),
        _ => Err(Fault::ByteOrder { magic: u32::from_be_bytes(magic) }),
    }
}

/// The version (major, minor) from the part of the body that follows the byte-order magic.
pub(super) fn version(body: &[u8], endianness: Endianness) -> Option<(u16, u16)> {
    let (_, version) = (u16::<_, ()>(endianness), u16(endianness)).parse(body).ok()?;
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_versions() {
        assert_eq!(byte_order([0x1a, 0x2b, 0x3c, 0x4d]), Ok(Endianness::Big));
        assert_eq!(byte_order([0x4d, 0x3c, 0x2b, 0x1a]), Ok(Endianness::Little));
        assert_eq!(byte_order([0, 0, 1, 0]), Err(Fault::ByteOrder { magic: 256 }));
        assert_eq!(version(&[1, 0, 2, 0, 9], Endianness::Little), Some((1, 2)));
        assert_eq!(version(&[1, 0, 2], Endianness::Little), None);
    }
}
