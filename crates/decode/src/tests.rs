//! Frames built by hand, through every link and tunnel.

mod link;
mod mutated;
mod network;
mod tunnel;

use crate::{Class, Layers, fuzzing, parse};

/// Joins parts of a frame.
pub(crate) fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// A TCP header without options: 49152 -> 80, sequence number 1000, ACK and PSH.
pub(crate) const TCP: [u8; 20] = [0xc0, 0, 0, 80, 0, 0, 3, 0xe8, 0, 0, 0, 9, 0x50, 0x18, 1, 0, 0, 0, 0, 0];

/// An Ethernet header.
pub(crate) fn ethernet(ether_type: u16) -> Vec<u8> {
    join(&[&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], &ether_type.to_be_bytes()])
}

/// An IPv4 packet.
pub(crate) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = (20 + payload.len() as u16).to_be_bytes();
    join(&[&[0x45, 0], &len, &[0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], payload])
}

/// An IPv6 packet.
pub(crate) fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u16).to_be_bytes();
    join(&[&[0x60, 0, 0, 0], &len, &[next_header, 64], &[0x20; 16], &[0x21; 16], payload])
}

/// A UDP datagram from port 40000.
pub(crate) fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let len = (8 + payload.len() as u16).to_be_bytes();
    join(&[&40000u16.to_be_bytes(), &port.to_be_bytes(), &len, &[0, 0], payload])
}

/// An IPv4 packet with a TCP segment that carries "hi".
pub(crate) fn segment() -> Vec<u8> {
    ipv4(6, &join(&[&TCP, b"hi"]))
}

/// Decodes a whole frame and checks what always holds, for all its prefixes, too.
#[track_caller]
pub(crate) fn decode(link_type: u32, frame: &[u8]) -> Layers {
    let layers = parse(link_type, frame.len() as u32, frame);
    fuzzing::check(&layers, frame.len() as u32, frame);
    if let Some(index) = fuzzing::LINK_TYPES.iter().position(|&known| known == link_type) {
        fuzzing::frame(&join(&[&[index as u8, 0, 0, 0], frame]));
    }
    layers
}

/// Decodes a frame that holds [`segment`] innermost, behind these layers.
#[track_caller]
pub(crate) fn holds_segment(link_type: u32, frame: &[u8], layers_in_front: &str) {
    let layers = decode(link_type, frame);
    assert_eq!(layers.to_string(), format!("{layers_in_front}ipv4/tcp"));
    assert_eq!(layers.class(), Class::Tcp);
    let segment = layers.tcp(frame).unwrap();
    assert_eq!(segment.payload(), b"hi");
    assert_eq!(segment.sequence_number(), 1000);
    let (source, destination) = layers.addresses(frame).unwrap();
    assert_eq!((source.to_string(), destination.to_string()), ("10.0.0.1".into(), "10.0.0.2".into()));
}

#[test]
fn layers_are_small() {
    assert!(size_of::<Layers>() <= 96, "{}", size_of::<Layers>());
}
