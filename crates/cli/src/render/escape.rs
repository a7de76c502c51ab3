//! Bytes from the wire, made safe for a terminal.

use std::io::Write;

/// Appends `bytes` so that nothing in them can drive a terminal: control characters (C0, DEL, C1),
/// characters that turn or hide text (bidirectional controls, zero-width ones, line separators) and bytes
/// that are not UTF-8 are written as escapes.
pub(crate) fn text(out: &mut Vec<u8>, bytes: &[u8]) {
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
