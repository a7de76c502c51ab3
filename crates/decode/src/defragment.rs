//! Puts IP fragments together (RFC 791 §3.2, RFC 8200 §4.5), within bounds.
//!
//! - The first copy of a byte wins; later ones are counted as duplicates.
//! - Fragments that contradict each other (two different ends, bytes behind the end, more bytes than an IP
//!   packet can have) give up their datagram. A fragment cut by the snap length is refused.
//! - Time is the capture clock that the caller passes in. Memory is bounded by [`DefragmentLimits`]; the oldest
//!   datagram goes first. A fragment costs time in proportion to its own bytes, however they overlap.
//! - Every captured payload byte of a fragment is accounted for, at any moment:
//!   `pushed = completed + duplicate + unfinished + held` (see [`DefragmentStats`]).
//!
//! It does not look into what it puts together. A completed datagram may hold, in a tunnel, a fragment again:
//! see [`Defragmenter::push_completed`].

mod buffer;
mod limits;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::IpAddr;

use self::buffer::{Buffer, Pool, RESERVE};
pub use self::limits::{DefragmentLimits, DefragmentStats};
use crate::checksum;
use crate::decoder::parse;
use crate::layers::{Fragment, IpVersion, Layers};

/// LINKTYPE_RAW, the link type of a completed datagram.
const RAW_IP: u32 = 101;
/// The most an IPv4 packet, or the payload of an IPv6 packet without jumbo option, can have.
const MAX_PACKET: usize = 65_535;

/// A completed IP packet. Borrowed from the defragmenter, until it is used again.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// The packet, to be decoded with `parse(101, packet.len(), packet)`: the first fragment's IP header, its
    /// lengths and checksum set right and its fragment fields cleared (IPv6: the fixed header alone, without
    /// fragment and other extension headers in front of it), then the payload.
    pub packet: &'a [u8],
    /// Bytes at the front of `packet` that were made up here: the fragments' own headers have been counted with
    /// their frames.
    pub header_len: u32,
}

/// What became of a fragment.
#[derive(Clone, Copy, Debug)]
pub enum Defragmented<'a> {
    /// It is held (or was a duplicate); others are missing.
    Held,
    /// It completed its datagram.
    Complete(Datagram<'a>),
    /// It was not taken, or its datagram was given up because of it.
    Refused,
}

/// What fragments of one datagram have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    /// 0 in IPv6, where the fragments may differ in it.
    protocol: u8,
}

const NONE: u32 = u32::MAX;

/// A datagram that is not complete.
struct Slot {
    key: Key,
    created: u64,
    buffer: Buffer,
    /// Known bytes, each once.
    received: usize,
    /// The highest end of a fragment.
    highest: usize,
    /// The end of the last fragment, once that was seen.
    total: Option<usize>,
    fragments: u32,
    header: [u8; 60],
    /// 0 until the first fragment was seen.
    header_len: u8,
    older: u32,
    newer: u32,
}

/// Puts IP fragments together.
///
/// ```
/// use wiretrace_decode::{Class, Defragmented, DefragmentLimits, Defragmenter, parse};
///
/// let fragment = |flags_and_offset: u16, payload: &[u8]| {
///     let mut packet = vec![0x45, 0, 0, 20 + payload.len() as u8, 0, 1];
///     packet.extend(flags_and_offset.to_be_bytes());
///     packet.extend([64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
///     packet.extend(payload);
///     packet
/// };
/// let first = fragment(0x2000, &[0, 7, 0, 9, 0, 12, 0, 0]);
/// let last = fragment(1, b"data");
///
/// let mut defragmenter = Defragmenter::new(DefragmentLimits::default());
/// let layers = parse(101, 24, &last);
/// assert_eq!(layers.class(), Class::Fragment);
/// assert!(matches!(defragmenter.push(0, &last, &layers), Defragmented::Held));
/// let layers = parse(101, 28, &first);
/// let Defragmented::Complete(datagram) = defragmenter.push(1, &first, &layers) else { panic!() };
/// let layers = parse(101, 32, datagram.packet);
/// assert_eq!(layers.udp(datagram.packet).unwrap().payload(), b"data");
/// ```
pub struct Defragmenter {
    limits: DefragmentLimits,
    stats: DefragmentStats,
    clock: u64,
    slots: Vec<Slot>,
    /// Unused slots, as a stack.
    free: Vec<u32>,
    /// For look-up only: nothing iterates it, so nothing depends on its order.
    index: HashMap<Key, u32>,
    /// Ends of the list of slots in use, in the order in which they were made.
    oldest: u32,
    newest: u32,
    pool: Pool,
    /// What the last completed datagram was built in, and where its packet lies.
    completed: Buffer,
    packet: core::ops::Range<usize>,
}

impl Defragmenter {
    /// An empty defragmenter. Memory is taken when it is needed.
    pub fn new(limits: DefragmentLimits) -> Self {
        let limits = DefragmentLimits { datagrams: limits.datagrams.clamp(1, NONE as usize - 1), ..limits };
        Defragmenter {
            limits,
            stats: DefragmentStats::default(),
            clock: 0,
            slots: Vec::new(),
            free: Vec::new(),
            index: HashMap::new(),
            oldest: NONE,
            newest: NONE,
            pool: Pool::new(limits.bytes),
            completed: Buffer::default(),
            packet: 0..0,
        }
    }

    /// What happened so far.
    pub fn stats(&self) -> &DefragmentStats {
        &self.stats
    }

    /// Datagrams held now.
    pub fn held_datagrams(&self) -> usize {
        self.index.len()
    }

    /// Bytes of buffers now, held ones and those kept for reuse.
    pub fn buffer_bytes(&self) -> usize {
        self.pool.allocated()
    }

    /// Takes one fragment: a frame whose class is [`Class::Fragment`](crate::Class::Fragment), with its layers.
    /// Any other frame is refused and not counted.
    ///
    /// `clock` is the capture clock in nanoseconds; a value below an earlier one counts as that. The payload is
    /// copied, as the frame will be gone when the datagram is complete.
    pub fn push(&mut self, clock: u64, frame: &[u8], layers: &Layers) -> Defragmented<'_> {
        self.recycle();
        if self.take(clock, frame, layers) { self.complete() } else { Defragmented::Refused }
    }

    /// Takes the datagram completed last as a fragment of its own, if it is one (a tunnel over fragments, whose
    /// inner packets were fragmented, too). `None` where it is not.
    ///
    /// Each completed datagram is taken at most once, and completing another uses up one that was held: a loop
    /// of the caller ends, but a small bound of its own serves it well. The inner fragment's payload counts as
    /// pushed once more.
    pub fn push_completed(&mut self, clock: u64) -> Option<Defragmented<'_>> {
        let buffer = core::mem::take(&mut self.completed);
        let range = core::mem::replace(&mut self.packet, 0..0);
        let packet = buffer.bytes(range);
        let layers = parse(RAW_IP, packet.len() as u32, packet);
        let fragment = layers.fragment().is_some();
        let taken = fragment && self.take(clock, packet, &layers);
        self.pool.put(buffer);
        match (fragment, taken) {
            (false, _) => None,
            (true, true) => Some(self.complete()),
            (true, false) => Some(Defragmented::Refused),
        }
    }

    /// Gives up everything still held. The defragmenter can be used on.
    pub fn finish(&mut self) {
        self.recycle();
        while self.oldest != NONE {
            self.stats.incomplete_datagrams += 1;
            self.give_up(self.oldest);
        }
    }

    /// What the last fragment made of its datagram: `packet` is not empty where it completed it.
    fn complete(&self) -> Defragmented<'_> {
        if self.packet.is_empty() {
            return Defragmented::Held;
        }
        let header_len = (RESERVE - self.packet.start) as u32;
        Defragmented::Complete(Datagram { packet: self.completed.bytes(self.packet.clone()), header_len })
    }

    fn recycle(&mut self) {
        self.packet = 0..0;
        self.pool.put(core::mem::take(&mut self.completed));
    }

    /// Takes a fragment; false where it was refused.
    fn take(&mut self, clock: u64, frame: &[u8], layers: &Layers) -> bool {
        self.clock = self.clock.max(clock);
        self.expire();
        let (Some(fragment), Some((source, destination))) = (layers.fragment(), layers.addresses(frame))
        else {
            return false;
        };
        let from = fragment.payload.offset as usize;
        let Some(payload) = frame.get(from..from + fragment.payload.captured_len as usize) else {
            return false;
        };
        let protocol = match fragment.version {
            IpVersion::V4 => fragment.protocol,
            IpVersion::V6 => 0,
        };
        let key = Key { source, destination, identification: fragment.identification, protocol };
        let end = fragment.fragment_offset as usize + payload.len();
        let cut = fragment.payload.wire_len as usize != payload.len();
        let pointless = payload.is_empty() && fragment.more_fragments;
        if cut || pointless || end > MAX_PACKET {
            self.stats.refused_fragments += 1;
            self.stats.unfinished_bytes += payload.len() as u64;
            return false;
        }
        let index = match self.index.get(&key) {
            Some(&index) => index,
            None => self.create(key),
        };
        if self.insert(index, &fragment, frame, payload) {
            return true;
        }
        self.stats.unfinished_bytes += payload.len() as u64;
        self.give_up(index);
        false
    }

    /// Puts a fragment into its slot, and completes the datagram if it can be; false where the slot must be
    /// given up.
    fn insert(&mut self, index: u32, fragment: &Fragment, frame: &[u8], payload: &[u8]) -> bool {
        let start = fragment.fragment_offset as usize;
        let end = start + payload.len();
        if !self.reserve(index, end) {
            return false;
        }
        let Some(slot) = self.slots.get_mut(index as usize) else { return false };
        slot.fragments += 1;
        if slot.fragments > self.limits.fragments_per_datagram {
            self.stats.overfull_datagrams += 1;
            return false;
        }
        let total = if fragment.more_fragments { slot.total } else { Some(end) };
        slot.highest = slot.highest.max(end);
        let contradiction = slot.total.is_some_and(|known| Some(known) != total)
            || total.is_some_and(|total| total < slot.highest);
        if contradiction {
            self.stats.inconsistent_datagrams += 1;
            return false;
        }
        slot.total = total;
        if start == 0 && slot.header_len == 0 {
            slot.keep_header(fragment, frame);
        }
        let new = slot.buffer.insert(start, payload);
        slot.received += new;
        self.stats.held_bytes += new as u64;
        self.stats.duplicate_bytes += (payload.len() - new) as u64;
        if Some(slot.received) != slot.total {
            return true;
        }
        match slot.build() {
            Some(packet) => {
                let payload_bytes = slot.received as u64;
                self.packet = packet;
                self.stats.held_bytes -= payload_bytes;
                self.stats.completed_bytes += payload_bytes;
                self.stats.completed_datagrams += 1;
                self.completed = self.release(index);
                true
            }
            None => {
                // The last fragment's bytes were counted above: they are not to be counted again as refused.
                self.stats.held_bytes -= new as u64;
                self.stats.duplicate_bytes -= (payload.len() - new) as u64;
                if let Some(slot) = self.slots.get_mut(index as usize) {
                    slot.received -= new;
                }
                self.stats.inconsistent_datagrams += 1;
                false
            }
        }
    }

    /// Makes room up to `end` in a slot's buffer, at the cost of older datagrams if need be.
    fn reserve(&mut self, index: u32, end: usize) -> bool {
        loop {
            let Some(slot) = self.slots.get_mut(index as usize) else { return false };
            let highest = slot.highest;
            if self.pool.grow(&mut slot.buffer, highest, end) {
                return true;
            }
            let victim = if self.oldest == index { slot.newer } else { self.oldest };
            if victim == NONE {
                // Alone, and still too much: a single datagram is always possible.
                self.pool.grow_anyway(&mut slot.buffer, highest, end);
                return true;
            }
            self.stats.evicted_datagrams += 1;
            self.give_up(victim);
        }
    }

    fn expire(&mut self) {
        while let Some(slot) = self.slots.get(self.oldest as usize) {
            if self.clock - slot.created < self.limits.timeout_ns {
                break;
            }
            self.stats.expired_datagrams += 1;
            self.give_up(self.oldest);
        }
    }

    fn create(&mut self, key: Key) -> u32 {
        if self.index.len() >= self.limits.datagrams {
            self.stats.evicted_datagrams += 1;
            self.give_up(self.oldest);
        }
        let slot = Slot {
            key,
            created: self.clock,
            buffer: self.pool.get(),
            received: 0,
            highest: 0,
            total: None,
            fragments: 0,
            header: [0; 60],
            header_len: 0,
            older: self.newest,
            newer: NONE,
        };
        let index = match self.free.pop() {
            Some(index) => {
                if let Some(place) = self.slots.get_mut(index as usize) {
                    *place = slot;
                }
                index
            }
            None => {
                self.slots.push(slot);
                (self.slots.len() - 1) as u32
            }
        };
        match self.slots.get_mut(self.newest as usize) {
            Some(newest) => newest.newer = index,
            None => self.oldest = index,
        }
        self.newest = index;
        self.index.insert(key, index);
        index
    }

    /// Takes a slot out of use; its buffer goes to the caller.
    fn release(&mut self, index: u32) -> Buffer {
        let Some(slot) = self.slots.get_mut(index as usize) else { return Buffer::default() };
        let (older, newer) = (slot.older, slot.newer);
        let mut buffer = core::mem::take(&mut slot.buffer);
        buffer.forget(slot.highest);
        self.index.remove(&slot.key);
        self.free.push(index);
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
        buffer
    }

    fn give_up(&mut self, index: u32) {
        let held = self.slots.get(index as usize).map_or(0, |slot| slot.received as u64);
        self.stats.held_bytes -= held;
        self.stats.unfinished_bytes += held;
        let buffer = self.release(index);
        self.pool.put(buffer);
    }
}

impl Slot {
    /// Keeps the IP header of the first fragment.
    fn keep_header(&mut self, fragment: &Fragment, frame: &[u8]) {
        let packet = frame.get(fragment.network_offset as usize..).unwrap_or_default();
        let len = match fragment.version {
            IpVersion::V4 => packet.first().map_or(0, |byte| usize::from(byte & 0x0f) * 4),
            IpVersion::V6 => 40,
        };
        if let (Some(place), Some(header)) = (self.header.get_mut(..len), packet.get(..len)) {
            place.copy_from_slice(header);
            self.header_len = len as u8;
            if fragment.version == IpVersion::V6 {
                // The protocol is that of the first fragment (RFC 8200 §4.5).
                self.header[6] = fragment.protocol;
            }
        }
    }

    /// Writes the IP header in front of the complete payload; where the packet lies. `None` where it is longer
    /// than an IP packet can be.
    fn build(&mut self) -> Option<core::ops::Range<usize>> {
        let header_len = usize::from(self.header_len);
        let total = self.received;
        let header = self.header.get_mut(..header_len)?;
        match header.first()? >> 4 {
            4 => {
                let length = u16::try_from(header_len + total).ok()?;
                header.get_mut(2..4)?.copy_from_slice(&length.to_be_bytes());
                // Of flags and offset only DF stays.
                *header.get_mut(6)? &= 0x40;
                *header.get_mut(7)? = 0;
                header.get_mut(10..12)?.fill(0);
                let sum = checksum::checksum(header);
                header.get_mut(10..12)?.copy_from_slice(&sum.to_be_bytes());
            }
            _ => {
                let length = u16::try_from(total).ok()?;
                header.get_mut(4..6)?.copy_from_slice(&length.to_be_bytes());
            }
        }
        self.buffer.put_header(header, total)
    }
}

impl core::fmt::Debug for Defragmenter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Defragmenter")
            .field("limits", &self.limits)
            .field("stats", &self.stats)
            .field("held_datagrams", &self.held_datagrams())
            .finish_non_exhaustive()
    }
}
