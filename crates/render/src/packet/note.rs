//! What stopped the decoding, named on the line: nothing is left out in silence.

use std::io::Write;

use wiretrace_decode::{Beyond, Class, LayerKind, StopReason};

use super::View;
use crate::names;
use crate::palette::Palette;

/// Appends the notes of a packet, each ` [...]`; `beyond` is what was recognised behind the last header.
pub(super) fn write(out: &mut Vec<u8>, palette: &Palette, view: &View<'_>, beyond: Option<&Beyond<'_>>) {
    let layers = view.layers;
    let mut note = |text: std::fmt::Arguments<'_>| {
        out.push(b' ');
        // Numbers and names of ours only: nothing from the wire.
        palette.styled(out, palette.mark, |out| drop(write!(out, "[{text}]")));
    };
    let missing = view.packet.missing();
    if let Some(stop) = layers.stop().filter(|_| beyond.is_none()) {
        let guess = stop.reason.class() != layers.class();
        let behind = layers.payload().wire_len;
        match stop.reason {
            // A guess by port that was wrong is no fault of the packet.
            _ if guess => note(format_args!("no tunnel: {stop}")),
            StopReason::UnknownEtherType(number) => match names::ether_type(number) {
                Some(name) => {
                    note(format_args!("not decoded: ethertype 0x{number:04x} {name}, {behind} bytes"))
                }
                None => note(format_args!("not decoded: ethertype 0x{number:04x}, {behind} bytes")),
            },
            StopReason::UnknownIpProtocol(number) => match names::ip_protocol(number) {
                Some(name) => note(format_args!("not decoded: IP protocol {number} {name}, {behind} bytes")),
                None => note(format_args!("not decoded: IP protocol {number}, {behind} bytes")),
            },
            StopReason::UnknownPppProtocol(number) => match names::ppp_protocol(number) {
                Some(name) => note(format_args!("not decoded: PPP 0x{number:04x} {name}, {behind} bytes")),
                None => note(format_args!("not decoded: PPP 0x{number:04x}, {behind} bytes")),
            },
            StopReason::UnknownSap(number) if layers.last().is_some_and(|l| l.kind == LayerKind::Llc) => {
                match names::sap(number) {
                    Some(name) => {
                        note(format_args!("not decoded: SAP 0x{number:02x} {name}, {behind} bytes"))
                    }
                    None => note(format_args!("not decoded: SAP 0x{number:02x}, {behind} bytes")),
                }
            }
            StopReason::UnknownLinkType(number) => {
                note(format_args!("not decoded: link type {number}, {} bytes", view.packet.data.len()));
            }
            StopReason::Encrypted => note(format_args!("encrypted, {behind} bytes")),
            StopReason::Truncated { need } => {
                note(format_args!("cut: {stop}, {missing} missing of {} bytes", view.packet.wire_len));
                let _ = need;
                return;
            }
            _ if layers.class() == Class::Undecodable => note(format_args!("malformed: {stop}")),
            _ => note(format_args!("not decoded: {stop}, {behind} bytes")),
        }
    }
    if missing > 0 {
        note(format_args!("cut: {missing} of {} bytes missing", view.packet.wire_len));
    }
}
