//! Hostile, cut and odd inputs, seen from outside.

use std::io::{Cursor, Write};

use super::*;
use crate::fuzzing::{Outcome, Pieces, XorShift, drain};
use crate::{
    BlockPool, ByteOrder, Fault, LinkType, PcapWriter, PcapngWriter, PoolConfig, Resolution, Timestamp,
};

const ETHERNET: LinkType = LinkType::ETHERNET;

fn source(bytes: &[u8]) -> FileSource {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    FileSource::from_reader("trace.pcap".into(), reader, &FileOptions::default()).unwrap()
}

fn read(bytes: &[u8]) -> Outcome {
    drain(source(bytes), &FileOptions::default().limits, 4096, 100)
}

fn pcap(frames: &[&[u8]]) -> Vec<u8> {
    let mut writer = PcapWriter::new(Vec::new(), ETHERNET).unwrap();
    for (i, data) in frames.iter().enumerate() {
        writer.write(Timestamp::new(i as i64), data.len() as u32, data).unwrap();
    }
    writer.into_inner()
}

fn lens(outcome: &Outcome) -> Vec<usize> {
    outcome.frames.iter().map(|f| f.4.len()).collect()
}

fn message(outcome: &Outcome) -> String {
    outcome.error.as_ref().expect("an error").to_string()
}

#[test]
fn nothing_at_all() {
    assert!(matches!(read(b"").error, Some(Error::Empty { .. })));
    assert!(message(&read(b"")).contains("trace.pcap: is empty"));
}

#[test]
fn a_header_alone_is_a_capture_without_frames() {
    let outcome = read(&pcap(&[]));
    assert!(outcome.error.is_none() && outcome.notes.is_empty() && outcome.frames.is_empty());
}

#[test]
fn a_cut_file_header_cannot_be_read() {
    let file = pcap(&[]);
    for cut in 1..24 {
        assert!(
            matches!(read(&file[..cut]).error, Some(Error::CutHeader { have, .. }) if have == cut as u64)
        );
    }
    let file = PcapngWriter::new(Vec::new()).unwrap().into_inner();
    for cut in 1..28 {
        assert!(
            matches!(read(&file[..cut]).error, Some(Error::CutHeader { have, .. }) if have == cut as u64)
        );
    }
}

#[test]
fn what_is_no_capture_is_named() {
    for (bytes, text) in [
        (&b"{\"log\":{\"version\":\"1.2\"}}"[..], "JSON, perhaps a HAR file"),
        (b"\x7fELF\x02\x01\x01", "an ELF program"),
        (b"\xfd7zXZ\0\0\x04", "xz data"),
        (b"snoop\0\0\0\0\0\0\x02", "snoop capture"),
        (b"GET / HTTP/1.1\r\n", "text"),
        (b"\x01\x02\x03\x04\x05\x06", "01 02 03 04"),
        (b"\xaa", "aa 00 00 00"),
    ] {
        let outcome = read(bytes);
        assert!(matches!(outcome.error, Some(Error::NotACapture { .. })), "{:?}", outcome.error);
        assert!(message(&outcome).contains(text), "{}", message(&outcome));
    }
}

#[test]
fn unknown_versions() {
    let mut file = pcap(&[]);
    file[4] = 3;
    assert!(message(&read(&file)).contains("pcap version 3.4"));
    let mut file = PcapngWriter::new(Vec::new()).unwrap().into_inner();
    file[12] = 2;
    assert!(message(&read(&file)).contains("pcapng version 2.0 (at byte 0)"));
}

#[test]
fn a_cut_record_is_noted() {
    let file = pcap(&[b"first", b"second"]);
    let whole = file.len() as u64;
    let second = 24 + 16 + 5;
    for cut in 1..22 {
        let outcome = read(&file[..file.len() - cut]);
        assert_eq!(lens(&outcome), [5]);
        assert!(outcome.error.is_none());
        let need = if cut <= 6 { 22 } else { 16 };
        let have = whole - cut as u64 - second;
        let path = PathBuf::from("trace.pcap");
        assert_eq!(outcome.notes, [Note::CutRecord { path, offset: second, frame: 2, have, need }]);
    }
    assert!(read(&file[..second as usize]).notes.is_empty());
}

#[test]
fn a_broken_record_comes_after_the_frames_before_it() {
    let mut file = pcap(&[b"first"]);
    let at = file.len() as u64;
    file.extend([0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0]);
    file.extend([0; 100]);
    let mut source = source(&file);
    let mut block = BlockBuilder::detached(4096, 10);
    assert_eq!(source.fill(&mut block).unwrap(), Fill::Ready);
    assert_eq!(block.len(), 1);
    let error = source.fill(&mut BlockBuilder::detached(4096, 10)).unwrap_err();
    assert_eq!((error.offset(), error.frame(), error.is_in_capture()), (Some(at), Some(2), true));
    assert!(
        error.to_string().contains("broken at byte 45 (packet 2): a packet claims 2147483647"),
        "{error}"
    );
    assert_eq!(source.fill(&mut BlockBuilder::detached(4096, 10)).unwrap(), Fill::End);
}

#[test]
fn a_lying_length_asks_for_no_memory() {
    // Claims the largest length that is allowed, and has ten bytes.
    let mut file = pcap(&[]);
    file.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 4, 0]);
    file.extend([0; 10]);
    let mut source = source(&file);
    let mut block = BlockBuilder::detached(64, 10);
    assert_eq!(source.fill(&mut block).unwrap(), Fill::End);
    assert!(block.parts().0.bytes.len() < 10_000);
    assert!(source.carry.capacity() < 10_000);
    assert_eq!(source.notes().len(), 1);
}

#[test]
fn a_frame_larger_than_a_block_gets_its_own() {
    let large = vec![7; 250_000];
    let file = pcap(&[b"small", &large, b"small too"]);
    let mut source = source(&file);
    let mut sizes = Vec::new();
    let pool = BlockPool::new(PoolConfig { blocks: 1, block_bytes: 1000, frames_per_block: 10 });
    loop {
        let mut block = pool.lease();
        let fill = source.fill(&mut block).unwrap();
        let block = block.seal();
        sizes.push(block.frames().map(|f| f.data.len()).collect::<Vec<_>>());
        assert!(block.frames().all(|f| f.data.len() < 100 || f.data == large));
        if fill == Fill::End {
            break;
        }
    }
    assert_eq!(sizes[..3], [vec![5], vec![250_000], vec![9]]);
}

#[test]
fn few_frames_a_block_do_not_copy_the_rest_to_and_fro() {
    let data = vec![1; 100];
    let frames: Vec<&[u8]> = vec![&data; 20_000];
    let file = pcap(&frames);
    for prompt in [false, true] {
        let reader = Box::new(Cursor::new(file.clone()));
        let mut source = FileSource::from_reader_with("x".into(), reader, &FileOptions::default(), prompt);
        let pool = BlockPool::new(PoolConfig { blocks: 1, block_bytes: 256 << 10, frames_per_block: 1 });
        while source.fill(&mut pool.lease()).unwrap() != Fill::End {}
        assert_eq!(source.stats().frames, 20_000);
        // What a read into a whole block leaves behind its first frame is copied once.
        assert!(source.stats().carried_bytes <= file.len() as u64 * 2, "{}", source.stats().carried_bytes);
    }
}

#[test]
fn a_pipe_hands_on_what_it_has() {
    struct Paused(Vec<Vec<u8>>);
    impl std::io::Read for Paused {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            assert!(!self.0.is_empty(), "a read that would wait for ever");
            let piece = self.0.remove(0);
            out[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        }
    }
    let file = pcap(&[b"one", b"two", b"three"]);
    let (first, rest) = file.split_at(24 + 19 + 19 + 5);
    let reader = Box::new(Paused(vec![first.to_vec(), rest.to_vec()]));
    let mut source = FileSource::from_reader("pipe".into(), reader, &FileOptions::default()).unwrap();
    let mut block = BlockBuilder::detached(4096, 10);
    assert_eq!(source.fill(&mut block).unwrap(), Fill::Ready);
    assert_eq!(block.len(), 2, "the two whole frames, without a further read");
    let mut block = BlockBuilder::detached(4096, 10);
    assert_eq!(source.fill(&mut block).unwrap(), Fill::Ready);
    assert_eq!(block.seal().frames().next().map(|f| (f.number, f.data.len())), Some((3, 5)));
}

#[test]
fn a_compressed_pipe_hands_on_what_it_has() {
    struct Paused(Vec<u8>);
    impl std::io::Read for Paused {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            assert!(!self.0.is_empty(), "a read that would wait for ever");
            let n = self.0.len().min(out.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0.drain(..n);
            Ok(n)
        }
    }
    let file = pcap(&[b"one", b"two"]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&file).unwrap();
    gzip.flush().unwrap();
    let mut zstd = zstd::Encoder::new(Vec::new(), 1).unwrap();
    zstd.write_all(&file).unwrap();
    zstd.flush().unwrap();
    for flushed in [gzip.get_ref().clone(), zstd.get_ref().clone()] {
        let mut source =
            FileSource::from_reader("pipe".into(), Box::new(Paused(flushed)), &FileOptions::default())
                .unwrap();
        let mut block = BlockBuilder::detached(4096, 10);
        assert_eq!(source.fill(&mut block).unwrap(), Fill::Ready);
        assert_eq!(block.len(), 2);
    }
}

#[test]
fn a_reader_that_would_block_is_idle() {
    let reader =
        Pieces { rest: Cursor::new(pcap(&[b"one", b"two"])), random: XorShift(3), most: 7, blocks: true };
    let mut source =
        FileSource::from_reader("pipe".into(), Box::new(reader), &FileOptions::default()).unwrap();
    let (mut idle, mut frames) = (0, 0);
    loop {
        let mut block = BlockBuilder::detached(64, 10);
        let fill = source.fill(&mut block).unwrap();
        frames += block.len();
        match fill {
            Fill::Idle => idle += 1,
            Fill::Ready => {}
            Fill::End => break,
        }
    }
    assert!(idle > 0);
    assert_eq!(frames, 2);
}

#[test]
fn a_read_error_is_told_with_its_place() {
    struct Failing(Cursor<Vec<u8>>);
    impl std::io::Read for Failing {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match self.0.read(out)? {
                0 => Err(io::Error::other("the disk is on fire")),
                n => Ok(n),
            }
        }
    }
    let plain = pcap(&[b"one", b"two"]);
    let zstd = zstd::encode_all(&plain[..], 1).unwrap();
    for bytes in [plain.clone(), zstd[..zstd.len() - 1].to_vec()] {
        let reader = Box::new(Failing(Cursor::new(bytes)));
        let source = FileSource::from_reader("disk".into(), reader, &FileOptions::default()).unwrap();
        let outcome = drain(source, &FileOptions::default().limits, 4096, 100);
        let error = outcome.error.unwrap();
        assert!(matches!(error, Error::Read { .. }), "{error:?}");
        assert!(error.to_string().contains("disk is on fire"), "{error}");
    }
    // The first read of all.
    let reader = Box::new(Failing(Cursor::new(Vec::new())));
    let mut source = FileSource::from_reader("disk".into(), reader, &FileOptions::default()).unwrap();
    assert!(matches!(source.fill(&mut BlockBuilder::detached(9, 9)), Err(Error::Read { offset: 0, .. })));
}

#[test]
fn compressed_captures() {
    let mut random = XorShift(11);
    let noise: Vec<u8> = (0..200_000).map(|_| random.draw() as u8).collect();
    let plain = pcap(&[b"first", &noise, b"third"]);
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
    let (head, tail) = plain.split_at(50);
    for whole in
        [gzip(&plain), [gzip(head), gzip(tail)].concat(), zstd(&plain), [zstd(head), zstd(tail)].concat()]
    {
        let outcome = read(&whole);
        assert_eq!(lens(&outcome), [5, 200_000, 5]);
        assert!(outcome.error.is_none() && outcome.notes.is_empty());

        // Cut anywhere: what can be decompressed is delivered.
        let outcome = read(&whole[..whole.len() - 3]);
        assert!(outcome.error.is_none(), "{:?}", outcome.error);
        assert!(
            matches!(outcome.notes[..], [Note::CutRecord { .. } | Note::CutCompression { .. }]),
            "{outcome:?}"
        );
    }
    // Cut before anything can be decompressed.
    let nothing = read(&zstd(&plain)[..9]);
    assert!(matches!(nothing.error, Some(Error::CutHeader { have: 0, .. })), "{nothing:?}");
    // Something else behind gzip data.
    let outcome = read(&[gzip(&plain), vec![0; 512]].concat());
    assert_eq!(lens(&outcome).len(), 3);
    assert!(matches!(outcome.notes[..], [Note::TrailingBytes { .. }]));
    // Broken: a wrong check sum.
    let mut broken = gzip(&plain);
    let crc = broken.len() - 8;
    broken[crc] ^= 1;
    let outcome = read(&broken);
    assert_eq!(lens(&outcome).len(), 3);
    assert!(message(&outcome).contains("the gzip data are broken"), "{}", message(&outcome));
    // Twice compressed, and compressed something else.
    assert!(message(&read(&gzip(&gzip(&plain)))).contains("gzip data inside compressed data"));
    assert!(message(&read(&zstd(b"{\"log\":1}"))).contains("JSON"));
    assert!(matches!(read(&gzip(b"")).error, Some(Error::Empty { .. })));
}

#[test]
fn broken_offsets_in_compressed_data_say_so() {
    let mut plain = pcap(&[b"first"]);
    plain.extend([0xff; 16]);
    let outcome = read(&zstd::encode_all(&plain[..], 1).unwrap());
    assert!(message(&outcome).contains("byte 45 of the decompressed data"), "{}", message(&outcome));
    assert!(matches!(outcome.error, Some(Error::Broken { fault: Fault::FrameTooLong { .. }, .. })));
}

#[test]
fn a_wire_length_below_the_captured_length_is_kept_and_counted() {
    let mut writer = PcapWriter::with(Vec::new(), ETHERNET, ByteOrder::Big, Resolution::Micros).unwrap();
    writer.write(Timestamp::new(5_999), 2, b"abc").unwrap();
    let mut source = source(&writer.into_inner());
    let mut block = BlockBuilder::detached(4096, 10);
    assert!(source.fill(&mut block).is_ok());
    let block = block.seal();
    let frame = block.frame(0).unwrap();
    assert_eq!((frame.wire_len, frame.captured_len(), frame.missing_len()), (2, 3, 0));
    assert_eq!(frame.at, Timestamp::new(5_000), "microseconds");
    assert_eq!(source.stats().short_wire_lengths, 1);
}

#[test]
fn numbers_go_on_from_file_to_file() {
    let options = FileOptions { first_number: 10, input: 3, ..FileOptions::default() };
    let reader = Box::new(Cursor::new(pcap(&[b"a", b"b"])));
    let mut source = FileSource::from_reader("second".into(), reader, &options).unwrap();
    let mut starts = Vec::new();
    loop {
        let mut block = BlockBuilder::detached(4096, 1);
        let fill = source.fill(&mut block).unwrap();
        let block = block.seal();
        starts.extend(block.frames().map(|f| (f.number, block.input(), block.starts_input())));
        if fill == Fill::End {
            break;
        }
    }
    assert_eq!(starts, [(10, 3, true), (11, 3, false)]);
    assert_eq!(source.next_number(), 12);
}

#[test]
fn a_block_with_frames_is_returned_as_it_is() {
    let mut source = source(&pcap(&[b"a", b"b"]));
    let mut block = BlockBuilder::detached(4096, 1);
    assert_eq!(source.fill(&mut block).unwrap(), Fill::Ready);
    assert_eq!(source.fill(&mut block).unwrap(), Fill::Ready);
    assert_eq!((block.len(), source.stats().frames), (1, 1));
}

#[test]
fn large_frames_are_allowed_where_the_link_type_has_them() {
    let data = vec![0; 300_000];
    for (link_type, fits) in [(LinkType(1), false), (LinkType(249), true)] {
        let mut writer = PcapWriter::new(Vec::new(), link_type).unwrap();
        writer.write(Timestamp::EPOCH, 300_000, &data).unwrap();
        assert_eq!(read(&writer.into_inner()).error.is_none(), fits);
    }
}
