//! GRE version 0 (RFC 1701, RFC 2784, RFC 2890) and version 1, which PPTP uses (RFC 2637 §4.1).

use crate::decoder::{Decoder, Fault, Next, Step, fault};
use crate::kind::LayerKind;
use crate::layers::Class;
use crate::link::ether_type;
use crate::stop::StopReason;
use crate::tunnel::erspan;

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

const ERSPAN_I_II: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;
const WCCP: u16 = 0x883e;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Gre;
    let h = d.fixed::<4>(kind)?;
    let flags = u16::from_be_bytes([h[0], h[1]]);
    let protocol = u16::from_be_bytes([h[2], h[3]]);
    let mut len = 4;
    let has = |bit| flags & bit != 0;
    match flags & VERSION {
        0 => {
            // Checksum and offset come together, and stand there for either.
            if has(CHECKSUM | ROUTING) {
                len += 4;
            }
            len += 4 * (usize::from(has(KEY)) + usize::from(has(SEQUENCE)));
            if has(ROUTING) {
                len += routing_len(d, len)?;
            }
        }
        1 => {
            len +=
                4 * (usize::from(has(KEY)) + usize::from(has(SEQUENCE)) + usize::from(has(ACKNOWLEDGMENT)));
        }
        other => return Err(fault(kind, StopReason::BadVersion(other as u8))),
    }
    d.push(kind, len)?;
    if flags & VERSION == 1 && !has(SEQUENCE) {
        // An acknowledgment without payload.
        return Ok(Next::Done(Class::NotTcp));
    }
    match protocol {
        ether_type::IPV4 | ether_type::IPV6 if d.wire_len() == 0 => Ok(Next::Done(Class::NotTcp)),
        ether_type::IPV4 => Ok(Next::Ip),
        ERSPAN_I_II if has(SEQUENCE) => erspan::decode_ii(d),
        ERSPAN_I_II => erspan::decode_i(d),
        ERSPAN_III => erspan::decode_iii(d),
        WCCP => {
            // Version 2 has a redirect header of four bytes, which does not begin like IPv4.
            if d.rest().first().is_some_and(|byte| byte >> 4 != 4) {
                d.skip(4, kind)?;
            }
            Ok(Next::Ip)
        }
        // Aruba: wireless frames, the low bits of the type number queues.
        0x8200..=0x83f0 if protocol & 0x0f == 0 => Ok(Next::Ieee80211),
        // No Ethernet type, though the field could be taken for a length: keepalives and the like.
        0..=1535 => Err(Fault { layer: Some(kind), reason: StopReason::UnknownEtherType(protocol) }),
        other => Ok(Next::EtherType(other)),
    }
}

/// Bytes of the source route entries (RFC 1701), which end with an empty one.
fn routing_len(d: &Decoder<'_, '_>, start: usize) -> Result<usize, Fault> {
    let mut len = 0;
    loop {
        let entry = d.bytes(LayerKind::Gre, start + len + 4)?;
        let entry_len = usize::from(entry.last().copied().unwrap_or_default());
        len += 4 + entry_len;
        if entry_len == 0 {
            return Ok(len);
        }
    }
}
