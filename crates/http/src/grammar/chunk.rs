//! `chunk-size [ chunk-ext ]` (RFC 9112 §7.1), leniently: white space around the size, and anything behind it and
//! white space.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::opt;
use nom::multi::many0_count;
use nom::sequence::delimited;

use super::{is_blank, is_tchar, scan};
use crate::{Anomalies, Anomaly};

/// How far a chunk-size line that is not yet whole has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Part {
    /// In front of the size.
    #[default]
    Before,
    /// In the size.
    Size,
    /// Behind it.
    Behind,
}

impl Part {
    /// Goes on by these bytes; gives the place of the first one that no chunk-size line has there, if there is one.
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> Option<usize> {
        for (place, byte) in bytes.iter().enumerate() {
            *self = match (*self, byte) {
                (Part::Behind, _) => return None,
                (Part::Before | Part::Size, byte) if byte.is_ascii_hexdigit() => Part::Size,
                (Part::Before, b' ' | b'\t') => Part::Before,
                (Part::Size, b' ' | b'\t' | b';' | b'\r' | b'\n') => Part::Behind,
                _ => return Some(place),
            };
        }
        None
    }
}

/// Parses a chunk-size line without its end: the size, and what is odd about it; or what makes it none.
pub(crate) fn parse(line: &[u8]) -> Result<(u64, Anomalies), Anomaly> {
    let mut odd = Anomalies::default();
    let mut parser = (
        take_while::<_, _, ()>(is_blank),
        take_while1(|byte: u8| byte.is_ascii_hexdigit()),
        take_while(is_blank),
    );
    let (rest, (before, digits, behind)) = parser.parse(line).map_err(|_| Anomaly::BadChunk)?;
    let nought = digits.iter().take_while(|&&digit| digit == b'0').count();
    if digits.len() - nought > 16 {
        return Err(Anomaly::ChunkSizeOverflow);
    }
    let value = |digit: u8| u64::from(char::from(digit).to_digit(16).unwrap_or(0));
    let size = digits.iter().fold(0, |size, &digit| size << 4 | value(digit));
    if !before.is_empty() || rest.is_empty() && !behind.is_empty() {
        odd.insert(Anomaly::ChunkSizeSpace);
    }
    match rest.first() {
        Some(b';') if !are_extensions(rest) => {
            odd.insert(Anomaly::BadChunkExtension);
        }
        None | Some(b';') => {}
        // A bare CR is no white space here: recipients take it for very different things.
        Some(b'\r') => return Err(Anomaly::BadChunk),
        Some(_) if behind.is_empty() => return Err(Anomaly::BadChunk),
        Some(_) => {
            odd.insert(Anomaly::ChunkGarbage);
        }
    }
    if memchr::memchr(b'\r', rest).is_some() {
        odd.insert(Anomaly::BareCr);
    }
    Ok((size, odd))
}

/// `chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )` (RFC 9112 §7.1.1).
fn are_extensions(bytes: &[u8]) -> bool {
    let blanks = || take_while::<_, _, ()>(is_blank);
    let token = || take_while1::<_, _, ()>(is_tchar);
    let is_text =
        |byte: u8| is_blank(byte) || (byte >= 0x20 && byte != b'"' && byte != b'\\' && byte != 0x7f);
    let quoted = || {
        let pair = (tag::<_, _, ()>(&b"\\"[..]), nom::bytes::complete::take(1usize));
        let part = alt((pair.map(|_| ()), take_while1(is_text).map(|_| ())));
        delimited(tag(&b"\""[..]), many0_count(part), tag(&b"\""[..])).map(|_| ())
    };
    let value = (blanks(), tag(&b"="[..]), blanks(), alt((quoted(), token().map(|_| ()))));
    let one = (blanks(), tag(&b";"[..]), blanks(), token(), opt(value));
    let mut all = many0_count(one);
    matches!(all.parse(bytes), Ok((rest, _)) if rest.is_empty()) && scan::value_end(bytes) == bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (line, size) in [
            (&b"0"[..], 0),
            (b"1aF", 0x1af),
            (b"5;a=b;c;d=\"e;\\\"f\"", 5),
            (b"5 ; a = b\t;\tc", 5),
            (b"ffffffffffffffff", u64::MAX),
            (b"00000000000000000005", 5),
        ] {
            assert_eq!(parse(line), Ok((size, Anomalies::default())), "{}", line.escape_ascii());
        }
        for line in [&b""[..], b"g", b"5x", b"-1", b"0x5", b";a", b"\r", b" ", b"5\r", b"5 \r;a"] {
            assert_eq!(parse(line), Err(Anomaly::BadChunk), "{}", line.escape_ascii());
        }
        assert_eq!(parse(b"10000000000000000"), Err(Anomaly::ChunkSizeOverflow));
    }

    #[test]
    fn odd_ones() {
        for (line, anomaly) in [
            (&b" 5"[..], Anomaly::ChunkSizeSpace),
            (b"5 ", Anomaly::ChunkSizeSpace),
            (b"5 x", Anomaly::ChunkGarbage),
            (b"5;", Anomaly::BadChunkExtension),
            (b"5;=a", Anomaly::BadChunkExtension),
            (b"5;a=", Anomaly::BadChunkExtension),
            (b"5;a=\"b", Anomaly::BadChunkExtension),
            (b"5;a b", Anomaly::BadChunkExtension),
            (b"5;a=\"\x01\"", Anomaly::BadChunkExtension),
        ] {
            assert_eq!(parse(line), Ok((5, [anomaly].into_iter().collect())), "{}", line.escape_ascii());
        }
        let both = [Anomaly::BadChunkExtension, Anomaly::BareCr].into_iter().collect();
        assert_eq!(parse(b"5;a\rb"), Ok((5, both)));
    }

    #[test]
    fn a_wrong_byte_shows_at_once() {
        for (line, place) in [
            (&b"HTTP/1.1"[..], Some(0)),
            (b"\r\n", Some(0)),
            (b" DELETE", Some(3)),
            (b"5x", Some(1)),
            (b"5 x", None),
            (b"5;x", None),
            (b"  aA\n", None),
        ] {
            assert_eq!(Part::default().advance(line), place, "{}", line.escape_ascii());
            let mut part = Part::default();
            let bytewise = (0..line.len()).find(|&place| part.advance(&line[place..=place]).is_some());
            assert_eq!(bytewise, place, "{}", line.escape_ascii());
        }
    }
}
