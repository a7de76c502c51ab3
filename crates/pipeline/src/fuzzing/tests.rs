use std::path::Path;

use super::*;

struct XorShift(u64);

impl XorShift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.next() >> 11) as usize % n }
    }
}

/// The first frames of the demo capture, as a pcap file.
fn demo(frames: usize) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo.pcap");
    let file = std::fs::read(path).unwrap();
    let mut end = 24;
    for _ in 0..frames {
        let len = u32::from_le_bytes(file[end + 8..end + 12].try_into().unwrap());
        end += 16 + len as usize;
    }
    file[..end].to_vec()
}

fn mutate(data: &mut Vec<u8>, random: &mut XorShift) {
    for _ in 0..=random.below(4) {
        let at = random.below(data.len());
        let len = random.below(64).min(data.len() - at);
        match random.below(6) {
            0 => data.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
            1 => data.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.next() as u8),
            2 => drop(data.drain(at..at + len)),
            3 => {
                let copy = data[at..at + len].to_vec();
                let to = random.below(data.len());
                drop(data.splice(to..to, copy));
            }
            4 => {
                let piece = DICTIONARY[random.below(DICTIONARY.len())];
                drop(data.splice(at..at, piece.iter().copied()));
            }
            _ => data.truncate(at.max(24)),
        }
    }
}

/// A program of plausible conversations.
fn program(random: &mut XorShift) -> Vec<u8> {
    let mut program = vec![0];
    let talks = 1 + random.below(8);
    for _ in 0..random.below(60) {
        let talk = (random.below(talks) << 5) as u8;
        let side = (random.below(2) << 4) as u8;
        match random.below(20) {
            0..8 => program.extend([2 | side | talk, random.below(18) as u8]),
            8 => program.extend([talk, 16 | talk, 1 | talk]),
            9 => program.extend([1 | side | talk]),
            10 => program.extend([3 | side | talk, 2, random.next() as u8, random.next() as u8, 23]),
            11 => program.extend([5 | side | talk, random.next() as u8, random.next() as u8]),
            12 => program.extend([6 | side | talk, random.below(18) as u8]),
            13 => program.extend([7 | side | talk]),
            14 => program.extend([9, random.below(6) as u8]),
            15 => program.extend([12, random.below(32) as u8]),
            16 => program.extend([13, random.below(40) as u8]),
            17 => program.extend([11]),
            _ => program.push(random.next() as u8),
        }
    }
    program
}

#[test]
fn a_program_makes_a_conversation() {
    // A handshake, a request, its answer in two fragments, last first, and both FINs.
    let program = [0, 0x00, 0x10, 0x01, 0x02, 0, 12, 16 | 4, 0x12, 1, 0x07, 0x17];
    let file = from_operations(&program);
    let Read::Frames { frames, captured } = read(&file) else { panic!("small") };
    assert_eq!(frames, 3 + 1 + 2 + 2);
    let run = run(&file, &Config::default(), LARGE);
    account(&run, frames, captured, &Config::default());
    let output = lossy(&run.output).into_owned();
    assert!(output.contains("> GET / (1, 1) host Some(\"a\")"), "{output}");
    assert!(output.contains("< 200 OK (1, 1)"), "{output}");
    assert_eq!(run.summary.counts.exchanges, 1);
    assert_eq!(run.summary.run.datagrams, 1);
    pipeline(&program);
}

#[test]
fn tiny_limits_are_reached() {
    let mut random = XorShift(0x1234_5678_9abc_def1);
    let mut counts = crate::Counts::default();
    let (mut given_up, mut timeouts) = (0, 0);
    for _ in 0..300 {
        let file = from_operations(&program(&mut random));
        let run = run(&file, &tiny(), LARGE);
        counts += run.summary.counts;
        given_up += run.summary.ledger.missing_limit;
        timeouts += u32::from(lossy(&run.output).contains("\ntimeout"));
    }
    assert!(
        counts.evicted > 0 && counts.exchanges_over_limit > 0 && counts.roles_by_default > 0,
        "{counts:?}"
    );
    assert!(counts.copied_payload_bytes > 0 && counts.application_over_limit > 0, "{counts:?}");
    assert!(given_up > 0 && timeouts > 0, "{given_up} {timeouts}");
}

#[test]
fn programs() {
    let mut random = XorShift(0x9e37_79b9_7f4a_7c15);
    for _ in 0..2_000 {
        let mut program = program(&mut random);
        if random.below(3) == 0 {
            mutate(&mut program, &mut random);
        }
        pipeline(&program);
    }
}

#[test]
fn noise() {
    let mut random = XorShift(77);
    for _ in 0..500 {
        let len = random.below(300);
        pipeline(&(0..len).map(|_| random.next() as u8).collect::<Vec<u8>>());
    }
}

#[test]
fn mutated_demo_captures() {
    let demo = demo(60);
    pipeline(&demo);
    let mut random = XorShift(0xfeed_5eed);
    for _ in 0..400 {
        let mut data = demo.clone();
        mutate(&mut data, &mut random);
        pipeline(&data);
    }
}
