//! Several inputs as one run, and files that grow, as a user meets them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use wiretrace_testkit::build::Pcap;
use wiretrace_testkit::wire::Conversation;

fn wiretrace(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiretrace"));
    command.args(args).env("TZ", "UTC").env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Runs a command over these inputs.
fn read(command: &[&str], inputs: &[PathBuf]) -> Output {
    let mut wiretrace = wiretrace(command);
    for input in inputs {
        wiretrace.arg("-r").arg(input);
    }
    wiretrace.output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn demo() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo.pcap")
}

/// The demo capture as files of its header and so many records each.
fn cut_demo(records_each: usize) -> Vec<Vec<u8>> {
    let bytes = fs::read(demo()).unwrap();
    let (header, mut rest) = bytes.split_at(24);
    let mut files = Vec::new();
    while !rest.is_empty() {
        let mut len = 0;
        for _ in 0..records_each {
            if let Some(field) = rest.get(len + 8..len + 12) {
                len += 16 + u32::from_le_bytes(field.try_into().unwrap()) as usize;
            }
        }
        files.push([header, &rest[..len]].concat());
        rest = &rest[len..];
    }
    files
}

/// The demo in files whose names say nothing of their order; some compressed.
fn rotated(folder: &Path) -> Vec<PathBuf> {
    let names = ["m.pcap", "c", "x.pcap.gz", "a.zst", "k.pcap", "b"];
    let parts = cut_demo(80);
    assert_eq!(parts.len(), names.len());
    let write = |(name, bytes): (&&str, Vec<u8>)| {
        let path = folder.join(name);
        let bytes = match path.extension().and_then(|e| e.to_str()) {
            Some("gz") => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(&bytes).unwrap();
                encoder.finish().unwrap()
            }
            Some("zst") => zstd::encode_all(&bytes[..], 1).unwrap(),
            _ => bytes,
        };
        fs::write(&path, bytes).unwrap();
        path
    };
    names.iter().zip(parts).map(write).collect()
}

#[test]
fn rotated_files_in_any_order_are_one_capture() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = rotated(folder.path());
    for command in [&["http"][..], &["http", "--json"], &["tcp", "--json"]] {
        let want = read(command, &[demo()]);
        assert!(want.stdout.len() > 2_000);
        for turn in 0..files.len() {
            files.rotate_left(1);
            files.swap(turn, 0);
            let got = read(command, &files);
            assert_eq!(got.status.code(), Some(0), "{}", stderr(&got));
            assert!(got.stdout == want.stdout, "{command:?} {files:?}");
            assert_eq!(got.stderr, want.stderr);
        }
        // However the files are named.
        for inputs in [
            vec![folder.path().to_owned()],
            vec![folder.path().join("*")],
            vec![folder.path().join("*.pcap"), folder.path().join("[abcx]*")],
        ] {
            let got = read(command, &inputs);
            assert!(got.stdout == want.stdout, "{command:?} {inputs:?}: {}", stderr(&got));
            assert_eq!(got.status.code(), Some(0));
        }
    }
}

#[test]
fn standard_input_comes_last() {
    let folder = tempfile::tempdir().unwrap();
    let parts = cut_demo(238);
    assert_eq!(parts.len(), 2);
    fs::write(folder.path().join("first"), &parts[0]).unwrap();
    let mut child = wiretrace(&["http", "--json", "-r", "-", "-r"])
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&parts[1]).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(output.stdout == read(&["http", "--json"], &[demo()]).stdout);
}

#[test]
fn a_bad_file_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let files = rotated(folder.path());
    fs::write(folder.path().join("notes.txt"), "not a capture").unwrap();
    let want = read(&["http", "--json"], &[demo()]).stdout;
    // In a directory it is left out, and that is said.
    let output = read(&["http", "--json"], &[folder.path().to_owned()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout == want);
    assert!(stderr(&output).contains("1 file in it is no pcap or pcapng capture"), "{}", stderr(&output));
    // Named, it is an error.
    let mut inputs = files.clone();
    inputs.insert(2, folder.path().join("notes.txt"));
    inputs.insert(4, folder.path().join("missing.pcap"));
    let output = read(&["http", "--json"], &inputs);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout == want);
    let message = stderr(&output);
    assert!(message.contains("notes.txt: is not a pcap or pcapng capture"), "{message}");
    assert!(message.contains("missing.pcap: no such file"), "{message}");
}

#[test]
fn nothing_found_says_what_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let pattern = folder.path().join("*.pcap");
    for (input, says) in
        [(folder.path().to_owned(), "no capture in this directory"), (pattern, "no file's name matches")]
    {
        let output = read(&["http"], std::slice::from_ref(&input));
        assert_eq!(output.status.code(), Some(1));
        let message = stderr(&output);
        assert!(message.contains(input.to_str().unwrap()) && message.contains(says), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn the_same_file_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.pcap");
    fs::copy(demo(), &file).unwrap();
    let dotted = folder.path().join(".").join("demo.pcap");
    let output = read(&["http", "--json"], &[file, folder.path().to_owned(), dotted]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout == read(&["http", "--json"], &[demo()]).stdout);
    assert!(stderr(&output).contains("named more than once"), "{}", stderr(&output));
    assert_eq!(stderr(&output).lines().count(), 1);
}

#[test]
fn standard_input_twice_or_followed_is_wrong_usage() {
    for (args, says) in
        [(&["http", "-r", "-", "-r", "-"][..], "once"), (&["tcp", "-r", "-", "--follow"], "followed anyway")]
    {
        let output = wiretrace(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
    let output = wiretrace(&["http", "-r", "no-such-file", "--follow"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "a file that does not exist is not waited for");
}

#[cfg(unix)]
#[test]
fn hundreds_of_files_need_a_handful_of_descriptors() {
    let folder = tempfile::tempdir().unwrap();
    for (n, bytes) in cut_demo(1).into_iter().enumerate() {
        fs::write(folder.path().join(format!("{n:04}")), bytes).unwrap();
    }
    let script = "ulimit -n 16; exec \"$0\" http --json -r \"$1\"";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_wiretrace")])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(output.stdout == read(&["http", "--json"], &[demo()]).stdout);
}

/// Following needs signals to end it.
#[cfg(unix)]
mod follow {
    use std::io::{BufRead, BufReader};
    use std::process::Child;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// A program that follows, and its lines as they come.
    struct Following {
        child: Child,
        lines: Receiver<String>,
        messages: Receiver<String>,
        seen: Vec<String>,
        said: Vec<String>,
    }

    fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
        let (send, receive) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                if send.send(line.unwrap()).is_err() {
                    break;
                }
            }
        });
        receive
    }

    /// A bound for waiting on a machine however busy; what is waited for comes long before.
    const LONG: Duration = Duration::from_secs(120);

    impl Following {
        fn start(args: &[&str], input: &Path) -> Self {
            let mut child = wiretrace(args)
                .arg("--follow")
                .arg("-r")
                .arg(input)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let lines = lines_of(child.stdout.take().unwrap());
            let messages = lines_of(child.stderr.take().unwrap());
            Following { child, lines, messages, seen: Vec::new(), said: Vec::new() }
        }

        /// Waits for a line with this in it.
        fn wait_for(&mut self, text: &str) {
            while !self.seen.last().is_some_and(|line| line.contains(text)) {
                let line = self.lines.recv_timeout(LONG);
                self.seen.push(line.unwrap_or_else(|e| panic!("{text}: {e}; so far {:?}", self.seen)));
            }
        }

        /// Waits for a message with this in it.
        fn wait_for_message(&mut self, text: &str) {
            while !self.said.last().is_some_and(|line| line.contains(text)) {
                self.said.push(self.messages.recv_timeout(LONG).unwrap());
            }
        }

        /// Ctrl-C: its status, all its lines, and its messages but the last, which says how far it got.
        fn interrupt(mut self) -> (Option<i32>, String, Vec<String>) {
            let id = self.child.id().to_string();
            assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
            for (from, to) in [(&self.lines, &mut self.seen), (&self.messages, &mut self.said)] {
                loop {
                    match from.recv_timeout(LONG) {
                        Ok(line) => to.push(line),
                        Err(RecvTimeoutError::Disconnected) => break,
                        Err(RecvTimeoutError::Timeout) => panic!("it does not end"),
                    }
                }
            }
            let status = self.child.wait().unwrap();
            self.said.retain(|line| !line.contains("stopped: "));
            let output = self.seen.iter().map(|line| line.clone() + "\n").collect();
            (status.code(), output, std::mem::take(&mut self.said))
        }
    }

    impl Drop for Following {
        fn drop(&mut self) {
            let _ = self.child.kill();
        }
    }

    /// A capture file of one connection with these targets, from this second on. Its last frame completes the last exchange.
    fn capture(port: u16, second: i64, targets: &[&str]) -> Vec<u8> {
        let mut c = Conversation::new();
        c.port(port).at(second * 1_000_000_000).syn();
        for target in targets {
            c.client(format!("GET /{target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
            c.server(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n<body/>");
        }
        let mut frames = c.frames();
        let last = frames.iter().rposition(|(_, bytes)| bytes.ends_with(b"<body/>")).unwrap();
        frames.truncate(last + 1);
        let mut pcap = Pcap::new(1);
        pcap.nanoseconds().frames(&frames);
        pcap.bytes()
    }

    fn append(path: &Path, bytes: &[u8]) {
        fs::OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
    }

    #[test]
    fn a_file_that_is_still_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("growing.pcap");
        let targets: Vec<String> = (0..30).map(|n| format!("target-{n}")).collect();
        let bytes = capture(4_000, 1_000, &targets.iter().map(String::as_str).collect::<Vec<_>>());
        for (args, threads) in [(&["http", "--json"][..], "1"), (&["http"], "1"), (&["http", "--json"], "3")]
        {
            let args = [args, &["--threads", threads]].concat();
            fs::write(&path, b"").unwrap();
            let mut following = Following::start(&args, &path);
            let (half, rest) = bytes.split_at(bytes.len() / 2);
            let write = |bytes: &[u8], sizes: &[usize]| {
                let mut rest = bytes;
                for size in sizes.iter().cycle() {
                    let (piece, next) = rest.split_at((*size).min(rest.len()));
                    append(&path, piece);
                    rest = next;
                    if rest.is_empty() {
                        break;
                    }
                }
            };
            write(half, &[1, 7, 64, 3]);
            following.wait_for("/target-10");
            // The writer is half done, and lines are there.
            write(rest, &[100, 1, 33]);
            following.wait_for("/target-29");
            let (status, output, said) = following.interrupt();
            assert_eq!(status, Some(0), "{said:?}");
            assert!(said.is_empty(), "half a record was waited for: {said:?}");
            let want = read(&args, std::slice::from_ref(&path));
            assert!(output == stdout(&want), "{args:?}");
        }
    }

    #[test]
    fn a_directory_with_new_files() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut following = Following::start(&["http", "--json"], folder.path());
        following.wait_for_message("waiting for the first one");
        // Each goes on with the same connection, as rotated files do.
        let whole = capture(4_000, 1_000, &["one", "two", "three", "four"]);
        let mut files = Vec::new();
        let (mut start, mut end) = (24, 24);
        while end < whole.len() {
            end += 16 + u32::from_le_bytes(whole[end + 8..end + 12].try_into().unwrap()) as usize;
            if whole[..end].ends_with(b"<body/>") {
                files.push([&whole[..24], &whole[start..end]].concat());
                start = end;
            }
        }
        assert_eq!(files.len(), 4);
        fs::write(at("9"), &files[0]).unwrap();
        following.wait_for("/one");
        fs::write(at("8"), &files[1][..24]).unwrap();
        append(&at("8"), &files[1][24..50]);
        append(&at("8"), &files[1][50..]);
        following.wait_for("/two");
        fs::write(at("7"), &files[2]).unwrap();
        following.wait_for("/three");
        fs::write(at("6"), &files[3]).unwrap();
        following.wait_for("/four");
        let (status, output, said) = following.interrupt();
        assert_eq!((status, said.len()), (Some(0), 1), "{said:?}");
        fs::write(at("whole"), &whole).unwrap();
        assert!(output == stdout(&read(&["http", "--json"], &[at("whole")])));
        fs::remove_file(at("whole")).unwrap();
        assert!(output == stdout(&read(&["http", "--json"], &[folder.path().to_owned()])));
    }

    #[test]
    fn a_file_that_is_replaced_and_one_that_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("log.pcap"), folder.path().join("log.pcap.1"));
        let one = capture(4_000, 1_000, &["one", "two"]);
        let cut = one.len() - 20;
        fs::write(&path, &one[..cut]).unwrap();
        let mut following = Following::start(&["http"], &path);
        following.wait_for("/one");
        fs::rename(&path, &old).unwrap();
        append(&old, &one[cut..]);
        following.wait_for("/two");
        fs::write(&path, capture(4_001, 1_010, &["three"])).unwrap();
        following.wait_for_message("replaced by another file");
        following.wait_for("/three");
        fs::write(&path, b"").unwrap();
        following.wait_for_message("written anew");
        append(&path, &capture(4_002, 1_020, &["four"]));
        following.wait_for("/four");
        let (status, output, said) = following.interrupt();
        assert_eq!((status, said.len()), (Some(0), 2), "{said:?}");
        assert_eq!(output.lines().count(), 4);
    }

    #[test]
    fn it_ends_while_it_waits_for_a_first_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut following = Following::start(&["tcp", "--json"], &folder.path().join("*.pcap"));
        following.wait_for_message("waiting");
        let (status, output, _) = following.interrupt();
        assert_eq!(status, Some(0));
        assert!(output.contains("\"stats\""), "{output}");
    }

    #[test]
    fn a_compressed_file_is_read_and_that_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.zst");
        fs::write(&path, zstd::encode_all(&capture(4_000, 1_000, &["one"])[..], 1).unwrap()).unwrap();
        let output = read(&["http", "--follow"], &[path]);
        assert_eq!(output.status.code(), Some(0));
        assert!(
            stdout(&output).contains("/one")
                && stderr(&output).contains("compressed files cannot be followed")
        );
    }
}
