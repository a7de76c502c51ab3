//! Who may know whom: the crates that people link never depend on each other.

use std::process::Command;

#[test]
fn the_four_rooms_do_not_know_each_other() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path", manifest])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut seen = 0;
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let ours: Vec<&str> = package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| dependency["name"].as_str().unwrap())
            .filter(|name| name.starts_with("wiretrace"))
            .collect();
        match name {
            "wiretrace-capture" | "wiretrace-decode" | "wiretrace-tcp" | "wiretrace-http"
            | "wiretrace-content" | "wiretrace-testkit" => {
                assert_eq!(ours, [""; 0], "{name} stands alone");
                seen += 1;
            }
            "wiretrace-pipeline" => {
                assert_eq!(
                    ours,
                    ["wiretrace-capture", "wiretrace-decode", "wiretrace-http", "wiretrace-tcp"],
                    "{name} joins the four"
                );
                seen += 1;
            }
            "wiretrace-render" => {
                assert_eq!(ours, ["wiretrace-decode"], "{name} knows headers and how they look");
                seen += 1;
            }
            "wiretrace" => {
                assert_eq!(
                    ours,
                    ["wiretrace-capture", "wiretrace-content", "wiretrace-pipeline", "wiretrace-render"],
                    "{name} is thin"
                );
                seen += 1;
            }
            _ => {}
        }
    }
    assert_eq!(seen, 9);
}
