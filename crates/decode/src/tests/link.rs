use super::*;
use crate::{LayerKind, StopReason};

#[test]
fn ethernet_with_padding() {
    let mut frame = join(&[&ethernet(0x0800), &segment()]);
    let len = frame.len();
    frame.resize(64, 0);
    holds_segment(1, &frame, "ethernet/");
    let layers = decode(1, &frame);
    assert_eq!((layers.header_len(), layers.payload().wire_len), (54, 2));
    assert_eq!(layers.padding_len() as usize, 64 - len);
    assert_eq!(layers.ethernet(&frame).unwrap().to_string(), "02:00:00:00:00:01 -> 02:00:00:00:00:02 0x0800");
}

#[test]
fn fcs_bits_of_the_link_type_are_ignored() {
    let frame = join(&[&ethernet(0x0800), &segment()]);
    assert_eq!(parse(0x0400_0001, 0, &frame).class(), Class::Tcp);
}

#[test]
fn stacked_tags() {
    let frame = join(&[
        &ethernet(0x88a8),
        &[0, 10, 0x91, 0x00],
        &[0, 20, 0x81, 0x00],
        &[0x60, 30, 0x08, 0x00],
        &segment(),
    ]);
    holds_segment(1, &frame, "ethernet/qinq/qinq/vlan/");
    let layers = decode(1, &frame);
    let ids: Vec<u16> = layers.vlan_tags(&frame).map(|tag| tag.id()).collect();
    assert_eq!(ids, [10, 20, 30]);
}

#[test]
fn other_tags() {
    let inner = join(&[&ethernet(0x0800), &segment()]);
    for (ether_type, tag, name) in [
        (0x88e7, &[0u8, 0, 0, 7][..], "802.1ah"),
        (0x8903, &[0, 7], "fabricpath"),
        (0x22f3, &[0, 0x41, 0, 1, 0, 2, 9, 9, 9, 9], "trill"),
    ] {
        let frame = join(&[&ethernet(ether_type), tag, &inner]);
        holds_segment(1, &frame, &format!("ethernet/{name}/ethernet/"));
    }
    let frame = join(&[&ethernet(0x8926), &[0, 1, 0, 2, 8, 0], &segment()]);
    holds_segment(1, &frame, "ethernet/vntag/");
    let frame = join(&[&ethernet(0x8909), &[1, 1, 0, 1, 0, 9, 8, 0], &segment()]);
    holds_segment(1, &frame, "ethernet/cisco-metadata/");
    // Authenticated only; the check value behind the packet is padding.
    let frame = join(&[&ethernet(0x88e5), &[0, 0, 0, 0, 0, 1, 8, 0], &segment(), &[0xee; 16]]);
    holds_segment(1, &frame, "ethernet/macsec/");
    assert_eq!(decode(1, &frame).padding_len(), 16);
}

#[test]
fn llc_and_snap() {
    let snap = join(&[&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &segment()]);
    let frame = join(&[&ethernet(snap.len() as u16), &snap, &[0; 10]]);
    holds_segment(1, &frame, "ethernet/llc/snap/");
    holds_segment(10, &join(&[&[0x50], &[7; 12], &snap]), "fddi/llc/snap/");
    holds_segment(6, &join(&[&[0x10, 0x40], &[7; 12], &snap]), "token-ring/llc/snap/");
    holds_segment(
        6,
        &join(&[&[0x10, 0x40], &[7; 6], &[0x87; 6], &[4, 0, 1, 2], &snap]),
        "token-ring/llc/snap/",
    );
    holds_segment(106, &snap, "llc/snap/");
    holds_segment(122, &join(&[&[7; 16], &snap]), "ip-over-fc/llc/snap/");
    holds_segment(123, &join(&[&[0x82, 0, 0, 5], &snap]), "sunatm/llc/snap/");
    let spanning_tree = join(&[&ethernet(38), &[0x42, 0x42, 3], &[0; 43]]);
    let layers = decode(1, &spanning_tree);
    assert_eq!(layers.stop().unwrap().reason, StopReason::UnknownSap(0x42));
    assert_eq!((layers.class(), layers.padding_len()), (Class::NotTcp, 8));
}

#[test]
fn cooked() {
    let frame = join(&[&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0], &segment()]);
    holds_segment(113, &frame, "linux-sll/");
    let frame = join(&[&[8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], &segment()]);
    holds_segment(276, &frame, "linux-sll2/");
    let frame = join(&[&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 5, 8, 0], &segment()]);
    holds_segment(113, &frame, "linux-sll/vlan/");
}

#[test]
fn loopback_and_raw() {
    holds_segment(0, &join(&[&[2, 0, 0, 0], &segment()]), "null/");
    holds_segment(0, &join(&[&[0, 0, 0, 2], &segment()]), "null/");
    holds_segment(108, &join(&[&[0, 0, 0, 2], &segment()]), "loop/");
    for link_type in [12, 14, 101, 228, 229] {
        holds_segment(link_type, &segment(), "raw-ip/");
    }
}

#[test]
fn point_to_point() {
    for head in [&[0xff, 3, 0, 0x21][..], &[0, 0x21], &[0x21], &[0xff, 3, 0x21]] {
        for link_type in [9, 50] {
            holds_segment(link_type, &join(&[head, &segment()]), "ppp/");
        }
    }
    holds_segment(104, &join(&[&[0x0f, 0, 8, 0], &segment()]), "cisco-hdlc/");
    holds_segment(9, &join(&[&[0x8f, 0, 8, 0], &segment()]), "cisco-hdlc/");
    let layers = decode(9, &[0xff, 3, 0xc0, 0x21, 1, 1, 0, 4]);
    assert_eq!(layers.stop().unwrap().reason, StopReason::UnknownPppProtocol(0xc021));
    assert_eq!((layers.class(), layers.header_len()), (Class::NotTcp, 4));
    let len = (segment().len() as u16 + 2).to_be_bytes();
    let session = join(&[&[0x11, 0, 0, 1], &len, &[0, 0x21], &segment()]);
    holds_segment(51, &session, "pppoe/ppp/");
    holds_segment(1, &join(&[&ethernet(0x8864), &session, &[0; 4]]), "ethernet/pppoe/ppp/");
    let discovery = join(&[&ethernet(0x8863), &[0x11, 9, 0, 0, 0, 4, 1, 1, 0, 0], &[0; 30]]);
    assert_eq!(decode(1, &discovery).class(), Class::NotTcp);
}

#[test]
fn label_stacks() {
    let labels = [0, 0, 0x10, 64, 0, 1, 0x01, 64];
    let frame = join(&[&ethernet(0x8847), &labels, &segment()]);
    holds_segment(1, &frame, "ethernet/mpls/mpls/");
    let inner = join(&[&[0, 0, 0, 0], &ethernet(0x0800), &segment()]);
    let frame = join(&[&ethernet(0x8847), &labels[4..], &inner]);
    holds_segment(1, &frame, "ethernet/mpls/control-word/ethernet/");
    // Without a control word, to an address that begins with a zero nibble.
    let frame = join(&[&ethernet(0x8848), &labels[4..], &inner[4..]]);
    holds_segment(1, &frame, "ethernet/mpls/ethernet/");
    let frame = join(&[&ethernet(0x8847), &labels[4..], &[0x10, 0, 0, 0x21, 1, 2, 3]]);
    assert_eq!(decode(1, &frame).class(), Class::NotTcp);
}

#[test]
fn wireless() {
    let snap = join(&[&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &segment()]);
    let data = join(&[&[0x08, 0x02], &[0; 22], &snap, &[1, 2, 3, 4]]);
    holds_segment(105, &data, "802.11/llc/snap/");
    holds_segment(127, &join(&[&[0, 0, 10, 0, 0, 0, 0, 0, 9, 9], &data]), "radiotap/802.11/llc/snap/");
    holds_segment(192, &join(&[&[0, 0, 8, 0, 105, 0, 0, 0], &data]), "ppi/802.11/llc/snap/");
    let quality_of_service = join(&[&[0x88, 0x03], &[0; 28], &[0, 0], &snap]);
    holds_segment(105, &quality_of_service, "802.11/llc/snap/");
    let len = (snap.len() as u16).to_be_bytes();
    let aggregate = join(&[&[0x88, 0x02], &[0; 22], &[0x80, 0], &[7; 12], &len, &snap]);
    holds_segment(105, &aggregate, "802.11/a-msdu/llc/snap/");
    let mut protected = data.clone();
    protected[1] |= 0x40;
    let layers = decode(105, &protected);
    assert_eq!((layers.class(), layers.stop().unwrap().reason), (Class::NotTcp, StopReason::Encrypted));
    let beacon = join(&[&[0x80, 0], &[0; 40]]);
    assert_eq!(decode(105, &beacon).class(), Class::NotTcp);
}

#[test]
fn netfilter_log_in_both_orders() {
    for little in [true, false] {
        let number = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
        let frame = join(&[
            &[2, 0, 0, 42],
            &number(5),
            &number(10),
            &[0, 0, 0, 0], // prefix, padded
            &number(4 + segment().len() as u16),
            &number(9),
            &segment(),
            &[0, 0],
        ]);
        holds_segment(239, &frame, "nflog/");
        assert_eq!(decode(239, &frame).padding_len(), 2);
    }
}

#[test]
fn small_link_types() {
    let mut header = vec![0; 108];
    header[0] = 108;
    header[4] = 1;
    header[8] = 12;
    holds_segment(258, &join(&[&header, &segment()]), "pktap/raw-ip/");
    holds_segment(149, &join(&[&header, &segment()]), "pktap/raw-ip/");
    holds_segment(8, &join(&[&[0; 16], &segment()]), "slip/");
    holds_segment(107, &join(&[&[0x18, 0x41, 3, 0xcc], &segment()]), "frame-relay/");
    holds_segment(107, &join(&[&[0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0], &segment()]), "frame-relay/snap/");
    holds_segment(107, &join(&[&[0x18, 0x41, 8, 0], &segment()]), "frame-relay/");
    holds_segment(129, &join(&[&[1, 2, 0, 0, 240], &segment()]), "arcnet/");
    holds_segment(7, &join(&[&[1, 2, 212, 0, 0, 1], &segment()]), "arcnet/");
    holds_segment(109, &join(&[&[2, 0, 0, 0], &[0; 8], &segment()]), "enc/");
    holds_segment(117, &join(&[&[61, 2], &[0; 62], &segment()]), "pflog/");
    holds_segment(138, &join(&[&[0; 16], &[8, 0], &segment()]), "ip-over-1394/");
    holds_segment(226, &join(&[&[1, 2], &[0; 22], &segment()]), "ipnet/");
    holds_segment(242, &join(&[&[0; 40], &[8, 0, 0, 0], &segment()]), "ipoib/");
    let preamble = [0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5];
    holds_segment(274, &join(&[&preamble, &ethernet(0x0800), &segment()]), "mpacket/ethernet/");
    holds_segment(204, &join(&[&[1, 0xff, 3, 0, 0x21], &segment()]), "ppp/ppp/");
    holds_segment(
        178,
        &join(&[b"MGC\x80\0\x02", &[9, 9], &ethernet(0x0800), &segment()]),
        "juniper/ethernet/",
    );
    let mut header = vec![0; 144];
    header[4] = 144;
    let snap = join(&[&[0x08, 0x02], &[0; 22], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &segment()]);
    holds_segment(119, &join(&[&header, &snap]), "prism/802.11/llc/snap/");
    holds_segment(
        119,
        &join(&[&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64], &[0; 56], &snap]),
        "avs/802.11/llc/snap/",
    );
}

#[test]
fn unknown_link_type() {
    let layers = decode(147, b"whatever");
    let stop = layers.stop().unwrap();
    assert_eq!((stop.layer, stop.offset, stop.reason), (None, 0, StopReason::UnknownLinkType(147)));
    assert_eq!((layers.class(), layers.payload().captured_len), (Class::Undecodable, 8));
    // A header that names a link type inside does not name its own kind.
    let mut nested = vec![0, 0, 8, 0, 192, 0, 0, 0];
    nested.extend_from_within(..);
    assert_eq!(decode(192, &nested).iter().count(), 1);
}

#[test]
fn too_many_layers() {
    let tags = [0, 1, 0x81, 0x00].repeat(20);
    let layers = decode(1, &join(&[&ethernet(0x8100), &tags]));
    assert_eq!(layers.iter().count(), crate::MAX_LAYERS);
    assert_eq!(layers.class(), Class::Undecodable);
    let stop = layers.stop().unwrap();
    assert_eq!((stop.layer, stop.reason), (Some(LayerKind::Vlan), StopReason::TooManyLayers));
    assert_eq!(layers.header_len(), 14 + 15 * 4);
}

#[test]
fn empty_frame() {
    for link_type in fuzzing::LINK_TYPES {
        let layers = decode(link_type, &[]);
        assert_eq!((layers.header_len(), layers.class()), (0, Class::Undecodable));
        let cut = parse(link_type, 60, &[]).stop().unwrap();
        assert!(matches!(cut.reason, StopReason::Truncated { .. }), "{link_type}: {cut}");
    }
}
