//! `wiretrace packets` as its user meets it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use wiretrace_testkit::build::{ETHERTYPE_IPV4, Ipv4, LINK_ETHERNET, Pcap, ethernet, udp};

fn wiretrace(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiretrace"));
    command.arg("packets").args(args).env("TZ", "UTC").env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    wiretrace(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn demo() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo.pcap").to_str().unwrap().to_owned()
}

#[test]
fn the_first_lines_of_the_demo() {
    let output = run(&["-r", &demo(), "-c", "6"]);
    assert!(output.status.success() && stderr(&output).is_empty(), "{}", stderr(&output));
    let client = "02:00:00:00:00:01 -> 02:00:00:00:00:02 192.0.2.1:40001 -> 198.51.100.1:80 TCP";
    let server = "02:00:00:00:00:02 -> 02:00:00:00:00:01 198.51.100.1:80 -> 192.0.2.1:40001 TCP";
    let want = [
        "22:38:51.710 02:00:00:00:00:01 -> ff:ff:ff:ff:ff:ff 192.0.2.1 ARP request 192.0.2.254".to_owned(),
        "22:38:51.710 02:00:00:00:00:02 -> 02:00:00:00:00:01 192.0.2.254 ARP reply 192.0.2.1 hwaddr 02:00:00:00:00:02".to_owned(),
        format!("22:38:51.710 {client} len 0 [syn] seq 0 win 64240 mss=1460 sackok ts=1497230160/0 wscale=10"),
        format!("22:38:51.710 {server} len 0 [ack,syn] seq 0 ack 1 win 65160 mss=1460 sackok ts=3508532228/1497230160 wscale=10"),
        format!("22:38:51.710 {client} len 0 [ack] seq 1 ack 1 win 63 ts=1497230160/3508532228"),
        format!("22:38:51.710 {client} len 66 [ack,psh] seq 1 ack 1 win 63 ts=1497230160/3508532228"),
    ];
    assert_eq!(stdout(&output).lines().collect::<Vec<_>>(), want);
}

#[test]
fn every_packet_has_a_line_an_object_and_a_tree() {
    assert_eq!(stdout(&run(&["-r", &demo()])).lines().count(), 476);
    let text = stdout(&run(&["-r", &demo(), "--json", "-x"]));
    let objects: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 476);
    for (index, object) in objects.iter().enumerate() {
        assert_eq!((&object["type"], &object["number"]), (&"packet".into(), &(index + 1).into()));
        assert_eq!(object["frame"].as_str().unwrap().len() as u64, 2 * object["captured"].as_u64().unwrap());
        assert_eq!(object["stop"], Value::Null, "{object}");
    }
    let tree = stdout(&run(&["-r", &demo(), "-v"]));
    assert_eq!(tree.lines().filter(|line| line.starts_with("    frame ")).count(), 476);
}

#[test]
fn two_files_are_one_run() {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.pcap");
    fs::copy(demo(), &copy).unwrap();
    let text = stdout(&run(&["-r", &demo(), "-r", copy.to_str().unwrap(), "--json", "-c", "478"]));
    let numbers: Vec<u64> =
        text.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["number"].as_u64().unwrap()).collect();
    assert!(numbers.into_iter().eq(1..=478));
}

#[test]
fn times() {
    let first = |style: &str| {
        let text = stdout(&run(&["-r", &demo(), "-c", "3", "--time", style]));
        text.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(first("local")[0], "22:38:51.710");
    assert_eq!(first("ns")[0], "22:38:51.710123985");
    assert_eq!(first("utc")[0], "2026-11-22T22:38:51.710123985Z");
    assert_eq!(first("epoch")[0], "1795387131.710123985");
    assert_eq!(first("relative")[0], "0.000000000");
    let (relative, delta) = (first("relative"), first("delta"));
    let parse = |text: &String| text.parse::<f64>().unwrap();
    assert!((parse(&relative[2]) - parse(&delta[1]) - parse(&delta[2])).abs() < 1e-9);
    let output = wiretrace(&["-r", &demo(), "-c", "1"]).env("TZ", "IST-5:30").output().unwrap();
    assert!(stdout(&output).starts_with("04:08:51.710 "), "{}", stdout(&output));
}

#[test]
fn colors_only_where_asked_for() {
    assert!(!stdout(&run(&["-r", &demo(), "-v", "-c", "9"])).contains('\x1b'));
    assert!(
        stdout(&run(&["-r", &demo(), "-c", "9", "--color", "always"]))
            .contains("\x1b[34m22:38:51.710\x1b[0m")
    );
    assert!(!stdout(&run(&["-r", &demo(), "-c", "9", "--no-color"])).contains('\x1b'));
}

#[test]
fn wrong_usage() {
    for args in [&["-r", "x", "-c", "0"][..], &["-r", "x", "-v", "--json"], &["-r", "x", "--time", "never"]] {
        assert_eq!(run(args).status.code(), Some(2), "{args:?}");
    }
    let output = run(&["-r", "/nowhere.pcap", "-r", &demo()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output).lines().count(), 476, "the other file is read");
    assert!(stderr(&output).starts_with("wiretrace: /nowhere.pcap: "), "{}", stderr(&output));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    // More than a pipe holds.
    let mut child = wiretrace(&["-r", &demo(), "-v", "-x"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && stderr(&output).is_empty(), "{}", stderr(&output));
}

/// A frame's line is there while the pipe stays open.
#[test]
fn lines_come_as_their_packets_do() {
    let (a, b) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let frame = ethernet(ETHERTYPE_IPV4, &Ipv4::new(a, b, 17).around(&udp(a, b, 1, 2, b"x")));
    let file = Pcap::new(LINK_ETHERNET).frame(0, &frame).bytes();
    let record = &file[24..];
    let mut child = wiretrace(&["-r", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    input.write_all(&file).unwrap();
    for _ in 0..3 {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.ends_with("192.0.2.1:1 -> 192.0.2.2:2 UDP len 1\n"), "{line}");
        input.write_all(record).unwrap();
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

/// The same in a file that grows.
#[test]
fn a_growing_file_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("growing.pcap");
    let (a, b) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let frame = ethernet(ETHERTYPE_IPV4, &Ipv4::new(a, b, 17).around(&udp(a, b, 1, 2, b"x")));
    let file = Pcap::new(LINK_ETHERNET).frame(0, &frame).bytes();
    fs::write(&path, &file).unwrap();
    let mut child = wiretrace(&["-r", path.to_str().unwrap(), "--follow", "-c", "3"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.ends_with("UDP len 1\n"), "{line}");
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(&file[24..]).unwrap();
    }
    // The third packet was the last one wanted: it ends without Ctrl-C.
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_came_before_an_error_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broken.pcap");
    let mut file = fs::read(demo()).unwrap();
    let len = file.len();
    file.extend([0xff; 64]);
    fs::write(&path, &file).unwrap();
    let output = run(&["-r", path.to_str().unwrap()]);
    assert_eq!(
        (output.status.code(), stdout(&output).lines().count()),
        (Some(1), 476),
        "{}",
        stderr(&output)
    );
    fs::write(&path, &file[..len - 3]).unwrap();
    let output = run(&["-r", path.to_str().unwrap()]);
    assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(0), 475));
    assert!(stderr(&output).contains("cut in its last packet"), "{}", stderr(&output));
}

fn corpus() -> Option<PathBuf> {
    let Some(value) = std::env::var_os("WIRETRACE_CORPUS") else {
        println!("skipped: WIRETRACE_CORPUS not set");
        return None;
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(value);
    assert!(path.is_dir(), "WIRETRACE_CORPUS is no directory: {}", path.display());
    Some(path)
}

/// Asserts what holds for the text output of any capture, and counts its lines.
fn lines(output: &Output, path: &str) -> usize {
    let text = std::str::from_utf8(&output.stdout).unwrap_or_else(|error| panic!("{path}: {error}"));
    let control = text.chars().find(|c| *c != '\n' && c.is_control());
    assert_eq!(control, None, "{path}");
    assert!(output.status.code().is_some_and(|code| code < 2), "{path}: {:?}", output.status);
    text.lines().count()
}

/// Every capture of the corpus in every mode: as many lines as packets, no control characters, UTF-8, objects that parse.
#[test]
fn the_corpus() {
    let Some(corpus) = corpus() else { return };
    let index = fs::read_to_string(corpus.join("index.tsv")).expect("index.tsv");
    let (mut captures, mut packets) = (0, 0);
    for row in index.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (name, count) = (columns[1], columns[6].parse::<usize>().expect("a number of packets"));
        let path = corpus.join(name);
        let path = path.to_str().unwrap();
        let found = lines(&run(&["-r", path]), name);
        assert_eq!(found, count, "{name}: as many lines as packets");
        let output = run(&["-r", path, "--json"]);
        assert_eq!(lines(&output, name), count);
        let mut bytes = 0;
        for line in stdout(&output).lines() {
            let object: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
            bytes += object["captured"].as_u64().unwrap().div_ceil(16);
        }
        let tree = run(&["-r", path, "-v"]);
        let dump = run(&["-r", path, "-v", "-x"]);
        assert_eq!(lines(&dump, name), lines(&tree, name) + bytes as usize);
        captures += 1;
        packets += count;
    }
    println!("{captures} captures, {packets} packets");
    assert!(captures > 100, "a corpus of {captures} captures proves little");
}
