//! pcapng files block by block, well-formed and not.

use std::io::Cursor;

use crate::fuzzing::{Outcome, drain};
use crate::{
    BlockBuilder, ByteOrder, Error, Fault, FileOptions, FileSource, Fill, Limits, LinkType, Note,
    PcapngWriter, Source, Timestamp,
};

fn source(bytes: &[u8]) -> FileSource {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    FileSource::from_reader("trace.pcapng".into(), reader, &FileOptions::default()).unwrap()
}

fn read(bytes: &[u8]) -> Outcome {
    drain(source(bytes), &Limits::default(), 4096, 100)
}

fn stats(bytes: &[u8]) -> crate::CaptureStats {
    let mut source = source(bytes);
    while source.fill(&mut BlockBuilder::detached(4096, 100)).unwrap() != Fill::End {}
    source.stats()
}

/// A big-endian section with one Ethernet interface.
fn start() -> PcapngWriter<Vec<u8>> {
    let mut writer = PcapngWriter::with(Vec::new(), ByteOrder::Big).unwrap();
    writer.interface(LinkType::ETHERNET, 0).unwrap();
    writer
}

fn fields(fields: &[u32], data: &[u8]) -> Vec<u8> {
    fields.iter().flat_map(|f| f.to_be_bytes()).chain(data.iter().copied()).collect()
}

/// The fault of a block of this type, header and body, at the end of an otherwise good file.
fn fault(block_type: u32, total_len: u32, rest: &[u8]) -> Fault {
    let mut writer = start();
    writer.write(0, Timestamp::new(5), 1, b"x").unwrap();
    let mut file = writer.into_inner();
    let at = file.len() as u64;
    file.extend(fields(&[block_type, total_len], rest));
    let outcome = read(&file);
    assert_eq!(outcome.frames.len(), 1, "what comes before is delivered");
    match outcome.error {
        Some(Error::Broken { offset, fault, frame: 2, .. }) if offset == at => fault,
        other => panic!("{other:?}, {:?}", outcome.notes),
    }
}

#[test]
fn sections_of_both_orders_and_interfaces_of_their_own() {
    let mut writer = PcapngWriter::with(Vec::new(), ByteOrder::Big).unwrap();
    let eth = writer.interface(LinkType::ETHERNET, 0).unwrap();
    let sll = writer.interface(LinkType::LINUX_SLL, 0).unwrap();
    writer.write(sll, Timestamp::new(7), 10, b"abc").unwrap();
    writer.write(eth, Timestamp::new(3), 4, b"defg").unwrap();
    writer.section(ByteOrder::Little).unwrap();
    let raw = writer.interface(LinkType::RAW, 0).unwrap();
    assert_eq!(raw, 0);
    writer.write(raw, Timestamp::MAX, 0, b"").unwrap();
    let outcome = read(&writer.into_inner());
    assert!(outcome.error.is_none() && outcome.notes.is_empty());
    assert_eq!(
        outcome.frames,
        [
            (Timestamp::new(7), 10, LinkType::LINUX_SLL, 1, b"abc".to_vec()),
            (Timestamp::new(3), 4, LinkType::ETHERNET, 0, b"defg".to_vec()),
            (Timestamp::MAX, 0, LinkType::RAW, 2, vec![]),
        ]
    );
}

#[test]
fn clocks_belong_to_their_interface() {
    let mut writer = PcapngWriter::with(Vec::new(), ByteOrder::Big).unwrap();
    // Microseconds by default; 2^-10 s; milliseconds, an hour late.
    writer.block(1, &fields(&[0x0001_0000, 0], b"")).unwrap();
    writer.block(1, &fields(&[0x0001_0000, 0, 0x0009_0001, 0x8a00_0000, 0], b"")).unwrap();
    let late = fields(&[0x0001_0000, 0, 0x0009_0001, 0x0300_0000, 0x000e_0008, 0, 3600], b"");
    writer.block(1, &late).unwrap();
    for interface in 0..3 {
        writer.block(6, &fields(&[interface, 0, 1536, 0, 0], b"")).unwrap();
    }
    let stamps: Vec<_> = read(&writer.into_inner()).frames.iter().map(|f| f.0.as_nanos()).collect();
    assert_eq!(stamps, [1_536_000, 1_500_000_000, 3_601_536_000_000]);
}

#[test]
fn simple_packets_take_the_last_stamp() {
    let mut writer = PcapngWriter::with(Vec::new(), ByteOrder::Big).unwrap();
    writer.interface(LinkType::RAW, 4).unwrap();
    writer.write(0, Timestamp::new(77), 2, b"ab").unwrap();
    writer.block(3, &fields(&[3], b"cde")).unwrap();
    writer.block(3, &fields(&[9], b"fghi")).unwrap();
    let file = writer.into_inner();
    let outcome = read(&file);
    assert_eq!(outcome.frames[1], (Timestamp::new(77), 3, LinkType::RAW, 0, b"cde".to_vec()));
    assert_eq!(outcome.frames[2], (Timestamp::new(77), 9, LinkType::RAW, 0, b"fghi".to_vec()));
    assert_eq!(outcome.notes, [Note::SimplePacketTime { path: "trace.pcapng".into(), frame: 2 }]);
    assert_eq!(stats(&file).unstamped_frames, 2);
}

#[test]
fn obsolete_packet_blocks() {
    let mut writer = start();
    writer.interface(LinkType::RAW, 0).unwrap();
    writer.block(2, &fields(&[0x0001_0003, 0, 8, 2, 5], b"ab")).unwrap();
    let file = writer.into_inner();
    assert_eq!(read(&file).frames, [(Timestamp::new(8), 5, LinkType::RAW, 1, b"ab".to_vec())]);
    assert_eq!(stats(&file).dropped, 3);
}

#[test]
fn drops_are_told_by_packets_or_by_statistics() {
    let epb = |interface, drops| fields(&[interface, 0, 0, 0, 0, 0x0004_0008, 0, drops, 0], b"");
    let isb = |interface, dropped, by_system| {
        fields(&[interface, 0, 0, 0x0005_0008, 0, dropped, 0x0007_0008, 0, by_system, 0], b"")
    };
    let mut writer = start();
    writer.interface(LinkType::RAW, 0).unwrap();
    for (block_type, body) in [
        (6, epb(0, 2)),
        (6, epb(0, 3)),
        (5, isb(1, 10, 1)),
        (6, epb(1, 4)),
        (5, isb(1, 20, 1)),
        (5, isb(9, 1000, 0)),
    ] {
        writer.block(block_type, &body).unwrap();
    }
    // A further section counts on its own.
    writer.section(ByteOrder::Big).unwrap();
    writer.interface(LinkType::RAW, 0).unwrap();
    writer.block(6, &epb(0, 7)).unwrap();
    assert_eq!(stats(&writer.into_inner()).dropped, 5 + 21 + 7);
}

#[test]
fn other_blocks_are_skipped_whatever_their_size() {
    let mut writer = start();
    writer.block(0x0bad, &vec![1; 3_000_000]).unwrap();
    writer.write(0, Timestamp::new(1), 1, b"a").unwrap();
    writer.block(0x7777, &[]).unwrap();
    writer.block(0x8888, &vec![2; 100_000]).unwrap();
    writer.block(4, &[3; 40]).unwrap();
    writer.write(0, Timestamp::new(2), 1, b"b").unwrap();
    let file = writer.into_inner();
    let outcome = read(&file);
    assert_eq!(outcome.frames.len(), 2);
    assert_eq!(
        outcome.notes,
        [Note::UnknownBlocks { path: "trace.pcapng".into(), count: 2, first_type: 0x7777 }]
    );
    let mut source = source(&file);
    let mut block = BlockBuilder::detached(64, 10);
    assert_eq!(source.fill(&mut block).unwrap(), Fill::Ready);
    assert_eq!(block.parts().0.bytes.len(), 64, "skipping takes no memory");
}

#[test]
fn more_options_than_are_looked_at() {
    let mut writer = start();
    let mut body = fields(&[0, 0, 1, 3, 3], b"abc\0");
    body.extend(vec![0xee; 300_000]);
    writer.block(6, &body).unwrap();
    let mut body = fields(&[0x0065_0000, 0, 0x0009_0001, 0x0300_0000], b"");
    body.extend([0, 1, 0xff, 0xfc]);
    body.extend(vec![0xee; 500_000]);
    writer.block(1, &body).unwrap();
    writer.write(1, Timestamp::new(2), 1, b"b").unwrap();
    let outcome = read(&writer.into_inner());
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    assert_eq!(outcome.frames[0].4, b"abc");
    assert_eq!(outcome.frames[1].0, Timestamp::new(2_000_000));
    assert_eq!(outcome.frames[1].2, LinkType::RAW);
}

#[test]
fn lengths_that_cannot_be() {
    for (block_type, least) in [(1, 20), (2, 32), (3, 16), (5, 24), (6, 32), (0x7777, 12)] {
        assert_eq!(fault(block_type, 0, &[0; 60]), Fault::BlockTooShort { total_len: 0, least });
        assert_eq!(
            fault(block_type, least - 1, &[0; 60]),
            Fault::BlockTooShort { total_len: least - 1, least }
        );
        assert_eq!(fault(block_type, least + 1, &[0; 60]), Fault::BlockUnaligned { total_len: least + 1 });
    }
    let mut magic = vec![0x1a, 0x2b, 0x3c, 0x4d];
    magic.extend([0; 60]);
    assert_eq!(fault(0x0a0d_0d0a, 24, &magic), Fault::BlockTooShort { total_len: 24, least: 28 });
    assert_eq!(fault(0x0a0d_0d0a, 28, &[0; 60]), Fault::ByteOrder { magic: 0 });
}

#[test]
fn lengths_that_differ() {
    let epb = fields(&[0, 0, 1, 0, 0, 36], b"");
    assert_eq!(fault(6, 32, &epb), Fault::LengthMismatch { leading: 32, trailing: 36 });
    let mut unknown = vec![0; 5_000];
    unknown.extend(16u32.to_be_bytes());
    assert_eq!(fault(0x7777, 5_012, &unknown), Fault::LengthMismatch { leading: 5_012, trailing: 16 });
    assert_eq!(fault(1, 20, &[0; 12]), Fault::LengthMismatch { leading: 20, trailing: 0 });
}

#[test]
fn packets_that_lie() {
    let epb = |interface, captured| fields(&[interface, 0, 0, captured, captured, 36], b"    ");
    assert_eq!(fault(6, 36, &epb(1, 0)), Fault::UnknownInterface { interface: 1, known: 1 });
    assert_eq!(fault(6, 36, &epb(0, 5)), Fault::FrameBeyondBlock { captured_len: 5, room: 4 });
    let limit = 256 << 10;
    assert_eq!(fault(6, 36, &epb(0, 1 << 30)), Fault::FrameTooLong { captured_len: 1 << 30, limit });
    assert_eq!(
        fault(3, 16, &[0, 0, 0, 1, 0, 0, 0, 16]),
        Fault::FrameBeyondBlock { captured_len: 1, room: 0 }
    );
}

#[test]
fn packets_before_any_interface() {
    for (block_type, body) in [(6, fields(&[0; 5], b"")), (3, fields(&[0], b"")), (2, fields(&[0; 5], b""))] {
        let mut writer = PcapngWriter::new(Vec::new()).unwrap();
        writer.block(block_type, &body).unwrap();
        let error = read(&writer.into_inner()).error;
        let unknown = Fault::UnknownInterface { interface: 0, known: 0 };
        assert!(
            matches!(error, Some(Error::Broken { fault, offset: 28, .. }) if fault == unknown),
            "{error:?}"
        );
    }
}

#[test]
fn interfaces_are_bounded() {
    let mut writer = PcapngWriter::new(Vec::new()).unwrap();
    for _ in 0..4 {
        writer.interface(LinkType::RAW, 0).unwrap();
    }
    let limits = Limits { max_interfaces: 3, ..Limits::default() };
    let options = FileOptions { limits, ..FileOptions::default() };
    let source =
        FileSource::from_reader("x".into(), Box::new(Cursor::new(writer.into_inner())), &options).unwrap();
    let error = drain(source, &limits, 4096, 10).error;
    assert!(
        matches!(error, Some(Error::Broken { fault: Fault::TooManyInterfaces { limit: 3 }, .. })),
        "{error:?}"
    );
}

#[test]
fn a_cut_block_is_noted() {
    let mut writer = start();
    writer.write(0, Timestamp::new(1), 1, b"a").unwrap();
    let first = writer.into_inner();
    let mut writer = start();
    writer.write(0, Timestamp::new(1), 1, b"a").unwrap();
    writer.write(0, Timestamp::new(1), 9, b"a longer ").unwrap();
    let file = writer.into_inner();
    let path = || "trace.pcapng".into();
    for cut in first.len() + 1..file.len() {
        let outcome = read(&file[..cut]);
        assert_eq!(outcome.frames.len(), 1);
        let have = (cut - first.len()) as u64;
        let need = if have < 8 { 8 } else { (file.len() - first.len()) as u64 };
        let note = Note::CutRecord { path: path(), offset: first.len() as u64, frame: 2, have, need };
        assert_eq!(outcome.notes, [note]);
    }
    // In a block that is being skipped.
    let mut file = first.clone();
    file.extend(fields(&[0x0bad, 1 << 20], &[0; 50_000]));
    let note =
        Note::CutRecord { path: path(), offset: first.len() as u64, frame: 2, have: 50_008, need: 1 << 20 };
    assert_eq!(read(&file).notes, [note]);
}

#[test]
fn an_unknown_version_in_the_middle() {
    let mut writer = start();
    writer.write(0, Timestamp::new(1), 1, b"a").unwrap();
    writer.block(0x0a0d_0d0a, &fields(&[0x1a2b_3c4d, 0x0002_0000, u32::MAX, u32::MAX], b"")).unwrap();
    let outcome = read(&writer.into_inner());
    assert_eq!(outcome.frames.len(), 1);
    assert!(matches!(outcome.error, Some(Error::Version { major: 2, minor: 0, format: "pcapng", .. })));
}
