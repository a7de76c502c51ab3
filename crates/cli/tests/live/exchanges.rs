//! Exchanges are printed as they are done, and are those that a file of the same traffic gives.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::run::{Run, objects};
use super::world::{TOOLS, World, can_run, output, until};

/// Does three exchanges on one connection, says so, and keeps it open until its input ends.
const CLIENT: &str = "\
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1], 80)
for method, path in [('GET', '/a.txt'), ('POST', '/post'), ('GET', '/missing')]:
    c.request(method, path, body=b'x=1' if method == 'POST' else None)
    c.getresponse().read()
print('done', flush=True)
sys.stdin.read()
";

/// The lines for them come while the connection is open and silent.
fn prints_while_open(interface: &str, namespace: fn(&World) -> &str, server: &str, args: &[&str]) {
    if !can_run(&[&TOOLS[..], &["python3"]].concat()) {
        return;
    }
    let world = World::new();
    let namespace = namespace(&world).to_owned();
    let run = Run::start(&world, &namespace, &[&["http", "-i", interface], args].concat());
    let mut client = world.within(&namespace, "python3");
    let mut client =
        client.args(["-c", CLIENT, server]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(client.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "done\n");
    run.until_printed(1, "/missing");
    assert_eq!(client.try_wait().unwrap(), None, "the connection is still open");
    let printed = run.out();
    assert_eq!(printed.len(), 3, "{printed:?}");
    for (line, (method, path, status)) in
        printed.iter().zip([("GET", "/a.txt", "200"), ("POST", "/post", "201"), ("GET", "/missing", "404")])
    {
        assert!(line.contains(method) && line.contains(path) && line.contains(status), "{line}");
    }
    let (status, lines, said) = run.stop();
    assert_eq!(status.code(), Some(0), "{said}");
    if args.contains(&"--json") {
        let objects = objects(&lines);
        let stats = objects.last().unwrap();
        assert_eq!((&stats["type"], &stats["exchanges"]), (&"stats".into(), &3.into()));
        assert!(objects.iter().take(3).all(|object| object["pairing"] == "proved"), "{lines:?}");
    } else {
        assert_eq!(lines.len(), 3);
    }
    assert!(said.contains("0 dropped by the kernel"), "{said}");
    drop(client.stdin.take());
    client.wait().unwrap();
}

#[test]
fn text_on_loopback() {
    prints_while_open("lo", |world| &world.server, "127.0.0.1", &[]);
}

#[test]
fn json_on_loopback() {
    prints_while_open("lo", |world| &world.server, "::1", &["--json"]);
}

#[test]
fn text_on_veth_with_a_filter_and_threads() {
    prints_while_open("va", |world| &world.client, "10.77.0.2", &["--threads", "3", "tcp", "port", "80"]);
}

#[test]
fn json_on_veth_with_ipv6() {
    prints_while_open("va", |world| &world.client, "fd77::2", &["--json", "-f", "ip6"]);
}

/// Both see the same packets from the first on, since both have a filter that nothing passes before the client begins:
/// so even the connections' ids (frame numbers) are the same. Stamps are not: the kernel stamps a packet that arrives
/// once for each capture that takes it, some microseconds apart.
#[test]
fn a_file_of_the_same_traffic_gives_the_same_objects() {
    if !can_run(&[&TOOLS[..], &["tcpdump"]].concat()) {
        return;
    }
    let world = World::new();
    let file = world.file("same.pcap");
    let mut tcpdump = world.within(&world.client, "tcpdump");
    tcpdump.args([
        "-i",
        "va",
        "-s",
        "0",
        "-U",
        "-B",
        "65536",
        "--time-stamp-precision=nano",
        "-Z",
        "root",
        "-w",
    ]);
    let tcpdump = Run::spawn(tcpdump.arg(&file).arg("tcp port 80"));
    tcpdump.until_said("listening on");
    let run = Run::start(&world, &world.client, &["http", "--json", "-i", "va", "tcp", "port", "80"]);
    let mut urls = Vec::new();
    for n in 0..40 {
        let host = if n % 2 == 0 { "10.77.0.2" } else { "[fd77::2]" };
        let path = ["a.txt", "missing", "medium"][if n == 20 { 2 } else { n % 2 }];
        urls.push(format!("http://{host}/{path}?{n}"));
    }
    for url in &urls {
        world.curl(&world.client, url);
    }
    run.until_printed(urls.len(), "\"type\":\"http\"");
    // Its last packets may still be under way: the last connection's end.
    world.curl(&world.client, "http://10.77.0.2/a.txt?last");
    run.until_printed(1, "?last");
    until("tcpdump's file", || {
        let read = output(Command::new(env!("CARGO_BIN_EXE_wiretrace")).args(["http", "-r"]).arg(&file));
        String::from_utf8_lossy(&read.stdout).contains("?last")
    });
    let (status, live, said) = run.stop();
    assert_eq!(status.code(), Some(0), "{said}");
    tcpdump.stop();
    let read =
        output(Command::new(env!("CARGO_BIN_EXE_wiretrace")).args(["http", "--json", "-r"]).arg(&file));
    let from_file: Vec<String> = String::from_utf8(read.stdout).unwrap().lines().map(String::from).collect();
    let exchanges = |lines: &[String]| {
        let mut objects = objects(lines);
        objects.retain(|object| object["type"] == "http");
        for object in &mut objects {
            let object = object.as_object_mut().unwrap();
            assert!(object.remove("ts").is_some() && object.remove("timing").is_some());
        }
        objects
    };
    let (live, from_file) = (exchanges(&live), exchanges(&from_file));
    assert_eq!(live.len(), urls.len() + 1, "{said}");
    for (live, from_file) in live.iter().zip(&from_file) {
        assert_eq!(live, from_file);
    }
    assert_eq!(live.len(), from_file.len());
    fs::remove_file(file).unwrap();
}

/// Sends an exchange over IPv6 with a VLAN tag, both directions, as frames of its own making: not every kernel has VLAN
/// interfaces, but all pass tagged frames on.
const TAGGED: &str = "\
import socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('va', 0))
a, b = (socket.inet_pton(socket.AF_INET6, x) for x in ('fd78::1', 'fd78::2'))
def send(to_server, seq, ack, flags, data=b''):
    (src, dst), (sp, dp) = ((a, b), (4000, 80)) if to_server else ((b, a), (80, 4000))
    tcp = struct.pack('!HHIIBBHHH', sp, dp, seq, ack, 0x50, flags, 65535, 0, 0) + data
    ip = struct.pack('!IHBB', 6 << 28, len(tcp), 6, 64) + src + dst
    s.send(b'\\x02' * 6 + b'\\x04' * 6 + struct.pack('!HHH', 0x8100, 7, 0x86dd) + ip + tcp)
request = b'GET /vlan HTTP/1.1\\r\\nHost: tagged\\r\\n\\r\\n'
response = b'HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nhello!'
send(True, 0, 0, 2); send(False, 0, 1, 0x12); send(True, 1, 1, 0x10)
send(True, 1, 1, 0x18, request); send(False, 1, 1 + len(request), 0x18, response)
";

#[test]
fn vlan_and_ipv6_on_any() {
    if !can_run(&[&TOOLS[..], &["python3"]].concat()) {
        return;
    }
    let world = World::new();
    // The sender's side, where the tag lies in the packet, and the receiver's, where the kernel takes it out.
    for namespace in [&world.client, &world.server] {
        let run = Run::start(&world, namespace, &["http", "--json", "-i", "any"]);
        assert!(run.err().contains("any (linux_sll2)"), "{}", run.err());
        let sent = output(world.within(&world.client, "python3").args(["-c", TAGGED]));
        assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
        run.until_printed(1, "/vlan");
        assert!(world.curl(&world.client, "http://10.77.0.2/a.txt?plain").status.success());
        run.until_printed(1, "?plain");
        let (status, lines, said) = run.stop();
        assert_eq!(status.code(), Some(0), "{said}");
        let objects = objects(&lines);
        let vlan = objects.iter().find(|object| object["request"]["target"] == "/vlan").unwrap();
        assert_eq!((&vlan["conn"]["server"], &vlan["pairing"]), (&"[fd78::2]:80".into(), &"proved".into()));
        assert_eq!(vlan["response"]["body_bytes"], 6);
        assert_eq!(objects.iter().filter(|object| object["type"] == "http").count(), 2, "{lines:?}");
    }
}

#[test]
fn several_interfaces_as_one() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    let run = Run::start(&world, &world.server, &["http", "-i", "lo", "-i", "vb"]);
    assert!(world.curl(&world.server, "http://127.0.0.1/a.txt?loopback").status.success());
    assert!(world.curl(&world.client, "http://10.77.0.2/a.txt?veth").status.success());
    run.until_printed(1, "?loopback");
    run.until_printed(1, "?veth");
    assert_eq!(run.stop().0.code(), Some(0));
    for args in [&["-i", "lo", "-i", "lo"][..], &["-i", "any", "-i", "lo"]] {
        let run =
            Run::spawn(world.within(&world.server, env!("CARGO_BIN_EXE_wiretrace")).arg("http").args(args));
        assert_eq!(run.end().0.code(), Some(2), "{args:?}");
    }
}

#[test]
fn it_may_be_stopped_and_continued() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    let run = Run::start(&world, &world.client, &["http", "-i", "va"]);
    run.signal("-STOP");
    for n in 0..3 {
        assert!(world.curl(&world.client, &format!("http://10.77.0.2/a.txt?{n}")).status.success());
    }
    assert_eq!(run.out().len(), 0);
    run.signal("-CONT");
    run.until_printed(3, "a.txt");
    let (status, _, said) = run.stop();
    assert_eq!(status.code(), Some(0), "{said}");
}

#[test]
fn drops_are_said_with_advice() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    let run = Run::start(&world, &world.client, &["http", "--json", "-i", "va", "-b", "64K"]);
    run.signal("-STOP");
    assert!(world.curl(&world.client, "http://10.77.0.2/large").status.success());
    run.signal("-CONT");
    run.until_said("larger buffer");
    run.until_printed(1, "\"drops\"");
    // The drops do not grow any more: nothing more is said of them.
    let said = run.err().matches("larger buffer").count();
    let (status, lines, err) = run.stop();
    assert_eq!(status.code(), Some(0), "{err}");
    assert_eq!(err.matches("larger buffer").count(), said);
    let objects = objects(&lines);
    let stats = objects.last().unwrap();
    let drops: u64 = objects.iter().filter_map(|object| object["new"].as_u64()).sum();
    assert!(drops > 0 && stats["dropped"] == drops, "{lines:?}");
    let ledger = &stats["ledger"];
    assert!(ledger["captured"].as_u64().unwrap() > 0 && stats["bytes"] == ledger["captured"]);
}

#[test]
fn an_empty_screen_gets_its_reason() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    let silent = Run::start(&world, &world.client, &["http", "-i", "lo"]);
    let other = Run::start(&world, &world.client, &["http", "-i", "va"]);
    let mut listener = world.within(&world.server, "python3");
    let code = "import socket\ns = socket.create_server(('10.77.0.2', 9))\nprint('up', flush=True)\nc = s.accept()[0]\nc.recv(9)\ns.accept()";
    let mut listener = listener.args(["-c", code]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(listener.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let client = "import socket, sys\nc = socket.create_connection(('10.77.0.2', 9))\nc.send(b'\\x16\\x03\\x01\\x00\\x05hello')\nsys.stdin.read()";
    let mut client =
        world.within(&world.client, "python3").args(["-c", client]).stdin(Stdio::piped()).spawn().unwrap();
    silent.until_said("not a single packet");
    other.until_said("nothing to print after 5 s");
    other.until_said("1 TCP connection");
    client.stdin.take().unwrap().flush().unwrap();
    client.kill().unwrap();
    client.wait().unwrap();
    listener.kill().unwrap();
    listener.wait().unwrap();
    assert_eq!((silent.stop().0.code(), other.stop().0.code()), (Some(0), Some(0)));
}
