//! The reading side of a block: every frame is decoded once, fragments are put together, the bytes that are
//! no TCP payload are accounted for, and every segment goes on its partition's list.

use wiretrace_capture::Block;
use wiretrace_decode::{Class, Defragmented, Defragmenter, Layers, StopReason, TcpPlace};

use crate::adapt::{self, Located, REASSEMBLED};
use crate::checksums;
use crate::clock::{CaptureClock, Moment};
use crate::ledger::Ledger;
use crate::{Config, RunStats};

/// LINKTYPE_RAW: a reassembled datagram is a raw IP packet.
const RAW: u32 = 101;
/// At most this many different unknown link types and protocols are told apart.
const MAX_UNKNOWN: usize = 64;

/// What the partitions get to know of a block. Recycled.
#[derive(Debug, Default)]
pub(crate) struct Dispatch {
    /// The block's TCP segments, in order.
    located: Vec<Located>,
    /// The capture clock's reading at each frame; never goes back.
    pub(crate) clock: Vec<u64>,
    /// From which frame on a reading is so many nanoseconds behind the Unix epoch's time: one entry, and one more
    /// for each new start of the clock.
    epochs: Vec<(u32, i64)>,
    /// Reassembled datagrams: copies, since their pieces lay in several frames.
    pub(crate) datagrams: Vec<u8>,
    /// Number of the block's first frame in the run.
    pub(crate) first_number: u64,
    /// The same, grouped by partition; group `p` is `starts[p]..starts[p + 1]`. Copied once more, so that a
    /// partition's own lie together.
    grouped: Vec<Located>,
    starts: Vec<u32>,
    partition_of: Vec<u16>,
}

impl Dispatch {
    fn clear(&mut self, first_number: u64) {
        self.located.clear();
        self.clock.clear();
        self.epochs.clear();
        self.datagrams.clear();
        self.partition_of.clear();
        self.first_number = first_number;
    }

    /// The segments of one partition, in order.
    pub(crate) fn list(&self, partition: usize) -> &[Located] {
        let start = self.starts.get(partition).copied().unwrap_or(0) as usize;
        let end = self.starts.get(partition + 1).copied().unwrap_or(0) as usize;
        self.grouped.get(start..end).unwrap_or_default()
    }

    /// The stamp (nanoseconds since the Unix epoch) of a reading of the clock, as of the frame at this place.
    pub(crate) fn stamp(&self, frame: usize, reading: u64) -> i64 {
        let epoch = self.epochs.partition_point(|&(first, _)| first as usize <= frame);
        let epoch = epoch.checked_sub(1).and_then(|at| self.epochs.get(at)).map_or(0, |&(_, epoch)| epoch);
        Moment { elapsed: reading, epoch }.stamp(reading)
    }

    fn observe(&mut self, frame: u32, moment: Moment) {
        self.clock.push(moment.elapsed);
        if self.epochs.last().is_none_or(|&(_, epoch)| epoch != moment.epoch) {
            self.epochs.push((frame, moment.epoch));
        }
    }

    fn group(&mut self, partitions: usize) {
        self.starts.clear();
        self.starts.resize(partitions + 2, 0);
        for &partition in &self.partition_of {
            if let Some(count) = self.starts.get_mut(usize::from(partition) + 2) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        // Now starts[p + 1] is where group p begins; filling it moves it to where the group ends.
        self.grouped.clear();
        self.grouped.extend_from_slice(&self.located);
        for (located, &partition) in self.located.iter().zip(&self.partition_of) {
            if let Some(next) = self.starts.get_mut(usize::from(partition) + 1) {
                if let Some(slot) = self.grouped.get_mut(*next as usize) {
                    *slot = *located;
                }
                *next += 1;
            }
        }
    }
}

/// A frame's stamp, clock reading and place.
#[derive(Clone, Copy)]
struct Spot {
    at: i64,
    clock: u64,
    frame: u32,
    start: u32,
}

/// Where the segment lies, and the hash of its flow.
#[inline]
fn find(layers: &Layers, bytes: &[u8]) -> Option<(TcpPlace, u64)> {
    let place = layers.tcp_place()?;
    let (key, _) = adapt::key(place, bytes)?;
    Some((place, key.flow_hash()))
}

/// Decodes blocks; lives on the reading side.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    clock: CaptureClock,
    defragmenter: Defragmenter,
    partitions: usize,
    nested: usize,
    check_checksums: bool,
    next_number: u64,
    pub(crate) ledger: Ledger,
    pub(crate) stats: RunStats,
}

impl Dispatcher {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            clock: CaptureClock::default(),
            defragmenter: Defragmenter::new(config.defragment),
            partitions: config.partitions,
            nested: config.limits.nested_datagrams,
            check_checksums: config.check_checksums,
            next_number: 1,
            ledger: Ledger::default(),
            stats: RunStats::default(),
        }
    }

    /// A new input begins: the capture clock looks whether it follows the former one.
    pub(crate) fn start_input(&mut self) {
        self.clock.new_input();
    }

    pub(crate) fn dispatch(&mut self, block: &Block, out: &mut Dispatch) {
        out.clear(self.next_number);
        let starts = block.headers().iter().map(|header| header.offset);
        let mut left_out = block.left_out().iter().peekable();
        for ((index, frame), start) in (0u32..).zip(block.frames()).zip(starts) {
            if left_out.next_if_eq(&&index).is_some() {
                self.left_out(frame.captured_len(), out);
                continue;
            }
            let moment = self.clock.observe(frame.at.0);
            out.observe(index, moment);
            let layers = wiretrace_decode::parse(frame.link_type.0, frame.wire_len, frame.data);
            self.stats.packets += 1;
            self.ledger.headers += u64::from(layers.header_len());
            self.ledger.padding += u64::from(layers.padding_len());
            match layers.class() {
                Class::Tcp => {
                    let found = find(&layers, frame.data);
                    let clock = moment.elapsed;
                    let spot = Spot { at: frame.at.0, clock, frame: index, start };
                    if self.check_checksums && checksums::are_wrong(&layers, frame.data) {
                        self.damaged(&layers);
                    } else {
                        self.segment(&layers, found, spot, out);
                    }
                }
                Class::Fragment => {
                    let spot = Spot { at: frame.at.0, clock: moment.elapsed, frame: index, start };
                    self.fragment(&layers, frame.data, spot, out);
                }
                _ => self.other(&layers),
            }
        }
        self.next_number += out.clock.len() as u64;
        out.group(self.partitions);
    }

    /// A frame that a filter left out. Live it would never have come: the capture clock does not hear of it.
    fn left_out(&mut self, captured_len: u32, out: &mut Dispatch) {
        out.clock.push(self.clock.elapsed());
        self.stats.packets += 1;
        self.stats.filtered += 1;
        self.ledger.filtered += u64::from(captured_len);
    }

    /// A segment that its receiver will not have taken.
    #[cold]
    fn damaged(&mut self, layers: &Layers) {
        self.stats.bad_checksums += 1;
        self.ledger.undecodable += u64::from(layers.payload().captured_len);
    }

    #[inline]
    fn segment(&mut self, layers: &Layers, found: Option<(TcpPlace, u64)>, spot: Spot, out: &mut Dispatch) {
        let Some((place, hash)) = found else { return self.other(layers) };
        // Fewer than 65,537 partitions: the remainder fits.
        out.partition_of.push((hash % self.partitions as u64) as u16);
        let Spot { at, clock, frame, start } = spot;
        out.located.push(Located { at, clock, frame, start, place });
        self.stats.segments += 1;
    }

    /// A frame that brings no TCP segment.
    fn other(&mut self, layers: &Layers) {
        if let Some(reason) = layers.stop().map(|stop| stop.reason) {
            use StopReason as R;
            let unknown = matches!(reason, R::UnknownLinkType(_)) || reason.class() == Class::NotTcp;
            if unknown && reason != R::Encrypted {
                self.stats.unknown(reason, MAX_UNKNOWN);
            }
        }
        let len = u64::from(layers.payload().captured_len);
        if layers.class() == Class::Undecodable {
            self.stats.malformed += 1;
            self.ledger.undecodable += len;
        } else {
            self.stats.not_tcp += 1;
            self.ledger.not_tcp += len;
        }
    }

    /// A fragment: when it makes its datagram whole, that is decoded in its stead.
    fn fragment(&mut self, layers: &Layers, bytes: &[u8], spot: Spot, out: &mut Dispatch) {
        self.stats.fragments += 1;
        let (mut layers, mut bytes) = (*layers, bytes);
        let mut nested = Vec::new();
        for _ in 0..=self.nested {
            let Defragmented::Complete(datagram) = self.defragmenter.push(spot.clock, bytes, &layers) else {
                return;
            };
            self.stats.datagrams += 1;
            let packet = datagram.packet;
            let made = datagram.header_len;
            let wire_len = u32::try_from(packet.len()).unwrap_or(u32::MAX);
            layers = wiretrace_decode::parse(RAW, wire_len, packet);
            // The header at its front is ours: those of the fragments are counted already.
            self.ledger.headers += u64::from(layers.header_len().saturating_sub(made));
            self.ledger.padding += u64::from(layers.padding_len());
            match layers.class() {
                Class::Tcp => {
                    let start = u32::try_from(out.datagrams.len()).unwrap_or(u32::MAX);
                    out.datagrams.extend_from_slice(packet);
                    let found = find(&layers, packet);
                    let spot = Spot { frame: spot.frame | REASSEMBLED, start, ..spot };
                    if self.check_checksums && checksums::are_wrong(&layers, packet) {
                        return self.damaged(&layers);
                    }
                    return self.segment(&layers, found, spot, out);
                }
                Class::Fragment => {
                    nested.clear();
                    nested.extend_from_slice(packet);
                    bytes = &nested;
                }
                _ => return self.other(&layers),
            }
        }
        // A datagram in a datagram in a datagram: the innermost stays unfinished.
        self.ledger.unfinished_fragments += u64::from(layers.payload().captured_len);
    }

    /// The end of input.
    pub(crate) fn finish(&mut self) {
        self.defragmenter.finish();
        let stats = self.defragmenter.stats();
        self.ledger.second_copies += stats.duplicate_bytes;
        self.ledger.unfinished_fragments += stats.unfinished_bytes;
    }
}
