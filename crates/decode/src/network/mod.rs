//! The network layer: IPv4, IPv6, ARP and the control protocols beside them.

pub(crate) mod arp;
pub(crate) mod icmpv4;
pub(crate) mod icmpv6;
pub(crate) mod igmp;
pub(crate) mod ipv4;
pub(crate) mod ipv6;
pub(crate) mod ipv6_extension;
pub(crate) mod quoted;

use crate::decoder::{Decoder, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;

/// An IP packet of either version, as its first four bits say.
#[inline]
pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    match d.rest().first().map(|byte| byte >> 4) {
        Some(4) => ipv4::decode(d),
        Some(6) => ipv6::decode(d),
        Some(other) => Err(fault(LayerKind::Ipv4, StopReason::BadVersion(other))),
        None => Err(d.short(LayerKind::Ipv4, 1)),
    }
}
