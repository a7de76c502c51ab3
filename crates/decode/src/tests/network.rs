use super::*;
use crate::{Flags, IpVersion, LayerKind, StopReason, TcpOption};

#[test]
fn snap_length_cuts_the_payload() {
    let frame = join(&[&ethernet(0x0800), &ipv4(6, &join(&[&TCP, &[7; 100]]))]);
    let layers = parse(1, frame.len() as u32, &frame[..64]);
    let segment = layers.tcp(&frame[..64]).unwrap();
    assert_eq!((segment.payload().len(), segment.payload_wire_len()), (10, 100));
    assert_eq!(
        (layers.payload().captured_len, layers.payload().wire_len, layers.padding_len()),
        (10, 100, 0)
    );
}

#[test]
fn snap_length_cuts_the_options() {
    let mut header = TCP.to_vec();
    header[12] = 0x80;
    let frame = ipv4(6, &join(&[&header, &[2, 4, 5, 0xb4, 8, 10, 0, 0, 0, 0, 0, 0], b"payload"]));
    let layers = parse(101, frame.len() as u32, &frame[..46]);
    assert_eq!((layers.class(), layers.header_len()), (Class::Tcp, 46));
    let segment = layers.tcp(&frame[..46]).unwrap();
    assert!(segment.options_cut());
    assert_eq!((segment.payload().len(), segment.payload_wire_len()), (0, 7));
    let options: Vec<TcpOption<'_>> = segment.options().collect();
    assert_eq!(options, [TcpOption::MaximumSegmentSize(1460), TcpOption::Malformed { kind: 8, rest: &[10] }]);
    // Less than the fixed header is no segment.
    let layers = parse(101, frame.len() as u32, &frame[..39]);
    let stop = layers.stop().unwrap();
    assert_eq!((layers.class(), layers.header_len()), (Class::Undecodable, 20));
    assert_eq!((stop.layer, stop.reason), (Some(LayerKind::Tcp), StopReason::Truncated { need: 20 }));
}

#[test]
fn bad_segments_are_undecodable() {
    let mut header = TCP;
    header[12] = 0x40;
    let layers = decode(101, &ipv4(6, &header));
    assert_eq!(layers.stop().unwrap().reason, StopReason::BadHeaderLength(16));
    header[12] = 0xf0;
    let layers = decode(101, &ipv4(6, &header));
    assert_eq!(layers.stop().unwrap().reason, StopReason::TooShort { need: 60 });
    assert_eq!(
        (layers.class(), layers.header_len(), layers.payload().captured_len),
        (Class::Undecodable, 20, 20)
    );
}

#[test]
fn flags_in_order() {
    let mut header = TCP;
    header[12] = 0x51;
    header[13] = 0xff;
    let frame = ipv4(6, &header);
    let segment = decode(101, &frame).tcp(&frame).unwrap();
    let flags = segment.flags();
    assert_eq!(flags.0, 0x1ff);
    assert_eq!(flags.to_string(), "cwr,ece,urg,ack,psh,rst,syn,fin");
    assert!(flags.contains(Flags::SYN | Flags::ACK) && flags.fin() && flags.cwr());
    assert_eq!(Flags::default().to_string(), "-");
}

#[test]
fn ipv4_lengths() {
    // Zero: written by the network card later.
    let mut frame = segment();
    frame[2..4].fill(0);
    let layers = decode(101, &frame);
    assert_eq!((layers.class(), layers.payload().wire_len), (Class::Tcp, 2));
    // More than the frame had: cut down to it.
    frame[2..4].copy_from_slice(&9000u16.to_be_bytes());
    let layers = decode(101, &frame);
    assert_eq!((layers.payload().captured_len, layers.payload().wire_len), (2, 2));
    assert_eq!(parse(101, 100, &frame).payload().wire_len, 60);
    // Less than its header.
    frame[2..4].copy_from_slice(&19u16.to_be_bytes());
    let layers = decode(101, &frame);
    assert_eq!(
        (layers.class(), layers.stop().unwrap().reason),
        (Class::Undecodable, StopReason::BadLength(19))
    );
    assert_eq!(layers.payload().captured_len, 42);
    // A header length below five words, and a version that is none.
    frame[0] = 0x44;
    assert_eq!(decode(101, &frame).stop().unwrap().reason, StopReason::BadHeaderLength(16));
    frame[0] = 0x55;
    assert_eq!(decode(101, &frame).stop().unwrap().reason, StopReason::BadVersion(5));
}

#[test]
fn ipv4_options_and_fields() {
    let mut frame =
        join(&[&[0x46, 0xb9, 0, 46, 0, 7, 0x40, 0], &segment()[8..20], &[1, 1, 1, 0], &TCP, b"hi"]);
    frame[8] = 33;
    let sum = crate::checksum::checksum(&frame[..24]);
    frame[10..12].copy_from_slice(&sum.to_be_bytes());
    let layers = decode(101, &frame);
    assert_eq!(layers.class(), Class::Tcp);
    let ip = layers.ipv4(&frame).unwrap();
    assert_eq!((ip.header_len(), ip.dscp(), ip.ecn(), ip.time_to_live()), (24, 46, 1, 33));
    assert_eq!((ip.dont_fragment(), ip.options(), ip.checksum_ok()), (true, &[1, 1, 1, 0][..], true));
    assert_eq!(ip.to_string(), "10.0.0.1 -> 10.0.0.2 protocol 6 len 46 ttl 33 id 7");
    assert!(layers.ipv6(&frame).is_none());
}

#[test]
fn fragments_are_not_decoded_further() {
    let mut frame = segment();
    frame[6..8].copy_from_slice(&0x2000u16.to_be_bytes());
    let layers = decode(101, &frame);
    let fragment = layers.fragment().unwrap();
    assert_eq!((fragment.fragment_offset, fragment.more_fragments, fragment.protocol), (0, true, 6));
    frame[6..8].copy_from_slice(&0x0003u16.to_be_bytes());
    let fragment = decode(101, &frame).fragment().unwrap();
    assert_eq!((fragment.fragment_offset, fragment.more_fragments, fragment.identification), (24, false, 1));
    assert_eq!((fragment.version, fragment.payload.captured_len), (IpVersion::V4, 22));
    let packet = ipv6(44, &join(&[&[6, 0, 0, 0x19, 1, 2, 3, 4], b"data"]));
    let fragment = decode(1, &join(&[&ethernet(0x86dd), &packet])).fragment().unwrap();
    assert_eq!(
        (fragment.version, fragment.network_offset, fragment.fragment_offset),
        (IpVersion::V6, 14, 24)
    );
    assert_eq!((fragment.identification, fragment.more_fragments), (0x0102_0304, true));
    assert_eq!((fragment.payload.offset, fragment.payload.captured_len), (62, 4));
}

#[test]
fn ipv6_extension_headers() {
    let chain = join(&[
        &[43, 0, 1, 4, 0, 0, 0, 0],                          // hop-by-hop
        &[60, 0, 0, 0, 0, 0, 0, 0],                          // routing
        &[44, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // destination options, 16 bytes
        &[51, 0, 0, 0, 0, 0, 0, 1],                          // the only fragment
        &[6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2],               // authentication
        &TCP,
        b"six",
    ]);
    let frame = join(&[&ethernet(0x86dd), &ipv6(0, &chain), &[0; 4]]);
    let layers = decode(1, &frame);
    assert_eq!(
        layers.to_string(),
        "ethernet/ipv6/hop-by-hop/routing/destination-options/ipv6-fragment/ah/tcp"
    );
    assert_eq!(layers.tcp(&frame).unwrap().payload(), b"six");
    assert_eq!(layers.padding_len(), 4);
    let (source, _) = layers.addresses(&frame).unwrap();
    assert_eq!(source.to_string(), "2020:2020:2020:2020:2020:2020:2020:2020");
    assert_eq!(layers.ipv6(&frame).unwrap().next_header(), 0);
    // No next header: everything is understood, and it is nothing.
    let layers = decode(101, &ipv6(59, b"rest"));
    assert_eq!((layers.class(), layers.stop(), layers.payload().captured_len), (Class::NotTcp, None, 4));
}

#[test]
fn ipv6_without_payload_length() {
    let mut frame = ipv6(6, &join(&[&TCP, b"offload"]));
    frame[4..6].fill(0);
    let layers = decode(101, &frame);
    assert_eq!(layers.tcp(&frame).unwrap().payload(), b"offload");
    // A jumbogram, with its length in a hop-by-hop option, and a byte behind it.
    let options = [6, 0, 0xc2, 4, 0, 0, 0, 8 + 20 + 5];
    let mut frame = ipv6(0, &join(&[&options, &TCP, b"jumbo", b"!"]));
    frame[4..6].fill(0);
    let layers = decode(101, &frame);
    assert_eq!(layers.tcp(&frame).unwrap().payload(), b"jumbo");
    assert_eq!(layers.padding_len(), 1);
}

#[test]
fn not_tcp_and_said() {
    let layers = decode(101, &ipv4(89, &[2; 30]));
    assert_eq!((layers.class(), layers.header_len()), (Class::NotTcp, 20));
    assert_eq!(layers.stop().unwrap().reason, StopReason::UnknownIpProtocol(89));
    let layers = decode(101, &ipv4(50, &[2; 30]));
    assert_eq!((layers.class(), layers.header_len()), (Class::NotTcp, 28));
    assert_eq!(layers.stop().unwrap().reason, StopReason::Encrypted);
    // Extension headers are IPv6's: in IPv4 their numbers are unknown protocols.
    assert_eq!(decode(101, &ipv4(60, &[6; 30])).stop().unwrap().reason, StopReason::UnknownIpProtocol(60));
    let layers = decode(101, &ipv4(132, &[0; 12]));
    assert_eq!((layers.class(), layers.stop()), (Class::NotTcp, None));
}

#[test]
fn udp_lengths() {
    let frame = join(&[&ethernet(0x0800), &ipv4(17, &join(&[&udp(53, b"query"), b"tail"]))]);
    let layers = decode(1, &frame);
    let datagram = layers.udp(&frame).unwrap();
    assert_eq!((datagram.payload(), layers.padding_len()), (&b"query"[..], 4));
    assert_eq!(datagram.to_string(), "40000 -> 53 UDP len 5");
    let mut bad = udp(53, b"query");
    bad[5] = 7;
    let layers = decode(101, &ipv4(17, &bad));
    assert_eq!(
        (layers.class(), layers.stop().unwrap().reason),
        (Class::Undecodable, StopReason::BadLength(7))
    );
}

#[test]
fn icmp_errors_quote_and_are_no_segments() {
    let error = join(&[&[3, 4, 0, 0, 0, 0, 5, 0xdc], &segment()[..28]]);
    let frame = ipv4(1, &error);
    let layers = decode(101, &frame);
    assert_eq!(layers.class(), Class::NotTcp);
    let message = layers.icmp(&frame).unwrap();
    let quoted = message.quoted().unwrap();
    assert_eq!((quoted.ports, quoted.sequence_number), (Some((49152, 80)), Some(1000)));
    assert_eq!(
        message.to_string(),
        "ICMP fragmentation needed (type 3 code 4): 10.0.0.1:49152 -> 10.0.0.2:80 protocol 6"
    );
    let inner = ipv6(60, &join(&[&[6, 0, 0, 0, 0, 0, 0, 0], &TCP]));
    let frame = ipv6(58, &join(&[&[2, 0, 0, 0, 0, 0, 5, 0], &inner]));
    let message = decode(101, &frame).icmpv6(&frame).unwrap();
    assert_eq!((message.parameter(), message.quoted().unwrap().ports), (1280, Some((49152, 80))));
    let frame = ipv4(1, &[8, 0, 0, 0, 0, 1, 0, 2, 9]);
    let echo = decode(101, &frame).icmp(&frame).unwrap();
    assert_eq!(echo.to_string(), "ICMP echo request (type 8 code 0) id 1 seq 2");
    assert!(echo.quoted().is_none());
    let frame = ipv4(2, &[0x16, 0, 0, 0, 224, 0, 0, 251]);
    assert_eq!(
        decode(101, &frame).igmp(&frame).unwrap().to_string(),
        "IGMP membership report v2 224.0.0.251"
    );
}
