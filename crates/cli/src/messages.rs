//! What is said on standard error.

use std::io::Write;

/// Says one line on standard error, `wiretrace: ` in front. Whether anybody can read it is not our concern:
/// a closed standard error must not end the run.
pub(crate) fn say(text: &str) {
    let mut line = b"wiretrace: ".to_vec();
    crate::render::escape::text(&mut line, text.as_bytes());
    line.push(b'\n');
    let _ = std::io::stderr().write_all(&line);
}

/// `1 packet`, `2 packets`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
