//! PPP over Ethernet (RFC 2516 §4).

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::layers::Class;
use crate::link::ether_type::PPPOE_DISCOVERY;
use crate::stop::StopReason;

/// Version and type, code, session, length; in the session stage PPP follows, without HDLC framing.
pub(crate) fn decode(d: &mut Decoder<'_, '_>, ether_type: u16) -> Step {
    let kind = LayerKind::Pppoe;
    let header = d.fixed::<6>(kind)?;
    if header[0] != 0x11 {
        return Err(fault(kind, StopReason::BadVersion(header[0])));
    }
    d.push(kind, 6)?;
    d.limit(usize::from(u16::from_be_bytes([header[4], header[5]])));
    // A session frame has code 0.
    if ether_type == PPPOE_DISCOVERY || header[1] != 0 {
        return Ok(Next::Done(Class::NotTcp));
    }
    Ok(Next::Ppp)
}
