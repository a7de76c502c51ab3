//! Link headers and tags.

use wiretrace_decode::{
    EthernetFrame, LayerKind, LinuxSllHeader, LlcHeader, MplsEntry, PppoeHeader, SnapHeader, VlanTag,
    loopback_family,
};

use super::{Sink, Value, hex, number};
use crate::names;

pub(super) fn fields(kind: LayerKind, header: &[u8], sink: &mut dyn Sink) {
    // A view is `None` only where the header is not whole, and then the decoder has not listed it.
    match kind {
        LayerKind::Ethernet => EthernetFrame::new(header).map(|view| ethernet(&view, sink)),
        LayerKind::Vlan | LayerKind::Qinq => VlanTag::new(header).map(|view| tag(&view, sink)),
        LayerKind::LinuxSll => LinuxSllHeader::v1(header).map(|view| cooked(&view, sink)),
        LayerKind::LinuxSll2 => LinuxSllHeader::v2(header).map(|view| cooked(&view, sink)),
        LayerKind::Null | LayerKind::Loop => loopback_family(header).map(|family| {
            let name = match family {
                2 => Some("IPv4"),
                10 | 24 | 26 | 28 | 30 => Some("IPv6"),
                _ => None,
            };
            sink.field("Address Family", Value::Named(family.into(), name));
        }),
        LayerKind::Llc => LlcHeader::new(header).map(|view| {
            sink.field("DSAP", Value::Hex(view.dsap().into(), 2, names::sap(view.dsap())));
            sink.field("SSAP", Value::Hex(view.ssap().into(), 2, names::sap(view.ssap())));
            sink.field("Control", hex(view.control(), 2));
        }),
        LayerKind::Snap => SnapHeader::new(header).map(|view| {
            sink.field("OUI", hex(view.oui(), 6));
            let name =
                if matches!(view.oui(), 0 | 0xf8) { names::ether_type(view.protocol_id()) } else { None };
            sink.field("Protocol ID", Value::Hex(view.protocol_id().into(), 4, name));
        }),
        LayerKind::Ppp => {
            ppp(header, sink);
            None
        }
        LayerKind::Pppoe => PppoeHeader::new(header).map(|view| {
            sink.field("Version", number(view.version()));
            sink.field("Type", number(view.header_type()));
            sink.field("Code", Value::Hex(view.code().into(), 2, Some(view.code_name())));
            sink.field("Session ID", number(view.session_id()));
            sink.field("Length", number(view.length()));
        }),
        LayerKind::Mpls => MplsEntry::new(header).map(|view| {
            sink.field("Label", number(view.label()));
            sink.field("Traffic Class", number(view.traffic_class()));
            sink.field("Bottom of Stack", Value::Flag(view.bottom_of_stack()));
            sink.field("Time to Live", number(view.time_to_live()));
        }),
        _ => None,
    };
}

fn ether_type(sink: &mut dyn Sink, number: u16) {
    if number <= 1500 {
        sink.field("Length", Value::Number(number.into()));
    } else {
        sink.field("Type", Value::Hex(number.into(), 4, names::ether_type(number)));
    }
}

fn ethernet(view: &EthernetFrame<'_>, sink: &mut dyn Sink) {
    sink.field("Destination", Value::Address(&view.destination().0));
    sink.field("Source", Value::Address(&view.source().0));
    ether_type(sink, view.ether_type());
}

fn tag(view: &VlanTag, sink: &mut dyn Sink) {
    sink.field("Priority", number(view.priority()));
    sink.field("DEI", Value::Flag(view.drop_eligible()));
    sink.field("VLAN ID", number(view.id()));
    ether_type(sink, view.ether_type());
}

fn cooked(view: &LinuxSllHeader<'_>, sink: &mut dyn Sink) {
    sink.field("Packet Type", Value::Named(view.packet_type().into(), Some(view.direction())));
    if let Some(index) = view.interface_index() {
        sink.field("Interface Index", number(index));
    }
    let name = match view.hardware_type() {
        1 => Some("Ethernet"),
        512 => Some("PPP"),
        772 => Some("loopback"),
        778 => Some("GRE"),
        801..=803 => Some("802.11"),
        824 => Some("netlink"),
        65534 => Some("none"),
        _ => None,
    };
    sink.field("ARPHRD Type", Value::Named(view.hardware_type().into(), name));
    sink.field("Address Length", number(view.address_length()));
    if !view.address().is_empty() {
        sink.field("Address", Value::Address(view.address()));
    }
    sink.field("Protocol", Value::Hex(view.protocol().into(), 4, names::ether_type(view.protocol())));
}

/// Address and control, where they were not compressed away, and the protocol number of one or two bytes.
fn ppp(header: &[u8], sink: &mut dyn Sink) {
    let rest = match header.strip_prefix(&[0xff, 0x03]) {
        Some(rest) => {
            sink.field("Address", hex(0xffu8, 2));
            sink.field("Control", hex(0x03u8, 2));
            rest
        }
        None => header,
    };
    let protocol = match *rest {
        [low] if low & 1 == 1 => u16::from(low),
        [high, low] => u16::from_be_bytes([high, low]),
        // The byte of direction in front of some captures' frames.
        [direction] => {
            let name = if direction == 0 { "received" } else { "sent" };
            return sink.field("Direction", Value::Named(direction.into(), Some(name)));
        }
        _ => return,
    };
    sink.field("Protocol", Value::Hex(protocol.into(), 4, names::ppp_protocol(protocol)));
}
