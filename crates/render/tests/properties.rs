//! Any bytes, and packets that are almost right, in every mode.

#[allow(dead_code)]
mod support;

use proptest::prelude::*;
use wiretrace_render::{Packet, fuzzing};

use support::samples;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(data in proptest::collection::vec(any::<u8>(), 4..300)) {
        fuzzing::packets(&data);
    }

    #[test]
    fn any_bytes_behind_a_link_header(
        data in proptest::collection::vec(any::<u8>(), 0..200),
        link_type in proptest::sample::select(&fuzzing::LINK_TYPES[..]),
        ether_type in proptest::sample::select(&[
            0x0800u16, 0x86dd, 0x0806, 0x8100, 0x8847, 0x8863, 0x8864, 0x88cc, 0x888e, 38,
        ][..]),
    ) {
        let ethernet = [&[2u8; 12], &ether_type.to_be_bytes()[..], &data].concat();
        for (link_type, data) in [(link_type, &data), (1, &ethernet)] {
            let wire_len = data.len() as u32;
            fuzzing::check(&Packet { number: 1, at: 0, interface: 0, link_type, wire_len, data });
        }
    }

    /// Each sample with a few bytes changed.
    #[test]
    fn mutated_packets(
        index in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in 0usize..60,
        missing in 0u32..100,
    ) {
        let samples = samples();
        let (_, link_type, frame, _) = &samples[index.index(samples.len())];
        let mut data = frame.clone();
        for (place, value) in changes.into_iter().filter(|_| !frame.is_empty()) {
            let at = place.index(data.len());
            data[at] = value;
        }
        data.truncate(data.len().saturating_sub(cut));
        let wire_len = data.len() as u32 + missing;
        fuzzing::check(&Packet { number: 1, at: 0, interface: 0, link_type: *link_type, wire_len, data: &data });
    }
}

/// Every sample, at every length.
#[test]
fn every_cut() {
    for (name, link_type, frame, _) in samples() {
        for len in 0..=frame.len() {
            for wire_len in [len, frame.len()] {
                let (wire_len, data) = (wire_len as u32, &frame[..len]);
                let packet = Packet { number: 1, at: 0, interface: 0, link_type, wire_len, data };
                std::panic::catch_unwind(|| fuzzing::check(&packet))
                    .unwrap_or_else(|_| panic!("{name} cut to {len} of {wire_len}"));
            }
        }
    }
}
