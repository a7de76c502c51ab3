use super::*;
use crate::{LayerKind, StopReason};

fn inner_ethernet() -> Vec<u8> {
    join(&[&ethernet(0x0800), &segment()])
}

fn over_udp(port: u16, payload: &[u8]) -> Vec<u8> {
    ipv4(17, &udp(port, payload))
}

#[test]
fn ip_in_ip() {
    holds_segment(101, &ipv4(4, &segment()), "raw-ip/ipv4/");
    holds_segment(101, &ipv6(4, &segment()), "raw-ip/ipv6/");
    let packet = ipv4(41, &ipv6(6, &TCP));
    let layers = decode(101, &packet);
    assert_eq!((layers.class(), layers.to_string()), (Class::Tcp, "raw-ip/ipv4/ipv6/tcp".into()));
    holds_segment(101, &ipv4(97, &join(&[&[0x30, 0], &inner_ethernet()])), "raw-ip/ipv4/etherip/ethernet/");
    holds_segment(101, &ipv4(137, &join(&[&[0, 1, 1, 64], &segment()])), "raw-ip/ipv4/mpls/");
    holds_segment(
        101,
        &ipv4(103, &join(&[&[0x21, 0, 0, 0, 0, 0, 0, 0], &segment()])),
        "raw-ip/ipv4/pim-register/",
    );
    assert_eq!(decode(101, &ipv4(103, &[0x20, 0, 0, 0, 0, 1])).class(), Class::NotTcp);
}

#[test]
fn an_inner_packet_ends_with_the_outer_one() {
    let mut inner = segment();
    inner[2..4].copy_from_slice(&200u16.to_be_bytes());
    let frame = join(&[&ethernet(0x0800), &ipv4(4, &inner), &[9; 30]]);
    let layers = parse(1, 500, &frame);
    assert_eq!(layers.tcp(&frame).unwrap().payload(), b"hi");
    assert_eq!((layers.payload().wire_len, layers.padding_len()), (2, 30));
}

#[test]
fn generic_routing_encapsulation() {
    let gre = |flags: [u8; 2], protocol: u16, rest: &[&[u8]]| {
        ipv4(47, &join(&[&flags, &protocol.to_be_bytes(), &rest.concat()]))
    };
    let s = segment();
    holds_segment(101, &gre([0, 0], 0x0800, &[&s]), "raw-ip/ipv4/gre/");
    holds_segment(101, &gre([0xb0, 0], 0x0800, &[&[0; 12], &s]), "raw-ip/ipv4/gre/");
    let routing = [0, 0, 0, 0, 8, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0];
    holds_segment(101, &gre([0x40, 0], 0x0800, &[&routing, &s]), "raw-ip/ipv4/gre/");
    holds_segment(
        101,
        &gre([0x20, 0], 0x6558, &[&[0, 0, 7, 0], &inner_ethernet()]),
        "raw-ip/ipv4/gre/ethernet/",
    );
    holds_segment(
        101,
        &gre([0x30, 0x81], 0x880b, &[&[0; 12], &[0xff, 3, 0, 0x21], &s]),
        "raw-ip/ipv4/gre/ppp/",
    );
    assert_eq!(decode(101, &gre([0x20, 0x81], 0x880b, &[&[0; 8]])).class(), Class::NotTcp);
    holds_segment(101, &gre([0, 0], 0x88be, &[&inner_ethernet()]), "raw-ip/ipv4/gre/erspan/ethernet/");
    let two = [0x10, 0, 0, 0, 0, 0, 0, 0];
    holds_segment(
        101,
        &gre([0x10, 0], 0x88be, &[&[0; 4], &two, &inner_ethernet()]),
        "raw-ip/ipv4/gre/erspan/ethernet/",
    );
    let three = [0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9];
    holds_segment(
        101,
        &gre([0x10, 0], 0x22eb, &[&[0; 4], &three, &inner_ethernet()]),
        "raw-ip/ipv4/gre/erspan/ethernet/",
    );
    holds_segment(101, &gre([0, 0], 0x883e, &[&[0, 1, 2, 3], &s]), "raw-ip/ipv4/gre/");
    // Not guessed: what is inside must decode.
    let layers = decode(101, &gre([0, 0], 0x0800, &[&[0xff; 20]]));
    assert_eq!((layers.class(), layers.header_len()), (Class::Undecodable, 24));
    assert_eq!(decode(101, &gre([0, 5], 0x0800, &[&s])).stop().unwrap().reason, StopReason::BadVersion(5));
}

#[test]
fn overlays() {
    let vxlan = join(&[&[8, 0, 0, 0, 0, 0, 7, 0], &inner_ethernet()]);
    holds_segment(101, &over_udp(4789, &vxlan), "raw-ip/ipv4/udp/vxlan/ethernet/");
    holds_segment(101, &over_udp(8472, &vxlan), "raw-ip/ipv4/udp/vxlan/ethernet/");
    let gpe = join(&[&[0x0c, 0, 0, 1, 0, 0, 7, 0], &segment()]);
    holds_segment(101, &over_udp(4790, &gpe), "raw-ip/ipv4/udp/vxlan/");
    let nsh = join(&[&[0x0c, 0, 0, 4, 0, 0, 7, 0], &[0, 2, 2, 3, 0, 0, 1, 255], &inner_ethernet()]);
    holds_segment(101, &over_udp(4790, &nsh), "raw-ip/ipv4/udp/vxlan/nsh/ethernet/");
    let geneve = join(&[&[2, 0, 0x65, 0x58, 0, 0, 7, 0], &[0, 1, 2, 1, 9, 9, 9, 9], &inner_ethernet()]);
    holds_segment(101, &over_udp(6081, &geneve), "raw-ip/ipv4/udp/geneve/ethernet/");
    holds_segment(101, &over_udp(4754, &join(&[&[0, 0, 8, 0], &segment()])), "raw-ip/ipv4/udp/gre/");
    holds_segment(101, &over_udp(6635, &join(&[&[0, 1, 1, 64], &segment()])), "raw-ip/ipv4/udp/mpls/");
    holds_segment(101, &over_udp(4341, &join(&[&[0; 8], &segment()])), "raw-ip/ipv4/udp/lisp/");
    let tzsp = join(&[&[1, 0, 0, 1, 10, 1, 5, 0, 1], &inner_ethernet()]);
    holds_segment(101, &over_udp(37008, &tzsp), "raw-ip/ipv4/udp/tzsp/ethernet/");
    let ayiya = join(&[&[0x41, 0x52, 0x11, 4], &[0; 4], &[7; 16], &[8; 20], &segment()]);
    holds_segment(101, &over_udp(5072, &ayiya), "raw-ip/ipv4/udp/ayiya/");
}

#[test]
fn mobile_user_plane() {
    let len = |n: usize| (n as u16).to_be_bytes();
    let s = segment();
    let plain = join(&[&[0x30, 0xff], &len(s.len()), &[0, 0, 0, 1], &s]);
    holds_segment(101, &over_udp(2152, &plain), "raw-ip/ipv4/udp/gtp-u/");
    let extended = join(&[
        &[0x34, 0xff],
        &len(s.len() + 4 + 4 + 8),
        &[0, 0, 0, 1],
        &[0, 0, 0, 0x85],
        &[1, 0x10, 9, 0xc0],
        &[2, 0, 0, 0, 0, 0, 0, 0],
        &s,
    ]);
    holds_segment(101, &over_udp(2152, &extended), "raw-ip/ipv4/udp/gtp-u/");
    // An echo request, a wrong length, a payload that is no IP.
    let echo = [0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut long = plain.clone();
    long[2] = 0xff;
    let mut other = plain.clone();
    other[8] = 0x15;
    for payload in [&echo[..], &long, &other] {
        let layers = decode(101, &over_udp(2152, payload));
        assert_eq!((layers.class(), layers.to_string()), (Class::NotTcp, "raw-ip/ipv4/udp".into()));
    }
}

#[test]
fn transition_and_dial_in() {
    let inner = ipv6(6, &join(&[&TCP, b"hi"]));
    let authentication = [0, 1, 2, 1, 9, 9, 7, 1, 2, 3, 4, 5, 6, 7, 8, 0];
    let origin = [0, 0, 1, 2, 3, 4, 5, 6];
    for head in [&[][..], &origin, &authentication, &join(&[&authentication, &origin])] {
        let frame = over_udp(3544, &join(&[head, &inner]));
        let layers = decode(101, &frame);
        assert_eq!(layers.to_string(), "raw-ip/ipv4/udp/teredo/ipv6/tcp");
        assert_eq!(layers.tcp(&frame).unwrap().payload(), b"hi");
    }
    let s = segment();
    let data = join(&[&[0x00, 0x02, 0, 1, 0, 2, 0xff, 3, 0, 0x21], &s]);
    holds_segment(101, &over_udp(1701, &data), "raw-ip/ipv4/udp/l2tp/ppp/");
    let len = (s.len() as u16 + 20).to_be_bytes();
    let full = join(&[&[0x4a, 0x02], &len, &[0, 1, 0, 2, 0, 0, 0, 0, 0, 2, 9, 9, 0xff, 3, 0, 0x21], &s]);
    holds_segment(101, &over_udp(1701, &full), "raw-ip/ipv4/udp/l2tp/ppp/");
    let control = join(&[&[0xc8, 0x02, 0, 12], &[0; 8]]);
    assert_eq!(decode(101, &over_udp(1701, &control)).to_string(), "raw-ip/ipv4/udp");
}

#[test]
fn a_wrong_guess_leaves_plain_udp() {
    let mut vxlan = join(&[&[8, 0, 0, 0, 0, 0, 7, 0], &inner_ethernet()]);
    vxlan[22] = 0x25; // no IP version
    let frame = over_udp(4789, &vxlan);
    let layers = decode(101, &frame);
    assert_eq!(layers.class(), Class::NotTcp);
    assert_eq!(layers.last().unwrap().kind, LayerKind::Udp);
    assert_eq!((layers.header_len(), layers.payload().captured_len as usize), (28, vxlan.len()));
    assert_eq!(layers.udp(&frame).unwrap().payload(), vxlan);
    // The reason is still said.
    let stop = layers.stop().unwrap();
    assert_eq!((stop.offset, stop.reason), (50, StopReason::BadVersion(2)));
    let (source, _) = layers.addresses(&frame).unwrap();
    assert_eq!(source.to_string(), "10.0.0.1");
    // The innermost guess is the one that goes: the outer tunnel stays.
    let outer = over_udp(2152, &join(&[&[0x30, 0xff], &(frame.len() as u16).to_be_bytes(), &[0; 4], &frame]));
    let layers = decode(101, &outer);
    assert_eq!(layers.to_string().split(' ').next().unwrap(), "raw-ip/ipv4/udp/gtp-u/ipv4/udp");
    // Random bytes on a tunnel's port.
    for port in [1701, 2152, 3544, 4341, 4754, 4789, 4790, 5072, 6081, 6635, 8472, 37008] {
        for byte in 0..=255 {
            let layers = decode(101, &over_udp(port, &[byte; 50]));
            assert!(matches!(layers.class(), Class::NotTcp | Class::Fragment), "{port} {byte}: {layers}");
        }
    }
}
