use super::*;
use crate::Class;
use crate::fuzzing;

/// A raw IPv4 fragment of protocol 253.
fn v4(identification: u16, offset: usize, more: bool, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend(identification.to_be_bytes());
    packet.extend(((offset / 8) as u16 | if more { 0x2000 } else { 0 }).to_be_bytes());
    packet.extend([64, 253, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    packet.extend(payload);
    packet
}

/// A raw IPv6 fragment behind a destination options header.
fn v6(identification: u32, offset: usize, more: bool, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend((16 + payload.len() as u16).to_be_bytes());
    packet.extend([60, 64]);
    packet.extend([0x20; 16]);
    packet.extend([0x21; 16]);
    packet.extend([44, 0, 1, 4, 0, 0, 0, 0]);
    packet.extend([protocol, 0]);
    packet.extend((offset as u16 | u16::from(more)).to_be_bytes());
    packet.extend(identification.to_be_bytes());
    packet.extend(payload);
    packet
}

fn push<'a>(d: &'a mut Defragmenter, clock: u64, packet: &[u8]) -> Defragmented<'a> {
    let layers = parse(101, packet.len() as u32, packet);
    assert_eq!(layers.class(), Class::Fragment);
    d.push(clock, packet, &layers)
}

#[track_caller]
fn complete(result: Defragmented<'_>) -> Vec<u8> {
    let Defragmented::Complete(datagram) = result else { panic!("not complete: {result:?}") };
    datagram.packet[datagram.header_len as usize..].to_vec()
}

fn sum(d: &Defragmenter) -> u64 {
    let s = d.stats();
    s.completed_bytes + s.duplicate_bytes + s.unfinished_bytes + s.held_bytes
}

#[test]
fn any_order_completes_and_the_header_is_right() {
    let bytes: Vec<u8> = (0..=255).cycle().take(40).collect();
    let pieces =
        [v4(7, 0, true, &bytes[..16]), v4(7, 16, true, &bytes[16..32]), v4(7, 32, false, &bytes[32..])];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut d = Defragmenter::new(DefragmentLimits::default());
        for index in &order[..2] {
            assert!(matches!(push(&mut d, 0, &pieces[*index]), Defragmented::Held));
        }
        let Defragmented::Complete(datagram) = push(&mut d, 0, &pieces[order[2]]) else { panic!() };
        assert_eq!(datagram.packet[20..], bytes);
        assert_eq!(datagram.header_len, 20);
        assert!(crate::checksum::ipv4_header_ok(&datagram.packet[..20]));
        let layers = parse(101, datagram.packet.len() as u32, datagram.packet);
        let ip = layers.ipv4(datagram.packet).unwrap();
        assert_eq!((ip.total_length(), ip.fragment_offset(), ip.more_fragments()), (60, 0, false));
        assert_eq!((d.stats().completed_bytes, d.stats().held_bytes, d.held_datagrams()), (40, 0, 0));
    }
}

#[test]
fn ipv6_loses_its_extension_headers() {
    let mut d = Defragmenter::new(DefragmentLimits::default());
    // The later fragment names another protocol, which does not count.
    assert!(matches!(push(&mut d, 0, &v6(9, 8, false, 59, b"second")), Defragmented::Held));
    let first = [0, 7, 0, 9, 0, 14, 0, 0];
    let Defragmented::Complete(datagram) = push(&mut d, 0, &v6(9, 0, true, 17, &first)) else { panic!() };
    let layers = parse(101, 0, datagram.packet);
    assert_eq!(layers.to_string(), "raw-ip/ipv6/udp");
    assert_eq!(layers.udp(datagram.packet).unwrap().payload(), b"second");
    assert_eq!(datagram.header_len, 40);
}

#[test]
fn the_first_copy_wins() {
    let mut d = Defragmenter::new(DefragmentLimits::default());
    push(&mut d, 0, &v4(1, 8, true, &[b'a'; 16]));
    push(&mut d, 0, &v4(1, 0, true, &[b'b'; 16]));
    push(&mut d, 0, &v4(1, 8, true, &[b'c'; 16]));
    let bytes = complete(push(&mut d, 0, &v4(1, 16, false, &[b'd'; 13])));
    assert_eq!(bytes, b"bbbbbbbbaaaaaaaaaaaaaaaaddddd");
    assert_eq!((d.stats().duplicate_bytes, sum(&d)), (8 + 16 + 8, 61));
}

#[test]
fn contradictions_give_up_the_datagram() {
    let cases: [&[(usize, bool, usize)]; 3] = [
        &[(16, false, 8), (24, false, 8)], // two ends
        &[(16, false, 8), (16, true, 16)], // beyond the end
        &[(16, true, 16), (8, false, 8)],  // an end before what is there
    ];
    for case in cases {
        let mut d = Defragmenter::new(DefragmentLimits::default());
        let (last, first) = case.split_last().unwrap();
        for &(offset, more, len) in first {
            assert!(matches!(push(&mut d, 0, &v4(1, offset, more, &vec![1; len])), Defragmented::Held));
        }
        assert!(matches!(push(&mut d, 0, &v4(1, last.0, last.1, &vec![1; last.2])), Defragmented::Refused));
        assert_eq!((d.stats().inconsistent_datagrams, d.held_datagrams(), d.stats().held_bytes), (1, 0, 0));
        assert_eq!(d.stats().unfinished_bytes, case.iter().map(|part| part.2 as u64).sum::<u64>());
    }
}

#[test]
fn a_cut_fragment_is_refused() {
    let mut d = Defragmenter::new(DefragmentLimits::default());
    let packet = v4(1, 0, true, &[1; 32]);
    let layers = parse(101, packet.len() as u32, &packet[..40]);
    assert!(matches!(d.push(0, &packet[..40], &layers), Defragmented::Refused));
    assert!(matches!(push(&mut d, 0, &v4(1, 32, false, &[1; 8])), Defragmented::Held));
    assert_eq!((d.stats().refused_fragments, d.stats().unfinished_bytes, d.stats().held_bytes), (1, 20, 8));
    // A whole copy of it completes the datagram all the same.
    assert_eq!(complete(push(&mut d, 0, &packet)).len(), 40);
}

#[test]
fn too_long_for_an_ip_packet() {
    let mut d = Defragmenter::new(DefragmentLimits::default());
    // The payload fits into 16 bits, but not with its header.
    push(&mut d, 0, &v4(1, 0, true, &[1; 32768]));
    push(&mut d, 0, &v4(1, 32768, true, &[1; 32760]));
    assert!(matches!(push(&mut d, 0, &v4(1, 65528, false, &[1; 7])), Defragmented::Refused));
    assert_eq!((d.stats().inconsistent_datagrams, d.stats().unfinished_bytes), (1, 65535));
    // Beyond 16 bits it is not taken at all.
    assert!(matches!(push(&mut d, 0, &v4(1, 65528, false, &[1; 8])), Defragmented::Refused));
    assert_eq!((d.stats().refused_fragments, sum(&d)), (1, 65543));
}

#[test]
fn time_and_number_are_bounded_oldest_first() {
    let limits = DefragmentLimits { datagrams: 3, timeout_ns: 100, ..DefragmentLimits::default() };
    let mut d = Defragmenter::new(limits);
    for identification in 0..4 {
        push(&mut d, u64::from(identification), &v4(identification, 0, true, &[1; 8]));
    }
    assert_eq!((d.held_datagrams(), d.stats().evicted_datagrams, d.stats().unfinished_bytes), (3, 1, 8));
    // Datagram 1 expires at 101, 2 and 3 stay; an earlier time counts as the latest one.
    push(&mut d, 101, &v4(9, 0, true, &[1; 8]));
    push(&mut d, 5, &v4(9, 8, true, &[1; 8]));
    assert_eq!((d.held_datagrams(), d.stats().expired_datagrams), (3, 1));
    assert_eq!(complete(push(&mut d, 101, &v4(2, 8, false, &[1; 8]))).len(), 16);
    d.finish();
    assert_eq!((d.held_datagrams(), d.stats().incomplete_datagrams, d.stats().held_bytes), (0, 2, 0));
    assert_eq!(sum(&d), 7 * 8);
}

#[test]
fn memory_is_bounded() {
    let limits = DefragmentLimits { bytes: 300_000, ..DefragmentLimits::default() };
    let mut d = Defragmenter::new(limits);
    for identification in 0..100 {
        push(&mut d, 0, &v4(identification, 65000, true, &[1; 8]));
        assert!(d.buffer_bytes() <= 300_000);
    }
    assert_eq!(d.held_datagrams(), 4);
    // Less than one datagram needs is still enough for one.
    let mut d = Defragmenter::new(DefragmentLimits { bytes: 0, ..limits });
    push(&mut d, 0, &v4(1, 0, true, &[1; 8]));
    push(&mut d, 0, &v4(2, 0, true, &[1; 8]));
    assert_eq!(complete(push(&mut d, 0, &v4(2, 8, false, &[1; 8]))).len(), 16);
    assert_eq!(d.stats().evicted_datagrams, 1);
}

#[test]
fn a_flood_of_overlaps_gives_up() {
    let limits = DefragmentLimits { fragments_per_datagram: 10, ..DefragmentLimits::default() };
    let mut d = Defragmenter::new(limits);
    for index in 0..10 {
        assert!(matches!(push(&mut d, 0, &v4(1, index * 8, true, &[1; 64])), Defragmented::Held));
    }
    assert!(matches!(push(&mut d, 0, &v4(1, 0, true, &[1; 64])), Defragmented::Refused));
    assert_eq!((d.stats().overfull_datagrams, d.held_datagrams(), sum(&d)), (1, 0, 11 * 64));
}

#[test]
fn fragments_in_a_fragmented_tunnel() {
    // The inner datagram in two fragments, the second of which travels in two fragments of an outer packet.
    let mut d = Defragmenter::new(DefragmentLimits::default());
    push(&mut d, 0, &v4(5, 0, true, &[b'x'; 8]));
    let inner = v4(5, 8, false, b"inner");
    let outer = |offset: usize, more, payload: &[u8]| {
        let mut packet = v4(6, offset, more, payload);
        packet[9] = 4;
        packet
    };
    push(&mut d, 0, &outer(0, true, &inner[..16]));
    assert!(d.push_completed(0).is_none());
    let packet = outer(16, false, &inner[16..]);
    let Defragmented::Complete(datagram) = push(&mut d, 0, &packet) else { panic!() };
    let layers = parse(101, 0, datagram.packet);
    assert_eq!(layers.class(), Class::Fragment);
    assert_eq!(complete(d.push_completed(0).unwrap()), b"xxxxxxxxinner");
    assert!(d.push_completed(0).is_none());
    assert_eq!(sum(&d), 8 + inner.len() as u64 + 5);
}

/// The simplest defragmenter: a byte or none at each position, first copy wins.
#[test]
fn same_as_a_naive_one() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |bound: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % bound
    };
    for _ in 0..400 {
        let mut d = Defragmenter::new(DefragmentLimits::default());
        let total = 1 + next(600) as usize;
        let mut naive: Vec<Option<u8>> = vec![None; total];
        let mut pushed = 0;
        for _ in 0..2000 {
            let offset = next(total as u64) as usize / 8 * 8;
            let len = (1 + next(200) as usize).min(total - offset);
            let last = offset + len == total;
            if offset == 0 && last {
                continue;
            }
            let bytes: Vec<u8> = (0..len).map(|_| next(256) as u8).collect();
            for (place, byte) in naive[offset..].iter_mut().zip(&bytes) {
                place.get_or_insert(*byte);
            }
            pushed += len as u64;
            let result = push(&mut d, 0, &v4(3, offset, !last, &bytes));
            if let Some(whole) = naive.iter().copied().collect::<Option<Vec<u8>>>() {
                // The end is known only once a last fragment was among them; here it always was.
                assert_eq!(complete(result), whole);
                break;
            }
            assert!(matches!(result, Defragmented::Held));
        }
        assert_eq!(sum(&d), pushed);
    }
}

#[test]
fn fuzz_body_on_pseudo_random_steps() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..3000 {
        let mut data = Vec::new();
        for _ in 0..(round % 60) * 6 + round % 7 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            data.push((random >> 24) as u8);
        }
        // Mostly small offsets, so that datagrams do complete.
        for step in data.chunks_mut(6) {
            if round % 3 != 0 && step.len() == 6 {
                step[0] &= 0x0b;
                step[1] = 0;
                step[2] &= 0x1f;
                step[4] &= 0x09;
            }
        }
        fuzzing::fragments(&data);
    }
}
