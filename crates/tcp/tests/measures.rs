//! Conversations written by hand, and what was measured of them. A is the client unless said otherwise; times are in
//! milliseconds.

use wiretrace_tcp::{
    Config, Connection, Event, Flags, FlowKey, FlowTable, Half, HalfMeasures, Measure, Segment, Sink,
};

const A: Half = Half::A;
const B: Half = Half::B;
const MS: i64 = 1_000_000;

/// Keeps what only a table that measures has to say.
#[derive(Default)]
struct Heard {
    lines: Vec<String>,
    measures: Vec<[Option<HalfMeasures>; 2]>,
    retransmits: u32,
}

impl Sink<()> for Heard {
    fn event(&mut self, connection: &mut Connection<()>, event: Event<'_>) {
        self.lines.push(match event {
            Event::Retransmit { half, resend, .. } => {
                self.retransmits += 1;
                let resend = resend.expect("measured");
                let kind = resend.kind.map_or("?".to_string(), |kind| format!("{kind:?}"));
                let after = resend.after_ns.map_or("?".to_string(), |ns| (ns / MS).to_string());
                format!("{half:?} {kind} {after}")
            }
            Event::DuplicateAcks { half, ack, count } => format!("{half:?} dup {ack} x{count}"),
            Event::WindowFull { half, seq, len } => format!("{half:?} full {seq}+{len}"),
            Event::WindowOpen { half, closed_ns } => format!("{half:?} open {}", closed_ns / MS),
            Event::RoundTrip { half, end, len, ns } => format!("{half:?} trip {end} {len} {}", ns / MS),
            Event::End(_) => {
                self.measures.push(Half::BOTH.map(|half| connection.measures(half)));
                return;
            }
            _ => return,
        });
    }
}

struct Talk {
    table: FlowTable<()>,
    heard: Heard,
    frame: u64,
    window: u16,
    options: Vec<u8>,
    ident: u32,
}

impl Talk {
    fn new(measure: Measure) -> Self {
        let config = Config { measure, ..Config::default() };
        let table = FlowTable::new(config);
        Talk { table, heard: Heard::default(), frame: 0, window: 500, options: Vec::new(), ident: 0 }
    }

    /// `flags` is any of `SFR`; ACK is set but for a lone `S`.
    fn seg(&mut self, ms: i64, half: Half, flags: &str, seq: u32, ack: u32, len: usize) {
        static PAYLOAD: [u8; 65_536] = [b'x'; 65_536];
        self.frame += 1;
        let bits = flags.chars().map(|flag| match flag {
            'S' => Flags::SYN.0,
            'F' => Flags::FIN.0,
            'R' => Flags::RST.0,
            'A' => Flags::ACK.0,
            _ => panic!("no such flag"),
        });
        let flags = Flags(bits.sum());
        let segment = Segment {
            half,
            at: ms * MS,
            clock: (ms * MS) as u64,
            frame: self.frame,
            seq,
            ack,
            flags,
            window: self.window,
            payload: &PAYLOAD[..len],
            payload_len: len as u32,
            options: &self.options,
            ident: self.ident,
            ..Segment::default()
        };
        let key = FlowKey::from_v4([10, 0, 0, 1], 1000, [10, 0, 0, 2], 80).0;
        self.table.push(&key, &segment, &mut self.heard);
    }

    /// Data of A, B's sequence number being `b`.
    fn data(&mut self, ms: i64, seq: u32, len: usize) {
        self.seg(ms, A, "A", seq, 1, len);
    }

    /// An acknowledgement of B.
    fn ack(&mut self, ms: i64, ack: u32) {
        self.seg(ms, B, "A", 1, ack, 0);
    }

    fn options(&mut self, options: &[u8]) -> &mut Self {
        self.options = options.to_vec();
        self
    }

    /// SYN at 0, SYN+ACK at `rtt`, ACK: captured at the client. A's stream begins at `first`, B's at 1.
    fn handshake(&mut self, rtt: i64, first: u32) {
        self.seg(0, A, "S", first.wrapping_sub(1), 0, 0);
        self.seg(rtt, B, "SA", 0, first, 0);
        self.seg(rtt, A, "A", first, 1, 0);
    }

    fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard.lines)
    }

    /// Those of A and B, of the one connection.
    fn measures(&mut self) -> [HalfMeasures; 2] {
        self.table.finish(&mut self.heard);
        let [a, b] = self.heard.measures.pop().expect("one connection");
        let both = [a.expect("measured"), b.expect("measured")];
        let sum: u32 = both
            .iter()
            .map(|m| {
                let r = m.resends;
                r.timeout + r.fast + r.tail_probe + r.spurious + r.copies + r.unknown
            })
            .sum();
        assert_eq!(sum, self.heard.retransmits);
        both
    }
}

/// A timestamps option.
fn ts(value: u32, echo: u32) -> Vec<u8> {
    [&[1, 1, 8, 10][..], &value.to_be_bytes(), &echo.to_be_bytes()].concat()
}

/// A SACK option.
fn sack(blocks: &[(u32, u32)]) -> Vec<u8> {
    let mut option = vec![1, 1, 5, 2 + 8 * blocks.len() as u8];
    for (left, right) in blocks {
        option.extend(left.to_be_bytes());
        option.extend(right.to_be_bytes());
    }
    option
}

#[test]
fn nothing_is_measured_where_it_is_not_asked_for_or_nothing_is_carried() {
    let mut t = Talk::new(Measure::Off);
    t.handshake(10, 100);
    t.data(20, 100, 10);
    t.table.finish(&mut t.heard);
    assert_eq!(t.heard.measures, [[None, None]]);
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(10, 100);
    t.table.finish(&mut t.heard);
    assert_eq!(t.heard.measures, [[None, None]]);
}

#[test]
fn round_trips_over_the_wrap() {
    let first = u32::MAX - 149;
    let mut t = Talk::new(Measure::Series);
    t.handshake(40, first);
    t.data(50, first, 100);
    t.data(51, first + 100, 100);
    t.data(52, first.wrapping_add(200), 100);
    t.ack(90, first.wrapping_add(100));
    t.ack(99, first.wrapping_add(300));
    assert_eq!(t.take(), ["A trip 100 100 40", "A trip 200 100 48", "A trip 300 100 47"]);
    let [a, b] = t.measures();
    assert_eq!((a.rtt.samples, a.rtt.min, a.rtt.max), (3, 40 * MS, 48 * MS));
    assert_eq!(a.rtt.smoothed, 41_750_000, "40, then + (48 - 40) / 8, then + (47 - 41) / 8");
    assert!((47 * MS..=48 * MS).contains(&a.rtt.p50), "{}", a.rtt.p50);
    assert_eq!(a.rtt.p95, 48 * MS);
    assert_eq!((b.ack_delay.samples, b.ack_delay.min, b.ack_delay.max), (3, 0, 8 * MS));
    assert_eq!((b.rtt.samples, a.ack_delay.samples), (0, 0));
    assert_eq!((a.in_flight_peak, a.initial_burst), (300, 300));
}

#[test]
fn delayed_acknowledgements() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(20, 100);
    for n in 0..10 {
        let (ms, seq) = (1000 * i64::from(n), 100 + 10 * n);
        t.data(100 + ms, seq, 10);
        // Every second one waits for its timer.
        t.ack(if n % 2 == 0 { 120 } else { 160 } + ms, seq + 10);
    }
    assert_eq!(t.take(), [""; 0], "no series was asked for");
    let [a, b] = t.measures();
    assert_eq!((a.rtt.samples, a.rtt.min, a.rtt.max), (10, 20 * MS, 60 * MS));
    assert!((20 * MS..=20 * MS * 9 / 8).contains(&a.rtt.p50) && a.rtt.p95 == 60 * MS);
    let delay = b.ack_delay;
    assert_eq!((delay.samples, delay.min, delay.p95, delay.max), (10, 0, 40 * MS, 40 * MS));
    assert_eq!((a.longest_silence_ns, a.sending_ns), (1000 * MS, 9000 * MS));
    assert_eq!(a.goodput(100), Some(100.0 / 9.0));
}

#[test]
fn karns_rule() {
    let mut t = Talk::new(Measure::Series);
    t.handshake(40, 100);
    t.data(50, 100, 10);
    t.data(51, 110, 10);
    t.data(52, 120, 10);
    t.ack(90, 110);
    t.data(400, 110, 10);
    t.data(401, 130, 10);
    t.ack(440, 130);
    t.ack(441, 140);
    let want = ["A trip 10 10 40", "A Timeout 349", "A trip 40 10 40"];
    assert_eq!(t.take(), want, "what was under way waited for what was lost");
    assert_eq!(t.measures()[0].rtt.samples, 2);
}

#[test]
fn what_fills_a_hole_gives_no_sample_either() {
    let mut t = Talk::new(Measure::Series);
    t.handshake(40, 100);
    t.data(50, 110, 10);
    t.data(60, 100, 10);
    t.data(61, 120, 30);
    t.ack(90, 150);
    assert_eq!(t.take(), ["A trip 50 30 29"], "the receiver's side of a loss");
    let [a, _] = t.measures();
    assert_eq!((a.reordering_extent, a.resends.unknown, a.resent_bytes), (20, 0, 0));
}

#[test]
fn the_table_is_bounded_and_says_so() {
    for (measure, followed) in [(Measure::Sketch, 16), (Measure::Series, 4096)] {
        let mut t = Talk::new(measure);
        t.handshake(40, 0);
        (0..5000).for_each(|n| t.data(50, n, 1));
        t.ack(90, 5000);
        let [a, _] = t.measures();
        assert_eq!((a.rtt.samples, a.rtt_passed_over), (followed, 5000 - followed));
        assert_eq!(a.in_flight_peak, 5000);
    }
}

#[test]
fn timestamps() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    t.options(&ts(7, 1)).data(50, 100, 10);
    t.options(&ts(7, 1)).data(51, 110, 10);
    t.options(&ts(9, 1)).data(52, 120, 10);
    t.options(&ts(500, 7)).ack(90, 110);
    t.options(&ts(501, 7)).ack(91, 120);
    t.options(&ts(502, 9)).ack(94, 130);
    // Sent again with a new value: no doubt which one is answered.
    t.options(&ts(300, 502)).data(400, 120, 10);
    t.options(&ts(600, 300)).ack(441, 130);
    let [a, b] = t.measures();
    let by = a.rtt_by_timestamps;
    assert_eq!((by.samples, by.min, by.max), (3, 40 * MS, 42 * MS));
    assert_eq!(b.rtt_by_timestamps.samples, 0, "what carries no data is echoed late");
    assert_eq!(a.rtt.samples, 3);
    assert_eq!(a.resends.spurious, 1);
}

#[test]
fn fast_retransmit_after_three_duplicates() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    (0..6).for_each(|n| t.data(50 + i64::from(n), 100 + 10 * n, 10));
    t.ack(90, 110);
    (0..4).for_each(|n| t.ack(92 + n, 110));
    t.data(95, 110, 10);
    t.ack(135, 130);
    // A partial acknowledgement: the next hole is of the same kind (RFC 6582).
    t.data(136, 130, 10);
    t.ack(176, 160);
    let want = ["A Fast 44", "B dup 110 x4", "A Fast 83"];
    assert_eq!(t.take(), want);
    let [a, b] = t.measures();
    assert_eq!((a.resends.fast, a.resent_bytes), (2, 20));
    assert_eq!((b.acknowledgements.duplicates, b.acknowledgements.longest_run), (4, 4));
}

#[test]
fn what_is_no_duplicate() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    t.data(50, 100, 10);
    t.ack(90, 110);
    (0..3).for_each(|n| t.ack(91 + n, 110)); // nothing is under way
    t.data(100, 110, 20);
    t.window += 1;
    t.ack(101, 110); // another window
    t.seg(102, B, "A", 1, 110, 5); // with data
    t.seg(103, B, "FA", 6, 110, 0); // with a FIN
    t.ident = 77;
    t.ack(104, 110); // one
    t.ack(104, 110); // the same packet
    t.ident = 78;
    t.ack(105, 110); // two
    t.ack(106, 130);
    assert_eq!(t.take(), [""; 0]);
    let [_, b] = t.measures();
    assert_eq!((b.acknowledgements.duplicates, b.acknowledgements.longest_run), (2, 2));
}

#[test]
fn a_run_that_is_open_at_the_end_is_told() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    t.data(50, 100, 10);
    t.data(50, 110, 10);
    t.ack(90, 110);
    (0..3).for_each(|n| t.ack(91 + n, 110));
    t.measures();
    assert_eq!(t.take(), ["B dup 110 x3"]);
}

#[test]
fn selective_acknowledgements_tell_of_a_loss() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    (0..4).for_each(|n| t.data(50, 100 + 10 * n, 10));
    t.ack(90, 110);
    t.options(&sack(&[(120, 140)])).ack(91, 110);
    t.options(&[]).data(101, 110, 10);
    assert_eq!(t.take(), ["A Fast 51"]);
    assert_eq!(t.measures()[0].resends.fast, 1);
}

#[test]
fn a_duplicate_sack_makes_it_spurious() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    (0..4).for_each(|n| t.data(50, 100 + 10 * n, 10));
    t.options(&sack(&[(110, 140)])).ack(90, 100);
    t.options(&[]).data(91, 100, 10);
    t.ack(92, 140); // the first one was late, not lost
    t.options(&sack(&[(100, 110)])).ack(131, 140);
    assert_eq!(t.take(), ["A Fast 41"]);
    let [a, _] = t.measures();
    assert_eq!((a.resends.fast, a.resends.spurious, a.resent_bytes), (0, 1, 10));
    // A block within the second one is one, too (RFC 2883 §4.2).
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    (0..4).for_each(|n| t.data(50, 100 + 10 * n, 10));
    t.ack(90, 100);
    t.data(400, 110, 10);
    t.options(&sack(&[(110, 120), (110, 140)])).ack(440, 100);
    let [a, _] = t.measures();
    assert_eq!((a.resends.unknown, a.resends.spurious), (0, 1));
}

#[test]
fn acknowledged_already() {
    let mut t = Talk::new(Measure::Series);
    t.handshake(40, 100);
    t.data(50, 100, 10);
    t.ack(90, 110);
    t.data(290, 100, 10);
    t.data(291, 110, 10);
    t.ack(331, 120);
    let want = ["A trip 10 10 40", "A Spurious 240", "A trip 20 10 40"];
    assert_eq!(t.take(), want, "it spoils nobody's round trip");
}

#[test]
fn copies_of_a_mirror() {
    let mut t = Talk::new(Measure::Series);
    t.handshake(40, 100);
    for n in 0..3_u32 {
        let ms = 50 + 50 * i64::from(n);
        t.ident = 10 + n;
        t.data(ms, 100 + 10 * n, 10);
        t.data(ms, 100 + 10 * n, 10);
        t.ident = 20 + n;
        t.ack(ms + 40, 110 + 10 * n);
        t.ack(ms + 40, 110 + 10 * n);
    }
    let want = ["A Copy 0", "A trip 10 10 40", "A Copy 0", "A trip 20 10 40", "A Copy 0", "A trip 30 10 40"];
    assert_eq!(t.take(), want);
    // The same bytes in another packet are none, nor is the same packet much later.
    t.ident = 50;
    t.data(200, 130, 10);
    t.ident = 51;
    t.data(201, 130, 10);
    t.ident = 50;
    t.data(501, 130, 10);
    assert_eq!(t.take(), ["A ? 1", "A Timeout 300"]);
    let [a, b] = t.measures();
    assert_eq!((a.resends.copies, a.resends.unknown, a.resends.timeout, a.resent_bytes), (3, 1, 1, 20));
    assert_eq!(b.acknowledgements.duplicates, 0);
}

#[test]
fn timeouts_back_off() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    t.data(50, 100, 10);
    t.ack(90, 110);
    t.data(100, 110, 10);
    t.data(100, 120, 10);
    // Linux: SRTT + 200 ms, then twice as long.
    t.data(340, 110, 10);
    t.data(820, 110, 10);
    t.data(1780, 110, 10);
    t.ack(1820, 120);
    // Sent for the same reason, without a time-out of its own.
    t.data(1821, 120, 10);
    t.ack(1861, 130);
    let want = ["A Timeout 240", "A Timeout 480", "A Timeout 960", "A Timeout 1721"];
    assert_eq!(t.take(), want);
    assert_eq!(t.measures()[0].resends.timeout, 4);
}

#[test]
fn a_tail_probe_and_the_timeout_behind_it() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    t.data(50, 100, 10);
    t.ack(90, 110);
    (0..3).for_each(|n| t.data(100, 110 + 10 * n, 10));
    t.data(182, 130, 10); // two round trips later: the last one
    t.data(422, 110, 10); // the timer, started again: the first one
    t.ack(462, 140);
    assert_eq!(t.take(), ["A TailProbe 82", "A Timeout 322"]);
    let [a, _] = t.measures();
    assert_eq!((a.resends.tail_probe, a.resends.timeout), (1, 1));
    // A single segment: below the timer.
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(100, 100);
    t.data(110, 100, 10);
    t.ack(210, 110);
    t.data(300, 110, 10);
    t.data(505, 110, 10);
    t.data(900, 110, 10);
    assert_eq!(t.take(), ["A TailProbe 205", "A Timeout 395"]);
}

#[test]
fn a_lost_fin() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    t.data(50, 100, 10);
    t.ack(90, 110);
    t.seg(100, A, "FA", 110, 1, 0);
    t.seg(345, A, "FA", 110, 1, 0);
    t.ack(385, 111);
    t.seg(386, A, "FA", 110, 1, 0);
    assert_eq!(t.take(), ["A Timeout 245", "A Spurious 41"]);
    let [a, _] = t.measures();
    assert_eq!((a.resent_bytes, a.resends.timeout, a.resends.spurious), (0, 1, 1));
}

#[test]
fn one_side_alone() {
    let mut t = Talk::new(Measure::Sketch);
    t.data(0, 100, 10);
    t.data(10, 100, 10); // who knows
    t.data(1010, 100, 10); // RFC 6298 §2.1
    t.data(1020, 110, 10);
    t.data(1320, 110, 10);
    t.data(1920, 110, 10); // twice as long
    assert_eq!(t.take(), ["A ? 10", "A Timeout 1000", "A ? 300", "A Timeout 600"]);
    let [a, b] = t.measures();
    assert_eq!((a.in_flight_peak, a.initial_burst, a.rtt.samples), (0, 0, 0));
    assert_eq!((a.window_min, a.initial_window, b.window_min), (None, None, None));
    // Acknowledgements alone give rise to nothing.
    let mut t = Talk::new(Measure::Sketch);
    t.window = 0;
    (0..5).for_each(|n| t.ack(n, 100));
    let [_, b] = t.measures();
    assert_eq!((b.acknowledgements.duplicates, b.zero_window_ns), (0, 4 * MS));
}

#[test]
fn at_the_receiver_a_retransmission_is_new() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(0, 100);
    t.data(50, 100, 10);
    t.ack(50, 110);
    t.data(60, 120, 10);
    t.ack(60, 110);
    t.data(300, 110, 10);
    t.ack(300, 130);
    assert_eq!(t.take(), [""; 0]);
    let [a, b] = t.measures();
    assert_eq!((a.resent_bytes, a.reordering_extent), (0, 20));
    assert_eq!(b.acknowledgements.duplicates, 1);
}

#[test]
fn a_zero_window_and_its_length() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    t.data(50, 100, 10);
    t.window = 0;
    t.ack(90, 110);
    t.window = 500;
    t.data(290, 110, 1); // a probe ..
    t.window = 0;
    t.ack(330, 110); // .. and what it gets
    t.ack(331, 110);
    t.window = 80;
    t.ack(430, 110);
    t.window = 500;
    t.data(440, 110, 60);
    t.window = 0;
    t.ack(480, 170);
    t.ack(490, 170);
    assert_eq!(t.take(), ["B open 340"]);
    let [a, b] = t.measures();
    assert_eq!((b.zero_window_ns, b.acknowledgements.duplicates), (350 * MS, 0));
    assert_eq!((b.window_min, b.window_peak, b.initial_window), (Some(0), Some(80), Some(500)));
    assert_eq!((a.zero_window_ns, a.window_min, a.window_peak), (0, Some(500), Some(500)));
    assert_eq!(a.resends, wiretrace_tcp::Resends::default(), "a probe is no retransmission");
}

#[test]
fn a_full_window() {
    let first = u32::MAX - 49;
    let mut t = Talk::new(Measure::Sketch);
    t.options(&[3, 3, 2]);
    t.window = 50;
    t.seg(0, A, "S", first.wrapping_sub(1), 0, 0);
    t.seg(40, B, "SA", 0, first, 0);
    t.options(&[]);
    t.seg(40, A, "A", first, 1, 0);
    t.data(50, first, 50); // a SYN's window is not scaled
    t.window = 30;
    t.ack(90, first.wrapping_add(50));
    t.data(100, 0, 119);
    t.data(101, 119, 1); // 30 * 4 = 120
    t.data(102, 119, 1);
    t.ack(140, 120);
    assert_eq!(t.take(), [format!("A full {first}+50"), "A full 119+1".into(), "A ? 1".into()]);
    let [a, b] = t.measures();
    assert_eq!((a.window_fulls, b.window_fulls), (2, 0));
    assert_eq!((b.initial_window, b.window_min, b.window_peak), (Some(50), Some(120), Some(120)));
    assert_eq!((a.in_flight_peak, a.initial_burst), (120, 50));
}

#[test]
fn without_the_scale_nothing_is_said_of_windows() {
    let mut t = Talk::new(Measure::Sketch);
    t.data(0, 100, 10);
    t.ack(10, 110);
    t.data(20, 110, 500);
    t.ack(30, 610);
    assert_eq!(t.take(), [""; 0]);
    let [a, b] = t.measures();
    assert_eq!((a.window_fulls, b.window_min, b.window_peak), (0, None, None));
    assert_eq!((a.initial_burst, a.in_flight_peak, a.rtt.samples), (0, 500, 2));
}

#[test]
fn stamps_that_go_back() {
    let mut t = Talk::new(Measure::Series);
    t.handshake(40, 100);
    t.data(i64::MAX / MS - 1, 100, 10);
    t.ack(-90, 110);
    t.data(-i64::MAX / MS + 1, 110, 10);
    t.data(-i64::MAX / MS, 110, 10);
    t.ack(i64::MAX / MS, 120);
    let [a, b] = t.measures();
    assert_eq!((a.rtt.samples, a.rtt.max, a.sending_ns), (1, 0, 0));
    assert_eq!((a.longest_silence_ns, b.longest_silence_ns), (0, i64::MAX), "at most");
}

#[test]
fn the_next_connection_begins_anew() {
    let mut t = Talk::new(Measure::Sketch);
    t.handshake(40, 100);
    t.options(&ts(7, 1)).data(50, 100, 10);
    t.options(&ts(1, 7)).ack(90, 110);
    t.options(&[]).data(400, 100, 10);
    t.seg(500, A, "RA", 110, 1, 0);
    t.seg(900, A, "S", 5000, 0, 0);
    assert_eq!(std::mem::take(&mut t.heard.retransmits), 1);
    t.seg(940, B, "SA", 0, 5001, 0);
    t.data(941, 5001, 20);
    t.ack(950, 5021);
    let [a, b] = t.measures();
    assert_eq!((a.rtt.samples, a.rtt.max, a.in_flight_peak), (1, 9 * MS, 20));
    assert_eq!((a.resent_bytes, a.rtt_by_timestamps.samples, a.sending_ns), (0, 0, 0));
    assert_eq!((b.ack_delay.samples, b.zero_window_ns), (1, 0));
}
