//! From a key to its connection's slot.
//!
//! An entry has 32 bits of the key's hash beside the slot, so that a look-up finds its candidate without touching
//! the connection's record: at many connections each record is a cache miss, and a batch of look-ups has all of
//! them on their way at once.

use crate::FlowKey;
use crate::held::NONE;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

#[derive(Clone, Copy, Debug)]
struct Entry {
    tag: u32,
    slot: u32,
}

/// Slots by key. Keyed with a secret of its own, never iterated.
#[derive(Debug)]
pub(crate) struct Index {
    entries: HashTable<Entry>,
    hasher: DefaultHashBuilder,
}

/// Other bits than those that choose the bucket, and than the seven that the table keeps itself.
const fn tag(hash: u64) -> u32 {
    (hash >> 25) as u32
}

impl Index {
    pub(crate) fn new() -> Self {
        Index { entries: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }

    #[inline]
    pub(crate) fn hash(&self, key: &FlowKey) -> u64 {
        self.hasher.hash_one(key)
    }

    /// A slot whose key has this hash in all likelihood, or `NONE`. Where there is one for the key, but another is
    /// found, only [`find`](Self::find) will do.
    #[inline]
    pub(crate) fn candidate(&self, hash: u64) -> u32 {
        self.entries.find(hash, |entry| entry.tag == tag(hash)).map_or(NONE, |entry| entry.slot)
    }

    /// The slot with this hash for which `is` holds, or `NONE`.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> u32 {
        let found = self.entries.find(hash, |entry| entry.tag == tag(hash) && is(entry.slot));
        found.map_or(NONE, |entry| entry.slot)
    }

    /// Puts a slot in. `key` yields the key of one that is in already, as the table may have to be laid out anew.
    pub(crate) fn insert(&mut self, hash: u64, slot: u32, key: impl Fn(u32) -> FlowKey) {
        let hasher = &self.hasher;
        let entry = Entry { tag: tag(hash), slot };
        self.entries.insert_unique(hash, entry, |entry| hasher.hash_one(key(entry.slot)));
    }

    /// Puts `new` in the place of `old`, which has this hash.
    pub(crate) fn replace(&mut self, hash: u64, old: u32, new: u32) {
        if let Some(entry) = self.entries.find_mut(hash, |entry| entry.slot == old) {
            entry.slot = new;
        }
    }

    /// Takes a slot with this hash out.
    pub(crate) fn remove(&mut self, hash: u64, slot: u32) {
        if let Ok(entry) = self.entries.find_entry(hash, |entry| entry.slot == slot) {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_put_in() {
        let keys: Vec<FlowKey> = (0..5000).map(|port| FlowKey::from_v4([1; 4], port, [2; 4], 80).0).collect();
        let mut index = Index::new();
        for (slot, key) in (0..).zip(&keys) {
            let hash = index.hash(key);
            index.insert(hash, slot, |slot| keys[slot as usize]);
        }
        for (slot, key) in (0..).zip(&keys) {
            let hash = index.hash(key);
            assert_eq!(index.find(hash, |found| keys[found as usize] == *key), slot);
            assert_ne!(index.candidate(hash), NONE);
        }
        let hash = index.hash(&keys[7]);
        index.replace(hash, 7, 9999);
        assert_eq!(index.find(hash, |slot| slot == 9999), 9999);
        index.remove(hash, 9999);
        assert_eq!((index.candidate(hash), index.find(hash, |_| true)), (NONE, NONE));
    }
}
