//! What stands behind the last header.

use wiretrace_decode::{
    Beyond, CdpPacket, DnsData, DnsItem, DnsMessage, DnsRecord, LldpFrame, StpUnit, dns_class_name,
    dns_opcode_name, dns_rcode_name, dns_type_name,
};

use super::{Sink, Value, hex, list, number};

pub(super) fn fields(beyond: &Beyond<'_>, sink: &mut dyn Sink) {
    match beyond {
        Beyond::Dns(message) => dns(message, sink),
        Beyond::Lldp(frame) => lldp(frame, sink),
        Beyond::Cdp(packet) => cdp(packet, sink),
        Beyond::Stp(unit) => stp(unit, sink),
        Beyond::Eapol(frame) => {
            sink.field("Protocol Version", number(frame.version()));
            sink.field("Packet Type", Value::Named(frame.packet_type().into(), Some(frame.type_name())));
            sink.field("Packet Body Length", number(frame.length()));
            if let Some((code, identifier, length)) = frame.eap() {
                sink.field("EAP Code", number(code));
                sink.field("EAP Identifier", number(identifier));
                sink.field("EAP Length", number(length));
            }
        }
        Beyond::PppControl(packet) => {
            sink.field("Control Protocol", Value::Text(packet.name()));
            sink.field("Code", Value::Named(packet.code().into(), Some(packet.code_name())));
            sink.field("Identifier", number(packet.identifier()));
            sink.field("Length", number(packet.length()));
            sink.field("Data", Value::Bytes(packet.data()));
        }
        other => sink.field("Text", Value::Display(other)),
    }
}

fn dns(message: &DnsMessage<'_>, sink: &mut dyn Sink) {
    sink.field("ID", number(message.id()));
    sink.field("QR", Value::Flag(message.is_response()));
    sink.field("Opcode", Value::Named(message.opcode().into(), Some(dns_opcode_name(message.opcode()))));
    sink.field("AA", Value::Flag(message.authoritative_answer()));
    sink.field("TC", Value::Flag(message.truncated()));
    sink.field("RD", Value::Flag(message.recursion_desired()));
    sink.field("RA", Value::Flag(message.recursion_available()));
    sink.field("AD", Value::Flag(message.authentic_data()));
    sink.field("CD", Value::Flag(message.checking_disabled()));
    let code = message.response_code();
    sink.field("RCODE", Value::Named(code.into(), Some(dns_rcode_name(code))));
    sink.field("QDCOUNT", number(message.question_count()));
    sink.field("ANCOUNT", number(message.answer_count()));
    sink.field("NSCOUNT", number(message.authority_count()));
    sink.field("ARCOUNT", number(message.additional_count()));
    let questions = message.items().filter_map(|item| match item {
        DnsItem::Question(question) => Some(question),
        _ => None,
    });
    list(sink, "Questions", questions, |sink, question| {
        sink.field("Name", Value::Display(&question.name));
        numbers(sink, question.question_type, question.class);
    });
    let records = message.items().filter_map(|item| match item {
        DnsItem::Record(record) => Some(record),
        _ => None,
    });
    list(sink, "Records", records, record);
    if let Some(DnsItem::Malformed { offset }) =
        message.items().find(|item| matches!(item, DnsItem::Malformed { .. }))
    {
        sink.field("Malformed At", number(offset as u64));
    }
}

fn numbers(sink: &mut dyn Sink, record_type: u16, class: u16) {
    sink.field("Type", Value::Named(record_type.into(), dns_type_name(record_type)));
    // Multicast DNS has a flag in the top bit.
    let name = if class & 0x7fff == 1 { Some("IN") } else { dns_class_name(class) };
    sink.field("Class", Value::Named(class.into(), name));
}

fn record(sink: &mut dyn Sink, record: DnsRecord<'_>) {
    const OPT: u16 = 41;
    sink.field("Section", Value::Text(record.section.name()));
    sink.field("Name", Value::Display(&record.name));
    if record.record_type == OPT {
        // RFC 6891 §6.1.2: the fields mean other things.
        sink.field("Type", Value::Named(OPT.into(), Some("OPT")));
        sink.field("UDP Payload Size", number(record.class));
        let [code, version, high, low] = record.ttl.to_be_bytes();
        sink.field("Extended RCODE", number(code));
        sink.field("EDNS Version", number(version));
        sink.field("EDNS Flags", hex(u16::from_be_bytes([high, low]), 4));
    } else {
        numbers(sink, record.record_type, record.class);
        sink.field("TTL", number(record.ttl));
    }
    match record.data {
        DnsData::Opt(data) | DnsData::Other(data) => sink.field("Data", Value::Bytes(data)),
        data => sink.field("Data", Value::Display(&data)),
    }
}

fn lldp(frame: &LldpFrame<'_>, sink: &mut dyn Sink) {
    list(sink, "Elements", frame.elements(), |sink, (kind, value)| {
        let name = match kind {
            1 => Some("chassis ID"),
            2 => Some("port ID"),
            3 => Some("time to live"),
            4 => Some("port description"),
            5 => Some("system name"),
            6 => Some("system description"),
            7 => Some("system capabilities"),
            8 => Some("management address"),
            127 => Some("organization"),
            _ => None,
        };
        sink.field("Type", Value::Named(kind.into(), name));
        match (kind, value.first()) {
            (1 | 2, Some(&subtype)) => {
                let id = value.get(1..).unwrap_or_default();
                sink.field("Subtype", number(subtype));
                match (kind, subtype, id.len()) {
                    (1, 4, 6) | (2, 3, 6) => sink.field("ID", Value::Address(id)),
                    _ => sink.field("ID", Value::Wire(id)),
                }
            }
            (3, _) => sink.field("Seconds", number(frame.time_to_live().unwrap_or_default())),
            (4..=6, _) => sink.field("Text", Value::Wire(value)),
            _ => sink.field("Value", Value::Bytes(value)),
        }
    });
}

fn cdp(packet: &CdpPacket<'_>, sink: &mut dyn Sink) {
    sink.field("Version", number(packet.version()));
    sink.field("Time to Live", number(packet.time_to_live()));
    sink.field("Checksum", hex(packet.checksum(), 4));
    list(sink, "Elements", packet.elements(), |sink, (kind, value)| {
        let name = match kind {
            1 => Some("device ID"),
            2 => Some("addresses"),
            3 => Some("port ID"),
            4 => Some("capabilities"),
            5 => Some("software version"),
            6 => Some("platform"),
            9 => Some("VTP domain"),
            10 => Some("native VLAN"),
            11 => Some("duplex"),
            22 => Some("management addresses"),
            _ => None,
        };
        sink.field("Type", Value::Named(kind.into(), name));
        match kind {
            1 | 3 | 5 | 6 | 9 => sink.field("Text", Value::Wire(value)),
            _ => sink.field("Value", Value::Bytes(value)),
        }
    });
}

fn stp(unit: &StpUnit<'_>, sink: &mut dyn Sink) {
    sink.field("Protocol Version Identifier", number(unit.version()));
    sink.field("BPDU Type", hex(unit.unit_type(), 2));
    if let Some(flags) = unit.flags() {
        sink.field("Flags", hex(flags, 2));
    }
    if let Some(root) = unit.root() {
        sink.field("Root Identifier", Value::Display(&root));
    }
    if let Some(cost) = unit.root_path_cost() {
        sink.field("Root Path Cost", number(cost));
    }
    if let Some(bridge) = unit.bridge_id() {
        sink.field("Bridge Identifier", Value::Display(&bridge));
    }
    for (name, value) in [
        ("Port Identifier", unit.port()),
        ("Message Age", unit.message_age()),
        ("Max Age", unit.max_age()),
        ("Hello Time", unit.hello_time()),
        ("Forward Delay", unit.forward_delay()),
    ] {
        if let Some(value) = value {
            sink.field(name, number(value));
        }
    }
}
