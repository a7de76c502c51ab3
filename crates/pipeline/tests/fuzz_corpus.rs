//! The fuzz targets' inputs: every file of `fuzz/corpus` goes through its target's body, on any toolchain; and
//! the seeds among them (`*.seed`) are made here, from the builders.
//!
//! `WIRETRACE_WRITE_SEEDS=1 cargo test -p wiretrace-pipeline --test fuzz_corpus` writes them anew.

use std::fs;
use std::path::PathBuf;

use wiretrace_http::fuzzing::{Op, encode};
use wiretrace_http::{Close, Peer};
use wiretrace_testkit::build::{
    DNS_A, DNS_CNAME, DNS_FIRST_NAME, DNS_TXT, Dns, ETHERTYPE_ARP, ETHERTYPE_EAPOL, ETHERTYPE_IPV4,
    ETHERTYPE_IPV6, ETHERTYPE_LLDP, ETHERTYPE_MPLS, ETHERTYPE_PPPOE, ETHERTYPE_TEB, Frame, Ipv4, Ipv6,
    LINK_ETHERNET, PORT_GENEVE, PORT_GTPU, PORT_VXLAN, Pcap, Pcapng, Tcp, arp_request, cdp, dns_name,
    dns_over_tcp, eapol, ethernet, ethernet_llc, ethernet_qinq, ethernet_snap_of, ethernet_vlan, geneve, gre,
    gtpu, icmpv4, icmpv6, igmp_v3_report, ipv6_options, linux_sll, lldp, mpls, padded, ppp_control, pppoe,
    rapid_spanning_tree, sctp, tcp_flags, tcp_option, udp, vxlan,
};
use wiretrace_testkit::model::case::{Case, Kind, Op as TcpOp};
use wiretrace_testkit::wire::{Conversation, Side};

#[path = "../../tcp/tests/support/engine.rs"]
mod engine;

type Body = fn(&[u8]);

const TARGETS: [(&str, Body); 10] = [
    ("savefile", wiretrace_capture::fuzzing::savefile),
    ("frame", wiretrace_decode::fuzzing::frame),
    ("fragments", wiretrace_decode::fuzzing::fragments),
    ("segments", wiretrace_tcp::fuzzing::segments),
    ("streams", |data| engine::check(&Case::of_bytes(data))),
    ("http1", wiretrace_http::fuzzing::http1),
    ("websocket", wiretrace_http::fuzzing::websocket),
    ("content", wiretrace_content::fuzzing::content),
    ("pipeline", wiretrace_pipeline::fuzzing::pipeline),
    ("packets", wiretrace_render::fuzzing::packets),
];

const GET: &[u8] = b"GET /hello?x=1 HTTP/1.1\r\nHost: demo.test\r\nAccept: */*\r\n\r\n";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
    5\r\nhello\r\n6;x=\"y\"\r\n world\r\n0\r\nDigest: z\r\n\r\n";
const POST: &[u8] =
    b"POST /p HTTP/1.1\r\nHost: demo.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
const UPGRADE: &[u8] = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCHED: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x02hi";

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

/// Three exchanges on one connection.
fn exchanges() -> Conversation {
    let mut talk = Conversation::new();
    talk.syn().client(GET).server(OK).client(POST).server(b"HTTP/1.1 100 Continue\r\n\r\n").client(b"body");
    talk.server(b"HTTP/1.1 204 No Content\r\n\r\n").client(GET).server(CHUNKED).fin();
    talk
}

/// Lost, late, repeated and contradicting segments.
fn rough() -> Conversation {
    let mut talk = Conversation::new();
    talk.ipv6().mss(60).syn().client(GET).delay_next().server(OK).release().lose_next().client(GET);
    talk.server(OK).duplicate().client(GET).lose_next().server(CHUNKED).client(GET).server(OK).swap();
    talk.overlap(Side::Server, 3, b"LLO and more").keep_alive(Side::Client).zero_window(Side::Client).rst();
    talk
}

/// Frames as they are, in one capture.
fn pcap(frames: &[Frame]) -> Vec<u8> {
    Pcap::new(LINK_ETHERNET).nanoseconds().frames(frames).bytes()
}

fn savefile() -> Vec<(&'static str, Vec<u8>)> {
    let frames: Vec<Frame> = exchanges().frames().into_iter().take(6).collect();
    let mut seeds = vec![
        ("micros", Pcap::new(LINK_ETHERNET).frames(&frames).bytes()),
        ("nanos-big-endian", Pcap::new(LINK_ETHERNET).big_endian().nanoseconds().frames(&frames).bytes()),
        ("snapped", Pcap::new(LINK_ETHERNET).snap_len(60).frames(&frames).bytes()),
        ("pcapng", Pcapng::simple(LINK_ETHERNET, &frames)),
        (
            "pcapng-sections",
            Pcapng::new()
                .section(true)
                .interface(LINK_ETHERNET, 0, Some(6))
                .interface(LINK_ETHERNET, 96, Some(0x89))
                .frames(1, &frames)
                .simple_packet(b"simple")
                .section(false)
                .interface(101, 0, None)
                .packet(0, 2, 77, b"obsolete")
                .name([192, 0, 2, 1], "demo.test")
                .statistics(0, 3, 4)
                .bytes(),
        ),
    ];
    // The compressed forms, one each.
    let made = wiretrace_capture::fuzzing::seeds().unwrap();
    for (name, magic) in [("gzip", &[0x1f, 0x8b][..]), ("zstd", &[0x28, 0xb5])] {
        seeds.push((name, made.iter().find(|seed| seed.starts_with(magic)).unwrap().clone()));
    }
    seeds
}

fn frame() -> Vec<(&'static str, Vec<u8>)> {
    let (from, to) = ([192, 0, 2, 1], [198, 51, 100, 1]);
    let (from6, to6) = ([0x20; 16], [0x21; 16]);
    let tcp = Tcp { flags: tcp_flags::PSH | tcp_flags::ACK, ..Tcp::new(40000, 80) };
    let segment = tcp.around(from, to, GET);
    let v4 = Ipv4::new(from, to, 6).around(&segment);
    let v6 = Ipv6 { extensions: vec![ipv6_options(0, 1), ipv6_options(60, 2)], ..Ipv6::new(from6, to6, 6) };
    let v6 = v6.around(&tcp.around(from6, to6, GET));
    let inner = ethernet(ETHERTYPE_IPV4, &v4);
    let over_udp = |port: u16, payload: &[u8]| {
        ethernet(ETHERTYPE_IPV4, &Ipv4::new(from, to, 17).around(&udp(from, to, 40000, port, payload)))
    };
    let over_gre = gre(ETHERTYPE_TEB, Some(7), Some(1), &inner);
    let quoting = icmpv4(3, 4, [0, 0, 5, 0], v4.get(..28).unwrap());
    let fragment = Ipv4::new(from, to, 6).fragments(&segment, 32).remove(1);
    let frames = vec![
        ("tcp", inner.clone()),
        (
            "padded",
            padded(ethernet(ETHERTYPE_IPV4, &Ipv4::new(from, to, 6).around(&tcp.around(from, to, b""))), 60),
        ),
        ("vlan", ethernet_vlan(5, ETHERTYPE_IPV4, &v4)),
        ("qinq", ethernet_qinq(5, 6, ETHERTYPE_IPV6, &v6)),
        ("mpls", ethernet(ETHERTYPE_MPLS, &mpls(&[16, 17], &v4))),
        ("pppoe", ethernet(ETHERTYPE_PPPOE, &pppoe(1, 0x21, &v4))),
        ("ipv6", ethernet(ETHERTYPE_IPV6, &v6)),
        ("fragment", ethernet(ETHERTYPE_IPV4, &fragment)),
        ("vxlan", over_udp(PORT_VXLAN, &vxlan(9, &inner))),
        ("geneve", over_udp(PORT_GENEVE, &geneve(9, ETHERTYPE_TEB, &[0; 8], &inner))),
        ("gtpu", over_udp(PORT_GTPU, &gtpu(9, Some(2), &v4))),
        ("dns", over_udp(53, b"no tunnel")),
        ("gre", ethernet(ETHERTYPE_IPV4, &Ipv4::new(from, to, 47).around(&over_gre))),
        ("ipip", ethernet(ETHERTYPE_IPV4, &Ipv4::new(to, from, 4).around(&v4))),
        ("icmp", ethernet(ETHERTYPE_IPV4, &Ipv4::new(to, from, 1).around(&quoting))),
        ("arp", ethernet(ETHERTYPE_ARP, &arp_request(from, to))),
    ];
    // Two bytes choose the link type (0: Ethernet, 3: Linux cooked), two cut the frame's end.
    let mut seeds: Vec<_> =
        frames.into_iter().map(|(name, frame)| (name, [&[0, 0, 0, 0], &frame[..]].concat())).collect();
    seeds.push(("sll", [&[3, 0, 0, 0], &linux_sll(ETHERTYPE_IPV4, &v4)[..]].concat()));
    seeds.push(("cut", [&[0, 0, 0, 9], &inner[..60]].concat()));
    seeds
}

/// The frames of the target `frame`, and what only a printer looks into.
fn packets() -> Vec<(&'static str, Vec<u8>)> {
    let (from, to) = ([192, 0, 2, 1], [198, 51, 100, 1]);
    let over_ip =
        |protocol, payload: &[u8]| ethernet(ETHERTYPE_IPV4, &Ipv4::new(from, to, protocol).around(payload));
    let dns = Dns::response(7)
        .question("www.example.com", DNS_A)
        .answer(&DNS_FIRST_NAME, DNS_CNAME, &dns_name("web.example.net"))
        .answer(&DNS_FIRST_NAME, DNS_TXT, b"\x04text\x02\x1b\xff")
        .answer(&DNS_FIRST_NAME, 65, &[0, 1, 0, 0, 1, 0, 3, 2, b'h', b'2', 0, 4, 0, 4, 192, 0, 2, 9])
        .bytes();
    let options = [
        &tcp_option::mss(1460)[..],
        &tcp_option::timestamps(1, 2),
        &[34, 4, 7, 7, 28, 4, 0x80, 2, 30, 3, 0x20, 99, 3, 5],
    ];
    let syn = Tcp { flags: tcp_flags::SYN, options: options.concat(), ..Tcp::new(40000, 80) };
    let solicited = [&[0x20; 16][..], &[2, 1, 2, 0, 0, 0, 0, 1]].concat();
    let advertisement = icmpv6([0x20; 16], [0x21; 16], 136, 0, [0x60, 0, 0, 0], &solicited);
    let frames = vec![
        ("dns-answer", over_ip(17, &udp(from, to, 53, 40000, &dns))),
        ("dns-tcp", over_ip(6, &Tcp::new(53, 40000).around(from, to, &dns_over_tcp(&dns)))),
        ("syn", over_ip(6, &syn.around(from, to, b""))),
        ("lldp", ethernet(ETHERTYPE_LLDP, &lldp(b"ge-0/0/1", b"switch"))),
        ("cdp", ethernet_snap_of([0, 0, 0x0c], 0x2000, &cdp(b"r1", b"Gi0/1"))),
        ("stp", ethernet_llc(0x42, 0x42, &rapid_spanning_tree(32768, 0x8001))),
        ("eapol", ethernet(ETHERTYPE_EAPOL, &eapol(0, &[2, 7, 0, 6, 1, b'a']))),
        ("lcp", ethernet(ETHERTYPE_PPPOE, &pppoe(5, 0xc021, &ppp_control(1, 3, &[1, 4, 5, 0xd4])))),
        (
            "igmp",
            over_ip(2, &igmp_v3_report(&[(4, [224, 0, 0, 251], &[]), (1, [239, 1, 1, 1], &[from, to])])),
        ),
        ("neighbor", ethernet(ETHERTYPE_IPV6, &Ipv6::new([0x20; 16], [0x21; 16], 58).around(&advertisement))),
        ("sctp", over_ip(132, &sctp(1, 2, 1, b"data"))),
    ];
    let seeds = frames.into_iter().map(|(name, frame)| (name, [&[0, 0, 0, 0], &frame[..]].concat()));
    seeds.chain(frame()).collect()
}

fn fragments() -> Vec<(&'static str, Vec<u8>)> {
    // Six bytes a fragment: kind, offset in eights (2), length, flags, time.
    let steps = |steps: &[[u8; 6]]| steps.concat();
    vec![
        ("in-order", steps(&[[1, 0, 0, 64, 1, 1], [1, 0, 8, 64, 1, 1], [1, 0, 16, 20, 0, 1]])),
        ("last-first-v6", steps(&[[9, 0, 16, 20, 0, 1], [9, 0, 8, 64, 1, 1], [9, 0, 0, 64, 1, 1]])),
        (
            "overlap",
            steps(&[[2, 0, 0, 64, 1, 1], [2, 0, 4, 64, 1, 1], [2, 0, 4, 64, 1, 0], [2, 0, 8, 9, 0, 1]]),
        ),
        (
            "many",
            steps(&[
                [0, 0, 0, 8, 1, 0],
                [1, 0, 0, 8, 1, 0],
                [2, 0, 0, 8, 1, 0],
                [3, 0, 0, 8, 1, 0],
                [4, 0, 0, 8, 1, 255],
            ]),
        ),
        ("snapped", steps(&[[0xe1, 0, 0, 64, 1, 1], [1, 0, 8, 20, 0, 1]])),
        ("contradiction", steps(&[[5, 0, 8, 20, 0, 1], [5, 0, 9, 20, 0, 1], [5, 0, 0, 64, 1, 1]])),
    ]
}

fn segments() -> Vec<(&'static str, Vec<u8>)> {
    // Two bytes of limits; then five bytes a segment: time, what, place, length, acknowledgement.
    let start: &[u8] = &[0xff, 0x27, 1, 0x10, 0, 0, 0, 1, 0x21, 0, 0, 1, 1, 0x80, 1, 0, 1];
    let data = |n: u8| [1, 0x80 | n & 1, n / 2 * 4 + 1, 8, n * 2];
    let data = |order: &[u8]| [start, &order.iter().flat_map(|&n| data(n)).collect::<Vec<_>>()].concat();
    let ordered: Vec<u8> = (0..20).collect();
    vec![
        ("handshake", start.to_vec()),
        ("in-order", data(&ordered)),
        ("out-of-order", data(&[0, 1, 6, 7, 2, 3, 4, 5, 8])),
        ("repeated", data(&[0, 1, 0, 1, 2, 2, 3])),
        ("hole", data(&[0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])),
        ("fins", [&data(&[0, 1])[..], &[1, 0x30, 5, 0, 9, 1, 0x31, 5, 0, 9, 0xe5]].concat()),
        ("reset", [&data(&[0, 1])[..], &[1, 0x40, 5, 3, 9], &[1, 0x80, 5, 8, 9]].concat()),
        ("tiny", [&[0, 0], &data(&[0, 3, 2, 5, 4, 9, 8, 1])[2..]].concat()),
    ]
}

fn streams() -> Vec<(&'static str, Vec<u8>)> {
    use Kind::{
        Ack, AckUnseen, Again, Ahead, Altered, Cut, Duplicate, Fin, KeepAlive, Lose, NewSyn, Probe, Refuse,
        Reset, ResetAnywhere, Send, Silence, Swap, SynAgain, Wild, Window,
    };
    // Settings, opening, scales, bases, windows, seed; then what, who, two numbers, and the time before it.
    const HANDSHAKE: [u8; 8] = [0, 8, 8, 8, 101, 5, 0x77, 1];
    let case = |head: [u8; 8], ops: &[(Kind, u8, u8, u8, u8)]| {
        let ops = ops.iter().map(|&(kind, half, a, b, time)| TcpOp::new(kind, half, a, b, time)).collect();
        Case::new(head, ops).bytes()
    };
    let with = |settings: u8, opening: u8| {
        let [_, _, a, b, c, d, e, f] = HANDSHAKE;
        [settings, opening, a, b, c, d, e, f]
    };
    let talk = [(Send, 0, 40, 0, 4), (Send, 1, 30, 1, 5), (Send, 0, 20, 1, 5), (Ack, 1, 0, 0, 8)];
    let closes = [(Fin, 0, 0, 0, 5), (Ack, 1, 0, 1, 5), (Fin, 1, 1, 9, 5), (Ack, 0, 0, 1, 5)];
    let hole = [(Lose, 0, 9, 0, 0), (Send, 0, 20, 0, 0), (Ack, 1, 0, 0, 8)];
    let copies =
        [(Ahead, 0, 20, 31, 0), (Altered, 0, 25, 40, 0), (Altered, 0, 90, 60, 0), (Again, 0, 60, 60, 0)];
    vec![
        ("talk", case(HANDSHAKE, &[&talk[..], &closes].concat())),
        ("hole-segments", case(HANDSHAKE, &[&talk[..], &hole, &[(Send, 0, 9, 0, 4); 4]].concat())),
        ("hole-time", case(HANDSHAKE, &[&hole[..], &[(Silence, 0, 30, 1, 0), (Send, 0, 1, 0, 0)]].concat())),
        ("copies-first", case(with(0x80, 8), &copies)),
        ("copies-bsd", case(with(2, 8), &copies)),
        ("copies-linux", case(with(3, 8), &copies)),
        (
            "rough",
            case(
                with(4, 8),
                &[&talk[..], &[(Swap, 0, 0, 0, 0), (Duplicate, 0, 0, 0, 0), (Cut, 0, 30, 7, 4)]].concat(),
            ),
        ),
        (
            "windows",
            case(
                with(0, 8),
                &[
                    (Window, 1, 0, 0, 4),
                    (Probe, 0, 0, 0, 5),
                    (Window, 1, 4, 0, 5),
                    (Ahead, 0, 63, 31, 4),
                    (Send, 0, 40, 0, 4),
                    (Altered, 0, 31, 31, 4),
                ],
            ),
        ),
        (
            "keep-alive",
            case(HANDSHAKE, &[&talk[..], &[(KeepAlive, 0, 0, 0, 14), (KeepAlive, 0, 1, 0, 14)]].concat()),
        ),
        ("refused", case(with(0, 0x30), &[(SynAgain, 0, 3, 0, 14), (Refuse, 1, 3, 0, 5)])),
        ("unanswered", case(with(4, 0), &[(SynAgain, 0, 0, 0, 14), (Silence, 0, 40, 3, 0)])),
        ("simultaneous", case(with(0, 0x45), &[&talk[..], &closes].concat())),
        ("midway", case(with(0, 6), &[&talk[..], &[(Again, 0, 70, 30, 0), (SynAgain, 0, 0, 0, 0)]].concat())),
        ("one-sided", case(with(0x20, 8), &[&talk[..], &hole, &closes].concat())),
        (
            "reset",
            case(
                with(0, 8),
                &[
                    &talk[..],
                    &[
                        (ResetAnywhere, 1, 0, 64, 4),
                        (Reset, 1, 0, 1, 4),
                        (Send, 0, 9, 0, 4),
                        (Silence, 0, 3, 2, 0),
                        (Send, 0, 9, 0, 4),
                    ],
                ]
                .concat(),
            ),
        ),
        (
            "again",
            case(
                HANDSHAKE,
                &[
                    &closes[..],
                    &[(NewSyn, 0, 0, 3, 14), (AckUnseen, 1, 1, 0, 4), (Wild, 0, 4, 0, 4), (Send, 0, 9, 0, 4)],
                ]
                .concat(),
            ),
        ),
    ]
}

fn http1() -> Vec<(&'static str, Vec<u8>)> {
    let (a, b) = (Peer::A, Peer::B);
    let ops = |ops: &[Op<'_>]| [&[0], &encode(ops)[..]].concat();
    let feed = |peer, bytes| Op::Feed(peer, bytes, true);
    let (body, rest) = OK.split_at(OK.len() - 3);
    vec![
        (
            "exchange",
            ops(&[feed(a, GET), feed(b, OK), Op::Close(a, Close::Clean), Op::Close(b, Close::Clean)]),
        ),
        ("pipelined", ops(&[feed(a, &[GET, GET].concat()), feed(b, &[OK, CHUNKED].concat())])),
        ("chunked", ops(&[feed(a, GET), feed(b, &CHUNKED[..50]), Op::Feed(b, &CHUNKED[50..], false)])),
        (
            "continue",
            ops(&[feed(a, POST), feed(b, b"HTTP/1.1 100 Continue\r\n\r\n"), feed(a, b"body"), feed(b, OK)]),
        ),
        (
            "until-close",
            ops(&[
                feed(a, b"GET / HTTP/1.0\n\n"),
                feed(b, b"HTTP/1.0 200 OK\n\nall"),
                Op::Close(b, Close::Clean),
            ]),
        ),
        (
            "hole-in-body",
            ops(&[feed(a, GET), feed(b, body), Op::Gap(b, 2), feed(b, &rest[2..]), feed(b, OK)]),
        ),
        (
            "hole-in-head",
            ops(&[feed(a, &GET[..9]), Op::Gap(a, 20), feed(a, b"rest\r\n\r\n"), feed(a, GET), feed(b, OK)]),
        ),
        (
            "midway",
            ops(&[
                Op::Midway(a),
                Op::Midway(b),
                feed(b, b"end of a body"),
                feed(b, OK),
                feed(a, GET),
                feed(b, OK),
            ]),
        ),
        (
            "websocket",
            ops(&[feed(a, UPGRADE), feed(b, SWITCHED), feed(a, b"\x81\x82abcd\x08\x08"), Op::Gap(b, 3)]),
        ),
        (
            "connect",
            ops(&[
                feed(a, b"CONNECT a:443 HTTP/1.1\r\n\r\n"),
                feed(b, b"HTTP/1.1 200 OK\r\n\r\n"),
                feed(a, b"\x16\x03\x01"),
            ]),
        ),
        (
            "folded",
            ops(&[feed(
                a,
                b"GET / HTTP/1.1\r\nA: b\r\n  c\r\nno colon\r\n: d\r\nContent-Length: 2, 3\r\n\r\nxy",
            )]),
        ),
        ("no-http", ops(&[feed(a, b"SSH-2.0-x\r\n"), feed(b, b"\0\0\0\0")])),
    ]
}

fn websocket() -> Vec<(&'static str, Vec<u8>)> {
    use wiretrace_testkit::websocket::{BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, TEXT};
    let (a, b) = (Peer::A, Peer::B);
    let feed = |peer, bytes| Op::Feed(peer, bytes, true);
    // Two bytes choose the limits and what is kept, and the handshake.
    let ops = |choice: [u8; 2], ops: &[Op<'_>]| [&choice[..], &encode(ops)].concat();
    let key = [0x37, 0xfa, 0x21, 0x3d];
    let frame = |opcode, payload: &[u8]| Frame::new(opcode, payload).bytes();
    let masked = |opcode, payload: &[u8]| Frame::new(opcode, payload).masked(key).bytes();
    let part = |opcode, payload: &[u8]| Frame { fin: false, ..Frame::new(opcode, payload) }.bytes();
    let packed = |payload: &[u8]| Frame { rsv: 4, ..Frame::new(TEXT, payload) }.bytes();
    let (hello, again) =
        (packed(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]), packed(&[0xf2, 0x00, 0x11, 0x00, 0x00]));
    let talk = [
        (a, masked(TEXT, b"Hello")),
        (b, frame(PING, b"?")),
        (a, masked(PONG, b"?")),
        (b, frame(CLOSE, b"\x03\xe8bye")),
    ];
    let talk: Vec<_> = talk.iter().map(|(peer, bytes)| feed(*peer, bytes)).collect();
    vec![
        ("talk", ops([0, 0], &talk)),
        (
            "fragments",
            ops(
                [0, 0],
                &[
                    feed(b, &part(TEXT, b"H\xc3")),
                    feed(b, &frame(PING, b"")),
                    feed(b, &frame(CONTINUATION, b"\xa9")),
                ],
            ),
        ),
        ("long", ops([0, 0], &[feed(b, &frame(BINARY, &[7; 300])), feed(a, &masked(BINARY, &[8; 126]))])),
        (
            "cut-text",
            ops([0x16, 0], &[feed(b, &frame(TEXT, &[b'x'; 40])), feed(a, &masked(TEXT, &[b'y'; 40]))]),
        ),
        (
            "violations",
            ops(
                [0, 0],
                &[
                    feed(a, &frame(3, b"a")),
                    feed(a, &frame(CONTINUATION, b"b")),
                    feed(a, &part(TEXT, b"c")),
                    feed(a, &part(BINARY, b"d")),
                    feed(b, &masked(CLOSE, b"\x03")),
                    feed(b, b"\xff\x7f\x80\0\0\0\0\0\0\0"),
                ],
            ),
        ),
        (
            "hole",
            ops(
                [0, 0],
                &[
                    feed(b, b"\x81\x09ab"),
                    Op::Gap(b, 4),
                    feed(b, b"cde\x89\0"),
                    Op::Gap(b, 1),
                    feed(b, b"\x81\x01x"),
                ],
            ),
        ),
        (
            "deflate",
            ops(
                [0x80, 1],
                &[feed(b, &hello), feed(b, &again), feed(b, &packed(b"\xff\xff")), feed(b, &hello)],
            ),
        ),
        (
            "deflate-alone",
            ops(
                [0x80, 4],
                &[
                    feed(b, &hello),
                    feed(b, &hello[..5]),
                    Op::Gap(b, 2),
                    feed(b, &hello[7..]),
                    feed(b, &hello),
                ],
            ),
        ),
        (
            "deflate-limit",
            ops(
                [0x83, 1],
                &[feed(
                    b,
                    &packed(&[
                        0xec, 0xc1, 0x31, 0x01, 0, 0, 0, 0xc2, 0xa0, 0xfe, 0xa9, 0x67, 0x08, 0x1f, 0xa0, 0,
                        0, 0, 0,
                    ]),
                )],
            ),
        ),
        (
            "hixie-76",
            ops(
                [0, 7],
                &[feed(a, b"^n:ds[4U\0hi\xff"), feed(b, b"8jKS'y:G*Co,Wxa-\0ho\xff\x80\x02xy\xff\0")],
            ),
        ),
        ("hixie-75", ops([0, 6], &[feed(a, b"\0hi\xff\x01?\xff"), feed(b, &frame(TEXT, b"hi"))])),
    ]
}

fn content() -> Vec<(&'static str, Vec<u8>)> {
    // The codings' place in the target's list, and limits that let everything through.
    let with = |choice: u8, bytes: &[u8]| [&[choice, 0xff], bytes].concat();
    // "hello", made by zlib, gzip, brotli and zstd.
    let raw = b"\xcb\x48\xcd\xc9\xc9\x07\x00";
    let gzip = [b"\x1f\x8b\x08\0\0\0\0\0\0\x03".as_slice(), raw, b"\x86\xa6\x10\x36\x05\0\0\0"].concat();
    let parts = b"multipart/form-data; boundary=x\n--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n";
    vec![
        ("gzip", with(0, &gzip)),
        ("members", with(0, &[&gzip[..], &gzip[..]].concat())),
        ("zlib", with(1, &[b"\x78\x9c".as_slice(), raw, b"\x06\x2c\x02\x15"].concat())),
        ("raw", with(1, raw)),
        ("brotli", with(2, b"\x0b\x02\x80hello\x03")),
        ("zstd", with(3, b"\x28\xb5\x2f\xfd\x20\x05\x29\0\0hello")),
        ("cut", with(0, &gzip[..14])),
        ("json", with(10, b"{\"a\": [1, 2.50, {\"b\": null}], \"c\": \"\\u00e9\"}")),
        ("form", with(10, b"a=1&b=%20+%zz&&c")),
        ("parts", with(10, parts)),
        ("events", with(10, b"text/event-stream\nid: 1\ndata: x\n\n: hi\r\rdata")),
        ("latin", with(10, b"text/plain; charset=iso-8859-1\ngr\xfcn")),
    ]
}

fn pipeline() -> Vec<(&'static str, Vec<u8>)> {
    let midway = Conversation::new().client(b"end of a body").client(GET).server(OK).fin().frames();
    vec![
        ("exchanges-pcap", pcap(&exchanges().frames())),
        ("exchanges-pcapng", Pcapng::simple(LINK_ETHERNET, &exchanges().frames())),
        ("rough-pcap", pcap(&rough().frames())),
        ("midway-pcap", pcap(&midway)),
        // Operations; see `fuzzing::from_operations`.
        ("op-exchange", vec![0, 0x00, 0x10, 0x01, 0x02, 0, 0x12, 1, 0x07, 0x17]),
        ("op-fragments", vec![0, 0x20, 0x30, 0x21, 12, 20, 0x22, 2, 12, 4, 0x32, 1, 0x27, 0x37]),
        (
            "op-lossy",
            vec![0, 0x00, 0x10, 0x02, 16, 0x16, 1, 0x12, 1, 0x12, 1, 0x12, 1, 9, 3, 0x02, 0, 0x12, 1],
        ),
        ("op-late", vec![0, 0x00, 0x10, 0x02, 0, 11, 0x12, 3, 0x12, 4, 0x12, 5, 11, 11, 0x08, 9, 13]),
        (
            "op-overlap",
            vec![0, 0x02, 0, 0x05, 0xf0, 0, 0x15, 5, 1, 0x12, 1, 10, 10, 0x07, 0x17, 9, 5, 0x02, 0],
        ),
        ("op-talks", (0..8).flat_map(|talk| [2 | talk << 5, 0, 0x12 | talk << 5, 1]).chain([0]).collect()),
        ("op-upgrade", vec![0, 0x02, 12, 0x12, 13, 0x12, 14, 0x02, 14, 13, 3, 0x12, 14, 0x22, 10, 0x32, 1]),
    ]
}

#[test]
fn seeds_are_as_made() {
    let write = std::env::var_os("WIRETRACE_WRITE_SEEDS").is_some();
    let seeds = [
        savefile(),
        frame(),
        fragments(),
        segments(),
        streams(),
        http1(),
        websocket(),
        content(),
        pipeline(),
        packets(),
    ];
    let mut total = 0;
    for ((target, _), seeds) in TARGETS.iter().zip(seeds) {
        let folder = corpus().join(target);
        for (name, bytes) in seeds {
            let path = folder.join(format!("{name}.seed"));
            if write {
                fs::create_dir_all(&folder).unwrap();
                fs::write(&path, &bytes).unwrap();
            }
            let found = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            // What a compressor writes may change with its version.
            assert!(found == bytes || name == "gzip" || name == "zstd", "{} is not as made", path.display());
            total += found.len();
        }
    }
    assert!(total < 200 << 10, "seeds are small: {total} bytes");
}

#[test]
fn every_input_goes_through_its_body() {
    for (target, body) in TARGETS {
        let folder = corpus().join(target);
        let mut inputs: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .collect();
        inputs.sort();
        assert!(inputs.len() >= 5, "{target} has inputs");
        for path in inputs {
            println!("{}", path.display());
            body(&fs::read(&path).unwrap());
        }
    }
}

#[test]
fn the_targets_are_these() {
    let manifest = fs::read_to_string(corpus().join("../Cargo.toml")).unwrap();
    let names = manifest.split("[[bin]]\nname = \"").skip(1).filter_map(|rest| rest.split('"').next());
    assert!(names.eq(TARGETS.iter().map(|(name, _)| *name)));
}
