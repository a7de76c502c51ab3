//! VXLAN (RFC 7348) and VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe).

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;
use crate::tunnel::PLAIN;

const VALID_IDENTIFIER: u8 = 0x08;
const NEXT_PROTOCOL: u8 = 0x04;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Vxlan;
    let h = d.fixed::<8>(kind)?;
    if h[0] & VALID_IDENTIFIER == 0 {
        return Ok(PLAIN);
    }
    d.push(kind, 8)?;
    Ok(Next::Ethernet)
}

pub(crate) fn decode_gpe(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Vxlan;
    let h = d.fixed::<8>(kind)?;
    if h[0] & VALID_IDENTIFIER == 0 {
        return Ok(PLAIN);
    }
    d.push(kind, 8)?;
    match (h[0] & NEXT_PROTOCOL != 0, h[3]) {
        (false, _) | (true, 3) => Ok(Next::Ethernet),
        (true, 1) => Ok(Next::Ip),
        (true, 2) => Ok(Next::Ipv6),
        (true, 4) => Ok(Next::Nsh),
        (true, 5) => Ok(Next::Mpls),
        (true, _) => Err(fault(kind, StopReason::UnknownPayload)),
    }
}
