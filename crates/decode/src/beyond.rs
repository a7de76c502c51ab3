//! What stands behind the last decoded header, recognised on demand: [`parse`](crate::parse) stops at a connection's
//! door, a printer looks through it.

use core::fmt;

use crate::app::dns::DnsMessage;
use crate::kind::LayerKind;
use crate::layers::Layers;
use crate::link::cdp::CdpPacket;
use crate::link::eapol::EapolFrame;
use crate::link::llc::SnapHeader;
use crate::link::lldp::LldpFrame;
use crate::link::ppp::PppControlPacket;
use crate::link::stp::StpUnit;
use crate::stop::StopReason;

/// A protocol that [`parse`](crate::parse) does not enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Beyond<'f> {
    /// DNS (port 53), multicast DNS (5353) or LLMNR (5355), over UDP, or over TCP where a message lies in one segment.
    Dns(DnsMessage<'f>),
    /// LLDP (EtherType 0x88cc).
    Lldp(LldpFrame<'f>),
    /// CDP (SNAP, Cisco's 0x2000).
    Cdp(CdpPacket<'f>),
    /// Spanning tree (LLC 0x42, or SNAP, Cisco's 0x010b).
    Stp(StpUnit<'f>),
    /// 802.1X (EtherType 0x888e).
    Eapol(EapolFrame<'f>),
    /// A PPP control protocol.
    PppControl(PppControlPacket<'f>),
}

const LLDP: u16 = 0x88cc;
const EAPOL: u16 = 0x888e;
const STP_SAP: u8 = 0x42;
const OUI_CISCO: u32 = 0x00_000c;
const CISCO_CDP: u16 = 0x2000;
const CISCO_PVST: u16 = 0x010b;

/// Ports on which a payload is taken for DNS.
fn is_dns(port: u16) -> bool {
    matches!(port, 53 | 5353 | 5355)
}

impl<'f> Beyond<'f> {
    /// What stands behind the last header of `layers` in the frame they were parsed from.
    ///
    /// ```
    /// use wiretrace_decode::{Beyond, parse};
    ///
    /// let mut frame = vec![1, 0x80, 0xc2, 0, 0, 3, 2, 0, 0, 0, 0, 1, 0x88, 0x8e];
    /// frame.extend([1, 1, 0, 0]);
    /// let layers = parse(1, frame.len() as u32, &frame);
    /// assert_eq!(Beyond::of(&layers, &frame).unwrap().to_string(), "802.1X start len 0");
    /// ```
    pub fn of(layers: &Layers, frame: &'f [u8]) -> Option<Self> {
        let last = layers.last()?;
        match last.kind {
            LayerKind::Udp => {
                let udp = layers.udp(frame)?;
                let known = is_dns(udp.source_port()) || is_dns(udp.destination_port());
                known.then(|| DnsMessage::new(udp.payload())).flatten().map(Beyond::Dns)
            }
            LayerKind::Tcp => {
                let tcp = layers.tcp(frame)?;
                let known = tcp.source_port() == 53 || tcp.destination_port() == 53;
                known.then(|| DnsMessage::over_tcp(tcp.payload())).flatten().map(|(dns, _)| Beyond::Dns(dns))
            }
            _ => {
                let rest = layers.payload_bytes(frame)?;
                match layers.stop()?.reason {
                    StopReason::UnknownEtherType(LLDP) => LldpFrame::new(rest).map(Beyond::Lldp),
                    StopReason::UnknownEtherType(EAPOL) => EapolFrame::new(rest).map(Beyond::Eapol),
                    StopReason::UnknownSap(STP_SAP) => StpUnit::new(rest).map(Beyond::Stp),
                    StopReason::UnknownPppProtocol(protocol) => {
                        PppControlPacket::new(protocol, rest).map(Beyond::PppControl)
                    }
                    StopReason::UnknownSnap(_) => {
                        let snap = SnapHeader::new(frame.get(last.offset as usize..)?)?;
                        match (snap.oui(), snap.protocol_id()) {
                            (OUI_CISCO, CISCO_CDP) => CdpPacket::new(rest).map(Beyond::Cdp),
                            (OUI_CISCO, CISCO_PVST) => StpUnit::new(rest).map(Beyond::Stp),
                            _ => None,
                        }
                    }
                    _ => None,
                }
            }
        }
    }
}

impl fmt::Display for Beyond<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Beyond::Dns(view) => view.fmt(f),
            Beyond::Lldp(view) => view.fmt(f),
            Beyond::Cdp(view) => view.fmt(f),
            Beyond::Stp(view) => view.fmt(f),
            Beyond::Eapol(view) => view.fmt(f),
            Beyond::PppControl(view) => view.fmt(f),
        }
    }
}
