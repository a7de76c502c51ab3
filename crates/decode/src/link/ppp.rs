//! PPP (RFC 1661), with HDLC-like framing (RFC 1662) or not, and Cisco HDLC.
//!
//! Both are told by the first byte: 0xff is PPP's all-stations address, 0x0f and 0x8f are Cisco's. Escaped
//! bytes are not undone (captures hold the frame without them) and compressed headers are not expanded.

use core::fmt;

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

/// View of a control protocol's packet (RFC 1661 §5, and what follows it: IPCP, IPV6CP, PAP, CHAP ...).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PppControlPacket<'f> {
    protocol: u16,
    header: &'f [u8; 4],
    data: &'f [u8],
}

impl<'f> PppControlPacket<'f> {
    /// A view of the packet of `protocol` at the start of `bytes`; `None` where there is none, or the protocol has
    /// another format.
    pub fn new(protocol: u16, bytes: &'f [u8]) -> Option<Self> {
        Self::name_of(protocol)?;
        let (header, data) = bytes.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        Some(PppControlPacket { protocol, header, data: data.get(..length.checked_sub(4)?).unwrap_or(data) })
    }

    fn name_of(protocol: u16) -> Option<&'static str> {
        Some(match protocol {
            0xc021 => "LCP",
            0x8021 => "IPCP",
            0x8057 => "IPV6CP",
            0x80fd => "CCP",
            0x8281 => "MPLSCP",
            0xc023 => "PAP",
            0xc025 => "LQR",
            0xc223 => "CHAP",
            0xc227 => "EAP",
            _ => return None,
        })
    }

    /// The protocol's name: `LCP`, `IPCP` ...
    pub fn name(&self) -> &'static str {
        Self::name_of(self.protocol).unwrap_or_default()
    }

    /// Code.
    pub fn code(&self) -> u8 {
        self.header[0]
    }

    /// The code's name.
    pub fn code_name(&self) -> &'static str {
        const NEGOTIATION: [&str; 14] = [
            "unknown",
            "Configure-Request",
            "Configure-Ack",
            "Configure-Nak",
            "Configure-Reject",
            "Terminate-Request",
            "Terminate-Ack",
            "Code-Reject",
            "Protocol-Reject",
            "Echo-Request",
            "Echo-Reply",
            "Discard-Request",
            "Identification",
            "Time-Remaining",
        ];
        let names: &[&str] = match self.protocol {
            0xc023 => &["unknown", "Authenticate-Request", "Authenticate-Ack", "Authenticate-Nak"],
            0xc223 => &["unknown", "Challenge", "Response", "Success", "Failure"],
            0xc227 => &["unknown", "Request", "Response", "Success", "Failure"],
            0xc025 => &[],
            _ => &NEGOTIATION,
        };
        names.get(usize::from(self.code())).unwrap_or(&"unknown")
    }

    /// Identifier, which matches requests and replies.
    pub fn identifier(&self) -> u8 {
        self.header[1]
    }

    /// Length of the packet, its four bytes of header included.
    pub fn length(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// What stands behind the header, as far as captured.
    pub fn data(&self) -> &'f [u8] {
        self.data
    }
}

impl fmt::Display for PppControlPacket<'_> {
    /// `LCP Configure-Request id 1 len 20`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} id {} len {}", self.name(), self.code_name(), self.identifier(), self.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_packets() {
        let packet = PppControlPacket::new(0xc021, &[1, 7, 0, 6, 1, 2, 0xee]).unwrap();
        assert_eq!(packet.to_string(), "LCP Configure-Request id 7 len 6");
        assert_eq!(packet.data(), [1, 2]);
        assert_eq!(PppControlPacket::new(0xc223, &[3, 7, 0, 4]).unwrap().code_name(), "Success");
        assert!(PppControlPacket::new(0xc021, &[1, 7, 0, 3]).is_none());
        assert!(PppControlPacket::new(0x0021, &[1, 7, 0, 4]).is_none());
    }
}
