//! Which connection goes first when room is needed: three lists through the records, by their slots.
//!
//! Every operation is O(1). A list is in order of the clock at which its members were linked; a busy connection
//! is relinked at most once a tick of about a second of capture time, so the order is right to within that. Half-open ones
//! stay where they are: their list is in the order of their first segments.

use crate::held::NONE;
use crate::records::Records;

/// The tick of a reading of the capture clock: 2^30 ns.
pub(crate) const fn tick(clock: u64) -> u32 {
    (clock >> 30) as u32
}

/// The lists, in the order in which they give connections up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Over, lingering.
    Closed,
    /// Only SYNs of one side were heard, and it was told that nothing answers.
    Unanswered,
    /// Only SYNs of one side were heard.
    HalfOpen,
    /// The rest.
    Open,
}

#[derive(Clone, Copy, Debug)]
struct List {
    head: u32,
    tail: u32,
}

#[derive(Debug)]
pub(crate) struct Lists {
    closed: List,
    unanswered: List,
    half_open: List,
    open: List,
}

impl Lists {
    pub(crate) fn new() -> Self {
        let empty = List { head: NONE, tail: NONE };
        Lists { closed: empty, unanswered: empty, half_open: empty, open: empty }
    }

    fn list(&mut self, which: Which) -> &mut List {
        match which {
            Which::Closed => &mut self.closed,
            Which::Unanswered => &mut self.unanswered,
            Which::HalfOpen => &mut self.half_open,
            Which::Open => &mut self.open,
        }
    }

    /// Who is to make room.
    pub(crate) fn victim(&self) -> Option<u32> {
        let heads = [self.closed.head, self.unanswered.head, self.half_open.head, self.open.head];
        heads.into_iter().find(|&slot| slot != NONE)
    }

    /// Who waits for an answer to its SYN for longest.
    pub(crate) fn oldest_half_open(&self) -> u32 {
        self.half_open.head
    }

    /// Puts a record, which is in no list, at the end of one.
    pub(crate) fn link<D>(&mut self, records: &mut Records<D>, slot: u32, which: Which, clock: u64) {
        let tail = self.list(which).tail;
        let Some(record) = records.get_mut(slot) else { return };
        (record.list, record.prev, record.next, record.linked_tick) = (which, tail, NONE, tick(clock));
        match records.get_mut(tail) {
            Some(last) => last.next = slot,
            None => self.list(which).head = slot,
        }
        self.list(which).tail = slot;
    }

    /// Takes a record out of its list.
    pub(crate) fn unlink<D>(&mut self, records: &mut Records<D>, slot: u32) {
        let Some(record) = records.get_mut(slot) else { return };
        let (which, prev, next) = (record.list, record.prev, record.next);
        match records.get_mut(prev) {
            Some(before) => before.next = next,
            None => self.list(which).head = next,
        }
        match records.get_mut(next) {
            Some(behind) => behind.prev = prev,
            None => self.list(which).tail = prev,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FlowKey;
    use crate::connection::Connection;

    #[test]
    fn lists_give_up_closed_then_half_open_then_open() {
        let key = FlowKey::from_v4([1; 4], 1, [2; 4], 2).0;
        let mut records: Records<()> = Records::new();
        (0..6).for_each(|slot| records.push(Connection::new(key, slot)));
        let mut lists = Lists::new();
        let which = [Which::Open, Which::HalfOpen, Which::Closed];
        for slot in 0..6u32 {
            lists.link(&mut records, slot, which[slot as usize % 3], u64::from(slot));
        }
        lists.unlink(&mut records, 0);
        lists.link(&mut records, 0, Which::Open, 9);
        let mut order = Vec::new();
        while let Some(slot) = lists.victim() {
            lists.unlink(&mut records, slot);
            order.push(slot);
        }
        assert_eq!(order, [2, 5, 1, 4, 3, 0]);
    }
}
