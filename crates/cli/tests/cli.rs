//! The program as its user meets it: outputs, messages, exit statuses.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn wiretrace(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiretrace"));
    command.args(args).env("TZ", "UTC").env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    wiretrace(args).output().unwrap()
}

fn testdata(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

fn demo() -> String {
    testdata("demo.pcap").to_str().unwrap().to_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn objects(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_demo_gives_the_exchanges_that_took_place() {
    let output = run(&["http", "--json", "-r", &demo()]);
    assert!(output.status.success());
    let got: Vec<String> = objects(&output)
        .iter()
        .filter(|object| object["type"] == "http")
        .map(|object| {
            let client = object["conn"]["client"].as_str().unwrap();
            let (request, response) = (&object["request"], &object["response"]);
            let interim: Vec<_> =
                object["interim"].as_array().unwrap().iter().map(Value::to_string).collect();
            [
                if client.starts_with('[') { "6" } else { "4" },
                client.rsplit(':').next().unwrap(),
                &object["index"].to_string(),
                request["method"].as_str().unwrap(),
                request["target"].as_str().unwrap(),
                &response["status"].to_string(),
                &interim.join(","),
                &request["body_bytes"].to_string(),
                &response["body_bytes"].to_string(),
                if response["complete"] == true { "+" } else { "-" },
            ]
            .join("\t")
        })
        .collect();
    let table = fs::read_to_string(testdata("demo.expected.tsv")).unwrap();
    let mut want: Vec<_> =
        table.lines().filter(|line| !line.starts_with('#')).skip(1).map(String::from).collect();
    let mut sorted = got.clone();
    sorted.sort();
    want.sort();
    assert_eq!(sorted, want);
    for object in objects(&output).iter().filter(|object| object["type"] == "http") {
        assert_eq!(object["pairing"], "proved", "{object}");
    }
}

#[test]
fn the_objects_keep_the_contract() {
    let output = run(&["http", "--json", "-r", &demo()]);
    let objects = objects(&output);
    let (stats, objects) = objects.split_last().unwrap();
    assert_eq!(stats["type"], "stats");
    let (exchanges, messages): (Vec<_>, Vec<_>) = objects.iter().partition(|object| object["type"] == "http");
    assert_eq!(stats["messages"], messages.len());
    assert_eq!(stats["packets"], 476);
    assert_eq!(stats["exchanges"], exchanges.len());
    let ledger = &stats["ledger"];
    let sum = |names: &[&str]| names.iter().map(|name| ledger[name].as_u64().expect(name)).sum::<u64>();
    assert_eq!(
        ledger["captured"],
        sum(&[
            "headers",
            "padding",
            "not_tcp",
            "undecodable",
            "unfinished_fragments",
            "filtered",
            "exchanges",
            "websocket",
            "other_protocol",
            "before_sync",
            "second_copies",
            "outside_stream",
            "over_limit",
        ])
    );
    assert_eq!(stats["bytes"], ledger["captured"]);
    assert_eq!(
        ledger["stream"],
        sum(&["delivered", "missing_capture", "missing_snaplen", "missing_limit", "missing_unknown"])
    );
    for object in &exchanges {
        let ts = object["ts"].as_str().unwrap();
        assert!(ts.len() == 30 && ts.starts_with("2026-11-22T") && ts.ends_with('Z'), "{ts}");
        for name in ["request_ms", "wait_ms", "response_ms", "total_ms"] {
            assert!(object["timing"][name].is_number(), "{object}");
        }
        assert!(
            object["request"]["headers"].as_array().unwrap().iter().all(|pair| pair
                .as_array()
                .unwrap()
                .len()
                == 2)
        );
        assert!(object["errors"].is_array());
    }
    let slow = exchanges.iter().find(|object| object["request"]["target"] == "/slow").unwrap();
    let timing = |name: &str| slow["timing"][name].as_f64().unwrap();
    assert!(timing("wait_ms") >= 300.0, "{slow}");
    assert!((timing("network_ms") + timing("server_ms") - timing("wait_ms")).abs() < 1e-6, "{slow}");
    assert!(timing("network_ms") < 1.0, "{slow}");
    let reset = exchanges.iter().find(|object| object["request"]["target"] == "/reset").unwrap();
    assert_eq!(reset["errors"][0]["code"], "truncated");
    let chunked = exchanges.iter().find(|object| object["request"]["target"] == "/chunked").unwrap();
    assert_eq!(chunked["response"]["content_type"], "text/plain");
}

#[test]
fn tcp_objects() {
    let output = run(&["tcp", "--json", "-r", &demo()]);
    assert!(output.status.success());
    let objects = objects(&output);
    let of = |event: &str| objects.iter().filter(|object| object["event"] == event).count();
    assert_eq!((of("start"), of("end")), (26, 26));
    assert_eq!(objects.last().unwrap()["connections"], 26);
    assert!(of("retransmit") >= 2, "the demo holds two resent segments");
    assert_eq!(of("out_of_order"), 1);
    let end = |port: &str| {
        objects
            .iter()
            .find(|object| {
                object["event"] == "end" && object["conn"]["client"].as_str().unwrap().ends_with(port)
            })
            .unwrap()
    };
    assert_eq!(end(":40001")["reason"], "fin");
    assert_eq!(end(":40017")["reason"], "rst");
    assert_eq!(end(":40020")["server"]["retransmits"], 1);
    assert_eq!(end(":40020")["server"]["missing_bytes"], 0);
    assert!(end(":40001")["handshake_ms"].as_f64().unwrap() > 0.0);
    // The same connection has the same id in both commands.
    let http = run(&["http", "--json", "-r", &demo()]);
    for object in stdout(&http).lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if object["type"] == "http" {
            let client = object["conn"]["client"].as_str().unwrap();
            assert_eq!(
                end(client.rsplit_once(':').map(|(_, port)| port).unwrap())["conn"]["id"],
                object["conn"]["id"]
            );
        }
    }
}

#[test]
fn text_lines() {
    let output = run(&["http", "-r", &demo()]);
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 37 + 28, "exchanges and WebSocket messages");
    assert!(
        text.contains(" 192.0.2.1:40001 -> 198.51.100.1:80 GET http://demo.test/ 200 OK 110B "),
        "{text}"
    );
    assert!(text.contains(" GET http://demo.test/missing !404 Not Found 153B "), "{text}");
    assert!(text.contains(" PUT http://api.test:8080/files/style.css sent 44B 204 No Content 0B "), "{text}");
    assert!(text.contains("[after 100]"), "{text}");
    assert!(
        text.contains("[2001:db8:1::1]:40023 -> [2001:db8:2::1]:80 GET http://v6.test/ 200 OK"),
        "{text}"
    );
    assert!(!text.contains('\x1b'), "no colours where nobody sees them");
    let with = stdout(&run(&["http", "--headers", "-r", &demo()]));
    assert!(with.contains("\n    Host: demo.test\n") && with.contains("\n  HTTP/1.1 200 OK\n"), "{with}");
    assert!(with.contains("    Content-Type: text/html"), "{with}");
    let coloured = stdout(&run(&["http", "--color", "always", "-r", &demo()]));
    assert!(coloured.contains("\x1b["));
    let connections = stdout(&run(&["tcp", "-r", &demo()]));
    assert_eq!(connections.lines().count(), 26);
    assert!(connections.contains("1 resent"), "{connections}");
}

#[test]
fn a_pipe_and_compressed_files_give_the_same() {
    let want = run(&["http", "--json", "-r", &demo()]).stdout;
    let bytes = fs::read(demo()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let zipped = dir.path().join("demo");
    let mut encoder =
        flate2::write::GzEncoder::new(File::create(&zipped).unwrap(), flate2::Compression::default());
    encoder.write_all(&bytes).unwrap();
    encoder.finish().unwrap();
    assert!(run(&["http", "--json", "-r", zipped.to_str().unwrap()]).stdout == want, "gzip");
    let zstd = dir.path().join("demo.bin");
    fs::write(&zstd, zstd::encode_all(&bytes[..], 1).unwrap()).unwrap();
    assert!(run(&["http", "--json", "-r", zstd.to_str().unwrap()]).stdout == want, "zstd");
    let mut child = wiretrace(&["http", "--json", "-r", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        for piece in bytes.chunks(1_000) {
            stdin.write_all(piece).unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success() && output.stdout == want, "pipe");
}

#[test]
fn the_number_of_threads_makes_no_difference() {
    for command in ["http", "tcp"] {
        let want = run(&[command, "--json", "--threads", "1", "-r", &demo()]).stdout;
        for threads in ["2", "3", "8", "64"] {
            assert!(
                run(&[command, "--json", "--threads", threads, "-r", &demo()]).stdout == want,
                "{threads}"
            );
        }
    }
    assert_eq!(run(&["http", "--threads", "0", "-r", &demo()]).status.code(), Some(2));
}

#[test]
fn what_cannot_be_read_is_said_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("empty"), b"").unwrap();
    fs::write(path("text"), b"GET / HTTP/1.1\r\nHost: example.test\r\n\r\n").unwrap();
    fs::create_dir(path("dir")).unwrap();
    for (name, says) in [
        ("missing", "no such file"),
        ("empty", "empty"),
        ("text", "not a pcap or pcapng capture"),
        ("dir", "directory"),
    ] {
        let output = run(&["http", "--json", "-r", &path(name)]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        let stderr = stderr(&output);
        let line = stderr.lines().next().unwrap();
        assert!(line.starts_with("wiretrace: ") && line.contains(&path(name)), "{line}");
        assert!(line.to_lowercase().contains(says), "{name}: {line}");
        assert_eq!(stderr.lines().count(), 1, "one line says it: {stderr}");
        // The stats object closes the output all the same.
        assert_eq!(objects(&output).last().unwrap()["type"], "stats");
    }
}

#[test]
fn a_cut_last_record_is_a_warning_and_a_broken_middle_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = fs::read(demo()).unwrap();
    let cut = dir.path().join("cut.pcap");
    fs::write(&cut, &bytes[..bytes.len() - 10]).unwrap();
    let output = run(&["http", "-r", cut.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("cut"), "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 37 + 28);

    let broken = dir.path().join("broken.pcap");
    let mut bytes = bytes;
    let middle = record_boundary(&bytes, bytes.len() / 2);
    bytes[middle + 8..middle + 12].fill(0xff);
    fs::write(&broken, &bytes).unwrap();
    let output = run(&["http", "-r", broken.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(message.contains(&format!("byte {middle}")) && message.contains("packet"), "{message}");
    let before = stdout(&output).lines().count();
    assert!(before > 5, "what came before is printed: {before} lines");

    // One bad file among several does not stop the others.
    let output = run(&["http", "-r", broken.to_str().unwrap(), "-r", "no-such-file", "-r", &demo()]);
    assert_eq!(output.status.code(), Some(1));
    // (A connection that the break left open takes its copy in the next file for a repetition.)
    assert!(stdout(&output).lines().count() >= before + 36);
    assert!(stderr(&output).contains("no-such-file"));
}

/// The first record that begins at or behind `from`.
fn record_boundary(pcap: &[u8], from: usize) -> usize {
    let mut at = 24;
    while at < from {
        let len = u32::from_le_bytes(pcap[at + 8..at + 12].try_into().unwrap());
        at += 16 + len as usize;
    }
    at
}

#[test]
fn wrong_usage() {
    for args in [
        &["http", "-r"][..],
        &["http", "-r", "x", "-i", "lo"],
        &["http", "-r", "x", "--buffer", "64M"],
        &["http", "-i", "lo", "--buffer", "64X"],
        &["http", "-i", "lo", "--timestamp", "nobody"],
        &["http", "-i", "lo", "-c", "0"],
        &["http", "-r", "x", "-f", "tcp", "port", "80"],
        &["http", "--jsn", "-r", "x"],
        &["nonsense"],
        &[],
        &["http", "--json", "--headers", "-r", "x"],
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(
            stderr(&output).contains("--help") || stderr(&output).contains("Usage"),
            "{args:?}: {}",
            stderr(&output)
        );
    }
    for args in [&["--help"][..], &["http", "--help"], &["--version"]] {
        let output = run(args);
        assert!(output.status.success() && !output.stdout.is_empty() && output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = wiretrace(&["http", "--headers", "-r", &demo()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut message = String::new();
    child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{message}");
    assert_eq!(message, "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = wiretrace(&["http", "-r", &demo()]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot write the output"), "{}", stderr(&output));
}

#[test]
fn an_empty_screen_has_its_reason() {
    use wiretrace_testkit::build::{Pcap, ethernet};
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("quiet.pcap");
    let mut pcap = Pcap::new(1);
    pcap.frame(0, &ethernet(0x88cc, b"hello"));
    fs::write(&file, pcap.bytes()).unwrap();
    let output = run(&["http", "-r", file.to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.is_empty());
    assert!(stderr(&output).contains("no HTTP/1 exchange found in 1 packet"), "{}", stderr(&output));
    let mut pcap = Pcap::new(147);
    pcap.frame(0, b"whatever").frame(1, b"whatever");
    fs::write(&file, pcap.bytes()).unwrap();
    let output = run(&["http", "-r", file.to_str().unwrap()]);
    assert!(output.status.success());
    assert!(stderr(&output).contains("2 packets of link type 147"), "{}", stderr(&output));
}

#[test]
fn bytes_from_the_wire_cannot_drive_the_terminal() {
    use wiretrace_testkit::build::Pcap;
    use wiretrace_testkit::wire::Conversation;
    let mut c = Conversation::new();
    c.syn().client(b"GET /\x1b[2J\x07\xff HTTP/1.1\r\nHost: a\x9b\x08b\r\n\r\n");
    c.server(b"HTTP/1.1 200 \x1b]0;x\x07\r\nX: \x1b[31m\r\nContent-Length: 0\r\n\r\n").fin();
    let mut pcap = Pcap::new(1);
    pcap.frames(&c.frames());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hostile.pcap");
    fs::write(&file, pcap.bytes()).unwrap();
    let file = file.to_str().unwrap();
    let text = stdout(&run(&["http", "--headers", "-r", file]));
    assert!(text.contains("/\\x1b[2J\\x07\\xff"), "{text}");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    let json = run(&["http", "--json", "-r", file]);
    let target = objects(&json)[0]["request"]["target"].as_str().unwrap().to_owned();
    assert_eq!(target, "/\u{1b}[2J\u{7}\u{f7ff}", "a byte that is no UTF-8 is U+F700 + byte");
}

#[test]
fn a_slow_exchange_says_where_its_time_went() {
    let output = run(&["http", "-r", &demo()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |path: &str| text.lines().find(|line| line.contains(path)).unwrap().to_owned();
    assert!(line("/slow").ends_with(" 5B 300.8ms (network 0.053ms, server 300.7ms)"), "{}", line("/slow"));
    let want = " 180B 104.2ms (network 0.053ms, server 1.53ms, response 102.6ms)";
    assert!(line("/chunked").ends_with(want), "{}", line("/chunked"));
    assert!(!line("/missing").contains('('), "{}", line("/missing"));
}
