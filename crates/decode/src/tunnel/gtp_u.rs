//! GTP-U version 1 (3GPP TS 29.281 §5): user packets (T-PDU) with sequence number and extension headers.
//!
//! Believed only where version, protocol type, message type, length and the inner packet's first four bits
//! fit. Other messages are plain UDP.

use crate::decoder::{Decoder, Next, Step};
use crate::kind::LayerKind;
use crate::tunnel::PLAIN;

const T_PDU: u8 = 0xff;
const OPTIONAL_FIELDS: u8 = 0x07;
const EXTENSION: u8 = 0x04;
/// Extension headers stepped over; more are not believed.
const MAX_EXTENSIONS: usize = 8;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::GtpU;
    let h = d.fixed::<8>(kind)?;
    let length = usize::from(u16::from_be_bytes([h[2], h[3]]));
    // Version 1, protocol type GTP.
    if h[0] >> 4 != 3 || h[1] != T_PDU || length + 8 > d.wire_len() {
        return Ok(PLAIN);
    }
    let mut len = 8;
    if h[0] & OPTIONAL_FIELDS != 0 {
        len = 12;
        let mut next = d.bytes(kind, len)?.last().copied().unwrap_or_default();
        let mut extensions = 0;
        while h[0] & EXTENSION != 0 && next != 0 {
            let units = d.bytes(kind, len + 1)?.last().copied().unwrap_or_default();
            extensions += 1;
            if units == 0 || extensions > MAX_EXTENSIONS {
                return Ok(PLAIN);
            }
            len += usize::from(units) * 4;
            next = d.bytes(kind, len)?.last().copied().unwrap_or_default();
        }
    }
    // The length counts what stands behind the first eight bytes.
    if length + 8 < len {
        return Ok(PLAIN);
    }
    match d.bytes(kind, len + 1)?.last().map(|byte| byte >> 4) {
        Some(4 | 6) => {
            d.limit(length + 8);
            d.push(kind, len)?;
            Ok(Next::Ip)
        }
        _ => Ok(PLAIN),
    }
}
