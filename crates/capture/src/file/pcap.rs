//! The pcap file format (draft-ietf-opsawg-pcap): file header, and the walk over its records.
//!
//! Read are the µs and ns forms, the form with 24-byte record headers (Kuznetsov's), the forms with a length behind the
//! file header (Ixia's, µs and ns), each in both byte orders; versions 2.0 to 2.4, the older ones with their swapped
//! length fields (2.3: where that makes the lengths sensible), and 543.0 of DG/UX.
//!
//! Not read: variants under the standard magic number whose records are laid out differently; they cannot be told apart
//! in a stream.

use super::walk::{Bad, Sink, Stop, load_ahead};
use crate::{Fault, FrameHeader, Limits, LinkType, Timestamp};

const MICROS: u32 = 0xa1b2_c3d4;
const NANOS: u32 = 0xa1b2_3c4d;
const KUZNETSOV: u32 = 0xa1b2_cd34;
const IXIA_MICROS: u32 = 0x1c00_01ab;
const IXIA_NANOS: u32 = 0x1c00_01ac;
const MAGICS: [u32; 5] = [MICROS, NANOS, KUZNETSOV, IXIA_MICROS, IXIA_NANOS];

/// Whether a file that begins so is a pcap file.
pub(super) fn is_magic(magic: [u8; 4]) -> bool {
    MAGICS.contains(&u32::from_be_bytes(magic)) || MAGICS.contains(&u32::from_le_bytes(magic))
}

/// Whether these fewer than four bytes may be the start of such a file.
pub(super) fn may_be_magic(first: &[u8]) -> bool {
    MAGICS.iter().any(|m| m.to_be_bytes().starts_with(first) || m.to_le_bytes().starts_with(first))
}

/// How long the file header is that begins with this magic number.
pub(super) fn header_len(magic: [u8; 4]) -> usize {
    let ixia = |magic| matches!(magic, IXIA_MICROS | IXIA_NANOS);
    if ixia(u32::from_be_bytes(magic)) || ixia(u32::from_le_bytes(magic)) { 28 } else { 24 }
}

/// The order of the two length fields in a record header.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Lengths {
    /// Captured, then wire length: since version 2.4.
    Captured,
    /// Wire length first: before version 2.3.
    Wire,
    /// Version 2.3, written both ways: the smaller one is the captured length.
    Smaller,
}

/// Where the walk over a pcap file stands. Nothing of it changes from record to record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pcap {
    big_endian: bool,
    /// Nanoseconds in a unit of the stamp's fraction.
    unit: i64,
    record_header_len: usize,
    lengths: Lengths,
    link_type: LinkType,
    max_frame_bytes: u32,
}

impl Pcap {
    /// Reads the file header, all [`header_len`] bytes of which are there (the last four of Ixia's tell the file's
    /// length and are of no use here).
    pub(super) fn parse(header: &[u8; 24], limits: &Limits) -> Result<Self, Bad> {
        let [m0, m1, m2, m3, a0, a1, i0, i1, _, _, _, _, _, _, _, _, _, _, _, _, l0, l1, l2, l3] = *header;
        let big_endian = MAGICS.contains(&u32::from_be_bytes([m0, m1, m2, m3]));
        let u16 = |bytes| if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
        let u32 = |bytes| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let magic = u32([m0, m1, m2, m3]);
        let lengths = match (u16([a0, a1]), u16([i0, i1])) {
            (2, 4) => Lengths::Captured,
            (2, 3) => Lengths::Smaller,
            (2, 0..=2) | (543, 0) => Lengths::Wire,
            (major, minor) => return Err(Bad::Version(0, major, minor)),
        };
        // The upper half holds the length of the frame check sequence and reserved bits.
        let link_type = LinkType(u32([l0, l1, l2, l3]) & 0xffff);
        Ok(Pcap {
            big_endian,
            unit: if matches!(magic, NANOS | IXIA_NANOS) { 1 } else { 1_000 },
            record_header_len: if magic == KUZNETSOV { 24 } else { 16 },
            lengths,
            link_type,
            max_frame_bytes: limits.frame_bytes(link_type),
        })
    }

    /// Indexes the records in `bytes` from `*at` on, and leaves `*at` behind the last whole one. The first byte of
    /// `bytes` is byte `base` of the stream.
    pub(super) fn walk(
        &self,
        bytes: &[u8],
        base: u64,
        at: &mut usize,
        sink: &mut Sink<'_>,
    ) -> Result<Stop, Bad> {
        if self.big_endian {
            self.walk_with(bytes, base, at, sink, u32::from_be_bytes)
        } else {
            self.walk_with(bytes, base, at, sink, u32::from_le_bytes)
        }
    }

    #[inline(always)]
    fn walk_with(
        &self,
        bytes: &[u8],
        base: u64,
        at: &mut usize,
        sink: &mut Sink<'_>,
        u32: impl Fn([u8; 4]) -> u32,
    ) -> Result<Stop, Bad> {
        let header_len = self.record_header_len;
        let mut rest = bytes.get(*at..).unwrap_or_default();
        loop {
            *at = bytes.len() - rest.len();
            if sink.is_full() {
                return Ok(Stop::Full);
            }
            let Some((header, body)) = rest.split_at_checked(header_len) else {
                return Ok(Stop::More { want: header_len, whole: header_len as u64 });
            };
            let Some(&[s0, s1, s2, s3, f0, f1, f2, f3, c0, c1, c2, c3, w0, w1, w2, w3]) =
                header.first_chunk()
            else {
                // A record header is 16 or 24 bytes long.
                return Ok(Stop::More { want: header_len, whole: header_len as u64 });
            };
            let (mut captured_len, mut wire_len) = (u32([c0, c1, c2, c3]), u32([w0, w1, w2, w3]));
            if self.lengths == Lengths::Wire || self.lengths == Lengths::Smaller && captured_len > wire_len {
                (captured_len, wire_len) = (wire_len, captured_len);
            }
            if captured_len > self.max_frame_bytes {
                let fault = Fault::FrameTooLong { captured_len, limit: self.max_frame_bytes };
                return Err(Bad::Broken(base + *at as u64, fault));
            }
            let Some((_, next)) = body.split_at_checked(captured_len as usize) else {
                let whole = header_len + captured_len as usize;
                return Ok(Stop::More { want: whole, whole: whole as u64 });
            };
            load_ahead(rest);
            // Cannot overflow: both numbers have 32 bits.
            let nanos = i64::from(u32([s0, s1, s2, s3])) * 1_000_000_000
                + i64::from(u32([f0, f1, f2, f3])) * self.unit;
            sink.push(FrameHeader {
                at: Timestamp(nanos),
                captured_len,
                wire_len,
                // A block has at most 2^32 bytes.
                offset: (bytes.len() - body.len()) as u32,
                interface: 0,
                link_type: self.link_type,
            });
            rest = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_frame_bytes: 99,
        max_large_frame_bytes: 99,
        max_interfaces: 1,
        max_option_bytes: 1,
        max_zstd_window_log: 10,
    };

    fn header(magic: [u8; 4], major: u16, minor: u16, link_type: u32) -> [u8; 24] {
        let big = MAGICS.contains(&u32::from_be_bytes(magic));
        let mut header = [0; 24];
        header[..4].copy_from_slice(&magic);
        header[4..6].copy_from_slice(&if big { major.to_be_bytes() } else { major.to_le_bytes() });
        header[6..8].copy_from_slice(&if big { minor.to_be_bytes() } else { minor.to_le_bytes() });
        header[20..].copy_from_slice(&if big { link_type.to_be_bytes() } else { link_type.to_le_bytes() });
        header
    }

    fn walk(pcap: &Pcap, bytes: &[u8]) -> (Result<Stop, Bad>, usize, Vec<FrameHeader>) {
        let (mut headers, mut at) = (Vec::new(), 0);
        let mut sink =
            Sink { headers: &mut headers, max_frames: 2, captured_bytes: 0, short_wire_lengths: 0 };
        let stop = pcap.walk(bytes, 1_000, &mut at, &mut sink);
        (stop, at, headers)
    }

    fn record(fields: [u32; 4], extra: usize, data: &[u8]) -> Vec<u8> {
        let mut record: Vec<u8> = fields.iter().flat_map(|f| f.to_le_bytes()).collect();
        record.resize(16 + extra, 0xee);
        record.extend(data);
        record
    }

    #[test]
    fn every_magic_in_both_byte_orders() {
        for magic in MAGICS {
            for bytes in [magic.to_be_bytes(), magic.to_le_bytes()] {
                assert!(is_magic(bytes));
                let pcap = Pcap::parse(&header(bytes, 2, 4, 113), &LIMITS).unwrap();
                assert_eq!(pcap.link_type, LinkType::LINUX_SLL);
                assert_eq!(pcap.unit, if matches!(magic, NANOS | IXIA_NANOS) { 1 } else { 1000 });
                assert_eq!(pcap.record_header_len, if magic == KUZNETSOV { 24 } else { 16 });
                assert_eq!(
                    header_len(bytes),
                    if matches!(magic, IXIA_MICROS | IXIA_NANOS) { 28 } else { 24 }
                );
            }
        }
    }

    #[test]
    fn versions() {
        let parse = |major, minor| {
            Pcap::parse(&header(MICROS.to_le_bytes(), major, minor, 1), &LIMITS).map(|p| p.lengths)
        };
        assert_eq!(parse(2, 4), Ok(Lengths::Captured));
        assert_eq!(parse(2, 3), Ok(Lengths::Smaller));
        assert_eq!(parse(2, 2), Ok(Lengths::Wire));
        assert_eq!(parse(543, 0), Ok(Lengths::Wire));
        assert_eq!(parse(2, 5), Err(Bad::Version(0, 2, 5)));
        assert_eq!(parse(1, 2), Err(Bad::Version(0, 1, 2)));
    }

    #[test]
    fn the_upper_half_of_the_link_type_is_not_part_of_it() {
        let pcap = Pcap::parse(&header(MICROS.to_be_bytes(), 2, 4, 0x2400_0001), &LIMITS).unwrap();
        assert_eq!(pcap.link_type, LinkType::ETHERNET);
    }

    #[test]
    fn records_are_indexed_in_place() {
        let pcap = Pcap::parse(&header(MICROS.to_le_bytes(), 2, 4, 1), &LIMITS).unwrap();
        let mut bytes = record([1, 2, 3, 9], 0, b"abc");
        bytes.extend(record([u32::MAX, u32::MAX, 0, 0], 0, b""));
        let (stop, at, headers) = walk(&pcap, &bytes);
        assert_eq!((stop, at), (Ok(Stop::Full), bytes.len()));
        assert_eq!(headers[0].at, Timestamp(1_000_002_000));
        assert_eq!((headers[0].offset, headers[0].captured_len, headers[0].wire_len), (16, 3, 9));
        assert_eq!(headers[1].at, Timestamp(4_294_967_295_000_000_000 + 4_294_967_295_000));
    }

    #[test]
    fn every_cut_asks_for_what_is_missing() {
        let pcap = Pcap::parse(&header(KUZNETSOV.to_le_bytes(), 2, 4, 1), &LIMITS).unwrap();
        let bytes = record([1, 2, 3, 9], 8, b"abc");
        for cut in 0..bytes.len() {
            let want = if cut < 24 { 24 } else { 27 };
            assert_eq!(walk(&pcap, &bytes[..cut]), (Ok(Stop::More { want, whole: want as u64 }), 0, vec![]));
        }
        assert_eq!(walk(&pcap, &bytes).2[0].offset, 24);
    }

    #[test]
    fn old_versions_swap_the_lengths() {
        let swapped = record([0, 0, 9, 3], 0, b"abc");
        let old = Pcap::parse(&header(MICROS.to_le_bytes(), 2, 2, 1), &LIMITS).unwrap();
        assert_eq!(walk(&old, &swapped).2[0].captured_len, 3);
        let between = Pcap::parse(&header(MICROS.to_le_bytes(), 2, 3, 1), &LIMITS).unwrap();
        assert_eq!(walk(&between, &swapped).2[0].wire_len, 9);
        assert_eq!(walk(&between, &record([0, 0, 3, 9], 0, b"abc")).2[0].wire_len, 9);
    }

    #[test]
    fn a_lying_length_is_a_fault() {
        let pcap = Pcap::parse(&header(MICROS.to_le_bytes(), 2, 4, 1), &LIMITS).unwrap();
        let mut bytes = record([1, 2, 3, 9], 0, b"abc");
        bytes.extend(record([1, 2, 100, 100], 0, b""));
        let (stop, _, headers) = walk(&pcap, &bytes);
        let fault = Fault::FrameTooLong { captured_len: 100, limit: 99 };
        assert_eq!((stop, headers.len()), (Err(Bad::Broken(1_019, fault)), 1));
    }
}
