//! Nothing is allocated on the normal path.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use wiretrace_http::{Close, Connection, Event, Limits, Peer, sink};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; counting touches a constant-initialised
// thread-local without a destructor, which allocates nothing.
#[allow(unsafe_code, reason = "an allocator can be counted in no other way")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
const POST: &[u8] = b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd";
const SIZED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello";
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

/// Exchanges whose heads lie in one slice; gives the number of events.
fn exchanges(connection: &mut Connection, count: usize) -> u64 {
    let mut events = 0;
    let mut sink = sink::from_fn(|_: Event<'_>| events += 1);
    for _ in 0..count {
        connection.feed(Peer::A, GET, true, &mut sink);
        connection.feed(Peer::B, SIZED, true, &mut sink);
        let (one, two) = POST.split_at(POST.len() - 2);
        connection.feed(Peer::A, one, true, &mut sink);
        connection.feed(Peer::A, two, true, &mut sink);
        let (one, two) = CHUNKED.split_at(CHUNKED.len() - 10);
        connection.feed(Peer::B, one, true, &mut sink);
        connection.feed(Peer::B, two, true, &mut sink);
    }
    events
}

/// One with everything that straddles, and folds.
fn straddling(connection: &mut Connection) {
    let mut sink = sink::from_fn(|_: Event<'_>| {});
    for byte in b"GET /a HTTP/1.1\r\nHost: a\r\n b\r\n\r\n" {
        connection.feed(Peer::A, &[*byte], false, &mut sink);
    }
    for byte in
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n"
    {
        connection.feed(Peer::B, &[*byte], false, &mut sink);
    }
}

#[test]
fn the_counter_counts() {
    let before = allocations();
    drop(std::hint::black_box(vec![1u8; 100]));
    assert_eq!(allocations(), before + 1);
}

#[test]
fn keep_alive_exchanges_allocate_and_copy_nothing() {
    let mut connection = Connection::new(Limits::default());
    exchanges(&mut connection, 2);
    let (before, copied) = (allocations(), connection.copied_bytes());
    let events = exchanges(&mut connection, 1000);
    assert_eq!(allocations(), before);
    assert_eq!(connection.copied_bytes(), copied);
    assert_eq!(copied, 0);
    assert!(events >= 1000 * (3 + 4 + 4 + 4), "{events} events");
}

#[test]
fn a_parser_is_used_again_without_allocating() {
    let mut connection = Connection::new(Limits::default());
    let one = |connection: &mut Connection| {
        exchanges(connection, 3);
        straddling(connection);
        let mut sink = sink::from_fn(|_: Event<'_>| {});
        connection.gap(Peer::A, 10, &mut sink);
        for segment in [&b"some words"[..], b"GET / HT", b"TP/1.1\r\n\r\n"] {
            connection.feed(Peer::A, segment, true, &mut sink);
        }
        connection.close(Peer::A, Close::Clean, &mut sink);
        connection.close(Peer::B, Close::Clean, &mut sink);
        connection.reset();
    };
    one(&mut connection);
    let before = allocations();
    for _ in 0..100 {
        one(&mut connection);
    }
    assert_eq!(allocations(), before);
}

#[test]
fn websocket_messages_allocate_nothing() {
    use wiretrace_testkit::websocket::{BINARY, CONTINUATION, Frame, PING, REQUEST, TEXT, response};
    let plain = Frame::new(TEXT, b"Hello").bytes();
    let masked = Frame::new(BINARY, &[7; 1_000]).masked([1, 2, 3, 4]).bytes();
    let first = Frame { fin: false, ..Frame::new(TEXT, b"Hel") }.bytes();
    let parts = [first, Frame::new(PING, b"?").bytes(), Frame::new(CONTINUATION, b"lo").bytes()].concat();
    let mut connection = Connection::new(Limits::default());
    let (mut messages, mut borrowed) = (0, 0);
    let mut sink = sink::from_fn(|event: Event<'_>| {
        if let Event::WebSocketMessage(message) = event {
            messages += 1;
            borrowed += u64::from(plain.as_ptr_range().contains(&message.payload.as_ptr()));
        }
    });
    connection.feed(Peer::A, REQUEST, true, &mut sink);
    connection.feed(Peer::B, &response(""), true, &mut sink);
    let mut talk = |count: usize| {
        for _ in 0..count {
            connection.feed(Peer::B, &plain, true, &mut sink);
            connection.feed(Peer::A, &masked, true, &mut sink);
            let (one, two) = parts.split_at(6);
            connection.feed(Peer::B, one, true, &mut sink);
            connection.feed(Peer::B, two, true, &mut sink);
        }
    };
    talk(2);
    let before = allocations();
    talk(1_000);
    assert_eq!(allocations(), before);
    assert_eq!((messages, borrowed), (4 * 1_002, 1_002), "the plain ones lie in what was fed");
}
