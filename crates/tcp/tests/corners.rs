//! What real stacks and real capture points do: Fast Open, urgent data, offloaded and doubled segments, resets out of
//! place, both sides closing at once.

mod support;
use support::{A, B, MS, SECOND, World};
use wiretrace_tcp::{Connection, Event, Flags, Half, Segment, SynOptions, from_fn};

#[test]
fn fast_open_taken_up() {
    let mut w = World::default();
    w.seg(A, "S", 99, 0, "GET /");
    w.seg(B, "SA", 999, 105, "");
    w.seg(B, "A", 1000, 105, "early");
    w.seg(A, "A", 105, 1005, "");
    let want = ["1 start", "1 A data 0 GET / @1", "1 B data 0 early @3"];
    assert_eq!(w.take(), want, "the server answers before the handshake is over");
    w.finish();
    assert_eq!(w.table.stats().second_copies, 0);
}

#[test]
fn fast_open_not_taken_up() {
    let mut w = World::default();
    w.seg(A, "S", 99, 0, "GET /");
    w.seg(B, "SA", 999, 100, "");
    w.seg(A, "A", 100, 1000, "");
    w.seg(A, "A", 100, 1000, "GET / HTTP");
    let want = ["1 start", "1 A data 0 GET / @1", "1 A overlap 10 None", "1 A data 5  HTTP @4 trimmed"];
    assert_eq!(w.take(), want, "the same bytes are sent again, once in the stream");
    assert_eq!(w.table.stats().second_copies, 5);
}

#[test]
fn a_fast_open_cookie_is_told() {
    let mut w = World::default();
    let key = w.key();
    let options = [34, 6, 1, 2, 3, 4, 2, 4, 5, 0xb4];
    let syn = Segment { seq: 99, frame: 1, flags: Flags::SYN, options: &options, ..Segment::default() };
    let mut seen: Option<SynOptions> = None;
    let mut sink = from_fn(|connection: &mut Connection<()>, _: Event<'_>| seen = connection.syn_options(A));
    w.table.push(&key, &syn, &mut sink);
    let seen = seen.unwrap();
    assert!(seen.fast_open && seen.mss == Some(1460) && seen.window_scale.is_none());
}

#[test]
fn urgent_data_stays_in_the_stream() {
    let mut w = World::default();
    w.handshake(100, 1000);
    let key = w.key();
    let mut push = |seq, payload: &[u8], flags, urgent| {
        w.frame += 1;
        let payload_len = payload.len() as u32;
        let (frame, ack, window) = (w.frame, 1000, 500);
        let segment =
            Segment { frame, seq, ack, flags, window, payload, payload_len, urgent, ..Segment::default() };
        w.table.push(&key, &segment, &mut w.log);
    };
    push(100, b"abc", Flags::ACK, 0);
    push(103, b"def!", Flags::ACK | Flags::URG, 4);
    push(109, b"jk", Flags::ACK | Flags::URG, 1);
    push(107, b"hi", Flags::ACK, 0);
    let want = [
        "1 A data 0 abc @4",
        "1 A data 3 def! @5",
        "1 A out_of_order 2",
        "1 A data 7 hi @7",
        "1 A data 9 jk @6",
    ];
    assert_eq!(w.take(), want);
}

#[test]
fn segments_larger_than_any_mtu() {
    let mut w = World::default();
    w.handshake(100, 1000);
    let large = vec![b'x'; 65_000];
    w.cut(A, "A", 100, 1000, &large, 65_000);
    w.cut(A, "A", 100 + 195_000, 1000, &large, 65_000);
    w.cut(A, "A", 100 + 65_000, 1000, &vec![b'y'; 130_000], 130_000);
    let mut lengths = Vec::new();
    for line in w.take() {
        let words: Vec<_> = line.split(' ').collect();
        if words[2] == "data" {
            lengths.push((words[3].parse::<usize>().unwrap(), words[4].len(), words[5].to_string()));
        }
    }
    let want = [(0, 65_000, "@4"), (65_000, 130_000, "@6"), (195_000, 65_000, "@5")];
    assert_eq!(lengths, want.map(|(offset, len, frame)| (offset, len, frame.to_string())));
}

#[test]
fn every_frame_twice() {
    let mut w = World::default();
    let segments = [
        (A, "S", 99, 0, ""),
        (B, "SA", 999, 100, ""),
        (A, "A", 100, 1000, ""),
        (A, "A", 100, 1000, "question"),
        (B, "A", 1000, 108, "answer"),
        (A, "FA", 108, 1006, ""),
        (B, "FA", 1006, 109, ""),
        (A, "A", 109, 1007, ""),
    ];
    for (half, flags, seq, ack, payload) in segments {
        for _ in 0..2 {
            w.seg(half, flags, seq, ack, payload);
        }
    }
    let want = [
        "1 start",
        "1 A syn_retry",
        "1 B syn_retry",
        "1 A data 0 question @7",
        "1 A retransmit 8",
        "1 B data 0 answer @9",
        "1 B retransmit 6",
        "1 A finished Fin",
        "1 A retransmit 0",
        "1 B finished Fin",
        "1 B retransmit 0",
    ];
    assert_eq!(w.take(), want);
    let mut counts = Vec::new();
    let mut sink = from_fn(|connection: &mut Connection<()>, event: Event<'_>| {
        if matches!(event, Event::End(_)) {
            counts.extend(Half::BOTH.map(|half| {
                let flow = connection.flow(half);
                (flow.packets, flow.bytes, flow.unique_bytes, flow.retransmits)
            }));
        }
    });
    w.table.finish(&mut sink);
    assert_eq!(counts, [(10, 16, 8, 2), (6, 12, 6, 2)]);
}

#[test]
fn a_reset_out_of_the_window_ends_nothing() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 100, 1000, "ab");
    w.seg(B, "A", 1000, 102, "");
    w.take();
    // A's window begins at 1000 and is 500 long: both SYNs were seen and offered no scale.
    for seq in [999, 1000 + 502, 1000u32.wrapping_sub(70_000), 1000 + (1 << 30)] {
        w.seg(B, "R", seq, 0, "");
        assert_eq!(w.take(), ["1 B reset, not acceptable"], "{seq}");
    }
    w.seg(B, "A", 1000, 102, "goes on");
    assert_eq!(w.take(), ["1 B data 0 goes on @10"]);
    assert_eq!(w.table.stats().unacceptable_resets, 4);
    w.seg(B, "R", 1000 + 501, 0, "");
    assert_eq!(
        w.take(),
        ["1 B reset"],
        "inside is close enough for one who only watches, and a FIN has a number, too"
    );
    w.advance(200 * MS);
    assert_eq!(w.take(), ["1 A finished Reset", "1 B finished Reset"]);
}

#[test]
fn without_its_scale_a_window_is_taken_for_the_largest() {
    let mut w = World::default();
    w.seg(A, "A", 100, 1000, "");
    w.seg(B, "A", 1000, 100, "");
    w.take();
    w.seg(B, "R", 1000 + (500 << 14) + 2, 0, "");
    assert_eq!(w.take(), ["1 B reset, not acceptable"]);
    w.seg(B, "R", 1000 + (500 << 14), 0, "");
    assert_eq!(w.take(), ["1 B reset"]);
}

#[test]
fn both_sides_close_at_once() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "FA", 100, 1000, "bye");
    w.seg(B, "FA", 1000, 100, "bye");
    w.seg(A, "A", 104, 1004, "");
    w.seg(B, "A", 1004, 104, "");
    let want = ["1 A data 0 bye @4", "1 A finished Fin", "1 B data 0 bye @5", "1 B finished Fin"];
    assert_eq!(w.take(), want);
    assert_eq!(w.table.next_deadline(), Some(60 * SECOND));
    assert_eq!(w.finish(), ["1 end Fin"]);
}

#[test]
fn the_server_closes_first() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(B, "FA", 1000, 100, "");
    w.seg(A, "A", 100, 1001, "upload");
    w.clock = 30 * SECOND;
    w.seg(A, "FA", 106, 1001, "!");
    let want = ["1 B finished Fin", "1 A data 0 upload @5", "1 A data 6 ! @6", "1 A finished Fin"];
    assert_eq!(w.take(), want);
}
