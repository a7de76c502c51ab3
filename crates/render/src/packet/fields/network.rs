//! ARP, IP of both versions with what may stand behind their headers, ICMP, IGMP.

use std::fmt;
use std::net::Ipv4Addr;

use wiretrace_decode::{
    ArpPacket, ExtensionHeader, Icmpv4Message, Icmpv6Message, IgmpGroupRecord, IgmpMessage, Ipv4Packet,
    Ipv6Packet, LayerKind,
};

use super::{Sink, Value, View, hex, list, number};
use crate::names;

pub(super) fn fields(kind: LayerKind, header: &[u8], view: &View<'_>, sink: &mut dyn Sink) {
    let frame = view.packet.data;
    match kind {
        LayerKind::Arp => ArpPacket::new(header).map(|packet| arp(&packet, sink)),
        LayerKind::Ipv4 => Ipv4Packet::new(header).map(|packet| ipv4(&packet, sink)),
        LayerKind::Ipv6 => Ipv6Packet::new(header).map(|packet| ipv6(&packet, sink)),
        LayerKind::Icmp => view.layers.icmp(frame).map(|message| icmpv4(&message, sink)),
        LayerKind::Icmpv6 => view.layers.icmpv6(frame).map(|message| icmpv6(&message, sink)),
        LayerKind::Igmp => view.layers.igmp(frame).map(|message| igmp(&message, sink)),
        LayerKind::Esp => header.first_chunk::<8>().map(|&[a, b, c, d, e, f, g, h]| {
            sink.field("SPI", hex(u32::from_be_bytes([a, b, c, d]), 8));
            sink.field("Sequence Number", number(u32::from_be_bytes([e, f, g, h])));
        }),
        _ => ExtensionHeader::new(header).map(|header| extension(kind, &header, sink)),
    };
}

fn protocol(sink: &mut dyn Sink, name: &str, value: u8) {
    sink.field(name, Value::Named(value.into(), names::ip_protocol(value)));
}

fn arp(packet: &ArpPacket<'_>, sink: &mut dyn Sink) {
    let hardware = if packet.hardware_type() == 1 { Some("Ethernet") } else { None };
    sink.field("Hardware Type", Value::Named(packet.hardware_type().into(), hardware));
    let number = packet.protocol_type();
    sink.field("Protocol Type", Value::Hex(number.into(), 4, names::ether_type(number)));
    let operation = packet.operation();
    sink.field("Operation", Value::Named(operation.into(), names::arp_operation(operation)));
    sink.field("Sender Hardware Address", Value::Address(packet.sender_hardware_address()));
    sink.field("Sender Protocol Address", Value::Address(packet.sender_protocol_address()));
    sink.field("Target Hardware Address", Value::Address(packet.target_hardware_address()));
    sink.field("Target Protocol Address", Value::Address(packet.target_protocol_address()));
}

fn ecn(value: u8) -> Value<'static> {
    let name = match value {
        0 => "not ECT",
        1 => "ECT(1)",
        2 => "ECT(0)",
        _ => "CE",
    };
    Value::Named(value.into(), Some(name))
}

fn ipv4(packet: &Ipv4Packet<'_>, sink: &mut dyn Sink) {
    sink.field("Version", number(4u8));
    sink.field("Header Length", number(packet.header_len() as u64));
    sink.field("DSCP", number(packet.dscp()));
    sink.field("ECN", ecn(packet.ecn()));
    sink.field("Total Length", number(packet.total_length()));
    sink.field("Identification", number(packet.identification()));
    sink.field("Don't Fragment", Value::Flag(packet.dont_fragment()));
    sink.field("More Fragments", Value::Flag(packet.more_fragments()));
    sink.field("Fragment Offset", number(packet.fragment_offset()));
    sink.field("Time to Live", number(packet.time_to_live()));
    protocol(sink, "Protocol", packet.protocol());
    let state = if packet.checksum_ok() { "correct" } else { "incorrect" };
    sink.field("Header Checksum", Value::Hex(packet.checksum().into(), 4, Some(state)));
    sink.field("Source Address", Value::Ipv4(packet.source()));
    sink.field("Destination Address", Value::Ipv4(packet.destination()));
    list(sink, "Options", packet.option_list(), |sink, option| {
        sink.field("Type", Value::Named(option.option_type.into(), Some(option.name())));
        match option.data {
            Some(data) => sink.field("Data", Value::Bytes(data)),
            None => sink.field("Note", Value::Text("bad length")),
        }
    });
}

fn ipv6(packet: &Ipv6Packet<'_>, sink: &mut dyn Sink) {
    sink.field("Version", number(6u8));
    sink.field("DSCP", number(packet.traffic_class() >> 2));
    sink.field("ECN", ecn(packet.traffic_class() & 3));
    sink.field("Flow Label", hex(packet.flow_label(), 5));
    sink.field("Payload Length", number(packet.payload_length()));
    protocol(sink, "Next Header", packet.next_header());
    sink.field("Hop Limit", number(packet.hop_limit()));
    sink.field("Source Address", Value::Ipv6(packet.source()));
    sink.field("Destination Address", Value::Ipv6(packet.destination()));
}

fn extension(kind: LayerKind, header: &ExtensionHeader<'_>, sink: &mut dyn Sink) {
    protocol(sink, "Next Header", header.next_header());
    match kind {
        LayerKind::FragmentHeader => {
            sink.field("Fragment Offset", number(header.fragment_offset()));
            sink.field("More Fragments", Value::Flag(header.more_fragments()));
            sink.field("Identification", number(header.second_word()));
            return;
        }
        LayerKind::AuthenticationHeader => {
            sink.field("Payload Length", number(header.header_extension_length()));
            sink.field("SPI", hex(header.second_word(), 8));
            if let Some(sequence) = header.sequence_number() {
                sink.field("Sequence Number", number(sequence));
            }
            return;
        }
        _ => sink.field("Header Extension Length", number(header.header_extension_length())),
    }
    if kind == LayerKind::Routing {
        let name = match header.routing_type() {
            0 => Some("source route (deprecated)"),
            2 => Some("mobile IPv6"),
            3 => Some("RPL"),
            4 => Some("segment routing"),
            _ => None,
        };
        sink.field("Routing Type", Value::Named(header.routing_type().into(), name));
        sink.field("Segments Left", number(header.segments_left()));
        list(sink, "Addresses", header.addresses(), |sink, address| {
            sink.field("Address", Value::Ipv6(address))
        });
        return;
    }
    list(sink, "Options", header.options(), |sink, (number, data)| {
        sink.field("Option Type", Value::Hex(number.into(), 2, names::ipv6_option(number)));
        sink.field("Option Data", Value::Bytes(data));
    });
}

fn icmpv4(message: &Icmpv4Message<'_>, sink: &mut dyn Sink) {
    let (kind, code) = (message.message_type(), message.code());
    sink.field("Type", Value::Number(kind.into()));
    sink.field("Code", Value::Named(code.into(), Some(message.description())));
    sink.field("Checksum", hex(message.checksum(), 4));
    match (kind, code) {
        (0 | 8 | 13..=18 | 42 | 43, _) => {
            sink.field("Identifier", number(message.identifier()));
            sink.field("Sequence Number", number(message.sequence_number()));
        }
        (3, 4) => sink.field("Next-Hop MTU", number(message.sequence_number())),
        (5, _) => {
            sink.field("Gateway Internet Address", Value::Ipv4(Ipv4Addr::from(message.rest_of_header())))
        }
        (12, _) => sink.field("Pointer", number(message.rest_of_header()[0])),
        _ => sink.field("Rest of Header", Value::Bytes(&message.rest_of_header())),
    }
    if let Some(quoted) = message.quoted() {
        sink.field("Quoted Packet", Value::Display(&quoted));
        if let Some(sequence) = quoted.sequence_number {
            sink.field("Quoted Sequence Number", number(sequence));
        }
    }
}

fn icmpv6(message: &Icmpv6Message<'_>, sink: &mut dyn Sink) {
    let kind = message.message_type();
    sink.field("Type", Value::Number(kind.into()));
    sink.field("Code", Value::Named(message.code().into(), Some(message.description())));
    sink.field("Checksum", hex(message.checksum(), 4));
    match kind {
        128 | 129 => {
            sink.field("Identifier", number(message.identifier()));
            sink.field("Sequence Number", number(message.sequence_number()));
        }
        2 => sink.field("MTU", number(message.parameter())),
        4 => sink.field("Pointer", number(message.parameter())),
        134 => {
            let [limit, flags, high, low] = message.parameter().to_be_bytes();
            sink.field("Current Hop Limit", number(limit));
            sink.field("Managed Address Configuration", Value::Flag(flags & 0x80 != 0));
            sink.field("Other Configuration", Value::Flag(flags & 0x40 != 0));
            sink.field("Router Lifetime", number(u16::from_be_bytes([high, low])));
        }
        136 => {
            sink.field("Router", Value::Flag(message.parameter() & 0x8000_0000 != 0));
            sink.field("Solicited", Value::Flag(message.parameter() & 0x4000_0000 != 0));
            sink.field("Override", Value::Flag(message.parameter() & 0x2000_0000 != 0));
        }
        _ => {}
    }
    if let Some(target) = message.target_address() {
        sink.field("Target Address", Value::Ipv6(target));
    }
    // Options of neighbour discovery (RFC 4861 §4.6): type, length in units of eight bytes.
    let options = match kind {
        133 => message.payload(),
        134 => message.payload().get(8..).unwrap_or_default(),
        135 | 136 => message.payload().get(16..).unwrap_or_default(),
        137 => message.payload().get(32..).unwrap_or_default(),
        _ => &[],
    };
    list(sink, "Options", neighbor_options(options), |sink, (number, data)| {
        let name = match number {
            1 => Some("source link-layer address"),
            2 => Some("target link-layer address"),
            3 => Some("prefix information"),
            4 => Some("redirected header"),
            5 => Some("MTU"),
            25 => Some("recursive DNS server"),
            31 => Some("DNS search list"),
            _ => None,
        };
        sink.field("Type", Value::Named(number.into(), name));
        match (number, data.len()) {
            (1 | 2, 6) => sink.field("Link-Layer Address", Value::Address(data)),
            _ => sink.field("Data", Value::Bytes(data)),
        }
    });
    if let Some(quoted) = message.quoted() {
        sink.field("Quoted Packet", Value::Display(&quoted));
        if let Some(sequence) = quoted.sequence_number {
            sink.field("Quoted Sequence Number", number(sequence));
        }
    }
}

fn neighbor_options(mut rest: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let &[number, units] = rest.first_chunk::<2>()?;
        let (option, behind) = rest.split_at_checked(usize::from(units) * 8)?;
        rest = behind;
        // A length of zero would never end.
        Some((number, option.get(2..)?))
    })
}

fn igmp(message: &IgmpMessage<'_>, sink: &mut dyn Sink) {
    let kind = message.message_type();
    sink.field("Type", Value::Hex(kind.into(), 2, Some(message.description())));
    sink.field("Max Resp Code", number(message.max_response_code()));
    sink.field("Checksum", hex(message.checksum(), 4));
    if kind != 0x22 {
        return sink.field("Group Address", Value::Ipv4(message.group()));
    }
    sink.field("Number of Group Records", number(message.record_count()));
    list(sink, "Group Records", message.group_records(), |sink, record| {
        sink.field("Record Type", Value::Named(record.record_type.into(), Some(record.type_name())));
        sink.field("Multicast Address", Value::Ipv4(record.group));
        let sources = record.sources().count();
        sink.field("Number of Sources", number(sources as u64));
        if sources > 0 {
            sink.field("Source Addresses", Value::Display(&Sources(record)));
        }
    });
}

/// The first source addresses of a group record.
struct Sources<'f>(IgmpGroupRecord<'f>);

impl fmt::Display for Sources<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, source) in self.0.sources().take(super::MAX_ITEMS).enumerate() {
            write!(f, "{}{source}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}
