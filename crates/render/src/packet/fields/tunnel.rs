//! Headers of tunnels.

use wiretrace_decode::{GeneveHeader, GreHeader, GtpUHeader, LayerKind, VxlanHeader};

use super::{Sink, Value, hex, number};
use crate::names;

pub(super) fn fields(kind: LayerKind, header: &[u8], sink: &mut dyn Sink) {
    match kind {
        LayerKind::Gre => GreHeader::new(header).map(|view| gre(&view, sink)),
        LayerKind::Vxlan => VxlanHeader::new(header).map(|view| {
            sink.field("Flags", hex(view.flags(), 2));
            if let Some(next) = view.next_protocol() {
                sink.field("Next Protocol", number(next));
            }
            sink.field("VNI", number(view.vni()));
        }),
        LayerKind::Geneve => GeneveHeader::new(header).map(|view| {
            sink.field("Version", number(view.version()));
            sink.field("Control Packet", Value::Flag(view.control()));
            sink.field("Critical Options", Value::Flag(view.critical()));
            let protocol = view.protocol_type();
            sink.field("Protocol Type", Value::Hex(protocol.into(), 4, names::ether_type(protocol)));
            sink.field("VNI", number(view.vni()));
            if !view.options().is_empty() {
                sink.field("Options", Value::Bytes(view.options()));
            }
        }),
        _ => GtpUHeader::new(header).map(|view| {
            sink.field("Version", number(view.version()));
            let name = if view.message_type() == 255 { Some("T-PDU") } else { None };
            sink.field("Message Type", Value::Named(view.message_type().into(), name));
            sink.field("Length", number(view.length()));
            sink.field("TEID", number(view.teid()));
            if let Some(sequence) = view.sequence_number() {
                sink.field("Sequence Number", number(sequence));
            }
            if let Some(next) = view.next_extension_header_type() {
                sink.field("Next Extension Header Type", hex(next, 2));
            }
        }),
    };
}

fn gre(view: &GreHeader<'_>, sink: &mut dyn Sink) {
    sink.field("Flags", hex(view.flags() & 0xfff8, 4));
    sink.field("Version", number(view.version()));
    let protocol = view.protocol_type();
    sink.field("Protocol Type", Value::Hex(protocol.into(), 4, names::ether_type(protocol)));
    if let Some(checksum) = view.checksum() {
        sink.field("Checksum", hex(checksum, 4));
    }
    for (name, value) in [
        ("Key", view.key()),
        ("Sequence Number", view.sequence_number()),
        ("Acknowledgment Number", view.acknowledgment_number()),
    ] {
        if let Some(value) = value {
            sink.field(name, number(value));
        }
    }
}
