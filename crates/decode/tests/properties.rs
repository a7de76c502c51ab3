//! What holds for any bytes, any stack of tunnels and any cut into fragments.

use proptest::prelude::*;
use wiretrace_decode::{Class, DefragmentLimits, Defragmented, Defragmenter, fuzzing, parse};

fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = (20 + payload.len() as u16).to_be_bytes();
    [&[0x45, 0], &len[..], &[0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], payload].concat()
}

fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u16).to_be_bytes();
    [&[0x60, 0, 0, 0], &len[..], &[next_header, 64], &[0x20; 16], &[0x21; 16], payload].concat()
}

fn tcp(payload: &[u8]) -> Vec<u8> {
    let header = [0xc0, 0, 0, 80, 0, 0, 3, 0xe8, 0, 0, 0, 9, 0x50, 0x18, 1, 0, 0, 0, 0, 0];
    [&header[..], payload].concat()
}

fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let len = (8 + payload.len() as u16).to_be_bytes();
    [&[0x9c, 0x40], &port.to_be_bytes()[..], &len, &[0, 0], payload].concat()
}

/// Puts an IPv4 packet into a tunnel; the result is an IPv4 packet again.
fn wrap(kind: u8, packet: Vec<u8>) -> Vec<u8> {
    let ethernet = [&[2u8; 12], &[8, 0][..], &packet].concat();
    match kind {
        0 => ipv4(4, &packet),
        1 => ipv4(47, &[&[0x20, 0, 8, 0, 0, 0, 0, 1], &packet[..]].concat()),
        2 => ipv4(17, &udp(4789, &[&[8, 0, 0, 0, 0, 0, 1, 0], &ethernet[..]].concat())),
        3 => ipv4(17, &udp(6081, &[&[0, 0, 0x65, 0x58, 0, 0, 1, 0], &ethernet[..]].concat())),
        _ => {
            let len = (packet.len() as u16).to_be_bytes();
            ipv4(17, &udp(2152, &[&[0x30, 0xff], &len[..], &[0, 0, 0, 1], &packet].concat()))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        fuzzing::frame(&data);
        fuzzing::fragments(&data);
    }

    #[test]
    fn any_stack_of_tunnels_gives_the_innermost_segment(
        kinds in proptest::collection::vec(0u8..5, 0..4),
        payload in proptest::collection::vec(any::<u8>(), 0..100),
        padding in 0usize..40,
    ) {
        let packet = kinds.iter().fold(ipv4(6, &tcp(&payload)), |packet, &kind| wrap(kind, packet));
        let mut frame = [&[4u8; 12], &[8, 0][..], &packet].concat();
        frame.resize(frame.len() + padding, 0xee);
        let layers = parse(1, frame.len() as u32, &frame);
        prop_assert_eq!(layers.class(), Class::Tcp);
        prop_assert_eq!(layers.tcp(&frame).unwrap().payload(), &payload[..]);
        prop_assert_eq!(layers.padding_len() as usize, padding);
    }

    #[test]
    fn any_cut_into_fragments_gives_the_packet_back(
        payload in proptest::collection::vec(any::<u8>(), 1..3000),
        cuts in proptest::collection::vec(1usize..380, 1..20),
        order in any::<u64>(),
        six in any::<bool>(),
    ) {
        let segment = tcp(&payload);
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut * 8).filter(|&end| end < segment.len()).collect();
        ends.push(segment.len());
        ends.sort_unstable();
        ends.dedup();
        if ends.len() == 1 {
            ends.insert(0, 8);
        }
        let mut start = 0;
        let mut frames = Vec::new();
        for &end in &ends {
            let more = end != segment.len();
            let bytes = &segment[start..end];
            frames.push(if six {
                let field = (start as u16 | u16::from(more)).to_be_bytes();
                ipv6(44, &[&[6, 0], &field[..], &[0, 0, 0, 1], bytes].concat())
            } else {
                let mut packet = ipv4(6, bytes);
                packet[6..8].copy_from_slice(&((start / 8) as u16 | if more { 0x2000 } else { 0 }).to_be_bytes());
                packet
            });
            start = end;
        }
        // Any order, and one of them twice.
        let turn = order as usize % frames.len();
        frames.rotate_left(turn);
        if order & (1 << 40) != 0 {
            frames.reverse();
        }
        let twice = frames[0].clone();
        frames.insert(1, twice);
        let mut defragmenter = Defragmenter::new(DefragmentLimits::default());
        let mut whole = None;
        for (index, frame) in frames.iter().enumerate() {
            let layers = parse(101, frame.len() as u32, frame);
            prop_assert_eq!(layers.class(), Class::Fragment);
            if let Defragmented::Complete(datagram) = defragmenter.push(0, frame, &layers) {
                prop_assert_eq!(index, frames.len() - 1);
                whole = Some(datagram.packet.to_vec());
            }
        }
        let whole = whole.expect("complete with the last fragment");
        let layers = parse(101, whole.len() as u32, &whole);
        prop_assert_eq!(layers.tcp(&whole).unwrap().payload(), &payload[..]);
    }
}
