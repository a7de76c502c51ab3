//! A capture cut into several files gives what the whole one gives: output, counts and ledger.

mod support;

use std::io::Cursor;

use proptest::prelude::*;
use support::{Everything, corpus, demo};
use wiretrace_capture::{
    BlockBuilder, FileOptions, FileSource, Fill, LinkType, PcapngWriter, PoolConfig, Source, Timestamp,
};
use wiretrace_pipeline::{Config, Pipeline, Summary};
use wiretrace_testkit::build::Pcap;
use wiretrace_testkit::wire::{Conversation, merge};

/// A frame by value: stamp, wire length, link type, bytes.
type Owned = (Timestamp, u32, LinkType, Vec<u8>);

/// The frames of a capture, up to its first fault.
fn frames(capture: Vec<u8>) -> Vec<Owned> {
    let options = FileOptions::default();
    let reader = Box::new(Cursor::new(capture));
    let mut source = FileSource::from_reader_with("test".into(), reader, &options, false);
    let mut frames = Vec::new();
    loop {
        let mut block = BlockBuilder::detached(1 << 16, 4096);
        let fill = source.fill(&mut block);
        let block = block.seal_owned();
        frames.extend(block.frames().map(|f| (f.at, f.wire_len, f.link_type, f.data.to_vec())));
        match fill {
            Ok(Fill::End) | Err(_) => return frames,
            Ok(_) => {}
        }
    }
}

/// A pcapng file of these frames, with an interface for each link type.
fn file(frames: &[Owned]) -> Vec<u8> {
    let mut writer = PcapngWriter::new(Vec::new()).unwrap();
    let mut interfaces: Vec<LinkType> = Vec::new();
    for (at, wire_len, link_type, data) in frames {
        let interface = interfaces.iter().position(|known| known == link_type).unwrap_or_else(|| {
            interfaces.push(*link_type);
            writer.interface(*link_type, 0).unwrap() as usize
        });
        writer.write(interface as u32, *at, *wire_len, data).unwrap();
    }
    writer.into_inner()
}

/// Reads files as one run; the number of blocks, which is another with more files, is left out.
fn trace(files: impl IntoIterator<Item = Vec<u8>>, threads: usize) -> (String, Summary) {
    let mut pipeline = Pipeline::new(&Config { threads, ..Config::default() }, |_| Everything);
    let mut output = Vec::new();
    let mut options = FileOptions::default();
    for file in files {
        let reader = Box::new(Cursor::new(file));
        let mut source = FileSource::from_reader_with("test".into(), reader, &options, false);
        pipeline.run(&mut source, PoolConfig::default(), &mut output, || false).unwrap();
        options.first_number = source.next_number();
        options.input += 1;
    }
    pipeline.finish(&mut output).unwrap();
    let mut summary = pipeline.summary();
    assert!(summary.ledger.is_exact());
    summary.blocks = 0;
    (String::from_utf8(output).unwrap(), summary)
}

/// Cuts in front of each of these frames (sorted).
fn cut(frames: &[Owned], places: &[usize]) -> Vec<Vec<u8>> {
    let ends = places.iter().copied().chain([frames.len()]);
    let mut start = 0;
    ends.map(|end| {
        let part = file(&frames[start..end]);
        start = end;
        part
    })
    .collect()
}

/// The one kind of place where a cut makes a difference: a step of more than a second (and up to an hour) back
/// from the highest stamp so far, as the capture clock keeps it.
fn is_a_step_back(frames: &[Owned]) -> Vec<bool> {
    const HOUR: i64 = 3_600_000_000_000;
    let mut highest: Option<i64> = None;
    frames
        .iter()
        .map(|&(Timestamp(at), ..)| {
            let step = at.saturating_sub(highest.unwrap_or(at));
            if !(-HOUR..=0).contains(&step) || highest.is_none() {
                highest = Some(at);
            }
            (-HOUR..-1_000_000_000).contains(&step)
        })
        .collect()
}

/// Conversations with losses, swaps and fragments' worth of time-outs: seconds, minutes and hours pass.
fn generated() -> Vec<Owned> {
    let conversations = (0..40u16).map(|n| {
        let mut c = Conversation::new();
        // A jump of two hours before the last ten, and five minutes between some.
        let wait = i64::from(n) * 1_700 + i64::from(n / 8) * 300_000 + i64::from(n / 30) * 7_200_000;
        c.port(2_000 + n).wait(wait).syn();
        for round in 0..1 + n % 4 {
            c.client(
                format!("POST /{n}/{round} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody").as_bytes(),
            );
            match (n + round) % 7 {
                0 => drop(c.lose_next()),
                1 => drop(c.swap()),
                2 => drop(c.duplicate()),
                3 => drop(c.wait(2_500)),
                _ => {}
            }
            c.server(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
        }
        match n % 3 {
            0 => drop(c.fin()),
            1 => drop(c.rst()),
            _ => {}
        }
        c.frames()
    });
    let mut pcap = Pcap::new(1);
    pcap.nanoseconds().frames(&merge(conversations));
    frames(pcap.bytes())
}

#[test]
fn one_cut_anywhere_in_the_demo() {
    let frames = frames(demo());
    assert_eq!(frames.len(), 476);
    assert!(!is_a_step_back(&frames).contains(&true));
    let want = trace([file(&frames)], 1);
    assert!(want.0.lines().count() > 60);
    for place in 0..=frames.len() {
        let got = trace(cut(&frames, &[place]), 1);
        assert!(got.0 == want.0, "cut before frame {}", place + 1);
        assert_eq!(got.1, want.1, "cut before frame {}", place + 1);
    }
}

#[test]
fn one_cut_anywhere_in_hours_of_traffic() {
    let frames = generated();
    assert!(!is_a_step_back(&frames).contains(&true));
    let stamps: Vec<i64> = frames.iter().map(|frame| frame.0.0).collect();
    assert!(stamps.windows(2).any(|two| two[1] - two[0] > 3_600_000_000_000), "a jump of more than an hour");
    assert!(stamps.windows(2).any(|two| (60_000_000_000..3_600_000_000_000).contains(&(two[1] - two[0]))));
    let want = trace([file(&frames)], 1);
    assert!(want.0.contains("End") && want.0.contains("Gap"), "time-outs and losses are in it");
    for place in 0..=frames.len() {
        let got = trace(cut(&frames, &[place]), 1);
        assert!(got.0 == want.0, "cut before frame {}", place + 1);
        assert_eq!(got.1, want.1, "cut before frame {}", place + 1);
    }
}

#[test]
fn a_cut_at_a_large_step_back_starts_the_clock_anew() {
    let mut frames = generated();
    frames.truncate(60);
    let late = frames.split_off(30);
    let place = late.len();
    let both: Vec<Owned> = late.into_iter().chain(frames).collect();
    assert_eq!(is_a_step_back(&both).iter().position(|&back| back), Some(place));
    // Nothing is lost either way; only what waits for time may be told at another place.
    let (whole, parts) = (trace([file(&both)], 1), trace(cut(&both, &[place]), 1));
    assert_eq!(whole.1.run, parts.1.run);
    assert_eq!(whole.1.ledger.captured, parts.1.ledger.captured);
}

#[test]
fn a_datagram_in_fragments_may_lie_across_the_border() {
    use wiretrace_testkit::build::{Ipv4, Tcp, ethernet};
    let (client, server) = ([192, 0, 2, 1], [198, 51, 100, 1]);
    let payload =
        b"GET /fragments HTTP/1.1\r\nHost: a\r\nX: 0123456789012345678901234567890123456789\r\n\r\n";
    let segment = Tcp::new(4_000, 80).around(client, server, payload);
    let pieces = Ipv4::new(client, server, 6).fragments(&segment, 24);
    assert!(pieces.len() > 3);
    let frames: Vec<Owned> = pieces
        .iter()
        .map(|packet| {
            let frame = ethernet(0x0800, packet);
            (Timestamp(0), frame.len() as u32, LinkType::ETHERNET, frame)
        })
        .collect();
    // Pieces a second apart are put together; pieces 15 s apart are given up: the time that passes at the
    // borders counts, too.
    for (apart, whole) in [(1_000_000_000, 1), (15_000_000_000, 0)] {
        let frames: Vec<Owned> = frames
            .iter()
            .zip(0i64..)
            .map(|((_, wire_len, link_type, data), n)| {
                (Timestamp(n * apart), *wire_len, *link_type, data.clone())
            })
            .collect();
        let want = trace([file(&frames)], 1);
        assert_eq!(want.1.run.datagrams, whole);
        for place in 0..=frames.len() {
            assert_eq!(trace(cut(&frames, &[place]), 1), want);
        }
        let each: Vec<usize> = (0..frames.len()).collect();
        assert_eq!(trace(cut(&frames, &each), 1), want);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_cuts(
        of_demo in any::<bool>(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
        threads in 1usize..4,
    ) {
        let frames = if of_demo { frames(demo()) } else { generated() };
        let mut places: Vec<usize> = places.iter().map(|index| index.index(frames.len() + 1)).collect();
        places.sort_unstable();
        let want = trace([file(&frames)], 1);
        let got = trace(cut(&frames, &places), threads);
        prop_assert!(got.0 == want.0, "cut before {places:?}, {threads} threads");
        prop_assert_eq!(got.1, want.1);
    }
}

#[test]
fn cuts_make_no_difference_on_the_corpus() {
    let Some(files) = corpus() else { return };
    let mut random = wiretrace_capture::fuzzing::XorShift(0x5eed);
    let mut cuts = 0;
    for path in files {
        let frames = frames(std::fs::read(&path).unwrap());
        // What a pcapng file cannot name is not what this test is about.
        if frames.len() < 2 || frames.iter().any(|frame| frame.2.0 > 0xffff || frame.0.0 < 0) {
            continue;
        }
        let back = is_a_step_back(&frames);
        let want = trace([file(&frames)], 1);
        for parts in 2..=4 {
            let mut places: Vec<usize> = (1..parts).map(|_| random.below(frames.len() + 1)).collect();
            places.retain(|&place| !back.get(place).is_some_and(|&back| back));
            places.sort_unstable();
            let got = trace(cut(&frames, &places), 1);
            assert!(got.0 == want.0, "{}: cut before {places:?}", path.display());
            assert_eq!(got.1, want.1, "{}: cut before {places:?}", path.display());
            cuts += places.len();
        }
    }
    assert!(cuts > 500, "{cuts} cuts");
}
