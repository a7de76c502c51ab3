//! Recycled buffers for out-of-order payload, with a bound on all of them together.

/// Smallest buffer, and the least that a held piece is charged.
const SMALLEST: usize = 256;
/// Sizes: 256 bytes to 128 KiB, in powers of two. Larger ones are made to measure and not recycled.
const CLASSES: usize = 10;

/// Buffers in power-of-two sizes. Those in use and those waiting for use stay under one bound.
#[derive(Debug)]
pub(crate) struct PagePool {
    free: [Vec<Vec<u8>>; CLASSES],
    used: usize,
    spare: usize,
    limit: usize,
}

/// What a payload of `len` bytes is charged.
pub(crate) fn charge(len: usize) -> usize {
    len.checked_next_power_of_two().unwrap_or(usize::MAX).max(SMALLEST)
}

fn class(size: usize) -> usize {
    (size / SMALLEST).trailing_zeros() as usize
}

impl PagePool {
    pub(crate) fn new(limit: usize) -> Self {
        PagePool { free: Default::default(), used: 0, spare: 0, limit }
    }

    /// Whether [`take`](Self::take) would yield a buffer of this size.
    pub(crate) fn has_room(&self, len: usize) -> bool {
        self.used.saturating_add(charge(len)) <= self.limit
    }

    /// An empty buffer with room for `len` bytes, or `None` at the bound.
    pub(crate) fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        if !self.has_room(len) {
            return None;
        }
        let size = charge(len);
        self.used += size;
        if let Some(buffer) = self.free.get_mut(class(size)).and_then(Vec::pop) {
            self.spare -= size;
            return Some(buffer);
        }
        // Spare buffers of other sizes make way, the largest first.
        for (at, free) in self.free.iter_mut().enumerate().rev() {
            while self.used + self.spare > self.limit && free.pop().is_some() {
                self.spare -= SMALLEST << at;
            }
        }
        Some(Vec::with_capacity(size))
    }

    /// Takes a buffer back that [`take`](Self::take) gave for `len` bytes.
    pub(crate) fn give(&mut self, mut buffer: Vec<u8>, len: usize) {
        let size = charge(len);
        self.used -= size;
        if let Some(free) = self.free.get_mut(class(size)) {
            buffer.clear();
            free.push(buffer);
            self.spare += size;
        }
    }

    /// Bytes in use and spare.
    #[cfg(test)]
    pub(crate) fn footprint(&self) -> (usize, usize) {
        (self.used, self.spare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_and_the_bound_holds() {
        let mut pool = PagePool::new(2048);
        let a = pool.take(1000).unwrap();
        let b = pool.take(1).unwrap();
        assert!(a.capacity() >= 1000 && a.is_empty());
        assert_eq!(pool.footprint(), (1280, 0));
        assert!(pool.take(1024).is_none(), "1280 + 1024 is over the bound");
        pool.give(a, 1000);
        assert_eq!(pool.footprint(), (256, 1024));
        let c = pool.take(513).unwrap();
        assert_eq!(pool.footprint(), (1280, 0), "the spare one was used again");
        pool.give(c, 513);
        let d = pool.take(512).unwrap();
        assert_eq!(pool.footprint(), (768, 1024));
        let e = pool.take(512).unwrap();
        assert_eq!(pool.footprint(), (1280, 0), "the spare one made way");
        for (buffer, len) in [(b, 1), (d, 512), (e, 512)] {
            pool.give(buffer, len);
        }
        assert_eq!(pool.footprint().0, 0);
    }

    #[test]
    fn sizes_at_the_edges() {
        assert_eq!((charge(0), charge(256), charge(257), charge(65_535)), (256, 256, 512, 65_536));
        assert_eq!((class(256), class(131_072)), (0, CLASSES - 1));
        let mut pool = PagePool::new(1 << 20);
        let big = pool.take(300_000).unwrap();
        pool.give(big, 300_000);
        assert_eq!(pool.footprint(), (0, 0), "too large to keep");
        assert!(pool.take(usize::MAX).is_none());
    }
}
