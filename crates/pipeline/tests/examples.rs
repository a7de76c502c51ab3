//! The examples that the documentation shows do what it says.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What an example of this workspace prints for the demo capture. `cargo test` has built it.
fn run(example: &str) -> String {
    let this = std::env::current_exe().unwrap();
    let examples = this.parent().and_then(Path::parent).unwrap().join("examples");
    let demo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo.pcap");
    let output = Command::new(examples.join(example)).arg(demo).output().unwrap();
    assert!(output.status.success(), "{example}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_front_door_and_the_loop_by_hand_find_the_same_requests() {
    let (front, by_hand) = (run("urls"), run("by_hand"));
    assert_eq!(front.lines().count(), 37);
    assert_eq!(by_hand.lines().count(), 37);
}
