//! The Interface Statistics Block (draft-ietf-opsawg-pcapng §4.6): how many frames an interface lost.

use nom::Parser;
use nom::number::Endianness;
use nom::number::complete::{u32, u64};

use super::option::{Options, number};

/// The least total length of such a block.
pub(super) const LEAST: u32 = 24;

const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;

/// The interface, and the frames lost on it since the capture began, if the body tells.
pub(super) fn drops(body: &[u8], endianness: Endianness) -> Option<(u32, u64)> {
    let (options, (interface, _at)) = (u32::<_, ()>(endianness), u64(endianness)).parse(body).ok()?;
    let (mut interface_drops, mut system_drops) = (None, None);
    for (code, value) in Options::new(options, endianness) {
        match code {
            ISB_IFDROP => interface_drops = number(value, endianness),
            ISB_OSDROP => system_drops = number(value, endianness),
            _ => {}
        }
    }
    if interface_drops.is_none() && system_drops.is_none() {
        return None;
    }
    Some((interface, interface_drops.unwrap_or(0).saturating_add(system_drops.unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_both_kinds() {
        let mut body = vec![0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(drops(&body, Endianness::Big), None);
        body.extend([0, 5, 0, 8, 0, 0, 0, 0, 0, 0, 0, 2]);
        assert_eq!(drops(&body, Endianness::Big), Some((3, 2)));
        body.extend([0, 7, 0, 8, 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 0]);
        assert_eq!(drops(&body, Endianness::Big), Some((3, 42)));
        assert_eq!(drops(&body[..11], Endianness::Big), None);
    }
}
