//! The loops that every byte of a head goes through: how far do bytes of a kind go? In words of eight bytes, where few
//! are expected; in blocks of sixteen, which the compiler turns into vector instructions, where there are many.

use super::{is_tchar, is_token};

/// Every byte of a word.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

const HIGH: u64 = each(0x80);

/// The number of the first byte of which a bit is set.
const fn first(bits: u64) -> usize {
    (bits.trailing_zeros() / 8) as usize
}

/// The word at a place, and what is behind it.
#[inline(always)]
fn split_word(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (word, behind) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*word), behind))
}

/// The high bit of each control byte and DEL is set. So may be that of another byte, behind one of those or behind 0xff,
/// by a carry; what is found is looked at again.
const fn maybe_controls(word: u64) -> u64 {
    (word.wrapping_sub(each(0x20)) | word.wrapping_add(each(1))) & !word & HIGH
}

/// The high bit of each byte that is no letter and no hyphen is set: those are not all of a token's, but most.
const fn uncommon(word: u64) -> u64 {
    let low = (word & !HIGH) | each(0x20);
    let is_letter = (low + each(0x80 - b'a')) & !(low + each(0x7f - b'z'));
    let is_hyphen = !(((word & !HIGH) ^ each(b'-')) + each(0x7f));
    (!(is_letter | is_hyphen) | word) & HIGH
}

/// A control byte other than HTAB, or DEL: what no field value and no reason phrase has (RFC 9110 §5.5).
const fn is_control(byte: u8) -> bool {
    ((byte < 0x20) & (byte != b'\t')) | (byte == 0x7f)
}

/// How many bytes of a field value, or of a reason phrase, stand in front.
#[inline(always)]
pub(crate) fn value_end(bytes: &[u8]) -> usize {
    // Most values are short.
    let mut place = 0;
    while place < 32 {
        let Some((word, _)) = bytes.get(place..).and_then(split_word) else { break };
        let bits = maybe_controls(word);
        if bits != 0 {
            let place = place + first(bits);
            // Nearly always the line's end.
            return match bytes.get(place) {
                Some(b'\r') => place,
                _ => value_end_from(bytes, place),
            };
        }
        place += 8;
    }
    value_end_from(bytes, place)
}

/// The same, of a long value: there is none before `from`.
#[inline(never)]
fn value_end_from(bytes: &[u8], from: usize) -> usize {
    let mut rest = bytes.get(from..).unwrap_or_default();
    while let Some((block, behind)) = rest.split_first_chunk::<16>() {
        if block.iter().fold(false, |odd, &byte| odd | is_control(byte)) {
            break;
        }
        rest = behind;
    }
    while let Some((word, behind)) = split_word(rest) {
        let bits = maybe_controls(word);
        if bits == 0 {
            rest = behind;
            continue;
        }
        let here = rest.get(first(bits)..).unwrap_or_default();
        match here.split_first() {
            Some((&byte, behind)) if !is_control(byte) => rest = behind,
            _ => return bytes.len() - here.len(),
        }
    }
    let left = rest.iter().position(|&byte| is_control(byte)).unwrap_or(rest.len());
    bytes.len() - rest.len() + left
}

/// The length of the name in front of a colon; `None` where no token and colon stand in front. What comes next depends on
/// where the colon is, and so waits for that; whether the name is a token is found out beside it.
#[inline(always)]
pub(crate) fn name_end(bytes: &[u8]) -> Option<usize> {
    let mut place = 0;
    let mut odd = 0;
    while let Some((word, _)) = bytes.get(place..).and_then(split_word) {
        let other = word ^ each(b':');
        // The first one is right; a carry may set the bit of one behind it.
        let colons = other.wrapping_sub(each(1)) & !other & HIGH;
        if colons != 0 {
            odd |= uncommon(word) & colons.wrapping_sub(1) & !colons;
            place += first(colons);
            let is_token = odd == 0 || bytes.get(..place).is_some_and(is_token);
            return (is_token && place > 0).then_some(place);
        }
        if uncommon(word) != 0 {
            odd = 1;
            if !bytes.get(place..place + 8).is_some_and(is_token) {
                return None;
            }
        }
        place += 8;
    }
    let rest = bytes.get(place..).unwrap_or_default();
    place += rest.iter().position(|&byte| !is_tchar(byte))?;
    (place > 0 && bytes.get(place) == Some(&b':')).then_some(place)
}

/// How many visible ASCII bytes stand in front: what a request target is made of.
#[inline(always)]
pub(crate) fn visible_end(bytes: &[u8]) -> usize {
    let mut place = 0;
    while let Some((word, _)) = bytes.get(place..).and_then(split_word) {
        // Set for each byte that is not visible. A carry may set the bit of another one, but behind one of those.
        let bits = (word.wrapping_sub(each(0x21)) | word.wrapping_add(each(1)) | word) & HIGH;
        if bits != 0 {
            return place + first(bits);
        }
        place += 8;
    }
    let rest = bytes.get(place..).unwrap_or_default();
    place + rest.iter().position(|&byte| byte.wrapping_sub(0x21) >= 0x5e).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_name(bytes: &[u8]) {
        let end = bytes.iter().position(|&byte| !is_tchar(byte));
        let want = end.filter(|&end| end > 0 && bytes[end] == b':');
        assert_eq!(name_end(bytes), want, "{}", bytes.escape_ascii());
    }

    /// Each byte at each place of a word, among others of each kind.
    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=255u8 {
            for filler in *b"a-Z~9!\xff" {
                for place in 0..60 {
                    for len in [place + 1, 60, 80] {
                        let mut bytes = vec![filler; len];
                        bytes[place] = byte;
                        if place > 2 {
                            bytes[place - 1] = b'Z';
                        }
                        let end = |is: &dyn Fn(u8) -> bool| bytes.iter().position(|&b| !is(b)).unwrap_or(len);
                        assert_eq!(value_end(&bytes), end(&|b| !is_control(b)), "{byte} at {place} of {len}");
                        check_name(&bytes);
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
            for len in [8, 40] {
                let mut bytes = vec![b'x'; len];
                (bytes[2], bytes[3]) = (one, two);
                let end = |is: &dyn Fn(u8) -> bool| bytes.iter().position(|&b| !is(b)).unwrap_or(len);
                assert_eq!(value_end(&bytes), end(&|b| !is_control(b)), "{one} {two}");
                check_name(&bytes);
                let mut with_colon = bytes.clone();
                with_colon[5] = b':';
                check_name(&with_colon);
                assert_eq!(visible_end(&bytes), end(&|b| (0x21..0x7f).contains(&b)), "{one} {two}");
            }
        }
    }
}
