//! Linux cooked captures, versions 1 and 2 (LINKTYPE_LINUX_SLL 113, LINKTYPE_LINUX_SLL2 276).

use core::fmt;

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::link::ethernet::MacAddress;
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

/// View of a Linux cooked header, version 1 or 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinuxSllHeader<'f> {
    packet_type: u16,
    hardware_type: u16,
    address_length: u16,
    address: &'f [u8; 8],
    protocol: u16,
    interface_index: Option<u32>,
}

impl<'f> LinuxSllHeader<'f> {
    /// A view of the version 1 header at the start of `bytes`; `None` below 16 bytes.
    pub fn v1(bytes: &'f [u8]) -> Option<Self> {
        let h = bytes.first_chunk::<16>()?;
        let word = |a: u8, b: u8| u16::from_be_bytes([a, b]);
        Some(LinuxSllHeader {
            packet_type: word(h[0], h[1]),
            hardware_type: word(h[2], h[3]),
            address_length: word(h[4], h[5]),
            address: bytes.get(6..)?.first_chunk()?,
            protocol: word(h[14], h[15]),
            interface_index: None,
        })
    }

    /// A view of the version 2 header at the start of `bytes`; `None` below 20 bytes.
    pub fn v2(bytes: &'f [u8]) -> Option<Self> {
        let h = bytes.first_chunk::<20>()?;
        Some(LinuxSllHeader {
            packet_type: u16::from(h[10]),
            hardware_type: u16::from_be_bytes([h[8], h[9]]),
            address_length: u16::from(h[11]),
            address: bytes.get(12..)?.first_chunk()?,
            protocol: u16::from_be_bytes([h[0], h[1]]),
            interface_index: Some(u32::from_be_bytes([h[4], h[5], h[6], h[7]])),
        })
    }

    /// Packet type: 0 to us, 1 broadcast, 2 multicast, 3 to somebody else, 4 from us.
    pub fn packet_type(&self) -> u16 {
        self.packet_type
    }

    /// The packet type in a word: `in`, `broadcast`, `multicast`, `other`, `out`.
    pub fn direction(&self) -> &'static str {
        match self.packet_type {
            0 => "in",
            1 => "broadcast",
            2 => "multicast",
            3 => "other",
            4 => "out",
            _ => "unknown",
        }
    }

    /// ARPHRD type of the device; 1 is Ethernet, 772 loopback.
    pub fn hardware_type(&self) -> u16 {
        self.hardware_type
    }

    /// Link-layer address length as sent; more than eight bytes are not in the header.
    pub fn address_length(&self) -> u16 {
        self.address_length
    }

    /// The sender's link-layer address, at most eight bytes.
    pub fn address(&self) -> &'f [u8] {
        self.address.get(..usize::from(self.address_length)).unwrap_or(self.address)
    }

    /// Protocol type, mostly an EtherType.
    pub fn protocol(&self) -> u16 {
        self.protocol
    }

    /// Interface index, of version 2.
    pub fn interface_index(&self) -> Option<u32> {
        self.interface_index
    }
}

impl fmt::Display for LinuxSllHeader<'_> {
    /// `cooked in 02:00:00:00:00:01`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cooked {}", self.direction())?;
        match self.address().first_chunk::<6>() {
            Some(&address) => write!(f, " {}", MacAddress(address)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions() {
        let v1 = [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
        let view = LinuxSllHeader::v1(&v1).unwrap();
        assert_eq!(view.to_string(), "cooked out 02:00:00:00:00:01");
        assert_eq!((view.hardware_type(), view.protocol(), view.interface_index()), (1, 0x0800, None));
        let v2 = [0x86, 0xdd, 0, 0, 0, 0, 0, 9, 3, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let view = LinuxSllHeader::v2(&v2).unwrap();
        assert_eq!(view.to_string(), "cooked broadcast");
        assert_eq!((view.hardware_type(), view.protocol(), view.interface_index()), (772, 0x86dd, Some(9)));
        assert!(LinuxSllHeader::v2(&v2[..19]).is_none() && LinuxSllHeader::v1(&v1[..15]).is_none());
    }
}
