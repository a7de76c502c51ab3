//! Every frame of the captures under `WIRETRACE_CORPUS`: lengths add up, nothing panics, and the number of TCP
//! segments is that of the oracle.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use wiretrace_decode::{
    Class, DefragmentLimits, Defragmented, Defragmenter, LayerKind, Layers, Stop, StopReason, fuzzing, parse,
};

fn corpus() -> Option<PathBuf> {
    let Some(value) = std::env::var_os("WIRETRACE_CORPUS") else {
        println!("skipped: WIRETRACE_CORPUS not set");
        return None;
    };
    let path = PathBuf::from(value);
    let path = if path.is_absolute() {
        path
    } else {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
    };
    assert!(path.is_dir(), "WIRETRACE_CORPUS is no directory: {}", path.display());
    Some(path)
}

/// Time in nanoseconds, original length, captured bytes.
type Frame<'f> = (u64, u32, &'f [u8]);

/// The frames of a classic pcap file, with its link type; `None` for other formats.
fn pcap(file: &[u8]) -> Option<(u32, Vec<Frame<'_>>)> {
    let (&magic, _) = file.split_first_chunk::<4>()?;
    let (little, nanos) = match magic {
        [0xd4, 0xc3, 0xb2, 0xa1] => (true, false),
        [0xa1, 0xb2, 0xc3, 0xd4] => (false, false),
        [0x4d, 0x3c, 0xb2, 0xa1] => (true, true),
        [0xa1, 0xb2, 0x3c, 0x4d] => (false, true),
        _ => return None,
    };
    let number = |at: usize| {
        let bytes: [u8; 4] = file.get(at..at + 4)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let link_type = number(20)?;
    let mut frames = Vec::new();
    let mut at = 24;
    while let (Some(seconds), Some(fraction), Some(captured), Some(wire)) =
        (number(at), number(at + 4), number(at + 8), number(at + 12))
    {
        let Some(bytes) = file.get(at + 16..at + 16 + captured as usize) else { break };
        let fraction = u64::from(fraction) * if nanos { 1 } else { 1000 };
        frames.push((u64::from(seconds) * 1_000_000_000 + fraction, wire, bytes));
        at += 16 + captured as usize;
    }
    Some((link_type, frames))
}

/// The number of TCP segments by the oracle.
fn expected(oracle: &str) -> u64 {
    let after = |line: &str, name: &str| -> u64 {
        let at = line.find(&format!("\"{name}\": {{")).expect("a side");
        let line = &line[at..];
        let at = line.find("\"packets\": ").expect("a count") + 11;
        line[at..].chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("a number")
    };
    oracle
        .lines()
        .filter(|line| line.contains("\"type\": \"conn\""))
        .map(|line| after(line, "client") + after(line, "server"))
        .sum()
}

#[derive(Default)]
struct Count {
    tcp: u64,
    undecodable: u64,
    /// Frames of several packets (802.11 aggregates): not taken apart, while the oracle counts one of them.
    aggregates: u64,
    classes: BTreeMap<String, u64>,
}

fn count(count: &mut Count, layers: &Layers) {
    match layers.class() {
        Class::Tcp => count.tcp += 1,
        Class::Undecodable => count.undecodable += 1,
        _ => {}
    }
    let aggregate =
        |stop: Stop| stop.layer == Some(LayerKind::Amsdu) && stop.reason == StopReason::UnknownPayload;
    count.aggregates += u64::from(layers.stop().is_some_and(aggregate));
    *count.classes.entry(format!("{:?} {layers}", layers.class())).or_default() += 1;
}

fn read(link_type: u32, frames: &[Frame<'_>]) -> Count {
    let mut result = Count::default();
    let mut defragmenter = Defragmenter::new(DefragmentLimits::default());
    let mut pushed = 0;
    for &(clock, wire_len, frame) in frames {
        let layers = parse(link_type, wire_len, frame);
        fuzzing::check(&layers, wire_len, frame);
        let Some(fragment) = layers.fragment() else {
            count(&mut result, &layers);
            continue;
        };
        pushed += u64::from(fragment.payload.captured_len);
        let mut next = Some(defragmenter.push(clock, frame, &layers));
        while let Some(Defragmented::Complete(datagram)) = next {
            let layers = parse(101, datagram.packet.len() as u32, datagram.packet);
            fuzzing::check(&layers, datagram.packet.len() as u32, datagram.packet);
            pushed += layers.fragment().map_or(0, |fragment| u64::from(fragment.payload.captured_len));
            count(&mut result, &layers);
            next = defragmenter.push_completed(clock);
        }
    }
    let stats = defragmenter.stats();
    let sum = stats.completed_bytes + stats.duplicate_bytes + stats.unfinished_bytes + stats.held_bytes;
    assert_eq!(sum, pushed, "{stats:?}");
    result
}

#[test]
fn segments_are_those_of_the_oracle() {
    let Some(corpus) = corpus() else { return };
    let index = fs::read_to_string(corpus.join("index.tsv")).expect("index.tsv");
    let (mut files, mut segments, mut differences) = (0, 0, Vec::new());
    for row in index.lines().skip(1) {
        let path = row.split('\t').nth(1).expect("a path");
        let file = fs::read(corpus.join(path)).expect("a capture");
        let Some((link_type, frames)) = pcap(&file) else { continue };
        let counted = read(link_type, &frames);
        let name = path.strip_prefix("captures/").unwrap_or(path);
        let oracle =
            fs::read_to_string(corpus.join("oracle").join(format!("{name}.jsonl"))).expect("an oracle");
        let expected = expected(&oracle);
        files += 1;
        segments += expected;
        if !(counted.tcp..=counted.tcp + counted.aggregates).contains(&expected) {
            differences.push((name.to_owned(), expected, counted));
        }
    }
    println!("{files} captures, {segments} segments, {} captures differ", differences.len());
    for (name, expected, counted) in &differences {
        println!("{name}: {expected} expected, {} found, {} undecodable", counted.tcp, counted.undecodable);
        for (what, times) in &counted.classes {
            println!("    {times} {what}");
        }
    }
    assert!(files > 100, "a corpus without pcap files proves nothing");
    assert!(differences.is_empty(), "captures with another number of segments are listed above");
}
