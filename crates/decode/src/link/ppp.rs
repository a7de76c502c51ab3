//! PPP (RFC 1661), with HDLC-like framing (RFC 1662) or not, and Cisco HDLC.
//!
//! Both are told by the first byte: 0xff is PPP's all-stations address, 0x0f and 0x8f are Cisco's. Escaped
//! bytes are not undone (captures hold the frame without them) and compressed headers are not expanded.

use crate::decoder::{Decoder, Fault, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Ppp;
    let &[first, second] = d.fixed::<2>(kind)?;
    if matches!(first, 0x0f | 0x8f) && second == 0 {
        return decode_cisco_hdlc(d);
    }
    // Address and control may have been compressed away (RFC 1661 §6.6).
    let address = if d.rest().starts_with(&[0xff, 0x03]) { 2 } else { 0 };
    let protocol = d.bytes(kind, address + 1)?.get(address).copied().unwrap_or_default();
    // Protocol-field compression: an odd first byte is the whole number (RFC 1661 §6.5).
    let (protocol, len) = if protocol & 1 == 1 {
        (u16::from(protocol), address + 1)
    } else {
        let low = d.bytes(kind, address + 2)?.get(address + 1).copied().unwrap_or_default();
        (u16::from_be_bytes([protocol, low]), address + 2)
    };
    d.push(kind, len)?;
    next(protocol)
}

fn next(protocol: u16) -> Step {
    match protocol {
        0x0021 => Ok(Next::Ip),
        0x0057 => Ok(Next::Ipv6),
        0x0281 | 0x0283 => Ok(Next::Mpls),
        other => Err(fault(LayerKind::Ppp, StopReason::UnknownPppProtocol(other))),
    }
}

/// Address, control, Ethernet type.
pub(crate) fn decode_cisco_hdlc(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::CiscoHdlc;
    let header = d.fixed::<4>(kind)?;
    d.push(kind, 4)?;
    match u16::from_be_bytes([header[2], header[3]]) {
        // Keepalives (SLARP), whose number Ethernet uses for reverse ARP, and what is no Ethernet type.
        number @ (0x8035 | 0..=1535) => {
            Err(Fault { layer: Some(kind), reason: StopReason::UnknownEtherType(number) })
        }
        number => Ok(Next::EtherType(number)),
    }
}
