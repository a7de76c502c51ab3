//! Two other parsers' test inputs, read leniently: what they find, an observer should find.
//!
//! The inputs lie beside the capture corpus that `WIRETRACE_CORPUS` names; without it, nothing is tested.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use wiretrace_http::{Close, Connection, Event, Limits, Peer, Sink};

/// The folder of vectors; `None` where no corpus is named.
fn vectors() -> Option<PathBuf> {
    let Some(corpus) = std::env::var_os("WIRETRACE_CORPUS") else {
        println!("skipped: WIRETRACE_CORPUS not set");
        return None;
    };
    // An absolute path replaces the root.
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join(corpus).join("../vectors");
    assert!(path.is_dir(), "WIRETRACE_CORPUS is set, but {} is missing", path.display());
    Some(path)
}

fn files(path: PathBuf, suffix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|file| file.to_str().unwrap().ends_with(suffix)).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", path.display());
    files
}

fn json(file: &PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for byte in text.bytes().filter(|&byte| byte != b'=') {
        let digit = ALPHABET.iter().position(|&known| known == byte).expect("base64");
        (bits, count) = (bits << 6 | digit as u32, count + 6);
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Message {
    peer: Option<Peer>,
    /// Method and target, or the status code.
    start: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
    complete: bool,
    interim: bool,
}

/// One character a byte.
fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

#[derive(Debug, Default)]
struct Collect {
    messages: Vec<Message>,
    open: BTreeMap<bool, usize>,
}

impl Collect {
    fn begin(&mut self, peer: Peer, start: String, fields: &[wiretrace_http::Field<'_>], interim: bool) {
        let fields = fields.iter().map(|f| (text(f.name), text(f.value))).collect();
        self.open.insert(peer == Peer::A, self.messages.len());
        self.messages.push(Message { peer: Some(peer), start, fields, interim, ..Message::default() });
    }

    fn at(&mut self, peer: Peer) -> &mut Message {
        &mut self.messages[self.open[&(peer == Peer::A)]]
    }
}

impl Sink for Collect {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::RequestHead(head) => {
                let start = format!("{} {}", text(head.method), text(head.target));
                self.begin(head.peer, start, head.fields, false);
            }
            Event::ResponseHead(head) => {
                self.begin(head.peer, head.status.to_string(), head.fields, head.interim);
            }
            Event::Body { peer, bytes } => self.at(peer).body.extend_from_slice(bytes),
            Event::MessageEnd { peer, complete } => self.at(peer).complete = complete,
            _ => {}
        }
    }
}

/// Counts, and prints what is missing.
struct Score {
    found: usize,
    wanted: usize,
}

impl Score {
    fn add(&mut self, found: bool, what: impl FnOnce() -> String) {
        self.wanted += 1;
        self.found += usize::from(found);
        if !found {
            println!("missing: {}", what());
        }
    }

    fn assert_at_least(&self, percent: usize) {
        println!("{} of {}", self.found, self.wanted);
        assert!(self.wanted > 30, "too few were asked for");
        assert!(self.found * 100 >= self.wanted * percent, "{} of {}", self.found, self.wanted);
    }
}

#[test]
fn llhttp() {
    let Some(path) = vectors() else { return };
    let (mut complete, mut cut) = (Score { found: 0, wanted: 0 }, Score { found: 0, wanted: 0 });
    for file in files(path.join("llhttp"), ".json") {
        for vector in json(&file).as_array().unwrap() {
            let peer = match vector["kind"].as_str() {
                Some("request") => Peer::A,
                Some("response") => Peer::B,
                _ => continue,
            };
            let input = base64(vector["input_b64"].as_str().unwrap());
            let finish = vector["finish"] == Value::Bool(true);
            let mut found = Collect::default();
            let mut connection = Connection::new(Limits::default());
            connection.feed(peer, &input, true, &mut found);
            connection.close(peer, if finish { Close::Clean } else { Close::Cut }, &mut found);
            let expected = vector["messages"].as_array().unwrap();
            let line = input.trim_ascii_start().split(|&byte| byte == b'\n').next().unwrap_or_default();
            if !text(line).contains("HTTP/1.") {
                // llhttp takes RTSP, ICE and HTTP/0.9 in their start lines, too.
                assert!(found.messages.is_empty(), "{}: {found:?}", vector["name"]);
                continue;
            }
            for (index, message) in expected.iter().enumerate() {
                let start = match message["status"].as_u64() {
                    Some(status) => status.to_string(),
                    None => format!(
                        "{} {}",
                        message["method"].as_str().unwrap_or_default(),
                        message["target"].as_str().unwrap_or_default()
                    ),
                };
                let body = base64(message["body_b64"].as_str().unwrap_or_default());
                let is = found.messages.get(index);
                let what = || {
                    format!(
                        "{} ({}, {}), message {index}: {start} {} {:?}, llhttp says {}; found {is:?} in {:?}",
                        vector["name"],
                        vector["source"],
                        vector["mode"],
                        body.escape_ascii(),
                        message["headers"].to_string(),
                        vector["error"],
                        text(&input)
                    )
                };
                if message["complete"] == Value::Bool(true) {
                    let is = is.is_some_and(|is| is.start == start && is.body == body && is.complete);
                    complete.add(is, what);
                } else if message["head_complete"] == Value::Bool(true) {
                    let is = is.is_some_and(|is| is.start == start && is.body.starts_with(&body));
                    cut.add(is, what);
                }
            }
        }
    }
    println!("complete messages:");
    complete.assert_at_least(95);
    println!("messages with a complete head: {} of {}", cut.found, cut.wanted);
    assert!(cut.found * 100 >= cut.wanted * 80);
}

/// The length of a body; null where it is encoded.
fn plain_len(messages: &[&Message], tx: usize) -> Option<Value> {
    let message = messages.get(tx)?;
    let encoded = message.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
    Some(if encoded { Value::Null } else { message.body.len().into() })
}

#[test]
fn libhtp() {
    let Some(path) = vectors() else { return };
    let mut score = Score { found: 0, wanted: 0 };
    for file in files(path.join("libhtp"), ".json") {
        let about = json(&file);
        let bytes = std::fs::read(file.with_file_name(about["file"].as_str().unwrap())).unwrap();
        let (mut found, mut connection) = (Collect::default(), Connection::new(Limits::default()));
        for chunk in about["chunks"].as_array().unwrap() {
            let peer = if chunk["dir"] == "client" { Peer::A } else { Peer::B };
            let (offset, len) = (chunk["offset"].as_u64().unwrap(), chunk["len"].as_u64().unwrap());
            if chunk["lost"] == Value::Bool(true) {
                connection.gap(peer, len, &mut found);
            } else {
                let bytes = &bytes[offset as usize..(offset + len) as usize];
                connection.feed(peer, bytes, true, &mut found);
            }
        }
        connection.close(Peer::A, Close::Clean, &mut found);
        connection.close(Peer::B, Close::Clean, &mut found);
        let of = |peer| {
            let of_peer = found.messages.iter().filter(move |is| is.peer == Some(peer) && !is.interim);
            of_peer.collect::<Vec<_>>()
        };
        let (requests, responses) = (of(Peer::A), of(Peer::B));
        for test in about["tests"].as_array().unwrap() {
            if let Some(transactions) = test["transactions"].as_u64() {
                let is = requests.len().max(responses.len()) as u64;
                score.add(is == transactions, || {
                    format!("{}: {transactions} transactions, found {found:?}", test["test"])
                });
            }
            for fact in test["facts"].as_array().unwrap() {
                let (Some(tx), Some(is)) = (fact["tx"].as_u64(), fact.get("is")) else { continue };
                let tx = tx as usize;
                let start = |part: usize| {
                    requests.get(tx).and_then(|is| is.start.splitn(2, ' ').nth(part)).map(Value::from)
                };
                let found = match fact["field"].as_str().unwrap() {
                    "request_method" => start(0),
                    "request_uri" => start(1),
                    "response_status_number" => {
                        responses.get(tx).map(|is| Value::from(is.start.parse::<u64>().unwrap()))
                    }
                    "request_entity_len" => plain_len(&requests, tx),
                    "response_entity_len" => plain_len(&responses, tx),
                    _ => continue,
                };
                if found == Some(Value::Null) {
                    continue;
                }
                score
                    .add(found.as_ref() == Some(is), || format!("{}: {fact}, found {found:?}", test["test"]));
            }
        }
    }
    score.assert_at_least(85);
}
