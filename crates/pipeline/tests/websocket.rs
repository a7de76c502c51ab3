//! WebSocket messages of captures: their order, times, sides, and every byte in the ledger.

mod support;

use std::io::Cursor;

use support::{run, run_reader};
use wiretrace_capture::{FileOptions, FileSource, PoolConfig};
use wiretrace_pipeline::{Config, Emitter, Event, Handler, Limits, Pipeline};
use wiretrace_testkit::build::Pcap;
use wiretrace_testkit::websocket::{CLOSE, CONTINUATION, Frame, PING, PONG, REQUEST, TEXT, response};
use wiretrace_testkit::wire::{Conversation, MILLISECOND, START, Side, merge};

const KEY: [u8; 4] = [1, 2, 3, 4];

fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    Frame::new(opcode, payload).bytes()
}

fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    Frame::new(opcode, payload).masked(KEY).bytes()
}

fn open() -> Conversation {
    let mut c = Conversation::new();
    c.syn().client(REQUEST).server(&response(""));
    c
}

fn capture(c: &Conversation) -> Vec<u8> {
    Pcap::new(1).nanoseconds().frames(&c.frames()).bytes()
}

/// What is reported: `http` for an exchange; of messages milliseconds since the start, side, kind, and so on.
fn reported(output: &str) -> Vec<String> {
    let lines = output.lines().filter(|line| !line.starts_with("TcpEvent"));
    lines
        .map(|line| {
            let Some(rest) = line.strip_prefix("websocket ") else { return "http".to_owned() };
            let (at, rest) = rest.split_once(' ').unwrap();
            let (_, rest) = rest.split_once("} ").unwrap();
            format!("{} {rest}", (at.parse::<i64>().unwrap() - START) / MILLISECOND)
        })
        .collect()
}

#[test]
fn a_conversation() {
    let mut c = open();
    // The time is that of the first byte, the place that of the last.
    let part = Frame { fin: false, ..Frame::new(TEXT, b"Hel") }.bytes();
    c.wait(1_000)
        .server(&part)
        .wait(1_000)
        .server(&frame(PING, b"?"))
        .wait(1_000)
        .server(&frame(CONTINUATION, b"lo"));
    c.wait(1_000).client(&masked(CLOSE, b"\x03\xe8bye")).fin();
    let run = run(&capture(&c), None);
    assert!(run.summary.ledger.is_exact());
    assert_eq!((run.summary.counts.messages, run.summary.counts.websocket_lost), (3, 0));
    assert_eq!(run.summary.ledger.websocket, 5 + 3 + 4 + 6 + 5);
    let expected = [
        "http",
        "2009 server ping 1 in 1 Plain \"?\" None true []",
        "1007 server text 5 in 2 Plain \"Hello\" None true []",
        "4013 client close 5 in 1 Plain \"\\u{3}\u{fffd}bye\" Some(1000) true []",
    ];
    let got = reported(&run.output);
    assert_eq!(got, expected);
    // The handshake and a message in one segment: the exchange comes first.
    let mut c = Conversation::new();
    c.syn().client(REQUEST).server(&[response(""), frame(TEXT, b"at once")].concat());
    let run = support::run(&capture(&c), None);
    assert_eq!(reported(&run.output)[0], "http");
    assert!(reported(&run.output)[1].contains("text 7 in 1 Plain \"at once\""), "{}", run.output);
}

#[test]
fn what_comes_before_the_answer_keeps_its_time() {
    let mut c = Conversation::new();
    c.syn().client(REQUEST).wait(500).client(&masked(TEXT, b"one")).wait(500).client(&masked(TEXT, b"two"));
    c.wait(500).server(&response("")).client(&masked(TEXT, b"three"));
    let got = reported(&run(&capture(&c), None).output);
    let times: Vec<i64> =
        got[1..].iter().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(times.len(), 3, "{got:#?}");
    assert!(
        (500..510).contains(&times[0]) && (1_000..1_020).contains(&times[1]) && times[2] > 1_500,
        "{times:?}"
    );
}

/// Writes side, kind, round trip in milliseconds and sub-protocol of each message.
struct RoundTrips;

impl Handler for RoundTrips {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        let Event::WebSocket(message) = event else { return };
        let milliseconds = message.round_trip().map(|nanos| nanos / MILLISECOND);
        let line = format!(
            "{} {} {milliseconds:?} {:?}\n",
            message.side().name(),
            message.opcode().name(),
            message.subprotocol().map(String::from_utf8_lossy),
        );
        out.emit(|out| out.extend_from_slice(line.as_bytes()));
    }
}

fn round_trips(c: &Conversation) -> Vec<String> {
    let reader = Box::new(Cursor::new(capture(c)));
    let mut source = FileSource::from_reader("test".into(), reader, &FileOptions::default()).unwrap();
    let (mut pipeline, mut output) = (Pipeline::new(&Config::default(), |_| RoundTrips), Vec::new());
    pipeline.run(&mut source, PoolConfig::default(), &mut output, || false).unwrap();
    pipeline.finish(&mut output).unwrap();
    String::from_utf8(output).unwrap().lines().map(String::from).collect()
}

#[test]
fn pongs_know_their_pings() {
    let mut c = open();
    c.server(&frame(PING, b"1")).wait(30).client(&masked(PONG, b"1"));
    // Two of one payload; the answer to the latest one stands for both.
    c.client(&masked(PING, b"")).wait(100).client(&masked(PING, b"")).wait(20).server(&frame(PONG, b""));
    // Unasked, another payload, answered before.
    c.client(&masked(PONG, b"x"))
        .server(&frame(PING, b"2"))
        .client(&masked(PONG, b"3"))
        .server(&frame(PONG, b""));
    // The answer to the second one stands for the first.
    c.server(&frame(PING, b"4")).server(&frame(PING, b"5")).wait(7).client(&masked(PONG, b"5"));
    c.client(&masked(PONG, b"4")).client(&masked(PONG, b"2")).fin();
    let got = round_trips(&c);
    let times: Vec<_> = got
        .iter()
        .filter(|line| line.contains(" pong "))
        .map(|line| line.split(' ').nth(2).unwrap())
        .collect();
    // A packet takes a millisecond in these conversations, and so does its acknowledgement.
    assert_eq!(
        times,
        ["Some(32)", "Some(22)", "None", "None", "None", "Some(9)", "None", "None"],
        "{got:#?}"
    );
    assert!(got.iter().all(|line| line.contains(" pong ") || line.contains(" None ")), "{got:#?}");
    // More than are remembered: the oldest are given up.
    let mut c = open();
    for n in 0..20u8 {
        c.server(&frame(PING, &[n]));
    }
    for n in [0, 3, 4, 19] {
        c.client(&masked(PONG, &[n]));
    }
    let got = round_trips(&c);
    let answered: Vec<_> =
        got.iter().filter(|line| line.contains(" pong ")).map(|line| !line.contains("pong None")).collect();
    assert_eq!(answered, [false, false, true, true]);
}

#[test]
fn the_subprotocol_is_named() {
    let answer = String::from_utf8(response("")).unwrap();
    let named = |name: &str| {
        let mut c = Conversation::new();
        let answer = answer.replace("Upgrade: w", &format!("Sec-WebSocket-Protocol: {name}\r\nUpgrade: w"));
        c.syn().client(REQUEST).server(answer.as_bytes()).server(&frame(TEXT, b"x"));
        round_trips(&c)
    };
    assert_eq!(named("chat"), ["server text None Some(\"chat\")"]);
    assert!(named(&"x".repeat(1_000))[0].len() < 300);
    let mut c = open();
    assert_eq!(round_trips(c.server(&frame(TEXT, b"x"))), ["server text None None"]);
}

#[test]
fn losses() {
    // A segment within a long message is lost: the message is cut, the next one is read.
    let mut c = open();
    let long = frame(TEXT, &[b'x'; 4_000]);
    c.server(&long[..1_460]).lose_next().server(&long[1_460..2_920]).server(&long[2_920..]);
    c.client(&masked(TEXT, b"heard")).wait(1_000).server(&frame(TEXT, b"next")).ack(Side::Client).fin();
    let run = run(&capture(&c), None);
    assert!(run.summary.ledger.is_exact(), "{:#?}", run.summary.ledger);
    assert_eq!((run.summary.counts.messages, run.summary.counts.websocket_lost), (3, 0));
    let got = reported(&run.output);
    let find = |what: &str| {
        got.iter().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}: {got:#?}"))
    };
    assert!(find("server text 4000 in 1").contains("false [(\"gap\""));
    find("client text 5 in 1 Plain \"heard\" None true []");
    find("server text 4 in 1 Plain \"next\" None true []");
    // One between messages: nothing more of that direction is read, and that is counted.
    let mut c = open();
    c.lose_next().server(&frame(TEXT, b"lost")).server(&frame(TEXT, b"unknown"));
    c.client(&masked(TEXT, b"heard")).wait(1_000).client(&masked(TEXT, b"again")).fin();
    let run = support::run(&capture(&c), None);
    assert!(run.summary.ledger.is_exact());
    assert_eq!((run.summary.counts.messages, run.summary.counts.websocket_lost), (2, 1));
    assert_eq!(run.summary.ledger.websocket, 9 + 11 + 11);
}

#[test]
fn what_messages_hold_is_bounded_for_all_of_them_together() {
    // 400 connections, each with half a message of 2,000 bytes; and then the other half.
    let mut conversations = Vec::new();
    for port in 0..400u16 {
        let mut c = Conversation::new();
        let message = masked(TEXT, &[b'x'; 4_000]);
        c.port(2_000 + port).at(START + i64::from(port)).syn().client(REQUEST).server(&response(""));
        c.mss(2_000)
            .client(&message[..2_000])
            .wait(5_000)
            .client(&message[2_000..])
            .client(&masked(TEXT, b"after"));
        conversations.push(c.fin().frames());
    }
    let bytes = Pcap::new(1).nanoseconds().frames(&merge(conversations)).bytes();
    let limits = Limits { application_bytes: 30_000, ..Limits::default() };
    let config = Config { partitions: 4, limits, ..Config::default() };
    let run = run_reader(Box::new(Cursor::new(bytes.clone())), &config, None);
    let counts = run.summary.counts;
    assert!(run.summary.ledger.is_exact());
    assert_eq!((counts.messages, counts.exchanges), (800, 400));
    assert!((300..=800).contains(&counts.application_over_limit), "{counts:?}");
    let (cut, after) =
        (run.output.matches("(\"limit\"").count(), run.output.matches("Plain \"after\"").count());
    assert!((300..400).contains(&cut) && after == 400, "{cut} cut, {after} behind them");
    let plenty = support::run(&bytes, None);
    assert!(!plenty.output.contains("limit") && plenty.summary.counts.application_over_limit == 0);
}
