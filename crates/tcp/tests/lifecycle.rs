//! How connections begin, end, linger, follow each other on the same ports, and make room.

mod support;
use support::{A, B, MS, SECOND, World};
use wiretrace_tcp::{Connection, Event, Half, Limits, Sink};

/// Both sides send FIN.
fn close(w: &mut World, a: u32, b: u32) {
    w.seg(A, "FA", a, b, "");
    w.seg(B, "FA", b, a + 1, "");
    w.seg(A, "A", a + 1, b + 1, "");
}

#[test]
fn lingers_for_a_minute_and_counts_late_segments() {
    let mut w = World::default();
    w.handshake(100, 1000);
    close(&mut w, 100, 1000);
    assert_eq!(w.take(), ["1 A finished Fin", "1 B finished Fin"]);
    assert_eq!(w.table.next_deadline(), Some(60 * SECOND));
    w.clock = 60 * SECOND - 1;
    w.seg(B, "FA", 1000, 101, "");
    assert_eq!(w.take(), ["1 B retransmit 0"]);
    w.clock += 1;
    w.seg(B, "FA", 1000, 101, "");
    let want = ["1 end Fin at 60000ms", "8 start", "8 B finished Fin"];
    assert_eq!(w.take(), want, "at the deadline it is forgotten, and the segment begins a new one");
}

#[test]
fn a_syn_ends_a_connection_that_is_over() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(B, "R", 1000, 0, "");
    w.take();
    w.seg(A, "S", 99, 0, "");
    let want = ["1 A finished Reset", "1 B finished Reset", "1 end Rst", "5 start"];
    assert_eq!(w.take(), want, "even with the same sequence number");
    w.advance(1000 * SECOND);
    assert_eq!(w.take(), ["5 A unanswered"], "the old deadline means nothing any more");
    w.finish();
}

#[test]
fn reasons() {
    let mut w = World::default();
    w.handshake(100, 1000);
    close(&mut w, 100, 1000);
    w.seg(A, "R", 101, 0, "");
    assert_eq!(w.finish().last().unwrap(), "1 end Fin", "a RST behind both FINs");
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "FA", 100, 1000, "");
    w.seg(B, "R", 1000, 0, "");
    w.seg(B, "FA", 1000, 0, "");
    assert_eq!(w.finish().last().unwrap(), "1 end Rst", "a RST before that");
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "FA", 100, 1000, "");
    assert_eq!(w.finish(), ["1 A finished Fin", "1 B finished Cut", "1 end None_"]);
}

#[test]
fn data_goes_on_after_one_fin() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "FA", 100, 1000, "");
    w.seg(B, "A", 1000, 101, "still");
    w.advance(100 * SECOND);
    w.seg(B, "FA", 1005, 101, " here");
    let want = ["1 A finished Fin", "1 B data 0 still @5", "1 B data 5  here @6", "1 B finished Fin"];
    assert_eq!(w.take(), want);
    assert_eq!(w.table.next_deadline(), Some(160 * SECOND));
}

#[test]
fn another_syn_replaces_a_connection_that_never_was() {
    let mut w = World::default();
    w.seg(A, "S", 99, 0, "");
    w.seg(A, "S", 99, 0, "");
    w.seg(A, "S", 5000, 0, "");
    let want = ["1 start", "1 A syn_retry", "1 A finished Cut", "1 B finished Cut", "1 end None_", "3 start"];
    assert_eq!(w.take(), want);
}

#[test]
fn a_stray_syn_does_not_end_a_living_connection() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "A", 100, 1000, "one");
    w.seg(B, "A", 1000, 103, "uno");
    w.seg(A, "S", 90_000_000, 0, "");
    w.seg(A, "A", 103, 1003, "two");
    w.seg(B, "A", 1003, 106, "due");
    w.seg(B, "FA", 1006, 106, "");
    w.seg(A, "S", 90_000_000, 0, "");
    w.seg(A, "FA", 106, 1007, "");
    let want = [
        "1 A data 0 one @4",
        "1 B data 0 uno @5",
        "6 start",
        "1 A data 3 two @7",
        "1 B data 3 due @8",
        "1 B finished Fin",
        "6 A syn_retry",
        "1 A finished Fin",
    ];
    assert_eq!(w.take(), want);
    w.advance(60 * SECOND);
    assert_eq!(w.take(), ["6 A unanswered", "1 end Fin at 60000ms"]);
    assert_eq!(w.finish(), ["6 A finished Cut", "6 B finished Cut", "6 end None_"]);
}

#[test]
fn an_answered_syn_ends_the_elder() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "S", 90_000_000, 0, "");
    assert_eq!(w.take(), ["4 start"]);
    w.seg(B, "SA", 50_000_000, 90_000_001, "");
    assert_eq!(w.take(), ["1 A finished Cut", "1 B finished Cut", "1 end None_"]);
    w.seg(A, "A", 90_000_001, 50_000_001, "new");
    w.seg(B, "A", 50_000_001, 90_000_004, "neu");
    assert_eq!(w.take(), ["4 A data 0 new @6", "4 B data 0 neu @7"]);
    assert_eq!(w.table.len(), 1);
}

#[test]
fn its_own_side_going_on_answers_a_syn_too() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "S", 90_000_000, 0, "");
    w.seg(A, "A", 90_000_001, 50_000_001, "new");
    let want = ["4 start", "1 A finished Cut", "1 B finished Cut", "1 end None_", "4 A data 0 new @5"];
    assert_eq!(w.take(), want);
}

#[test]
fn a_third_syn_replaces_the_second_and_the_elder_stays() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "S", 90_000_000, 0, "");
    w.seg(A, "S", 70_000_000, 0, "");
    let want = ["4 start", "4 A finished Cut", "4 B finished Cut", "4 end None_", "5 start"];
    assert_eq!(w.take(), want);
    w.seg(A, "A", 100, 1000, "elder");
    w.seg(A, "S", 99, 0, "");
    assert_eq!(w.take(), ["1 A data 0 elder @6", "1 A syn_retry"], "its own SYN again is the elder's");
    w.seg(B, "RA", 0, 70_000_001, "");
    let lines = w.take();
    assert_eq!(
        lines[2..4],
        ["1 end None_", "5 B reset"],
        "refused is answered: the elder is not known there"
    );
    assert_eq!(w.finish().last().unwrap(), "5 end Rst");
}

#[test]
fn in_doubt_a_segment_is_the_elders() {
    let mut w = World::default();
    w.handshake(100, 1000);
    w.seg(A, "S", 299, 0, "");
    w.seg(A, "A", 200, 1000, "x");
    assert_eq!(w.take(), ["4 start"], "as far from 100 as from 300: held by the elder, and no answer");
    assert_eq!(w.finish()[..3], ["1 A gap 0+100 unacked", "1 A data 100 x @5", "1 A finished Cut"]);
}

#[test]
fn a_capture_that_began_in_mid_connection() {
    let mut w = World::default();
    w.seg(A, "A", 5_000_000, 1000, "old");
    w.seg(B, "A", 1000, 5_000_003, "alt");
    w.seg(A, "S", 99, 0, "");
    w.seg(B, "A", 1003, 5_000_003, "challenge");
    w.seg(B, "SA", 7_000_000, 100, "");
    let want = [
        "1 start",
        "1 A data 0 old @1",
        "1 B data 0 alt @2",
        "3 start",
        "1 B data 3 challenge @4",
        "1 A finished Cut",
        "1 B finished Cut",
        "1 end None_",
    ];
    assert_eq!(w.take(), want);
}

#[test]
fn one_sided_captures_tell_connections_by_the_syn_ack() {
    let mut w = World::default();
    w.seg(B, "SA", 999, 100, "");
    w.seg(B, "SA", 999, 100, "");
    w.seg(B, "A", 1000, 100, "one");
    w.seg(B, "SA", 5_000_000, 200, "");
    w.seg(B, "A", 5_000_001, 200, "two");
    let want = [
        "1 start",
        "1 B syn_retry",
        "1 B data 0 one @3",
        "1 A finished Cut",
        "1 B finished Cut",
        "1 end None_",
        "4 start",
        "4 B data 0 two @5",
    ];
    assert_eq!(w.take(), want);
}

#[test]
fn simultaneous_open_is_one_connection() {
    let mut w = World::default();
    w.seg(A, "S", 99, 0, "");
    w.seg(B, "S", 999, 0, "");
    w.seg(A, "SA", 99, 1000, "");
    w.seg(B, "SA", 999, 100, "");
    w.seg(A, "A", 100, 1000, "x");
    assert_eq!(w.take(), ["1 start", "1 A syn_retry", "1 B syn_retry", "1 A data 0 x @5"]);
}

#[test]
fn an_idle_connection_ends_only_where_asked_for() {
    let mut w = World::new(Limits { idle_ns: Some(10 * SECOND), ..Limits::default() });
    w.seg(A, "A", 100, 1000, "x");
    w.port += 1;
    w.clock = 2 * SECOND;
    w.seg(A, "A", 100, 1000, "y");
    w.port -= 1;
    w.clock = 5 * SECOND;
    w.seg(A, "A", 101, 1000, "z");
    w.take();
    assert!(w.table.next_deadline().unwrap() <= 12 * SECOND);
    w.advance(20 * SECOND);
    let want = [
        "2 A finished Cut",
        "2 B finished Cut",
        "2 end Timeout at 12000ms",
        "1 A finished Cut",
        "1 B finished Cut",
        "1 end Timeout at 15000ms",
    ];
    assert_eq!(w.take(), want);
    assert_eq!((w.table.stats().timed_out(), w.table.next_deadline()), (2, None));
    let mut w = World::default();
    w.seg(A, "A", 100, 1000, "x");
    assert_eq!(w.table.next_deadline(), None);
}

#[test]
fn deadlines_come_in_order_then_by_id() {
    let mut w = World::default();
    for port in [5, 4, 3] {
        w.port = port;
        w.seg(A, "A", 1, 1, "");
    }
    for port in [3, 4, 5] {
        w.port = port;
        w.clock = if port == 3 { 2 * MS } else { 3 * MS };
        w.seg(A, "R", 1, 0, "");
    }
    w.take();
    w.advance(1_000 * MS);
    let finished = |id| Half::BOTH.map(|half| format!("{id} {half:?} finished Reset"));
    assert_eq!(w.take(), [finished(3), finished(1), finished(2)].concat(), "200 ms after the last segment");
    w.advance(u64::MAX);
    assert_eq!(w.take(), ["3 end Rst at 60002ms", "1 end Rst at 60003ms", "2 end Rst at 60003ms"]);
}

#[test]
fn eviction_takes_closed_then_half_open_then_the_longest_idle() {
    let mut w = World::new(Limits { connections: 4, ..Limits::default() });
    let open = |w: &mut World, port: u16, answered: bool| {
        w.port = port;
        w.seg(A, "S", 99, 0, "");
        if answered {
            w.seg(B, "SA", 999, 100, "");
            w.seg(A, "A", 100, 1000, "");
        }
    };
    open(&mut w, 1, true); // id 1
    open(&mut w, 2, true); // id 4
    open(&mut w, 3, false); // id 7
    open(&mut w, 4, true); // id 8
    w.seg(A, "R", 100, 0, "");
    w.clock = 2 * SECOND;
    w.port = 1;
    w.seg(A, "A", 100, 1000, "busy");
    w.take();
    let mut evicted = Vec::new();
    for port in 5..9 {
        open(&mut w, port, true);
        evicted.extend(w.take().into_iter().filter(|line| line.ends_with("evicted")));
    }
    let want = ["8 end Rst evicted", "7 end None_ evicted", "4 end None_ evicted", "1 end None_ evicted"];
    assert_eq!(evicted, want);
    assert_eq!((w.table.len(), w.table.stats().evicted), (4, 4));
    w.finish();
}

#[test]
fn whatever_it_sends_keeps_a_connection_from_being_idle() {
    let mut w = World::new(Limits { connections: 2, ..Limits::default() });
    w.handshake(100, 1000);
    w.port += 1;
    w.handshake(100, 1000);
    w.port -= 1;
    w.clock = 2 * SECOND;
    w.window = 0; // the long way
    w.seg(A, "A", 100, 1000, "");
    w.take();
    w.port += 2;
    w.seg(A, "S", 99, 0, "");
    assert_eq!(w.take()[2..], ["4 end None_ evicted", "8 start"], "the other one was silent for longer");
}

#[test]
fn eviction_of_an_elder_or_its_younger_leaves_the_other() {
    for connections in [1, 2, 3] {
        let mut w = World::new(Limits { connections, ..Limits::default() });
        w.handshake(100, 1000);
        w.seg(A, "S", 90_000_000, 0, "");
        for port in 2000..2003 {
            w.port = port;
            w.seg(A, "S", 1, 0, "");
            w.seg(B, "SA", 1, 2, "");
        }
        w.port = 1000;
        w.seg(A, "A", 100, 1000, "x");
        w.seg(A, "S", 80_000_000, 0, "");
        assert!(w.table.len() <= connections);
        w.finish();
    }
}

/// Asserts what is known of the roles at each event.
#[derive(Default)]
struct Roles {
    starts: usize,
    handshakes: Vec<Option<i64>>,
    counts: Vec<(u64, u64, u64)>,
}

impl Sink<()> for Roles {
    fn event(&mut self, connection: &mut Connection<()>, event: Event<'_>) {
        match event {
            Event::Start => {
                self.starts += 1;
                assert_eq!(connection.flow(connection.first_half()).packets, 1, "already counted");
                assert!(connection.client().is_some());
            }
            Event::Data { half, .. } => {
                assert!(connection.start_known(half));
                assert_eq!(connection.client(), Some(Half::A));
            }
            Event::End(end) => {
                self.handshakes.push(end.handshake.map(|handshake| handshake.total_ns));
                let flow = connection.flow(Half::B);
                self.counts.push((flow.packets, flow.unique_bytes, flow.missing_bytes()));
            }
            _ => {}
        }
    }
}

#[test]
fn roles_handshake_and_counters() {
    use wiretrace_tcp::{Flags, FlowKey, FlowTable, Segment};
    let (key, _) = FlowKey::from_v4([1; 4], 1, [2; 4], 2);
    let mut table = FlowTable::new(Limits::default());
    let mut roles = Roles::default();
    let mut frame = 0;
    let mut push = |half, at, flags: Flags, seq, ack, payload: &[u8]| {
        frame += 1;
        let payload_len = payload.len() as u32;
        let (clock, window) = (frame, 1);
        let segment = Segment {
            half,
            at,
            clock,
            frame,
            seq,
            ack,
            flags,
            window,
            payload,
            payload_len,
            ..Segment::default()
        };
        table.push(&key, &segment, &mut roles);
    };
    let (syn, ack) = (Flags::SYN, Flags::ACK);
    push(A, 10, syn, 99, 0, b"");
    push(B, 30, syn | ack, 999, 100, b"");
    push(A, 35, ack, 100, 1000, b"hello");
    push(B, 40, ack, 1002, 105, b"llo");
    table.finish(&mut roles);
    assert_eq!((roles.starts, roles.handshakes), (1, vec![Some(25)]));
    assert_eq!(roles.counts, [(2, 3, 2)]);
}

#[test]
fn a_start_is_known_by_the_first_acknowledgement_too() {
    use wiretrace_tcp::from_fn;
    for (ack, known) in [(1000, true), (1004, false)] {
        let mut w = World::default();
        w.seg(A, "S", 99, 0, "");
        w.seg(A, "A", 100, ack, "");
        w.seg(B, "A", 1000, 100, "data");
        let mut seen = Vec::new();
        let mut sink = from_fn(|connection: &mut Connection<()>, event: Event<'_>| {
            if matches!(event, Event::End(_)) {
                seen.push((connection.start_known(A), connection.syn_seen(B), connection.start_known(B)));
                assert_eq!(connection.position(B, 1002), Some(2));
                assert_eq!((connection.highest(B), connection.client()), (4, Some(A)));
            }
        });
        w.table.finish(&mut sink);
        assert_eq!(seen, [(true, false, known)]);
    }
}

/// TCP Fast Open: the request in the SYN, its answer overtakes the SYN+ACK, last segment first.
#[test]
fn an_answer_in_front_of_its_syn_ack_waits_for_it() {
    let talk = |w: &mut World| {
        w.seg(A, "S", 99, 0, "get");
        w.seg(B, "A", 1002, 103, "cd");
        w.seg(B, "A", 1000, 103, "ab");
    };
    let mut w = World::default();
    talk(&mut w);
    assert_eq!(w.take(), ["1 start", "1 A data 0 get @1"]);
    assert_eq!(w.table.stats().held_now, 4);
    w.seg(B, "SA", 999, 100, "");
    assert_eq!(w.take(), ["1 B out_of_order 2", "1 B data 0 ab @3", "1 B data 2 cd @2"]);
    w.seg(A, "A", 103, 1004, "");
    assert_eq!(w.finish().last().unwrap(), "1 end None_");

    // Without a SYN+ACK: the client's acknowledgement, time, a RST, or the end.
    let tail = ["1 B out_of_order 2", "1 B data 0 ab @3", "1 B data 2 cd @2"];
    let mut w = World::default();
    talk(&mut w);
    w.take();
    w.seg(A, "A", 103, 1004, "");
    assert_eq!(w.take(), tail);
    let mut w = World::default();
    talk(&mut w);
    w.take();
    w.advance(3000 * MS);
    assert_eq!(w.take(), tail);
    let mut w = World::default();
    talk(&mut w);
    w.take();
    w.seg(B, "RA", 1004, 103, "");
    assert_eq!(w.take(), [&tail[..], &["1 B reset"]].concat());
    let mut w = World::default();
    talk(&mut w);
    w.take();
    assert_eq!(w.finish()[..3], tail);

    // No more than sixteen wait, and no more bytes than an eighth of what may be held.
    let mut w = World::new(Limits { held_bytes: 8 * 512, ..Limits::default() });
    talk(&mut w);
    w.take();
    w.seg(B, "A", 1004, 103, "123456789");
    assert_eq!(w.take().len(), 4);
    let mut w = World::default();
    w.seg(A, "S", 99, 0, "");
    w.take();
    for n in 0..16 {
        w.seg(B, "A", 1000 + n, 100, "x");
    }
    assert_eq!(w.take(), [""; 0]);
    w.seg(B, "A", 1016, 100, "x");
    assert_eq!(w.take().len(), 17);
}

#[test]
fn a_reset_that_does_not_acknowledge_the_syn_ends_nothing() {
    let mut w = World::default();
    w.seg(A, "S", 99, 0, "");
    w.seg(B, "R", 0, 0, "");
    w.seg(B, "RA", 0, 99, "");
    w.seg(B, "RA", 0, 101, "");
    let unacceptable = "1 B reset, not acceptable";
    assert_eq!(w.take(), ["1 start", unacceptable, unacceptable, unacceptable]);
    w.seg(B, "SA", 999, 100, "");
    w.seg(A, "A", 100, 1000, "on");
    assert_eq!(w.take(), ["1 A data 0 on @6"]);
    assert_eq!(w.table.stats().unacceptable_resets, 3);
}

#[test]
fn refused_with_or_without_the_data_on_its_syn() {
    for ack in [100, 102, 104] {
        let mut w = World::default();
        w.seg(A, "S", 99, 0, "fast");
        w.seg(B, "RA", 0, ack, "");
        assert_eq!(w.take(), ["1 start", "1 A data 0 fast @1", "1 B reset", "1 B refused"]);
        assert_eq!(w.table.stats().refused, 1);
    }
}

#[test]
fn the_window_of_a_syn_is_not_scaled() {
    use wiretrace_tcp::{Flags, Segment};
    let mut w = World::default();
    let (key, options) = (w.key(), [3, 3, 7]);
    let base = Segment { window: 100, options: &options, ..Segment::default() };
    let mut push = |half, frame, flags, seq, ack, payload: &[u8]| {
        let payload_len = payload.len() as u32;
        let segment = Segment { half, frame, seq, ack, flags, payload, payload_len, ..base };
        w.table.push(&key, &segment, &mut w.log);
        w.take()
    };
    push(A, 1, Flags::SYN, 99, 0, b"");
    push(B, 2, Flags::SYN | Flags::ACK, 999, 100, b"");
    push(A, 3, Flags::ACK, 100, 1000, b"");
    assert_eq!(push(A, 4, Flags::ACK, 200, 1000, b"x"), ["1 A outside_window 1"], "100 bytes were offered");
    push(B, 5, Flags::ACK, 1000, 100, b"");
    assert_eq!(push(A, 6, Flags::ACK, 100 + 12_799, 1000, b"x"), [""; 0], "and then 12,800");
    assert_eq!(push(A, 7, Flags::ACK, 100 + 12_800, 1000, b"x"), ["1 A outside_window 1"]);
}

#[test]
fn no_more_is_pending_than_was_sent() {
    let mut w = World::default();
    let pending = std::cell::Cell::new(None);
    let mut sink = wiretrace_tcp::from_fn(|_: &mut Connection<()>, event: Event<'_>| {
        if let Event::Reset { pending: bytes, .. } = event {
            pending.set(Some(bytes));
        }
    });
    w.handshake(100, 1000);
    w.seg(A, "A", 100, 1000, "abcde");
    for (ack, bytes) in [(102, 3), (105, 0), (99, 5), (100u32.wrapping_sub(70_000), 5)] {
        w.seg(B, "A", 1000, ack, "");
        let (key, flags) = (w.key(), wiretrace_tcp::Flags::RST);
        let reset = wiretrace_tcp::Segment { half: B, frame: 9, seq: 1 << 30, flags, ..Default::default() };
        w.table.push(&key, &reset, &mut sink);
        assert_eq!(pending.get(), Some(bytes), "{ack} acknowledged");
    }
}

#[test]
fn the_end_may_come_in_steps() {
    let mut w = World::default();
    for _ in 0..5 {
        w.port += 1;
        w.seg(A, "A", 1, 1, "x");
    }
    w.take();
    assert_eq!(
        (w.table.nth_to_finish(1), w.table.nth_to_finish(5), w.table.nth_to_finish(6)),
        (Some(1), Some(5), None)
    );
    w.table.finish_up_to(2, &mut w.log);
    assert_eq!(w.take().iter().filter(|line| line.contains("end")).count(), 2);
    assert_eq!((w.table.len(), w.table.nth_to_finish(3)), (3, Some(5)));
    w.table.finish_up_to(2, &mut w.log);
    assert_eq!(w.take(), [""; 0]);
    let ends: Vec<String> = w.finish().into_iter().filter(|line| line.contains("end")).collect();
    assert_eq!(ends, ["3 end None_", "4 end None_", "5 end None_"]);
    assert_eq!(w.table.nth_to_finish(1), None);
}
