//! IEEE 802.11 data frames (IEEE 802.11-2020 §9.2, §9.3.2): unprotected ones carry LLC.
//!
//! Management and control frames, protected frames and aggregates (A-MSDU) of more than one packet end here: a
//! frame has one innermost flow. A frame check sequence at the end is padding behind the packet.

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::layers::Class;
use crate::stop::StopReason;

const TYPE_DATA: u8 = 2;
const SUBTYPE_NO_DATA: u8 = 0x4;
const SUBTYPE_QOS: u8 = 0x8;
const TO_AND_FROM_DS: u8 = 0x03;
const PROTECTED: u8 = 0x40;
const ORDER: u8 = 0x80;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Ieee80211;
    let &[control, flags] = d.fixed::<2>(kind)?;
    if control & 3 != 0 {
        return Err(fault(kind, StopReason::BadVersion(control & 3)));
    }
    let subtype = control >> 4;
    if (control >> 2) & 3 != TYPE_DATA {
        return Err(fault(kind, StopReason::UnknownPayload));
    }
    let mut len = 24;
    if flags & TO_AND_FROM_DS == TO_AND_FROM_DS {
        len += 6;
    }
    let mut aggregate = false;
    if subtype & SUBTYPE_QOS != 0 {
        aggregate = d.bytes(kind, len + 1)?.get(len).is_some_and(|qos| qos & 0x80 != 0);
        len += 2;
        if flags & ORDER != 0 {
            len += 4;
        }
    }
    d.push(kind, len)?;
    if subtype & SUBTYPE_NO_DATA != 0 {
        return Ok(Next::Done(Class::NotTcp));
    }
    if flags & PROTECTED != 0 {
        return Err(fault(kind, StopReason::Encrypted));
    }
    if aggregate { decode_aggregate(d) } else { Ok(Next::Llc) }
}

/// IEEE 802.11-2020 §9.3.2.2: addresses, length, LLC; padded to four bytes where another subframe follows.
fn decode_aggregate(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Amsdu;
    let header = d.fixed::<14>(kind)?;
    let len = usize::from(u16::from_be_bytes([header[12], header[13]]));
    d.push(kind, 14)?;
    // A frame check sequence and padding are less than another subframe's header.
    if d.wire_len() >= len + 3 + 4 + 14 {
        return Err(fault(kind, StopReason::UnknownPayload));
    }
    d.limit(len);
    Ok(Next::Llc)
}
