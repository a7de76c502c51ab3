//! `chunk-size [ chunk-ext ]` (RFC 9112 §7.1), leniently: white space around the size.

use nom::Parser;
use nom::bytes::complete::take_while;
use nom::combinator::verify;

/// Parses a chunk-size line without its end: the size, or `None`. Sizes that need more than 64 bits are
/// none.
pub(crate) fn parse(line: &[u8]) -> Option<u64> {
    let blank = |byte: u8| matches!(byte, b' ' | b'\t');
    let mut parser = (
        take_while::<_, _, ()>(blank),
        verify(take_while(|byte: u8| byte.is_ascii_hexdigit()), |digits: &[u8]| {
            (1..=16).contains(&digits.len())
        }),
        take_while(blank),
    );
    let (rest, (_, digits, _)) = parser.parse(line).ok()?;
    if !matches!(rest.first(), None | Some(b';')) {
        return None;
    }
    Some(
        digits
            .iter()
            .fold(0, |size, &digit| size << 4 | u64::from(char::from(digit).to_digit(16).unwrap_or(0))),
    )
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn sizes() {
        assert_eq!(parse(b"0"), Some(0));
        assert_eq!(parse(b"1aF"), Some(0x1af));
        assert_eq!(parse(b" 5 \t;a=b"), Some(5));
        assert_eq!(parse(b"ffffffffffffffff"), Some(u64::MAX));
        for line in [&b""[..], b"g", b"5x", b"5 x", b"10000000000000000", b"-1", b"0x5", b";a"] {
            assert_eq!(parse(line), None);
        }
    }
}
