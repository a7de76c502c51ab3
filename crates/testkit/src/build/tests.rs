use std::net::Ipv6Addr;

use super::*;

const A: [u8; 4] = [192, 0, 2, 1];
const B: [u8; 4] = [198, 51, 100, 1];

/// A checksum is right when the sum over everything, itself included, is all ones.
fn verifies(pieces: &[&[u8]]) -> bool {
    internet_checksum(pieces) == 0
}

#[test]
fn the_example_of_rfc_1071() {
    assert_eq!(internet_checksum(&[&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]]), !0xddf2);
    assert_eq!(internet_checksum(&[&[0xff, 0xff], &[0x01]]), !0x0100);
}

#[test]
fn checksums_of_real_packets() {
    // An IPv4 header from the worked example in common use: checksum b861.
    let header = Ipv4 {
        ttl: 64,
        dont_fragment: true,
        total_length: Some(0x73),
        ..Ipv4::new([192, 168, 0, 1], [192, 168, 0, 199], 17)
    };
    assert_eq!(header.around(&[])[10..12], [0xb8, 0x61]);
    let segment = Tcp::new(1, 2).around(A, B, b"odd");
    assert!(verifies(&[&A, &B, &[0, 6, 0, 23], &segment]));
    let datagram = udp(A, B, 1, 2, b"even");
    assert!(verifies(&[&A, &B, &[0, 17, 0, 12], &datagram]));
    let (a, b) = (Ipv6Addr::LOCALHOST.octets(), Ipv6Addr::UNSPECIFIED.octets());
    let echo = icmpv6(a, b, 128, 0, [0; 4], b"x");
    assert!(verifies(&[&a, &b, &[0, 0, 0, 9, 0, 0, 0, 58], &echo]));
    assert!(verifies(&[&icmpv4(8, 0, [0; 4], b"ping")]));
}

#[test]
fn ipv4_options_and_overrides() {
    let plain = Ipv4 { options: vec![7, 3, 4], ..Ipv4::new(A, B, 6) };
    let packet = plain.around(b"x");
    assert_eq!((packet[0], packet.len(), packet[23]), (0x46, 25, 0));
    assert!(verifies(&[&packet[..24]]));
    let wrong = Ipv4 { ihl: Some(15), total_length: Some(9), checksum: Some(0xbeef), ..plain };
    assert_eq!(wrong.around(b"x")[..4], [0x4f, 0, 0, 9]);
    assert_eq!(wrong.around(b"x")[10..12], [0xbe, 0xef]);
}

#[test]
fn fragments_carry_the_whole_payload() {
    let payload: Vec<u8> = (0..50).collect();
    let pieces = Ipv4 { identification: 7, ..Ipv4::new(A, B, 17) }.fragments(&payload, 17);
    let fields: Vec<_> = pieces.iter().map(|p| (p[6], p[7], p.len())).collect();
    assert_eq!(fields, [(0x20, 0, 36), (0x20, 2, 36), (0x20, 4, 36), (0, 6, 22)]);
    assert_eq!(pieces.iter().flat_map(|p| p[20..].to_vec()).collect::<Vec<_>>(), payload);

    let pieces = Ipv6::new([1; 16], [2; 16], 17).fragments(9, &payload, 24);
    assert_eq!(pieces.len(), 3);
    assert_eq!(pieces[1][40..48], [17, 0, 0, 25, 0, 0, 0, 9]);
    assert_eq!(pieces[2][40..48], [17, 0, 0, 48, 0, 0, 0, 9]);
    assert_eq!(pieces.iter().flat_map(|p| p[48..].to_vec()).collect::<Vec<_>>(), payload);
}

#[test]
fn ipv6_extension_headers_are_chained() {
    let packet = Ipv6 {
        extensions: vec![ipv6_options(EXT_HOP_BY_HOP, 2), ipv6_routing(0), ipv6_options(EXT_DESTINATION, 1)],
        ..Ipv6::new([1; 16], [2; 16], 6)
    }
    .around(b"segment");
    assert_eq!((packet[4], packet[5], packet[6]), (0, 32 + 7, EXT_HOP_BY_HOP));
    assert_eq!(packet[40..44], [EXT_ROUTING, 1, 1, 12]);
    assert_eq!((packet[56], packet[57], packet[64], packet[65]), (EXT_DESTINATION, 0, 6, 0));
    assert_eq!(&packet[72..], b"segment");
}

#[test]
fn tcp_options_pad_and_move_the_data_offset() {
    let options =
        [&tcp_option::mss(1460)[..], &tcp_option::window_scale(7), &tcp_option::SACK_PERMITTED].concat();
    let segment = Tcp { options, flags: tcp_flags::SYN, ..Tcp::new(1, 2) }.around(A, B, b"data");
    assert_eq!((segment[12], segment.len()), (8 << 4, 36));
    assert_eq!(&segment[32..], b"data");
    assert_eq!(tcp_option::timestamps(1, 2).len(), 12);
    assert_eq!(tcp_option::sack(&[(1, 2)])[2..4], [5, 10]);
}

#[test]
fn link_headers_have_their_lengths() {
    assert_eq!(ethernet(ETHERTYPE_IPV4, b"")[12..], [8, 0]);
    assert_eq!(ethernet_vlan(5, ETHERTYPE_IPV4, b"")[12..], [0x81, 0, 0, 5, 8, 0]);
    assert_eq!(ethernet_qinq(6, 5, ETHERTYPE_IPV6, b"")[12..], [0x88, 0xa8, 0, 6, 0x81, 0, 0, 5, 0x86, 0xdd]);
    assert_eq!(ethernet_snap(ETHERTYPE_IPV4, b"x")[12..14], [0, 9]);
    assert_eq!(linux_sll(ETHERTYPE_IPV4, b"").len(), 16);
    assert_eq!(linux_sll2(ETHERTYPE_IPV4, 3, b"").len(), 20);
    assert_eq!(loopback(2, false, b"x"), [2, 0, 0, 0, b'x']);
    assert_eq!(mpls(&[16, 17], b""), [0, 1, 0, 64, 0, 1, 0x11, 64]);
    assert_eq!(pppoe(1, 0x21, b"x"), [0x11, 0, 0, 1, 0, 3, 0, 0x21, b'x']);
    assert_eq!(padded(vec![1], 3), [1, 0, 0]);
    assert_eq!(arp_request(A, B).len(), 28);
}

#[test]
fn tunnel_headers_have_their_lengths() {
    assert_eq!(gre(ETHERTYPE_IPV4, None, None, b""), [0, 0, 8, 0]);
    assert_eq!(gre(ETHERTYPE_IPV4, Some(1), Some(2), b""), [0x30, 0, 8, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
    assert_eq!(vxlan(5, b""), [8, 0, 0, 0, 0, 0, 5, 0]);
    assert_eq!(geneve(5, ETHERTYPE_TEB, &[0; 4], b"").len(), 12);
    assert_eq!(gtpu(1, None, b"x"), [0x30, 255, 0, 1, 0, 0, 0, 1, b'x']);
    assert_eq!(gtpu(1, Some(2), b"x")[..4], [0x32, 255, 0, 5]);
}

#[test]
fn pcap_in_all_four_flavours() {
    let at = 1_500_000_000_123_456_789;
    let little = Pcap::new(1).frame(at, b"frame").bytes();
    assert_eq!(little[..4], [0xd4, 0xc3, 0xb2, 0xa1]);
    assert_eq!(little[4..8], [2, 0, 4, 0]);
    assert_eq!(little[28..32], 123_456u32.to_le_bytes());
    let big = Pcap::new(1).big_endian().nanoseconds().snap_len(3).frame(at, b"frame").bytes();
    assert_eq!(big[..8], [0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4]);
    assert_eq!(big[28..40], [123_456_789u32.to_be_bytes(), [0, 0, 0, 3], [0, 0, 0, 5]].concat());
    assert_eq!(&big[40..], b"fra");
    let broken = Pcap::new(1).record([1, 2, 3, 4], b"").garbage(b"!").bytes();
    assert_eq!(broken.len(), 24 + 16 + 1);
}

#[test]
fn pcapng_blocks_chain_and_times_scale() {
    let file = Pcapng::new()
        .section(true)
        .interface(1, 4, Some(9))
        .interface(1, 0, Some(0x80 | 10))
        .frame(0, 1_000_000_001, b"frame")
        .frame(1, 1_500_000_000, b"x")
        .simple_packet(b"frame")
        .packet(0, 0, 5, b"old")
        .name(A, "demo.test")
        .statistics(0, 1, 2)
        .block(0xbad, b"unknown")
        .bytes();
    let mut blocks = Vec::new();
    let mut rest = &file[..];
    while !rest.is_empty() {
        let word = |at: usize| u32::from_be_bytes(rest[at..at + 4].try_into().unwrap());
        let len = word(4) as usize;
        assert_eq!((len % 4, word(len - 4) as usize), (0, len));
        blocks.push((word(0), &rest[8..len - 4]));
        rest = &rest[len..];
    }
    let types: Vec<u32> = blocks.iter().map(|block| block.0).collect();
    assert_eq!(types, [0x0a0d_0d0a, 1, 1, 6, 6, 3, 2, 4, 5, 0xbad]);
    assert_eq!(blocks[3].1[8..20], [1_000_000_001u32.to_be_bytes(), [0, 0, 0, 4], [0, 0, 0, 5]].concat());
    assert_eq!(blocks[4].1[8..12], 1536u32.to_be_bytes());
    assert_eq!(blocks[5].1, b"\0\0\0\x05fram");
}
