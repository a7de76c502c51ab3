//! The line of every protocol, and what trees and objects say beside it.

#[allow(dead_code)]
mod support;

use serde_json::Value;
use support::{expected, samples};
use wiretrace_render::{Detail, Options, Packet, PacketPrinter, fuzzing};

fn print(options: Options, link_type: u32, wire_len: usize, data: &[u8]) -> String {
    let mut out = Vec::new();
    let packet = Packet { number: 1, at: 0, interface: 0, link_type, wire_len: wire_len as u32, data };
    PacketPrinter::new(options, Box::new(|_| 0)).print(&mut out, &packet);
    String::from_utf8(out).unwrap()
}

fn sample(wanted: &str) -> (u32, Vec<u8>) {
    let (_, link_type, frame, _) = samples().into_iter().find(|(name, ..)| *name == wanted).unwrap();
    (link_type, frame)
}

#[test]
fn every_protocol_has_its_line() {
    let mut wrong = Vec::new();
    for (name, link_type, frame, line) in samples() {
        let got = print(Options::default(), link_type, frame.len(), &frame);
        let got = got.strip_prefix("00:00:00.000 ").unwrap().trim_end().to_owned();
        if got != expected(line) {
            wrong.push(format!("{name}:\n  {got}\n  {}", expected(line)));
        }
        let packet =
            Packet { number: 1, at: 0, interface: 0, link_type, wire_len: frame.len() as u32, data: &frame };
        fuzzing::check(&packet);
    }
    assert!(wrong.is_empty(), "got and wanted:\n{}", wrong.join("\n"));
}

#[test]
fn objects_parse_and_name_every_layer() {
    for (name, link_type, frame, line) in samples() {
        let text = print(
            Options { detail: Detail::Json, hex: true, ..Options::default() },
            link_type,
            frame.len(),
            &frame,
        );
        let object: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}: {text}"));
        assert_eq!(object["type"], "packet");
        assert_eq!(object["summary"].as_str().unwrap(), expected(line), "{name}");
        assert_eq!(object["captured"], frame.len());
        let hex: String = frame.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(object["frame"], hex);
        // The headers lie one behind the other.
        let mut end = 0;
        for layer in object["layers"].as_array().unwrap() {
            assert_eq!(layer["offset"], end, "{name}: {layer}");
            end += layer["header"].as_u64().unwrap();
        }
        assert!(end <= frame.len() as u64);
    }
}

#[test]
fn fields_of_a_segment() {
    let (link_type, frame) = sample("tcp options");
    let json = Options { detail: Detail::Json, ..Options::default() };
    let object: Value = serde_json::from_str(&print(json, link_type, frame.len(), &frame)).unwrap();
    let layers = object["layers"].as_array().unwrap();
    let names: Vec<_> = layers.iter().map(|layer| layer["layer"].as_str().unwrap()).collect();
    assert_eq!(names, ["ethernet", "ipv4", "tcp"]);
    assert_eq!((&layers[1]["total_length"], &layers[1]["protocol_name"]), (&72.into(), &"TCP".into()));
    assert_eq!(layers[1]["dont_fragment"], true);
    assert_eq!(layers[1]["header_checksum_name"], "correct");
    let tcp = &layers[2];
    assert_eq!((&tcp["sequence_number"], &tcp["relative_sequence_number"]), (&1000.into(), &0.into()));
    assert_eq!(tcp["flags"], "syn");
    let kinds: Vec<_> =
        tcp["options"].as_array().unwrap().iter().map(|o| o["kind"].as_u64().unwrap()).collect();
    assert_eq!(kinds, [2, 4, 8, 34, 28, 30, 99]);
    let tree = print(Options { detail: Detail::Tree, ..Options::default() }, link_type, frame.len(), &frame);
    for line in [
        "    ipv4 (20 bytes at 14)",
        "        Time to Live: 64",
        "        Source Address: 192.0.2.1",
        "    tcp (52 bytes at 34)",
        "        Sequence Number: 1000",
        "            Kind: 2 (maximum segment size), Maximum Segment Size: 1460",
        "            Kind: 99, Length: 3, Data: 05",
    ] {
        assert!(tree.lines().any(|got| got == line), "{line:?} in\n{tree}");
    }
    let absolute = Options { absolute_sequence: true, ..Options::default() };
    assert!(print(absolute, link_type, frame.len(), &frame).contains(" seq 1000 "));
}

#[test]
fn what_is_cut_is_said() {
    let (link_type, frame) = sample("tcp");
    let line = |len: usize| print(Options::default(), link_type, frame.len(), &frame[..len]);
    assert!(line(55).ends_with("TCP len 2 [ack,psh] seq 1 ack 1 win 64240 [cut: 1 of 56 bytes missing]\n"));
    assert!(
        line(40).ends_with("192.0.2.1 -> 198.51.100.1 [cut: tcp at 34: cut by the snap length, 20 bytes needed, 16 missing of 56 bytes]\n"),
        "{}",
        line(40)
    );
    assert!(line(0).contains("frame len 0 [cut: ethernet at 0"), "{}", line(0));
    let tree =
        print(Options { detail: Detail::Tree, ..Options::default() }, link_type, frame.len(), &frame[..40]);
    assert!(tree.contains("    stopped: tcp at 34: cut by the snap length"), "{tree}");
}

#[test]
fn numbers_are_relative_over_a_conversation() {
    let mut talk = wiretrace_testkit::wire::Conversation::new();
    talk.syn().client(b"question").server(b"answer").fin();
    let mut printer = PacketPrinter::new(Options { link: false, ..Options::default() }, Box::new(|_| 0));
    let mut out = Vec::new();
    for (number, (at, data)) in talk.frames().iter().enumerate() {
        let number = number as u64 + 1;
        let wire_len = data.len() as u32;
        printer.print(&mut out, &Packet { number, at: *at, interface: 0, link_type: 1, wire_len, data });
    }
    let text = String::from_utf8(out).unwrap();
    let numbers: Vec<String> = text
        .lines()
        .filter(|line| !line.contains("len 0 [ack] "))
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let after =
                |name: &str| words.iter().position(|word| *word == name).map_or("-", |at| words[at + 1]);
            format!("{} {}", after("seq"), after("ack"))
        })
        .collect();
    assert_eq!(numbers[..4], ["0 -", "0 1", "1 1", "1 9"], "{text}");
    assert_eq!(printer.forgotten_connections(), 0);
}

#[test]
fn large_messages_are_bounded() {
    use wiretrace_testkit::build::*;
    // As many records as a message can hold, each with the longest name.
    let label = "a".repeat(63);
    let name = format!("{label}.{label}.{label}.{}", "\u{1}".repeat(60));
    let mut dns = Dns::response(1).question(&name, DNS_A).bytes();
    let record = [&DNS_FIRST_NAME[..], &[0, 16, 0, 1, 0, 0, 0, 0, 0, 255, 254], &[0x1b; 254]].concat();
    let count = (65_000 - dns.len()) / record.len();
    dns[6..8].copy_from_slice(&(count as u16).to_be_bytes());
    dns.extend(record.repeat(count));
    let (a, b) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let frame = ethernet(ETHERTYPE_IPV4, &Ipv4::new(a, b, 17).around(&udp(a, b, 53, 9, &dns)));
    let packet =
        Packet { number: 1, at: 0, interface: 0, link_type: 1, wire_len: frame.len() as u32, data: &frame };
    fuzzing::check(&packet);
    let tree = print(Options { detail: Detail::Tree, ..Options::default() }, 1, frame.len(), &frame);
    println!("line {} tree {}", print(Options::default(), 1, frame.len(), &frame).len(), tree.len());
    assert!(tree.contains(&format!("and {} more", count - 64)), "the rest is counted");
}
