//! `request-line = method SP request-target SP HTTP-version` (RFC 9112 §3), leniently: several spaces, and
//! spaces within the target. A bare CR makes it none (§2.2).

use nom::bytes::complete::take_while_m_n;
use nom::character::complete::char;
use nom::multi::many1_count;
use nom::{IResult, Parser};

use super::is_tchar;
use crate::Version;

/// Methods longer than this are no methods.
pub(crate) const MAX_METHOD: usize = 64;

const VERSION: &[u8] = b" HTTP/1.";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) target: &'a [u8],
    pub(crate) version: Version,
}

fn method_and_spaces(line: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, method) = take_while_m_n(1, MAX_METHOD, is_tchar).parse(line)?;
    let (rest, _) = many1_count(char(' ')).parse(rest)?;
    Ok((rest, method))
}

/// Parses a line without its end.
pub(crate) fn parse(line: &[u8]) -> Option<RequestLine<'_>> {
    let (rest, method) = method_and_spaces(line).ok()?;
    // Behind the last space stands the version, and behind that nothing but white space.
    let mut rest = rest;
    while let [shorter @ .., b' ' | b'\t'] = rest {
        rest = shorter;
    }
    let (target, version) = rest.split_at_checked(rest.len().checked_sub(VERSION.len() + 1)?)?;
    let minor = match version.strip_prefix(VERSION) {
        Some([minor @ b'0'..=b'9']) => minor - b'0',
        _ => return None,
    };
    let mut target = target;
    while let [shorter @ .., b' '] = target {
        target = shorter;
    }
    if target.is_empty() || memchr::memchr(b'\r', target).is_some() {
        return None;
    }
    Some(RequestLine { method, target, version: Version { major: 1, minor } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &[u8]) -> Option<(&str, &str, u8)> {
        let line = parse(line)?;
        Some((
            std::str::from_utf8(line.method).unwrap(),
            std::str::from_utf8(line.target).unwrap(),
            line.version.minor,
        ))
    }

    #[test]
    fn conforming_and_lenient() {
        assert_eq!(parts(b"GET / HTTP/1.1"), Some(("GET", "/", 1)));
        assert_eq!(parts(b"M-SEARCH * HTTP/1.0"), Some(("M-SEARCH", "*", 0)));
        assert_eq!(parts(b"GET  /a b  HTTP/1.1 \t"), Some(("GET", "/a b", 1)));
        assert_eq!(parts(b"GET /a HTTP/1.1 HTTP/1.0"), Some(("GET", "/a HTTP/1.1", 0)));
        assert_eq!(parts(b"CONNECT a:443 HTTP/1.1"), Some(("CONNECT", "a:443", 1)));
    }

    #[test]
    fn not_request_lines() {
        for line in [
            &b""[..],
            b"GET",
            b"GET /",
            b"GET / HTTP/2.0",
            b"GET HTTP/1.1",
            b"GET  HTTP/1.1",
            b" GET / HTTP/1.1",
            b"G(T / HTTP/1.1",
            b"GET / HTTP/1.x",
            b"GET /\rx HTTP/1.1",
            b"GET / HTTP/1.1x",
            b"HTTP/1.1 200 OK",
        ] {
            assert_eq!(parts(line), None, "{}", String::from_utf8_lossy(line));
        }
        assert_eq!(parts(&[&[b'A'; 65][..], b" / HTTP/1.1"].concat()), None);
        assert!(parts(&[&[b'A'; 64][..], b" / HTTP/1.1"].concat()).is_some());
    }
}
