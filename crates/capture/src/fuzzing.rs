//! Bodies of the fuzz targets, shared with the tests: each takes any bytes and asserts what must hold.

use std::io::{self, Read, Write};

use crate::file::Limits;
use crate::{
    BlockBuilder, ByteOrder, Error, FileOptions, FileSource, Fill, LinkType, Note, PcapWriter, PcapngWriter,
    Resolution, Source, Timestamp,
};

/// What is not read further than so many decompressed bytes: a small file may hold a great deal.
const MOST: u64 = 8 << 20;

/// A small generator of numbers: the same seed gives the same ones.
#[derive(Clone, Debug)]
pub struct XorShift(pub u64);

impl XorShift {
    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `n` (0 where `n` is 0).
    pub fn below(&mut self, n: usize) -> usize {
        (self.draw() >> 11).checked_rem(n as u64).unwrap_or(0) as usize
    }
}

/// A reader that hands out pieces of varying size, and at times says that it would block.
#[derive(Debug)]
pub struct Pieces {
    /// What is left to hand out.
    pub rest: io::Cursor<Vec<u8>>,
    /// Chooses the sizes.
    pub random: XorShift,
    /// The largest piece.
    pub most: usize,
    /// Whether it may say that it would block.
    pub blocks: bool,
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.blocks && self.random.below(4) == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = (1 + self.random.below(self.most)).min(out.len());
        self.rest.read(out.get_mut(..n).unwrap_or_default())
    }
}

/// A frame by value: stamp, wire length, link type, interface, bytes.
pub type Owned = (Timestamp, u32, LinkType, u32, Vec<u8>);

/// All that comes out of an input.
#[derive(Debug)]
pub struct Outcome {
    /// Its frames.
    pub frames: Vec<Owned>,
    /// What was noted.
    pub notes: Vec<Note>,
    /// The error, if there was one.
    pub error: Option<Error>,
    /// Whether reading was given up, since there was so much.
    pub given_up: bool,
}

/// Reads an input to its end, in blocks of this size, and asserts what must hold for any.
pub fn drain(
    mut source: FileSource,
    limits: &Limits,
    block_bytes: usize,
    frames_per_block: usize,
) -> Outcome {
    let mut outcome = Outcome { frames: Vec::new(), notes: Vec::new(), error: None, given_up: false };
    let mut number = source.next_number();
    let mut first_block = true;
    loop {
        let mut builder = BlockBuilder::detached(block_bytes, frames_per_block);
        let fill = match source.fill(&mut builder) {
            Ok(fill) => fill,
            Err(error) => {
                outcome.error = Some(error);
                assert!(builder.is_empty(), "frames come before the error, not with it");
                break;
            }
        };
        assert!(fill != Fill::Ready || !builder.is_empty(), "ready means frames");
        assert!(fill != Fill::Idle || builder.is_empty(), "idle means none");
        let block = builder.seal_owned();
        assert!(block.len() <= frames_per_block);
        assert_eq!(block.first_number(), number);
        if !block.is_empty() {
            assert_eq!(block.starts_input(), first_block);
            first_block = false;
        }
        for (frame, header) in block.frames().zip(block.headers()) {
            assert_eq!(frame.number, number);
            assert_eq!(frame.data.len(), header.captured_len as usize);
            assert!(header.captured_len <= limits.frame_bytes(header.link_type));
            number += 1;
            let owned = (frame.at, frame.wire_len, frame.link_type, frame.interface, frame.data.to_vec());
            outcome.frames.push(owned);
        }
        if fill == Fill::End {
            break;
        }
        if source.stats().read_bytes > MOST {
            outcome.given_up = true;
            break;
        }
    }
    outcome.notes.extend(source.notes());
    if !outcome.given_up {
        let mut builder = BlockBuilder::detached(64, 1);
        assert_eq!(source.fill(&mut builder).ok(), Some(Fill::End), "the end stays the end");
        assert!(builder.is_empty());
    }
    let stats = source.stats();
    assert_eq!(stats.frames, outcome.frames.len() as u64);
    assert_eq!(stats.captured_bytes, outcome.frames.iter().map(|f| f.4.len() as u64).sum::<u64>());
    assert_eq!(source.next_number(), number);
    outcome
}

/// Any bytes as a capture file: the same frames, notes and errors whatever the blocks and reads; and, for a plain pcap file,
/// those that a reader without any of this machinery finds.
///
/// # Panics
///
/// Where one of these does not hold.
pub fn savefile(data: &[u8]) {
    let seed =
        data.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let mut random = XorShift(seed | 1);
    let limits = Limits {
        max_frame_bytes: 1 << 18,
        max_large_frame_bytes: 1 << 20,
        max_interfaces: 16,
        max_option_bytes: 64,
        max_zstd_window_log: 20,
    };
    let options = FileOptions { first_number: 1 + seed % 1_000, input: 7, limits };

    let whole = Box::new(io::Cursor::new(data.to_vec()));
    let reference = FileSource::from_reader_with("any".into(), whole, &options, false);
    let reference = drain(reference, &limits, 64 << 10, 4096);
    if reference.given_up {
        return;
    }
    for _ in 0..2 {
        let sizes = [1, 17, 64, 300, 4096, 70_000];
        let block_bytes = sizes.get(random.below(sizes.len())).copied().unwrap_or(1);
        let frames_per_block = 1 + random.below(4);
        let reader = Pieces {
            rest: io::Cursor::new(data.to_vec()),
            random: random.clone(),
            most: 1 << random.below(14),
            blocks: random.below(2) == 0,
        };
        let prompt = random.below(2) == 0;
        let source = FileSource::from_reader_with("any".into(), Box::new(reader), &options, prompt);
        let other = drain(source, &limits, block_bytes, frames_per_block);
        assert_eq!(reference.frames, other.frames, "frames differ with the cut");
        assert_eq!(reference.notes, other.notes, "notes differ with the cut");
        let text = |o: &Outcome| o.error.as_ref().map(|e| (e.to_string(), e.offset(), e.frame()));
        assert_eq!(text(&reference), text(&other), "errors differ with the cut");
    }
    if let Some(frames) = naive_pcap(data, &limits) {
        assert_eq!(reference.frames, frames, "frames differ from those of the naive reader");
    }
}

/// The frames of a plain pcap file of version 2.4 with a standard magic number, up to the first that is broken or cut.
fn naive_pcap(data: &[u8], limits: &Limits) -> Option<Vec<Owned>> {
    let (big, unit) = match data.first_chunk::<4>()? {
        [0xa1, 0xb2, 0xc3, 0xd4] => (true, 1_000),
        [0xd4, 0xc3, 0xb2, 0xa1] => (false, 1_000),
        [0xa1, 0xb2, 0x3c, 0x4d] => (true, 1),
        [0x4d, 0x3c, 0xb2, 0xa1] => (false, 1),
        _ => return None,
    };
    let u32_at = |at: usize| -> Option<u32> {
        let bytes = *data.get(at..)?.first_chunk()?;
        Some(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let version: [u8; 4] = *data.get(4..)?.first_chunk()?;
    if version != if big { [0, 2, 0, 4] } else { [2, 0, 4, 0] } {
        return None;
    }
    let link_type = LinkType(u32_at(20)? & 0xffff);
    let (mut at, mut frames) = (24, Vec::new());
    while let (Some(secs), Some(fraction), Some(captured), Some(wire)) =
        (u32_at(at), u32_at(at + 4), u32_at(at + 8), u32_at(at + 12))
    {
        at += 16;
        let Some(bytes) = data.get(at..at + captured as usize) else { break };
        if captured > limits.frame_bytes(link_type) {
            break;
        }
        at += bytes.len();
        let nanos = i128::from(secs) * 1_000_000_000 + i128::from(fraction) * unit;
        frames.push((Timestamp::saturating_from_i128(nanos), wire, link_type, 0, bytes.to_vec()));
    }
    Some(frames)
}

/// Small captures of every form, to start from.
///
/// # Errors
///
/// Never: they are written to memory.
pub fn seeds() -> io::Result<Vec<Vec<u8>>> {
    let data: [&[u8]; 4] = [b"", b"one frame", &[0x5a; 700], b"\0\0\0\0\x01\0\0\0 another"];
    let at = |i: usize| Timestamp::from_secs_nanos(1_363_624_631 + i as i64, 999_999_999);
    let mut seeds = Vec::new();
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for resolution in [Resolution::Micros, Resolution::Nanos] {
            let mut pcap = PcapWriter::with(Vec::new(), LinkType::ETHERNET, order, resolution)?;
            for (i, data) in data.iter().enumerate() {
                pcap.write(at(i), data.len() as u32 + 4, data)?;
            }
            seeds.push(pcap.into_inner());
        }
        // The form with 24-byte record headers.
        let mut kuznetsov =
            vec![0xa1, 0xb2, 0xcd, 0x34, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 0, 1];
        kuznetsov.extend([
            0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 1, 8, 0, 0, 0, b'a', b'b', b'c',
        ]);
        seeds.push(kuznetsov);

        let mut pcapng = PcapngWriter::with(Vec::new(), order)?;
        let first = pcapng.interface(LinkType::ETHERNET, 600)?;
        let second = pcapng.interface(LinkType::LINUX_SLL, 0)?;
        pcapng.block(4, &[0; 37])?;
        for (i, data) in data.iter().enumerate() {
            pcapng.write(if i % 2 == 0 { first } else { second }, at(i), data.len() as u32, data)?;
        }
        pcapng.block(0x1234_5678, &[7; 900])?;
        let u32 = |n: u32| if order == ByteOrder::Big { n.to_be_bytes() } else { n.to_le_bytes() };
        // A Simple Packet Block.
        pcapng.block(3, &[u32(5).as_slice(), b"simple"].concat())?;
        // An obsolete Packet Block.
        pcapng.block(2, &[u32(0), u32(0), u32(9), u32(4), u32(8), *b"abcd"].concat())?;
        // An Enhanced Packet Block with more options than are looked at.
        let epb = [u32(1), u32(0), u32(9), u32(4), u32(8), *b"abcd"].concat();
        pcapng.block(6, &[epb, vec![1; 400]].concat())?;
        // Statistics.
        let drops = if order == ByteOrder::Big {
            [0, 5, 0, 8, 0, 0, 0, 0, 0, 0, 0, 3]
        } else {
            [5, 0, 8, 0, 3, 0, 0, 0, 0, 0, 0, 0]
        };
        pcapng.block(5, &[u32(0).as_slice(), &[0; 8], &drops].concat())?;
        // A section of the other byte order.
        let other = if order == ByteOrder::Big { ByteOrder::Little } else { ByteOrder::Big };
        pcapng.section(other)?;
        let interface = pcapng.interface(LinkType::RAW, 0)?;
        pcapng.write(interface, at(9), 3, b"xyz")?;
        seeds.push(pcapng.into_inner());
    }
    for plain in seeds.clone() {
        let (head, tail) = plain.split_at(plain.len() / 2);
        // Two members, and two frames.
        let mut gzip = Vec::new();
        for part in [head, tail] {
            let mut encoder = flate2::GzBuilder::new()
                .filename("name")
                .extra(vec![1, 2, 3])
                .comment("comment")
                .write(&mut gzip, flate2::Compression::fast());
            encoder.write_all(part)?;
            encoder.finish()?;
        }
        seeds.push(gzip);
        let mut zstd = zstd::encode_all(head, 1)?;
        zstd.extend(zstd::encode_all(tail, 1)?);
        seeds.push(zstd);
    }
    Ok(seeds)
}

/// Changes an input a little: bits, bytes, numbers at the edge, pieces cut out, doubled, or cut off.
pub fn mutate(data: &mut Vec<u8>, random: &mut XorShift) {
    for _ in 0..=random.below(4) {
        let at = random.below(data.len());
        let n = random.below(40).min(data.len() - at);
        match random.below(7) {
            0 => data.iter_mut().skip(at).take(1).for_each(|b| *b ^= 1 << random.below(8)),
            1 => data.iter_mut().skip(at).take(1).for_each(|b| *b = random.draw() as u8),
            2 => {
                let edges = [0, 1, 11, 12, 13, 31, 32, 1 << 18, (1 << 18) + 1, u32::MAX - 3, u32::MAX];
                let edge = edges.get(random.below(edges.len())).copied().unwrap_or(0);
                let bytes = if random.below(2) == 0 { edge.to_le_bytes() } else { edge.to_be_bytes() };
                data.iter_mut().skip(at).zip(bytes).for_each(|(b, new)| *b = new);
            }
            3 => drop(data.drain(at..at + n)),
            4 => {
                let piece: Vec<u8> = data.iter().skip(at).take(n).copied().collect();
                drop(data.splice(at..at, piece));
            }
            5 => data.truncate(at),
            _ => drop(data.splice(at..at, std::iter::repeat_n(0, n))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_read_to_their_end() {
        for seed in seeds().unwrap() {
            savefile(&seed);
            let options = FileOptions::default();
            let source =
                FileSource::from_reader("seed".into(), Box::new(io::Cursor::new(seed)), &options).unwrap();
            let outcome = drain(source, &options.limits, 4096, 100);
            assert!(outcome.error.is_none(), "{:?}", outcome.error);
            assert!(!outcome.frames.is_empty());
        }
    }

    #[test]
    fn mutated_captures() {
        let seeds = seeds().unwrap();
        let mut random = XorShift(0x9e37_79b9_7f4a_7c15);
        for i in 0..6_000 {
            let mut data = seeds[i % seeds.len()].clone();
            mutate(&mut data, &mut random);
            savefile(&data);
        }
    }

    #[test]
    fn every_prefix() {
        for seed in seeds().unwrap() {
            for cut in (0..seed.len()).step_by(1 + seed.len() / 300) {
                savefile(&seed[..cut]);
            }
        }
    }

    #[test]
    fn noise() {
        let mut random = XorShift(7);
        for i in 0..2_000 {
            let magics: [&[u8]; 6] = [
                b"",
                b"\xd4\xc3\xb2\xa1\x02\0\x04\0",
                b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\0\0\0\0\0\0\0\0\x1c\0\0\0",
                b"\x1f\x8b\x08\0\0\0\0\0\0\0",
                b"\x28\xb5\x2f\xfd",
                b"\xa1\xb2\xc3\xd4\0\x02\0\x03",
            ];
            let mut data = magics[i % magics.len()].to_vec();
            let n = random.below(200);
            data.extend((0..n).map(|_| random.draw() as u8 & if i % 3 == 0 { 0x0f } else { 0xff }));
            savefile(&data);
        }
    }
}
