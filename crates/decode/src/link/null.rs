//! BSD loopback encapsulations (LINKTYPE_NULL 0, LINKTYPE_LOOP 108).
//!
//! Four bytes of address family: in the capturing host's byte order, whichever that was, for NULL. The
//! value of AF_INET6 differs between systems; all of them are taken.

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;

pub(crate) fn decode(d: &mut Decoder<'_, '_>, kind: LayerKind) -> Step {
    let bytes = *d.fixed::<4>(kind)?;
    d.push(kind, 4)?;
    let big = u32::from_be_bytes(bytes);
    // Families are small numbers: the order that gives the smaller one is the right one.
    let family = big.min(u32::from_le_bytes(bytes));
    next(kind, family)
}

/// What an address family says: IP, in the numbers of every system.
pub(crate) fn next(kind: LayerKind, family: u32) -> Step {
    match family {
        // AF_INET; Linux, NetBSD and OpenBSD, FreeBSD, Darwin; Solaris has 26.
        2 | 10 | 24 | 26 | 28 | 30 => Ok(Next::Ip),
        other => Err(fault(kind, StopReason::UnknownFamily(other))),
    }
}

/// The address family of a loopback header, in whichever byte order gives the smaller number.
///
/// ```
/// assert_eq!(wiretrace_decode::loopback_family(&[2, 0, 0, 0]), Some(2));
/// assert_eq!(wiretrace_decode::loopback_family(&[0, 0, 0, 30]), Some(30));
/// ```
pub fn loopback_family(header: &[u8]) -> Option<u32> {
    let bytes = *header.first_chunk::<4>()?;
    Some(u32::from_be_bytes(bytes).min(u32::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use crate::{Class, LayerKind, StopReason, parse};

    #[test]
    fn families_in_both_orders() {
        for family in [2u32, 10, 24, 28, 30] {
            for head in [family.to_be_bytes(), family.to_le_bytes()] {
                let layers = parse(0, 0, &head);
                assert_eq!(layers.stop().unwrap().reason, StopReason::TooShort { need: 1 });
                assert_eq!(layers.iter().next().unwrap().kind, LayerKind::Null);
            }
        }
        let layers = parse(108, 0, &[0, 0, 0, 7, 1, 2]);
        assert_eq!(layers.class(), Class::NotTcp);
        assert_eq!(layers.stop().unwrap().reason, StopReason::UnknownFamily(7));
    }
}
