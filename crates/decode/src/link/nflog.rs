//! Linux netfilter log (LINKTYPE_NFLOG 239): a header and attributes, one of which is the packet.
//!
//! Attributes are in the capturing host's byte order, which the frame does not name: the order in which the
//! first attribute fits is taken.

use nom::bytes::complete::take;
use nom::number::Endianness;
use nom::number::complete::u16;
use nom::{IResult, Parser};

use crate::decoder::{Decoder, Step, fault};
use crate::kind::LayerKind;
use crate::link::null;
use crate::stop::StopReason;

const NFULA_PAYLOAD: u16 = 9;
/// Bound on the attributes looked at; the kernel writes about twenty kinds, each once.
const MAX_ATTRIBUTES: usize = 64;

/// Length (its own four bytes included) and type.
fn attribute(input: &[u8], order: Endianness) -> IResult<&[u8], (u16, u16)> {
    (u16(order), u16(order)).parse(input)
}

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Nflog;
    let &[family, version, _, _, a, b, ..] = d.fixed::<8>(kind)?;
    if version != 0 {
        return Err(fault(kind, StopReason::BadVersion(version)));
    }
    let first = u16::from_le_bytes([a, b]);
    let order = if (4..256).contains(&first) || first.swap_bytes() < 4 {
        Endianness::Little
    } else {
        Endianness::Big
    };
    let mut at = 4;
    for _ in 0..MAX_ATTRIBUTES {
        let rest = d.rest().get(at..).unwrap_or_default();
        let Ok((value, (len, number))) = attribute(rest, order) else {
            return Err(d.short(kind, at + 4));
        };
        let Some(value_len) = len.checked_sub(4) else {
            return Err(fault(kind, StopReason::BadLength(u32::from(len))));
        };
        let len = usize::from(len);
        // The two top bits of the type are flags (nested, network byte order).
        if number & 0x3fff == NFULA_PAYLOAD {
            d.push(kind, at + 4)?;
            d.limit(usize::from(value_len));
            return null::next(kind, u32::from(family));
        }
        let Ok((_, _)) = take::<_, _, nom::error::Error<&[u8]>>(value_len).parse(value) else {
            return Err(d.short(kind, at + len));
        };
        at += len.next_multiple_of(4);
    }
    Err(fault(kind, StopReason::TooManyLayers))
}
