//! The bytes of one datagram with a map of those that are known, and the pool that bounds and recycles them.

use core::ops::Range;

/// Room for the IP header in front of the payload.
pub(super) const RESERVE: usize = 60;
const SMALLEST: usize = 2048;

/// A datagram's payload, behind room for its header, and one bit for each byte that is known.
#[derive(Default)]
pub(super) struct Buffer {
    data: Vec<u8>,
    known: Vec<u64>,
}

impl Buffer {
    /// Payload bytes that there is room for.
    fn room(&self) -> usize {
        self.known.len() * 64
    }

    /// Memory of a buffer with that much room.
    fn cost(room: usize) -> usize {
        if room == 0 { 0 } else { RESERVE + room + room / 8 }
    }

    fn resize(&mut self, room: usize) {
        self.data.resize(RESERVE + room, 0);
        self.known.resize(room / 64, 0);
    }

    /// Writes those of `bytes`, which belong at `start`, that are not known yet. Returns their number. There
    /// must be room.
    pub(super) fn insert(&mut self, start: usize, bytes: &[u8]) -> usize {
        let (mut at, end) = (start, start + bytes.len());
        let mut new = 0;
        // One word of the map at a time, so an overlap costs no more than the bytes themselves.
        while at < end {
            let word_start = at & !63;
            let stop = end.min(word_start + 64);
            let mask = (u64::MAX << (at - word_start)) & (u64::MAX >> (64 - (stop - word_start)));
            let Some(word) = self.known.get_mut(at / 64) else { break };
            let missing = mask & !*word;
            *word |= mask;
            new += missing.count_ones() as usize;
            let place = self.data.get_mut(RESERVE + at..RESERVE + stop);
            let source = bytes.get(at - start..stop - start);
            if let (Some(place), Some(source)) = (place, source) {
                if missing == mask {
                    place.copy_from_slice(source);
                } else if missing != 0 {
                    let mut bits = missing >> (at - word_start);
                    for (to, from) in place.iter_mut().zip(source) {
                        if bits & 1 == 1 {
                            *to = *from;
                        }
                        bits >>= 1;
                    }
                }
            }
            at = stop;
        }
        new
    }

    /// Forgets what is known, up to this payload byte. The bytes themselves stay, and mean nothing.
    pub(super) fn forget(&mut self, highest: usize) {
        let words = highest.div_ceil(64).min(self.known.len());
        if let Some(known) = self.known.get_mut(..words) {
            known.fill(0);
        }
    }

    /// Writes the header in front of `total` bytes of payload; the range of both.
    pub(super) fn put_header(&mut self, header: &[u8], total: usize) -> Option<Range<usize>> {
        let start = RESERVE.checked_sub(header.len())?;
        self.data.get_mut(start..RESERVE)?.copy_from_slice(header);
        self.data.get(start..RESERVE + total)?;
        Some(start..RESERVE + total)
    }

    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.data.get(range).unwrap_or_default()
    }
}

/// Buffers kept for reuse, and the count of all memory in buffers.
pub(super) struct Pool {
    spare: Vec<Buffer>,
    allocated: usize,
    limit: usize,
}

impl Pool {
    pub(super) fn new(limit: usize) -> Self {
        Pool { spare: Vec::new(), allocated: 0, limit }
    }

    pub(super) fn allocated(&self) -> usize {
        self.allocated
    }

    /// A buffer, perhaps one without room. Nothing is known in it.
    pub(super) fn get(&mut self) -> Buffer {
        self.spare.pop().unwrap_or_default()
    }

    /// Takes a buffer back. Nothing may be known in it.
    pub(super) fn put(&mut self, buffer: Buffer) {
        debug_assert!(buffer.known.iter().all(|&word| word == 0));
        if buffer.room() != 0 {
            self.spare.push(buffer);
        }
    }

    /// Makes room for payload up to `end`; bytes up to `highest` may be known. False where the limit does not
    /// allow it, and then nothing is spare any more.
    pub(super) fn grow(&mut self, buffer: &mut Buffer, highest: usize, end: usize) -> bool {
        if end <= buffer.room() {
            return true;
        }
        let room = wanted(end);
        loop {
            if self.allocated - Buffer::cost(buffer.room()) + Buffer::cost(room) <= self.limit {
                self.grow_anyway(buffer, highest, end);
                return true;
            }
            let Some(mut spare) = self.spare.pop() else { return false };
            if spare.room() >= end {
                // Exchange: the few bytes that are known move to the larger buffer.
                spare.copy_from(buffer, highest);
                core::mem::swap(&mut spare, buffer);
                self.put(spare);
                return true;
            }
            self.allocated -= Buffer::cost(spare.room());
        }
    }

    /// Makes room for payload up to `end`, whatever the limit says.
    pub(super) fn grow_anyway(&mut self, buffer: &mut Buffer, highest: usize, end: usize) {
        debug_assert!(highest <= buffer.room() || highest == 0);
        let room = wanted(end);
        if room > buffer.room() {
            self.allocated = self.allocated - Buffer::cost(buffer.room()) + Buffer::cost(room);
            buffer.resize(room);
        }
    }
}

fn wanted(end: usize) -> usize {
    end.max(SMALLEST).next_power_of_two()
}

impl Buffer {
    /// Takes over what is known in `other`, and empties that.
    fn copy_from(&mut self, other: &mut Buffer, highest: usize) {
        let words = highest.div_ceil(64);
        if let (Some(to), Some(from)) = (self.known.get_mut(..words), other.known.get(..words)) {
            to.copy_from_slice(from);
        }
        let range = RESERVE..RESERVE + highest;
        if let (Some(to), Some(from)) = (self.data.get_mut(range.clone()), other.data.get(range)) {
            to.copy_from_slice(from);
        }
        other.forget(highest);
    }
}
