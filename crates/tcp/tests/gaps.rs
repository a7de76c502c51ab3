//! When a hole is given up: acknowledged and late, at a bound, at the end.

mod support;
use support::{A, B, MS, World};
use wiretrace_tcp::Limits;

/// A hole at 0+2 of A, "cd" held behind it.
fn with_hole(limits: Limits) -> World {
    let mut w = World::new(limits);
    w.handshake(100, 1000);
    w.seg(A, "A", 102, 1000, "cd");
    w
}

#[test]
fn three_more_segments_after_the_acknowledgement() {
    let mut w = with_hole(Limits::default());
    w.seg(A, "A", 104, 1000, "e");
    w.seg(A, "A", 105, 1000, "f");
    w.seg(A, "A", 106, 1000, "g");
    w.seg(A, "A", 107, 1000, "h");
    assert_eq!(w.take(), [""; 0], "nobody acknowledged it");
    w.seg(B, "A", 1000, 101, "");
    w.seg(A, "A", 108, 1000, "i");
    w.seg(A, "A", 109, 1000, "j");
    w.seg(A, "A", 110, 1000, "k");
    assert_eq!(w.take(), [""; 0], "not all of it was acknowledged");
    w.seg(B, "A", 1000, 104, "");
    w.seg(B, "A", 1000, 104, "");
    w.seg(B, "A", 1000, 104, "");
    w.seg(A, "A", 111, 1000, "l");
    w.seg(A, "A", 111, 1000, "");
    assert_eq!(w.take(), [""; 0], "two segments of its direction");
    w.seg(A, "A", 112, 1000, "m");
    let lines = w.take();
    assert_eq!(lines[..3], ["1 A gap 0+2 acked", "1 A data 2 cd @4", "1 A data 4 e @5"]);
    assert_eq!(lines.last().unwrap(), "1 A data 12 m @18");
    w.finish();
    assert_eq!(w.table.stats().missing_capture, 2);
}

#[test]
fn two_hundred_milliseconds_after_the_acknowledgement() {
    let mut w = with_hole(Limits::default());
    w.clock = 10 * MS;
    w.seg(B, "A", 1000, 104, "");
    assert_eq!(w.table.next_deadline(), Some(210 * MS));
    w.advance(209 * MS);
    assert_eq!(w.take(), [""; 0]);
    w.advance(210 * MS);
    assert_eq!(w.take(), ["1 A gap 0+2 acked", "1 A data 2 cd @4"]);
    assert_eq!(w.table.next_deadline(), None);
}

#[test]
fn time_passes_with_segments_too() {
    let mut w = with_hole(Limits::default());
    w.seg(B, "A", 1000, 104, "");
    w.clock = 200 * MS;
    w.port += 1;
    w.seg(A, "A", 1, 1, "other");
    assert_eq!(w.take()[..2], ["1 A gap 0+2 acked", "1 A data 2 cd @4"], "another connection's segment");
}

#[test]
fn filled_in_time_is_no_gap() {
    let mut w = with_hole(Limits::default());
    w.seg(B, "A", 1000, 104, "");
    w.clock = 199 * MS;
    w.seg(A, "A", 100, 1000, "ab");
    assert_eq!(w.take(), ["1 A out_of_order 2", "1 A data 0 ab @6", "1 A data 2 cd @4"]);
    w.advance(u64::MAX / 2);
    assert_eq!(w.take(), [""; 0]);
    assert_eq!(w.table.next_deadline(), None);
}

#[test]
fn an_acknowledgement_captured_before_its_data() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(B, "A", 1000, 104, "");
    w.seg(A, "A", 102, 1000, "cd");
    w.seg(A, "A", 104, 1000, "ef");
    assert_eq!(w.take(), [""; 0]);
    w.seg(A, "A", 100, 1000, "ab");
    assert_eq!(w.take().len(), 4, "it was only late");
    w.seg(B, "A", 1000, 200, "");
    w.clock += 300 * MS;
    w.seg(A, "A", 112, 1000, "m");
    assert_eq!(w.take(), ["1 A gap 6+6 acked", "1 A data 12 m @9"], "acknowledged long ago");
}

#[test]
fn an_acknowledgement_alone_does_not_extend_the_stream() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 100, 1000, "ab");
    w.seg(B, "A", 1000, 150, "");
    w.advance(1000 * MS);
    w.take();
    assert_eq!(w.finish(), ["1 A finished Cut", "1 B finished Cut", "1 end None_"]);
    assert_eq!(w.table.stats().stream_positions, 2);
}

#[test]
fn a_hole_in_front_of_the_fin() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "FA", 105, 1000, "");
    w.seg(B, "A", 1000, 106, "");
    w.advance(200 * MS);
    assert_eq!(w.take(), ["1 A gap 0+5 acked", "1 A finished Fin"]);
    w.seg(A, "A", 100, 1000, "abcde");
    assert_eq!(w.take(), ["1 A out_of_order 5"], "too late to be handed on");
    w.finish();
    assert_eq!(w.table.stats().over_limit, 5);
}

#[test]
fn late_bytes_count_as_carried() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 110, 1000, "klm");
    w.seg(B, "A", 1000, 113, "");
    w.advance(200 * MS);
    w.seg(A, "A", 104, 1000, "efgh");
    w.seg(A, "A", 102, 1000, "cdef");
    let lines = w.take();
    assert_eq!(lines[2..], ["1 A out_of_order 4", "1 A overlap 4 None", "1 A out_of_order 4"]);
    w.finish();
    let stats = w.table.stats();
    assert_eq!((stats.over_limit, stats.second_copies, stats.missing_capture), (6, 2, 10));
}

#[test]
fn the_end_tells_acknowledged_from_unknown() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 102, 1000, "cd");
    w.seg(A, "A", 106, 1000, "gh");
    w.seg(B, "A", 1000, 104, "");
    w.take();
    let want = [
        "1 A gap 0+2 acked",
        "1 A data 2 cd @4",
        "1 A gap 4+2 unacked",
        "1 A data 6 gh @5",
        "1 A finished Cut",
        "1 B finished Cut",
        "1 end None_",
    ];
    assert_eq!(w.finish(), want);
}

#[test]
fn bound_on_bytes_per_half() {
    let limits = Limits { held_bytes_per_half: 512, ..Limits::default() };
    let mut w = with_hole(limits);
    w.seg(A, "A", 106, 1000, "gh");
    assert_eq!(w.take(), [""; 0]);
    w.seg(A, "A", 110, 1000, "kl");
    assert_eq!(w.take(), ["1 A gap 0+2 limit", "1 A data 2 cd @4"], "the oldest hole, and no more");
    w.seg(A, "A", 104, 1000, "ef");
    assert_eq!(w.take().len(), 3, "the next expected is always taken");
    w.finish();
    assert_eq!(w.table.stats().limit_held_bytes_per_half, 1);
    assert_eq!(w.table.stats().missing_limit, 2);
}

#[test]
fn a_segment_larger_than_the_bound_is_handed_on_at_once() {
    let limits = Limits { held_bytes_per_half: 100, held_bytes: 100, ..Limits::default() };
    let mut w = World::new(limits);
    w.handshake(100, 1000);
    w.seg(A, "A", 102, 1000, "cd");
    assert_eq!(w.take(), ["1 A gap 0+2 limit", "1 A data 2 cd @4"]);
    assert_eq!(w.table.stats().copied_bytes, 0);
}

#[test]
fn bound_on_segments_per_half() {
    let limits = Limits { held_segments_per_half: 2, ..Limits::default() };
    let mut w = with_hole(limits);
    w.seg(A, "A", 106, 1000, "gh");
    w.seg(A, "A", 108, 1000, "ij");
    assert_eq!(w.take(), ["1 A gap 0+2 limit", "1 A data 2 cd @4"]);
    assert_eq!(w.table.stats().limit_held_segments, 1);
}

#[test]
fn bound_on_bytes_of_the_table_takes_the_oldest_hole() {
    let limits = Limits { held_bytes: 512, ..Limits::default() };
    let mut w = with_hole(limits);
    w.port += 1;
    w.seg(A, "A", 0, 0, "");
    w.seg(A, "A", 2, 0, "22");
    w.port += 1;
    w.seg(A, "A", 0, 0, "");
    w.take();
    w.seg(A, "A", 3, 0, "333");
    assert_eq!(w.take(), ["1 A gap 0+2 limit", "1 A data 2 cd @4"], "not that of the segment's connection");
    w.seg(A, "A", 9, 0, "9");
    assert_eq!(w.take(), ["5 A gap 0+2 limit", "5 A data 2 22 @6"]);
    assert_eq!(w.table.stats().limit_held_bytes, 2);
    w.finish();
}

#[test]
fn forgotten_holes_are_counted() {
    let limits = Limits { holes_per_half: 1, gap_segments: 0, ..Limits::default() };
    let mut w = World::new(limits);
    w.handshake(100, 1000);
    w.seg(B, "A", 1000, 200, "");
    w.seg(A, "A", 102, 1000, "c");
    w.seg(A, "A", 105, 1000, "f");
    w.take();
    w.seg(A, "A", 100, 1000, "a");
    w.seg(A, "A", 103, 1000, "d");
    assert_eq!(w.take(), ["1 A retransmit 1", "1 A out_of_order 1"]);
    assert_eq!(w.table.stats().limit_holes, 1);
}

#[test]
fn what_comes_behind_its_fin_is_out_of_order() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "FA", 104, 1000, "");
    w.seg(A, "A", 100, 1000, "ab");
    w.seg(A, "FA", 102, 1000, "cd");
    let want = [
        "1 A out_of_order 2",
        "1 A data 0 ab @5",
        "1 A out_of_order 2",
        "1 A data 2 cd @6",
        "1 A finished Fin",
    ];
    assert_eq!(w.take(), want, "a FIN is seen, too");
}

#[test]
fn a_reset_is_a_segment_too() {
    let mut w = with_hole(Limits::default());
    w.seg(B, "A", 1000, 104, "");
    w.seg(A, "A", 104, 1000, "");
    w.seg(A, "A", 104, 1000, "");
    assert_eq!(w.take(), [""; 0]);
    w.seg(A, "R", 104 + (1 << 29), 0, "");
    assert_eq!(w.take(), ["1 A reset, not acceptable", "1 A gap 0+2 acked", "1 A data 2 cd @4"]);
}

#[test]
fn each_hole_waits_from_its_own_acknowledgement_on() {
    let mut w = with_hole(Limits::default());
    w.seg(A, "A", 106, 1000, "gh");
    w.seg(A, "A", 110, 1000, "kl");
    w.seg(B, "A", 1000, 108, "");
    w.clock = 100 * MS;
    w.seg(B, "A", 1000, 112, "");
    w.advance(200 * MS);
    let want = ["1 A gap 0+2 acked", "1 A data 2 cd @4", "1 A gap 4+2 acked", "1 A data 6 gh @5"];
    assert_eq!(w.take(), want, "one acknowledgement covered both");
    w.advance(299 * MS);
    assert_eq!(w.take(), [""; 0]);
    w.advance(300 * MS);
    assert_eq!(w.take(), ["1 A gap 8+2 acked", "1 A data 10 kl @6"]);
}
