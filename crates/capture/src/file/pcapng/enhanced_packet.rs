//! The Enhanced Packet Block (draft-ietf-opsawg-pcapng §4.3): a frame, its time and its interface.

use nom::number::Endianness;

use super::EPB;
use super::interface_description::Interface;
use super::option::{Options, number};
use crate::file::walk::Sink;
use crate::{FrameHeader, Timestamp};

/// The least total length of such a block.
pub(super) const LEAST: u32 = 32;
/// Where the frame's bytes begin, from the start of the block.
pub(super) const DATA_AT: u32 = 28;

const EPB_DROPCOUNT: u16 = 4;

/// The fixed part of the body.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct PacketHeader {
    pub(super) interface: u32,
    pub(super) ticks: u64,
    pub(super) captured_len: u32,
    pub(super) wire_len: u32,
    /// Frames lost on the interface since the one before, as far as this part says.
    pub(super) dropped: u64,
}

impl PacketHeader {
    #[inline]
    pub(super) fn parse(fields: &[u8; 20], endianness: Endianness) -> Self {
        let [i0, i1, i2, i3, h0, h1, h2, h3, l0, l1, l2, l3, c0, c1, c2, c3, w0, w1, w2, w3] = *fields;
        let u32 = |bytes| match endianness {
            Endianness::Big => u32::from_be_bytes(bytes),
            _ => u32::from_le_bytes(bytes),
        };
        PacketHeader {
            interface: u32([i0, i1, i2, i3]),
            ticks: u64::from(u32([h0, h1, h2, h3])) << 32 | u64::from(u32([l0, l1, l2, l3])),
            captured_len: u32([c0, c1, c2, c3]),
            wire_len: u32([w0, w1, w2, w3]),
            dropped: 0,
        }
    }
}

/// What a run of plain packets came to.
pub(super) struct Run {
    /// Behind the last one.
    pub(super) at: usize,
    pub(super) frames: u64,
    /// The stamp of the last one; nothing where there was none.
    pub(super) last: Option<Timestamp>,
}

/// Indexes the plain packets from `at` on: whole Enhanced Packet Blocks without options, of known interfaces. It stops
/// before anything else, be it another block, a fault or the end of the bytes; what that is, is for others to say.
///
/// This is the loop that most files are read by, so it does no more than it must.
#[inline]
pub(super) fn plain_packets(
    bytes: &[u8],
    at: usize,
    interfaces: &[Interface],
    interfaces_before: u32,
    sink: &mut Sink<'_>,
    endianness: Endianness,
) -> Run {
    match endianness {
        Endianness::Big => plain_with(bytes, at, interfaces, interfaces_before, sink, u32::from_be_bytes),
        _ => plain_with(bytes, at, interfaces, interfaces_before, sink, u32::from_le_bytes),
    }
}

#[inline(always)]
fn plain_with(
    bytes: &[u8],
    at: usize,
    interfaces: &[Interface],
    interfaces_before: u32,
    sink: &mut Sink<'_>,
    u32: impl Fn([u8; 4]) -> u32,
) -> Run {
    let mut rest = bytes.get(at..).unwrap_or_default();
    let mut run = Run { at, frames: 0, last: None };
    while !sink.is_full() {
        let Some(&[t0, t1, t2, t3, n0, n1, n2, n3, ref fields @ ..]) = rest.first_chunk::<28>() else {
            break;
        };
        let [i0, i1, i2, i3, h0, h1, h2, h3, l0, l1, l2, l3, c0, c1, c2, c3, w0, w1, w2, w3] = *fields;
        let (total_len, captured_len) = (u32([n0, n1, n2, n3]), u32([c0, c1, c2, c3]));
        let interface_id = u32([i0, i1, i2, i3]);
        let Some(interface) = interfaces.get(interface_id as usize) else { break };
        if u32([t0, t1, t2, t3]) != EPB
            || captured_len > interface.max_frame_bytes
            || u64::from(total_len) != u64::from(LEAST) + u64::from(captured_len).next_multiple_of(4)
        {
            break;
        }
        let Some((block, next)) = rest.split_at_checked(total_len as usize) else { break };
        if block.last_chunk().is_none_or(|&trailing| u32(trailing) != total_len) {
            break;
        }
        let stamp =
            interface.clock.at(u64::from(u32([h0, h1, h2, h3])) << 32 | u64::from(u32([l0, l1, l2, l3])));
        sink.push(FrameHeader {
            at: stamp,
            captured_len,
            wire_len: u32([w0, w1, w2, w3]),
            // A capture block has at most 2^32 bytes.
            offset: run.at as u32 + DATA_AT,
            interface: interfaces_before.saturating_add(interface_id),
            link_type: interface.link_type,
        });
        run = Run { at: run.at + total_len as usize, frames: run.frames + 1, last: Some(stamp) };
        rest = next;
    }
    run
}

/// `epb_dropcount`, where the options have one.
pub(super) fn drop_count(options: &[u8], endianness: Endianness) -> u64 {
    Options::new(options, endianness)
        .filter(|&(code, _)| code == EPB_DROPCOUNT)
        .filter_map(|(_, value)| number(value, endianness))
        .next()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let fields = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5];
        let header = PacketHeader::parse(&fields, Endianness::Big);
        assert_eq!((header.interface, header.ticks), (1, (2 << 32) + 3));
        assert_eq!((header.captured_len, header.wire_len, header.dropped), (4, 5, 0));
        assert_eq!(PacketHeader::parse(&fields, Endianness::Little).captured_len, 4 << 24);
    }

    #[test]
    fn drops() {
        let options = [0, 2, 0, 4, 0, 0, 0, 0, 0, 4, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0];
        assert_eq!(drop_count(&options, Endianness::Big), 7);
        assert_eq!(drop_count(&options[..19], Endianness::Big), 0);
        assert_eq!(drop_count(&[], Endianness::Big), 0);
    }
}
