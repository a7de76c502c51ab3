//! `wiretrace http --anomalies`: what a strict recipient would reject is named; without it nothing changes.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use wiretrace_testkit::build::Pcap;
use wiretrace_testkit::wire::Conversation;

/// A request that two recipients cut differently, an answer that is folded, and an exchange without anything odd.
fn capture(dir: &Path) -> String {
    let mut c = Conversation::new();
    c.syn().client(
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    );
    c.server(b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n");
    c.client(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n").server(b"HTTP/1.1 204 No\r\n\r\n").fin();
    let mut pcap = Pcap::new(1);
    pcap.frames(&c.frames());
    let file = dir.join("odd.pcap");
    fs::write(&file, pcap.bytes()).unwrap();
    file.to_str().unwrap().to_owned()
}

fn stdout(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wiretrace")).args(args).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn objects(args: &[&str]) -> Vec<Value> {
    stdout(args).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_member_of_the_object() {
    let dir = tempfile::tempdir().unwrap();
    let file = capture(dir.path());
    let with = objects(&["http", "--json", "--anomalies", "-r", &file]);
    let found: Vec<_> = with[0]["anomalies"].as_array().unwrap().iter().collect();
    let codes: Vec<_> = found.iter().map(|one| (&one["in"], &one["code"], &one["rejected"])).collect();
    assert_eq!(
        codes,
        [
            (&"request".into(), &"transfer_encoding_with_length".into(), &true.into()),
            (&"response".into(), &"obs_fold".into(), &true.into()),
        ]
    );
    assert_eq!(found[0]["section"], "RFC 9112 §6.1");
    assert_eq!(found[0]["message"], "Transfer-Encoding and Content-Length in one message");
    assert_eq!(with[1].get("anomalies"), None, "nothing is odd about the second");
    // What is an error stays one, and what is none does not become one.
    assert_eq!(with[0]["errors"].as_array().unwrap().len(), 1);
    assert_eq!(with[0]["errors"][0]["code"], "conflicting_length");
    let without = objects(&["http", "--json", "-r", &file]);
    let mut same = with;
    same[0].as_object_mut().unwrap().remove("anomalies");
    assert_eq!(without, same);
}

#[test]
fn the_documentation_lists_them_all() {
    use wiretrace_pipeline::Anomaly;
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json.md")).unwrap();
    let mut rows = 0;
    for anomaly in Anomaly::ALL.iter().filter(|anomaly| anomaly.is_by_sender()) {
        let (code, section) = (anomaly.code(), anomaly.section());
        if section.starts_with("RFC 6455") || section.starts_with("RFC 7692") {
            continue;
        }
        let strictly = match (anomaly.is_rejected(true), anomaly.is_rejected(false)) {
            (true, true) => "yes",
            (true, false) => "of requests",
            _ => "no",
        };
        let row = format!("| `{code}` | {strictly} | {section} | {} |\n", anomaly.meaning());
        assert!(text.contains(&row), "docs/json.md needs the row {row}");
        rows += 1;
    }
    assert!(rows > 40, "{rows} rows");
}

#[test]
fn marks_on_the_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = capture(dir.path());
    let with = stdout(&["http", "--anomalies", "-r", &file]);
    let lines: Vec<_> = with.lines().collect();
    let marks = "[request conflicting_length, request transfer_encoding_with_length, response obs_fold]";
    assert!(lines[0].ends_with(marks), "{with}");
    assert!(!lines[1].contains('['), "{with}");
    let without = stdout(&["http", "-r", &file]);
    assert!(without.lines().next().unwrap().ends_with(" [request conflicting_length]"), "{without}");
    let progressive = stdout(&["http", "--progressive", "--anomalies", "-r", &file]);
    let fold = "HTTP anomaly: obs_fold, a field value folded over several lines";
    assert!(progressive.lines().any(|line| line.ends_with(fold)), "{progressive}");
    assert!(!stdout(&["http", "--progressive", "-r", &file]).contains("obs_fold"));
}
