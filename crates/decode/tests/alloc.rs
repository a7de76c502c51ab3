//! Decoding allocates nothing, and a defragmenter nothing once it has its buffers.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use wiretrace_decode::{Class, DefragmentLimits, Defragmented, Defragmenter, parse};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(run: impl FnOnce()) -> u64 {
    let before = COUNT.with(Cell::get);
    run();
    COUNT.with(Cell::get) - before
}

fn ipv4(fields: u16, identification: u16, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = (20 + payload.len() as u16).to_be_bytes();
    let (id, fields) = (identification.to_be_bytes(), fields.to_be_bytes());
    let addresses = [10, 0, 0, 1, 10, 0, 0, 2];
    [&[0x45, 0], &len[..], &id, &fields, &[64, protocol, 0, 0], &addresses, payload].concat()
}

#[test]
fn decoding_allocates_nothing() {
    let mut segment = vec![0xc0, 0, 0, 80, 0, 0, 3, 0xe8, 0, 0, 0, 9, 0x80, 0x18, 1, 0, 0, 0, 0, 0];
    segment.extend([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
    let inner = ipv4(0, 1, 6, &segment);
    let frame = [&[2u8; 12], &[0x81, 0, 0, 1, 8, 0][..], &ipv4(0, 1, 4, &inner)].concat();
    let count = allocations(|| {
        for _ in 0..1000 {
            let layers = parse(1, 0, &frame);
            assert_eq!(layers.class(), Class::Tcp);
            assert_eq!(layers.tcp(&frame).map(|segment| segment.options().count()), Some(1));
            assert!(layers.addresses(&frame).is_some());
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn a_warm_defragmenter_allocates_nothing() {
    let fragments: Vec<Vec<u8>> =
        (0..64).flat_map(|id| [ipv4(0x2000, id, 17, &[1; 1480]), ipv4(185, id, 17, &[2; 1200])]).collect();
    let mut defragmenter = Defragmenter::new(DefragmentLimits::default());
    let round = |defragmenter: &mut Defragmenter| {
        let mut completed = 0;
        for fragment in fragments.iter().step_by(2).chain(fragments.iter().skip(1).step_by(2)) {
            let layers = parse(101, 0, fragment);
            completed +=
                u32::from(matches!(defragmenter.push(0, fragment, &layers), Defragmented::Complete(_)));
        }
        assert_eq!(completed, 64);
    };
    for _ in 0..4 {
        round(&mut defragmenter);
    }
    let count = allocations(|| (0..100).for_each(|_| round(&mut defragmenter)));
    assert_eq!(count, 0);
}
