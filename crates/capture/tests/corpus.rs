//! Captures that others recorded, if there are any at hand: the number of packets that the index says, and the frames that
//! the pcap-parser crate finds.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use pcap_parser::{Block, PcapBlockOwned, create_reader};
use wiretrace_capture::fuzzing::{Owned, Pieces, XorShift, drain, savefile};
use wiretrace_capture::{Error, FileOptions, FileSource, Limits, LinkType, Note, Timestamp};

fn corpus() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("WIRETRACE_CORPUS") else {
        println!("skipped: WIRETRACE_CORPUS not set");
        return None;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    assert!(folder.is_dir(), "WIRETRACE_CORPUS is set to {}, which is no folder", folder.display());
    Some(folder)
}

/// Path, packets, and features of each capture in the index.
fn captures(folder: &Path) -> Vec<(PathBuf, usize, String)> {
    let index = fs::read_to_string(folder.join("index.tsv")).expect("the corpus has an index");
    let mut lines = index.lines();
    let names: Vec<&str> = lines.next().expect("a head line").split('\t').collect();
    let column = |name| names.iter().position(|n| *n == name).expect("a column of this name");
    let (path, packets, features) = (column("path"), column("packets"), column("features"));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            (
                folder.join(fields[path]),
                fields[packets].parse().expect("a number"),
                fields[features].to_owned(),
            )
        })
        .collect()
}

/// The frames as the pcap-parser crate reads them, link types left out (it reads them otherwise where the upper bits of
/// the field are set), until it can read no more.
fn oracle(path: &Path) -> Vec<Owned> {
    let capacity = (fs::metadata(path).unwrap().len() as usize + 1024).max(65_536);
    let mut reader = create_reader(capacity, File::open(path).unwrap()).expect("a capture");
    let (mut frames, mut interfaces, mut before): (Vec<Owned>, Vec<(u8, i64, u32)>, u32) =
        (vec![], vec![], 0);
    let mut unit = 1_000;
    loop {
        let used = match reader.next() {
            Ok((used, block)) => {
                let mut push = |at: i128, wire, interface, data: &[u8]| {
                    let at = Timestamp::new(i64::try_from(at).unwrap());
                    frames.push((at, wire, LinkType(0), interface, data.to_vec()));
                };
                match block {
                    PcapBlockOwned::LegacyHeader(header) => {
                        unit = if header.is_nanosecond_precision() { 1 } else { 1_000 };
                    }
                    PcapBlockOwned::Legacy(b) => {
                        let at = i128::from(b.ts_sec) * 1_000_000_000 + i128::from(b.ts_usec) * unit;
                        push(at, b.origlen, 0, b.data);
                    }
                    PcapBlockOwned::NG(Block::SectionHeader(_)) => {
                        before += interfaces.len() as u32;
                        interfaces.clear();
                    }
                    PcapBlockOwned::NG(Block::InterfaceDescription(b)) => {
                        interfaces.push((b.if_tsresol, b.if_tsoffset, b.snaplen));
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(b)) => {
                        let (resolution, offset, _) = interfaces[b.if_id as usize];
                        assert!(resolution <= 9, "this oracle does not know such a clock");
                        let ticks = i128::from(b.ts_high) << 32 | i128::from(b.ts_low);
                        let at = ticks * 10i128.pow(9 - u32::from(resolution))
                            + i128::from(offset) * 1_000_000_000;
                        push(at, b.origlen, before + b.if_id, &b.data[..b.caplen as usize]);
                    }
                    PcapBlockOwned::NG(Block::SimplePacket(b)) => {
                        let len =
                            if interfaces[0].2 == 0 { b.origlen } else { b.origlen.min(interfaces[0].2) };
                        push(0, b.origlen, before, &b.data[..len as usize]);
                    }
                    _ => {}
                }
                used
            }
            // The end (the first read took in the whole file), or what this reader has to say about the rest.
            Err(_) => return frames,
        };
        reader.consume(used);
    }
}

#[test]
fn frames_are_those_that_others_find() {
    let Some(folder) = corpus() else { return };
    let (mut checked, mut simple) = (0, 0);
    for (path, packets, features) in captures(&folder) {
        let name = path.display();
        let options = FileOptions::default();
        let outcome = drain(FileSource::open(&path, &options).unwrap(), &options.limits, 256 << 10, 4096);
        assert_eq!(outcome.frames.len(), packets, "{name}: packets");
        // What the index calls corrupt is noted or an error, and nothing else is either.
        let cut = outcome.notes.iter().any(|n| matches!(n, Note::CutRecord { .. }));
        let broken = matches!(outcome.error, Some(Error::Broken { .. }));
        assert_eq!(cut || broken, features.contains("corrupt-container"), "{name}: {outcome:?}");
        assert!(outcome.error.is_none() || broken, "{name}: {:?}", outcome.error);

        let mut ours = outcome.frames;
        ours.iter_mut().for_each(|f| f.2 = LinkType(0));
        let mut theirs = oracle(&path);
        if outcome.notes.iter().any(|n| matches!(n, Note::SimplePacketTime { .. })) {
            // The oracle has no time for those.
            ours.iter_mut().chain(&mut theirs).for_each(|f| f.0 = Timestamp::EPOCH);
            simple += 1;
        }
        assert_eq!(ours.len(), theirs.len(), "{name}: frames");
        for (i, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(ours, theirs, "{name}: frame {}", i + 1);
        }
        checked += 1;
    }
    println!("{checked} captures, {simple} of them with simple packets");
    assert!(checked > 0);
}

#[test]
fn frames_do_not_depend_on_blocks_or_reads() {
    let Some(folder) = corpus() else { return };
    for (i, (path, packets, _)) in captures(&folder).into_iter().enumerate() {
        let bytes = fs::read(&path).unwrap();
        if bytes.len() > 300_000 {
            continue;
        }
        for (block_bytes, frames_per_block, most) in [(64, 1, 7), (4096, 3, 1000), (256 << 10, 1000, 65_536)]
        {
            let rest = std::io::Cursor::new(bytes.clone());
            let random = XorShift(i as u64 + 1);
            let reader = Box::new(Pieces { rest, random, most, blocks: false });
            let source = FileSource::from_reader("pieces".into(), reader, &FileOptions::default()).unwrap();
            let outcome = drain(source, &Limits::default(), block_bytes, frames_per_block);
            assert_eq!(outcome.frames.len(), packets, "{}", path.display());
        }
        if i % 10 == 0 {
            savefile(&bytes);
        }
    }
}
