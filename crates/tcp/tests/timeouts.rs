//! What time does: SYNs without an answer, silence in each state, and ports that are used again.

mod support;
use support::{A, B, MS, SECOND, World};
use wiretrace_tcp::Limits;

const CUT: [&str; 2] = ["1 A finished Cut", "1 B finished Cut"];

fn limits() -> Limits {
    let (half_open_ns, half_closed_ns, idle_ns) = (Some(3 * SECOND), Some(5 * SECOND), Some(9 * SECOND));
    Limits { half_open_ns, half_closed_ns, idle_ns, unanswered_ns: SECOND, ..Limits::default() }
}

/// Nothing happens until one nanosecond before `deadline`, and at it what is wanted.
fn only_then(w: &mut World, deadline: u64, want: &[&str]) {
    w.take();
    assert!(w.table.next_deadline().is_some_and(|next| next <= deadline), "never too late");
    w.advance(deadline - 1);
    assert_eq!(w.take(), [""; 0]);
    w.advance(deadline);
    assert_eq!(w.take(), want);
}

#[test]
fn half_open() {
    let mut w = World::new(limits());
    w.seg(A, "S", 99, 0, "");
    only_then(&mut w, SECOND, &["1 A unanswered"]);
    w.clock = 2 * SECOND;
    w.seg(A, "S", 99, 0, "");
    only_then(&mut w, 5 * SECOND, &[&CUT[..], &["1 end Timeout at 5000ms"]].concat());
    assert_eq!((w.table.stats().timed_out_half_open, w.table.stats().timed_out()), (1, 1));
}

#[test]
fn idle() {
    let mut w = World::new(limits());
    w.handshake(100, 1000);
    w.clock = 2 * SECOND;
    w.seg(A, "A", 100, 1000, "x");
    only_then(&mut w, 11 * SECOND, &[&CUT[..], &["1 end Timeout at 11000ms"]].concat());
    assert_eq!((w.table.stats().timed_out_idle, w.table.stats().timed_out()), (1, 1));
}

#[test]
fn half_closed() {
    for (half, seq, ack) in [(A, 100, 1000), (B, 1000, 100)] {
        let mut w = World::new(limits());
        w.handshake(100, 1000);
        w.clock = 2 * SECOND;
        w.seg(half, "FA", seq, ack, "");
        w.clock = 4 * SECOND;
        w.seg(!half, "A", ack, seq + 1, "");
        let other = if half == A { CUT[1] } else { CUT[0] };
        only_then(&mut w, 9 * SECOND, &[other, "1 end Timeout at 9000ms"]);
        assert_eq!((w.table.stats().timed_out_half_closed, w.table.stats().timed_out()), (1, 1));
    }
}

#[test]
fn an_answer_puts_it_under_the_longer_wait() {
    let mut w = World::new(limits());
    w.seg(A, "S", 99, 0, "");
    w.clock = SECOND - 1;
    w.seg(B, "SA", 999, 100, "");
    only_then(&mut w, 10 * SECOND - 1, &[&CUT[..], &["1 end Timeout at 9999ms"]].concat());
    assert_eq!(w.table.stats().unanswered, 0);
}

#[test]
fn what_is_over_waits_for_nothing_but_the_end_of_its_lingering() {
    let mut w = World::new(limits());
    w.handshake(100, 1000);
    w.clock = SECOND;
    w.seg(A, "FA", 100, 1000, "");
    w.seg(B, "FA", 1000, 101, "");
    only_then(&mut w, 61 * SECOND, &["1 end Fin at 61000ms"]);
    assert_eq!((w.table.stats().timed_out(), w.table.stats().lingered), (0, 1));
}

#[test]
fn each_wait_is_asked_for_alone() {
    let only_half_closed = Limits { half_closed_ns: Some(5 * SECOND), ..Limits::default() };
    let mut w = World::new(only_half_closed);
    w.seg(A, "S", 99, 0, "");
    w.advance(100 * SECOND);
    w.seg(B, "SA", 999, 100, "");
    w.seg(A, "A", 100, 1000, "");
    w.advance(200 * SECOND);
    assert_eq!(w.take(), ["1 start", "1 A unanswered"]);
    w.seg(A, "FA", 100, 1000, "");
    only_then(&mut w, 205 * SECOND, &[CUT[1], "1 end Timeout at 205000ms"]);
}

#[test]
fn unanswered_is_told_once_and_not_of_what_was_answered() {
    let mut w = World::default();
    w.seg(A, "S", 99, 0, "");
    w.clock = 3 * SECOND;
    w.seg(A, "S", 99, 0, "");
    only_then(&mut w, 10 * SECOND, &["1 A unanswered"]);
    w.seg(A, "S", 99, 0, "");
    w.advance(100 * SECOND);
    assert_eq!(w.take(), ["1 A syn_retry"]);
    w.seg(B, "SA", 999, 100, "");
    w.seg(A, "A", 100, 1000, "late, but");
    assert_eq!(w.take(), ["1 A data 0 late, but @5"]);
    assert_eq!(w.table.stats().unanswered, 1);
    for (flags, ack) in [("SA", 100), ("RA", 100), ("A", 100)] {
        let mut w = World::default();
        w.seg(A, "S", 99, 0, "");
        w.clock = 10 * SECOND - 1;
        w.seg(B, flags, 999, ack, "");
        w.advance(59 * SECOND);
        assert_eq!(w.table.stats().unanswered, 0, "{flags}");
    }
}

#[test]
fn a_port_used_again_after_both_fins() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "FA", 100, 1000, "");
    w.seg(B, "FA", 1000, 101, "");
    w.clock = 2 * SECOND;
    w.take();
    w.seg(A, "S", 70_000, 0, "");
    assert_eq!(w.take(), ["1 end Fin", "6 start"]);
    w.seg(B, "SA", 90_000, 70_001, "");
    w.seg(A, "A", 70_001, 90_001, "new");
    w.advance(300 * SECOND);
    assert_eq!(w.take(), ["6 A data 0 new @8"], "the old deadline means nothing");
}

#[test]
fn a_port_used_again_after_a_reset() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(B, "R", 1000, 0, "");
    w.clock = 100 * MS;
    w.take();
    w.seg(A, "S", 99, 0, "");
    let want = [
        CUT[0].replace("Cut", "Reset"),
        CUT[1].replace("Cut", "Reset"),
        "1 end Rst".into(),
        "5 start".into(),
    ];
    assert_eq!(w.take(), want, "be it with the same numbers");
    w.advance(SECOND);
    assert_eq!(w.take(), [""; 0], "the new one's streams do not end with the old one's");
}

#[test]
fn a_port_used_again_after_a_long_silence() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 100, 1000, "old");
    w.take();
    w.clock = 7200 * SECOND;
    w.seg(A, "S", 70_000_000, 0, "");
    w.seg(B, "SA", 90_000_000, 70_000_001, "");
    w.seg(A, "A", 70_000_001, 90_000_001, "new");
    let want = [&["5 start"], &CUT[..], &["1 end None_", "5 A data 0 new @7"]].concat();
    assert_eq!(w.take(), want, "the answer tells that the old one is gone");
}

#[test]
fn silence_longer_than_lingering_begins_anew_without_a_syn() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "R", 100, 0, "");
    w.take();
    w.clock = 60 * SECOND;
    w.seg(B, "A", 1000, 100, "who?");
    let want =
        ["1 A finished Reset", "1 B finished Reset", "1 end Rst at 60000ms", "5 start", "5 B data 0 who? @5"];
    assert_eq!(w.take(), want);
}
