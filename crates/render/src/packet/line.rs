//! The one line of a packet.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use wiretrace_decode::{
    ArpPacket, Beyond, Class, Flags, GeneveHeader, GreHeader, GtpUHeader, Icmpv4Message, Icmpv6Message,
    IgmpMessage, Ipv6Packet, LayerKind, LinuxSllHeader, LlcHeader, MplsEntry, PppoeHeader, SnapHeader,
    TcpOption, TcpSegment, VlanTag, VxlanHeader,
};

use super::sequence::Bases;
use super::{View, note};
use crate::names;
use crate::number::{decimal, hex_bytes, ipv4, ipv6, mac};
use crate::palette::Palette;

/// Group records of an IGMP report that the line shows.
const SHOWN_RECORDS: usize = 4;

/// Appends the line without time and line end; every piece has a blank in front.
pub(super) fn write(out: &mut Vec<u8>, palette: &Palette, link: bool, view: &View<'_>) {
    let start = out.len();
    let mut line = Line { out, palette, link, frame: view.packet.data, pending: None, level: 0 };
    line.layers(view);
    let beyond = if quick(view) { None } else { Beyond::of(view.layers, view.packet.data) };
    line.end(view, beyond.as_ref());
    if view.layers.stop().is_some() || view.packet.missing() > 0 {
        note::write(out, palette, view, beyond.as_ref());
    }
    debug_assert!(out.len() > start, "every packet has a line");
}

/// TCP that cannot be DNS: nothing to look for behind it.
#[inline]
fn quick(view: &View<'_>) -> bool {
    view.layers.class() == Class::Tcp && view.layers.payload().captured_len == 0
}

struct Line<'o, 'v> {
    out: &'o mut Vec<u8>,
    palette: &'o Palette,
    link: bool,
    frame: &'v [u8],
    /// An IP header whose addresses are not yet written: ports may follow.
    pending: Option<(IpAddr, IpAddr)>,
    /// Layers seen.
    level: usize,
}

/// Appends ` word`.
macro_rules! word {
    ($line:expr, $($piece:tt)*) => {{
        $line.out.push(b' ');
        let _ = write!($line.out, $($piece)*);
    }};
}

impl<'v> Line<'_, 'v> {
    fn layers(&mut self, view: &View<'v>) {
        let mut layers = view.layers.iter().peekable();
        while let Some(layer) = layers.next() {
            let last = layers.peek().is_none();
            let bytes = self.frame.get(layer.offset as usize..).unwrap_or_default();
            self.layer(layer.kind, bytes, last, view);
            self.level += 1;
        }
    }

    #[inline]
    fn layer(&mut self, kind: LayerKind, bytes: &'v [u8], last: bool, view: &View<'v>) {
        match kind {
            LayerKind::Ethernet => self.ethernet(bytes),
            LayerKind::Ipv4 => {
                if let Some(&[_, _, _, _, _, _, _, _, _, _, _, _, a, b, c, d, e, f, g, h]) =
                    bytes.first_chunk::<20>()
                {
                    self.flush();
                    self.pending = Some((Ipv4Addr::new(a, b, c, d).into(), Ipv4Addr::new(e, f, g, h).into()));
                }
            }
            LayerKind::Tcp => {
                if let Some(segment) = view.layers.tcp(self.frame) {
                    self.ports(segment.source_port(), segment.destination_port());
                    self.tcp(&segment, view.bases);
                }
            }
            _ => self.other(kind, bytes, last, view),
        }
    }

    fn ethernet(&mut self, bytes: &[u8]) {
        let Some(&[a, b, c, d, e, f, g, h, i, j, k, l, high, low]) = bytes.first_chunk::<14>() else {
            return;
        };
        self.flush();
        let (out, palette) = (&mut *self.out, self.palette);
        if self.link {
            out.push(b' ');
            palette.styled(out, palette.host, |out| mac(out, [g, h, i, j, k, l]));
            out.extend_from_slice(b" -> ");
            palette.styled(out, palette.host, |out| mac(out, [a, b, c, d, e, f]));
        }
        if u16::from_be_bytes([high, low]) <= 1500 {
            out.extend_from_slice(b" 802.3");
        }
    }

    /// Writes the pending addresses without ports.
    #[inline]
    fn flush(&mut self) {
        if let Some((from, to)) = self.pending.take() {
            let (out, palette) = (&mut *self.out, self.palette);
            out.push(b' ');
            palette.styled(out, palette.host, |out| address(out, from));
            out.extend_from_slice(b" -> ");
            palette.styled(out, palette.host, |out| address(out, to));
        }
    }

    /// Writes the pending addresses with ports.
    #[inline]
    fn ports(&mut self, source: u16, destination: u16) {
        let Some((from, to)) = self.pending.take() else {
            return word!(self, "{source} -> {destination}");
        };
        let (out, palette) = (&mut *self.out, self.palette);
        out.push(b' ');
        palette.styled(out, palette.host, |out| socket(out, from, source));
        out.extend_from_slice(b" -> ");
        palette.styled(out, palette.host, |out| socket(out, to, destination));
    }

    fn protocol(&mut self, name: &str) {
        self.out.push(b' ');
        self.palette.styled(self.out, self.palette.protocol, |out| out.extend_from_slice(name.as_bytes()));
    }

    fn tcp(&mut self, segment: &TcpSegment<'_>, bases: Option<Bases>) {
        self.protocol("TCP");
        let out = &mut *self.out;
        let relative = bases.unwrap_or_default();
        let flags = segment.flags();
        out.extend_from_slice(b" len ");
        decimal(out, segment.payload_wire_len().into());
        flag_names(out, flags);
        out.extend_from_slice(b" seq ");
        decimal(out, segment.sequence_number().wrapping_sub(relative.sequence).into());
        if flags.ack() {
            out.extend_from_slice(b" ack ");
            decimal(out, segment.acknowledgment_number().wrapping_sub(relative.acknowledgment).into());
        }
        out.extend_from_slice(b" win ");
        decimal(out, segment.window().into());
        if flags.urg() {
            out.extend_from_slice(b" urg ");
            decimal(out, segment.urgent_pointer().into());
        }
        for option in segment.options() {
            out.push(b' ');
            match option {
                TcpOption::Timestamps { value, echo_reply } => {
                    out.extend_from_slice(b"ts=");
                    decimal(out, value.into());
                    out.push(b'/');
                    decimal(out, echo_reply.into());
                }
                TcpOption::Sack(blocks) => {
                    out.extend_from_slice(b"sack=");
                    for (index, (left, right)) in blocks.iter().enumerate() {
                        if index > 0 {
                            out.push(b',');
                        }
                        decimal(out, left.wrapping_sub(relative.acknowledgment).into());
                        out.push(b'-');
                        decimal(out, right.wrapping_sub(relative.acknowledgment).into());
                    }
                }
                TcpOption::Malformed { kind, .. } => {
                    let palette = self.palette;
                    let why = if segment.options_cut() { "cut" } else { "bad length" };
                    palette.styled(out, palette.mark, |out| drop(write!(out, "[option {kind}: {why}]")));
                }
                // Numbers of our own formatting: nothing from the wire.
                other => drop(write!(out, "{other}")),
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn other(&mut self, kind: LayerKind, bytes: &'v [u8], last: bool, view: &View<'v>) {
        match kind {
            LayerKind::Ipv6 => {
                if let Some(packet) = Ipv6Packet::new(bytes) {
                    self.flush();
                    self.pending = Some((packet.source().into(), packet.destination().into()));
                }
            }
            LayerKind::Udp => {
                let Some(&[a, b, c, d, ..]) = bytes.first_chunk::<8>() else { return };
                self.ports(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                if !last {
                    self.protocol("UDP");
                }
            }
            LayerKind::Vlan | LayerKind::Qinq => {
                if let Some(tag) = VlanTag::new(bytes) {
                    word!(self, "vlan {}", tag.id());
                    if tag.priority() != 0 || tag.drop_eligible() {
                        word!(self, "p {}{}", tag.priority(), if tag.drop_eligible() { " dei" } else { "" });
                    }
                    if tag.ether_type() <= 1500 {
                        word!(self, "802.3");
                    }
                }
            }
            LayerKind::RawIp => self.link_word("raw"),
            LayerKind::Null | LayerKind::Loop => self.link_word("loopback"),
            LayerKind::LinuxSll | LayerKind::LinuxSll2 if self.link => {
                let header = if kind == LayerKind::LinuxSll {
                    LinuxSllHeader::v1(bytes)
                } else {
                    LinuxSllHeader::v2(bytes)
                };
                if let Some(header) = header {
                    word!(self, "{header}");
                }
            }
            LayerKind::LinuxSll | LayerKind::LinuxSll2 => {}
            LayerKind::Llc => {
                if let (Some(llc), true) = (LlcHeader::new(bytes), last)
                    && Beyond::of(view.layers, self.frame).is_none()
                {
                    word!(self, "{llc}");
                }
            }
            LayerKind::Snap => {
                if let (Some(snap), true) = (SnapHeader::new(bytes), last)
                    && Beyond::of(view.layers, self.frame).is_none()
                {
                    word!(self, "{snap}");
                }
            }
            LayerKind::Ppp => {
                if self.level == 0 {
                    self.link_word("ppp");
                }
            }
            LayerKind::Pppoe => self.shown(PppoeHeader::new(bytes), "PPPoE"),
            LayerKind::Mpls => self.shown(MplsEntry::new(bytes).map(|e| Label(e.label())), "MPLS"),
            LayerKind::Gre => self.shown(GreHeader::new(bytes), "GRE"),
            LayerKind::Vxlan => self.shown(VxlanHeader::new(bytes), "VXLAN"),
            LayerKind::Geneve => self.shown(GeneveHeader::new(bytes), "GENEVE"),
            LayerKind::GtpU => self.shown(GtpUHeader::new(bytes), "GTP-U"),
            LayerKind::Arp => {
                if let Some(packet) = ArpPacket::new(bytes) {
                    self.arp(&packet);
                }
            }
            LayerKind::Icmp => {
                self.flush();
                if let Some(message) = view.layers.icmp(self.frame) {
                    self.icmpv4(&message, view);
                }
            }
            LayerKind::Icmpv6 => {
                self.flush();
                if let Some(message) = view.layers.icmpv6(self.frame) {
                    self.icmpv6(&message, view);
                }
            }
            LayerKind::Igmp => {
                self.flush();
                if let Some(message) = view.layers.igmp(self.frame) {
                    self.igmp(&message);
                }
            }
            LayerKind::Sctp => {
                let Some(&[a, b, c, d, ..]) = bytes.first_chunk::<12>() else { return };
                self.ports(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                self.protocol("SCTP");
                let payload = view.layers.payload();
                word!(self, "len {}", payload.wire_len);
                if let Some(&chunk) = bytes.get(12).filter(|_| payload.captured_len > 0) {
                    match names::sctp_chunk(chunk) {
                        Some(name) => word!(self, "{name}"),
                        None => word!(self, "chunk {chunk}"),
                    }
                }
            }
            LayerKind::Esp => {
                self.flush();
                self.protocol("ESP");
                if let Some(&[a, b, c, d, e, f, g, h]) = bytes.first_chunk::<8>() {
                    let (spi, sequence) =
                        (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
                    word!(self, "spi 0x{spi:08x} seq {sequence} len {}", view.layers.payload().wire_len);
                }
            }
            // Said with the fragment, or by the -v tree: the addresses wait for the ports.
            LayerKind::FragmentHeader
            | LayerKind::HopByHop
            | LayerKind::Routing
            | LayerKind::DestinationOptions => {}
            LayerKind::AuthenticationHeader if !last => {}
            other => {
                self.flush();
                word!(self, "{other}");
            }
        }
    }

    fn link_word(&mut self, name: &str) {
        if self.link {
            word!(self, "{name}");
        }
    }

    /// A tunnel or tag by its view's text, behind the addresses it goes between.
    fn shown(&mut self, view: Option<impl std::fmt::Display>, name: &str) {
        self.flush();
        match view {
            Some(view) => word!(self, "{view}"),
            None => word!(self, "{name}"),
        }
    }

    fn arp(&mut self, packet: &ArpPacket<'_>) {
        let operation = packet.operation();
        self.out.push(b' ');
        let palette = *self.palette;
        palette.styled(self.out, palette.host, |out| any_address(out, packet.sender_protocol_address()));
        self.protocol(if matches!(operation, 3 | 4) { "RARP" } else { "ARP" });
        match operation {
            1 | 3 => word!(self, "request"),
            2 | 4 => word!(self, "reply"),
            other => match names::arp_operation(other) {
                Some(name) => word!(self, "{name}"),
                None => word!(self, "operation {other}"),
            },
        }
        self.out.push(b' ');
        palette.styled(self.out, palette.host, |out| any_address(out, packet.target_protocol_address()));
        if operation != 1 {
            self.out.extend_from_slice(b" hwaddr ");
            let hardware = if operation == 2 {
                packet.sender_hardware_address()
            } else {
                packet.target_hardware_address()
            };
            palette.styled(self.out, palette.host, |out| any_address(out, hardware));
        }
    }

    fn icmpv4(&mut self, message: &Icmpv4Message<'_>, view: &View<'_>) {
        self.protocol("ICMP");
        let (number, code) = (message.message_type(), message.code());
        word!(self, "{}", message.description());
        if message.description() == "unknown message" {
            word!(self, "type {number} code {code}");
        }
        match (number, code) {
            (0 | 8 | 13..=18 | 42 | 43, _) => {
                word!(self, "id {} seq {}", message.identifier(), message.sequence_number());
            }
            (3, 4) => word!(self, "mtu {}", message.sequence_number()),
            (5, _) => word!(self, "to {}", Ipv4Addr::from(message.rest_of_header())),
            (12, _) => word!(self, "at {}", message.rest_of_header()[0]),
            _ => {}
        }
        match message.quoted() {
            Some(quoted) => word!(self, "about {quoted}"),
            None => word!(self, "len {}", view.layers.payload().wire_len),
        }
    }

    fn icmpv6(&mut self, message: &Icmpv6Message<'_>, view: &View<'_>) {
        self.protocol("ICMPv6");
        let (number, code) = (message.message_type(), message.code());
        word!(self, "{}", message.description());
        if message.description() == "unknown message" {
            word!(self, "type {number} code {code}");
        }
        match number {
            128 | 129 => word!(self, "id {} seq {}", message.identifier(), message.sequence_number()),
            2 => word!(self, "mtu {}", message.parameter()),
            4 => word!(self, "at {}", message.parameter()),
            _ => {}
        }
        if let Some(target) = message.target_address() {
            self.out.push(b' ');
            ipv6(self.out, target);
        }
        match message.quoted() {
            Some(quoted) => word!(self, "about {quoted}"),
            None => word!(self, "len {}", view.layers.payload().wire_len),
        }
    }

    fn igmp(&mut self, message: &IgmpMessage<'_>) {
        self.protocol("IGMP");
        word!(self, "{}", message.description());
        match message.message_type() {
            0x22 => {
                for (index, record) in message.group_records().take(SHOWN_RECORDS).enumerate() {
                    if index > 0 {
                        self.out.push(b',');
                    }
                    word!(self, "{} {}", record.type_name(), record.group);
                    let sources = record.sources().count();
                    if sources > 0 {
                        word!(self, "from {sources} sources");
                    }
                }
                let more = usize::from(message.record_count()).saturating_sub(SHOWN_RECORDS);
                if more > 0 {
                    word!(self, "and {more} more");
                }
            }
            0x11..=0x17 => {
                self.out.push(b' ');
                ipv4(self.out, message.group());
            }
            other => word!(self, "type 0x{other:02x}"),
        }
    }

    /// What comes behind the last header.
    fn end(&mut self, view: &View<'v>, beyond: Option<&Beyond<'_>>) {
        if let Some(fragment) = view.layers.fragment() {
            self.flush();
            self.protocol("IP");
            let id = fragment.identification;
            word!(self, "fragment id {id} offset {}", fragment.fragment_offset);
            self.out.extend_from_slice(if fragment.more_fragments { b"+" } else { b"" });
            word!(self, "len {}", fragment.payload.wire_len);
            return match names::ip_protocol(fragment.protocol) {
                Some(name) => word!(self, "of {name}"),
                None => word!(self, "of protocol {}", fragment.protocol),
            };
        }
        self.flush();
        if let Some(beyond) = beyond {
            // Displays of the decoder are printable ASCII.
            self.out.push(b' ');
            let start = self.out.len();
            let payload = view.layers.payload();
            let _ = if payload.captured_len < payload.wire_len {
                write!(self.out, "{beyond:#}")
            } else {
                write!(self.out, "{beyond}")
            };
            debug_assert!(
                self.out.get(start..).is_some_and(|text| text.iter().all(|b| (32..127).contains(b)))
            );
            return;
        }
        match view.layers.last().map(|layer| layer.kind) {
            Some(LayerKind::Udp) => {
                self.protocol("UDP");
                self.out.extend_from_slice(b" len ");
                decimal(self.out, view.layers.payload().wire_len.into());
            }
            // Something must stand there in the addresses' place.
            Some(LayerKind::Ethernet) if !self.link => self.out.extend_from_slice(b" ethernet"),
            None => word!(self, "frame len {}", view.packet.data.len()),
            _ => {}
        }
    }
}

/// An MPLS label.
struct Label(u32);

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MPLS {}", self.0)
    }
}

/// Appends ` [ack,psh]`, in the order of the contract.
#[inline]
fn flag_names(out: &mut Vec<u8>, flags: Flags) {
    match flags.0 {
        0x10 => out.extend_from_slice(b" [ack]"),
        0x18 => out.extend_from_slice(b" [ack,psh]"),
        0x02 => out.extend_from_slice(b" [syn]"),
        0x12 => out.extend_from_slice(b" [ack,syn]"),
        0x11 => out.extend_from_slice(b" [ack,fin]"),
        _ => drop(write!(out, " [{flags}]")),
    }
}

fn address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => ipv4(out, address),
        IpAddr::V6(address) => ipv6(out, address),
    }
}

#[inline]
fn socket(out: &mut Vec<u8>, address: IpAddr, port: u16) {
    match address {
        IpAddr::V4(address) => ipv4(out, address),
        IpAddr::V6(address) => {
            out.push(b'[');
            ipv6(out, address);
            out.push(b']');
        }
    }
    out.push(b':');
    decimal(out, port.into());
}

/// An address of any length: IPv4, MAC, IPv6, else hexadecimal (at most 32 bytes of it); `-` for none.
pub(super) fn any_address(out: &mut Vec<u8>, bytes: &[u8]) {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        ipv4(out, octets.into());
    } else if let Ok(octets) = <[u8; 6]>::try_from(bytes) {
        mac(out, octets);
    } else if let Ok(octets) = <[u8; 16]>::try_from(bytes) {
        ipv6(out, Ipv6Addr::from(octets));
    } else if bytes.is_empty() {
        out.push(b'-');
    } else {
        hex_bytes(out, bytes.get(..32).unwrap_or(bytes));
    }
}
