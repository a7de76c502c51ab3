//! The loops that every byte of a head goes through: how far do bytes of a kind go? In blocks, since most of a
//! head is values: sixteen at a time, which the compiler turns into vector instructions, then eight in a word.

use super::is_tchar;

/// Every byte of a word.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

const HIGH: u64 = each(0x80);

/// The high bit of each byte of `word` that is neither a control byte other than HTAB nor DEL is clear; of others
/// it is set. No byte has a carry into the next one.
const fn controls(word: u64) -> u64 {
    let low = word & !HIGH;
    let is_printable = low + each(0x60);
    let is_tab = !((low ^ each(b'\t')) + each(0x7f));
    let is_delete = low + each(1);
    ((!is_printable & !is_tab) | (is_delete & is_printable)) & !word & HIGH
}

/// Likewise, for bytes that are no letters and no hyphens: those are not all of a token's, but most.
const fn uncommon(word: u64) -> u64 {
    let low = (word & !HIGH) | each(0x20);
    let is_letter = (low + each(0x80 - b'a')) & !(low + each(0x7f - b'z'));
    let is_hyphen = !(((word & !HIGH) ^ each(b'-')) + each(0x7f));
    (!(is_letter | is_hyphen) | word) & HIGH
}

/// The number of the first byte whose high bit is set.
const fn first(bits: u64) -> usize {
    (bits.trailing_zeros() / 8) as usize
}

/// A control byte other than HTAB, or DEL: what no field value and no reason phrase has (RFC 9110 §5.5).
const fn is_control(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || byte == 0x7f
}

/// How many bytes of a field value, or of a reason phrase, stand in front.
#[inline]
pub(crate) fn value_end(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((block, behind)) = rest.split_first_chunk::<16>() {
        let odd = block.iter().fold(false, |odd, &byte| odd | is_control(byte));
        if odd {
            break;
        }
        rest = behind;
    }
    while let Some((block, behind)) = rest.split_first_chunk::<8>() {
        let bits = controls(u64::from_le_bytes(*block));
        if bits != 0 {
            return bytes.len() - rest.len() + first(bits);
        }
        rest = behind;
    }
    let left = rest.iter().position(|&byte| is_control(byte)).unwrap_or(rest.len());
    bytes.len() - rest.len() + left
}

/// How many bytes of a token stand in front.
#[inline]
pub(crate) fn token_end(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((block, behind)) = rest.split_first_chunk::<8>() {
        let bits = uncommon(u64::from_le_bytes(*block));
        if bits == 0 {
            rest = behind;
            continue;
        }
        let common = first(bits);
        let here = rest.get(common..).unwrap_or_default();
        match here.first() {
            Some(&byte) if is_tchar(byte) => rest = here.get(1..).unwrap_or_default(),
            _ => return bytes.len() - here.len(),
        }
    }
    let left = rest.iter().position(|&byte| !is_tchar(byte)).unwrap_or(rest.len());
    bytes.len() - rest.len() + left
}

/// How many visible ASCII bytes stand in front: what a request target is made of.
#[inline]
pub(crate) fn visible_end(bytes: &[u8]) -> usize {
    let is_visible = |byte: u8| byte.wrapping_sub(0x21) < 0x5e;
    let mut rest = bytes;
    while let Some((block, behind)) = rest.split_first_chunk::<8>() {
        if !block.iter().fold(true, |all, &byte| all & is_visible(byte)) {
            break;
        }
        rest = behind;
    }
    let left = rest.iter().position(|&byte| !is_visible(byte)).unwrap_or(rest.len());
    bytes.len() - rest.len() + left
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each byte at each place of a block, among others of each kind.
    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=255u8 {
            for filler in *b"a-Z~9!" {
                for place in 0..40 {
                    for len in [place + 1, 40, 64] {
                        let mut bytes = vec![filler; len];
                        bytes[place] = byte;
                        if place > 2 {
                            bytes[place - 1] = b'Z';
                        }
                        let end = |is: &dyn Fn(u8) -> bool| bytes.iter().position(|&b| !is(b)).unwrap_or(len);
                        assert_eq!(value_end(&bytes), end(&|b| !is_control(b)), "{byte} at {place} of {len}");
                        assert_eq!(token_end(&bytes), end(&is_tchar), "{byte} at {place} of {len}");
                        assert_eq!(visible_end(&bytes), end(&|b| (0x21..0x7f).contains(&b)));
                    }
                }
            }
        }
    }

    #[test]
    fn pairs_of_bytes_do_not_disturb_each_other() {
        for pair in 0..=0xffffu16 {
            let [one, two] = pair.to_be_bytes();
            let bytes = [b'x', b'x', one, two, b'x', b'x', b'x', b'x'];
            let end = |is: &dyn Fn(u8) -> bool| bytes.iter().position(|&b| !is(b)).unwrap_or(8);
            assert_eq!(value_end(&bytes), end(&|b| !is_control(b)), "{one} {two}");
            assert_eq!(token_end(&bytes), end(&is_tchar), "{one} {two}");
        }
    }
}
