//! Bytes in order, once: positions, copies, overlaps, cuts, wraps, and both ends of a stream.

mod support;
use support::{A, B, World};
use wiretrace_tcp::Half;

#[test]
fn a_whole_conversation() {
    let mut w = World { clock: 5, ..World::default() };
    w.seg(A, "S", 99, 0, "");
    w.clock = 25;
    w.seg(B, "SA", 999, 100, "");
    w.clock = 31;
    w.seg(A, "A", 100, 1000, "");
    w.seg(A, "A", 100, 1000, "ping");
    w.seg(B, "A", 1000, 104, "pong");
    w.seg(A, "FA", 104, 1004, "");
    w.seg(B, "FA", 1004, 105, "!");
    w.seg(A, "A", 105, 1006, "");
    let want = [
        "1 start",
        "1 A data 0 ping @4",
        "1 B data 0 pong @5",
        "1 A finished Fin",
        "1 B data 4 ! @7",
        "1 B finished Fin",
        "1 end Fin",
    ];
    assert_eq!(w.take(), want[..6]);
    assert_eq!(w.finish(), want[6..]);
    assert_eq!(w.table.stats().copied_bytes, 0);
}

#[test]
fn out_of_order_is_held_and_handed_on_with_its_own_mark() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 103, 1000, "def");
    w.seg(A, "A", 109, 1000, "jkl");
    assert_eq!(w.take(), [""; 0], "new payload above all others is not out of order");
    w.seg(A, "A", 106, 1000, "ghi");
    assert_eq!(w.take(), ["1 A out_of_order 3"]);
    assert_eq!(w.table.stats().held_now, 9);
    w.seg(A, "A", 100, 1000, "abc");
    let want = [
        "1 A out_of_order 3",
        "1 A data 0 abc @7",
        "1 A data 3 def @4",
        "1 A data 6 ghi @6",
        "1 A data 9 jkl @5",
    ];
    assert_eq!(w.take(), want);
    w.seg(A, "A", 112, 1000, "m");
    assert_eq!(w.take(), ["1 A data 12 m @8"]);
    assert_eq!(w.table.stats().copied_bytes, 9);
}

#[test]
fn what_was_seen_is_trimmed_and_named() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 100, 1000, "abcd");
    w.seg(A, "A", 100, 1000, "abcd");
    w.seg(A, "A", 101, 1000, "bc");
    w.seg(A, "A", 102, 1000, "XYef");
    w.seg(A, "A", 105, 1000, "Z");
    let want = [
        "1 A data 0 abcd @4",
        "1 A retransmit 4",
        "1 A retransmit 2",
        "1 A overlap 4 None",
        "1 A data 4 ef @7 trimmed",
        "1 A retransmit 1",
    ];
    assert_eq!(w.take(), want);
    assert_eq!(w.table.stats().second_copies, 4 + 2 + 2 + 1);
}

#[test]
fn the_first_copy_of_a_held_byte_counts() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 102, 1000, "cd");
    w.seg(A, "A", 106, 1000, "gh");
    w.seg(A, "A", 102, 1000, "cdef");
    assert_eq!(w.take(), ["1 A overlap 4 Some(false)", "1 A out_of_order 4"]);
    w.seg(A, "A", 102, 1000, "XX");
    assert_eq!(w.take(), ["1 A retransmit 2"], "all of it was seen before");
    assert_eq!(w.table.stats().conflicts, 1);
    w.seg(A, "A", 100, 1000, "abXXefXX9");
    let want = [
        "1 A overlap 9 Some(true)",
        "1 A out_of_order 9",
        "1 A data 0 ab @8",
        "1 A data 2 cd @4",
        "1 A data 4 ef @6 trimmed",
        "1 A data 6 gh @5",
        "1 A data 8 9 @8 trimmed",
    ];
    assert_eq!(w.take(), want);
}

#[test]
fn sequence_numbers_wrap() {
    let mut w = World::default();
    w.handshake(u32::MAX - 1, u32::MAX);
    w.seg(A, "A", 2, u32::MAX, "efg");
    w.seg(A, "A", u32::MAX - 1, u32::MAX, "abcd");
    w.seg(B, "A", u32::MAX, 5, "0");
    w.seg(B, "A", 0, 5, "1");
    let want = [
        "1 A out_of_order 4",
        "1 A data 0 abcd @5",
        "1 A data 4 efg @4",
        "1 B data 0 0 @6",
        "1 B data 1 1 @7",
    ];
    assert_eq!(w.take(), want);
}

#[test]
fn a_keep_alive_is_no_retransmission() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(B, "A", 999, 100, "");
    assert_eq!(w.take(), ["1 B keep_alive 0"], "before any data, its number is that of the SYN");
    w.seg(A, "A", 100, 1000, "ab");
    w.seg(A, "A", 101, 1000, "");
    w.seg(A, "A", 101, 1000, "b");
    let want = ["1 A data 0 ab @5", "1 A retransmit 1"];
    assert_eq!(w.take(), want, "as long as its byte is not acknowledged, it may be one");
    w.seg(B, "A", 1000, 102, "");
    w.seg(A, "A", 101, 1000, "");
    w.seg(A, "A", 101, 1000, "?");
    w.seg(A, "A", 101, 1000, "b!");
    let want = ["1 A keep_alive 0", "1 A keep_alive 1", "1 A overlap 2 None", "1 A data 2 ! @11 trimmed"];
    assert_eq!(w.take(), want);
}

#[test]
fn a_probe_of_a_closed_window_is_no_retransmission() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 100, 1000, "ab");
    w.window = 0;
    w.seg(B, "A", 1000, 102, "");
    w.window = 500;
    w.take();
    w.seg(A, "A", 101, 1000, "");
    w.seg(A, "A", 102, 1000, "c");
    w.seg(A, "A", 102, 1000, "c");
    let want = ["1 A window_probe 0", "1 A window_probe 1", "1 A data 2 c @7", "1 A window_probe 1"];
    assert_eq!(w.take(), want);
    w.seg(B, "A", 1000, 102, "");
    w.seg(A, "A", 102, 1000, "cdef");
    assert_eq!(w.take(), ["1 A overlap 4 None", "1 A data 3 def @10 trimmed"], "it is open again");
    assert_eq!(w.table.stats().second_copies, 2);
}

#[test]
fn without_a_syn_the_first_segment_is_the_start() {
    let mut w = World::default();
    w.seg(A, "A", 500, 900, "");
    w.seg(A, "A", 497, 900, "xyzab");
    w.seg(B, "A", 900, 502, "in");
    let want = ["1 start", "1 A data 0 ab @2 trimmed", "1 B data 0 in @3"];
    assert_eq!(w.take(), want);
    assert_eq!(w.table.stats().outside_stream, 3);
    w.seg(A, "A", 490, 900, "0123456");
    assert_eq!(w.take(), [""; 0], "before the start is no copy of anything");
    assert_eq!(w.table.stats().outside_stream, 10);
}

#[test]
fn a_syn_captured_late_is_still_the_start() {
    let mut w = World::default();
    w.seg(A, "A", 100, 1000, "");
    w.seg(A, "S", 89, 0, "");
    w.seg(A, "A", 90, 1000, "0123456789");
    assert_eq!(w.take(), ["1 start", "1 A data 0 0123456789 @3"]);
    let mut w = World::default();
    w.seg(A, "A", 100, 1000, "data");
    w.seg(A, "S", 99, 0, "");
    w.seg(A, "A", 104, 1000, "more");
    assert_eq!(w.take(), ["1 start", "1 A data 0 data @1", "1 A data 4 more @3"]);
}

#[test]
fn payload_of_a_syn_is_stream_data() {
    let mut w = World::default();
    w.seg(A, "S", 99, 0, "fast");
    w.seg(A, "S", 99, 0, "fast");
    w.seg(B, "SA", 999, 104, "");
    w.seg(A, "A", 104, 1000, "open");
    let want = ["1 start", "1 A data 0 fast @1", "1 A syn_retry", "1 A retransmit 4", "1 A data 4 open @4"];
    assert_eq!(w.take(), want);
}

#[test]
fn behind_the_first_fin_there_is_nothing() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 104, 1000, "efgh");
    w.seg(A, "FA", 102, 1000, "cdef");
    assert_eq!(w.take(), ["1 A overlap 4 Some(false)", "1 A out_of_order 4"]);
    w.seg(A, "A", 106, 1000, "gh");
    w.seg(A, "FA", 106, 1000, "");
    assert_eq!(w.take(), ["1 A retransmit 0"], "a FIN again");
    w.seg(A, "A", 100, 1000, "ab");
    let want = [
        "1 A out_of_order 2",
        "1 A data 0 ab @8",
        "1 A data 2 cd @5",
        "1 A data 4 ef @4",
        "1 A finished Fin",
    ];
    assert_eq!(w.take(), want);
    assert_eq!(w.table.stats().outside_stream, 2 + 2);
    w.finish();
}

#[test]
fn a_fin_below_what_was_handed_on_takes_it_out_of_the_counts() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 100, 1000, "abcdef");
    w.seg(A, "FA", 104, 1000, "");
    assert_eq!(w.take(), ["1 A data 0 abcdef @4", "1 A finished Fin"]);
    w.finish();
}

#[test]
fn payload_of_a_reset_is_no_stream_data() {
    let mut w = World::new(wiretrace_tcp::Limits { reset_wait_ns: 0, ..Default::default() });
    w.handshake(100, 1000);
    w.seg(A, "A", 102, 1000, "cd");
    w.seg(B, "RA", 1000, 100, "because");
    let want =
        ["1 B reset", "1 A gap 0+2 unacked", "1 A data 2 cd @4", "1 A finished Reset", "1 B finished Reset"];
    assert_eq!(w.take(), want);
    w.seg(A, "A", 100, 1000, "abcdefgh");
    assert_eq!(w.take(), ["1 A overlap 8 None", "1 A out_of_order 8"], "counted, not handed on");
    let stats = w.table.stats();
    assert_eq!((stats.outside_stream, stats.over_limit, stats.second_copies), (7 + 4, 2, 2));
    assert_eq!(w.finish(), ["1 end Rst"]);
    assert_eq!(w.table.stats().missing_unknown, 2 + 4);
}

#[test]
fn after_a_reset_bytes_are_delivered_until_it_is_silent() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(B, "R", 1000, 0, "");
    w.seg(A, "A", 100, 1000, "late");
    assert_eq!(w.take(), ["1 B reset", "1 A data 0 late @5"]);
    w.clock += 150_000_000;
    w.seg(A, "A", 104, 1000, "er");
    w.advance(w.clock + 199_000_000);
    assert_eq!(w.take(), ["1 A data 4 er @6"], "not silent for 200 ms yet");
    w.advance(w.clock + 200_000_000);
    assert_eq!(w.take(), ["1 A finished Reset", "1 B finished Reset"]);
    w.seg(A, "A", 106, 1000, "no more");
    assert_eq!(w.take(), [""; 0]);
    assert_eq!(w.finish(), ["1 end Rst"]);
}

#[test]
fn what_the_snap_length_cut_off_is_a_hole_but_not_missing() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.cut(A, "A", 100, 1000, b"ab", 5);
    w.cut(A, "A", 108, 1000, b"", 2);
    w.cut(A, "A", 105, 1000, b"fg", 3);
    let want = [
        "1 A data 0 ab @4",
        "1 A gap 2+3 snaplen",
        "1 A out_of_order 3",
        "1 A data 5 fg @6",
        "1 A gap 7+1 snaplen",
        "1 A gap 8+2 snaplen",
    ];
    assert_eq!(w.take(), want);
    w.seg(A, "A", 100, 1000, "abcde");
    assert_eq!(w.take(), ["1 A retransmit 5"], "the first copy counts, cut or not");
    w.finish();
    assert_eq!(w.table.stats().missing_snaplen, 6);
}

#[test]
fn bytes_beyond_the_stated_length_are_ignored() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.cut(A, "A", 100, 1000, b"ab and padding", 2);
    assert_eq!(w.take(), ["1 A data 0 ab @4"]);
    assert_eq!(w.table.stats().captured, 2);
}

#[test]
fn a_wild_segment_is_only_counted() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "FA", 100 + (1 << 30) + 1, 1000, "wild");
    w.seg(A, "A", 100, 1000, "tame");
    assert_eq!(w.take(), ["1 A data 0 tame @5"]);
    assert_eq!((w.table.stats().wild_segments, w.table.stats().outside_stream), (1, 4));
    assert_eq!(w.finish()[2], "1 end None_", "and its FIN is none");
}

#[test]
fn a_zero_window_is_said_but_not_of_syn_fin_rst() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.window = 0;
    w.seg(B, "A", 1000, 100, "");
    w.seg(B, "A", 1000, 100, "data");
    w.seg(B, "FA", 1004, 100, "");
    w.seg(A, "RA", 100, 1005, "");
    let lines = w.take();
    assert_eq!(lines.iter().filter(|line| line.ends_with("zero_window")).count(), 2);
    assert_eq!(lines[..3], ["1 B zero_window", "1 B zero_window", "1 B data 0 data @5"]);
}

#[test]
fn equal_endpoints_are_one_half() {
    let key = wiretrace_tcp::FlowKey::from_v4([127, 0, 0, 1], 7, [127, 0, 0, 1], 7);
    assert_eq!(key.1, Half::A);
}
