//! Bytes as a dump.

use std::fmt::Write;

/// Sixteen bytes a line: offset, hexadecimal, and what is printable ASCII. `first`: the offset of the first byte.
///
/// ```
/// let lines: Vec<_> = wiretrace_content::hex::dump(b"GET /\x1b[", 16).collect();
/// assert_eq!(lines, ["00000010  47 45 54 20 2f 1b 5b                              |GET /.[|"]);
/// ```
pub fn dump(bytes: &[u8], first: u64) -> impl Iterator<Item = String> {
    bytes.chunks(16).zip((first..).step_by(16)).map(|(chunk, offset)| {
        let mut line = format!("{offset:08x} ");
        for at in 0..16 {
            if at == 8 {
                line.push(' ');
            }
            // Writing to a string does not fail.
            let _ = match chunk.get(at) {
                Some(byte) => write!(line, " {byte:02x}"),
                None => write!(line, "   "),
            };
        }
        line.push_str("  |");
        line.extend(
            chunk.iter().map(
                |&byte| {
                    if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' }
                },
            ),
        );
        line.push('|');
        line
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn as_hexdump_does() {
        let bytes: Vec<u8> = (0x3c..0x50).collect();
        let lines: Vec<_> = super::dump(&bytes, 0).collect();
        assert_eq!(
            lines[0],
            "00000000  3c 3d 3e 3f 40 41 42 43  44 45 46 47 48 49 4a 4b  |<=>?@ABCDEFGHIJK|"
        );
        assert_eq!(lines[1], "00000010  4c 4d 4e 4f                                       |LMNO|");
        assert_eq!(super::dump(b"", 0).count(), 0);
    }
}
