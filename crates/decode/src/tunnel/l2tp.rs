//! L2TP version 2 data messages (RFC 2661 §3.1), which carry PPP. Control messages, and version 3, whose cookie
//! length only its session knows, are plain UDP.

use crate::decoder::{Decoder, Next, Step};
use crate::kind::LayerKind;
use crate::tunnel::PLAIN;

const CONTROL: u8 = 0x80;
const LENGTH: u8 = 0x40;
const SEQUENCE: u8 = 0x08;
const OFFSET: u8 = 0x02;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::L2tp;
    let &[flags, version] = d.fixed::<2>(kind)?;
    if flags & CONTROL != 0 || version & 0x0f != 2 {
        return Ok(PLAIN);
    }
    // Tunnel and session identifiers.
    let mut len = 6;
    if flags & LENGTH != 0 {
        len += 2;
        let length = d.fixed::<4>(kind)?;
        let length = usize::from(u16::from_be_bytes([length[2], length[3]]));
        if length > d.wire_len() {
            return Ok(PLAIN);
        }
    }
    if flags & SEQUENCE != 0 {
        len += 4;
    }
    if flags & OFFSET != 0 {
        len += 2;
        let pad: [u8; 2] = d.bytes(kind, len)?.last_chunk().copied().unwrap_or_default();
        len += usize::from(u16::from_be_bytes(pad));
    }
    d.push(kind, len)?;
    if d.wire_len() == 0 {
        return Ok(PLAIN);
    }
    Ok(Next::Ppp)
}
