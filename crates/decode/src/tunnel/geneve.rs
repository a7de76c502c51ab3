//! Geneve (RFC 8926 §3.4): version, option length in words, protocol type, identifier, options.

use nom::bytes::complete::take;
use nom::number::complete::{be_u8, be_u16};
use nom::{IResult, Parser};

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::link::ether_type;
use crate::stop::StopReason;
use crate::tunnel::PLAIN;

/// Class, type, length in words (five bits), data.
fn option(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, (_, _, len)) = (be_u16, be_u8, be_u8).parse(input)?;
    take(usize::from(len & 0x1f) * 4).parse(rest)
}

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Geneve;
    let h = d.fixed::<8>(kind)?;
    if h[0] >> 6 != 0 {
        return Ok(PLAIN);
    }
    let len = 8 + usize::from(h[0] & 0x3f) * 4;
    let mut options = d.bytes(kind, len)?.get(8..).unwrap_or_default();
    while !options.is_empty() {
        match option(options) {
            Ok((rest, _)) => options = rest,
            // The options must fill their length exactly (§3.5).
            Err(_) => return Err(fault(kind, StopReason::BadHeaderLength(len as u32))),
        }
    }
    let protocol = u16::from_be_bytes([h[2], h[3]]);
    d.push(kind, len)?;
    match protocol {
        ether_type::TRANSPARENT_ETHERNET => Ok(Next::Ethernet),
        number @ 0..=1535 => Err(fault(kind, StopReason::UnknownEtherType(number))),
        other => Ok(Next::EtherType(other)),
    }
}
