//! WebSocket messages as text.

use std::io::Write;

use wiretrace_content::json::Indenter;
use wiretrace_pipeline::{Coding, Opcode, Side, WebSocketMessage};

use super::escape;
use super::palette::{Palette, styled};
use super::start::start;
use super::time::{LocalTime, duration, size};

/// How much of a text stands in a line.
const IN_LINE: usize = 160;
/// How much of a text stands below one (`--progressive`, and JSON with `--bodies`).
const BELOW: usize = 64 * 1024;
/// How many bytes of a binary message are shown.
const BINARY: usize = 32;

/// Writes `TIME FROM -> TO WebSocket text SIZE "what it says" [marks]`; where content is `laid_out`, JSON below it instead.
pub(crate) fn line(
    out: &mut Vec<u8>,
    palette: Palette,
    time: &mut LocalTime,
    message: &WebSocketMessage<'_>,
    laid_out: bool,
) {
    begin(out, palette, time, message);
    out.extend_from_slice(message.opcode().name().as_bytes());
    out.push(b' ');
    numbers(out, message);
    let mut below = Vec::new();
    let text = message.text().filter(|text| !text.is_empty());
    if laid_out && text.is_some_and(|text| text.len() <= BELOW && json(&mut below, text)) {
        marks(out, palette, message);
        out.extend_from_slice(b"\n    ");
        styled(out, palette.value, |out| out.append(&mut below));
        return out.push(b'\n');
    }
    if let Some(text) = text {
        let (shown, cut) = head(text, IN_LINE);
        out.extend_from_slice(b" \"");
        styled(out, palette.value, |out| escape::text(out, shown));
        out.extend_from_slice(if cut { b"\"..." } else { b"\"" });
    } else {
        binary(out, palette, message, b" ");
    }
    marks(out, palette, message);
    out.push(b'\n');
}

/// Writes `TIME FROM -> TO WebSocket message SIZE [marks]`, and what it says below: JSON laid out, or the text.
pub(crate) fn progressive(
    out: &mut Vec<u8>,
    palette: Palette,
    time: &mut LocalTime,
    message: &WebSocketMessage<'_>,
) {
    begin(out, palette, time, message);
    out.extend_from_slice(match message.opcode() {
        Opcode::Text | Opcode::Binary => b"message",
        control => control.name().as_bytes(),
    });
    out.push(b' ');
    numbers(out, message);
    marks(out, palette, message);
    out.push(b'\n');
    if let Some(text) = message.text().filter(|text| !text.is_empty()) {
        let (shown, cut) = head(text, BELOW);
        out.extend_from_slice(b"    ");
        styled(out, palette.value, |out| {
            if cut || !json(out, shown) {
                escape::text(out, shown);
            }
        });
        out.extend_from_slice(if cut { b"...\n" } else { b"\n" });
    } else {
        let length = out.len();
        binary(out, palette, message, b"    binary: ");
        if out.len() > length {
            out.push(b'\n');
        }
    }
}

/// Writes `JSON: ` and the text laid out, if it is an object or an array; else nothing, and gives false.
fn json(out: &mut Vec<u8>, text: &[u8]) -> bool {
    if !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return false;
    }
    let (mut indenter, mut laid_out) = (Indenter::new(), Vec::new());
    if indenter.push(text, &mut laid_out).is_err() || indenter.finish().is_err() {
        return false;
    }
    out.extend_from_slice(b"JSON: ");
    for (place, line) in laid_out.trim_ascii_end().split(|&byte| byte == b'\n').enumerate() {
        if place > 0 {
            out.extend_from_slice(b"\n    ");
        }
        escape::text(out, line);
    }
    true
}

fn begin(out: &mut Vec<u8>, palette: Palette, time: &mut LocalTime, message: &WebSocketMessage<'_>) {
    let connection = message.connection();
    let (client, server) = (&connection.client, &connection.server);
    let (from, to) = if message.side() == Side::Client { (client, server) } else { (server, client) };
    start(out, palette, time, message.at(), from, to);
    out.extend_from_slice(b"WebSocket ");
}

/// The code of a Close, the size, and how long a Pong was waited for.
fn numbers(out: &mut Vec<u8>, message: &WebSocketMessage<'_>) {
    if let Some(code) = message.close_code() {
        let _ = write!(out, "{code} ");
    }
    size(out, message.bytes());
    if let Some(nanos) = message.round_trip() {
        out.extend_from_slice(b" after ");
        duration(out, nanos);
    }
}

/// The first bytes of a binary message in hexadecimal.
fn binary(out: &mut Vec<u8>, palette: Palette, message: &WebSocketMessage<'_>, before: &[u8]) {
    let readable = matches!(message.coding(), Coding::Plain | Coding::Inflated);
    if message.opcode() != Opcode::Binary || !readable || message.payload().is_empty() {
        return;
    }
    out.extend_from_slice(before);
    let shown = message.payload().get(..BINARY);
    styled(out, palette.value, |out| {
        for byte in shown.unwrap_or(message.payload()) {
            let _ = write!(out, "{byte:02x}");
        }
    });
    if message.payload().len() > BINARY {
        out.extend_from_slice(b"...");
    }
}

/// What is special about it.
fn marks(out: &mut Vec<u8>, palette: Palette, message: &WebSocketMessage<'_>) {
    let compressed = (message.coding() == Coding::Deflated).then_some("compressed");
    let marks =
        compressed.into_iter().chain(message.errors().map(|(code, _)| code)).chain(message.tolerated());
    let mut before: &[u8] = b" [";
    for mark in marks {
        out.extend_from_slice(before);
        styled(out, palette.mark, |out| out.extend_from_slice(mark.as_bytes()));
        before = b", ";
    }
    if before == b", " {
        out.push(b']');
    }
}

/// At most so many bytes of a text, whole characters, and whether that cuts it.
fn head(text: &[u8], most: usize) -> (&[u8], bool) {
    let Some(mut head) = text.get(..most).filter(|head| head.len() < text.len()) else {
        return (text, false);
    };
    // The cut may be inside a character: of at most four bytes.
    for back in 0..4 {
        let end = most.saturating_sub(back);
        if text.get(end).is_none_or(|byte| byte & 0xc0 != 0x80) {
            head = text.get(..end).unwrap_or(head);
            break;
        }
    }
    (head, true)
}

#[cfg(test)]
mod tests {
    use super::{head, json};

    fn laid_out(text: &str) -> Option<String> {
        let mut out = Vec::new();
        json(&mut out, text.as_bytes()).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn json_is_laid_out_as_it_was_sent() {
        let text = laid_out(r#" {"b":[-2.50e1,true],"a" : null} "#).unwrap();
        let want =
            "JSON: {\n      \"b\": [\n        -2.50e1,\n        true\n      ],\n      \"a\": null\n    }";
        assert_eq!(text, want);
        for text in ["", "hello", "12", "\"x\"", "{", "[1,]", "{a:1}", "[1]x"] {
            assert_eq!(laid_out(text), None, "{text}");
        }
        let text = laid_out("[\"\u{9b}31m\u{202e}\u{7f}\"]").unwrap();
        assert!(text.contains("\\u{9b}31m\\u{202e}\\x7f"), "{text}");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(head(b"abc", 3), (&b"abc"[..], false));
        assert_eq!(head(b"abcd", 3), (&b"abc"[..], true));
        let euro = "ab€".as_bytes();
        for most in [2, 3, 4] {
            assert_eq!(head(euro, most), (&b"ab"[..], true));
        }
        assert_eq!(head(&[0x80; 9], 6), (&[0x80; 6][..], true));
    }
}
