//! Between file and frame nothing is allocated once the blocks are made: at most one `Arc` a block.
#![allow(unsafe_code, reason = "a global allocator that counts cannot be written without it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use wiretrace_capture::{
    BlockPool, FileOptions, FileSource, Fill, LinkType, PcapWriter, PcapngWriter, PoolConfig, Source,
    Timestamp,
};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on to the system's allocator as it is; counting touches a thread-local number that needs no
// memory of its own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller's promises are the callee's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller's promises are the callee's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller's promises are the callee's.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are the callee's.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn counted<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = ALLOCATIONS.with(Cell::get);
    let result = work();
    (result, ALLOCATIONS.with(Cell::get) - before)
}

/// A reader over bytes that are there already.
struct Bytes(&'static [u8]);

impl std::io::Read for Bytes {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(out)
    }
}

fn leak(file: Vec<u8>) -> &'static [u8] {
    file.leak()
}

/// Blocks, frames, and allocations of reading a file whole, through a pool that is warm, with `Arc`s or without.
fn read(file: &'static [u8], pool: &BlockPool, share: bool) -> (u64, u64, u64) {
    let ((blocks, frames), allocations) = counted(|| {
        let reader = Box::new(Bytes(file));
        let mut source = FileSource::from_reader_with(String::new(), reader, &FileOptions::default(), false);
        let (mut blocks, mut frames) = (0, 0);
        loop {
            let mut builder = pool.lease();
            let fill = source.fill(&mut builder).unwrap();
            blocks += 1;
            if share {
                let block = builder.seal();
                frames += block.frames().map(|f| u64::from(f.data.len() == 100)).sum::<u64>();
            } else {
                let block = builder.seal_owned();
                frames += block.frames().map(|f| u64::from(f.data.len() == 100)).sum::<u64>();
            }
            if fill == Fill::End {
                return (blocks, frames);
            }
        }
    });
    (blocks, frames, allocations)
}

#[test]
fn nothing_is_allocated_per_frame() {
    let pcap = |n| {
        let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET).unwrap();
        for i in 0..n {
            writer.write(Timestamp::new(i), 100, &[0; 100]).unwrap();
        }
        leak(writer.into_inner())
    };
    let pcapng = |n| {
        let mut writer = PcapngWriter::new(Vec::new()).unwrap();
        let interface = writer.interface(LinkType::ETHERNET, 0).unwrap();
        for i in 0..n {
            writer.write(interface, Timestamp::new(i), 100, &[0; 100]).unwrap();
        }
        leak(writer.into_inner())
    };
    let gzip = |file: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, file).unwrap();
        leak(encoder.finish().unwrap())
    };
    let zstd = |file: &[u8]| leak(zstd::encode_all(file, 1).unwrap());

    let (short, long) = (pcap(10_000), pcap(50_000));
    let (short_ng, long_ng) = (pcapng(10_000), pcapng(50_000));
    for (short, long) in
        [(short, long), (short_ng, long_ng), (gzip(short), gzip(long)), (zstd(short), zstd(long))]
    {
        let pool = BlockPool::new(PoolConfig { blocks: 2, block_bytes: 64 << 10, frames_per_block: 4096 });
        read(short, &pool, true);
        let (short_blocks, short_frames, short_allocations) = read(short, &pool, true);
        let (long_blocks, long_frames, long_allocations) = read(long, &pool, true);
        assert_eq!((short_frames, long_frames), (10_000, 50_000));
        assert!(long_blocks - short_blocks > 50, "there are blocks to count on");
        assert!(
            long_allocations - short_allocations <= long_blocks - short_blocks,
            "{} allocations for {} blocks more",
            long_allocations - short_allocations,
            long_blocks - short_blocks
        );
        // For one owner not even that.
        let (_, _, short_allocations) = read(short, &pool, false);
        let (_, _, long_allocations) = read(long, &pool, false);
        assert_eq!(short_allocations, long_allocations);
    }
}
