//! IEEE 802.2 LLC and SNAP (RFC 1042, RFC 2684 for bridged Ethernet).

use core::fmt;

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;

const SNAP: u8 = 0xaa;
const IP: u8 = 0x06;
/// Bridge-Tunnel Encapsulation (Appletalk, RFC 1042 with this OUI), an EtherType follows as well.
const OUI_BRIDGE_TUNNEL: [u8; 3] = [0x00, 0x00, 0xf8];
const OUI_802_1: [u8; 3] = [0x00, 0x80, 0xc2];

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Llc;
    let header = d.fixed::<3>(kind)?;
    // Information and supervisory frames have a second control byte.
    let len = if header[2] & 3 == 3 { 3 } else { 4 };
    d.push(kind, len)?;
    match (header[0], header[1]) {
        // The low bit of the source is command or response.
        (SNAP, source) if source & 0xfe == SNAP => decode_snap(d),
        (IP, _) => Ok(Next::Ip),
        (other, _) => Err(fault(kind, StopReason::UnknownSap(other))),
    }
}

/// Three bytes of organisation, two of protocol; also used by frame relay.
pub(crate) fn decode_snap(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Snap;
    let &[a, b, c, p, q] = d.fixed::<5>(kind)?;
    d.push(kind, 5)?;
    match ([a, b, c], [p, q]) {
        ([0, 0, 0] | OUI_BRIDGE_TUNNEL, ether_type) => Ok(Next::EtherType(u16::from_be_bytes(ether_type))),
        // Bridged Ethernet with or without a preserved FCS, which would be padding.
        (OUI_802_1, [0, 0x01 | 0x07]) => Ok(Next::Ethernet),
        _ => Err(fault(kind, StopReason::UnknownSnap(u32::from_be_bytes([a, b, c, p])))),
    }
}

/// View of an IEEE 802.2 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LlcHeader<'f> {
    header: &'f [u8; 3],
    second: Option<u8>,
}

impl<'f> LlcHeader<'f> {
    /// A view of the header at the start of `bytes`; `None` where it is not whole.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<3>()?;
        let second = if header[2] & 3 == 3 { None } else { Some(*bytes.get(3)?) };
        Some(LlcHeader { header, second })
    }

    /// DSAP: destination service access point.
    pub fn dsap(&self) -> u8 {
        self.header[0]
    }

    /// SSAP: source service access point; the low bit is set in responses.
    pub fn ssap(&self) -> u8 {
        self.header[1]
    }

    /// Control field: one byte in unnumbered frames, two (the first one low) in others.
    pub fn control(&self) -> u16 {
        u16::from_le_bytes([self.header[2], self.second.unwrap_or_default()])
    }
}

impl fmt::Display for LlcHeader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LLC 0x{:02x} -> 0x{:02x} control 0x{:02x}", self.ssap(), self.dsap(), self.control())
    }
}

/// View of a SNAP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapHeader<'f> {
    header: &'f [u8; 5],
}

impl<'f> SnapHeader<'f> {
    /// A view of the header at the start of `bytes`; `None` below five bytes.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        Some(SnapHeader { header: bytes.first_chunk()? })
    }

    /// OUI: who defines the protocol numbers; 0 is Ethernet's types.
    pub fn oui(&self) -> u32 {
        u32::from_be_bytes([0, self.header[0], self.header[1], self.header[2]])
    }

    /// Protocol identifier.
    pub fn protocol_id(&self) -> u16 {
        u16::from_be_bytes([self.header[3], self.header[4]])
    }
}

impl fmt::Display for SnapHeader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SNAP oui 0x{:06x} protocol 0x{:04x}", self.oui(), self.protocol_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let llc = LlcHeader::new(&[0x42, 0x43, 3]).unwrap();
        assert_eq!(llc.to_string(), "LLC 0x43 -> 0x42 control 0x03");
        assert_eq!(LlcHeader::new(&[0, 1, 0, 2]).unwrap().control(), 0x0200);
        assert!(LlcHeader::new(&[0, 1, 0]).is_none());
        let snap = SnapHeader::new(&[0, 0, 12, 0x20, 0]).unwrap();
        assert_eq!(snap.to_string(), "SNAP oui 0x00000c protocol 0x2000");
    }
}
