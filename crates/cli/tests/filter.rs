//! Capture filters and limits on files.
#![cfg(feature = "live")]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn run(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiretrace"));
    let demo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo.pcap");
    command.args(["http", "--json", "-r"]).arg(demo).args(args).stdin(Stdio::null()).output().unwrap()
}

fn objects(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_filter_keeps_ids_and_counts_every_byte() {
    let all = run(&[]);
    let filtered = run(&["tcp", "port", "8080"]);
    assert_eq!(filtered.status.code(), Some(0));
    let all: Vec<Value> = objects(&all);
    let want: Vec<&Value> = all
        .iter()
        .filter(|object| object["conn"]["server"].as_str().is_some_and(|server| server.ends_with(":8080")))
        .collect();
    let got = objects(&filtered);
    let (stats, got) = got.split_last().unwrap();
    assert!(!want.is_empty() && want.len() < all.len() - 1);
    assert_eq!(got.iter().collect::<Vec<_>>(), want, "with the ids (frame numbers) of the whole file");
    let whole = all.last().unwrap();
    assert_eq!((&stats["packets"], &stats["bytes"]), (&whole["packets"], &whole["bytes"]));
    let ledger = stats["ledger"].as_object().unwrap();
    assert!(ledger["filtered"].as_u64().unwrap() > 0);
    let stream = ["captured", "stream", "delivered"];
    let classes = |name: &str| !stream.contains(&name) && !name.starts_with("missing");
    let sum: u64 = ledger.iter().filter(|(name, _)| classes(name)).map(|(_, n)| n.as_u64().unwrap()).sum();
    assert_eq!(ledger["captured"], sum);
    let said = String::from_utf8(filtered.stderr).unwrap();
    assert!(said.contains(" of 476 packets left out by the filter"), "{said}");
    for same in [&["-f", "tcp port 8080"][..], &["tcp port 8080"], &["--threads", "3", "tcp", "port", "8080"]]
    {
        assert_eq!(run(same).stdout, run(&["tcp", "port", "8080"]).stdout, "{same:?}");
    }
    assert_eq!(run(&["-f", " "]).stdout, run(&[]).stdout, "an empty filter is none");
}

#[test]
fn limits_end_a_file_early() {
    let output = run(&["-c", "100"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(objects(&output).last().unwrap()["packets"], 100);
    let output = run(&["-c", "10", "tcp", "port", "8080"]);
    let stats = objects(&output).pop().unwrap();
    assert!(stats["packets"].as_u64().unwrap() > 10, "those left out do not count: {stats}");
    let output = run(&["--duration", "0.3"]);
    let packets = objects(&output).last().unwrap()["packets"].as_u64().unwrap();
    assert!((1..476).contains(&packets), "{packets}");
}

#[test]
fn a_bad_filter_shows_where() {
    for (filter, mark) in [
        ("tcp prot 80", "      ^^^^"),
        ("tcp port 80 and", "                 ^"),
        ("host 192.0.2.1 or vlan 9999", "                         ^^^^"),
    ] {
        let output = run(&[filter]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{filter}");
        let said = String::from_utf8(output.stderr).unwrap();
        let mut lines = said.lines().skip(1).map(|line| line.strip_prefix("wiretrace: ").unwrap());
        assert_eq!(lines.next(), Some(format!("  {filter}").as_str()));
        assert_eq!(lines.next(), Some(mark), "{said}");
    }
}

#[test]
fn a_filter_that_is_not_for_this_link_type_leaves_its_packets_out_and_says_so() {
    let output = run(&["wlan type data"]);
    assert_eq!(output.status.code(), Some(0));
    let stats = objects(&output).pop().unwrap();
    assert_eq!((&stats["packets"], &stats["ledger"]["filtered"]), (&476.into(), &stats["bytes"]));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said.matches("the filter does not work for packets of link type 1 (ethernet)").count(),
        1,
        "{said}"
    );
}

#[test]
fn devices_and_version_need_no_rights() {
    let wiretrace =
        |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_wiretrace")).args(args).output().unwrap();
    let version = String::from_utf8(wiretrace(&["--version"]).stdout).unwrap();
    assert!(version.starts_with("wiretrace ") && version.contains("libpcap"), "{version}");
    assert_eq!(wiretrace(&["-V"]).stdout.split(|&byte| byte == b'\n').count(), 2, "one line");
    for object in objects(&wiretrace(&["devices", "--json"])) {
        assert_eq!(object["type"], "device");
        assert!(object["name"].is_string() && object["number"].is_u64() && object["addresses"].is_array());
        assert!(object["timestamp_types"].as_array().unwrap().contains(&"host".into()));
    }
}
