//! Bodies of the fuzz targets: they take any bytes and assert what must always hold. The crate's tests run
//! them, too.

use crate::decoder::walk;
use crate::{Class, DefragmentLimits, Defragmented, Defragmenter, Layer, Layers, MAX_LAYERS, parse};

/// Link types that the first byte of an input chooses from; other values take its second byte as well.
pub const LINK_TYPES: [u32; 40] = [
    1, 0, 101, 113, 276, 9, 50, 51, 104, 108, 12, 14, 228, 229, 105, 127, 192, 239, 163, 119, 149, 258, 6, 7,
    129, 8, 10, 11, 106, 107, 109, 117, 122, 123, 138, 204, 219, 226, 242, 274,
];

/// Decodes a frame: two bytes of link type, two of bytes cut from its end, then the frame.
///
/// # Panics
///
/// Where the lengths do not add up, a view and the class contradict each other, or a prefix of the frame is
/// decoded to something else than the frame.
#[allow(clippy::missing_panics_doc, reason = "an assertion is what this function is for")]
pub fn frame(data: &[u8]) {
    let Some((&[a, b, c, d], frame)) = data.split_first_chunk::<4>() else { return };
    let link_type = match LINK_TYPES.get(usize::from(a)) {
        Some(&known) => known,
        None => u32::from(u16::from_be_bytes([a, b])),
    };
    let wire_len = frame.len() as u32 + u32::from(u16::from_be_bytes([c, d]));
    let layers = parse(link_type, wire_len, frame);
    check(&layers, wire_len, frame);
    let walked = walk(link_type, wire_len, frame);
    assert_eq!(format!("{layers:?}"), format!("{walked:?}"), "the short way says what the long one says");
    // Every cut through the headers, and one behind them.
    let deepest = layers.stop().map_or(0, |stop| stop.offset as usize).max(layers.header_len() as usize);
    for len in 0..frame.len().min(deepest + 64).min(1024) {
        let prefix = frame.get(..len).unwrap_or_default();
        let cut = parse(link_type, wire_len, prefix);
        check(&cut, wire_len, prefix);
        let (cut_layers, all_layers): (Vec<Layer>, Vec<Layer>) =
            (cut.iter().collect(), layers.iter().collect());
        let consistent = all_layers.starts_with(&cut_layers)
            || (layers.stop().is_some() && cut_layers.starts_with(&all_layers));
        assert!(consistent, "cut at {len}: {cut} instead of {layers}");
    }
}

/// Asserts what holds for every frame.
pub fn check(layers: &Layers, wire_len: u32, frame: &[u8]) {
    let payload = layers.payload();
    let sum =
        u64::from(layers.header_len()) + u64::from(payload.captured_len) + u64::from(layers.padding_len());
    assert_eq!(sum, frame.len() as u64, "headers, payload and padding are the frame: {layers}");
    assert_eq!(payload.offset, layers.header_len());
    assert!(payload.wire_len >= payload.captured_len);
    let end = u64::from(payload.offset) + u64::from(payload.wire_len);
    assert!(end <= frame.len().max(wire_len as usize) as u64, "the payload ends with the frame: {layers}");

    let offsets: Vec<u32> = layers.iter().map(|layer| layer.offset).collect();
    assert!(offsets.len() <= MAX_LAYERS && offsets.is_sorted());
    assert!(offsets.last().is_none_or(|&last| last <= layers.header_len()));
    assert!(layers.network().is_none_or(|network| network.offset < layers.header_len()));
    assert_eq!(layers.addresses(frame).is_some(), layers.network().is_some());

    let class = layers.class();
    assert_eq!(layers.tcp(frame).is_some(), class == Class::Tcp);
    assert_eq!(layers.fragment().is_some(), class == Class::Fragment);
    assert!(class != Class::Undecodable || layers.stop().is_some_and(|stop| stop.reason.class() == class));
    assert!(class != Class::Tcp || layers.stop().is_none());

    let mut text = layers.to_string();
    if let Some(segment) = layers.tcp(frame) {
        assert!(segment.payload_wire_len() as usize >= segment.payload().len());
        assert_eq!(segment.payload().len(), payload.captured_len as usize);
        assert!(segment.options().count() <= 40);
        assert!((5..=15).contains(&segment.data_offset()));
        text += &segment.to_string();
    }
    text += &layers.udp(frame).map_or(String::new(), |view| view.to_string());
    text += &layers.icmp(frame).map_or(String::new(), |view| view.to_string());
    text += &layers.icmpv6(frame).map_or(String::new(), |view| view.to_string());
    text += &layers.igmp(frame).map_or(String::new(), |view| view.to_string());
    text += &layers.arp(frame).map_or(String::new(), |view| view.to_string());
    text += &layers.ipv4(frame).map_or(String::new(), |view| view.to_string());
    text += &layers.ipv6(frame).map_or(String::new(), |view| view.to_string());
    text += &layers.ethernet(frame).map_or(String::new(), |view| view.to_string());
    layers.vlan_tags(frame).for_each(|tag| text += &tag.to_string());
    assert!(text.chars().all(|c| !c.is_control()), "one line: {text:?}");

    // A view over other bytes may be nonsense, but does not panic.
    let other = frame.get(1..).unwrap_or_default();
    let _ = (layers.tcp(other), layers.udp(other), layers.arp(other), layers.ipv4(other), layers.ipv6(other));
    let _ = (layers.addresses(other), layers.ethernet(other), layers.icmp(other).and_then(|m| m.quoted()));
}

/// The bytes that every copy of a fragment has, by datagram and position.
fn content(identification: u8, position: usize) -> u8 {
    (position as u8).wrapping_mul(31).wrapping_add(identification.wrapping_mul(7)) ^ (position >> 8) as u8
}

/// Pushes fragments: steps of six bytes each say which datagram, where, how long, and when.
///
/// # Panics
///
/// Where bytes get lost or are counted twice, a bound is passed, or a completed datagram is not what was sent.
#[allow(clippy::missing_panics_doc, reason = "an assertion is what this function is for")]
pub fn fragments(data: &[u8]) {
    let limits =
        DefragmentLimits { datagrams: 4, bytes: 200_000, fragments_per_datagram: 64, timeout_ns: 1_000_000 };
    let mut defragmenter = Defragmenter::new(limits);
    let (mut clock, mut pushed) = (0u64, 0u64);
    let mut packet = Vec::new();
    let (steps, rest) = data.as_chunks::<6>();
    for &[kind, offset_high, offset_low, len, flags, tick] in steps {
        clock += u64::from(tick) * 1000;
        let identification = kind & 7;
        let offset = (u16::from_be_bytes([offset_high, offset_low]) & 0x1fff) >> (flags >> 5);
        let len = usize::from(len) << (flags >> 3 & 3);
        let more = flags & 1 == 1;
        packet.clear();
        if kind & 8 == 0 {
            ipv4(&mut packet, identification, offset, more, len);
        } else {
            ipv6(&mut packet, identification, offset, more, len);
        }
        let header_len = packet.len();
        packet.extend((0..len).map(|i| content(identification, usize::from(offset) * 8 + i)));
        // One in eight is cut by the snap length.
        let captured = if kind >> 5 == 7 { header_len + len / 2 } else { packet.len() };
        step(&mut defragmenter, clock, packet.get(..captured).unwrap_or_default(), packet.len(), &mut pushed);
        assert!(defragmenter.held_datagrams() <= limits.datagrams);
        assert!(defragmenter.buffer_bytes() <= limits.bytes);
    }
    step(&mut defragmenter, clock, rest, rest.len(), &mut pushed);
    defragmenter.finish();
    account(&defragmenter, pushed);
    assert_eq!((defragmenter.stats().held_bytes, defragmenter.held_datagrams()), (0, 0));
}

fn account(defragmenter: &Defragmenter, pushed: u64) {
    let stats = defragmenter.stats();
    let sum = stats.completed_bytes + stats.duplicate_bytes + stats.unfinished_bytes + stats.held_bytes;
    assert_eq!(sum, pushed, "every byte is somewhere: {stats:?}");
}

fn step(defragmenter: &mut Defragmenter, clock: u64, packet: &[u8], wire_len: usize, pushed: &mut u64) {
    let layers = parse(101, wire_len as u32, packet);
    check(&layers, wire_len as u32, packet);
    let Some(fragment) = layers.fragment() else { return };
    *pushed += u64::from(fragment.payload.captured_len);
    let identification = fragment.identification as u8;
    let ours = fragment.protocol == 253;
    if let Defragmented::Complete(datagram) = defragmenter.push(clock, packet, &layers) {
        let whole = parse(101, datagram.packet.len() as u32, datagram.packet);
        check(&whole, datagram.packet.len() as u32, datagram.packet);
        let outer = whole.iter().nth(1);
        assert!(outer.is_some_and(|ip| ip.offset == 0), "the IP header comes first");
        let (header, payload) = datagram.packet.split_at(datagram.header_len as usize);
        assert!((20..=60).contains(&header.len()));
        if ours {
            assert_eq!((whole.class(), whole.padding_len()), (Class::NotTcp, 0));
            assert_eq!(whole.header_len(), datagram.header_len);
            let as_sent = payload.iter().enumerate().all(|(i, &byte)| byte == content(identification, i));
            assert!(as_sent, "the payload is what was sent");
        }
        for _ in 0..4 {
            let nested = *defragmenter.stats();
            let Some(result) = defragmenter.push_completed(clock) else { break };
            let complete = matches!(result, Defragmented::Complete(_));
            let after = defragmenter.stats();
            *pushed +=
                (after.completed_bytes + after.duplicate_bytes + after.unfinished_bytes + after.held_bytes)
                    - (nested.completed_bytes
                        + nested.duplicate_bytes
                        + nested.unfinished_bytes
                        + nested.held_bytes);
            if !complete {
                break;
            }
        }
    }
    account(defragmenter, *pushed);
}

fn ipv4(packet: &mut Vec<u8>, identification: u8, offset: u16, more: bool, len: usize) {
    packet.extend([0x45, 0]);
    packet.extend((20 + len as u16).to_be_bytes());
    packet.extend([0, identification]);
    packet.extend((offset | if more { 0x2000 } else { 0 }).to_be_bytes());
    packet.extend([64, 253, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
}

fn ipv6(packet: &mut Vec<u8>, identification: u8, offset: u16, more: bool, len: usize) {
    packet.extend([0x60, 0, 0, 0]);
    packet.extend((8 + len as u16).to_be_bytes());
    packet.extend([44, 64]);
    packet.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    packet.extend([253, 0]);
    packet.extend((offset << 3 | u16::from(more)).to_be_bytes());
    packet.extend([0, 0, 0, identification]);
}
