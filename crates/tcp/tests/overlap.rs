//! Two segments that carry the same positions while both wait behind a hole: every relation, under every policy.

mod support;
use support::{A, World};
use wiretrace_tcp::{Config, FlowTable, Limits, Overlap};

/// Positions of the new segment (from, to), the old one being 20..30; and whose bytes the policies choose where both
/// are: first, last, BSD, Linux; `o` the old one's, `n` the new one's.
const RELATIONS: [(&str, usize, usize, &str); 13] = [
    ("before", 8, 18, "----"),
    ("right before", 10, 20, "----"),
    ("over its beginning", 15, 25, "onnn"),
    ("over its beginning, one byte", 11, 21, "onnn"),
    ("from its beginning, inside", 20, 25, "onoo"),
    ("inside", 22, 28, "onoo"),
    ("to its end, inside", 25, 30, "onoo"),
    ("equal", 20, 30, "onoo"),
    ("from its beginning, beyond", 20, 35, "onon"),
    ("around", 15, 35, "onnn"),
    ("to its end, from before", 15, 30, "onnn"),
    ("over its end", 25, 35, "onoo"),
    ("right behind", 30, 40, "----"),
];

const POLICIES: [Overlap; 4] = [Overlap::First, Overlap::Last, Overlap::Bsd, Overlap::Linux];

fn world(overlap: Overlap) -> World {
    let table = FlowTable::new(Config { overlap, ..Config::default() });
    let mut w = World { table, ..World::default() };
    w.handshake(100, 1000);
    w
}

/// Sends `byte` at the positions `from..to`.
fn send(w: &mut World, from: usize, to: usize, byte: &str) -> Vec<String> {
    w.seg(A, "A", 100 + from as u32, 1000, &byte.repeat(to - from));
    w.take()
}

/// What the stream holds from 1 on, its first byte filling the hole; `.` where nothing came.
fn stream(w: &mut World, len: usize) -> String {
    let mut stream = vec!['.'; len];
    w.seg(A, "A", 100, 1000, "h");
    for line in [w.take(), w.finish()].concat() {
        let mut words = line.split(' ').skip(2);
        if words.next() == Some("data") {
            let offset: usize = words.next().unwrap().parse().unwrap();
            for (place, byte) in words.next().unwrap().chars().enumerate() {
                assert_eq!(std::mem::replace(&mut stream[offset + place], byte), '.', "once");
            }
        }
    }
    stream.into_iter().skip(1).collect()
}

#[test]
fn every_relation_under_every_policy() {
    for (relation, from, to, choices) in RELATIONS {
        for (policy, choice) in POLICIES.into_iter().zip(choices.chars()) {
            let mut w = world(policy);
            send(&mut w, 20, 30, "o");
            let lines = send(&mut w, from, to, "n");
            let new = (from..to).filter(|position| !(20..30).contains(position)).count();
            let len = to - from;
            let mut want = Vec::new();
            match (new, new == len) {
                (0, _) => want.push(format!("1 A retransmit {len}")),
                (_, false) => want.push(format!("1 A overlap {len} Some(true)")),
                (_, true) => {}
            }
            if from < 20 {
                want.push(format!("1 A out_of_order {len}"));
            }
            assert_eq!(lines, want, "{relation}, {policy:?}");
            let byte = |position: usize| match ((20..30).contains(&position), (from..to).contains(&position))
            {
                (true, true) => choice,
                (true, false) => 'o',
                (false, true) => 'n',
                (false, false) => '.',
            };
            let want: String = (1..40).map(byte).collect();
            assert_eq!(stream(&mut w, 40), want, "{relation}, {policy:?}");
            assert_eq!(w.table.stats().conflicts, u64::from(choice != '-'));
            assert_eq!(w.table.stats().second_copies, (len - new) as u64);
        }
    }
}

#[test]
fn what_was_handed_on_cannot_be_taken_back() {
    for policy in POLICIES {
        let mut w = world(policy);
        assert_eq!(send(&mut w, 0, 5, "o"), ["1 A data 0 ooooo @4"]);
        assert_eq!(send(&mut w, 0, 5, "n"), ["1 A retransmit 5"]);
        assert_eq!(send(&mut w, 3, 7, "n"), ["1 A overlap 4 None", "1 A data 5 nn @6 trimmed"]);
    }
}

#[test]
fn the_third_copy_competes_with_whoever_won() {
    let mut w = world(Overlap::Bsd);
    send(&mut w, 20, 30, "o");
    send(&mut w, 15, 25, "n");
    send(&mut w, 18, 28, "3");
    // Before the old one, but behind the new one.
    assert_eq!(&stream(&mut w, 30)[14..], "nnnnnnnnnn333oo");
}

#[test]
fn a_copy_with_the_same_bytes_wins_as_well() {
    let mut w = world(Overlap::Bsd);
    send(&mut w, 20, 30, "o");
    send(&mut w, 15, 25, "o");
    send(&mut w, 18, 28, "3");
    assert_eq!(&stream(&mut w, 30)[14..], "oooooooooo333oo");
}

#[test]
fn at_the_bound_on_pieces_bytes_are_replaced_all_the_same() {
    let limits = Limits { held_segments_per_half: 2, ..Limits::default() };
    let table = FlowTable::new(Config { overlap: Overlap::Last, limits, ..Config::default() });
    let mut w = World { table, ..World::default() };
    w.handshake(100, 1000);
    send(&mut w, 10, 20, "o");
    send(&mut w, 13, 17, "n");
    send(&mut w, 14, 15, "3");
    assert_eq!(&stream(&mut w, 20)[9..], "ooon3nnooo");
}
