//! The fuzz body on mutated and random frames, seeded.

use super::*;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 16) as usize % bound
    }
}

fn seeds() -> Vec<(u32, Vec<u8>)> {
    let tagged = join(&[&ethernet(0x88a8), &[0, 1, 0x81, 0, 0, 2, 8, 0], &segment()]);
    let inner = join(&[&ethernet(0x0800), &segment()]);
    let gre = join(&[&[0xf0, 0, 8, 0], &[0; 12], &[8, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0], &segment()]);
    let chain =
        join(&[&[43, 0, 0xc2, 4, 0, 0, 0, 60], &[44, 0, 0, 0, 0, 0, 0, 0], &[6, 0, 0, 0, 0, 0, 0, 1], &TCP]);
    let geneve = join(&[&[2, 0, 0x65, 0x58, 0, 0, 7, 0], &[0, 1, 2, 1, 9, 9, 9, 9], &inner]);
    let gtp = join(&[&[0x34, 0xff, 0, 50, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 2, 3, 0], &segment()]);
    let icmp = ipv4(1, &join(&[&[3, 4, 0, 0, 0, 0, 5, 0xdc], &segment()]));
    let snap = join(&[&[0x88, 0x02], &[0; 24], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &segment()]);
    vec![
        (1, tagged),
        (1, join(&[&ethernet(0x8847), &[0, 0, 0x10, 9, 0, 1, 1, 9, 0, 0, 0, 0], &inner])),
        (1, join(&[&ethernet(0x8864), &[0x11, 0, 0, 1, 0, 44, 0, 0x21], &segment()])),
        (1, join(&[&ethernet(0x0806), &[0, 1, 8, 0, 6, 4, 0, 1], &[1; 40]])),
        (101, ipv4(47, &gre)),
        (101, ipv6(0, &chain)),
        (101, ipv4(17, &udp(6081, &geneve))),
        (101, ipv4(17, &udp(2152, &gtp))),
        (101, ipv4(17, &udp(4789, &join(&[&[8, 0, 0, 0, 0, 0, 7, 0], &inner])))),
        (101, ipv4(17, &udp(3544, &join(&[&[0, 0, 1, 2, 3, 4, 5, 6], &ipv6(6, &TCP)])))),
        (101, ipv4(17, &udp(37008, &join(&[&[1, 0, 0, 1, 10, 1, 5, 1], &inner])))),
        (101, icmp),
        (105, snap.clone()),
        (127, join(&[&[0, 0, 8, 0, 0, 0, 0, 0], &snap])),
        (239, join(&[&[2, 0, 0, 42, 8, 0, 1, 0, 0, 0, 0, 0, 46, 0, 9, 0], &segment()])),
        (107, join(&[&[0x18, 0x41, 3, 0x80, 0, 0, 0, 8, 0], &segment()])),
        (9, join(&[&[0xff, 3, 0, 0x21], &segment()])),
        (0, join(&[&[2, 0, 0, 0], &segment()])),
        (113, join(&[&[0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0], &segment()])),
    ]
}

#[test]
fn mutated_frames() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let seeds = seeds();
    for round in 0..6000 {
        let (link_type, seed) = &seeds[round % seeds.len()];
        let mut frame = seed.clone();
        for _ in 0..random.below(5) {
            let at = random.below(frame.len());
            match random.below(4) {
                0 => frame[at] = random.next() as u8,
                1 => frame[at] ^= 1 << random.below(8),
                2 => frame.truncate(at.max(1)),
                _ => frame.insert(at, random.next() as u8),
            }
        }
        let index = fuzzing::LINK_TYPES.iter().position(|known| known == link_type).unwrap();
        fuzzing::frame(&join(&[&[index as u8, 0, 0, random.next() as u8 & 0x3f], &frame]));
    }
}

#[test]
fn random_frames() {
    let mut random = Random(0xfeed_beef_0bad_cafe);
    for _ in 0..4000 {
        let len = random.below(120);
        let mut data: Vec<u8> = (0..len).map(|_| (random.next() >> 32) as u8).collect();
        if let Some(first) = data.first_mut() {
            *first %= 64;
        }
        fuzzing::frame(&data);
    }
}
