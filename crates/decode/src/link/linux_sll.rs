//! Linux cooked captures, versions 1 and 2 (LINKTYPE_LINUX_SLL 113, LINKTYPE_LINUX_SLL2 276).

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;

const ARPHRD_IEEE80211: u16 = 801;
const ARPHRD_IEEE80211_RADIOTAP: u16 = 803;
const ARPHRD_NETLINK: u16 = 824;

const PROTOCOL_802_3: u16 = 0x0001;
const PROTOCOL_802_2: u16 = 0x0004;

/// 16 bytes: packet type, ARPHRD type, address length, address (8), protocol.
pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::LinuxSll;
    let h = d.fixed::<16>(kind)?;
    d.push(kind, 16)?;
    next(kind, u16::from_be_bytes([h[2], h[3]]), u16::from_be_bytes([h[14], h[15]]))
}

/// 20 bytes: protocol, reserved (2), interface index, ARPHRD type, packet type, address length, address.
pub(crate) fn decode_v2(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::LinuxSll2;
    let h = d.fixed::<20>(kind)?;
    d.push(kind, 20)?;
    next(kind, u16::from_be_bytes([h[8], h[9]]), u16::from_be_bytes([h[0], h[1]]))
}

fn next(kind: LayerKind, hardware: u16, protocol: u16) -> Step {
    match (hardware, protocol) {
        (ARPHRD_NETLINK, family) => Err(fault(kind, StopReason::UnknownFamily(u32::from(family)))),
        (ARPHRD_IEEE80211, _) => Ok(Next::Ieee80211),
        (ARPHRD_IEEE80211_RADIOTAP, _) => Ok(Next::Link(127)),
        (_, PROTOCOL_802_2) => Ok(Next::Llc),
        // Novell's frames without LLC, CAN and whatever else is no Ethernet type.
        (_, PROTOCOL_802_3 | 0..=1535) => Err(fault(kind, StopReason::UnknownEtherType(protocol))),
        (_, ether_type) => Ok(Next::EtherType(ether_type)),
    }
}
