//! What one captured frame says: link, network, tunnel and transport headers, zero-copy.
//!
//! ```text
//!  link type, wire length, &[u8] ──parse──▶ Layers (offsets and tags, Copy, no lifetime)
//!                                             │ class(): Tcp | NotTcp | Fragment | Undecodable
//!                        the frame's bytes ──▶│ tcp(), udp(), ipv4(), arp() ...: views with plain accessors
//!                                             │ fragment()
//!                                             ▼
//!                  Defragmenter::push ──▶ Datagram: a whole IP packet, for parse(101, ..) again
//! ```
//!
//! - [`parse`] walks from the link to the innermost flow, through VLAN tags, MPLS, PPPoE and tunnels. It
//!   never fails and is lax: what was understood before a fault stays, and [`Layers::stop`] says where and
//!   why it ended. Headers, payload and padding add up to the frame, always.
//! - Bounded: at most [`MAX_LAYERS`] headers; time depends on the headers, not on the payload.
//! - Nothing is allocated, but by the [`Defragmenter`], which is bounded by [`DefragmentLimits`].
//! - Checksums are not verified on the way; [`checksum`] has what is needed to do it.
//! - No TCP state, no reassembly of streams. What stands behind the last header (DNS, LLDP, spanning tree ...) is read
//!   on demand only, for printing: [`Beyond`].
//!
//! ```
//! use wiretrace_decode::{Class, parse};
//!
//! // A raw IPv4 packet (LINKTYPE 101): a TCP segment with the payload "hi".
//! let mut frame = vec![0x45, 0, 0, 42, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
//! frame.extend([0xc0, 0x00, 0, 80, 0, 0, 0, 7, 0, 0, 0, 9, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
//! frame.extend(b"hi");
//!
//! let layers = parse(101, frame.len() as u32, &frame);
//! assert_eq!(layers.class(), Class::Tcp);
//! let (source, destination) = layers.addresses(&frame).unwrap();
//! let segment = layers.tcp(&frame).unwrap();
//! assert_eq!(segment.payload(), b"hi");
//! assert_eq!(
//!     format!("{source} -> {destination}: {segment}"),
//!     "10.0.0.1 -> 10.0.0.2: 49152 -> 80 TCP len 2 [ack,psh] seq 7 ack 9 win 256"
//! );
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod app;
mod beyond;
pub mod checksum;
mod decoder;
mod defragment;
#[doc(hidden)]
pub mod fuzzing;
mod kind;
mod layers;
mod link;
mod network;
mod stop;
mod tcp_place;
mod text;
mod transport;
mod tunnel;

#[cfg(test)]
mod tests;

pub use crate::app::dns::{
    DnsData, DnsItem, DnsItems, DnsMessage, DnsName, DnsQuestion, DnsRecord, DnsSection, MAX_LABELS,
    MAX_POINTERS, SvcParams, class_name as dns_class_name, opcode_name as dns_opcode_name,
    rcode_name as dns_rcode_name, type_name as dns_type_name,
};
pub use crate::beyond::Beyond;
pub use crate::decoder::parse;
pub use crate::defragment::{Datagram, DefragmentLimits, DefragmentStats, Defragmented, Defragmenter};
pub use crate::kind::LayerKind;
pub use crate::layers::{Class, Fragment, IpVersion, Layer, Layers, MAX_LAYERS, Network, Payload};
pub use crate::link::cdp::CdpPacket;
pub use crate::link::eapol::EapolFrame;
pub use crate::link::ethernet::{EthernetFrame, MacAddress};
pub use crate::link::linux_sll::LinuxSllHeader;
pub use crate::link::llc::{LlcHeader, SnapHeader};
pub use crate::link::lldp::LldpFrame;
pub use crate::link::mpls::MplsEntry;
pub use crate::link::null::loopback_family;
pub use crate::link::ppp::PppControlPacket;
pub use crate::link::pppoe::PppoeHeader;
pub use crate::link::stp::{BridgeId, StpUnit};
pub use crate::link::vlan::VlanTag;
pub use crate::network::arp::ArpPacket;
pub use crate::network::icmpv4::Icmpv4Message;
pub use crate::network::icmpv6::Icmpv6Message;
pub use crate::network::igmp::{IgmpGroupRecord, IgmpMessage};
pub use crate::network::ipv4::{Ipv4Option, Ipv4Packet};
pub use crate::network::ipv6::Ipv6Packet;
pub use crate::network::ipv6_extension::ExtensionHeader;
pub use crate::network::quoted::Quoted;
pub use crate::stop::{Stop, StopReason};
pub use crate::tcp_place::TcpPlace;
pub use crate::transport::tcp::{Flags, TcpSegment};
pub use crate::transport::tcp_option::{SackBlocks, TcpOption, TcpOptions};
pub use crate::transport::udp::UdpDatagram;
pub use crate::tunnel::geneve::GeneveHeader;
pub use crate::tunnel::gre::GreHeader;
pub use crate::tunnel::gtp_u::GtpUHeader;
pub use crate::tunnel::vxlan::VxlanHeader;
