//! Two namespaces with `tools/lossy-bridge` between them, what tcpdump saw on both ends, and peers that talk over it.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::run::{Run, objects};
use super::world::{must, output, until};

/// The two ends, by index: the client's, the server's.
pub(crate) const ENDS: [&str; 2] = ["client", "server"];
const V4: [&str; 2] = ["10.78.0.1", "10.78.0.2"];
const V6: [&str; 2] = ["fd78::1", "fd78::2"];

/// How long all transfers may take together.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// A link with an impairment in its middle.
pub(crate) struct Link {
    namespaces: [String; 2],
    bridge: Option<Run>,
    pub(crate) folder: PathBuf,
}

impl Link {
    /// Makes it. `impairment` goes to the bridge.
    pub(crate) fn new(folder: &Path, impairment: &[&str]) -> Self {
        let namespaces = ENDS.map(|end| format!("wiretrace-loss-{}-{end}", std::process::id()));
        let mut link = Self { namespaces, bridge: None, folder: folder.to_owned() };
        for namespace in &link.namespaces {
            must(Command::new("ip").args(["netns", "add", namespace]));
        }
        let mut bridge = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/lossy-bridge"));
        bridge.args(impairment).args(link.namespaces.iter().map(|namespace| format!("{namespace}/tap")));
        let bridge = Run::spawn(&mut bridge);
        bridge.until_printed(1, "bridging");
        link.bridge = Some(bridge);
        for end in 0..2 {
            link.set_up(end);
        }
        link
    }

    fn set_up(&self, end: usize) {
        let other = 1 - end;
        let mac = |end| format!("02:00:00:00:00:0{end}");
        let ip = |args: &str| {
            must(Command::new("ip").args(["-n", &self.namespaces[end]]).args(args.split(' ')));
        };
        ip("link set lo up");
        // A queue that never drops: what the kernel counts as sent has to reach the capture.
        ip(&format!("link set tap address {} txqueuelen 10000", mac(end)));
        ip(&format!("addr add {}/24 dev tap", V4[end]));
        ip(&format!("-6 addr add {}/64 dev tap nodad", V6[end]));
        // One frame a segment, in the capture as on the wire.
        must(self.within(end, "ethtool").args(["-K", "tap", "tso", "off", "gso", "off", "gro", "off"]));
        // Data on SYNs (RFC 7413), taken and sent without a cookie.
        let fast_open = "echo 519 > /proc/sys/net/ipv4/tcp_fastopen";
        must(self.within(end, "sh").args(["-c", fast_open]));
        ip("link set tap up");
        // No lost ARP or neighbour discovery holds segments back in front of the capture.
        for address in [V4[other], V6[other]] {
            ip(&format!("neigh replace {address} lladdr {} dev tap nud permanent", mac(other)));
        }
    }

    fn within(&self, end: usize, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespaces[end], program]);
        command
    }

    pub(crate) fn capture(&self, end: usize) -> PathBuf {
        self.folder.join(format!("{}.pcap", ENDS[end]))
    }

    /// Lets peers make this many connections; both ends are captured. What they report, per end.
    pub(crate) fn transfer(&self, block: &Path, seed: u64, connections: usize) -> [Vec<Value>; 2] {
        let tcpdumps = [0, 1].map(|end| {
            let mut tcpdump = self.within(end, "tcpdump");
            tcpdump.args(["-i", "tap", "-U", "-B", "131072", "-s", "0", "-Z", "root", "-w"]);
            let run = Run::spawn(tcpdump.arg(self.capture(end)).arg("tcp or udp port 9"));
            run.until_said("listening on");
            run
        });
        let peer = |end: usize, what: &str| {
            let mut command = self.within(end, "python3");
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/loss_peers.py");
            command.arg(script).arg(what).arg(block).args([seed.to_string(), connections.to_string()]);
            command.args([V4[1], V6[1]]);
            command
        };
        let mut server = peer(1, "serve");
        let reports = [0, 1].map(|end| self.folder.join(format!("{}.json", ENDS[end])));
        let server = server.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut server = Peer(server.stdout(fs::File::create(&reports[1]).unwrap()).spawn().unwrap());
        let mut said = Vec::new();
        let mut errors = server.0.stderr.take().unwrap();
        while !said.ends_with(b"listening\n") {
            let mut byte = [0];
            errors.read_exact(&mut byte).unwrap();
            said.push(byte[0]);
        }
        let errors = thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).unwrap();
            text
        });
        let mut client = peer(0, "fetch");
        let client = client.stdin(Stdio::null()).stdout(fs::File::create(&reports[0]).unwrap());
        Peer(client.spawn().unwrap()).end();
        drop(server.0.stdin.take());
        server.end();
        let errors = errors.join().unwrap();
        assert!(errors.is_empty(), "{errors}");
        self.end_captures(tcpdumps);
        reports.map(|file| {
            objects(&fs::read_to_string(file).unwrap().lines().map(String::from).collect::<Vec<_>>())
        })
    }

    /// Waits until both captures have a datagram that was sent after everything else, and ends them.
    fn end_captures(&self, tcpdumps: [Run; 2]) {
        let marker = "wiretrace: that was all";
        let send = format!(
            "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'{marker}', ('{}', 9))",
            V4[1]
        );
        until("the end of the captures", || {
            must(self.within(0, "python3").args(["-c", &send]));
            (0..2).all(|end| {
                let mut file = fs::File::open(self.capture(end)).unwrap();
                let len = file.metadata().unwrap().len();
                file.seek(SeekFrom::Start(len.saturating_sub(100_000))).unwrap();
                let mut tail = Vec::new();
                file.read_to_end(&mut tail).unwrap();
                tail.windows(marker.len()).any(|window| window == marker.as_bytes())
            })
        });
        for tcpdump in tcpdumps {
            let (_, _, said) = tcpdump.stop();
            assert!(said.contains("\n0 packets dropped by kernel"), "not everything was recorded: {said}");
        }
    }

    /// Ends the bridge; what it did, per direction.
    pub(crate) fn did(&mut self) -> Vec<Value> {
        let bridge = self.bridge.take().unwrap();
        bridge.signal("-TERM");
        let (_, lines, said) = bridge.end();
        assert_eq!(lines.len(), 3, "{said}");
        objects(&lines[1..])
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        drop(self.bridge.take());
        for namespace in &self.namespaces {
            let _ = output(Command::new("ip").args(["netns", "del", namespace]));
        }
    }
}

/// A process that does not outlive the test.
struct Peer(Child);

impl Peer {
    fn end(&mut self) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "the transfers do not end");
            thread::sleep(Duration::from_millis(20));
        };
        assert!(status.success(), "{status}");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
