//! The frame in hexadecimal and ASCII, sixteen bytes a line.

use crate::number::hex_pair;

/// Bytes of a line.
const ROW: usize = 16;
/// Where the ASCII column begins.
const ASCII: usize = 4 + 6 + 2 + ROW * 3 + 2;

/// Appends `    0000  45 00 00 3c ...  |E..<...|` for each sixteen bytes; the offset grows with the frame.
pub(super) fn write(out: &mut Vec<u8>, bytes: &[u8]) {
    for (row, chunk) in bytes.chunks(ROW).enumerate() {
        let mut line = [b' '; ASCII + ROW + 3];
        let offset = (row * ROW).to_be_bytes();
        let [.., a, b, c] = offset;
        let mut offset = [hex_pair(a), hex_pair(b), hex_pair(c)].concat_array();
        // Four digits, and six where the frame needs them.
        if offset.starts_with(b"00") {
            offset.copy_within(2.., 0);
            if let Some(rest) = offset.get_mut(4..) {
                rest.fill(b' ');
            }
        }
        if let Some(place) = line.get_mut(4..10) {
            place.copy_from_slice(&offset);
        }
        for (index, &byte) in chunk.iter().enumerate() {
            let at = 12 + index * 3;
            if let Some(place) = line.get_mut(at..at + 2) {
                place.copy_from_slice(&hex_pair(byte));
            }
            if let Some(place) = line.get_mut(ASCII + index) {
                *place = if (0x20..0x7f).contains(&byte) { byte } else { b'.' };
            }
        }
        for at in [ASCII - 1, ASCII + chunk.len()] {
            if let Some(place) = line.get_mut(at) {
                *place = b'|';
            }
        }
        out.extend_from_slice(line.get(..=ASCII + chunk.len()).unwrap_or_default());
        out.push(b'\n');
    }
}

trait ConcatArray {
    fn concat_array(self) -> [u8; 6];
}

impl ConcatArray for [[u8; 2]; 3] {
    fn concat_array(self) -> [u8; 6] {
        let [[a, b], [c, d], [e, f]] = self;
        [a, b, c, d, e, f]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let mut out = Vec::new();
        write(&mut out, b"GET / HTTP/1.1\r\n\x1b\xff");
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "    0000    47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|\n    \
             0010    1b ff                                            |..|\n"
        );
        let mut out = Vec::new();
        write(&mut out, &vec![0; 0x10010]);
        assert!(String::from_utf8(out).unwrap().ends_with(
            "|\n    010000  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  |................|\n"
        ));
    }
}
