//! Out-of-order payload: per half a queue of pieces sorted by stream offset, all in one bounded store.
//!
//! A piece keeps the mark of the segment that carried it and is never merged with its neighbours, so that it
//! can be handed on as it came. Appending is O(1), inserting O(log n) plus moving at most half of the (16 byte)
//! entries; payload is copied once, here, because the frame it came in is gone before its turn comes.

use crate::pages::{PagePool, charge};
use crate::{Half, Mark};
use std::collections::VecDeque;

/// No queue, no link.
pub(crate) const NONE: u32 = u32::MAX;

/// Entries that an empty queue or a spare keeps at most.
const KEPT: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Piece {
    offset: u64,
    len: u32,
    segment: u32,
}

impl Piece {
    fn end(&self) -> u64 {
        self.offset + u64::from(self.len)
    }
}

/// Where a held piece comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The positions of its segment, from and to.
    pub(crate) span: (u64, u64),
    /// The segment lay behind the window.
    pub(crate) outside_window: bool,
}

/// One held piece: `len` positions, of which `bytes` were captured.
#[derive(Debug)]
pub(crate) struct HeldSegment {
    pub(crate) bytes: Vec<u8>,
    pub(crate) mark: Mark,
    pub(crate) segment_start: bool,
    origin: Origin,
    taken: usize,
}

#[derive(Debug)]
struct Queue {
    pieces: VecDeque<Piece>,
    charged: usize,
    owner: (u32, Half),
    prev: u32,
    next: u32,
}

/// What there is at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot<'a> {
    /// A piece covers it up to `end`; `bytes` are those captured of it from the position on.
    Held { end: u64, bytes: &'a [u8] },
    /// Nothing, up to the next piece.
    Free { until: u64 },
}

/// All held payload of a table.
#[derive(Debug)]
pub(crate) struct Store {
    pool: PagePool,
    segments: Vec<HeldSegment>,
    free_segments: Vec<u32>,
    queues: Vec<Queue>,
    free_queues: Vec<u32>,
    oldest: u32,
    newest: u32,
}

impl Store {
    pub(crate) fn new(limit: usize) -> Self {
        Store {
            pool: PagePool::new(limit),
            segments: Vec::new(),
            free_segments: Vec::new(),
            queues: Vec::new(),
            free_queues: Vec::new(),
            oldest: NONE,
            newest: NONE,
        }
    }

    /// Whether the table-wide bound admits a piece of `len` bytes.
    pub(crate) fn has_room(&self, len: usize) -> bool {
        self.pool.has_room(len)
    }

    /// Whose queue has been there for longest.
    pub(crate) fn oldest(&self) -> Option<(u32, Half)> {
        self.queue(self.oldest).map(|queue| queue.owner)
    }

    fn queue(&self, id: u32) -> Option<&Queue> {
        self.queues.get(id as usize)
    }

    fn queue_mut(&mut self, id: u32) -> Option<&mut Queue> {
        self.queues.get_mut(id as usize)
    }

    /// A new, empty queue. Close it when it is empty again.
    pub(crate) fn open(&mut self, slot: u32, half: Half) -> u32 {
        let prev = self.newest;
        let id = match self.free_queues.pop() {
            Some(id) => id,
            None => {
                self.queues.push(Queue {
                    pieces: VecDeque::new(),
                    charged: 0,
                    owner: (slot, half),
                    prev,
                    next: NONE,
                });
                (self.queues.len() - 1) as u32
            }
        };
        if let Some(queue) = self.queue_mut(id) {
            (queue.owner, queue.prev, queue.next) = ((slot, half), prev, NONE);
        }
        match self.queue_mut(prev) {
            Some(before) => before.next = id,
            None => self.oldest = id,
        }
        self.newest = id;
        id
    }

    /// Gives an empty queue back.
    pub(crate) fn close(&mut self, id: u32) {
        let Some(queue) = self.queue_mut(id) else { return };
        debug_assert!(queue.pieces.is_empty() && queue.charged == 0);
        queue.pieces.shrink_to(KEPT);
        let (prev, next) = (queue.prev, queue.next);
        match self.queue_mut(prev) {
            Some(before) => before.next = next,
            None => self.oldest = next,
        }
        match self.queue_mut(next) {
            Some(behind) => behind.prev = prev,
            None => self.newest = prev,
        }
        self.free_queues.push(id);
    }

    /// Offset of the first piece.
    pub(crate) fn first(&self, id: u32) -> Option<u64> {
        self.queue(id)?.pieces.front().map(|piece| piece.offset)
    }

    /// Pieces held, and bytes charged for them.
    pub(crate) fn size(&self, id: u32) -> (usize, usize) {
        self.queue(id).map_or((0, 0), |queue| (queue.pieces.len(), queue.charged))
    }

    /// What lies at `position`.
    pub(crate) fn spot(&self, id: u32, position: u64) -> Spot<'_> {
        let free = Spot::Free { until: u64::MAX };
        let Some(queue) = self.queue(id) else { return free };
        // Most pieces come behind all others.
        if queue.pieces.back().is_none_or(|last| last.end() <= position) {
            return free;
        }
        let at = queue.pieces.partition_point(|piece| piece.end() <= position);
        match queue.pieces.get(at) {
            Some(piece) if piece.offset <= position => {
                let skip = (position - piece.offset) as usize;
                let held = self.segments.get(piece.segment as usize);
                let bytes = held.and_then(|held| held.bytes.get(skip..)).unwrap_or_default();
                Spot::Held { end: piece.end(), bytes }
            }
            Some(piece) => Spot::Free { until: piece.offset },
            None => free,
        }
    }

    /// Holds `len` positions at `offset`, which are free, `bytes` the captured ones of them. False, and nothing
    /// done, at the table-wide bound.
    pub(crate) fn insert(
        &mut self,
        id: u32,
        (offset, len): (u64, u32),
        bytes: &[u8],
        origin: Origin,
        mark: Mark,
        segment_start: bool,
    ) -> bool {
        let Some(mut buffer) = self.pool.take(bytes.len()) else { return false };
        // The one copy of the reassembler: out of order, see above.
        buffer.extend_from_slice(bytes);
        let held = HeldSegment { bytes: buffer, mark, segment_start, origin, taken: bytes.len() };
        let segment = self.keep(held);
        let Some(queue) = self.queue_mut(id) else { return false };
        queue.charged += charge(bytes.len());
        let piece = Piece { offset, len, segment };
        if queue.pieces.back().is_none_or(|last| last.offset < offset) {
            queue.pieces.push_back(piece);
        } else {
            let at = queue.pieces.partition_point(|piece| piece.offset < offset);
            queue.pieces.insert(at, piece);
        }
        true
    }

    /// Puts a segment in a free place.
    fn keep(&mut self, held: HeldSegment) -> u32 {
        match self.free_segments.pop() {
            Some(free) => {
                if let Some(place) = self.segments.get_mut(free as usize) {
                    *place = held;
                }
                free
            }
            None => {
                self.segments.push(held);
                (self.segments.len() - 1) as u32
            }
        }
    }

    /// Puts the bytes of another copy, which came from `new`, in the place of those held, where `counts` says so of
    /// the held one's origin. `copy` yields the copy's captured bytes from a position on. What was replaced is a piece
    /// of its own afterwards, which still bears the mark of whoever carried it first; where that would be more than
    /// the bounds on a queue's pieces and memory allow, its bytes are replaced and its origin is not.
    pub(crate) fn patch<'a>(
        &mut self,
        id: u32,
        new: Origin,
        bounds: (usize, usize),
        copy: impl Fn(u64) -> &'a [u8],
        counts: impl Fn(Origin) -> bool,
    ) {
        let (start, end) = new.span;
        let Some(queue) = self.queue(id) else { return };
        let mut at = queue.pieces.partition_point(|piece| piece.end() <= start);
        while let Some(piece) = self.queue(id).and_then(|queue| queue.pieces.get(at)).copied()
            && piece.offset < end
        {
            at += 1;
            let Some(held) = self.segments.get_mut(piece.segment as usize) else { continue };
            let from = start.max(piece.offset);
            let ours = held.bytes.get_mut((from - piece.offset) as usize..).unwrap_or_default();
            let len = ours.len().min(copy(from).len());
            if len == 0 || !counts(held.origin) {
                continue;
            }
            for (ours, theirs) in ours.iter_mut().zip(copy(from)) {
                *ours = *theirs;
            }
            let to = from + len as u64;
            if from > piece.offset {
                if self.split(id, at - 1, from, bounds).is_none() {
                    continue;
                }
                at += 1;
            }
            if to < piece.end() && self.split(id, at - 1, to, bounds).is_none() {
                continue;
            }
            let middle = self.queue(id).and_then(|queue| queue.pieces.get(at - 1)).map(|piece| piece.segment);
            if let Some(held) = middle.and_then(|segment| self.segments.get_mut(segment as usize)) {
                held.origin = new;
            }
        }
    }

    /// Makes two pieces of one. `None`, and nothing done, at a bound.
    fn split(
        &mut self,
        id: u32,
        at: usize,
        position: u64,
        (most_pieces, most_bytes): (usize, usize),
    ) -> Option<()> {
        let piece = *self.queue(id)?.pieces.get(at)?;
        let (count, charged) = self.size(id);
        let keep = (position - piece.offset) as u32;
        let held = self.segments.get(piece.segment as usize)?;
        let tail = held.bytes.get(keep as usize..).unwrap_or_default();
        let taken = tail.len();
        if count >= most_pieces || charged + charge(taken) > most_bytes {
            return None;
        }
        let mut bytes = self.pool.take(taken)?;
        bytes.extend_from_slice(tail);
        let (mark, origin) = (held.mark, held.origin);
        let segment = self.keep(HeldSegment { bytes, mark, segment_start: false, origin, taken });
        self.segments.get_mut(piece.segment as usize)?.bytes.truncate(keep as usize);
        let queue = self.queue_mut(id)?;
        queue.charged += charge(taken);
        queue.pieces.get_mut(at)?.len = keep;
        queue.pieces.insert(at + 1, Piece { offset: position, len: piece.len - keep, segment });
        Some(())
    }

    /// Takes the first piece out if it begins at `offset`: its length, and what it holds.
    pub(crate) fn pop(&mut self, id: u32, offset: u64) -> Option<(u32, HeldSegment)> {
        let queue = self.queues.get_mut(id as usize)?;
        queue.pieces.front().filter(|piece| piece.offset == offset)?;
        let piece = queue.pieces.pop_front()?;
        Some((piece.len, self.release(id, piece)?))
    }

    /// Drops everything from `position` on: how many positions and how many captured bytes that were.
    pub(crate) fn cut(&mut self, id: u32, position: u64) -> (u64, u64) {
        let (mut positions, mut bytes) = (0, 0);
        while let Some(queue) = self.queues.get_mut(id as usize) {
            let Some(last) = queue.pieces.back_mut().filter(|last| last.end() > position) else { break };
            if last.offset < position {
                let keep = position - last.offset;
                positions += u64::from(last.len) - keep;
                last.len = keep as u32;
                if let Some(held) = self.segments.get_mut(last.segment as usize) {
                    bytes += (held.bytes.len() as u64).saturating_sub(keep);
                    held.bytes.truncate(keep as usize);
                }
                break;
            }
            let Some(piece) = queue.pieces.pop_back() else { break };
            positions += u64::from(piece.len);
            if let Some(held) = self.release(id, piece) {
                bytes += held.bytes.len() as u64;
                self.recycle(held);
            }
        }
        (positions, bytes)
    }

    fn release(&mut self, id: u32, piece: Piece) -> Option<HeldSegment> {
        let place = self.segments.get_mut(piece.segment as usize)?;
        let (bytes, mark, origin) = (Vec::new(), place.mark, place.origin);
        let empty = HeldSegment { bytes, mark, segment_start: false, origin, taken: 0 };
        let held = std::mem::replace(place, empty);
        self.free_segments.push(piece.segment);
        self.queue_mut(id)?.charged -= charge(held.taken);
        Some(held)
    }

    /// Gives a piece's buffer back.
    pub(crate) fn recycle(&mut self, held: HeldSegment) {
        self.pool.give(held.bytes, held.taken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { at: 0, frame: 0, ack: None };

    fn put(store: &mut Store, id: u32, offset: u64, bytes: &[u8]) {
        assert!(store.insert(id, (offset, bytes.len() as u32), bytes, Origin::default(), MARK, true));
    }

    #[test]
    fn pieces_stay_sorted_however_they_come() {
        let mut store = Store::new(1 << 20);
        let id = store.open(0, Half::A);
        for offset in [50u64, 10, 30, 70, 20] {
            put(&mut store, id, offset, &[offset as u8; 5]);
        }
        assert_eq!(store.first(id), Some(10));
        assert_eq!(store.spot(id, 0), Spot::Free { until: 10 });
        assert_eq!(store.spot(id, 32), Spot::Held { end: 35, bytes: &[30; 3] });
        assert_eq!(store.spot(id, 35), Spot::Free { until: 50 });
        assert_eq!(store.spot(id, 75), Spot::Free { until: u64::MAX });
        assert!(store.pop(id, 9).is_none());
        for offset in [10, 20, 30, 50, 70] {
            let (len, held) = store.pop(id, offset).unwrap();
            assert_eq!((len, held.bytes[0]), (5, offset as u8));
            store.recycle(held);
        }
        assert_eq!(store.size(id), (0, 0));
        store.close(id);
        assert_eq!(store.oldest(), None);
    }

    #[test]
    fn cut_takes_the_tail() {
        let mut store = Store::new(1 << 20);
        let id = store.open(0, Half::A);
        put(&mut store, id, 10, &[1; 10]);
        assert!(
            store.insert(id, (30, 10), &[2; 4], Origin::default(), MARK, true),
            "ten positions, four of them captured"
        );
        put(&mut store, id, 50, &[3; 10]);
        assert_eq!(store.cut(id, 60), (0, 0));
        assert_eq!(store.cut(id, 32), (18, 12));
        assert_eq!(store.cut(id, 10), (12, 12));
        assert_eq!(store.size(id), (0, 0));
    }

    #[test]
    fn queues_are_listed_by_age() {
        let mut store = Store::new(1 << 20);
        let ids: Vec<u32> = (0..3).map(|slot| store.open(slot, Half::B)).collect();
        store.close(ids[1]);
        assert_eq!(store.oldest(), Some((0, Half::B)));
        store.close(ids[0]);
        assert_eq!(store.oldest(), Some((2, Half::B)));
        let again = store.open(7, Half::A);
        store.close(ids[2]);
        assert_eq!(store.oldest(), Some((7, Half::A)));
        store.close(again);
        assert_eq!(store.oldest(), None);
    }
}
