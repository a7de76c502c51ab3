//! The headers as a tree: a line a header, a field or an item, indented.

use std::io::Write;

use super::View;
use super::fields::{MAX_BYTES, Sink, Value, walk};
use super::line::any_address;
use crate::escape;
use crate::number::{decimal, hex, hex_bytes, ipv4, ipv6};
use crate::palette::Palette;

/// Appends the tree of a packet, below its line.
pub(super) fn write(out: &mut Vec<u8>, palette: &Palette, view: &View<'_>) {
    let packet = view.packet;
    let _ = writeln!(
        out,
        "    frame {}: {} bytes on the wire, {} captured, interface {}, link type {}",
        packet.number,
        packet.wire_len,
        packet.data.len(),
        packet.interface,
        packet.link_type
    );
    walk(view, &mut Tree { out, palette, in_item: None });
    let (payload, padding) = (view.layers.payload(), view.layers.padding_len());
    if payload.wire_len > 0 {
        let _ = writeln!(
            out,
            "    payload: {} bytes at {}, {} captured",
            payload.wire_len, payload.offset, payload.captured_len
        );
    }
    if padding > 0 {
        let _ = writeln!(out, "    padding: {padding} bytes");
    }
    if let Some(stop) = view.layers.stop() {
        let _ = writeln!(out, "    stopped: {stop}");
    }
}

struct Tree<'o> {
    out: &'o mut Vec<u8>,
    palette: &'o Palette,
    /// Fields written in the present item.
    in_item: Option<usize>,
}

impl Sink for Tree<'_> {
    fn layer(&mut self, name: &str, offset: usize, len: usize) {
        self.out.extend_from_slice(b"    ");
        self.palette.styled(self.out, self.palette.protocol, |out| out.extend_from_slice(name.as_bytes()));
        let _ = writeln!(self.out, " ({len} bytes at {offset})");
    }

    fn end_layer(&mut self) {}

    fn field(&mut self, name: &str, value: Value<'_>) {
        match &mut self.in_item {
            None => self.out.extend_from_slice(b"        "),
            Some(written) => {
                if *written > 0 {
                    self.out.extend_from_slice(b", ");
                }
                *written += 1;
            }
        }
        self.palette.styled(self.out, self.palette.name, |out| out.extend_from_slice(name.as_bytes()));
        self.out.extend_from_slice(b": ");
        self.palette.styled(self.out, self.palette.value, |out| text(out, &value));
        if self.in_item.is_none() {
            self.out.push(b'\n');
        }
    }

    fn list(&mut self, name: &str) {
        self.out.extend_from_slice(b"        ");
        self.palette.styled(self.out, self.palette.name, |out| out.extend_from_slice(name.as_bytes()));
        self.out.extend_from_slice(b":\n");
    }

    fn item(&mut self) {
        self.out.extend_from_slice(b"            ");
        self.in_item = Some(0);
    }

    fn end_item(&mut self) {
        self.out.push(b'\n');
        self.in_item = None;
    }

    fn end_list(&mut self, _name: &str, more: usize) {
        if more > 0 {
            let _ = writeln!(self.out, "            and {more} more");
        }
    }
}

fn named(out: &mut Vec<u8>, name: Option<&str>) {
    if let Some(name) = name {
        let _ = write!(out, " ({name})");
    }
}

fn text(out: &mut Vec<u8>, value: &Value<'_>) {
    match *value {
        Value::Number(number) => decimal(out, number),
        Value::Named(number, name) => {
            decimal(out, number);
            named(out, name);
        }
        Value::Hex(number, digits, name) => {
            hex(out, number, digits);
            named(out, name);
        }
        Value::Flag(set) => out.extend_from_slice(if set { b"yes" } else { b"no" }),
        Value::Ipv4(address) => ipv4(out, address),
        Value::Ipv6(address) => ipv6(out, address),
        Value::Address(bytes) => any_address(out, bytes),
        Value::Text(words) => out.extend_from_slice(words.as_bytes()),
        Value::Display(view) => drop(write!(out, "{view}")),
        Value::Wire(bytes) => {
            escape::text(out, bytes.get(..MAX_BYTES).unwrap_or(bytes));
            more(out, bytes.len());
        }
        Value::Bytes([]) => out.push(b'-'),
        Value::Bytes(bytes) => {
            hex_bytes(out, bytes.get(..MAX_BYTES).unwrap_or(bytes));
            more(out, bytes.len());
        }
    }
}

fn more(out: &mut Vec<u8>, len: usize) {
    if let Some(more @ 1..) = len.checked_sub(MAX_BYTES) {
        let _ = write!(out, "...({more} bytes more)");
    }
}
