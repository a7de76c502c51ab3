//! Network service header (RFC 8300 §2.2): length in words, next protocol.

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Nsh;
    let h = d.fixed::<4>(kind)?;
    let len = usize::from(h[1] & 0x3f) * 4;
    if h[0] >> 6 != 0 {
        return Err(fault(kind, StopReason::BadVersion(h[0] >> 6)));
    }
    if len < 8 {
        return Err(fault(kind, StopReason::BadHeaderLength(len as u32)));
    }
    d.push(kind, len)?;
    match h[3] {
        1 => Ok(Next::Ip),
        2 => Ok(Next::Ipv6),
        3 => Ok(Next::Ethernet),
        4 => Ok(Next::Nsh),
        5 => Ok(Next::Mpls),
        _ => Err(fault(kind, StopReason::UnknownPayload)),
    }
}
