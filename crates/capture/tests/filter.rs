//! Filters on files: the same frames as tcpdump's, and an interpreter that ends on any program and any frame.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use wiretrace_capture::filter::{Instruction, Program};

/// An interpreter of twenty lines, over numbers only: what [`Program`] must do, for programs that it accepts.
fn naive(program: &[Instruction], data: &[u8], wire_len: u32) -> u32 {
    let (mut a, mut x, mut memory, mut at) = (0u32, 0u32, [0u32; 16], 0usize);
    let load = |from: u64, size: u64| {
        let to = from + size;
        (to <= data.len() as u64).then(|| {
            data[from as usize..to as usize].iter().fold(0u32, |sum, &byte| sum << 8 | u32::from(byte))
        })
    };
    loop {
        let Instruction { code, jt, jf, k } = program[at];
        at += 1;
        let operand = if code & 8 == 0 { k } else { x };
        let loaded = match code {
            0x20 | 0x28 | 0x30 => Some(load(k.into(), [4, 2, 1][usize::from(code >> 3 & 3)])),
            0x40 | 0x48 | 0x50 => {
                Some(load(u64::from(k) + u64::from(x), [4, 2, 1][usize::from(code >> 3 & 3)]))
            }
            0xb1 => Some(load(k.into(), 1).map(|byte| (byte & 15) * 4)),
            _ => None,
        };
        match (loaded, code) {
            (Some(None), _) => return 0,
            (Some(Some(value)), 0xb1) => x = value,
            (Some(Some(value)), _) => a = value,
            (_, 0x00) => a = k,
            (_, 0x60) => a = memory[k as usize],
            (_, 0x80) => a = wire_len,
            (_, 0x01) => x = k,
            (_, 0x61) => x = memory[k as usize],
            (_, 0x81) => x = wire_len,
            (_, 0x02) => memory[k as usize] = a,
            (_, 0x03) => memory[k as usize] = x,
            (_, 0x84) => a = 0u32.wrapping_sub(a),
            (_, 0x34 | 0x3c | 0x94 | 0x9c) if operand == 0 => return 0,
            (_, code) if code & 7 == 4 => {
                let (left, right) = (u64::from(a), u64::from(operand));
                a = match code & 0xf0 {
                    0x00 => left + right,
                    0x10 => left.wrapping_sub(right),
                    0x20 => left.wrapping_mul(right),
                    0x30 => left / right,
                    0x40 => left | right,
                    0x50 => left & right,
                    0x60 => {
                        if right < 32 {
                            left << right
                        } else {
                            0
                        }
                    }
                    0x70 => {
                        if right < 32 {
                            left >> right
                        } else {
                            0
                        }
                    }
                    0x90 => left % right,
                    _ => left ^ right,
                } as u32;
            }
            (_, 0x05) => at += k as usize,
            (_, code) if code & 7 == 5 => {
                let holds = match code & 0xf0 {
                    0x10 => a == operand,
                    0x20 => a > operand,
                    0x30 => a >= operand,
                    _ => a & operand > 0,
                };
                at += usize::from(if holds { jt } else { jf });
            }
            (_, 0x06) => return k,
            (_, 0x16) => return a,
            (_, 0x07) => x = a,
            _ => a = x,
        }
    }
}

fn instruction() -> impl Strategy<Value = Instruction> {
    const CODES: [u16; 52] = [
        0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x00, 0x60, 0x80, 0x01, 0x61, 0x81, 0xb1, 0x02, 0x03, 0x04, 0x0c,
        0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0x94, 0x9c,
        0xa4, 0xac, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x06, 0x16, 0x07, 0x87, 0x20, 0x30,
        0x15,
    ];
    let code = prop_oneof![30 => proptest::sample::select(&CODES[..]), 1 => any::<u16>()];
    let k = prop_oneof![12 => 0u32..40, 2 => any::<u32>(), 1 => Just(u32::MAX)];
    (code, 0u8..6, 0u8..6, k).prop_map(|(code, jt, jf, k)| Instruction { code, jt, jf, k })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is accepted ends, on any frame, and says what the naive interpreter says.
    #[test]
    fn any_program_on_any_frame(
        mut program in proptest::collection::vec(instruction(), 0..24),
        data in proptest::collection::vec(any::<u8>(), 0..48),
        wire_len in any::<u32>(),
        end in prop_oneof![8 => Just(Some(0x16)), 1 => Just(None)],
    ) {
        program.extend(end.map(|code| Instruction { code, jt: 0, jf: 0, k: 0 }));
        if let Ok(checked) = Program::new(&program) {
            prop_assert_eq!(checked.run(&data, wire_len), naive(&program, &data, wire_len));
        }
    }
}

fn corpus() -> Option<PathBuf> {
    // A relative path is the workspace's.
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::var_os("WIRETRACE_CORPUS").map(|corpus| workspace.join(corpus))
}

/// The frames of a file that pass a filter, by tcpdump: their bytes, in order.
#[cfg(feature = "live")]
fn by_tcpdump(file: &Path, filter: &str) -> Option<Vec<u8>> {
    let output = std::process::Command::new("tcpdump")
        .arg("-r")
        .arg(file)
        .args(["-w", "-", "--", filter])
        .output()
        .ok()?;
    output.status.success().then_some(output.stdout)
}

#[cfg(feature = "live")]
#[test]
fn the_same_frames_as_tcpdump() {
    use wiretrace_capture::filter::Filter;
    use wiretrace_capture::{BlockBuilder, FileOptions, FileSource, Fill, Selection, Source};

    if std::process::Command::new("tcpdump").arg("--version").output().is_err() {
        assert!(
            std::env::var_os("CI").is_none(),
            "tcpdump is missing: tools/install-needs --tests installs it"
        );
        eprintln!("skipped: needs tcpdump");
        return;
    }
    const FILTERS: [&str; 16] = [
        "tcp",
        "tcp port 80",
        "not tcp",
        "ip6",
        "udp or icmp",
        "src net 10.0.0.0/8",
        "greater 200",
        "less 100",
        "len > 1400",
        "tcp[13] & 2 != 0",
        "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
        "portrange 1-1023",
        "vlan",
        "ip[2:2] % 7 = 3",
        "ip proto 47 or gre",
        "host 127.0.0.1 or ether broadcast",
    ];
    let mut files = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo.pcap")];
    let Some(corpus) = corpus() else {
        eprintln!("WIRETRACE_CORPUS is not set: one capture only");
        return compare(&files);
    };
    let mut folders = vec![corpus];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let size = entry.metadata().map_or(0, |metadata| metadata.len());
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|ext| ext == "pcap" || ext == "cap") && size < 200 << 10 {
                files.push(entry);
            }
        }
    }
    files.sort();
    // A share of them: tcpdump is started for each file and filter.
    let files: Vec<_> = files.into_iter().step_by(8).collect();
    compare(&files);

    fn frames(file: impl std::io::Read + Send + 'static, filter: Option<&str>) -> Option<Vec<Vec<u8>>> {
        let filter = filter.map(|filter| Filter::new(filter).unwrap());
        let source = FileSource::from_reader("file".into(), Box::new(file), &FileOptions::default());
        let mut selection =
            filter.map_or_else(Selection::default, |filter| Selection::default().with_filter(filter));
        let mut source = selection.over(source.ok()?);
        let mut frames = Vec::new();
        loop {
            let mut builder = BlockBuilder::detached(1 << 18, 4096);
            let fill = source.fill(&mut builder).ok()?;
            frames.extend(builder.seal_owned().selected().map(|frame| frame.data.to_vec()));
            if fill == Fill::End {
                return Some(frames);
            }
        }
    }

    fn compare(files: &[PathBuf]) {
        let (mut compared, mut passed, mut skipped) = (0, 0, 0);
        for file in files {
            for filter in FILTERS {
                let Some(theirs) = by_tcpdump(file, filter) else {
                    // A file that it cannot read, or a filter that is not for its link type.
                    skipped += 1;
                    continue;
                };
                let theirs = frames(std::io::Cursor::new(theirs), None).unwrap();
                let ours = frames(std::fs::File::open(file).unwrap(), Some(filter));
                let Some(ours) = ours else { continue };
                assert_eq!(ours.len(), theirs.len(), "{}: {filter}", file.display());
                // Frames longer than their file's snap length (damaged files) libpcap cuts when it reads them.
                let same = ours.iter().zip(&theirs).all(|(ours, theirs)| ours.starts_with(theirs));
                assert!(same, "{}: {filter}", file.display());
                compared += 1;
                passed += ours.len();
            }
        }
        eprintln!("{compared} comparisons, {passed} frames passed, {skipped} that tcpdump refused");
        assert!(compared >= FILTERS.len() && passed > 100);
    }
}
