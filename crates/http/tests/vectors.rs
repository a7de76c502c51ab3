//! Two other parsers' test inputs, read leniently: what they find, an observer should find.
//!
//! The inputs lie beside the capture corpus that `WIRETRACE_CORPUS` names; without it, nothing is tested.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use wiretrace_http::{Anomaly, Close, Connection, Event, Limits, Mode, Peer, Sink};

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
    rejected: Option<Anomaly>,
    anomalies: Vec<Anomaly>,
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
            Event::Rejected { code, .. } => self.rejected = Some(code),
            Event::Anomaly { code, .. } => self.anomalies.push(code),
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
        assert!(self.wanted > 20, "too few were asked for");
        assert!(self.found * 100 >= self.wanted * percent, "{} of {}", self.found, self.wanted);
    }
}

/// An input of llhttp's and what llhttp makes of it.
struct Vector {
    name: String,
    peer: Peer,
    input: Vec<u8>,
    is_strict: bool,
    finish: bool,
    /// The error's name; stopping at an upgrade is none.
    error: Option<String>,
    messages: Vec<Expected>,
}

#[derive(Debug)]
struct Expected {
    start: String,
    body: Vec<u8>,
    head_complete: bool,
    complete: bool,
    upgrade: bool,
}

fn llhttp_vectors(path: PathBuf) -> Vec<Vector> {
    let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let message = |message: &Value| Expected {
        start: match message["status"].as_u64() {
            Some(status) => status.to_string(),
            None => format!("{} {}", text_of(&message["method"]), text_of(&message["target"])),
        },
        body: base64(message["body_b64"].as_str().unwrap_or_default()),
        head_complete: message["head_complete"] == true,
        complete: message["complete"] == true,
        upgrade: message["upgrade"] == true,
    };
    let vectors = files(path, ".json").into_iter().flat_map(|file| {
        let vectors = json(&file).as_array().unwrap().clone();
        vectors.into_iter().filter_map(move |vector| {
            Some(Vector {
                name: format!("{} ({})", text_of(&vector["name"]), text_of(&vector["mode"])),
                peer: match vector["kind"].as_str() {
                    Some("request") => Peer::A,
                    Some("response") => Peer::B,
                    _ => return None,
                },
                input: base64(vector["input_b64"].as_str().unwrap()),
                is_strict: vector["mode"] == "strict",
                finish: vector["finish"] == true,
                error: Some(text_of(&vector["error"]["error"]))
                    .filter(|error| !error.is_empty() && error != "PAUSED_UPGRADE"),
                messages: vector["messages"].as_array().unwrap().iter().map(message).collect(),
            })
        })
    });
    vectors.collect()
}

impl Vector {
    fn parsed(&self, mode: Mode) -> Collect {
        let (mut found, mut connection) = (Collect::default(), Connection::new(Limits::default()));
        connection.set_mode(mode);
        connection.feed(self.peer, &self.input, true, &mut found);
        let end = if self.finish { Close::Clean } else { Close::Cut };
        connection.close(self.peer, end, &mut found);
        found
    }

    /// RTSP and ICE have start lines like HTTP's, and llhttp takes them, too: they are other protocols.
    fn is_http(&self) -> bool {
        let line = self.input.trim_ascii_start().split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = text(line);
        !["RTSP/", "ICE/"].iter().any(|other| line.contains(other))
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.contains(name))
    }
}

/// What lenient parsing does not find as llhttp does, and why.
const NOT_FOUND: [&str; 1] = [
    // A version 0.9 in a status line: HTTP/0.9 had none, and RFC 9112 §2.3 speaks of HTTP/1 alone.
    "HTTP version 0.9",
];

/// Found, but with another end or body than with llhttp, and why.
const FOUND_OTHERWISE: [&str; 7] = [
    // A leniency of llhttp that takes a bare CR for a line end. RFC 9112 §2.2: it is invalid, or a space.
    "Headers separated by dummy characters (lenient)",
    "Empty headers separated by CR (lenient)",
    "Chunk header not terminated by CRLF (lenient)",
    // Transfer-Encoding that is not chunked in a request: llhttp reads until the connection closes, which ends no request
    // (RFC 9112 §6.3); Content-Length, or no body at all, is what others make of it.
    "POST with `Transfer-Encoding` and `Content-Length` (lenient)",
    "POST with `chunked` and duplicate transfer-encoding (lenient)",
    // Chunked, but not as the last coding: a response until the connection closes (RFC 9112 §6.3), which strict parsing
    // does; leniently it is chunked, as most recipients take it.
    "multiple transfer-encoding where chunked is not the last one",
    "`chunkedchunked` transfer-encoding does not enable chunked",
];

#[test]
fn llhttp_leniently() {
    let Some(path) = vectors() else { return };
    let mut score = Score { found: 0, wanted: 0 };
    for vector in llhttp_vectors(path.join("llhttp")) {
        let found = vector.parsed(Mode::Lenient);
        assert_eq!(found.rejected, None);
        if !vector.is_http() {
            assert!(found.messages.is_empty(), "{}: {found:?}", vector.name);
            continue;
        }
        for (index, message) in
            vector.messages.iter().enumerate().filter(|(_, message)| message.head_complete)
        {
            let is = found.messages.get(index);
            let what = || format!("{}: {message:?}; found {is:?} in {}", vector.name, text(&vector.input));
            // No message is lost.
            let is_found = is.is_some_and(|is| is.start == message.start);
            assert_ne!(is_found, vector.is_one_of(&NOT_FOUND), "{}", what());
            // Bodies and ends.
            let is_same = is.is_some_and(|is| match message.complete && !message.upgrade {
                true => is.body == message.body && is.complete,
                // llhttp stops at an upgrade.
                false => is.body.starts_with(&message.body),
            });
            score.add(is_same, what);
            assert!(is_same || !is_found || vector.is_one_of(&FOUND_OTHERWISE), "{}", what());
        }
    }
    score.assert_at_least(85);
}

/// Where strict parsing and llhttp do not agree, and why.
const DISAGREE: [&str; 2] = [
    // A method that llhttp does not know. RFC 9110 §9.1: the set of methods is open; any token is one.
    "Invalid method",
    // A version 0.9 in a status line; see above.
    "HTTP version 0.9",
];

/// Four vectors are of RTSP and ICE. llhttp has a message of three of them, and an error of the fourth. Here, three are named
/// as what they are, without an error and without a message, and the fourth is an error: the verdicts are the same, the
/// messages are not told. So they are counted apart, and the figure is said without them and with them.
#[test]
fn llhttp_strictly() {
    let Some(path) = vectors() else { return };
    let (mut agree, mut all, mut others_agree, mut others) = (0, 0, 0, 0);
    for vector in llhttp_vectors(path.join("llhttp")) {
        if !vector.is_strict {
            continue;
        }
        let found = vector.parsed(Mode::Strict);
        let same_error = found.rejected.is_some() == vector.error.is_some();
        let Vector { name, error, messages, input, .. } = &vector;
        if !vector.is_http() {
            others += 1;
            let is_named = found.anomalies.iter().any(|code| matches!(code, Anomaly::Rtsp | Anomaly::Ice));
            let agrees = same_error && is_named == error.is_none();
            others_agree += u32::from(agrees);
            assert!(agrees && found.messages.is_empty(), "{name}: {error:?}; {found:?} in {}", text(input));
            continue;
        }
        all += 1;
        let same_messages = vector.messages.iter().enumerate().all(|(index, message)| {
            let is = found.messages.get(index);
            let same = |is: &Message| is.start == message.start && is.body.starts_with(&message.body);
            if message.complete && !message.upgrade {
                is.is_some_and(|is| same(is) && is.body == message.body && is.complete)
            } else if message.complete || message.head_complete && vector.error.is_none() {
                is.is_some_and(same)
            } else {
                // A head with an error is not told of.
                is.is_none_or(|is| !is.complete)
            }
        });
        let agrees = same_error && same_messages;
        agree += u32::from(agrees);
        let known = vector.is_one_of(&DISAGREE);
        assert_eq!(agrees, !known, "{name}: {error:?} {messages:?}; {found:?} in {}", text(input));
    }
    println!("{agree} of {all} vectors of HTTP agree: verdicts, messages and bodies");
    println!(
        "{others_agree} of {others} vectors of RTSP and ICE agree: verdicts, the messages being named and not told"
    );
    println!("{} of {} with both", agree + others_agree, all + others);
    assert!(all > 50 && others > 0, "{all} and {others} vectors");
    assert!(agree * 100 >= all * 98, "{agree} of {all} vectors agree");
    let (agree, all) = (agree + others_agree, all + others);
    assert!(agree * 100 >= all * 98, "{agree} of {all} vectors agree");
}

/// The length of a body; null where it is encoded.
fn plain_len(messages: &[&Message], tx: usize) -> Option<Value> {
    let message = messages.get(tx)?;
    let encoded = message.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
    Some(if encoded { Value::Null } else { message.body.len().into() })
}

/// Where libhtp counts a transaction without a request or without a response here: the test, how many requests and responses
/// are found, and why. Everywhere else there are as many of each as libhtp counts transactions.
const OTHER_COUNTS: [(&str, usize, usize); 13] = [
    // HTTP/0.9 is named and counted, and told in no message; the answer to the third one is of HTTP/1.0.
    ("Http_0_9", 0, 0),
    ("Http_0_9_Multiple", 0, 0),
    ("Http_0_9_Explicit", 0, 1),
    // Four bytes in two pieces, without a start line.
    ("ResponseBodyData", 0, 0),
    // Nothing but an answer was sent.
    ("ZeroByteRequestTimeout", 0, 1),
    // Half a request line, and the answer to that.
    ("RequestUriTooLarge", 0, 1),
    // Two requests, and no answer is there.
    ("RequestsCut", 2, 0),
    // Answers without a status line: HTTP/0.9's, or no HTTP.
    ("ResponseNoStatusHeaders", 1, 0),
    ("ResponseNoStatusHeaders2", 1, 0),
    // `HTTP/1.1 200ok`: no status code (RFC 9112 §4), which is told as bad_status.
    ("CompressedResponseMultiple", 1, 0),
    // The heads of the answers from the second one on have no empty line: they are one head, and the later status lines are
    // lines of it.
    ("HeaderHostParsing", 4, 2),
    ("AutoDestroyCrash", 4, 2),
    // An answer that is longer than its Content-Length says: the rest is told as unexpected_data, and the next message is
    // looked for where segments begin. The second answer lies in the first one's.
    ("ConnectInvalidHostport", 2, 1),
];

/// Facts of libhtp's that are not found, and why.
const OTHER_FACTS: [(&str, &str); 4] = [
    // A method and nothing else: no request line.
    ("Unknown_MethodOnly", "request_method"),
    ("Unknown_MethodOnly", "request_uri"),
    // The method is told without the white space before it.
    ("GetWhitespace", "request_method"),
    // The answer that is none; and the length would be that of what the content coding hides.
    ("CompressedResponseMultiple", "response_entity_len"),
];

#[test]
fn libhtp() {
    let Some(path) = vectors() else { return };
    let (mut counts, mut facts) = (Score { found: 0, wanted: 0 }, Score { found: 0, wanted: 0 });
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
            let name = test["test"].as_str().unwrap().rsplit('.').next().unwrap();
            if let Some(transactions) = test["transactions"].as_u64() {
                let is = (requests.len(), responses.len());
                let same = (transactions as usize, transactions as usize);
                let other = OTHER_COUNTS.iter().find(|(known, ..)| *known == name);
                let want = other.map_or(same, |&(_, requests, responses)| (requests, responses));
                assert_eq!(is, want, "{name}: {transactions} transactions, found {found:?}");
                assert!(other.is_none() || is != same, "{name} is no exception");
                counts.add(is == same, || format!("{name}: {transactions} transactions, found {is:?}"));
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
                let (same, field) = (found.as_ref() == Some(is), fact["field"].as_str().unwrap());
                assert_ne!(same, OTHER_FACTS.contains(&(name, field)), "{name}: {fact}, found {found:?}");
                facts.add(same, || format!("{name}: {fact}, found {found:?}"));
            }
        }
    }
    print!("as many requests and responses as transactions, of all tests: ");
    counts.assert_at_least(70);
    print!("facts: ");
    facts.assert_at_least(80);
}
