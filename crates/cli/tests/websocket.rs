//! `wiretrace http` with WebSocket connections: objects, lines, and real peers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use wiretrace_testkit::build::Pcap;
use wiretrace_testkit::websocket::{BINARY, CLOSE, Frame, PING, PONG, REQUEST, TEXT, response};
use wiretrace_testkit::wire::Conversation;

fn run(file: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiretrace"));
    command.arg("http").args(args).arg("-r").arg(file).env("TZ", "UTC").stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success());
    output
}

fn text(file: &Path, args: &[&str]) -> Vec<String> {
    String::from_utf8(run(file, args).stdout).unwrap().lines().map(String::from).collect()
}

fn messages(file: &Path, args: &[&str]) -> Vec<Value> {
    let objects = text(file, &[&["--json"], args].concat());
    let mut objects: Vec<Value> = objects.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let stats = objects.pop().unwrap();
    objects.retain(|object| object["type"] == "websocket");
    assert_eq!(stats["messages"], objects.len());
    objects
}

/// A capture with every kind of message.
fn capture(dir: &tempfile::TempDir) -> PathBuf {
    let frame = |opcode, payload: &[u8]| Frame::new(opcode, payload).bytes();
    let mut c = Conversation::new();
    c.syn().client(REQUEST).server(&response("permessage-deflate"));
    c.client(&Frame::new(TEXT, br#"{"a":[1,"x"]}"#).masked([1, 2, 3, 4]).bytes());
    c.server(b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00");
    c.server(&frame(TEXT, "\u{1b}[2J\u{202e}ü".as_bytes()));
    c.server(&frame(TEXT, &[b'y'; 500]));
    c.server(&frame(TEXT, b"\xff"));
    c.server(&frame(BINARY, &[0xab; 40]));
    c.server(&frame(PING, b"?"));
    c.client(&Frame::new(CLOSE, b"\x03\xe8bye").masked([1, 2, 3, 4]).bytes());
    c.server(&frame(CLOSE, b"")).server(b"\x81\x05ab").fin();
    let file = dir.path().join("websocket.pcap");
    std::fs::write(&file, Pcap::new(1).nanoseconds().frames(&c.frames()).bytes()).unwrap();
    file
}

#[test]
fn objects() {
    let dir = tempfile::tempdir().unwrap();
    let file = capture(&dir);
    let first = String::from_utf8(run(&file, &["--json"]).stdout).unwrap();
    // Byte for byte, in the contract's order.
    assert_eq!(
        first.lines().nth(1).unwrap(),
        r#"{"type":"websocket","ts":"2024-01-01T00:00:00.007000000Z","conn":{"id":1,"client":"192.0.2.1:40000","server":"198.51.100.1:80"},"dir":"client","opcode":"text","bytes":13,"text":"{\"a\":[1,\"x\"]}"}"#
    );
    let essence = |args: &[&str]| {
        let mut objects = messages(&file, args);
        for object in &mut objects {
            let object = object.as_object_mut().unwrap();
            for name in ["type", "ts", "conn"] {
                assert!(object.remove(name).is_some());
            }
        }
        objects
    };
    let mut expected = vec![
        json!({"dir": "client", "opcode": "text", "bytes": 13, "text": "{\"a\":[1,\"x\"]}"}),
        json!({"dir": "server", "opcode": "text", "bytes": 7, "compressed": true}),
        json!({"dir": "server", "opcode": "text", "bytes": 9, "text": "\u{1b}[2J\u{202e}ü"}),
        json!({"dir": "server", "opcode": "text", "bytes": 500, "text": "y".repeat(500)}),
        json!({"dir": "server", "opcode": "text", "bytes": 1, "text": "\u{f7ff}",
            "errors": [{"code": "bad_utf8", "message": "the text is not UTF-8"}]}),
        json!({"dir": "server", "opcode": "binary", "bytes": 40}),
        json!({"dir": "server", "opcode": "ping", "bytes": 1}),
        json!({"dir": "client", "opcode": "close", "bytes": 5, "text": "bye", "close_code": 1000}),
        json!({"dir": "server", "opcode": "close", "bytes": 0}),
        json!({"dir": "server", "opcode": "text", "bytes": 2, "text": "ab", "complete": false, "errors": [
            {"code": "data_after_close", "message": "a message behind a close of the same side"},
            {"code": "truncated", "message": "cut by the end of the connection or of the capture"}]}),
    ];
    assert_eq!(essence(&[]), expected);
    expected[1]["text"] = "Hello".into();
    assert_eq!(essence(&["--decode"]), expected);
}

#[test]
fn lines() {
    let dir = tempfile::tempdir().unwrap();
    let file = capture(&dir);
    let y = "y".repeat(160);
    let server = "198.51.100.1:80 -> 192.0.2.1:40000 WebSocket";
    let expected = [
        "192.0.2.1:40000 -> 198.51.100.1:80 WebSocket text 13B \"{\"a\":[1,\"x\"]}\"".to_owned(),
        format!("{server} text 7B [compressed]"),
        format!("{server} text 9B \"\\x1b[2J\\u{{202e}}ü\""),
        format!("{server} text 500B \"{y}\"..."),
        format!("{server} text 1B \"\\xff\" [bad_utf8]"),
        format!("{server} binary 40B {}...", "ab".repeat(32)),
        format!("{server} ping 1B"),
        "192.0.2.1:40000 -> 198.51.100.1:80 WebSocket close 1000 5B \"bye\"".to_owned(),
        format!("{server} close 0B"),
        format!("{server} text 2B \"ab\" [data_after_close, truncated]"),
    ];
    let without_time = |lines: Vec<String>| {
        lines
            .into_iter()
            .map(|line| line.split_once(' ').map_or(line.clone(), |(_, rest)| rest.to_owned()))
            .collect::<Vec<_>>()
    };
    let all = text(&file, &[]);
    assert!(all[0].contains(" GET http://demo.test/chat 101 Switching Protocols 0B "), "{}", all[0]);
    assert_eq!(without_time(all)[1..], expected);
    assert_eq!(without_time(text(&file, &["--decode"]))[2], format!("{server} text 7B \"Hello\""));
    // With bodies: JSON laid out, all else as it was.
    let all = text(&file, &["--bodies"]);
    let place = all.iter().position(|line| line.ends_with("WebSocket text 13B")).unwrap();
    let json = ["    JSON: {", "      \"a\": [", "        1,", "        \"x\"", "      ]", "    }"];
    assert_eq!(all[place + 1..place + 7], json);
    assert_eq!(without_time(all[place + 7..].to_vec()), expected[1..]);
    // Progressive: the text below, JSON laid out.
    let all = text(&file, &["--progressive", "--decode"]);
    let place = all.iter().position(|line| line.contains("WebSocket message 13B")).unwrap();
    assert_eq!(all[place + 1..place + 7], json);
    assert!(all[place + 7].ends_with("WebSocket message 7B") && all[place + 8] == "    Hello", "{all:#?}");
    assert!(all.iter().any(|line| line.ends_with("WebSocket close 1000 5B")), "{all:#?}");
    assert!(all.contains(&format!("    binary: {}...", "ab".repeat(32))));
    let everything = all.join("\n");
    assert!(everything.chars().all(|c| c == '\n' || !c.is_control()), "{everything:?}");
}

#[test]
fn pongs_and_subprotocols() {
    let answer = String::from_utf8(response("")).unwrap();
    let answer = answer.replace("Upgrade: w", "Sec-WebSocket-Protocol: chat\r\nUpgrade: w");
    let mut c = Conversation::new();
    c.syn().client(REQUEST).server(answer.as_bytes()).server(&Frame::new(PING, b"?").bytes()).wait(12);
    c.client(&Frame::new(PONG, b"?").masked([0; 4]).bytes()).fin();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ping.pcap");
    std::fs::write(&file, Pcap::new(1).nanoseconds().frames(&c.frames()).bytes()).unwrap();
    let objects = messages(&file, &[]);
    assert_eq!((&objects[0]["opcode"], objects[0].get("rtt_ms")), (&json!("ping"), None));
    assert_eq!((&objects[1]["opcode"], &objects[1]["rtt_ms"]), (&json!("pong"), &json!(14)));
    assert!(objects.iter().all(|object| object["subprotocol"] == "chat"));
    let lines = text(&file, &[]);
    assert!(
        lines[1].ends_with(" WebSocket ping 1B") && lines[2].ends_with(" WebSocket pong 1B after 14.0ms"),
        "{lines:#?}"
    );
}

#[test]
fn what_a_peer_must_not_send_is_told() {
    let mut c = Conversation::new();
    c.syn().client(REQUEST).server(&response(""));
    c.client(&Frame::new(TEXT, b"bare").bytes()).server(&Frame::new(TEXT, b"hidden").masked([1; 4]).bytes());
    let long = Frame { length: 2, ..Frame::new(BINARY, b"x") };
    // Frames of no message: of an unknown kind, and going on with nothing.
    c.server(&long.bytes()).server(b"\x83\x01x\x80\x01y").server(&Frame::new(TEXT, b"fine").bytes()).fin();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("odd.pcap");
    std::fs::write(&file, Pcap::new(1).nanoseconds().frames(&c.frames()).bytes()).unwrap();
    let anomalies: Vec<_> = messages(&file, &[])
        .iter()
        .map(|object| object.get("anomalies").cloned().unwrap_or_default())
        .collect();
    assert_eq!(anomalies, [json!(["unmasked"]), json!(["masked"]), json!(["long_length"]), Value::Null]);
    let stats = text(&file, &["--json"]).pop().unwrap();
    assert!(stats.contains(r#""websocket_stray":2,"#), "{stats}");
    let lines = text(&file, &[]);
    assert!(
        lines[1].ends_with(" text 4B \"bare\" [unmasked]") && lines[4].ends_with(" text 4B \"fine\""),
        "{lines:#?}"
    );
}

#[test]
fn what_could_not_be_read_is_said() {
    let mut c = Conversation::new();
    c.syn().client(REQUEST).server(&response("")).lose_next().server(b"\x81\x01x").server(b"\x81\x01y");
    c.client(&Frame::new(TEXT, b"z").masked([0; 4]).bytes())
        .wait(1_000)
        .client(&Frame::new(TEXT, b"z").bytes())
        .fin();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lost.pcap");
    std::fs::write(&file, Pcap::new(1).nanoseconds().frames(&c.frames()).bytes()).unwrap();
    let output = run(&file, &["--json"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("1 direction of a WebSocket connection not decoded to its end"), "{stderr}");
    let stats: Value =
        serde_json::from_str(String::from_utf8(output.stdout).unwrap().lines().last().unwrap()).unwrap();
    assert_eq!((&stats["messages"], &stats["websocket_lost"]), (&json!(2), &json!(1)));
    assert_eq!(stats["ledger"]["websocket"], 3 + 7 + 3);
}

#[test]
fn the_demo_gives_the_messages_that_were_sent() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    let row = |object: &Value| {
        let part = |name: &str| {
            object.get(name).map(|value| value.as_str().map_or(value.to_string(), str::to_owned))
        };
        let port = object["conn"]["client"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
        let text = part("text").unwrap_or_default();
        let text = if text == "long ".repeat(100) { "100*\"long \"".to_owned() } else { text };
        let compressed = if object["compressed"] == true { "+" } else { "-" };
        let (dir, opcode, bytes) = (part("dir").unwrap(), part("opcode").unwrap(), part("bytes").unwrap());
        assert!(object.get("errors").is_none() && object.get("complete").is_none(), "{object}");
        [port, dir, opcode, compressed.into(), bytes, part("close_code").unwrap_or_default(), text].join("\t")
    };
    let mut got: Vec<_> = messages(&testdata.join("demo.pcap"), &["--decode"]).iter().map(row).collect();
    let table = std::fs::read_to_string(testdata.join("demo.websocket.tsv")).unwrap();
    let mut want: Vec<_> =
        table.lines().filter(|line| !line.starts_with('#')).skip(1).map(String::from).collect();
    got.sort();
    want.sort();
    assert_eq!(got, want);
}

/// The Python that has websockets, if this machine can record its own loopback; else why not.
fn python() -> Result<&'static str, &'static str> {
    let works = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !root {
        return Err("only root can record");
    }
    if !works("tcpdump", &["--version"]) {
        return Err("no tcpdump");
    }
    let pythons = ["python3", "/usr/bin/python3"];
    pythons
        .into_iter()
        .find(|python| works(python, &["-c", "import websockets"]))
        .ok_or("no Python with websockets")
}

/// What each side of each connection sent, in its order: kind, length before compression, text, close code.
type Talk = BTreeMap<(u64, String), Vec<(String, usize, Option<String>, Option<u64>)>>;

#[test]
fn real_peers() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => {
            let root = why != "only root can record";
            assert!(!(root && std::env::var_os("CI").is_some()), "cannot be left out here: {why}");
            eprintln!("skipped: {why}");
            return;
        }
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("peers.pcap");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/websocket_peers.py");
    let output = Command::new(python).arg(script).arg(&file).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut sent = Talk::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let object: Value = serde_json::from_str(line).unwrap();
        let hex = object["payload"].as_str().unwrap();
        let payload: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let opcode = object["opcode"].as_str().unwrap().to_owned();
        let text = matches!(&*opcode, "text" | "close").then(|| String::from_utf8(payload.clone()).unwrap());
        let len = payload.len() + if opcode == "close" { 2 } else { 0 };
        let side = (object["port"].as_u64().unwrap(), object["dir"].as_str().unwrap().to_owned());
        sent.entry(side).or_default().push((opcode, len, text, object["code"].as_u64()));
    }
    assert_eq!(sent.len(), 12, "six connections");
    let (mut found, mut compressed) = (Talk::new(), 0);
    for object in messages(&file, &["--decode"]) {
        assert!(object.get("errors").is_none() && object.get("complete").is_none(), "{object}");
        let port = object["conn"]["client"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap();
        let opcode = object["opcode"].as_str().unwrap().to_owned();
        let text = object["text"].as_str().map(str::to_owned);
        let mut len = object["bytes"].as_u64().unwrap() as usize;
        if object["compressed"] == true {
            compressed += 1;
            // What is on the wire is shorter or longer; of texts the length before is known.
            len = match &text {
                Some(text) => text.len(),
                None => usize::MAX,
            };
        }
        let side = (port, object["dir"].as_str().unwrap().to_owned());
        found.entry(side).or_default().push((opcode, len, text, object["close_code"].as_u64()));
    }
    for (side, list) in &mut found {
        let want = &sent[side];
        for (message, want) in list.iter_mut().zip(want) {
            if message.1 == usize::MAX {
                message.1 = want.1;
            }
        }
        assert!(list == want, "{side:?}:\n{list:.300?}\n{want:.300?}");
    }
    assert_eq!(found.len(), 12);
    // Eight messages and their answers, on four connections, and "bye" on two of them.
    assert_eq!(compressed, 4 * 16 + 2);
    // Not asked for, compressed texts are not shown, and everything else is.
    let plain = messages(&file, &[]);
    assert!(plain.iter().all(|object| object["opcode"] != "text"
        || object.get("compressed").is_some() != object.get("text").is_some()));
}
