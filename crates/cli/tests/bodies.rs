//! `wiretrace http --bodies`, `--decode` and `--save-bodies`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use serde_json::{Value, json};
use tempfile::TempDir;
use wiretrace_testkit::build::{LINK_ETHERNET, Pcap};
use wiretrace_testkit::wire::Conversation;

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo.pcap")
}

fn run(capture: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiretrace"));
    command.arg("http").arg("-r").arg(capture).args(args).env("TZ", "UTC").stdin(Stdio::null());
    command.output().unwrap()
}

fn text(capture: &Path, args: &[&str]) -> String {
    let output = run(capture, args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn exchanges(capture: &Path, args: &[&str]) -> Vec<Value> {
    let objects = text(capture, &[args, &["--json"]].concat());
    let objects = objects.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    objects.filter(|object| object["type"] == "http").collect()
}

/// A capture in a directory of its own.
struct Capture {
    directory: TempDir,
    path: PathBuf,
}

impl Capture {
    fn of(conversation: &mut Conversation) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.pcap");
        let frames = conversation.frames();
        fs::write(&path, Pcap::new(LINK_ETHERNET).nanoseconds().frames(&frames).bytes()).unwrap();
        Self { directory, path }
    }

    /// A GET and its answer.
    fn answer(fields: &str, body: &[u8]) -> Self {
        Self::of(Conversation::new().syn().client(GET).server(&answer(fields, body)).fin())
    }

    /// Names and contents of the files that are saved.
    fn saved(&self, args: &[&str]) -> BTreeMap<String, Vec<u8>> {
        let directory = self.directory.path().join("bodies");
        let _ = fs::remove_dir_all(&directory);
        let output = run(&self.path, &[args, &["--save-bodies", directory.to_str().unwrap()]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        files(&directory)
    }
}

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

const GET: &[u8] = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

fn answer(fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{fields}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn br(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::CompressorWriter::new(&mut out, 4096, 5, 18).write_all(bytes).unwrap();
    out
}

/// What is below the first line.
fn shown(fields: &str, body: &[u8], args: &[&str]) -> String {
    let output = text(&Capture::answer(fields, body).path, args);
    output.split_once('\n').unwrap().1.to_owned()
}

/// Text that does not compress to nothing.
fn long_text(lines: u32) -> Vec<u8> {
    (0..lines).flat_map(|line| format!("{:08x}\n", line.wrapping_mul(2_654_435_761)).into_bytes()).collect()
}

#[test]
fn without_the_options_nothing_changes() {
    let plain = text(&demo(), &[]);
    assert!(!plain.contains("body") && !plain.contains("decoded"));
    let with = text(&demo(), &["--bodies"]);
    let lines: Vec<_> = with.lines().filter(|line| line.starts_with("22:")).collect();
    assert_eq!(lines.len(), plain.lines().count());
}

#[test]
fn every_coding_is_undone() {
    let content = long_text(3_000);
    let cases: [(&str, Vec<u8>); 7] = [
        ("gzip", gzip(&content)),
        ("X-Gzip", gzip(&content)),
        ("deflate", raw_deflate(&content)),
        ("br", br(&content)),
        ("zstd", zstd::encode_all(content.as_slice(), 3).unwrap()),
        ("deflate, gzip", gzip(&raw_deflate(&content))),
        ("identity, br", br(&content)),
    ];
    for (coding, body) in cases {
        let capture = Capture::answer(&format!("Content-Encoding: {coding}\r\n"), &body);
        for args in [&["--decode"][..], &["--bodies"], &["--bodies=hex"]] {
            let exchange = &exchanges(&capture.path, args)[0];
            let response = &exchange["response"];
            assert_eq!(response["body_decoded_bytes"], content.len(), "{coding} {args:?}");
            assert_eq!(response["body_bytes"], body.len(), "{coding}");
            assert_eq!(exchange["errors"], Value::Array(vec![]), "{coding}");
        }
        assert_eq!(exchanges(&capture.path, &[])[0]["response"].get("body_decoded_bytes"), None);
        let object = &exchanges(&capture.path, &["--bodies"])[0]["response"];
        assert_eq!(object["body"].as_str().unwrap().as_bytes(), content, "{coding}");
        let saved = capture.saved(&[]);
        assert_eq!(saved.len(), 2, "{coding}: {:?}", saved.keys());
        assert_eq!(saved["1-1-response.bin"], body, "{coding}");
        assert_eq!(saved["1-1-response.decoded.bin"], content, "{coding}");
    }
}

#[test]
fn chunked_and_encoded_bodies_of_any_size() {
    // Smaller and larger than what is gathered before it is written.
    for lines in [1, 1_000, 40_000] {
        let content = long_text(lines);
        let body = gzip(&content);
        let mut sent =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n".to_vec();
        for chunk in body.chunks(1_000) {
            sent.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            sent.extend_from_slice(chunk);
            sent.extend_from_slice(b"\r\n");
        }
        sent.extend_from_slice(b"0\r\nTrailer: x\r\n\r\n");
        let capture = Capture::of(Conversation::new().syn().client(GET).server(&sent).fin());
        for mode in [&[][..], &["--progressive"], &["--json"], &["--bodies"]] {
            let saved = capture.saved(mode);
            assert_eq!(saved.keys().collect::<Vec<_>>(), ["1-1-response.bin", "1-1-response.decoded.bin"]);
            assert_eq!(saved["1-1-response.bin"], body, "{lines} lines, {mode:?}");
            assert_eq!(saved["1-1-response.decoded.bin"], content, "{lines} lines, {mode:?}");
        }
    }
}

#[test]
fn json_is_laid_out_with_its_tokens_as_they_are() {
    let got = shown("Content-Type: application/json\r\n", br#"{"b":1.50,"a":["\u00e9",{}]}"#, &["--bodies"]);
    let want = "  response body: 28B application/json\n    {\n      \"b\": 1.50,\n      \"a\": [\n        \"\\u00e9\",\n        {}\n      ]\n    }\n";
    assert_eq!(got, want);
    let got = shown("Content-Type: application/json\r\n", b"{not json}\n", &["--bodies"]);
    assert_eq!(got, "  response body: 11B application/json\n    {not json}\n");
    let got =
        shown("Content-Type: application/json\r\n", br#"{"a":[1,2,3,4]}"#, &["--bodies", "--max-body", "8"]);
    let want = "  response body: 15B application/json\n    {\n      \"a\": [\n        1,\n  [the first 8B are shown]\n";
    assert_eq!(got, want);
}

#[test]
fn text_comes_in_its_charset_and_cannot_drive_a_terminal() {
    let got = shown("Content-Type: text/plain; charset=ISO-8859-1\r\n", b"gr\xfcn\r\n", &["--bodies"]);
    assert_eq!(got, "  response body: 6B text/plain\n    grün\n");
    let evil =
        "a\u{1b}[2J\u{9b}31m\u{202e}b\u{7}\n\ttab\r\nüber \u{7f} and much more ordinary text".as_bytes();
    let got = shown("Content-Type: text/plain\u{1b}]0;x\u{7}\r\n", &[evil, b"\xff"].concat(), &["--bodies"]);
    assert!(got.contains("    a\\x1b[2J\\u{9b}31m\\u{202e}b\\x07\n        tab\n    über \\x7f"), "{got}");
    assert!(got.ends_with("text\\xff\n"), "{got}");
    assert!(!got.chars().any(|c| c.is_control() && c != '\n'), "{got:?}");
}

#[test]
fn forms_parts_and_events_are_listed() {
    let form = b"POST /f HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 22\r\n\r\nname=J%C3%B6&x=1%0A+2&";
    let capture = Capture::of(Conversation::new().syn().client(form).server(&answer("", b"")).fin());
    let got = text(&capture.path, &["--bodies"]);
    let want = "  request body: 22B application/x-www-form-urlencoded\n    name = Jö\n    x = 1\\n 2\n";
    assert!(got.ends_with(want), "{got}");
    assert_eq!(capture.saved(&[])["1-1-request.bin"], b"name=J%C3%B6&x=1%0A+2&");

    let parts = b"--b\r\nContent-Disposition: form-data; name=\"who\"\r\n\r\nme\r\n--b\r\nContent-Disposition: form-data; name=\"up\"; filename=\"../../etc/x\x1b.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\0\0\r\n--b--\r\n";
    let got = shown("Content-Type: multipart/form-data; boundary=b\r\n", parts, &["--bodies"]);
    let want = "    who: 2B\n      me\n    up: file \"../../etc/x\\x1b.png\" image/png 6B\n";
    assert!(got.ends_with(want), "{got}");

    let events = b"retry: 10\n\nevent: tick\nid: 7\ndata: {\"n\":1}\ndata: two\n\n: ping\n\ndata: cut";
    let got = shown("Content-Type: text/event-stream\r\n", events, &["--bodies"]);
    let want = "    00:00:00.005 message retry 10\n    00:00:00.005 tick id 7\n      {\"n\":1}\n      two\n    00:00:00.005 comment: ping\n    message (cut)\n      cut\n";
    assert!(got.ends_with(want), "{got}");
}

/// A stream of events in several packets, plain or compressed with a flush behind each write.
#[test]
fn events_have_the_time_of_their_packets() {
    for packed in [false, true] {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut c = Conversation::new();
        c.syn().client(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
        let encoding = if packed { "Content-Encoding: gzip\r\n" } else { "" };
        c.server(format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{encoding}Transfer-Encoding: chunked\r\n\r\n").as_bytes());
        for piece in
            ["event: tick\nid: 1\ndata: {}\n", "\ndata: a\ndata: b\n\n: hi\n\ndata:", " c\n\nretry: 5\n"]
        {
            let bytes = if packed {
                encoder.write_all(piece.as_bytes()).unwrap();
                encoder.flush().unwrap();
                std::mem::take(encoder.get_mut())
            } else {
                piece.as_bytes().to_vec()
            };
            c.wait(1_000).server(&[format!("{:x}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n"].concat());
        }
        // Cut by the end of the capture.
        let capture = Capture::of(&mut c);
        let objects = exchanges(&capture.path, &["--bodies"]);
        let events = &objects[0]["response"]["events"];
        let at = |second: u32| format!("2024-01-01T00:00:0{second}");
        let got: Vec<_> = events
            .as_array()
            .unwrap()
            .iter()
            .map(|event| {
                let mut event = event.clone();
                let ts = event.as_object_mut().unwrap().remove("ts");
                (ts.map(|ts| ts.as_str().unwrap()[..19].to_owned()), event)
            })
            .collect();
        let want = [
            (Some(at(2)), json!({"event": "tick", "id": "1", "data": "{}"})),
            (Some(at(2)), json!({"data": "a\nb"})),
            (Some(at(2)), json!({"comment": "hi"})),
            (Some(at(3)), json!({"data": "c"})),
            (None, json!({"retry": "5", "complete": false})),
        ];
        assert_eq!(got, want, "{packed}");
        for mode in [&["--bodies"][..], &["--bodies", "--progressive"]] {
            let got = text(&capture.path, mode);
            let place = got.find("    00:00:02").unwrap_or_else(|| panic!("{got}"));
            let lines: Vec<_> =
                got[place..].lines().map(|line| line.replace(|c: char| c.is_ascii_digit(), "0")).collect();
            let want = [
                "    00:00:00.000 tick id 0",
                "      {}",
                "    00:00:00.000 message",
                "      a",
                "      b",
                "    00:00:00.000 comment: hi",
                "    00:00:00.000 message",
                "      c",
                "    message retry 0 (cut)",
            ];
            assert_eq!(lines[..want.len()], want, "{got}");
        }
        // Without `--bodies`, nothing of it.
        assert!(exchanges(&capture.path, &["--decode"])[0]["response"].get("events").is_none());
        assert!(exchanges(&capture.path, &["--bodies=hex"])[0]["response"].get("events").is_none());
    }
}

#[test]
fn binary_is_dumped_within_bounds() {
    let got = shown("Content-Type: application/x-thing\r\n", b"\0\x01abc", &["--bodies"]);
    let want = "  response body: 5B application/x-thing, binary\n    00000000  00 01 61 62 63                                    |..abc|\n";
    assert_eq!(got, want);
    let got = shown("", &[0; 1_000], &["--bodies"]);
    assert_eq!(got.lines().count(), 1 + 16 + 1, "{got}");
    assert!(got.ends_with("  [the first 256B are shown]\n"), "{got}");
    // The bound of what is shown at all is kept, too.
    let got = shown("", &[0; 1_000], &["--bodies", "--max-body", "20"]);
    assert!(got.ends_with("  [the first 20B are shown]\n") && got.lines().count() == 4, "{got}");
}

#[test]
fn grpc_web_is_listed_by_message() {
    let mut body = b"\0\0\0\0\x05\x0a\x03abc".to_vec();
    body.extend(b"\x01\0\0\x01\x2c");
    body.extend([7; 300]);
    body.extend(b"\x80\0\0\0\x20grpc-status:0\r\ngrpc-message:OK\r\n");
    body.extend(b"\0\0\0\0\x09half");
    let got = shown("Content-Type: application/grpc-web+proto\r\n", &body, &["--bodies"]);
    let lines: Vec<_> = got.lines().collect();
    assert_eq!(
        lines[1..3],
        ["    message 5B", "      00000000  0a 03 61 62 63                                    |..abc|"]
    );
    assert_eq!(lines[3], "    message 300B compressed");
    assert_eq!(
        lines[4 + 16..],
        [
            "      ...",
            "    trailers 32B",
            "      grpc-status:0",
            "      grpc-message:OK",
            "    message 9B (cut)",
            "      00000000  68 61 6c 66                                       |half|",
        ]
    );
    let object =
        exchanges(&Capture::answer("Content-Type: application/grpc-web\r\n", &body).path, &["--bodies"]);
    assert!(object[0]["response"].get("body").is_none());
}

#[test]
fn binary_is_named_and_dumped_on_demand() {
    let image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0";
    let got = shown("Content-Type: image/png\r\n", image, &["--bodies"]);
    assert_eq!(got, "  response body: 17B image/png, binary\n");
    let got = shown("Content-Type: image/png\r\n", image, &["--bodies=hex"]);
    let want = "  response body: 17B image/png\n    00000000  89 50 4e 47 0d 0a 1a 0a  00 00 00 0d 49 48 44 52  |.PNG........IHDR|\n    00000010  00                                                |.|\n";
    assert_eq!(got, want);
    let capture = Capture::answer("Content-Type: image/png\r\n", image);
    let object = &exchanges(&capture.path, &["--bodies=hex"])[0]["response"];
    assert_eq!(object["body_hex"], "89504e470d0a1a0a0000000d4948445200");
    let object = &exchanges(&capture.path, &["--bodies"])[0]["response"];
    assert_eq!((object.get("body"), object.get("body_cut")), (None, None));
}

#[test]
fn what_is_cut_or_faulty_gives_what_there_is() {
    let content = long_text(2_000);
    let body = gzip(&content);
    // The capture ends in the middle of the body: that is the message's error alone.
    let half = answer("Content-Encoding: gzip\r\n", &body);
    let capture = Capture::of(Conversation::new().syn().client(GET).server(&half[..half.len() / 2]));
    let exchange = &exchanges(&capture.path, &["--decode"])[0];
    let decoded = exchange["response"]["body_decoded_bytes"].as_u64().unwrap() as usize;
    assert!(decoded > content.len() / 4 && decoded < content.len(), "{decoded}");
    let codes = |exchange: &Value| -> Vec<String> {
        exchange["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["code"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(codes(exchange), ["truncated"]);
    assert_eq!(capture.saved(&[])["1-1-response.decoded.bin"], content[..decoded]);

    // The sender cut it.
    let capture = Capture::answer("Content-Encoding: gzip\r\n", &body[..body.len() / 2]);
    assert_eq!(codes(&exchanges(&capture.path, &["--decode"])[0]), ["bad_encoding"]);
    assert!(text(&capture.path, &["--bodies"]).contains("[the gzip data break off]"));
    assert!(text(&capture.path, &["--decode"]).contains("[response bad_encoding]"));
    assert_eq!(codes(&exchanges(&capture.path, &[])[0]), [""; 0], "nothing is decoded that nobody asked for");

    // It never was what it says: shown as it was sent.
    let got = shown("Content-Encoding: gzip\r\nContent-Type: text/plain\r\n", b"plain", &["--bodies"]);
    assert_eq!(
        got,
        "  response body: 5B text/plain (5B, not decoded: gzip)\n    plain\n  [not valid gzip]\n"
    );
    let capture = Capture::answer("Content-Encoding: compress\r\n", b"what is this");
    assert_eq!(codes(&exchanges(&capture.path, &["--decode"])[0]), [""; 0], "not known is not wrong");
    assert_eq!(capture.saved(&[]).len(), 1);
    let empty = Capture::answer("Content-Encoding: gzip\r\n", b"");
    assert_eq!(codes(&exchanges(&empty.path, &["--decode"])[0]), [""; 0]);
    assert!(empty.saved(&[]).is_empty(), "no file for no body");
}

#[test]
fn holes_are_shown_where_they_are() {
    let sent = answer("Content-Type: text/plain\r\n", b"one two three");
    let (head, body) = sent.split_at(sent.len() - 13);
    let mut conversation = Conversation::new();
    conversation.syn().client(GET).server(&[head, &body[..4]].concat()).lose_next().server(&body[4..8]);
    let capture = Capture::of(conversation.server(&body[8..]).fin());
    let got = text(&capture.path, &["--bodies"]);
    let want = "    one \n  [4B missing here]\n    three\n  [4B missing from the capture]\n";
    assert!(got.ends_with(want), "{got}");
    let hex = text(&capture.path, &["--bodies=hex"]);
    assert!(hex.contains("    00000008  74 68 72 65 65"), "offsets are those of the body: {hex}");
    assert_eq!(capture.saved(&[])["1-1-response.bin"], b"one three");
    let object = &exchanges(&capture.path, &["--bodies"])[0]["response"];
    assert_eq!((&object["body"], &object["body_cut"]), (&"one three".into(), &true.into()));
}

#[test]
fn bombs_are_bounded() {
    let bomb = gzip(&vec![0; 64 << 20]);
    let capture = Capture::answer("Content-Encoding: gzip\r\n", &bomb);
    let exchange = &exchanges(&capture.path, &["--decode"])[0];
    let decoded = exchange["response"]["body_decoded_bytes"].as_u64().unwrap();
    assert!(decoded <= (bomb.len() as u64 * 200).max(4 << 20), "{decoded} from {}", bomb.len());
    assert_eq!(exchange["errors"][0]["code"], "limit");
    assert!(text(&capture.path, &["--bodies"]).contains("[the gzip data grow by more than the limit]"));
}

#[test]
fn bodies_have_the_index_of_their_exchange() {
    let mut conversation = Conversation::new();
    conversation.syn();
    for number in 0..5 {
        let post = format!("POST /{number} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nq-{number}");
        conversation.client(post.as_bytes()).server(&answer("", format!("a-{number}").as_bytes()));
    }
    let saved = Capture::of(conversation.fin()).saved(&[]);
    assert_eq!(saved.len(), 10);
    for number in 0..5 {
        assert_eq!(saved[&format!("1-{}-request.bin", number + 1)], format!("q-{number}").as_bytes());
        assert_eq!(saved[&format!("1-{}-response.bin", number + 1)], format!("a-{number}").as_bytes());
    }
}

#[test]
fn what_is_in_the_directory_is_replaced_and_links_are_not_followed() {
    let capture = Capture::answer("", b"new");
    let directory = tempfile::tempdir().unwrap();
    let outside = capture.directory.path().join("outside");
    fs::write(&outside, "mine").unwrap();
    std::os::unix::fs::symlink(&outside, directory.path().join("1-1-response.bin")).unwrap();
    for _ in 0..2 {
        assert!(run(&capture.path, &["--save-bodies", directory.path().to_str().unwrap()]).status.success());
        assert_eq!(files(directory.path())["1-1-response.bin"], b"new");
    }
    assert_eq!(fs::read(&outside).unwrap(), b"mine");
}

#[test]
fn files_that_cannot_be_written_are_said_once_and_the_tracing_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    // Directories where files should be: not even root can write them.
    for name in ["1-1-request.bin", "1-1-response.bin", "1-2-response.bin"] {
        fs::create_dir_all(directory.path().join(name).join("x")).unwrap();
    }
    let mut conversation = Conversation::new();
    conversation.syn();
    for body in [&b"one"[..], b"two", b"three"] {
        conversation.client(GET).server(&answer("", body));
    }
    let capture = Capture::of(conversation.fin());
    let output = run(&capture.path, &["--save-bodies", directory.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 3);
    assert_eq!(fs::read(directory.path().join("1-3-response.bin")).unwrap(), b"three");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.matches("cannot write").count(), 1, "{said}");
    assert!(said.contains("2 body files could not be written"), "{said}");

    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let output = run(&capture.path, &["--save-bodies", file.join("in").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot make the directory"));
}

#[test]
fn usage_is_checked() {
    for args in [
        &["--max-body", "10"][..],
        &["--bodies=xml"],
        &["--bodies", "--max-body", "9G"],
        &["--bodies", "--max-body", "x"],
    ] {
        assert_eq!(run(&demo(), args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn progressive_lines_have_the_body_at_its_end() {
    let capture =
        Capture::answer("Content-Type: text/plain\r\nContent-Encoding: gzip\r\n", &gzip(b"hello\n"));
    let got = text(&capture.path, &["--progressive", "--bodies"]);
    let lines: Vec<_> = got.lines().rev().take(3).collect();
    assert_eq!(lines[0], "    hello", "{got}");
    assert!(
        lines[1].starts_with("  response body: 6B text/plain (") && lines[1].ends_with("B as gzip)"),
        "{got}"
    );
    assert!(lines[2].contains(" response complete "), "{got}");
}

#[test]
fn threads_make_no_difference() {
    for mode in
        [&["--bodies"][..], &["--bodies", "--json"], &["--bodies=hex", "--progressive"], &["--decode"]]
    {
        let want = text(&demo(), mode);
        for threads in ["2", "5"] {
            assert_eq!(text(&demo(), &[mode, &["--threads", threads]].concat()), want, "{mode:?}");
        }
    }
    let saved = |threads: &str| {
        let directory = tempfile::tempdir().unwrap();
        text(&demo(), &["--threads", threads, "--save-bodies", directory.path().to_str().unwrap()]);
        files(directory.path())
    };
    let one = saved("1");
    assert!(one.len() > 10);
    assert_eq!(one, saved("4"));
    // The files are what the objects say.
    let mut bodies = 0;
    for exchange in exchanges(&demo(), &["--decode"]) {
        for side in ["request", "response"] {
            let name = format!("{}-{}-{side}", exchange["conn"]["id"], exchange["index"]);
            for (member, end) in [("body_bytes", ".bin"), ("body_decoded_bytes", ".decoded.bin")] {
                let bytes = exchange[side][member].as_u64().unwrap_or(0);
                let file = one.get(&format!("{name}{end}"));
                assert_eq!(file.map_or(0, |file| file.len() as u64), bytes, "{name}{end}");
                bodies += usize::from(bytes > 0);
            }
        }
    }
    assert_eq!(bodies, one.len());
}

#[test]
fn nothing_in_the_corpus_drives_a_terminal() {
    let Some(corpus) = std::env::var_os("WIRETRACE_CORPUS") else {
        return eprintln!("skipped: WIRETRACE_CORPUS is not set");
    };
    // A relative path is the workspace's.
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = vec![workspace.join(corpus).join("captures")];
    let mut captures = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { captures.push(path) }
        }
    }
    assert!(captures.len() > 100, "{}", captures.len());
    let mut bodies = 0;
    for capture in captures {
        for mode in [
            &["--bodies"][..],
            &["--bodies=hex", "--max-body", "300"],
            &["--bodies", "--progressive", "--headers"],
            &["--bodies", "--json"],
        ] {
            let output = run(&capture, mode);
            let printed = String::from_utf8(output.stdout)
                .unwrap_or_else(|error| panic!("{}: {error}", capture.display()));
            let control = printed
                .chars()
                .find(|&c| c != '\n' && if mode.contains(&"--json") { c < ' ' } else { c.is_control() });
            assert_eq!(control, None, "{} {mode:?}", capture.display());
            bodies += printed.matches(" body: ").count();
        }
    }
    assert!(bodies > 500, "{bodies}");
}
