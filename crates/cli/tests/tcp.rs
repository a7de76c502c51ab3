//! `wiretrace tcp`: objects, lines, tables, and the options about TCP.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use wiretrace_testkit::build::{Frame, Pcap};
use wiretrace_testkit::flood;
use wiretrace_testkit::wire::{Conversation, START, Side, merge};

/// A capture in a directory of its own.
struct Capture {
    path: PathBuf,
    _dir: tempfile::TempDir,
}

impl Capture {
    fn new(frames: &[Frame]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("capture.pcap");
        std::fs::write(&path, Pcap::new(1).nanoseconds().frames(frames).bytes()).unwrap();
        Self { path, _dir: dir }
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wiretrace"));
        command.args(args).arg("-r").arg(&self.path).env("TZ", "UTC").stdin(Stdio::null());
        command.output().unwrap()
    }

    fn text(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The objects of `wiretrace tcp --json`; the last one is `stats`.
    fn objects(&self, args: &[&str]) -> Vec<Value> {
        let all = [&["tcp", "--json"], args].concat();
        self.text(&all).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn of<'o>(objects: &'o [Value], event: &str) -> Vec<&'o Value> {
    objects.iter().filter(|object| object["event"] == event).collect()
}

/// One connection that is refused, one that nothing answers, one that is reset with data under way, one that ends well.
fn four() -> Capture {
    let mut refused = Conversation::new();
    refused.port(1).syn_only(Side::Client).rst_from(Side::Server);
    let mut unanswered = Conversation::new();
    unanswered.port(2).wait(5).syn_only(Side::Client).wait(1_000).duplicate();
    let mut reset = Conversation::new();
    reset.port(3).wait(100).syn().client(b"hello").rst_from(Side::Server);
    let mut good = Conversation::new();
    good.port(4).wait(200).syn().client(b"hello").server(b"hello").wait(20_000).fin();
    Capture::new(&merge([refused, unanswered, reset, good].map(|c| c.frames())))
}

#[test]
fn each_way_to_end_has_its_words() {
    let capture = four();
    let objects = capture.objects(&[]);
    let outcomes: Vec<_> = of(&objects, "end")
        .iter()
        .map(|end| {
            let client = end["conn"]["client"].as_str().unwrap();
            (
                client.rsplit_once(':').unwrap().1,
                end["outcome"].as_str().unwrap(),
                end["reason"].as_str().unwrap(),
            )
        })
        .collect();
    let want =
        [("1", "refused", "rst"), ("2", "unanswered", "none"), ("3", "reset", "rst"), ("4", "closed", "fin")];
    assert_eq!(outcomes, want);
    assert_eq!(of(&objects, "refused")[0]["dir"], "server");
    let unanswered = of(&objects, "unanswered");
    assert_eq!((unanswered.len(), &unanswered[0]["dir"]), (1, &Value::from("client")));
    assert!(unanswered[0].get("frame").is_none(), "a deadline has no packet: {}", unanswered[0]);
    assert_eq!(of(&objects, "syn_retry").len(), 1);
    let resets = of(&objects, "reset");
    assert!(resets.iter().all(|reset| reset["acceptable"] == true && reset["dir"] == "server"));
    assert_eq!(
        of(&objects, "fin").iter().map(|fin| fin["dir"].as_str().unwrap()).collect::<Vec<_>>(),
        ["client", "server"]
    );
    let stats = objects.last().unwrap();
    assert_eq!(
        (&stats["refused"], &stats["unanswered"], &stats["timed_out"]),
        (&1.into(), &1.into(), &0.into())
    );
    // In lines: when they close, in that order; what was never answered comes with the end of the input.
    let text = capture.text(&["tcp"]);
    let words: Vec<_> = text.lines().map(|line| line.split(' ').nth(4).unwrap()).collect();
    assert_eq!(words, ["!refused", "!reset", "closed", "!unanswered"], "{text}");
    let ts: Vec<_> =
        of(&objects, "fin").iter().map(|fin| fin["ts"].as_str().unwrap()[11..23].to_owned()).collect();
    assert!(text.lines().nth(2).unwrap().starts_with(&ts[1]), "at the second FIN: {text}");
}

#[test]
fn an_opening_has_two_halves_and_options_of_both_sides() {
    let mut c = Conversation::new();
    c.mss(1400).syn_only(Side::Client).wait(30).syn_only(Side::Server).wait(4).ack(Side::Client);
    c.client(b"hello").fin();
    let capture = Capture::new(&c.frames());
    let objects = capture.objects(&[]);
    let established = of(&objects, "established")[0];
    assert_eq!(established["handshake_ms"], 36);
    assert_eq!((&established["to_server_ms"], &established["to_client_ms"]), (&31.into(), &5.into()));
    assert_eq!((&established["frame"], &established["dir"]), (&3.into(), &"client".into()));
    for side in ["client", "server"] {
        assert_eq!(established["options"][side]["mss"], 1400);
        assert_eq!(established["options"][side]["sack"], false);
        assert!(established["options"][side].get("window_scale").is_none());
    }
    let end = of(&objects, "end")[0];
    for member in ["handshake_ms", "to_server_ms", "to_client_ms", "options"] {
        assert_eq!(end[member], established[member], "{member}");
    }
    assert_eq!(
        end["client"]["wire_bytes"].as_u64().unwrap() - end["client"]["header_bytes"].as_u64().unwrap(),
        5
    );
    assert!(
        capture.text(&["tcp"]).contains("handshake 36.0ms (server 31.0ms, client 5.00ms); client 5B in ")
    );
    // Frames are those of the capture, and the rest is as without them.
    let frames: Vec<_> = objects.iter().filter_map(|object| object["frame"].as_u64()).collect();
    assert!(frames.is_sorted() && *frames.last().unwrap() <= c.frames().len() as u64);
}

#[test]
fn digests_are_of_whole_streams_only() {
    let mut whole = Conversation::new();
    whole.port(1).syn().client(b"hel").swap().client(b"lo").fin();
    let mut hole = Conversation::new();
    hole.port(2).wait(100).syn().client(b"hel").lose_next().client(b"lo").server(b"hello").fin();
    let capture = Capture::new(&merge([whole, hole].map(|c| c.frames())));
    let objects = capture.objects(&["--digests"]);
    let ends = of(&objects, "end");
    // Of "hello" and of nothing.
    let (hello, nothing) =
        ("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_eq!((&ends[0]["client"]["sha1"], &ends[0]["server"]["sha1"]), (&hello.into(), &nothing.into()));
    assert_eq!((ends[1]["client"].get("sha1"), &ends[1]["server"]["sha1"]), (None, &hello.into()));
    assert_eq!(ends[1]["client"]["missing_bytes"], 2);
    let without = capture.objects(&[]);
    assert!(of(&without, "end").iter().all(|end| end["client"].get("sha1").is_none()));
}

#[test]
fn the_receivers_system_decides_between_copies() {
    let mut c = Conversation::new();
    c.syn().delay_next().client(b"AAAA").client(b"BBBB").overlap(Side::Client, 4, b"CCCCCC").release().fin();
    let capture = Capture::new(&c.frames());
    let mut digests = Vec::new();
    for policy in ["first", "bsd", "linux", "last"] {
        let objects = capture.objects(&["--digests", "--overlap", policy]);
        assert_eq!(of(&objects, "overlap")[0]["conflict"], true);
        assert_eq!(objects.last().unwrap()["conflicts"], 1);
        digests.push(of(&objects, "end")[0]["client"]["sha1"].as_str().unwrap().to_owned());
    }
    // AAAABBBBCC, and AAAACCCCCC: the new one begins where the old one does, and is longer.
    let (kept, replaced) =
        ("b173ec9d5ef9ca2ef65b9f9d7b451cfdde2843b6", "c30a68ac9365f4a888d0f3c949bc6e27e190287a");
    assert_eq!(digests, [kept, kept, replaced, replaced]);
}

#[test]
fn wrong_checksums_are_left_out_where_asked() {
    let mut c = Conversation::new();
    c.syn().client(b"hello").server(b"hello").fin();
    let mut frames = c.frames();
    *frames[3].1.last_mut().unwrap() ^= 1;
    let capture = Capture::new(&frames);
    let plain = capture.objects(&[]);
    assert_eq!(of(&plain, "end")[0]["client"]["unique_bytes"], 5);
    assert_eq!(plain.last().unwrap()["bad_checksums"], 0);
    let output = capture.run(&["tcp", "--json", "--check-checksums"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("1 packet with a wrong checksum left out"), "{said}");
    let checked = capture.objects(&["--check-checksums"]);
    let end = of(&checked, "end")[0];
    assert_eq!((&end["client"]["unique_bytes"], &end["client"]["missing_bytes"]), (&0.into(), &5.into()));
    let stats = checked.last().unwrap();
    assert_eq!((&stats["bad_checksums"], &stats["ledger"]["undecodable"]), (&1.into(), &5.into()));
    assert_eq!(stats["malformed"], 0);
}

#[test]
fn silence_ends_connections_where_asked() {
    let (mut half_open, mut half_closed, mut idle, mut late) =
        (Conversation::new(), Conversation::new(), Conversation::new(), Conversation::new());
    half_open.port(1).syn_only(Side::Client);
    half_closed.port(2).syn().client(b"hello").fin_from(Side::Client);
    idle.port(3).syn().client(b"hello");
    late.port(4).wait(3_000_000).syn().client(b"hello");
    let capture = Capture::new(&merge([half_open, half_closed, idle, late].map(|c| c.frames())));
    assert!(of(&capture.objects(&[]), "timeout").is_empty());
    let ports = |args: &[&str]| -> Vec<String> {
        let objects = capture.objects(args);
        let stats = objects.last().unwrap();
        let timeouts = of(&objects, "timeout");
        assert_eq!(stats["timed_out"], timeouts.len());
        let limits = &stats["limits"];
        let sum = ["half_open", "half_closed", "idle"].map(|name| limits[name].as_u64().unwrap());
        assert_eq!(sum.iter().sum::<u64>(), timeouts.len() as u64);
        let port =
            |end: &&Value| end["conn"]["client"].as_str().unwrap().rsplit_once(':').unwrap().1.to_owned();
        timeouts.iter().map(port).collect()
    };
    // After 50 minutes: what is established has more than two hours.
    assert_eq!(ports(&["--timeouts"]), ["1", "2"]);
    assert_eq!(ports(&["--timeouts=idle=60"]), ["3", "1", "2"]);
    assert_eq!(ports(&["--timeouts=half-open=1,half-closed=10000"]), ["1"]);
    let text = capture.text(&["tcp", "--timeouts"]);
    assert!(text.lines().next().unwrap().contains(" timed out, !unanswered after "), "{text}");
}

#[test]
fn bounds_hold_and_are_counted() {
    let capture = Capture::new(&flood::syns(START, 1_000_000).take(2_000).collect::<Vec<_>>());
    let objects = capture.objects(&["--max-connections", "640"]);
    let (mut open, mut most) = (0i64, 0);
    for object in &objects {
        open += match object["event"].as_str() {
            Some("start") => 1,
            Some("end") => -1,
            _ => 0,
        };
        most = most.max(open);
    }
    assert!((600..=640).contains(&most) && open == 0, "{most} at a time");
    let stats = objects.last().unwrap();
    let evicted = of(&objects, "evicted");
    assert!(evicted.len() >= 2_000 - 640);
    assert_eq!(
        (&stats["evicted"], &stats["limits"]["connections"]),
        (&evicted.len().into(), &evicted.len().into())
    );
    let text = capture.text(&["tcp", "--max-connections", "640"]);
    assert_eq!(text.matches(" evicted, !unanswered after ").count(), evicted.len());

    // A hole that nobody acknowledges, and 300 KB behind it.
    let mut c = Conversation::new();
    c.acks(wiretrace_testkit::wire::Acks::None).syn().client(b"x").lose_next().client(b"lost");
    c.client(&[b'y'; 300_000]);
    let capture = Capture::new(&c.frames());
    let gaps = |args: &[&str]| {
        let objects = capture.objects(args);
        let limits = &objects.last().unwrap()["limits"];
        let hits = ["held_bytes", "held_bytes_per_half"].map(|name| limits[name].as_u64().unwrap());
        let gap = of(&objects, "gap")[0];
        assert_eq!(gap["bytes"], 4);
        // Given up by a packet, or at the end.
        (hits, gap.get("frame").is_some())
    };
    assert_eq!(gaps(&[]), ([0, 0], false));
    assert_eq!(gaps(&["--max-held-stream", "64K"]), ([0, 1], true));
    assert_eq!(gaps(&["--max-held", "4M"]), ([1, 0], true));
}

#[test]
fn a_linger_of_nothing_ends_at_once() {
    let mut c = Conversation::new();
    c.syn().client(b"hello").fin();
    let capture = Capture::new(&c.frames());
    let count = |args: &[&str]| of(&capture.objects(args), "end").len();
    // The acknowledgement of the last FIN comes too late then.
    assert_eq!((count(&[]), count(&["--linger", "0"])), (1, 2));
}

#[test]
fn a_table_is_sorted_and_cut() {
    let conversations = (1..=9u16).map(|n| {
        let mut c = Conversation::new();
        c.port(n).wait(i64::from(n) * 10_000).syn().client(&vec![b'x'; 100 * usize::from(n)]);
        for _ in 0..(n * 7) % 10 {
            c.duplicate();
        }
        c.wait(i64::from((n * 3) % 10) * 1_000).fin();
        c.frames()
    });
    let capture = Capture::new(&merge(conversations));
    let ports = |args: &[&str]| -> Vec<u16> {
        let text = capture.text(&[&["tcp", "--summary"], args].concat());
        let (head, rows) = text.split_once('\n').unwrap();
        assert!(head.contains(" duration ") && head.ends_with(" verdict"), "{head}");
        let rows: Vec<_> = rows.lines().collect();
        let (last, rows) = rows.split_last().unwrap();
        assert!(last.starts_with(&format!("{} of 9 connections, ", rows.len())), "{last}");
        rows.iter()
            .map(|row| row.split_whitespace().nth(1).unwrap().rsplit_once(':').unwrap().1.parse().unwrap())
            .collect()
    };
    assert_eq!(ports(&["--top", "3"]), [3, 6, 9]);
    assert_eq!(ports(&["--sort", "largest"]), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(ports(&["--sort", "resent", "--top", "4"]), [7, 4, 1, 8]);
    for order in ["missing", "rtt", "zero-window", "handshake"] {
        assert_eq!(ports(&["--sort", order]).len(), 9, "{order}");
    }
    let one = capture.text(&["tcp", "--summary", "--threads", "1"]);
    assert_eq!(one, capture.text(&["tcp", "--summary", "--threads", "4"]));
}

#[test]
fn threads_make_no_difference_to_what_is_measured() {
    let conversations = (0..300u16).map(|n| {
        let mut c = Conversation::new();
        c.port(1_000 + n).wait(i64::from(n) * 40).mss(100 + usize::from(n)).syn();
        for round in 0..n % 5 {
            c.client(&[b'x'; 700]);
            match (n + round) % 7 {
                0 => drop(c.lose_next()),
                1 => drop(c.duplicate()),
                2 => drop(c.swap()),
                3 => drop(c.zero_window(Side::Server).wait(300).ack(Side::Server)),
                4 => drop(c.keep_alive(Side::Client)),
                _ => {}
            }
            c.server(&[b'y'; 900]);
        }
        if n % 2 == 0 {
            c.fin();
        }
        c.frames()
    });
    let capture = Capture::new(&merge(conversations));
    for form in [
        &["tcp", "--json", "--digests", "--rtt-series"][..],
        &["tcp", "--rtt-series"],
        &["http", "--tcp-verbose"],
    ] {
        let want = capture.text(&[form, &["--threads", "1"]].concat());
        assert!(want.lines().count() >= 300);
        for threads in ["2", "4", "8"] {
            assert!(
                capture.text(&[form, &["--threads", threads]].concat()) == want,
                "{form:?}, {threads} threads"
            );
        }
    }
}

/// A segment that is sent again by timer, and a receiver that takes nothing for half a second.
fn troubled() -> Capture {
    let mut c = Conversation::new();
    c.syn().client(&[b'x'; 100]).acks(wiretrace_testkit::wire::Acks::None);
    c.client(&[b'x'; 100]).wait(399).duplicate().ack(Side::Server);
    c.zero_window(Side::Server).wait(499).ack(Side::Server).client(b"more").ack(Side::Server).fin();
    Capture::new(&c.frames())
}

#[test]
fn what_is_measured_is_told() {
    let capture = troubled();
    let objects = capture.objects(&[]);
    let resent = of(&objects, "retransmit")[0];
    assert_eq!((&resent["kind"], &resent["after_ms"]), (&"timeout".into(), &400.into()));
    let opened = of(&objects, "window_open")[0];
    assert_eq!((&opened["closed_ms"], &opened["dir"]), (&500.into(), &"server".into()));
    assert!(of(&objects, "round_trip").is_empty(), "they were not asked for");
    let end = of(&objects, "end")[0];
    let (client, server) = (&end["client"], &end["server"]);
    assert_eq!((&client["resent_bytes"], &client["resends"]["timeout"]), (&100.into(), &1.into()));
    assert_eq!((&client["rtt"]["samples"], &client["rtt"]["min_ms"]), (&2.into(), &1.into()));
    assert_eq!((&server["zero_window_ms"], client.get("sha1")), (&500.into(), None));
    assert_eq!(server["window_peak"], 64_240);
    let text = capture.text(&["tcp"]);
    assert!(text.contains(", 1 resent (1 timeout)") && text.contains(", 1 zero window (500.0ms)"), "{text}");
    assert!(text.ends_with(" [slow receiver: server, network: client to server]\n"), "{text}");
    let table = capture.text(&["tcp", "--summary", "--sort", "zero-window"]);
    assert!(table.contains(" 500.0ms  slow receiver: server, network: client to server\n"), "{table}");
}

#[test]
fn a_series_has_every_round_trip_once() {
    let capture = troubled();
    let objects = capture.objects(&["--rtt-series"]);
    let trips = of(&objects, "round_trip");
    let all: Vec<_> = trips.iter().map(|trip| (&trip["position"], &trip["bytes"], &trip["rtt_ms"])).collect();
    // Not of what was sent twice.
    let (first, last) = ((&100.into(), &100.into(), &1.into()), (&204.into(), &4.into(), &1.into()));
    assert_eq!(all, [first, last]);
    assert!(trips.iter().all(|trip| trip["dir"] == "client" && trip["frame"].is_u64()));
    let rest: Vec<_> = objects.iter().filter(|object| object["event"] != "round_trip").cloned().collect();
    assert_eq!(rest, capture.objects(&[]), "a series adds to the rest, and changes nothing of it");
    let text = capture.text(&["tcp", "--rtt-series"]);
    assert!(
        text.contains(" 192.0.2.1:40000 -> 198.51.100.1:80 round trip 1.00ms of 4B up to 204\n"),
        "{text}"
    );
}

#[test]
fn http_says_what_tcp_cost() {
    let text = troubled().text(&["http", "--tcp-verbose"]);
    for what in [
        " by client, timeout after 400.0ms\n",
        " TCP zero window of server\n",
        " TCP window of server open after 500.0ms\n",
        " TCP end after ",
    ] {
        assert_eq!(text.matches(what).count(), 1, "{what}: {text}");
    }
    assert!(!text.contains("established") && !text.contains("round trip"), "{text}");
}

#[test]
fn wrong_values_are_said_with_what_would_be_right() {
    let capture = Capture::new(&[]);
    for (args, hint) in [
        (&["--overlap", "newest"][..], "first, last, bsd, linux"),
        (&["--timeouts=5"], "half-open=S"),
        (&["--timeouts=idle=0"], "above 0"),
        (&["--timeouts=closing=5"], "half-closed=S"),
        (&["--max-connections", "63"], "64.."),
        (&["--max-connections", "many"], "invalid"),
        (&["--max-held", "1K"], "at least 128K"),
        (&["--max-held", "12X"], "a size such as"),
        (&["--max-held-stream", "1"], "at least 2K"),
        (&["--linger", "soon"], "a number from 0"),
        (&["--sort", "largest"], "--summary"),
        (&["--summary", "--sort", "best"], "slowest, resent, largest"),
        (&["--summary", "--top", "0"], "1..=10000"),
        (&["--summary", "--json"], "cannot be used with"),
        (&["--digests"], "--json"),
    ] {
        let output = capture.run(&[&["tcp"], args].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(hint) && output.stdout.is_empty(), "{args:?}: {said}");
    }
}
