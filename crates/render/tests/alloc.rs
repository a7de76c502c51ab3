//! Printing allocates nothing once the output has grown, in any mode, for any protocol.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use wiretrace_render::{Detail, Options, Packet, PacketPrinter};

#[allow(dead_code)]
mod support;

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

#[test]
fn printing_allocates_nothing() {
    let samples = support::samples();
    for detail in [Detail::Line, Detail::Tree, Detail::Json] {
        let options = Options { detail, hex: true, ..Options::default() };
        let mut printer = PacketPrinter::new(options, Box::new(|_| 0));
        let mut out = Vec::new();
        let mut all = |out: &mut Vec<u8>| {
            let before = COUNT.with(Cell::get);
            for (number, (_, link_type, data, _)) in (1..).zip(&samples) {
                out.clear();
                let wire_len = data.len() as u32;
                let at = number as i64 * 1_000_000_000;
                let packet = Packet { number, at, interface: 0, link_type: *link_type, wire_len, data };
                printer.print(out, &packet);
            }
            COUNT.with(Cell::get) - before
        };
        assert!(all(&mut out) > 0, "the first time the buffers grow");
        assert_eq!(all(&mut out), 0, "{detail:?}");
    }
}
