//! A run of frames captured together: bytes and a table of frame headers, filled once, then sealed and shared.
//!
//! A sealed block is never changed. When its last owner lets go, its storage goes home to the
//! [`BlockPool`](crate::BlockPool) it was leased from; where that is gone, it is freed. Nobody should keep a block past
//! the work on it: with a bounded pool that ends in a deadlock.

use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::{Frame, FrameHeader};

/// What is recycled: two vectors whose memory is asked for once.
#[derive(Default)]
pub(crate) struct Storage {
    /// Always `block_bytes` long in a pool (zeroed once, when made); longer only while it holds a frame that is larger.
    pub(crate) bytes: Vec<u8>,
    /// Capacity `frames_per_block`, never exceeded.
    pub(crate) headers: Vec<FrameHeader>,
    /// Places of frames that a filter left out, ascending; without a filter it never allocates.
    pub(crate) left_out: Vec<u32>,
}

/// Storage on loan: goes home when dropped.
struct Lease {
    storage: Storage,
    /// The length that `storage.bytes` has at home.
    block_bytes: usize,
    home: Option<Sender<Storage>>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            let mut storage = std::mem::take(&mut self.storage);
            storage.headers.clear();
            storage.left_out.clear();
            if storage.bytes.len() > self.block_bytes {
                storage.bytes.truncate(self.block_bytes);
                storage.bytes.shrink_to_fit();
            }
            // Has room for all storages of the pool; fails only where the pool is gone, and then this frees it.
            drop(home.try_send(storage));
        }
    }
}

/// A sealed run of frames: their bytes, and a [`FrameHeader`] for each.
///
/// ```
/// use wiretrace_capture::{BlockPool, Frame, LinkType, PoolConfig, Timestamp};
///
/// let pool = BlockPool::new(PoolConfig::default());
/// let mut builder = pool.lease();
/// let frame = Frame {
///     number: 0, at: Timestamp::EPOCH, wire_len: 4, link_type: LinkType::RAW, interface: 0, data: b"abcd",
/// };
/// builder.begin(1, 0, true);
/// assert!(builder.push(frame));
/// let block = builder.seal();
/// assert_eq!(block.len(), 1);
/// assert_eq!(block.frames().next(), Some(Frame { number: 1, ..frame }));
/// ```
pub struct Block {
    lease: Lease,
    used: usize,
    first_number: u64,
    input: u32,
    starts_input: bool,
}

impl Block {
    /// How many frames it holds.
    pub fn len(&self) -> usize {
        self.headers().len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.headers().is_empty()
    }

    /// The number of its first frame, counted from 1 over all input of the run. The others follow without a gap.
    pub fn first_number(&self) -> u64 {
        self.first_number
    }

    /// Which input file it came from (see [`FileOptions::input`](crate::FileOptions::input)).
    pub fn input(&self) -> u32 {
        self.input
    }

    /// Whether it is the first block of its input file.
    pub fn starts_input(&self) -> bool {
        self.starts_input
    }

    /// Its frames, in the order of the capture.
    pub fn frames(&self) -> Frames<'_> {
        Frames { bytes: self.bytes(), headers: self.headers().iter(), number: self.first_number }
    }

    /// The frame at place `i`, from 0.
    pub fn frame(&self, i: usize) -> Option<Frame<'_>> {
        let header = self.headers().get(i)?;
        Some(view(self.bytes(), header, self.first_number.wrapping_add(i as u64)))
    }

    /// The places of those frames that a filter left out, ascending: they keep their numbers, and whoever decodes the
    /// others passes over them.
    pub fn left_out(&self) -> &[u32] {
        &self.lease.storage.left_out
    }

    /// Its frames without those that a filter left out.
    pub fn selected(&self) -> impl Iterator<Item = Frame<'_>> {
        let mut left_out = self.left_out().iter().peekable();
        let places = (0u32..).zip(self.frames());
        places.filter(move |(place, _)| left_out.next_if_eq(&place).is_none()).map(|(_, frame)| frame)
    }

    /// The bytes that the frames' offsets refer to. From a file these are the file's own bytes, record headers included.
    pub fn bytes(&self) -> &[u8] {
        self.lease.storage.bytes.get(..self.used).unwrap_or_default()
    }

    /// The table of frames.
    pub fn headers(&self) -> &[FrameHeader] {
        &self.lease.storage.headers
    }
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Block")
            .field("first_number", &self.first_number)
            .field("frames", &self.len())
            .field("bytes", &self.used)
            .field("input", &self.input)
            .field("starts_input", &self.starts_input)
            .finish()
    }
}

/// Every header in a block was made with its bytes in place, so the range is always there; were it not, the frame would
/// be empty.
fn view<'b>(bytes: &'b [u8], header: &FrameHeader, number: u64) -> Frame<'b> {
    let data = bytes
        .get(header.offset as usize..)
        .and_then(|rest| rest.get(..header.captured_len as usize))
        .unwrap_or_default();
    Frame {
        number,
        at: header.at,
        wire_len: header.wire_len,
        link_type: header.link_type,
        interface: header.interface,
        data,
    }
}

/// The frames of a [`Block`].
#[derive(Clone, Debug)]
pub struct Frames<'b> {
    bytes: &'b [u8],
    headers: std::slice::Iter<'b, FrameHeader>,
    number: u64,
}

impl<'b> Iterator for Frames<'b> {
    type Item = Frame<'b>;

    fn next(&mut self) -> Option<Frame<'b>> {
        let header = self.headers.next()?;
        let number = self.number;
        self.number = number.wrapping_add(1);
        Some(view(self.bytes, header, number))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.headers.size_hint()
    }
}

impl ExactSizeIterator for Frames<'_> {}

/// A leased block that is being filled by a [`Source`](crate::Source). Dropped unsealed, its storage goes home all the
/// same.
pub struct BlockBuilder {
    lease: Lease,
    /// How many of the storage's bytes are in use.
    used: usize,
    max_frames: usize,
    first_number: u64,
    input: u32,
    starts_input: bool,
}

impl BlockBuilder {
    pub(crate) fn new(
        storage: Storage,
        block_bytes: usize,
        max_frames: usize,
        home: Option<Sender<Storage>>,
    ) -> Self {
        BlockBuilder {
            lease: Lease { storage, block_bytes, home },
            used: 0,
            max_frames,
            first_number: 1,
            input: 0,
            starts_input: false,
        }
    }

    /// A block that belongs to no pool: its memory is freed when its last owner lets go. Sizes are as in
    /// [`PoolConfig`](crate::PoolConfig).
    pub fn detached(block_bytes: usize, frames_per_block: usize) -> Self {
        let max_frames = frames_per_block.max(1);
        let headers = Vec::with_capacity(max_frames);
        let storage = Storage { bytes: vec![0; block_bytes.max(1)], headers, left_out: Vec::new() };
        BlockBuilder::new(storage, block_bytes.max(1), max_frames, None)
    }

    /// Empties it and says what it will hold: the number of its first frame, the ordinal of the input file, and whether
    /// it is that file's first block.
    pub fn begin(&mut self, first_number: u64, input: u32, starts_input: bool) {
        self.lease.storage.headers.clear();
        self.lease.storage.left_out.clear();
        self.used = 0;
        self.first_number = first_number;
        self.input = input;
        self.starts_input = starts_input;
    }

    /// How many frames it holds.
    pub fn len(&self) -> usize {
        self.lease.storage.headers.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.lease.storage.headers.is_empty()
    }

    /// Copies one frame in (its `number` is not looked at); `false` where there is no room for it. An empty block takes
    /// any frame: it grows for one that is larger than a block.
    ///
    /// This is for sources whose bytes lie elsewhere, such as a kernel buffer that is about to be reused;
    /// [`FileSource`](crate::FileSource) reads into the block itself.
    pub fn push(&mut self, frame: Frame<'_>) -> bool {
        let Storage { bytes, headers, .. } = &mut self.lease.storage;
        let Some(end) = self.used.checked_add(frame.data.len()).filter(|&end| u32::try_from(end).is_ok())
        else {
            return false;
        };
        if headers.len() >= self.max_frames {
            return false;
        }
        if end > bytes.len() {
            if !headers.is_empty() {
                return false;
            }
            bytes.resize(end, 0);
        }
        let Some(room) = bytes.get_mut(self.used..end) else { return false };
        room.copy_from_slice(frame.data);
        headers.push(FrameHeader {
            at: frame.at,
            captured_len: frame.captured_len(),
            wire_len: frame.wire_len,
            offset: self.used as u32,
            interface: frame.interface,
            link_type: frame.link_type,
        });
        self.used = end;
        true
    }

    /// The frame at place `i`, from 0.
    pub fn frame(&self, i: usize) -> Option<Frame<'_>> {
        let header = self.lease.storage.headers.get(i)?;
        let bytes = self.lease.storage.bytes.get(..self.used).unwrap_or_default();
        Some(view(bytes, header, self.first_number.wrapping_add(i as u64)))
    }

    /// How many bytes are in use.
    #[cfg(feature = "live")]
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// How many bytes there is room for.
    #[cfg(feature = "live")]
    pub(crate) fn room(&self) -> usize {
        self.lease.storage.bytes.len().saturating_sub(self.used)
    }

    /// Puts its frames in the order of their stamps; equal ones keep their order.
    #[cfg(feature = "live")]
    pub(crate) fn sort_by_time(&mut self) {
        self.lease.storage.headers.sort_by_key(|header| header.at);
    }

    /// The captured bytes of its frames, added up.
    pub(crate) fn captured_bytes(&self) -> u64 {
        self.lease.storage.headers.iter().map(|header| u64::from(header.captured_len)).sum()
    }

    /// Marks the frame at place `i` as left out by a filter. Places are given in ascending order; one that is not behind
    /// the former one, or that holds no frame, is passed over.
    pub fn leave_out(&mut self, i: usize) {
        let Storage { headers, left_out, .. } = &mut self.lease.storage;
        let place = i as u32;
        if i < headers.len() && left_out.last().is_none_or(|&last| last < place) {
            left_out.push(place);
        }
    }

    /// Keeps the first `frames` frames only.
    pub fn truncate(&mut self, frames: usize) {
        let Storage { headers, left_out, .. } = &mut self.lease.storage;
        headers.truncate(frames);
        while left_out.pop_if(|place| *place as usize >= frames).is_some() {}
    }

    /// Seals it for sharing: one allocation, the `Arc`.
    pub fn seal(self) -> Arc<Block> {
        Arc::new(self.seal_owned())
    }

    /// Seals it for one owner, without an allocation.
    pub fn seal_owned(self) -> Block {
        Block {
            lease: self.lease,
            used: self.used,
            first_number: self.first_number,
            input: self.input,
            starts_input: self.starts_input,
        }
    }

    /// The storage, the length in use, and the frame limit, for a source that reads into the block itself.
    pub(crate) fn parts(&mut self) -> (&mut Storage, &mut usize, usize) {
        (&mut self.lease.storage, &mut self.used, self.max_frames)
    }
}

impl std::fmt::Debug for BlockBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockBuilder").field("frames", &self.len()).field("bytes", &self.used).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LinkType, Timestamp};

    fn frame(data: &[u8]) -> Frame<'_> {
        Frame { number: 0, at: Timestamp(5), wire_len: 9, link_type: LinkType::RAW, interface: 2, data }
    }

    #[test]
    fn push_fills_up_to_both_limits() {
        let mut builder = BlockBuilder::detached(8, 3);
        builder.begin(7, 1, true);
        assert!(builder.push(frame(b"abc")));
        assert!(builder.push(frame(b"")));
        assert!(!builder.push(frame(b"too long")));
        assert!(builder.push(frame(b"defgh")));
        assert!(!builder.push(frame(b"")), "three frames are the limit");
        let block = builder.seal_owned();
        assert_eq!((block.len(), block.first_number(), block.input()), (3, 7, 1));
        let seen: Vec<_> = block.frames().map(|f| (f.number, f.data.to_vec())).collect();
        assert_eq!(seen, [(7, b"abc".to_vec()), (8, b"".to_vec()), (9, b"defgh".to_vec())]);
        assert_eq!(block.frame(2).map(|f| f.number), Some(9));
        assert_eq!(block.frame(3), None);
        assert_eq!(block.frames().len(), 3);
        assert_eq!(block.bytes(), b"abcdefgh");
    }

    #[test]
    fn frames_that_are_left_out_keep_their_numbers() {
        let mut builder = BlockBuilder::detached(64, 8);
        builder.begin(5, 0, true);
        for data in [b"a", b"b", b"c", b"d"] {
            assert!(builder.push(frame(data)));
        }
        for place in [1, 0, 3, 3, 9] {
            builder.leave_out(place);
        }
        assert_eq!(builder.frame(2).map(|f| (f.number, f.data.to_vec())), Some((7, b"c".to_vec())));
        let block = builder.seal_owned();
        assert_eq!(block.left_out(), [1, 3]);
        assert_eq!(block.selected().map(|f| f.number).collect::<Vec<_>>(), [5, 7]);
        assert_eq!(block.len(), 4);
    }

    #[test]
    fn a_truncated_block_forgets_what_was_left_out() {
        let mut builder = BlockBuilder::detached(64, 8);
        for data in [b"a", b"b", b"c"] {
            assert!(builder.push(frame(data)));
        }
        builder.leave_out(1);
        builder.leave_out(2);
        builder.truncate(2);
        let block = builder.seal_owned();
        assert_eq!((block.len(), block.left_out()), (2, &[1][..]));
    }

    #[test]
    fn an_empty_block_takes_any_frame() {
        let mut builder = BlockBuilder::detached(4, 3);
        assert!(builder.push(frame(b"a long frame")));
        assert!(!builder.push(frame(b"x")));
        assert_eq!(builder.seal().frames().next().map(|f| f.data.len()), Some(12));
    }
}
