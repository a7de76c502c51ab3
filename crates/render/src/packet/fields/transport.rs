//! TCP with its options, UDP, SCTP.

use std::fmt;

use wiretrace_decode::{LayerKind, SackBlocks, TcpOption, TcpSegment};

use super::{Sink, Value, View, hex, list, number};
use crate::names;

pub(super) fn fields(kind: LayerKind, header: &[u8], view: &View<'_>, sink: &mut dyn Sink) {
    match kind {
        LayerKind::Tcp => {
            if let Some(segment) = view.layers.tcp(view.packet.data) {
                tcp(&segment, view, sink);
            }
        }
        LayerKind::Udp => {
            if let Some(&[a, b, c, d, e, f, g, h]) = header.first_chunk::<8>() {
                sink.field("Source Port", number(u16::from_be_bytes([a, b])));
                sink.field("Destination Port", number(u16::from_be_bytes([c, d])));
                sink.field("Length", number(u16::from_be_bytes([e, f])));
                sink.field("Checksum", hex(u16::from_be_bytes([g, h]), 4));
            }
        }
        _ => {
            if let Some(&[a, b, c, d, e, f, g, h, i, j, k, l]) = header.first_chunk::<12>() {
                sink.field("Source Port", number(u16::from_be_bytes([a, b])));
                sink.field("Destination Port", number(u16::from_be_bytes([c, d])));
                sink.field("Verification Tag", hex(u32::from_be_bytes([e, f, g, h]), 8));
                sink.field("Checksum", hex(u32::from_be_bytes([i, j, k, l]), 8));
                sctp_chunks(view, sink);
            }
        }
    }
}

/// Chunks of SCTP (RFC 9260 §3.2): type, flags, length, padded to four bytes.
fn sctp_chunks(view: &View<'_>, sink: &mut dyn Sink) {
    let payload = view.layers.payload();
    let start = payload.offset as usize;
    let mut rest = view.packet.data.get(start..start + payload.captured_len as usize).unwrap_or_default();
    let chunks = std::iter::from_fn(move || {
        let &[number, flags, high, low] = rest.first_chunk::<4>()?;
        let len = u16::from_be_bytes([high, low]);
        rest = rest.get(usize::from(len.max(4)).next_multiple_of(4)..).unwrap_or_default();
        Some((number, flags, len))
    });
    list(sink, "Chunks", chunks, |sink, (kind, flags, len)| {
        sink.field("Type", Value::Named(kind.into(), names::sctp_chunk(kind)));
        sink.field("Flags", hex(flags, 2));
        sink.field("Length", number(len));
    });
}

fn tcp(segment: &TcpSegment<'_>, view: &View<'_>, sink: &mut dyn Sink) {
    let relative = view.bases;
    sink.field("Source Port", number(segment.source_port()));
    sink.field("Destination Port", number(segment.destination_port()));
    let (sequence, acknowledgment) = (segment.sequence_number(), segment.acknowledgment_number());
    sink.field("Sequence Number", number(sequence));
    if let Some(bases) = relative {
        sink.field("Relative Sequence Number", number(sequence.wrapping_sub(bases.sequence)));
    }
    sink.field("Acknowledgment Number", number(acknowledgment));
    if let Some(bases) = relative.filter(|_| segment.flags().ack()) {
        sink.field(
            "Relative Acknowledgment Number",
            number(acknowledgment.wrapping_sub(bases.acknowledgment)),
        );
    }
    sink.field("Data Offset", number(segment.data_offset()));
    sink.field("Flags", Value::Display(&segment.flags()));
    sink.field("Window", number(segment.window()));
    sink.field("Checksum", hex(segment.checksum(), 4));
    sink.field("Urgent Pointer", number(segment.urgent_pointer()));
    let cut = segment.options_cut();
    list(sink, "Options", segment.options(), |sink, item| option(item, cut, view, sink));
    sink.field("Payload Length", number(segment.payload_wire_len()));
}

fn kind(sink: &mut dyn Sink, number: u8) {
    sink.field("Kind", Value::Named(number.into(), names::tcp_option(number)));
}

fn option(option: TcpOption<'_>, cut: bool, view: &View<'_>, sink: &mut dyn Sink) {
    match option {
        TcpOption::MaximumSegmentSize(bytes) => {
            kind(sink, 2);
            sink.field("Maximum Segment Size", number(bytes));
        }
        TcpOption::WindowScale(shift) => {
            kind(sink, 3);
            sink.field("Shift Count", number(shift));
        }
        TcpOption::SackPermitted => kind(sink, 4),
        TcpOption::Sack(blocks) => {
            kind(sink, 5);
            sink.field("Blocks", Value::Display(&Edges { blocks, base: 0 }));
            if let Some(bases) = view.bases {
                let relative = Edges { blocks, base: bases.acknowledgment };
                sink.field("Relative Blocks", Value::Display(&relative));
            }
        }
        TcpOption::Timestamps { value, echo_reply } => {
            kind(sink, 8);
            sink.field("TSval", number(value));
            sink.field("TSecr", number(echo_reply));
        }
        TcpOption::FastOpen(cookie) => {
            kind(sink, 34);
            sink.field("Cookie", Value::Bytes(cookie));
        }
        TcpOption::Multipath { subtype, data } => {
            kind(sink, 30);
            sink.field("Subtype", Value::Named(subtype.into(), names::mptcp_subtype(subtype)));
            sink.field("Data", Value::Bytes(data));
        }
        TcpOption::UserTimeout { seconds } => {
            kind(sink, 28);
            sink.field("Seconds", number(seconds));
        }
        TcpOption::Experimental { kind: number, data } => {
            kind(sink, number);
            sink.field("Data", Value::Bytes(data));
        }
        TcpOption::Malformed { kind: number, rest } => {
            kind(sink, number);
            sink.field("Note", Value::Text(if cut { "cut" } else { "bad length" }));
            sink.field("Rest", Value::Bytes(rest));
        }
        TcpOption::Unknown { kind: number_, data } => {
            kind(sink, number_);
            sink.field("Length", number(data.len() as u64 + 2));
            sink.field("Data", Value::Bytes(data));
        }
        other => sink.field("Option", Value::Display(&other)),
    }
}

/// Edges of SACK blocks, relative to a number: `1-9,20-30`.
struct Edges<'f> {
    blocks: SackBlocks<'f>,
    base: u32,
}

impl fmt::Display for Edges<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (left, right)) in self.blocks.iter().enumerate() {
            let (left, right) = (left.wrapping_sub(self.base), right.wrapping_sub(self.base));
            write!(f, "{}{left}-{right}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}
