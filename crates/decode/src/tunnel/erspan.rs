//! ERSPAN, mirrored Ethernet frames in GRE: type I has no header, II has 8 bytes, III has 12 or 20
//! (draft-foschiano-erspan).

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;

pub(crate) fn decode_i(d: &mut Decoder<'_, '_>) -> Step {
    d.push(LayerKind::Erspan, 0)?;
    Ok(Next::Ethernet)
}

pub(crate) fn decode_ii(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Erspan;
    let h = d.fixed::<8>(kind)?;
    if h[0] >> 4 != 1 {
        return Err(fault(kind, StopReason::BadVersion(h[0] >> 4)));
    }
    d.push(kind, 8)?;
    Ok(Next::Ethernet)
}

pub(crate) fn decode_iii(d: &mut Decoder<'_, '_>) -> Step {
    const OPTIONAL_SUBHEADER: u8 = 1;
    let kind = LayerKind::Erspan;
    let h = d.fixed::<12>(kind)?;
    if h[0] >> 4 != 2 {
        return Err(fault(kind, StopReason::BadVersion(h[0] >> 4)));
    }
    d.push(kind, if h[11] & OPTIONAL_SUBHEADER != 0 { 20 } else { 12 })?;
    // The frame type field: 0 is Ethernet, 2 is a bare IP packet.
    match (h[10] >> 3) & 0x1f {
        2 => Ok(Next::Ip),
        _ => Ok(Next::Ethernet),
    }
}
