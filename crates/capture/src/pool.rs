//! The bounded pool that blocks are leased from and go home to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_channel::{Receiver, Sender};

use crate::FrameHeader;
use crate::block::{BlockBuilder, Storage};

/// The most bytes a block may be set to: 1 GiB.
const MAX_BLOCK_BYTES: usize = 1 << 30;
/// The most blocks and frames a block may be set to: 2^24.
const MAX_COUNT: usize = 1 << 24;

/// The size of a [`BlockPool`], and with it the memory that captured frames can take:
/// `blocks * (block_bytes + 32 * frames_per_block)`, and for each block that holds a frame larger than `block_bytes`
/// that frame's length instead.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct PoolConfig {
    /// How many blocks there are. Default 16; at least 1, at most 2^24.
    pub blocks: usize,
    /// How many bytes a block takes. Default 256 KiB; at least 1, at most 1 GiB.
    pub block_bytes: usize,
    /// How many frames a block takes. Default 4,096; at least 1, at most 2^24.
    pub frames_per_block: usize,
}

impl Default for PoolConfig {
    fn default() -> Self {
        PoolConfig { blocks: 16, block_bytes: 256 * 1024, frames_per_block: 4096 }
    }
}

/// A bounded set of recycled blocks.
///
/// Storage is made when first needed and then reused: after warm-up a lease allocates nothing, sealing allocates the
/// [`Arc`] and nothing else. The pool is cheap to clone and may be shared by threads.
///
/// ```
/// use wiretrace_capture::{BlockPool, PoolConfig};
///
/// let pool = BlockPool::new(PoolConfig { blocks: 1, ..PoolConfig::default() });
/// let block = pool.lease().seal();
/// assert!(pool.try_lease().is_none());
/// drop(block); // goes home
/// assert!(pool.try_lease().is_some());
/// ```
#[derive(Clone)]
pub struct BlockPool {
    config: PoolConfig,
    send_home: Sender<Storage>,
    at_home: Receiver<Storage>,
    made: Arc<AtomicUsize>,
}

impl BlockPool {
    /// A pool of this size. Values out of bounds are brought to the nearest one that is in bounds.
    pub fn new(config: PoolConfig) -> Self {
        let config = PoolConfig {
            blocks: config.blocks.clamp(1, MAX_COUNT),
            block_bytes: config.block_bytes.clamp(1, MAX_BLOCK_BYTES),
            frames_per_block: config.frames_per_block.clamp(1, MAX_COUNT),
        };
        let (send_home, at_home) = crossbeam_channel::bounded(config.blocks);
        BlockPool { config, send_home, at_home, made: Arc::new(AtomicUsize::new(0)) }
    }

    /// The size it has.
    pub fn config(&self) -> PoolConfig {
        self.config
    }

    /// Takes an empty block, waiting until one is free. Whoever holds all blocks of the pool and leases one more on the
    /// same thread waits for ever.
    pub fn lease(&self) -> BlockBuilder {
        loop {
            if let Some(block) = self.try_lease() {
                return block;
            }
            // Cannot fail: the pool holds a sender itself.
            if let Ok(storage) = self.at_home.recv() {
                return self.builder(storage);
            }
        }
    }

    /// Takes an empty block, if one is free.
    pub fn try_lease(&self) -> Option<BlockBuilder> {
        if let Ok(storage) = self.at_home.try_recv() {
            return Some(self.builder(storage));
        }
        let more = |made: usize| (made < self.config.blocks).then_some(made + 1);
        self.made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(self.builder(Storage {
            bytes: vec![0; self.config.block_bytes],
            headers: Vec::<FrameHeader>::with_capacity(self.config.frames_per_block),
            left_out: Vec::new(),
        }))
    }

    /// How many blocks were made so far (at most [`PoolConfig::blocks`]).
    pub fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    /// How many of them lie at home.
    pub fn idle(&self) -> usize {
        self.at_home.len()
    }

    fn builder(&self, storage: Storage) -> BlockBuilder {
        let home = Some(self.send_home.clone());
        BlockBuilder::new(storage, self.config.block_bytes, self.config.frames_per_block, home)
    }
}

impl std::fmt::Debug for BlockPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockPool")
            .field("config", &self.config)
            .field("made", &self.made())
            .field("idle", &self.idle())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Frame, LinkType, Timestamp};

    fn tiny(blocks: usize) -> BlockPool {
        BlockPool::new(PoolConfig { blocks, block_bytes: 16, frames_per_block: 2 })
    }

    #[test]
    fn the_last_owner_sends_it_home() {
        let pool = tiny(2);
        let one = pool.lease().seal();
        let two = Arc::clone(&one);
        drop(one);
        assert_eq!(pool.idle(), 0);
        drop(two);
        assert_eq!((pool.idle(), pool.made()), (1, 1));
        drop(pool.lease());
        assert_eq!((pool.idle(), pool.made()), (1, 1), "an unsealed block goes home too");
    }

    #[test]
    fn lease_waits_for_a_block() {
        let pool = tiny(1);
        let held = pool.lease().seal();
        assert!(pool.try_lease().is_none());
        let other = pool.clone();
        let waiter = std::thread::spawn(move || other.lease().len());
        drop(held);
        assert_eq!(waiter.join().unwrap(), 0);
    }

    #[test]
    fn a_block_may_outlive_its_pool() {
        let pool = tiny(1);
        let block = pool.lease().seal();
        drop(pool);
        assert!(block.is_empty());
    }

    #[test]
    fn a_grown_block_comes_home_with_its_old_size() {
        let pool = tiny(1);
        let mut builder = pool.lease();
        let data = [7; 1000];
        assert!(builder.push(Frame {
            number: 0,
            at: Timestamp::EPOCH,
            wire_len: 1000,
            link_type: LinkType::RAW,
            interface: 0,
            data: &data,
        }));
        drop(builder.seal());
        assert_eq!(pool.lease().parts().0.bytes.capacity(), 16);
    }

    #[test]
    fn sizes_are_brought_into_bounds() {
        let pool = BlockPool::new(PoolConfig { blocks: 0, block_bytes: 0, frames_per_block: 0 });
        assert_eq!(pool.config(), PoolConfig { blocks: 1, block_bytes: 1, frames_per_block: 1 });
    }
}
