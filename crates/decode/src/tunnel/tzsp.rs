//! TaZmen sniffer protocol: version, type, encapsulated protocol, tagged fields.

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;
use crate::tunnel::PLAIN;

const TAG_PADDING: u8 = 0;
const TAG_END: u8 = 1;
/// Tagged fields looked at; more are not believed.
const MAX_TAGS: usize = 64;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Tzsp;
    let h = d.fixed::<4>(kind)?;
    // Received (0) and transmitted (1) packets.
    if h[0] != 1 || h[1] > 1 {
        return Ok(PLAIN);
    }
    let protocol = u16::from_be_bytes([h[2], h[3]]);
    let mut len = 4;
    for _ in 0..MAX_TAGS {
        let tag = d.bytes(kind, len + 1)?.last().copied().unwrap_or_default();
        len += 1;
        match tag {
            TAG_PADDING => {}
            TAG_END => {
                d.push(kind, len)?;
                return match protocol {
                    1 => Ok(Next::Ethernet),
                    18 => Ok(Next::Ieee80211),
                    119 => Ok(Next::Link(119)),
                    127 => Ok(Next::Link(127)),
                    _ => Err(fault(kind, StopReason::UnknownPayload)),
                };
            }
            _ => len += 1 + usize::from(d.bytes(kind, len + 1)?.last().copied().unwrap_or_default()),
        }
    }
    Ok(PLAIN)
}
