//! The whole program: reading a capture from a file, on one, two and four threads, with text and with JSON output,
//! to the last line on a pipe. Two captures: kept connections, and many short ones.
//!
//! What is measured is the program as it is installed, next to this bench in the target directory.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use criterion::{Criterion, Throughput};
use wiretrace_benches::{captured, keep_alive, pcap, short};

/// `target/PROFILE/wiretrace`, from `target/PROFILE/deps/program-0123`.
fn program() -> PathBuf {
    let this = std::env::current_exe().expect("a bench is a file");
    let beside = this.parent().and_then(Path::parent).expect("in deps/ of its profile");
    let program = beside.join(format!("wiretrace{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} is not there: `make bench` builds it", program.display());
    program
}

/// Lines that the program prints for `file`.
fn lines(program: &Path, options: &[&str], threads: &str, file: &Path) -> u64 {
    let mut command = Command::new(program);
    command.args(["http", "--threads", threads]).args(options).arg("-r").arg(file);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut output = BufReader::with_capacity(1 << 16, child.stdout.take().expect("its output is piped"));
    let mut lines = 0;
    loop {
        let piece = output.fill_buf().expect("a pipe can be read");
        if piece.is_empty() {
            break;
        }
        lines += piece.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let len = piece.len();
        output.consume(len);
    }
    assert!(child.wait().expect("it ends").success());
    lines
}

fn main() {
    let mut criterion: Criterion = wiretrace_benches::criterion();
    let program = program();
    let directory = std::env::temp_dir().join(format!("wiretrace-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a temporary directory");
    let captures = [("kept", keep_alive(50, 1_000), 50_000), ("short", short(40_000), 40_000)];
    for (name, frames, exchanges) in captures {
        let file = directory.join(format!("{name}.pcap"));
        std::fs::write(&file, pcap(&frames)).expect("room for a capture");
        let mut group = criterion.benchmark_group(format!("program/{name}"));
        group.throughput(Throughput::ElementsAndBytes {
            elements: frames.len() as u64,
            bytes: captured(&frames),
        });
        for (form, options, more) in [("text", &[][..], 0), ("json", &["--json"], 1)] {
            for threads in ["1", "2", "4"] {
                group.bench_function(format!("{form}-{threads}-threads"), |bencher| {
                    bencher.iter(|| assert_eq!(lines(&program, options, threads, &file), exchanges + more));
                });
            }
        }
        group.finish();
    }
    std::fs::remove_dir_all(&directory).expect("what was made here goes");
    criterion.final_summary();
}
