//! JSON laid out for people: one member a line, everything as it was sent.

use serde::de::IgnoredAny;

use super::escape;

/// Deeper levels are not indented any further, so that hostile nesting does not make a long output of a short text.
const DEEPEST: usize = 16;

/// Writes `JSON: ` and `text` laid out, if it is an object or an array; else nothing, and gives false.
pub(crate) fn json(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let is_container = matches!(text.trim_ascii_start().first(), Some(b'{' | b'['));
    if !is_container || serde_json::from_slice::<IgnoredAny>(text).is_err() {
        return false;
    }
    out.extend_from_slice(b"JSON: ");
    let (mut rest, mut depth) = (text.trim_ascii(), 0usize);
    while let Some((&byte, after)) = rest.split_first() {
        let mut next = after.trim_ascii_start();
        match byte {
            b'"' => {
                let end = string_end(rest);
                let (string, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
                escape::text(out, string);
                next = behind.trim_ascii_start();
            }
            b'{' | b'[' => {
                out.push(byte);
                if let Some((&close @ (b'}' | b']'), behind)) = next.split_first() {
                    out.push(close);
                    next = behind.trim_ascii_start();
                } else {
                    depth += 1;
                    new_line(out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                new_line(out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                new_line(out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            // Of numbers and words: they have nothing to escape.
            _ => out.push(byte),
        }
        rest = next;
    }
    true
}

/// Length of the string at the front, quotes included.
fn string_end(text: &[u8]) -> usize {
    let mut escaped = false;
    for (place, &byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

fn new_line(out: &mut Vec<u8>, depth: usize) {
    out.extend_from_slice(b"\n    ");
    out.resize(out.len() + 2 * depth.min(DEEPEST), b' ');
}

#[cfg(test)]
mod tests {
    fn laid_out(text: &str) -> Option<String> {
        let mut out = Vec::new();
        super::json(&mut out, text.as_bytes()).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn one_member_a_line_in_the_order_sent() {
        assert_eq!(
            laid_out(r#" {"b":[1, -2.50e1,true],"a" : {"x}\"":null},"e":{},"f":[ ]} "#).unwrap(),
            "JSON: {\n      \"b\": [\n        1,\n        -2.50e1,\n        true\n      ],\n      \"a\": {\n        \
             \"x}\\\"\": null\n      },\n      \"e\": {},\n      \"f\": []\n    }"
        );
        assert_eq!(laid_out("[]").unwrap(), "JSON: []");
    }

    #[test]
    fn what_is_no_json_is_left() {
        for text in ["", "hello", "12", "\"x\"", "{", "[1,]", "{a:1}", "[1]x"] {
            assert_eq!(laid_out(text), None, "{text}");
        }
    }

    #[test]
    fn hostile_json_stays_harmless() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(laid_out(&deep).unwrap().len() < 50 * deep.len());
        let text = laid_out("[\"\u{9b}31m\u{202e}\u{7f}\"]").unwrap();
        assert!(text.contains("\\u{9b}31m\\u{202e}\\x7f"), "{text}");
    }
}
