//! The fields of every header, named as in its RFC, given to whoever shows them: the tree and the JSON object.

mod beyond;
mod link;
mod network;
mod transport;
mod tunnel;

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use wiretrace_decode::{Beyond, LayerKind};

use super::View;

/// Items of one list (options, records ...) that are shown; the rest is counted.
pub(super) const MAX_ITEMS: usize = 64;
/// Bytes of one value that are shown; the rest is counted.
pub(super) const MAX_BYTES: usize = 128;

/// A field's value.
pub(super) enum Value<'a> {
    Number(u64),
    /// A number, and what it means where that is known.
    Named(u64, Option<&'a str>),
    /// A number that people read in hexadecimal, with so many digits, and what it means.
    Hex(u64, usize, Option<&'a str>),
    Flag(bool),
    Ipv4(Ipv4Addr),
    Ipv6(Ipv6Addr),
    /// An address of any length.
    Address(&'a [u8]),
    /// Words of ours.
    Text(&'a str),
    /// What one of the decoder's views displays: printable ASCII.
    Display(&'a dyn fmt::Display),
    /// Text from the wire.
    Wire(&'a [u8]),
    /// Bytes that have no better form.
    Bytes(&'a [u8]),
}

/// Takes the fields in order. Names are RFC names: words with blanks in between.
pub(super) trait Sink {
    /// A header begins: its name, and its place in the frame.
    fn layer(&mut self, name: &str, offset: usize, len: usize);
    /// The header ends.
    fn end_layer(&mut self);
    /// A field of the header, or of the item.
    fn field(&mut self, name: &str, value: Value<'_>);
    /// A list begins.
    fn list(&mut self, name: &str);
    /// An item of it begins.
    fn item(&mut self);
    /// The item ends.
    fn end_item(&mut self);
    /// The list ends; so many of its items were left out.
    fn end_list(&mut self, name: &str, more: usize);
}

/// A list: at most [`MAX_ITEMS`] items, the rest is counted.
fn list<T>(
    sink: &mut dyn Sink,
    name: &str,
    items: impl Iterator<Item = T>,
    mut each: impl FnMut(&mut dyn Sink, T),
) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    sink.list(name);
    for item in items.by_ref().take(MAX_ITEMS) {
        sink.item();
        each(sink, item);
        sink.end_item();
    }
    sink.end_list(name, items.count());
}

fn number(value: impl Into<u64>) -> Value<'static> {
    Value::Number(value.into())
}

/// A 16-bit checksum and the like.
fn hex(value: impl Into<u64>, digits: usize) -> Value<'static> {
    Value::Hex(value.into(), digits, None)
}

/// Gives all headers of a packet.
pub(super) fn walk(view: &View<'_>, sink: &mut dyn Sink) {
    let frame = view.packet.data;
    let mut layers = view.layers.iter().peekable();
    while let Some(layer) = layers.next() {
        let end = layers.peek().map_or(view.layers.header_len(), |next| next.offset) as usize;
        let start = layer.offset as usize;
        // What lies between two headers belongs to the first (a word in front of a tunnelled packet).
        let header = frame.get(start..end).unwrap_or_default();
        sink.layer(layer.kind.name(), start, header.len());
        known(layer.kind, header, view, sink);
        sink.end_layer();
    }
    let Some(beyond) = Beyond::of(view.layers, frame) else { return };
    let payload = view.layers.payload();
    let name = match beyond {
        Beyond::Dns(_) => "dns",
        Beyond::Lldp(_) => "lldp",
        Beyond::Cdp(_) => "cdp",
        Beyond::Stp(_) => "stp",
        Beyond::Eapol(_) => "802.1x",
        Beyond::PppControl(_) => "ppp-control",
        _ => "unknown",
    };
    sink.layer(name, payload.offset as usize, payload.captured_len as usize);
    beyond::fields(&beyond, sink);
    sink.end_layer();
}

fn known(kind: LayerKind, header: &[u8], view: &View<'_>, sink: &mut dyn Sink) {
    match kind {
        LayerKind::Ethernet
        | LayerKind::Vlan
        | LayerKind::Qinq
        | LayerKind::LinuxSll
        | LayerKind::LinuxSll2
        | LayerKind::Null
        | LayerKind::Loop
        | LayerKind::Llc
        | LayerKind::Snap
        | LayerKind::Ppp
        | LayerKind::Pppoe
        | LayerKind::Mpls => link::fields(kind, header, sink),
        LayerKind::Arp
        | LayerKind::Ipv4
        | LayerKind::Ipv6
        | LayerKind::HopByHop
        | LayerKind::Routing
        | LayerKind::FragmentHeader
        | LayerKind::DestinationOptions
        | LayerKind::AuthenticationHeader
        | LayerKind::Esp
        | LayerKind::Icmp
        | LayerKind::Icmpv6
        | LayerKind::Igmp => network::fields(kind, header, view, sink),
        LayerKind::Tcp | LayerKind::Udp | LayerKind::Sctp => transport::fields(kind, header, view, sink),
        LayerKind::Gre | LayerKind::Vxlan | LayerKind::Geneve | LayerKind::GtpU => {
            tunnel::fields(kind, header, sink);
        }
        _ if header.is_empty() => {}
        _ => sink.field("Bytes", Value::Bytes(header)),
    }
}
