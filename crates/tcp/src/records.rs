//! Where connection records lie: in chunks that never move, so that a growing table copies none of them and
//! touches no fresh memory twice.

use crate::connection::Connection;

/// Records a chunk: 32 KiB of them, a page table's worth that any allocator serves from its heap.
const CHUNK: usize = 64;

/// Connection records by slot, dense from 0.
#[derive(Debug)]
pub(crate) struct Records<D> {
    chunks: Vec<Vec<Connection<D>>>,
    len: usize,
}

impl<D> Records<D> {
    pub(crate) fn new() -> Self {
        Records { chunks: Vec::new(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The record in `slot`, if there is one: `NONE` has none.
    #[inline]
    pub(crate) fn get(&self, slot: u32) -> Option<&Connection<D>> {
        self.chunks.get(slot as usize / CHUNK)?.get(slot as usize % CHUNK)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut Connection<D>> {
        self.chunks.get_mut(slot as usize / CHUNK)?.get_mut(slot as usize % CHUNK)
    }

    /// Puts a record behind the last one.
    pub(crate) fn push(&mut self, record: Connection<D>) {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(record);
            self.len += 1;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Connection<D>> {
        self.chunks.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FlowKey;
    use crate::held::NONE;

    #[test]
    fn slots_are_dense_and_stay_where_they_are() {
        let key = FlowKey::from_v4([1; 4], 1, [2; 4], 2).0;
        let mut records: Records<()> = Records::new();
        records.push(Connection::new(key, 0));
        let first: *const _ = records.get(0).unwrap();
        for slot in 1..1000 {
            records.push(Connection::new(key, slot));
        }
        assert_eq!(records.len(), 1000);
        assert!(std::ptr::eq(first, records.get(0).unwrap()));
        assert!(records.iter().map(|record| record.slot).eq(0..1000));
        assert_eq!(records.get_mut(777).map(|record| record.slot), Some(777));
        assert!(records.get(1000).is_none() && records.get(NONE).is_none());
    }
}
