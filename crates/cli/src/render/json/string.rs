//! Bytes from the wire as strings.

use serde::{Serialize, Serializer};

use super::value;

/// Bytes from the wire as a string that maps back to exactly these bytes: UTF-8, and each byte that is not
/// part of it as U+F700 + byte; the bytes of a genuine U+F780 to U+F7FF count as invalid, too.
pub(in crate::render) struct Text<'a>(pub(in crate::render) &'a [u8]);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_reserved = |c: char| ('\u{f780}'..='\u{f7ff}').contains(&c);
        match std::str::from_utf8(self.0) {
            Ok(text) if text.is_ascii() || !text.contains(is_reserved) => serializer.serialize_str(text),
            _ => {
                let mut text = String::with_capacity(self.0.len() + 16);
                let stand_in = |byte: &u8| char::from_u32(0xf700 + u32::from(*byte)).unwrap_or('\u{fffd}');
                for chunk in self.0.utf8_chunks() {
                    for c in chunk.valid().chars() {
                        if is_reserved(c) {
                            text.extend(c.encode_utf8(&mut [0; 4]).as_bytes().iter().map(stand_in));
                        } else {
                            text.push(c);
                        }
                    }
                    text.extend(chunk.invalid().iter().map(stand_in));
                }
                serializer.serialize_str(&text)
            }
        }
    }
}

/// Appends the same string as [`Text`]. Nearly all strings of a head are ASCII with nothing to escape but quotes; those are
/// copied in runs, whatever else there is goes through [`Text`].
pub(super) fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.push(b'"');
    let mut rest = bytes;
    while let Some((run, behind)) = rest.split_at_checked(plain_end(rest)) {
        out.extend_from_slice(run);
        match behind {
            [] => break,
            &[byte @ (b'"' | b'\\'), ref behind @ ..] => {
                out.extend_from_slice(&[b'\\', byte]);
                rest = behind;
            }
            _ => {
                out.truncate(start);
                return value(out, &Text(bytes));
            }
        }
    }
    out.push(b'"');
}

/// Every byte of a word.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The high bit of each byte is set that is no ASCII, or cannot stand in a string as it is (RFC 8259 §7): control characters,
/// the quotation mark and the backslash. So may be that of others behind the first of those, by a carry.
const fn odd(word: u64) -> u64 {
    // Of ASCII, only the quotation mark and control characters are below 0x21 without their second bit.
    let controls_and_quotes = (word ^ each(0x02)).wrapping_sub(each(0x21));
    let backslashes = (word ^ each(b'\\')).wrapping_sub(each(0x01));
    (controls_and_quotes | backslashes | word) & each(0x80)
}

/// How many bytes in front stand in a string as they are.
#[inline]
fn plain_end(bytes: &[u8]) -> usize {
    let first = |odd: u64| (odd.trailing_zeros() / 8) as usize;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut place = 0;
    for word in words {
        let odd = odd(u64::from_le_bytes(*word));
        if odd != 0 {
            return place + first(odd);
        }
        place += 8;
    }
    // What is left is seen with bytes in front of it, which are known, or filled up with letters.
    let (word, place) = match (bytes.last_chunk::<8>(), rest) {
        (Some(last), _) => (*last, bytes.len() - 8),
        (None, &[a, b, c, ref rest @ ..]) => {
            let at = |place| rest.get(place).copied().unwrap_or(b'a');
            ([a, b, c, at(0), at(1), at(2), at(3), b'a'], 0)
        }
        (None, rest) => {
            let at = |place| rest.get(place).copied().unwrap_or(b'a');
            ([at(0), at(1), b'a', b'a', b'a', b'a', b'a', b'a'], 0)
        }
    };
    (place + first(odd(u64::from_le_bytes(word)))).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(bytes: &[u8]) {
        let mut out = b"before".to_vec();
        string(&mut out, bytes);
        let want = format!("before{}", serde_json::to_string(&Text(bytes)).unwrap());
        assert_eq!(String::from_utf8(out).unwrap(), want, "{}", bytes.escape_ascii());
    }

    /// Each byte at each place of a string of each length that makes a difference, and pairs of odd ones.
    #[test]
    fn the_same_as_through_serde() {
        for byte in 0..=255u8 {
            for filler in [b'a', b' ', b'!', b'#', b'[', b']', 0x7f, b'"', 0xff] {
                for len in 0..27 {
                    for place in 0..len {
                        let mut bytes = vec![filler; len];
                        bytes[place] = byte;
                        same(&bytes);
                        if let Some(behind) = bytes.get_mut(place + 1) {
                            *behind = b'\\';
                            same(&bytes);
                        }
                    }
                }
            }
        }
        for pair in 0..=0xffffu16 {
            let [one, two] = pair.to_be_bytes();
            same(&[b'x', one, two, b'x', b'x', b'x', b'x', b'x', b'x', b'x']);
        }
        same(b"");
        for text in ["W/\"6b05-fa\"; \"\"", "Gr\u{fc}n \"\u{f780}\"", "a\tb", "\u{10ffff}\u{0}"] {
            same(text.as_bytes());
            same(&[text.as_bytes(), b"\xc3"].concat());
        }
    }
}
