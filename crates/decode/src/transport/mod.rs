//! What an IP protocol number says comes next: transport, control, tunnels, extension headers.

pub(crate) mod tcp;
pub(crate) mod tcp_option;
pub(crate) mod udp;

use crate::decoder::{Decoder, Fault, Next, Step, fault};
use crate::kind::LayerKind;
use crate::layers::Class;
use crate::network::{icmpv4, icmpv6, igmp, ipv6_extension};
use crate::stop::StopReason;
use crate::tunnel;

#[inline]
pub(crate) fn decode(d: &mut Decoder<'_, '_>, protocol: u8) -> Step {
    match protocol {
        6 => tcp::decode(d),
        other => decode_other(d, other),
    }
}

fn decode_other(d: &mut Decoder<'_, '_>, protocol: u8) -> Step {
    match protocol {
        17 => udp::decode(d),
        1 => icmpv4::decode(d),
        2 => igmp::decode(d),
        4 => Ok(Next::Ip),
        41 => Ok(Next::Ipv6),
        47 => Ok(Next::Gre),
        50 => {
            d.push(LayerKind::Esp, 8)?;
            Err(fault(LayerKind::Esp, StopReason::Encrypted))
        }
        51 => ipv6_extension::decode_authentication(d),
        58 => icmpv6::decode(d),
        97 => tunnel::decode_ether_ip(d),
        tunnel::PIM => tunnel::decode_pim(d),
        132 => {
            d.push(LayerKind::Sctp, 12)?;
            Ok(Next::Done(Class::NotTcp))
        }
        137 => Ok(Next::Mpls),
        _ if d.is_ipv6() => decode_ipv6_only(d, protocol),
        other => Err(Fault { layer: Some(LayerKind::Ipv4), reason: StopReason::UnknownIpProtocol(other) }),
    }
}

fn decode_ipv6_only(d: &mut Decoder<'_, '_>, protocol: u8) -> Step {
    match protocol {
        0 => ipv6_extension::decode(d, LayerKind::HopByHop),
        43 => ipv6_extension::decode(d, LayerKind::Routing),
        44 => ipv6_extension::decode_fragment(d),
        59 => Ok(Next::Done(Class::NotTcp)),
        60 => ipv6_extension::decode(d, LayerKind::DestinationOptions),
        135 => ipv6_extension::decode(d, LayerKind::Mobility),
        139 => ipv6_extension::decode(d, LayerKind::Hip),
        140 => ipv6_extension::decode(d, LayerKind::Shim6),
        other => Err(Fault { layer: d.last_kind(), reason: StopReason::UnknownIpProtocol(other) }),
    }
}
