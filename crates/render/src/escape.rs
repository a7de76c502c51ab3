//! Bytes from the wire, made safe for a terminal or for JSON.

use std::io::Write;

/// Appends `bytes` so that nothing in them can drive a terminal: control characters (C0, DEL, C1),
/// characters that turn or hide text (bidirectional controls, zero-width ones, line separators) and bytes
/// that are not UTF-8 are written as escapes.
pub fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        return out.extend_from_slice(bytes);
    }
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\t' => out.extend_from_slice(b"\\t"),
                '\r' => out.extend_from_slice(b"\\r"),
                '\n' => out.extend_from_slice(b"\\n"),
                c if c.is_ascii_control() => {
                    let _ = write!(out, "\\x{:02x}", u32::from(c));
                }
                c if c.is_control() || is_deceptive(c) => {
                    let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
                }
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
}

/// Appends `bytes` as a JSON string that maps back to exactly these bytes: UTF-8, and each byte that is not part of it
/// as U+F700 + byte; the bytes of a genuine U+F780 to U+F7FF count as invalid, too. What could drive or deceive a
/// terminal (see [`text`]) is written as `\uNNNN`.
///
/// ```
/// let mut out = Vec::new();
/// wiretrace_render::escape::json(&mut out, b"a\"\x1b\xff");
/// assert_eq!(out, "\"a\\\"\\u001b\u{f7ff}\"".as_bytes());
/// ```
pub fn json(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    json_text(out, bytes);
    out.push(b'"');
}

/// What stands between the quotes.
pub(crate) fn json_text(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.iter().all(|byte| (0x20..0x7f).contains(byte) && !matches!(byte, b'"' | b'\\')) {
        out.extend_from_slice(bytes);
    } else {
        let stand_in = |out: &mut Vec<u8>, byte: u8| {
            let c = char::from_u32(0xf700 + u32::from(byte)).unwrap_or('\u{fffd}');
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        };
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '"' => out.extend_from_slice(b"\\\""),
                    '\\' => out.extend_from_slice(b"\\\\"),
                    '\u{f780}'..='\u{f7ff}' => {
                        c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| stand_in(out, byte));
                    }
                    c if c.is_control() || is_deceptive(c) => {
                        for unit in c.encode_utf16(&mut [0; 2]) {
                            let _ = write!(out, "\\u{unit:04x}");
                        }
                    }
                    c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            chunk.invalid().iter().for_each(|&byte| stand_in(out, byte));
        }
    }
}

/// Characters that reorder or hide what stands around them.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    fn escaped(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        super::text(&mut out, bytes);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn plain_text_stays() {
        assert_eq!(escaped(b"GET /a?b=c%20d"), "GET /a?b=c%20d");
        assert_eq!(escaped("grün €".as_bytes()), "grün €");
    }

    #[test]
    fn controls_and_invalid_bytes_are_visible() {
        assert_eq!(escaped(b"\x1b[2J\x07\x7f\0"), "\\x1b[2J\\x07\\x7f\\x00");
        assert_eq!(escaped(b"a\r\nb\tc"), "a\\r\\nb\\tc");
        assert_eq!(escaped("\u{9b}31m".as_bytes()), "\\u{9b}31m");
        assert_eq!(escaped("a\u{202e}b".as_bytes()), "a\\u{202e}b");
        assert_eq!(escaped(b"\xff\xc3x"), "\\xff\\xc3x");
    }
}
