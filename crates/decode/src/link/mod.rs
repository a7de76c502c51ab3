//! Link layers: what the LINKTYPE number, or an Ethernet type, says comes next.

pub(crate) mod cdp;
pub(crate) mod eapol;
pub(crate) mod ethernet;
pub(crate) mod framed;
pub(crate) mod ieee80211;
pub(crate) mod linux_sll;
pub(crate) mod llc;
pub(crate) mod lldp;
pub(crate) mod mpls;
pub(crate) mod nflog;
pub(crate) mod null;
pub(crate) mod ppp;
pub(crate) mod pppoe;
pub(crate) mod stp;
pub(crate) mod vlan;

use crate::decoder::{Decoder, Fault, Next, Step};
use crate::kind::LayerKind;
use crate::network;
use crate::stop::StopReason;

/// The Ethernet types that are decoded (IEEE 802 numbers).
pub(crate) mod ether_type {
    pub(crate) const IPV4: u16 = 0x0800;
    pub(crate) const ARP: u16 = 0x0806;
    pub(crate) const TRANSPARENT_ETHERNET: u16 = 0x6558;
    pub(crate) const RARP: u16 = 0x8035;
    pub(crate) const VLAN: u16 = 0x8100;
    pub(crate) const IPV6: u16 = 0x86dd;
    pub(crate) const PPP: u16 = 0x880b;
    pub(crate) const MPLS: u16 = 0x8847;
    pub(crate) const MPLS_MULTICAST: u16 = 0x8848;
    pub(crate) const PPPOE_DISCOVERY: u16 = 0x8863;
    pub(crate) const PPPOE_SESSION: u16 = 0x8864;
    pub(crate) const SERVICE_VLAN: u16 = 0x88a8;
    pub(crate) const MACSEC: u16 = 0x88e5;
    pub(crate) const BACKBONE: u16 = 0x88e7;
    pub(crate) const VN_TAG: u16 = 0x8926;
    pub(crate) const TRILL: u16 = 0x22f3;
    pub(crate) const FABRIC_PATH: u16 = 0x8903;
    pub(crate) const CISCO_METADATA: u16 = 0x8909;
    pub(crate) const NSH: u16 = 0x894f;
    pub(crate) const OLD_QINQ: [u16; 3] = [0x9100, 0x9200, 0x9300];
}

/// A frame of this LINKTYPE (<https://www.tcpdump.org/linktypes.html>).
#[inline]
pub(crate) fn decode(d: &mut Decoder<'_, '_>, link_type: u32) -> Step {
    match link_type {
        1 => Ok(Next::Ethernet),
        other => decode_other(d, other),
    }
}

fn decode_other(d: &mut Decoder<'_, '_>, link_type: u32) -> Step {
    match link_type {
        0 => null::decode(d, LayerKind::Null),
        108 => null::decode(d, LayerKind::Loop),
        12 | 14 | 101 | 228 | 229 => {
            d.push(LayerKind::RawIp, 0)?;
            Ok(Next::Ip)
        }
        113 => linux_sll::decode(d),
        276 => linux_sll::decode_v2(d),
        9 | 50 => Ok(Next::Ppp),
        178 => framed::juniper_ethernet(d),
        204 => framed::ppp_with_direction(d),
        104 => ppp::decode_cisco_hdlc(d),
        51 => pppoe::decode(d, ether_type::PPPOE_SESSION),
        239 => nflog::decode(d),
        105 => Ok(Next::Ieee80211),
        119 => framed::prism(d),
        127 => framed::radiotap(d),
        163 => framed::avs(d),
        192 => framed::ppi(d),
        149 | 258 => framed::pktap(d, link_type),
        6 => framed::token_ring(d),
        7 => framed::arcnet(d, 2),
        129 => framed::arcnet(d, 4),
        8 => framed::slip(d),
        10 => framed::fddi(d),
        11 | 100 | 106 => Ok(Next::Llc),
        107 => framed::frame_relay(d),
        109 => framed::enc(d),
        117 => framed::pflog(d),
        122 => framed::fibre_channel(d),
        123 => framed::sunatm(d),
        138 => framed::firewire(d),
        219 => Ok(Next::Mpls),
        226 => framed::ipnet(d),
        242 => framed::ipoib(d),
        274 => framed::mpacket(d),
        other => Err(Fault { layer: None, reason: StopReason::UnknownLinkType(other) }),
    }
}

/// What this Ethernet type says; a value up to 1500 is the length of an IEEE 802.3 frame.
#[inline]
pub(crate) fn ethertype(d: &mut Decoder<'_, '_>, number: u16) -> Step {
    match number {
        ether_type::IPV4 => network::decode(d),
        ether_type::IPV6 => Ok(Next::Ipv6),
        other => ethertype_other(d, other),
    }
}

fn ethertype_other(d: &mut Decoder<'_, '_>, number: u16) -> Step {
    match number {
        ether_type::VLAN => vlan::decode(d, LayerKind::Vlan),
        ether_type::SERVICE_VLAN => vlan::decode(d, LayerKind::Qinq),
        other if ether_type::OLD_QINQ.contains(&other) => vlan::decode(d, LayerKind::Qinq),
        ether_type::BACKBONE => vlan::decode_backbone(d),
        ether_type::VN_TAG => vlan::decode_vn_tag(d),
        ether_type::FABRIC_PATH => vlan::decode_fabric_path(d),
        ether_type::CISCO_METADATA => vlan::decode_cisco_metadata(d),
        ether_type::TRILL => vlan::decode_trill(d),
        ether_type::MACSEC => vlan::decode_macsec(d),
        ether_type::ARP | ether_type::RARP => network::arp::decode(d),
        ether_type::MPLS | ether_type::MPLS_MULTICAST => Ok(Next::Mpls),
        ether_type::PPPOE_DISCOVERY | ether_type::PPPOE_SESSION => pppoe::decode(d, number),
        ether_type::TRANSPARENT_ETHERNET => Ok(Next::Ethernet),
        ether_type::PPP => Ok(Next::Ppp),
        ether_type::NSH => Ok(Next::Nsh),
        length @ 0..=1500 => {
            d.limit(usize::from(length));
            Ok(Next::Llc)
        }
        other => Err(Fault { layer: d.last_kind(), reason: StopReason::UnknownEtherType(other) }),
    }
}

/// Whether an Ethernet frame of this type is likely where nothing but its bytes says so.
pub(crate) fn is_known_ethertype(number: u16) -> bool {
    matches!(
        number,
        ether_type::IPV4
            | ether_type::IPV6
            | ether_type::ARP
            | ether_type::RARP
            | ether_type::VLAN
            | ether_type::SERVICE_VLAN
            | ether_type::MPLS
            | ether_type::PPPOE_DISCOVERY
            | ether_type::PPPOE_SESSION
    )
}
