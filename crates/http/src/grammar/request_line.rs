//! `request-line = method SP request-target SP HTTP-version` (RFC 9112 §3), leniently: any white space between
//! the parts, and white space and control bytes within the target. A bare CR makes it none (§2.2).

use nom::bytes::complete::{take_while_m_n, take_while1};
use nom::{IResult, Parser};

use super::{is_blank, is_tchar, target};
use crate::{Anomalies, Anomaly, Version};

/// Methods longer than this are no methods.
pub(crate) const MAX_METHOD: usize = 64;

const VERSION: &[u8] = b"HTTP/1.";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) target: &'a [u8],
    pub(crate) version: Version,
}

fn method_and_blanks(line: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, method) = take_while_m_n(1, MAX_METHOD, is_tchar).parse(line)?;
    let (rest, _) = take_while1(is_blank).parse(rest)?;
    Ok((rest, method))
}

/// Parses a line without its end.
pub(crate) fn parse(line: &[u8]) -> Option<RequestLine<'_>> {
    let (rest, method) = method_and_blanks(line).ok()?;
    // Behind the last white space stands the version, and behind that nothing but white space.
    let rest = super::trim_end(rest);
    let (target, version) = rest.split_at_checked(rest.len().checked_sub(VERSION.len() + 1)?)?;
    let minor = match version.strip_prefix(VERSION) {
        Some([minor @ b'0'..=b'9']) => minor - b'0',
        _ => return None,
    };
    let trimmed = super::trim_end(target);
    if trimmed.is_empty() || trimmed.len() == target.len() || memchr::memchr(b'\r', trimmed).is_some() {
        return None;
    }
    Some(RequestLine { method, target: trimmed, version: Version { major: 1, minor } })
}

/// What is odd about a line that parses.
pub(crate) fn oddities(line: &[u8], parsed: &RequestLine<'_>) -> Anomalies {
    let mut anomalies = Anomalies::default();
    let RequestLine { method, target, .. } = parsed;
    let behind = |place: usize| line.get(place) == Some(&b' ');
    if line.len() != method.len() + target.len() + 2 + VERSION.len() + 1
        || !behind(method.len())
        || !behind(method.len() + 1 + target.len())
    {
        anomalies.insert(Anomaly::StartLineSpace);
    }
    for &byte in *target {
        match byte {
            b' ' | b'\t' => anomalies.insert(Anomaly::SpaceInTarget),
            // The head as a whole is searched for it.
            0 => false,
            ..=0x1f | 0x7f => anomalies.insert(Anomaly::BadTarget),
            0x80.. => anomalies.insert(Anomaly::TargetNotAscii),
            _ => false,
        };
    }
    if !target::fits(method, target) {
        anomalies.insert(Anomaly::TargetForm);
    }
    anomalies
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
        assert_eq!(parts(b"GET\t/a\tHTTP/1.1"), Some(("GET", "/a", 1)));
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
            b"GET /xHTTP/1.1",
            b" GET / HTTP/1.1",
            b"G(T / HTTP/1.1",
            b"GET / HTTP/1.x",
            b"GET / HTTP/1.1x",
            b"GET /\rx HTTP/1.1",
            b"HTTP/1.1 200 OK",
        ] {
            assert_eq!(parts(line), None, "{}", String::from_utf8_lossy(line));
        }
        assert_eq!(parts(&[&[b'A'; 65][..], b" / HTTP/1.1"].concat()), None);
        assert!(parts(&[&[b'A'; 64][..], b" / HTTP/1.1"].concat()).is_some());
    }

    #[test]
    fn what_is_odd() {
        let odd = |line: &'static [u8]| oddities(line, &parse(line).unwrap()).iter().collect::<Vec<_>>();
        assert_eq!(odd(b"GET / HTTP/1.1"), []);
        assert_eq!(odd(b"GET  / HTTP/1.1"), [Anomaly::StartLineSpace]);
        assert_eq!(odd(b"GET /\tHTTP/1.1"), [Anomaly::StartLineSpace]);
        assert_eq!(odd(b"GET\t/ HTTP/1.1"), [Anomaly::StartLineSpace]);
        assert_eq!(odd(b"GET / HTTP/1.1 "), [Anomaly::StartLineSpace]);
        assert_eq!(odd(b"GET /a b HTTP/1.1"), [Anomaly::SpaceInTarget]);
        assert_eq!(odd(b"GET /a\x01 HTTP/1.1"), [Anomaly::BadTarget]);
        assert_eq!(odd(b"GET /\xff HTTP/1.1"), [Anomaly::TargetNotAscii]);
        assert_eq!(odd(b"GET a HTTP/1.1"), [Anomaly::TargetForm]);
    }
}
