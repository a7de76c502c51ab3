//! Any cut of the reads, any size of the blocks, file or pipe, plain or compressed: the same frames.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use wiretrace_capture::fuzzing::{Owned, Pieces, XorShift, drain, mutate, savefile};
use wiretrace_capture::{
    ByteOrder, FileOptions, FileSource, Limits, LinkType, PcapWriter, PcapngWriter, Resolution, Timestamp,
};

fn frames() -> impl Strategy<Value = Vec<Owned>> {
    let at = prop_oneof![0i64..4_000_000_000_000_000_000, Just(0), Just(i64::from(u32::MAX) * 1_000_000_000)];
    let data = prop_oneof![
        8 => proptest::collection::vec(any::<u8>(), 0..120),
        1 => proptest::collection::vec(any::<u8>(), 0..3_000),
    ];
    let frame = (at, 0u32..70_000, data)
        .prop_map(|(at, wire, data)| (Timestamp::new(at), wire, LinkType::ETHERNET, 0, data));
    proptest::collection::vec(frame, 0..40)
}

#[derive(Copy, Clone, Debug)]
enum Form {
    Pcap(ByteOrder, Resolution),
    Pcapng(ByteOrder),
}

fn form() -> impl Strategy<Value = Form> {
    let order = || prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)];
    let resolution = prop_oneof![Just(Resolution::Micros), Just(Resolution::Nanos)];
    prop_oneof![(order(), resolution).prop_map(|(o, r)| Form::Pcap(o, r)), order().prop_map(Form::Pcapng)]
}

/// The file, and the frames that it can be expected to hold.
fn write(form: Form, frames: &[Owned]) -> (Vec<u8>, Vec<Owned>) {
    let mut expected = frames.to_vec();
    let file = match form {
        Form::Pcap(order, resolution) => {
            let mut writer = PcapWriter::with(Vec::new(), LinkType::ETHERNET, order, resolution).unwrap();
            for (at, wire, _, _, data) in frames {
                writer.write(*at, *wire, data).unwrap();
            }
            if resolution == Resolution::Micros {
                expected.iter_mut().for_each(|f| f.0 = Timestamp::new(f.0.as_nanos() / 1_000 * 1_000));
            }
            writer.into_inner()
        }
        Form::Pcapng(order) => {
            let mut writer = PcapngWriter::with(Vec::new(), order).unwrap();
            let interface = writer.interface(LinkType::ETHERNET, 0).unwrap();
            for (at, wire, _, _, data) in frames {
                writer.write(interface, *at, *wire, data).unwrap();
            }
            writer.into_inner()
        }
    };
    (file, expected)
}

fn compress(how: u8, file: &[u8], cut: usize) -> Vec<u8> {
    let (head, tail) = file.split_at(cut.min(file.len()));
    match how {
        0 => file.to_vec(),
        1 => {
            let mut out = Vec::new();
            for part in [head, tail] {
                let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
                encoder.write_all(part).unwrap();
                encoder.finish().unwrap();
            }
            out
        }
        _ => [head, tail].iter().flat_map(|part| zstd::encode_all(*part, 1).unwrap()).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_do_not_depend_on_the_cut(
        frames in frames(),
        form in form(),
        how in 0u8..3,
        cut in 0usize..5_000,
        block_bytes in prop_oneof![Just(1usize), 16usize..300, Just(4096), Just(256 << 10)],
        frames_per_block in prop_oneof![Just(1usize), Just(3), Just(1000)],
        most in prop_oneof![Just(1usize), 2usize..200, Just(100_000)],
        seed in 1u64..,
        blocks in any::<bool>(),
        prompt in any::<bool>(),
    ) {
        let (file, expected) = write(form, &frames);
        let rest = Cursor::new(compress(how, &file, cut));
        let reader = Pieces { rest, random: XorShift(seed), most, blocks };
        let options = FileOptions::default();
        let source = FileSource::from_reader_with("any".into(), Box::new(reader), &options, prompt);
        let outcome = drain(source, &Limits::default(), block_bytes, frames_per_block);
        prop_assert!(outcome.error.is_none() && outcome.notes.is_empty(), "{:?}", outcome);
        prop_assert_eq!(outcome.frames, expected);
    }

    #[test]
    fn damage_does_not_depend_on_the_cut(frames in frames(), form in form(), how in 0u8..3, cut in 0usize..5_000, seed in 1u64..) {
        let (file, _) = write(form, &frames);
        let mut random = XorShift(seed);
        let mut file = compress(how, &file, cut);
        mutate(&mut file, &mut random);
        savefile(&file);
    }
}

#[test]
fn every_cut_in_two_of_a_small_file() {
    let frames: Vec<Owned> = (0..3)
        .map(|i| (Timestamp::new(i), 9, LinkType::ETHERNET, 0, vec![i as u8; 5 * i as usize]))
        .collect();
    for form in [
        Form::Pcap(ByteOrder::Little, Resolution::Nanos),
        Form::Pcap(ByteOrder::Big, Resolution::Nanos),
        Form::Pcapng(ByteOrder::Little),
        Form::Pcapng(ByteOrder::Big),
    ] {
        let (file, expected) = write(form, &frames);
        for cut in 0..=file.len() {
            let (head, tail) = file.split_at(cut);
            let reader = std::io::Read::chain(Cursor::new(head.to_vec()), Cursor::new(tail.to_vec()));
            let source =
                FileSource::from_reader("cut".into(), Box::new(reader), &FileOptions::default()).unwrap();
            assert_eq!(drain(source, &Limits::default(), 1 + cut, 100).frames, expected);
        }
    }
}
