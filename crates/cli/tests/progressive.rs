//! `wiretrace http --progressive`: every step of every exchange has its line, when it happens.

use std::collections::HashMap;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn run(args: &[&str]) -> Output {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/demo.pcap");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiretrace"));
    command.args(args).args(["-r", demo]).env("TZ", "UTC").stdin(Stdio::null());
    command.output().unwrap()
}

fn lines(args: &[&str]) -> Vec<String> {
    let output = run(args);
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(String::from).collect()
}

#[test]
fn every_exchange_has_its_lines() {
    let lines = lines(&["http", "--progressive"]);
    assert_eq!(
        lines[..4],
        [
            "22:38:51.710 192.0.2.1:40001 -> 198.51.100.1:80 #1 HTTP 1.1 request: GET /",
            "22:38:51.710 198.51.100.1:80 -> 192.0.2.1:40001 #1 HTTP 1.1 response: 200 OK",
            "22:38:51.710 198.51.100.1:80 -> 192.0.2.1:40001 #1 HTTP 1.1 response body: 110B",
            "22:38:51.710 198.51.100.1:80 -> 192.0.2.1:40001 #1 HTTP 1.1 response complete 110B 0.105ms",
        ]
    );
    let count = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    let mut want = HashMap::new();
    for line in String::from_utf8(run(&["http", "--json"]).stdout).unwrap().lines() {
        let object: Value = serde_json::from_str(line).unwrap();
        if object["type"] != "http" {
            continue;
        }
        let (request, response) = (&object["request"], &object["response"]);
        let (client, server) = (&object["conn"]["client"], &object["conn"]["server"]);
        let (client, server) = (client.as_str().unwrap(), server.as_str().unwrap());
        let index = &object["index"];
        let (method, target) = (request["method"].as_str().unwrap(), request["target"].as_str().unwrap());
        let asked = format!("{client} -> {server} #{index} HTTP 1.");
        let about = format!(" request: {method} {target}");
        assert!(lines.iter().any(|line| line.contains(&asked) && line.ends_with(&about)), "{asked}{about}");
        let answered = format!("{server} -> {client} #{index} HTTP 1.");
        let status = response["status"].as_u64().unwrap();
        if status != 101 {
            let about = format!("response: {}{status}", if status >= 400 { "!" } else { "" });
            assert!(lines.iter().any(|line| line.contains(&answered) && line.contains(&about)), "{answered}");
        }
        *want.entry("exchanges").or_insert(0) += 1;
        *want.entry(if response["complete"] == true { "whole" } else { "cut" }).or_insert(0) += 1;
        if method != "GET" || request["body_bytes"] != 0 {
            *want.entry("complete").or_insert(0) += 1;
        }
    }
    assert_eq!(count(" request: "), want["exchanges"]);
    assert_eq!(count(" response complete "), want["whole"]);
    assert_eq!(count(" response incomplete "), want["cut"]);
    assert_eq!(count(" request complete "), want["complete"]);
}

#[test]
fn tcp_shows_beside_both_forms() {
    let json = String::from_utf8(run(&["tcp", "--json"]).stdout).unwrap();
    let count = |event: &str| json.matches(&format!("\"event\":\"{event}\"")).count();
    for form in [&["http", "--tcp-verbose"][..], &["http", "--tcp-verbose", "--progressive"]] {
        let lines = lines(form);
        let lines_with = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
        assert_eq!(lines_with(" TCP start") + lines_with(" TCP already in progress"), count("start"));
        assert_eq!(lines_with(" TCP retransmit at "), count("retransmit") + count("overlap"));
        assert_eq!(lines_with(" TCP reset"), count("reset"));
        assert_eq!(lines_with(" TCP gap: "), count("gap"));
        assert_eq!(
            lines_with(" TCP end after ") + lines_with(" TCP still open after "),
            count("end"),
            "every connection ends"
        );
    }
}

#[test]
fn fields_are_chosen_by_name() {
    let lines = lines(&["http", "--progressive", "--show-header", "^host$"]);
    // What stands below a line; below a WebSocket message, that is no field.
    let mut below_message = false;
    let fields: Vec<_> = lines
        .iter()
        .filter(|line| {
            let below = line.starts_with("    ");
            if !below {
                below_message = line.contains(" WebSocket ") && !line.contains(" WebSocket upgrade ");
            }
            below && !below_message
        })
        .collect();
    assert!(fields.len() > 20);
    let upgrade = ["Upgrade:", "Connection:", "Sec-WebSocket", "Server:", "Date:"];
    assert!(
        fields.iter().all(|line| {
            let line = line.trim_start();
            line.starts_with("Host: ") || upgrade.iter().any(|name| line.starts_with(name))
        }),
        "{fields:#?}"
    );
    let wrong = run(&["http", "--show-header", "(host"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("unclosed group"));
}
