//! What a frame was found to be: offsets and tags, no borrowed bytes.

use core::fmt;
use core::net::IpAddr;

use crate::kind::LayerKind;
use crate::link::ethernet::EthernetFrame;
use crate::link::vlan::VlanTag;
use crate::network::arp::ArpPacket;
use crate::network::icmpv4::Icmpv4Message;
use crate::network::icmpv6::Icmpv6Message;
use crate::network::igmp::IgmpMessage;
use crate::network::ipv4::Ipv4Packet;
use crate::network::ipv6::Ipv6Packet;
use crate::stop::Stop;
use crate::transport::tcp::TcpSegment;
use crate::transport::udp::UdpDatagram;

/// The most headers that are decoded in one frame; behind them is [`StopReason::TooManyLayers`].
///
/// [`StopReason::TooManyLayers`]: crate::StopReason::TooManyLayers
pub const MAX_LAYERS: usize = 16;

pub(crate) const NO_NETWORK: u8 = u8::MAX;

/// One decoded header: what it is and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Which protocol.
    pub kind: LayerKind,
    /// Offset of its first byte in the frame.
    pub offset: u32,
}

/// What a frame is for somebody who follows TCP connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// A TCP segment: its whole header was decoded (or its 20 fixed bytes, where only the options
    /// were cut by the snap length), and it is innermost.
    Tcp,
    /// Decoded to something that is not TCP: UDP, ICMP (errors that quote TCP included), ARP, ESP, an
    /// unknown EtherType or IP protocol, ...
    NotTcp,
    /// A fragment of an IP packet, first or later; not decoded further.
    Fragment,
    /// A header between link and transport is malformed or cut, or the link type is unknown.
    Undecodable,
}

/// Version of the Internet Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IpVersion {
    /// RFC 791.
    V4,
    /// RFC 8200.
    V6,
}

/// The innermost IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its version.
    pub version: IpVersion,
    /// Offset of its first byte in the frame.
    pub offset: u32,
}

/// What stands behind the last decoded header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Offset in the frame; the same as [`Layers::header_len`].
    pub offset: u32,
    /// Captured bytes.
    pub captured_len: u32,
    /// Bytes on the wire, as the innermost length field says, at most what the frame's original
    /// length leaves room for. `wire_len - captured_len` bytes were cut by the snap length.
    pub wire_len: u32,
}

/// The fields of a fragment of an IP packet (RFC 791 §3.1, RFC 8200 §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Which IP.
    pub version: IpVersion,
    /// Offset of the IP header in the frame.
    pub network_offset: u32,
    /// The Identification field (16 bits in IPv4).
    pub identification: u32,
    /// The protocol of what is fragmented (IPv6: the fragment header's Next Header).
    pub protocol: u8,
    /// Where this fragment's bytes belong in the packet's payload; bytes, not units of eight.
    pub fragment_offset: u32,
    /// Whether this is not the last fragment.
    pub more_fragments: bool,
    /// This fragment's bytes.
    pub payload: Payload,
}

/// A fragment's fields as kept in [`Layers`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct FragmentFields {
    pub(crate) identification: u32,
    pub(crate) offset: u16,
    pub(crate) protocol: u8,
    pub(crate) more_fragments: bool,
}

/// What [`parse`](crate::parse) found: small, `Copy`, without a lifetime.
///
/// Views over the frame are made on demand and take the frame again: the bytes given must be those
/// that were parsed (others give meaningless values or `None`, never a panic).
///
/// `header_len() + payload().captured_len + padding_len()` is always the frame's captured length.
#[derive(Clone, Copy, Debug)]
pub struct Layers {
    pub(crate) stop: Option<Stop>,
    pub(crate) frame_len: u32,
    pub(crate) header_len: u32,
    pub(crate) payload_len: u32,
    pub(crate) payload_wire_len: u32,
    pub(crate) fragment: FragmentFields,
    offsets: [u16; MAX_LAYERS],
    kinds: [LayerKind; MAX_LAYERS],
    pub(crate) class: Class,
    pub(crate) count: u8,
    /// Index of the innermost IP header, or `NO_NETWORK`.
    pub(crate) network: u8,
}

const _: () = assert!(size_of::<Layers>() <= 96);

impl Layers {
    pub(crate) const EMPTY: Layers = Layers {
        stop: None,
        frame_len: 0,
        header_len: 0,
        payload_len: 0,
        payload_wire_len: 0,
        fragment: FragmentFields { identification: 0, offset: 0, protocol: 0, more_fragments: false },
        offsets: [0; MAX_LAYERS],
        kinds: [LayerKind::Ethernet; MAX_LAYERS],
        class: Class::Undecodable,
        count: 0,
        network: NO_NETWORK,
    };

    /// These layers, of which `network` is the index of the innermost IP header; no lengths yet.
    pub(crate) const fn of<const N: usize>(
        class: Class,
        layers: [(LayerKind, u16); N],
        network: u8,
    ) -> Layers {
        let mut result = Layers { class, count: N as u8, network, ..Layers::EMPTY };
        let mut kinds: &mut [LayerKind] = &mut result.kinds;
        let mut offsets: &mut [u16] = &mut result.offsets;
        let mut layers: &[(LayerKind, u16)] = &layers;
        while let (
            Some(((kind, offset), rest)),
            Some((to_kind, other_kinds)),
            Some((to_offset, other_offsets)),
        ) = (layers.split_first(), kinds.split_first_mut(), offsets.split_first_mut())
        {
            (*to_kind, *to_offset) = (*kind, *offset);
            (layers, kinds, offsets) = (rest, other_kinds, other_offsets);
        }
        result
    }

    /// Adds a layer; false where there is no room, or the offset does not fit.
    #[inline]
    pub(crate) fn push(&mut self, kind: LayerKind, offset: usize) -> bool {
        let index = usize::from(self.count);
        let (Some(place), Some(at), Ok(offset)) =
            (self.kinds.get_mut(index), self.offsets.get_mut(index), u16::try_from(offset))
        else {
            return false;
        };
        *place = kind;
        *at = offset;
        self.count += 1;
        true
    }

    fn get(&self, index: usize) -> Option<Layer> {
        if index >= usize::from(self.count) {
            return None;
        }
        Some(Layer { kind: *self.kinds.get(index)?, offset: u32::from(*self.offsets.get(index)?) })
    }

    /// The decoded headers from the link inwards, at most [`MAX_LAYERS`].
    pub fn iter(&self) -> impl Iterator<Item = Layer> + '_ {
        (0..usize::from(self.count)).filter_map(|index| self.get(index))
    }

    /// The innermost decoded header.
    pub fn last(&self) -> Option<Layer> {
        self.get(usize::from(self.count).checked_sub(1)?)
    }

    /// What the frame is.
    #[inline]
    pub fn class(&self) -> Class {
        self.class
    }

    /// The innermost IP header.
    #[inline]
    pub fn network(&self) -> Option<Network> {
        let layer = self.get(usize::from(self.network))?;
        let version = if layer.kind == LayerKind::Ipv6 { IpVersion::V6 } else { IpVersion::V4 };
        Some(Network { version, offset: layer.offset })
    }

    /// Source and destination address of the innermost IP header.
    #[inline]
    pub fn addresses(&self, frame: &[u8]) -> Option<(IpAddr, IpAddr)> {
        let network = self.network()?;
        addresses(network.version, frame.get(network.offset as usize..)?)
    }

    /// Captured bytes from the frame's start to its payload.
    #[inline]
    pub fn header_len(&self) -> u32 {
        self.header_len
    }

    /// What stands behind the last decoded header.
    #[inline]
    pub fn payload(&self) -> Payload {
        Payload {
            offset: self.header_len,
            captured_len: self.payload_len,
            wire_len: self.payload_wire_len.max(self.payload_len),
        }
    }

    /// Captured bytes behind the innermost packet, as its length fields say: Ethernet padding, a frame
    /// check sequence, trailers.
    #[inline]
    pub fn padding_len(&self) -> u32 {
        // Cannot underflow: `parse` sets all three from one frame.
        self.frame_len.saturating_sub(self.header_len).saturating_sub(self.payload_len)
    }

    /// The fragment; `Some` if and only if the class is [`Class::Fragment`].
    pub fn fragment(&self) -> Option<Fragment> {
        if self.class != Class::Fragment {
            return None;
        }
        let network = self.network()?;
        Some(Fragment {
            version: network.version,
            network_offset: network.offset,
            identification: self.fragment.identification,
            protocol: self.fragment.protocol,
            fragment_offset: u32::from(self.fragment.offset),
            more_fragments: self.fragment.more_fragments,
            payload: self.payload(),
        })
    }

    /// Where and why decoding ended early; `None` where everything up to the payload was understood.
    #[inline]
    pub fn stop(&self) -> Option<Stop> {
        self.stop
    }

    pub(crate) fn payload_bytes<'f>(&self, frame: &'f [u8]) -> Option<&'f [u8]> {
        frame.get(self.header_len as usize..)?.get(..self.payload_len as usize)
    }

    /// The last layer's bytes from its start to the end of its header, if it is of this kind.
    fn last_header<'f>(&self, kind: LayerKind, frame: &'f [u8]) -> Option<&'f [u8]> {
        let last = self.last().filter(|layer| layer.kind == kind)?;
        frame.get(last.offset as usize..self.header_len as usize)
    }

    /// The TCP segment; `Some` if and only if the class is [`Class::Tcp`].
    #[inline]
    pub fn tcp<'f>(&self, frame: &'f [u8]) -> Option<TcpSegment<'f>> {
        if self.class != Class::Tcp {
            return None;
        }
        let header = self.last_header(LayerKind::Tcp, frame)?;
        TcpSegment::new(header, self.payload_bytes(frame)?, self.payload().wire_len)
    }

    /// The UDP datagram, where UDP is the innermost layer.
    pub fn udp<'f>(&self, frame: &'f [u8]) -> Option<UdpDatagram<'f>> {
        let header = self.last_header(LayerKind::Udp, frame)?;
        UdpDatagram::new(header, self.payload_bytes(frame)?, self.payload().wire_len)
    }

    /// The ICMP message, where ICMP is the innermost layer.
    pub fn icmp<'f>(&self, frame: &'f [u8]) -> Option<Icmpv4Message<'f>> {
        let header = self.last_header(LayerKind::Icmp, frame)?;
        Icmpv4Message::new(header, self.payload_bytes(frame)?)
    }

    /// The ICMPv6 message, where ICMPv6 is the innermost layer.
    pub fn icmpv6<'f>(&self, frame: &'f [u8]) -> Option<Icmpv6Message<'f>> {
        let header = self.last_header(LayerKind::Icmpv6, frame)?;
        Icmpv6Message::new(header, self.payload_bytes(frame)?)
    }

    /// The IGMP message, where IGMP is the innermost layer.
    pub fn igmp<'f>(&self, frame: &'f [u8]) -> Option<IgmpMessage<'f>> {
        let header = self.last_header(LayerKind::Igmp, frame)?;
        IgmpMessage::new(header, self.payload_bytes(frame)?)
    }

    /// The ARP packet, where ARP is the innermost layer.
    pub fn arp<'f>(&self, frame: &'f [u8]) -> Option<ArpPacket<'f>> {
        ArpPacket::new(self.last_header(LayerKind::Arp, frame)?)
    }

    /// The innermost IP header, if it is IPv4.
    pub fn ipv4<'f>(&self, frame: &'f [u8]) -> Option<Ipv4Packet<'f>> {
        let network = self.network().filter(|network| network.version == IpVersion::V4)?;
        Ipv4Packet::new(frame.get(network.offset as usize..)?)
    }

    /// The innermost IP header, if it is IPv6.
    pub fn ipv6<'f>(&self, frame: &'f [u8]) -> Option<Ipv6Packet<'f>> {
        let network = self.network().filter(|network| network.version == IpVersion::V6)?;
        Ipv6Packet::new(frame.get(network.offset as usize..)?)
    }

    /// The outermost Ethernet header.
    pub fn ethernet<'f>(&self, frame: &'f [u8]) -> Option<EthernetFrame<'f>> {
        let layer = self.iter().find(|layer| layer.kind == LayerKind::Ethernet)?;
        EthernetFrame::new(frame.get(layer.offset as usize..)?)
    }

    /// The VLAN tags (802.1Q, 802.1ad), outermost first.
    pub fn vlan_tags<'s>(&'s self, frame: &'s [u8]) -> impl Iterator<Item = VlanTag> + 's {
        self.iter()
            .filter(|layer| matches!(layer.kind, LayerKind::Vlan | LayerKind::Qinq))
            .filter_map(|layer| VlanTag::new(frame.get(layer.offset as usize..)?))
    }
}

/// Source and destination of an IP packet.
#[inline]
pub(crate) fn addresses(version: IpVersion, packet: &[u8]) -> Option<(IpAddr, IpAddr)> {
    match version {
        IpVersion::V4 => {
            let header = packet.first_chunk::<20>()?;
            let source: [u8; 4] = [header[12], header[13], header[14], header[15]];
            let destination: [u8; 4] = [header[16], header[17], header[18], header[19]];
            Some((IpAddr::from(source), IpAddr::from(destination)))
        }
        IpVersion::V6 => {
            let (source, packet) = packet.get(8..)?.split_first_chunk::<16>()?;
            let destination = packet.first_chunk::<16>()?;
            Some((IpAddr::from(*source), IpAddr::from(*destination)))
        }
    }
}

impl fmt::Display for Layers {
    /// The layers' names from the link inwards, joined by slashes: `ethernet/ipv4/tcp`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for layer in self.iter() {
            if !core::mem::take(&mut first) {
                f.write_str("/")?;
            }
            f.write_str(layer.kind.name())?;
        }
        if let Some(stop) = self.stop {
            write!(f, " ({stop})")?;
        }
        Ok(())
    }
}
