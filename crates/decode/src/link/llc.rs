//! IEEE 802.2 LLC and SNAP (RFC 1042, RFC 2684 for bridged Ethernet).

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
