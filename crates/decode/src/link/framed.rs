//! The small link types: a pseudo header or an old MAC header of known length, then something known.

use crate::decoder::{Decoder, Fault, Next, Step, fault};
use crate::kind::LayerKind;
use crate::link::{llc, null};
use crate::stop::StopReason;

/// LINKTYPE_PPP_WITH_DIR 204: one byte of direction.
pub(crate) fn ppp_with_direction(d: &mut Decoder<'_, '_>) -> Step {
    d.push(LayerKind::Ppp, 1)?;
    Ok(Next::Ppp)
}

/// LINKTYPE_JUNIPER_ETHER 178: magic, flags, and with one of them the length of what follows.
pub(crate) fn juniper_ethernet(d: &mut Decoder<'_, '_>) -> Step {
    const EXTENSION: u8 = 0x80;
    const NO_LINK_LAYER: u8 = 0x02;
    let kind = LayerKind::Juniper;
    let &[a, b, c, flags, high, low] = d.fixed::<6>(kind)?;
    if [a, b, c] != *b"MGC" {
        return Err(fault(kind, StopReason::BadVersion(a)));
    }
    let extension = if flags & EXTENSION != 0 { 2 + usize::from(u16::from_be_bytes([high, low])) } else { 0 };
    if flags & NO_LINK_LAYER != 0 {
        // Four bytes of protocol number; the packet says itself what it is.
        d.push(kind, 4 + extension + 4)?;
        return Ok(Next::Ip);
    }
    d.push(kind, 4 + extension)?;
    Ok(Next::Ethernet)
}

/// LINKTYPE_IEEE802_11_RADIOTAP 127: version, pad, length (little endian).
pub(crate) fn radiotap(d: &mut Decoder<'_, '_>) -> Step {
    let h = d.fixed::<8>(LayerKind::Radiotap)?;
    if h[0] != 0 {
        return Err(fault(LayerKind::Radiotap, StopReason::BadVersion(h[0])));
    }
    sized(d, LayerKind::Radiotap, u32::from(u16::from_le_bytes([h[2], h[3]])), 8)?;
    Ok(Next::Ieee80211)
}

/// LINKTYPE_PPI 192: version, flags, length, link type (all little endian).
pub(crate) fn ppi(d: &mut Decoder<'_, '_>) -> Step {
    let h = d.fixed::<8>(LayerKind::Ppi)?;
    if h[0] != 0 {
        return Err(fault(LayerKind::Ppi, StopReason::BadVersion(h[0])));
    }
    sized(d, LayerKind::Ppi, u32::from(u16::from_le_bytes([h[2], h[3]])), 8)?;
    inner_link(u32::from_le_bytes([h[4], h[5], h[6], h[7]]))
}

/// LINKTYPE_IEEE802_11_PRISM 119: message code, message length, device name; or, told by its magic, AVS.
pub(crate) fn prism(d: &mut Decoder<'_, '_>) -> Step {
    let h = d.fixed::<8>(LayerKind::Prism)?;
    if h[..2] == [0x80, 0x21] {
        return avs(d);
    }
    let (low, high) = ([h[4], h[5], h[6], h[7]], u32::from_be_bytes([h[4], h[5], h[6], h[7]]));
    sized(d, LayerKind::Prism, high.min(u32::from_le_bytes(low)), 24)?;
    Ok(Next::Ieee80211)
}

/// LINKTYPE_IEEE802_11_AVS 163: magic and version, length (big endian).
pub(crate) fn avs(d: &mut Decoder<'_, '_>) -> Step {
    let h = d.fixed::<8>(LayerKind::Avs)?;
    sized(d, LayerKind::Avs, u32::from_be_bytes([h[4], h[5], h[6], h[7]]), 8)?;
    Ok(Next::Ieee80211)
}

/// LINKTYPE_PKTAP 258, and as written before it had a number (149): length, record type, link type, all
/// little endian.
pub(crate) fn pktap(d: &mut Decoder<'_, '_>, link_type: u32) -> Step {
    let kind = LayerKind::Pktap;
    let h = d.fixed::<12>(kind)?;
    let len = u32::from_le_bytes([h[0], h[1], h[2], h[3]]);
    let record = u32::from_le_bytes([h[4], h[5], h[6], h[7]]);
    if link_type != 258 && (record != 1 || !(108..=1024).contains(&len)) {
        return Err(Fault { layer: None, reason: StopReason::UnknownLinkType(link_type) });
    }
    sized(d, kind, len, 12)?;
    inner_link(u32::from_le_bytes([h[8], h[9], h[10], h[11]]))
}

/// Headers that name a link type inside may not nest themselves.
fn inner_link(link_type: u32) -> Step {
    match link_type {
        149 | 192 | 258 => Err(Fault { layer: None, reason: StopReason::UnknownLinkType(link_type) }),
        other => Ok(Next::Link(other)),
    }
}

/// A header that says its own length.
fn sized(d: &mut Decoder<'_, '_>, kind: LayerKind, len: u32, least: u32) -> Result<(), Fault> {
    if len < least {
        return Err(fault(kind, StopReason::BadHeaderLength(len)));
    }
    d.push(kind, len as usize)
}

/// LINKTYPE_IEEE802_5 6: access and frame control, addresses, perhaps a routing field, LLC.
pub(crate) fn token_ring(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::TokenRing;
    let h = d.fixed::<14>(kind)?;
    if h[1] & 0xc0 != 0x40 {
        d.push(kind, 14)?;
        return Err(fault(kind, StopReason::UnknownPayload));
    }
    let mut len = 14;
    if h[8] & 0x80 != 0 {
        let control = d.bytes(kind, 16)?.get(14).copied().unwrap_or_default();
        len += usize::from(control & 0x1f);
    }
    d.push(kind, len)?;
    Ok(Next::Llc)
}

/// LINKTYPE_FDDI 10: frame control, addresses, LLC in asynchronous frames.
pub(crate) fn fddi(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Fddi;
    let h = d.fixed::<13>(kind)?;
    d.push(kind, 13)?;
    // Asynchronous LLC frames are 0x50 to 0x57, synchronous ones 0xd0 to 0xd7.
    if h[0] & 0x70 != 0x50 {
        return Err(fault(kind, StopReason::UnknownPayload));
    }
    Ok(Next::Llc)
}

/// LINKTYPE_ARCNET_BSD 7 and LINKTYPE_ARCNET_LINUX 129 (which has an offset field, RFC 1201 and 1051).
pub(crate) fn arcnet(d: &mut Decoder<'_, '_>, addresses: usize) -> Step {
    let kind = LayerKind::Arcnet;
    let protocol = d.bytes(kind, addresses + 1)?.get(addresses).copied().unwrap_or_default();
    match protocol {
        // RFC 1051: no fragmentation header.
        240 | 241 => d.push(kind, addresses + 1)?,
        // RFC 1201: split flag and sequence number; a split packet is not put together.
        212..=214 => {
            let header = d.bytes(kind, addresses + 4)?;
            if header.get(addresses + 1) != Some(&0) {
                return Err(fault(kind, StopReason::UnknownPayload));
            }
            d.push(kind, addresses + 4)?;
        }
        other => return Err(fault(kind, StopReason::UnknownSap(other))),
    }
    match protocol {
        212 | 240 => Ok(Next::Ip),
        _ => crate::network::arp::decode(d),
    }
}

/// LINKTYPE_SLIP 8: direction and fifteen bytes of compressed header, then the packet.
pub(crate) fn slip(d: &mut Decoder<'_, '_>) -> Step {
    d.push(LayerKind::Slip, 16)?;
    Ok(Next::Ip)
}

/// LINKTYPE_FRELAY 107 (RFC 2427): Q.922 address, control, NLPID.
pub(crate) fn frame_relay(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::FrameRelay;
    let &[_, second, third, _] = d.fixed::<4>(kind)?;
    // The address is extended until a byte with its low bit set: 2 to 4 bytes.
    let address = match second & 1 {
        1 => 2,
        _ if third & 1 == 1 => 3,
        _ => 4,
    };
    let mut len = address + 2;
    let header = d.bytes(kind, len)?;
    // A pad byte may stand in front of the NLPID.
    let mut protocol = header.last().copied().unwrap_or_default();
    if protocol == 0 {
        len += 1;
        protocol = d.bytes(kind, len)?.last().copied().unwrap_or_default();
    }
    if header.get(address) != Some(&0x03) {
        // Cisco's encapsulation: an Ethernet type instead of control and NLPID.
        let cisco = header.get(address..address + 2).and_then(|b| b.first_chunk::<2>().copied());
        d.push(kind, address + 2)?;
        return match cisco.map(u16::from_be_bytes) {
            Some(number) if number > 1535 => Ok(Next::EtherType(number)),
            _ => Err(fault(kind, StopReason::UnknownPayload)),
        };
    }
    d.push(kind, len)?;
    match protocol {
        0xcc => Ok(Next::Ip),
        0x8e => Ok(Next::Ipv6),
        0x80 => llc::decode_snap(d),
        other => Err(fault(kind, StopReason::UnknownSap(other))),
    }
}

/// LINKTYPE_ENC 109: address family in host byte order, SPI, flags.
pub(crate) fn enc(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Enc;
    let h = d.fixed::<12>(kind)?;
    d.push(kind, 12)?;
    let family = [h[0], h[1], h[2], h[3]];
    null::next(kind, u32::from_be_bytes(family).min(u32::from_le_bytes(family)))
}

/// LINKTYPE_PFLOG 117: length (rounded up to four), address family, action, reason, ...
pub(crate) fn pflog(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Pflog;
    let h = d.fixed::<4>(kind)?;
    sized(d, kind, u32::from(h[0]).next_multiple_of(4), 28)?;
    null::next(kind, u32::from(h[1]))
}

/// LINKTYPE_IP_OVER_FC 122 (RFC 2625): network header of two eight-byte addresses, LLC.
pub(crate) fn fibre_channel(d: &mut Decoder<'_, '_>) -> Step {
    d.push(LayerKind::FibreChannel, 16)?;
    Ok(Next::Llc)
}

/// LINKTYPE_SUNATM 123: flags with the traffic type, VPI, VCI.
pub(crate) fn sunatm(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::SunAtm;
    let h = d.fixed::<4>(kind)?;
    d.push(kind, 4)?;
    match h[0] & 0x0f {
        2 => Ok(Next::Llc),
        other => Err(fault(kind, StopReason::UnknownSap(other))),
    }
}

/// LINKTYPE_APPLE_IP_OVER_IEEE1394 138: two eight-byte addresses, Ethernet type.
pub(crate) fn firewire(d: &mut Decoder<'_, '_>) -> Step {
    let h = d.fixed::<18>(LayerKind::Firewire)?;
    d.push(LayerKind::Firewire, 18)?;
    match u16::from_be_bytes([h[16], h[17]]) {
        number @ 0..=1535 => Err(fault(LayerKind::Firewire, StopReason::UnknownEtherType(number))),
        number => Ok(Next::EtherType(number)),
    }
}

/// LINKTYPE_IPNET 226: version, address family, hook, length, interface and zone numbers.
pub(crate) fn ipnet(d: &mut Decoder<'_, '_>) -> Step {
    let h = d.fixed::<24>(LayerKind::Ipnet)?;
    d.push(LayerKind::Ipnet, 24)?;
    null::next(LayerKind::Ipnet, u32::from(h[1]))
}

/// LINKTYPE_IPOIB 242 (RFC 4391 §6): destination link-layer address (20), type, reserved.
pub(crate) fn ipoib(d: &mut Decoder<'_, '_>) -> Step {
    let h = d.fixed::<44>(LayerKind::IpOverInfiniband)?;
    d.push(LayerKind::IpOverInfiniband, 44)?;
    match u16::from_be_bytes([h[40], h[41]]) {
        number @ 0..=1535 => Err(fault(LayerKind::IpOverInfiniband, StopReason::UnknownEtherType(number))),
        number => Ok(Next::EtherType(number)),
    }
}

/// LINKTYPE_ETHERNET_MPACKET 274: seven bytes of preamble and the start delimiter of an express frame.
pub(crate) fn mpacket(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Mpacket;
    let h = d.fixed::<8>(kind)?;
    d.push(kind, 8)?;
    match h[7] {
        0xd5 => Ok(Next::Ethernet),
        _ => Err(fault(kind, StopReason::UnknownPayload)),
    }
}
