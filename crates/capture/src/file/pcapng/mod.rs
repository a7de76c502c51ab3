//! The pcapng file format (draft-ietf-opsawg-pcapng): the walk over its blocks.
//!
//! Read are sections of either byte order, one behind the other, with any number of interfaces each; Enhanced, Simple and
//! obsolete Packet Blocks; the drop counters of Interface Statistics Blocks. Every other block is skipped, whatever its
//! size, without being kept. Of a block's options at most [`Limits::max_option_bytes`] are looked at.

mod enhanced_packet;
mod interface_description;
mod interface_statistics;
mod option;
mod packet;
mod section_header;
mod simple_packet;

use nom::number::Endianness;

use self::enhanced_packet::PacketHeader;
use self::interface_description::Interface;
use super::detect::SECTION_HEADER;
use super::walk::{Bad, Cut, Sink, Stop};
use crate::{Fault, FrameHeader, Limits, Timestamp};

const IDB: u32 = 1;
const PB: u32 = 2;
const SPB: u32 = 3;
const NRB: u32 = 4;
const ISB: u32 = 5;
const EPB: u32 = 6;
/// Known block types that say nothing about frames: names, journal entries, secrets, custom blocks.
const KNOWN: [u32; 4] = [9, 10, 0x0bad, 0x4000_0bad];

/// A block whose body, or the rest of it, is not kept.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Skip {
    /// Where the block begins.
    offset: u64,
    total_len: u32,
    /// Bytes of its body still to come.
    left: u32,
}

/// Where the walk over a pcapng file stands.
#[derive(Clone, Debug)]
pub(super) struct Pcapng {
    limits: Limits,
    endianness: Endianness,
    sections: u64,
    /// Of the section at hand; at most [`Limits::max_interfaces`].
    interfaces: Vec<Interface>,
    /// How many interfaces the sections before had.
    interfaces_before: u32,
    skip: Option<Skip>,
    last: Timestamp,
    dropped: u64,
    /// How many frames had no stamp of their own.
    pub(super) unstamped: u64,
    /// Frames found before the first of those.
    pub(super) before_unstamped: u64,
    frames: u64,
    /// How many blocks of unknown type were skipped.
    pub(super) unknown: u64,
    /// The type of the first of those.
    pub(super) unknown_type: u32,
}

impl Pcapng {
    pub(super) fn new(limits: Limits) -> Self {
        Pcapng {
            limits,
            endianness: Endianness::Big,
            sections: 0,
            interfaces: Vec::new(),
            interfaces_before: 0,
            skip: None,
            last: Timestamp::EPOCH,
            dropped: 0,
            unstamped: 0,
            before_unstamped: 0,
            frames: 0,
            unknown: 0,
            unknown_type: 0,
        }
    }

    /// Whether a section header was read.
    pub(super) fn has_section(&self) -> bool {
        self.sections > 0
    }

    /// Frames that the file says were lost: see [`CaptureStats::dropped`](crate::CaptureStats::dropped).
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What the input's end cuts: `have` bytes lie at byte `at` of the stream, from where the last walk asked for a
    /// block of `whole` bytes.
    pub(super) fn cut(&self, at: u64, have: u64, whole: u64) -> Option<Cut> {
        match self.skip {
            Some(skip) => Some(Cut {
                offset: skip.offset,
                have: (at + have).saturating_sub(skip.offset),
                need: skip.total_len.into(),
            }),
            None => (have > 0).then_some(Cut { offset: at, have, need: whole }),
        }
    }

    fn u32(&self, bytes: [u8; 4]) -> u32 {
        match self.endianness {
            Endianness::Big => u32::from_be_bytes(bytes),
            _ => u32::from_le_bytes(bytes),
        }
    }

    /// Indexes the packets in `bytes` from `*at` on, and leaves `*at` behind the last whole block. The first byte of
    /// `bytes` is byte `base` of the stream.
    pub(super) fn walk(
        &mut self,
        bytes: &[u8],
        base: u64,
        at: &mut usize,
        sink: &mut Sink<'_>,
    ) -> Result<Stop, Bad> {
        loop {
            if let Some(stop) = self.skip_on(bytes, at)? {
                return Ok(stop);
            }
            let Pcapng { ref interfaces, interfaces_before, endianness, .. } = *self;
            let run =
                enhanced_packet::plain_packets(bytes, *at, interfaces, interfaces_before, sink, endianness);
            *at = run.at;
            self.frames += run.frames;
            self.last = run.last.unwrap_or(self.last);
            if sink.is_full() {
                return Ok(Stop::Full);
            }
            let rest = bytes.get(*at..).unwrap_or_default();
            match self.block(rest, *at, sink).map_err(|e| e.at(base + *at as u64))? {
                Step::More { want, whole } => return Ok(Stop::More { want, whole }),
                Step::Done { used, total_len } if used == total_len as usize => *at += used,
                Step::Done { used, total_len } => {
                    let left = total_len.saturating_sub(used as u32 + 4);
                    self.skip = Some(Skip { offset: base + *at as u64, total_len, left });
                    *at += used;
                }
            }
        }
    }

    /// Goes on with the block that is being skipped, if there is one, to its end; what is missing for that.
    #[inline]
    fn skip_on(&mut self, bytes: &[u8], at: &mut usize) -> Result<Option<Stop>, Bad> {
        let Some(skip) = &mut self.skip else { return Ok(None) };
        let whole = skip.total_len.into();
        let n = (bytes.len() - *at).min(skip.left as usize);
        skip.left -= n as u32;
        *at += n;
        if skip.left > 0 {
            return Ok(Some(Stop::More { want: 1, whole }));
        }
        let Some(&trailing) = bytes.get(*at..).and_then(|rest| rest.first_chunk::<4>()) else {
            return Ok(Some(Stop::More { want: 4, whole }));
        };
        let Skip { offset, total_len, .. } = *skip;
        let trailing = self.u32(trailing);
        if trailing != total_len {
            return Err(Bad::Broken(offset, Fault::LengthMismatch { leading: total_len, trailing }));
        }
        *at += 4;
        self.skip = None;
        Ok(None)
    }

    /// Reads the block at the start of `rest`, which lies at `at` in the capture block.
    fn block(&mut self, rest: &[u8], at: usize, sink: &mut Sink<'_>) -> Result<Step, Wrong> {
        let Some(&[t0, t1, t2, t3, n0, n1, n2, n3]) = rest.first_chunk() else {
            return Ok(Step::More { want: 8, whole: 8 });
        };
        if [t0, t1, t2, t3] == SECTION_HEADER {
            return self.section_header(rest, [n0, n1, n2, n3]);
        }
        let (block_type, total_len) = (self.u32([t0, t1, t2, t3]), self.u32([n0, n1, n2, n3]));
        match block_type {
            EPB | PB => self.packet(rest, at, block_type, total_len, sink),
            SPB => self.simple_packet(rest, at, total_len, sink),
            IDB => self.interface_description(rest, total_len),
            ISB => self.interface_statistics(rest, total_len),
            _ => {
                check_len(total_len, 12)?;
                if block_type != NRB && !KNOWN.contains(&block_type) {
                    if self.unknown == 0 {
                        self.unknown_type = block_type;
                    }
                    self.unknown += 1;
                }
                Ok(Step::Done { used: 8, total_len })
            }
        }
    }

    /// How much of a block that is kept as far as its options matter: `fixed` bytes and the options' limit.
    fn wanted(&self, total_len: u32, fixed: u32) -> usize {
        // The block's header and trailer take 12 bytes.
        total_len.min(fixed.saturating_add(self.limits.max_option_bytes).saturating_add(12)) as usize
    }

    /// The first `want` bytes of the block, its header cut off and, where that is all of it, its trailer, which must
    /// repeat the total length.
    fn body<'a>(&self, rest: &'a [u8], want: usize, total_len: u32) -> Result<Result<&'a [u8], Step>, Wrong> {
        let more = Step::More { want, whole: total_len.into() };
        let Some(block) = rest.get(..want) else { return Ok(Err(more)) };
        let Some((_, body)) = block.split_first_chunk::<8>() else { return Ok(Err(more)) };
        if want < total_len as usize {
            return Ok(Ok(body));
        }
        let Some((body, &trailing)) = body.split_last_chunk::<4>() else { return Ok(Err(more)) };
        let trailing = self.u32(trailing);
        if trailing != total_len {
            return Err(Wrong::Fault(Fault::LengthMismatch { leading: total_len, trailing }));
        }
        Ok(Ok(body))
    }

    #[cold]
    fn section_header(&mut self, rest: &[u8], len: [u8; 4]) -> Result<Step, Wrong> {
        let Some(&[_, _, _, _, _, _, _, _, m0, m1, m2, m3]) = rest.first_chunk() else {
            return Ok(Step::More { want: 12, whole: 12 });
        };
        let endianness = section_header::byte_order([m0, m1, m2, m3])?;
        let before = std::mem::replace(&mut self.endianness, endianness);
        let step = self.section_header_body(rest, self.u32(len));
        if !matches!(step, Ok(Step::Done { .. })) {
            self.endianness = before;
        }
        step
    }

    fn section_header_body(&mut self, rest: &[u8], total_len: u32) -> Result<Step, Wrong> {
        check_len(total_len, section_header::LEAST)?;
        // No option of it is used.
        let want = total_len.min(section_header::LEAST) as usize;
        let body = match self.body(rest, want, total_len)? {
            Ok(body) => body,
            Err(more) => return Ok(more),
        };
        let version = body.get(4..).and_then(|b| section_header::version(b, self.endianness));
        // The body has room for it, as the total length was checked.
        let (major, minor) = version.unwrap_or_default();
        if major != 1 {
            return Err(Wrong::Version(major, minor));
        }
        self.sections += 1;
        self.interfaces_before = self.interfaces_before.saturating_add(self.interfaces.len() as u32);
        self.interfaces.clear();
        Ok(done(want, total_len))
    }

    #[cold]
    fn interface_description(&mut self, rest: &[u8], total_len: u32) -> Result<Step, Wrong> {
        check_len(total_len, interface_description::LEAST)?;
        let limit = self.limits.max_interfaces;
        if self.interfaces.len() >= limit as usize {
            return Err(Wrong::Fault(Fault::TooManyInterfaces { limit }));
        }
        let want = self.wanted(total_len, 8);
        match self.body(rest, want, total_len)? {
            Ok(body) => {
                // Has its fixed part, as the total length was checked.
                self.interfaces.extend(Interface::parse(body, self.endianness, &self.limits));
                Ok(done(want, total_len))
            }
            Err(more) => Ok(more),
        }
    }

    #[cold]
    fn interface_statistics(&mut self, rest: &[u8], total_len: u32) -> Result<Step, Wrong> {
        check_len(total_len, interface_statistics::LEAST)?;
        let want = self.wanted(total_len, 12);
        match self.body(rest, want, total_len)? {
            Ok(body) => {
                if let Some((interface, drops)) = interface_statistics::drops(body, self.endianness) {
                    // Statistics of an interface that was not described are of no use, and do no harm.
                    self.count_drops(interface, |interface| interface.drops_total = drops);
                }
                Ok(done(want, total_len))
            }
            Err(more) => Ok(more),
        }
    }

    fn count_drops(&mut self, interface: u32, change: impl FnOnce(&mut Interface)) {
        if let Some(interface) = self.interfaces.get_mut(interface as usize) {
            let before = interface.dropped();
            change(interface);
            // The count of one interface may fall where its statistics do.
            self.dropped = self.dropped.saturating_sub(before).saturating_add(interface.dropped());
        }
    }

    /// Enhanced and obsolete packet blocks differ in their first field only. Most of the former were taken by
    /// [`enhanced_packet::plain_packets`].
    fn packet(
        &mut self,
        rest: &[u8],
        at: usize,
        block_type: u32,
        total_len: u32,
        sink: &mut Sink<'_>,
    ) -> Result<Step, Wrong> {
        use enhanced_packet::{DATA_AT, LEAST};
        check_len(total_len, LEAST)?;
        let Some(fields) = rest.get(8..).and_then(|body| body.first_chunk::<20>()) else {
            return Ok(Step::More { want: DATA_AT as usize, whole: total_len.into() });
        };
        let header = match block_type {
            PB => packet::parse(fields, self.endianness),
            _ => PacketHeader::parse(fields, self.endianness),
        };
        let Some(interface) = self.interfaces.get(header.interface as usize) else {
            let known = self.interfaces.len() as u32;
            return Err(Wrong::Fault(Fault::UnknownInterface { interface: header.interface, known }));
        };
        let (clock, link_type) = (interface.clock, interface.link_type);
        let captured_len = check_frame(header.captured_len, interface.max_frame_bytes, total_len - LEAST)?;
        // Below 2^32: the total length has room for the padded frame, or ends within its padding.
        let padded = captured_len.next_multiple_of(4);
        let want = self.wanted(total_len, 20u32.saturating_add(padded));
        let body = match self.body(rest, want, total_len)? {
            Ok(body) => body,
            Err(more) => return Ok(more),
        };
        let options = body.get(20 + padded as usize..).unwrap_or_default();
        if header.dropped > 0 || !options.is_empty() {
            let mut dropped = header.dropped;
            if block_type == EPB {
                dropped = enhanced_packet::drop_count(options, self.endianness);
            }
            self.count_drops(header.interface, |i| i.drops_between = i.drops_between.saturating_add(dropped));
        }
        self.last = clock.at(header.ticks);
        self.frames += 1;
        sink.push(FrameHeader {
            at: self.last,
            captured_len,
            wire_len: header.wire_len,
            // A capture block has at most 2^32 bytes.
            offset: at as u32 + DATA_AT,
            interface: self.interfaces_before.saturating_add(header.interface),
            link_type,
        });
        Ok(done(want, total_len))
    }

    fn simple_packet(
        &mut self,
        rest: &[u8],
        at: usize,
        total_len: u32,
        sink: &mut Sink<'_>,
    ) -> Result<Step, Wrong> {
        use simple_packet::{DATA_AT, LEAST};
        check_len(total_len, LEAST)?;
        let Some(&wire_len) = rest.get(8..).and_then(|body| body.first_chunk::<4>()) else {
            return Ok(Step::More { want: DATA_AT as usize, whole: total_len.into() });
        };
        let wire_len = self.u32(wire_len);
        let Some(interface) = self.interfaces.first() else {
            return Err(Wrong::Fault(Fault::UnknownInterface { interface: 0, known: 0 }));
        };
        let link_type = interface.link_type;
        let captured_len = simple_packet::captured_len(wire_len, interface.snap_len, total_len)?;
        let captured_len = check_frame(captured_len, interface.max_frame_bytes, total_len - LEAST)?;
        // It has no options: all behind the frame is skipped.
        let want = total_len.min(LEAST.saturating_add(captured_len.next_multiple_of(4))) as usize;
        if let Err(more) = self.body(rest, want, total_len)? {
            return Ok(more);
        }
        if self.unstamped == 0 {
            self.before_unstamped = self.frames;
        }
        self.unstamped += 1;
        self.frames += 1;
        sink.push(FrameHeader {
            at: self.last,
            captured_len,
            wire_len,
            offset: at as u32 + DATA_AT,
            interface: self.interfaces_before,
            link_type,
        });
        Ok(done(want, total_len))
    }
}

fn check_frame(captured_len: u32, limit: u32, room: u32) -> Result<u32, Wrong> {
    if captured_len > limit {
        return Err(Wrong::Fault(Fault::FrameTooLong { captured_len, limit }));
    }
    if captured_len > room {
        return Err(Wrong::Fault(Fault::FrameBeyondBlock { captured_len, room }));
    }
    Ok(captured_len)
}

/// What one block came to.
enum Step {
    /// So many bytes of it are needed, and it has so many.
    More { want: usize, whole: u64 },
    /// So many of its bytes are done with; the rest, its trailer at least, is to be skipped.
    Done { used: usize, total_len: u32 },
}

/// Where a block is longer than what was looked at, its last four bytes are left for the skipping, even if some of them
/// were looked at.
fn done(want: usize, total_len: u32) -> Step {
    let used = if want == total_len as usize { want } else { want.min(total_len.saturating_sub(4) as usize) };
    Step::Done { used, total_len }
}

enum Wrong {
    Fault(Fault),
    Version(u16, u16),
}

impl Wrong {
    fn at(self, offset: u64) -> Bad {
        match self {
            Wrong::Fault(fault) => Bad::Broken(offset, fault),
            Wrong::Version(major, minor) => Bad::Version(offset, major, minor),
        }
    }
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        Wrong::Fault(fault)
    }
}

#[inline]
fn check_len(total_len: u32, least: u32) -> Result<(), Fault> {
    if total_len < least {
        return Err(Fault::BlockTooShort { total_len, least });
    }
    if !total_len.is_multiple_of(4) {
        return Err(Fault::BlockUnaligned { total_len });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
