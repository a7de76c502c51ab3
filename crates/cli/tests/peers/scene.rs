//! A namespace of its own, its loopback recorded by tcpdump, and the peers in it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use super::world::{output, until};

/// Where nobody listens: what is sent there last says that all before it was recorded.
const NOBODY: u16 = 9;

pub(crate) struct Scene {
    namespace: String,
    folder: tempfile::TempDir,
    children: Vec<Child>,
    tcpdump: Child,
}

impl Scene {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("wiretrace-peers-{}-{number}", std::process::id());
        for args in [&["netns", "add", &namespace][..], &["-n", &namespace, "link", "set", "lo", "up"]] {
            assert!(output(Command::new("ip").args(args)).status.success(), "{args:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let mut command = within(&namespace, "tcpdump");
        command.args(["-i", "lo", "-U", "--immediate-mode", "-s", "0", "-B", "65536", "-Z", "root"]);
        command
            .args(["--time-stamp-precision=nano", "-w"])
            .arg(folder.path().join("capture.pcap"))
            .arg("tcp");
        let said = folder.path().join("tcpdump");
        let tcpdump =
            command.stdin(Stdio::null()).stderr(File::create(&said).unwrap()).spawn().expect("tcpdump");
        let scene = Self { namespace, folder, children: Vec::new(), tcpdump };
        until("tcpdump", || fs::read_to_string(&said).unwrap().contains("listening on"));
        scene
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command in the namespace.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = within(&self.namespace, program);
        // Where Debian has libraries for node.
        command.env("NODE_PATH", "/usr/share/nodejs").stdin(Stdio::null());
        command
    }

    /// Starts a server, whose lines go to a file, and waits until it has this text in one.
    pub(crate) fn serve(&mut self, name: &str, command: &mut Command, ready: &str) {
        let (out, err) = (self.path(name), self.path(&format!("{name}.err")));
        command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
        self.children.push(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")));
        let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
        until(&format!("{name}: {}", err.display()), || {
            let child = self.children.last_mut().unwrap();
            if let Some(status) = child.try_wait().unwrap() {
                panic!("{name} is over: {status}: {}", read(&err));
            }
            read(&out).contains(ready)
        });
    }

    /// Runs a client to its end; gives its lines.
    pub(crate) fn run(&self, command: &mut Command) -> Vec<Value> {
        let output = output(command);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {said}");
        lines(&String::from_utf8(output.stdout).unwrap())
    }

    /// Waits for so many lines of a server that have this member; gives all of its lines.
    pub(crate) fn log_of(&self, name: &str, member: &str, number: usize) -> Vec<Value> {
        let mut log = Vec::new();
        until(&format!("{number} lines of {name} with {member}"), || {
            log = self.log(name);
            log.iter().filter(|line| line.get(member).is_some()).count() >= number
        });
        log
    }

    /// The lines of a server so far, the whole ones.
    fn log(&self, name: &str) -> Vec<Value> {
        let text = fs::read(self.path(name)).unwrap();
        let end = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        lines(std::str::from_utf8(&text[..end]).unwrap())
    }

    fn wiretrace(&self, args: &[&str]) -> Vec<Value> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wiretrace"));
        command.args(args).args(["--json", "-r"]).arg(self.path("capture.pcap"));
        self.run(&mut command)
    }

    /// Ends everything; gives what wiretrace makes of the capture.
    pub(crate) fn end(mut self) -> Traced {
        let nobody = format!("http://127.0.0.1:{NOBODY}/");
        let _ = output(self.command("curl").args(["-s", &nobody]));
        until("the capture", || {
            let end = format!(":{NOBODY}");
            self.wiretrace(&["tcp"])
                .iter()
                .any(|object| object["conn"]["server"].as_str().is_some_and(|server| server.ends_with(&end)))
        });
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        let pid = self.tcpdump.id().to_string();
        assert!(output(Command::new("kill").args(["-INT", &pid])).status.success());
        self.tcpdump.wait().unwrap();
        let said = fs::read_to_string(self.path("tcpdump")).unwrap();
        assert!(said.contains("\n0 packets dropped by kernel"), "not everything was recorded: {said}");
        let saved = self.path("bodies");
        let objects =
            self.wiretrace(&["http", "--bodies", "--decode", "--save-bodies", saved.to_str().unwrap()]);
        let stats = objects.last().unwrap();
        assert_eq!(stats["websocket_lost"], 0);
        let names = fs::read_dir(&saved).map_or(Vec::new(), |entries| {
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        });
        let bodies = names
            .into_iter()
            .map(|name| (name.clone(), about(&fs::read(saved.join(&name)).unwrap())))
            .collect();
        Traced { objects, bodies }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for child in self.children.iter_mut().chain([&mut self.tcpdump]) {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = output(Command::new("ip").args(["netns", "del", &self.namespace]));
    }
}

fn within(namespace: &str, program: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, program]);
    command
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// Length and hash (FNV-1a), as the peers tell them.
pub(crate) type About = (u64, u64);

pub(crate) fn about(bytes: &[u8]) -> About {
    let hash =
        bytes.iter().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    (bytes.len() as u64, hash.into())
}

fn about_of(value: &Value) -> Option<About> {
    Some((value["bytes"].as_u64()?, value["hash"].as_u64()?))
}

/// What wiretrace says.
pub(crate) struct Traced {
    pub(crate) objects: Vec<Value>,
    /// The saved bodies.
    bodies: BTreeMap<String, About>,
}

fn port_of(object: &Value, side: &str) -> u64 {
    object["conn"][side].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap()
}

impl Traced {
    fn body(&self, object: &Value, what: &str) -> About {
        let name = format!("{}-{}-{what}.bin", object["conn"]["id"], object["index"]);
        self.bodies.get(&name).copied().unwrap_or(about(b""))
    }

    /// What the client gets to see: decoded, where it was encoded.
    fn content(&self, object: &Value) -> About {
        match object["response"].get("body_decoded_bytes") {
            Some(_) => self.body(object, "response.decoded"),
            None => self.body(object, "response"),
        }
    }

    /// The exchanges with the server of this port.
    pub(crate) fn exchanges(&self, port: u16) -> impl Iterator<Item = &Value> {
        let own =
            move |object: &&Value| object["type"] == "http" && port_of(object, "server") == u64::from(port);
        self.objects.iter().filter(own)
    }

    /// Every exchange of a server is there, once and whole, as its log says; gives how many.
    pub(crate) fn are_those_of(&self, port: u16, log: &[Value]) -> usize {
        let mut left: Vec<&Value> = self.exchanges(port).collect();
        let logged: Vec<_> = log.iter().filter(|line| line.get("method").is_some()).collect();
        for line in &logged {
            let own = |object: &&Value| {
                let request = &object["request"];
                port_of(object, "client") == line["port"].as_u64().unwrap()
                    && (&request["method"], &request["target"]) == (&line["method"], &line["target"])
            };
            let place = left.iter().position(own).unwrap_or_else(|| panic!("not found: {line}"));
            let object = left.remove(place);
            let (request, response) = (&object["request"], &object["response"]);
            assert_eq!(response["status"], line["status"], "{object}");
            assert_eq!(
                (&object["errors"], &object["pairing"]),
                (&Value::Array(vec![]), &"proved".into()),
                "{object}"
            );
            assert_eq!(
                (&request["complete"], &response["complete"]),
                (&true.into(), &true.into()),
                "{object}"
            );
            let whole = |what: &str, told: &Value, counted: &Value| {
                let Some(told) = about_of(told) else { return };
                assert_eq!(
                    (self.body(object, what), counted.as_u64()),
                    (told, Some(told.0)),
                    "{what}: {object}"
                );
            };
            whole("request", &line["request"], &request["body_bytes"]);
            whole("response", &line["wire"], &response["body_bytes"]);
            if let Some(content) = about_of(&line["content"])
                && line["method"] != "HEAD"
            {
                assert_eq!(self.content(object), content, "{object}");
            }
        }
        assert!(left.is_empty(), "the server knows nothing of them: {left:#?}");
        logged.len()
    }

    /// What a client saw is what was sent to it.
    pub(crate) fn were_seen(&self, port: u16, log: &[Value]) -> usize {
        let seen: Vec<_> = log.iter().filter(|line| line.get("method").is_some()).collect();
        for line in &seen {
            let matches = |object: &&Value| {
                (&object["request"]["method"], &object["request"]["target"])
                    == (&line["method"], &line["target"])
                    && object["response"]["status"] == line["status"]
                    && self.content(object) == about_of(&line["content"]).unwrap()
            };
            assert!(self.exchanges(port).any(|object| matches(&object)), "not found: {line}");
        }
        seen.len()
    }

    /// The events of streams have the time at which the server sent them; gives how many there are.
    pub(crate) fn events_are_those_of(&self, log: &[Value]) -> usize {
        let told: Vec<_> = log.iter().filter(|line| line.get("event").is_some()).collect();
        let mut found = 0;
        let all = || self.objects.iter().filter(|object| object["response"].get("events").is_some());
        for object in all() {
            let target = &object["request"]["target"];
            let times: Vec<f64> = told
                .iter()
                .filter(|line| line["event"] == *target)
                .map(|line| line["at"].as_f64().unwrap())
                .collect();
            let events = object["response"]["events"].as_array().unwrap();
            assert_eq!(events.len(), times.len(), "{object}");
            for (number, event) in events.iter().enumerate() {
                assert_eq!(event["id"], number.to_string());
                assert_eq!(event["data"], format!("event {number}"));
                let at = milliseconds(event["ts"].as_str().unwrap());
                // The server looks at its clock, in milliseconds, before it sends one.
                let next = times.get(number + 1).copied().unwrap_or(f64::MAX);
                assert!(times[number] <= at + 1.0 && at <= next + 1.0, "{number}: {at}, {times:?}");
                found += 1;
            }
        }
        assert_eq!(found, told.len());
        found
    }

    /// Every WebSocket message of both sides is there, in order, as the server says; gives how many, and how many of them
    /// were compressed.
    pub(crate) fn messages_are_those_of(&self, log: &[Value]) -> (usize, usize) {
        type Side = BTreeMap<(u64, String), Vec<(String, Option<String>, Option<u64>, Option<u64>)>>;
        let (mut told, mut found, mut packed) = (Side::new(), Side::new(), 0);
        for line in log.iter().filter(|line| line.get("opcode").is_some()) {
            let hex = line["payload"].as_str().unwrap();
            let payload: Vec<u8> = (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                .collect();
            let opcode = line["opcode"].as_str().unwrap().to_owned();
            let says = matches!(&*opcode, "text" | "close") && (opcode == "text" || !payload.is_empty());
            let size = (!says).then_some(payload.len() as u64);
            let text = says.then(|| String::from_utf8(payload).unwrap());
            let side = (line["port"].as_u64().unwrap(), line["dir"].as_str().unwrap().to_owned());
            told.entry(side).or_default().push((opcode, text, size, line["code"].as_u64()));
        }
        for object in self.objects.iter().filter(|object| object["type"] == "websocket") {
            assert!(object.get("errors").is_none() && object.get("complete").is_none(), "{object}");
            assert_eq!(object.get("rtt_ms").is_some(), object["opcode"] == "pong", "{object}");
            let text = object.get("text").map(|text| text.as_str().unwrap().to_owned());
            let compressed = object["compressed"] == true;
            packed += usize::from(compressed);
            // How long a compressed message was before is told of texts alone, by them.
            let size = object["bytes"].as_u64().filter(|_| text.is_none() && !compressed);
            let opcode = object["opcode"].as_str().unwrap().to_owned();
            let side = (port_of(object, "client"), object["dir"].as_str().unwrap().to_owned());
            found.entry(side).or_default().push((opcode, text, size, object["close_code"].as_u64()));
        }
        for (side, list) in &mut found {
            for (own, told) in list.iter_mut().zip(&told[side]) {
                // Compressed, and no text.
                own.2 = own.2.or(told.2.filter(|_| own.0 == "binary"));
            }
        }
        assert_eq!(found.keys().collect::<Vec<_>>(), told.keys().collect::<Vec<_>>());
        for (side, list) in &found {
            assert!(*list == told[side], "{side:?}\n{list:.400?}\n{:.400?}", told[side]);
        }
        (found.values().map(Vec::len).sum(), packed)
    }
}

/// Milliseconds since the epoch, of `2024-01-14T14:46:13.137001000Z`.
fn milliseconds(ts: &str) -> f64 {
    let at: jiff::Timestamp = ts.parse().unwrap();
    at.as_nanosecond() as f64 / 1e6
}

pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name)
}
