//! Real stacks over a link that drops, reorders, repeats and delays: every body comes out whole, and retransmissions are
//! those that the sending kernel counted.
//!
//! `WIRETRACE_LOSS_CONNECTIONS` (1,000: some 25 s), `WIRETRACE_LOSS_SEED` (1) and `WIRETRACE_LOSS_FOLDER` (captures and reports stay
//! there) change a run. To see what they print:
//!
//! ```sh
//! cargo test --package wiretrace --test live -- --nocapture loss
//! ```
//!
//! Each end is captured where it is, with offloads off. A side's counts are compared with its kernel's `TCP_INFO`, read
//! when all it sent was acknowledged, its FIN included: nothing is sent again after that. `tcpi_total_retrans` counts
//! every segment that was sent again: data, FIN, SYN and (on the accepted socket) SYN+ACK; so it is compared with
//! `retransmits` and the `syn_retry` events together.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use wiretrace_testkit::split::Rng;

use super::link::{ENDS, Link};
use super::world::can_run;

/// How badly the link does.
const IMPAIRMENT: [&str; 10] =
    ["--drop", "0.02", "--burst", "0.001", "--reorder", "0.02", "--duplicate", "0.01", "--reorder-by", "20"];

/// What a capture, or the kernel, says of one side of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counts {
    /// Segments sent again, SYN and FIN included.
    segments: u64,
    /// Payload of all segments.
    bytes: u64,
    /// Payload sent again.
    bytes_again: u64,
    /// Segments behind later ones: none where they are sent.
    out_of_order: u64,
}

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name}={value}")))
}

fn wiretrace(args: &[&str], capture: &Path) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiretrace"));
    let output = command.args(args).arg("-r").arg(capture).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let objects: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let stats = objects.last().unwrap();
    assert_eq!((&stats["dropped"], &stats["malformed"]), (&0.into(), &0.into()), "{stats}");
    objects
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The client's port, by which everybody knows the connection.
fn port(object: &Value) -> u64 {
    object["conn"]["client"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap()
}

/// By client port, each side's counts in a capture, and the connection's events in words.
fn counts(capture: &Path) -> BTreeMap<u64, ([Counts; 2], Vec<String>)> {
    let mut all: BTreeMap<u64, ([Counts; 2], Vec<String>)> = BTreeMap::new();
    for object in wiretrace(&["tcp", "--json"], capture).iter().filter(|object| object["type"] == "tcp") {
        let (counts, events) = all.entry(port(object)).or_default();
        events.push(object.to_string());
        for (end, count) in ENDS.iter().zip(counts) {
            if object["event"] == "syn_retry" && object["dir"] == **end {
                count.segments += 1;
            }
            if object["event"] == "end" {
                let side = &object[end];
                count.segments += number(&side["retransmits"]);
                count.bytes += number(&side["bytes"]);
                count.out_of_order += number(&side["out_of_order"]);
                count.bytes_again += number(&side["bytes"]) - number(&side["unique_bytes"]);
            }
        }
    }
    all
}

/// The slice of the block that a report names.
fn slice<'a>(block: &'a [u8], place: &Value) -> &'a [u8] {
    let (offset, len) = (number(&place[0]) as usize, number(&place[1]) as usize);
    &block[offset..offset + len]
}

/// Every body of every connection is in this capture, byte for byte.
fn check_bodies(link: &Link, end: usize, block: &[u8], reports: &[Value]) {
    let folder = link.folder.join(format!("{}-bodies", ENDS[end]));
    let save = folder.to_str().unwrap();
    let mut objects = wiretrace(&["http", "--json", "--save-bodies", save], &link.capture(end));
    objects.retain(|object| object["type"] == "http");
    let exchanges: BTreeMap<(u64, u64), &Value> =
        objects.iter().map(|object| ((port(object), number(&object["index"])), object)).collect();
    assert_eq!(exchanges.len(), objects.len(), "an index twice in a connection");
    let (mut files, mut bytes, mut wanted) = (0, 0, 0);
    for report in reports {
        for (at, plan) in report["exchanges"].as_array().unwrap().iter().enumerate() {
            let key = (number(&report["port"]), at as u64 + 1);
            let exchange = exchanges.get(&key).unwrap_or_else(|| panic!("no exchange {key:?}"));
            assert_eq!(exchange["errors"], Value::Array(vec![]), "{exchange}");
            assert_eq!(exchange["pairing"], "proved", "{exchange}");
            wanted += 1;
            for message in ["request", "response"] {
                let body = slice(block, &plan[message]);
                let said = &exchange[message];
                assert!(said.is_object(), "{exchange}");
                assert_eq!(
                    (number(&said["body_bytes"]), &said["complete"]),
                    (body.len() as u64, &true.into())
                );
                if !body.is_empty() {
                    let file = folder.join(format!("{}-{}-{message}.bin", exchange["conn"]["id"], key.1));
                    let saved = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                    let same = saved.iter().zip(body).take_while(|(a, b)| a == b).count();
                    assert!(saved == body, "{}: differs at {same} of {}", file.display(), body.len());
                    (files, bytes) = (files + 1, bytes + body.len());
                }
            }
        }
    }
    assert_eq!(exchanges.len(), wanted);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), files);
    eprintln!("{}'s capture: {files} bodies of {bytes} bytes, all identical", ENDS[end]);
}

/// Compares one side's counts with its kernel's. How many differ in segments sent again, and in other counts alone.
fn check_counts(link: &Link, end: usize, reports: &[Value]) -> [usize; 2] {
    let found = counts(&link.capture(end));
    assert_eq!(found.len(), reports.len());
    let (mut differ, mut sum) = ([0; 2], Counts::default());
    let (mut again, mut reordered) = (0, 0);
    for report in reports {
        assert_eq!(report["unacked"], 0, "read too early: {report}");
        let (counts, events) = &found[&number(&report["port"])];
        let kernel = Counts {
            segments: number(&report["total_retrans"]),
            bytes: number(&report["bytes_sent"]),
            bytes_again: number(&report["bytes_retrans"]),
            out_of_order: 0,
        };
        let ours = &counts[end];
        sum.segments += kernel.segments;
        sum.bytes += kernel.bytes;
        sum.bytes_again += kernel.bytes_again;
        again += u64::from(kernel.segments > 0);
        reordered += counts[1 - end].out_of_order;
        if *ours != kernel {
            differ[0] += usize::from(ours.segments != kernel.segments);
            differ[1] += usize::from(ours.segments == kernel.segments);
            let own: Vec<&String> =
                events.iter().filter(|event| event.contains(&format!("\"dir\":\"{}\"", ENDS[end]))).collect();
            eprintln!(
                "{} of port {}: kernel {kernel:?}, wiretrace {ours:?}\n  {report}\n  {own:#?}",
                ENDS[end], report["port"]
            );
        }
    }
    eprintln!(
        "{}: {} connections, {again} of them with retransmissions; the kernel's sums {sum:?}; \
         {} differ in segments sent again, {} in other counts",
        ENDS[end],
        reports.len(),
        differ[0],
        differ[1]
    );
    // What arrives here was reordered by the link; else, and without losses, this proves nothing.
    assert!(sum.segments > 0 && reordered > 0, "{sum:?}, {reordered}");
    differ
}

#[test]
fn bodies_and_retransmissions_under_loss() {
    if !can_run(&["ip", "ethtool", "tcpdump", "python3"]) {
        return;
    }
    if !Path::new("/dev/net/tun").exists() {
        assert!(std::env::var_os("CI").is_none(), "there is no /dev/net/tun");
        eprintln!("skipped: needs /dev/net/tun");
        return;
    }
    let (connections, seed) =
        (variable("WIRETRACE_LOSS_CONNECTIONS", 1000), variable("WIRETRACE_LOSS_SEED", 1));
    let temporary = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("WIRETRACE_LOSS_FOLDER").map(PathBuf::from);
    let folder = kept.as_deref().unwrap_or(temporary.path());
    fs::create_dir_all(folder).unwrap();
    let (block, block_file) = (Rng::new(seed).bytes(2 << 20), folder.join("block"));
    fs::write(&block_file, &block).unwrap();

    let seed_text = seed.to_string();
    let mut link = Link::new(folder, &[&IMPAIRMENT[..], &["--seed", &seed_text]].concat());
    let reports = link.transfer(&block_file, seed, connections as usize);
    for did in link.did() {
        eprintln!("the link: {did}");
        for what in ["dropped", "reordered", "duplicated"] {
            assert!(number(&did[what]) > 0, "{did}");
        }
    }
    for reports in &reports {
        assert_eq!(reports.len() as u64, connections, "some connections did not come to their end");
        for report in reports {
            assert_eq!(report["whole"], true, "the peers got something else than was sent: {report}");
        }
    }
    let mut differ = 0;
    for (end, reports) in reports.iter().enumerate() {
        // Whoever sent it and whoever received it: a body is the same on both sides.
        check_bodies(&link, end, &block, reports);
        differ += check_counts(&link, end, reports).iter().sum::<usize>();
    }
    // Two sides a connection. One in a hundred may differ for the proof to hold; none does, so that far fewer may here.
    let allowed = (connections as usize * 2).div_ceil(1_000);
    assert!(differ <= allowed, "{differ} of {} sides differ from their kernel's counts", connections * 2);
}
