//! The option list at the end of a block's body (draft-ietf-opsawg-pcapng §3.5).
//!
//! A list that is cut or lies about a length ends there: options only add to a block, a bad one does not spoil it.

use nom::Parser;
use nom::bytes::complete::take;
use nom::number::Endianness;
use nom::number::complete::{u16, u64};

/// `opt_endofopt`
const END_OF_OPTIONS: u16 = 0;

/// The options of a block, one `(code, value)` at a time.
pub(super) struct Options<'a> {
    rest: &'a [u8],
    endianness: Endianness,
}

impl<'a> Options<'a> {
    /// `list` begins with the first option; what lies behind `opt_endofopt` is not looked at.
    pub(super) fn new(list: &'a [u8], endianness: Endianness) -> Self {
        Options { rest: list, endianness }
    }
}

fn option(input: &[u8], endianness: Endianness) -> nom::IResult<&[u8], (u16, &[u8])> {
    let (input, (code, len)) = (u16(endianness), u16(endianness)).parse(input)?;
    let (input, value) = take(len)(input)?;
    // Padded to 32 bits; at the very end the padding may have been cut with the list.
    let padding = usize::from(len).wrapping_neg() % 4;
    Ok((input.get(padding..).unwrap_or_default(), (code, value)))
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (rest, (code, value)) = option(self.rest, self.endianness).ok()?;
        self.rest = if code == END_OF_OPTIONS { &[] } else { rest };
        (code != END_OF_OPTIONS).then_some((code, value))
    }
}

/// The value of an option that is one 64-bit number.
pub(super) fn number(value: &[u8], endianness: Endianness) -> Option<u64> {
    let (rest, number) = u64::<_, ()>(endianness)(value).ok()?;
    rest.is_empty().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_padded_and_end() {
        let list = [1, 0, 3, 0, b'a', b'b', b'c', 0, 9, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0];
        let seen: Vec<_> = Options::new(&list, Endianness::Little).collect();
        assert_eq!(seen, [(1, &b"abc"[..]), (9, &[6][..])]);
    }

    #[test]
    fn a_lying_length_ends_the_list() {
        let list = [0, 1, 0, 1, b'a', 0, 0, 0, 0, 2, 0, 9, 1, 2, 3];
        let seen: Vec<_> = Options::new(&list, Endianness::Big).collect();
        assert_eq!(seen, [(1, &b"a"[..])]);
        assert_eq!(Options::new(&[1], Endianness::Big).next(), None);
    }

    #[test]
    fn numbers_have_eight_bytes() {
        assert_eq!(number(&[0, 0, 0, 0, 0, 0, 1, 2], Endianness::Big), Some(258));
        assert_eq!(number(&[0; 7], Endianness::Big), None);
        assert_eq!(number(&[0; 9], Endianness::Big), None);
    }
}
