//! A packet as a JSON object (`docs/json.md`).

use std::fmt;
use std::fmt::Write as _;
use std::io::Write;

use super::View;
use super::fields::{MAX_BYTES, Sink, Value, walk};
use super::line::any_address;
use crate::escape;
use crate::number::{decimal, hex_bytes, ipv4, ipv6};
use crate::time::rfc3339;

/// Appends the object and a line end; `summary` is the packet's line, without its time.
pub(super) fn write(out: &mut Vec<u8>, view: &View<'_>, summary: &[u8], frame: bool) {
    let (packet, layers) = (view.packet, view.layers);
    out.extend_from_slice(b"{\"type\":\"packet\",\"number\":");
    decimal(out, packet.number);
    out.extend_from_slice(b",\"ts\":\"");
    out.extend_from_slice(&rfc3339(packet.at));
    out.push(b'"');
    let missing = packet.missing();
    for (name, value) in [
        ("interface", u64::from(packet.interface)),
        ("link_type", packet.link_type.into()),
        ("length", packet.wire_len.into()),
        ("captured", packet.data.len() as u64),
        ("missing", missing.into()),
    ] {
        let _ = write!(out, ",\"{name}\":");
        decimal(out, value);
    }
    out.extend_from_slice(b",\"summary\":");
    escape::json(out, summary.trim_ascii_start());
    out.extend_from_slice(b",\"layers\":[");
    walk(view, &mut Json { out, first: true });
    out.push(b']');
    let payload = layers.payload();
    for (name, value) in [("payload", payload.wire_len), ("padding", layers.padding_len())] {
        let _ = write!(out, ",\"{name}\":");
        decimal(out, value.into());
    }
    out.extend_from_slice(b",\"stop\":");
    match layers.stop() {
        None => out.extend_from_slice(b"null"),
        Some(stop) => {
            out.extend_from_slice(b"{\"layer\":");
            match stop.layer {
                Some(layer) => escape::json(out, layer.name().as_bytes()),
                None => out.extend_from_slice(b"null"),
            }
            // A reason is made of our words and numbers.
            let _ = write!(out, ",\"offset\":{},\"reason\":\"{}\"}}", stop.offset, stop.reason);
        }
    }
    if frame {
        out.extend_from_slice(b",\"frame\":\"");
        hex_bytes(out, packet.data);
        out.push(b'"');
    }
    out.extend_from_slice(b"}\n");
}

/// The inside of a JSON string, from pieces of text.
struct Escaping<'o>(&'o mut Vec<u8>);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape::json_text(self.0, text.as_bytes());
        Ok(())
    }
}

struct Json<'o> {
    out: &'o mut Vec<u8>,
    /// Nothing was written since the last bracket.
    first: bool,
}

impl Json<'_> {
    fn comma(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
    }

    /// `"name` of a member, from an RFC's words: lower case, everything else an underscore.
    fn key(&mut self, name: &str) {
        self.comma();
        self.out.push(b'"');
        for byte in name.bytes() {
            match byte {
                b'\'' => {}
                byte if byte.is_ascii_alphanumeric() => self.out.push(byte.to_ascii_lowercase()),
                _ => self.out.push(b'_'),
            }
        }
    }

    fn member(&mut self, name: &str, suffix: &str) {
        self.key(name);
        let _ = write!(self.out, "{suffix}\":");
    }

    fn quoted(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.out.push(b'"');
        write(self.out);
        self.out.push(b'"');
    }

    fn more(&mut self, name: &str, len: usize) {
        if let Some(more @ 1..) = len.checked_sub(MAX_BYTES) {
            self.member(name, "_bytes_more");
            decimal(self.out, more as u64);
        }
    }
}

impl Sink for Json<'_> {
    fn layer(&mut self, name: &str, offset: usize, len: usize) {
        self.comma();
        let _ = write!(self.out, "{{\"layer\":\"{name}\",\"offset\":{offset},\"header\":{len}");
    }

    fn end_layer(&mut self) {
        self.out.push(b'}');
        self.first = false;
    }

    fn field(&mut self, name: &str, value: Value<'_>) {
        self.member(name, "");
        match value {
            Value::Number(number) => decimal(self.out, number),
            Value::Named(number, meaning) | Value::Hex(number, _, meaning) => {
                decimal(self.out, number);
                if let Some(meaning) = meaning {
                    self.member(name, "_name");
                    escape::json(self.out, meaning.as_bytes());
                }
            }
            Value::Flag(set) => self.out.extend_from_slice(if set { b"true" } else { b"false" }),
            Value::Ipv4(address) => self.quoted(|out| ipv4(out, address)),
            Value::Ipv6(address) => self.quoted(|out| ipv6(out, address)),
            Value::Address(bytes) => self.quoted(|out| any_address(out, bytes)),
            Value::Text(words) => escape::json(self.out, words.as_bytes()),
            Value::Display(view) => {
                self.quoted(|out| {
                    let _ = write!(Escaping(out), "{view}");
                });
            }
            Value::Wire(bytes) => {
                escape::json(self.out, bytes.get(..MAX_BYTES).unwrap_or(bytes));
                self.more(name, bytes.len());
            }
            Value::Bytes(bytes) => {
                self.quoted(|out| hex_bytes(out, bytes.get(..MAX_BYTES).unwrap_or(bytes)));
                self.more(name, bytes.len());
            }
        }
    }

    fn list(&mut self, name: &str) {
        self.member(name, "");
        self.out.push(b'[');
        self.first = true;
    }

    fn item(&mut self) {
        self.comma();
        self.out.push(b'{');
        self.first = true;
    }

    fn end_item(&mut self) {
        self.out.push(b'}');
        self.first = false;
    }

    fn end_list(&mut self, name: &str, more: usize) {
        self.out.push(b']');
        self.first = false;
        if more > 0 {
            self.member(name, "_more");
            decimal(self.out, more as u64);
        }
    }
}
