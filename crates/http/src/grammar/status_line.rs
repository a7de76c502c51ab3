//! `status-line = HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4), leniently: several spaces, none
//! behind the code, control bytes in the reason. A bare CR ends it, as many recipients have it: [`split_cr`].

use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::{rest, verify};
use nom::multi::many1_count;
use nom::{IResult, Parser};

use crate::{Anomalies, Anomaly, Version};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StatusLine<'a> {
    pub(crate) version: Version,
    pub(crate) status: u16,
    pub(crate) reason: &'a [u8],
}

fn status_line(line: &[u8]) -> IResult<&[u8], StatusLine<'_>> {
    let digit = |byte: u8| byte.is_ascii_digit();
    let (line, _) = tag(&b"HTTP/1."[..]).parse(line)?;
    let (line, minor) = take_while_m_n(1, 1, digit).parse(line)?;
    let (line, _) = many1_count(char(' ')).parse(line)?;
    let (line, code) = take_while_m_n(3, 3, digit).parse(line)?;
    let (line, reason) =
        verify(rest, |rest: &[u8]| matches!(rest.first(), None | Some(b' ' | b'\t'))).parse(line)?;
    let status = code.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    let minor = minor.first().map_or(0, |digit| digit - b'0');
    Ok((line, StatusLine { version: Version { major: 1, minor }, status, reason: super::trim(reason) }))
}

/// Parses a line without its end, up to a bare CR.
pub(crate) fn parse(line: &[u8]) -> Option<StatusLine<'_>> {
    status_line(split_cr(line).map_or(line, |(line, _)| line)).ok().map(|(_, line)| line)
}

/// What stands in front of the first bare CR of a line without its end, and behind it: a field line.
pub(crate) fn split_cr(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (line, behind) = line.split_at_checked(memchr::memchr(b'\r', line)?)?;
    Some((line, behind.get(1..)?))
}

/// What is odd about a line that parses.
pub(crate) fn oddities(line: &[u8], parsed: &StatusLine<'_>) -> Anomalies {
    let mut anomalies = Anomalies::default();
    // `HTTP/1.1 200 `: one space at both places; the second may be missing where nothing follows.
    if line.get(9) == Some(&b' ') || line.get(12) == Some(&b'\t') {
        anomalies.insert(Anomaly::StartLineSpace);
    }
    if split_cr(line).is_some() {
        anomalies.insert(Anomaly::BareCr);
    }
    anomalies.extend(super::field::control_bytes(parsed.reason));
    anomalies
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &[u8]) -> Option<(u8, u16, &[u8])> {
        parse(line).map(|line| (line.version.minor, line.status, line.reason))
    }

    #[test]
    fn status_lines() {
        assert_eq!(parts(b"HTTP/1.1 200 OK"), Some((1, 200, &b"OK"[..])));
        assert_eq!(parts(b"HTTP/1.0 404 Not Found"), Some((0, 404, &b"Not Found"[..])));
        assert_eq!(parts(b"HTTP/1.1 204"), Some((1, 204, &b""[..])));
        assert_eq!(parts(b"HTTP/1.1  204 "), Some((1, 204, &b""[..])));
        assert_eq!(parts(b"HTTP/1.1 204\tno"), Some((1, 204, &b"no"[..])));
        assert_eq!(parts(b"HTTP/1.1 200 ok\rA: b"), Some((1, 200, &b"ok"[..])));
        for line in [
            &b"HTTP/1.1"[..],
            b"HTTP/1.1 20",
            b"HTTP/1.1 2000",
            b"HTTP/2.0 200 OK",
            b"ICY 200 OK",
            b"HTTP/1.1 200x",
            b"HTTP/1.1\t200 OK",
            b"HTTP/1.1\r200 OK",
            b"",
        ] {
            assert_eq!(parts(line), None);
        }
    }

    #[test]
    fn what_is_odd() {
        let odd = |line: &'static [u8]| oddities(line, &parse(line).unwrap()).iter().collect::<Vec<_>>();
        for line in [&b"HTTP/1.1 200 OK"[..], b"HTTP/1.1 200", b"HTTP/1.1 200 ", b"HTTP/1.1 200 \xe4 \t"] {
            assert_eq!(odd(line), []);
        }
        assert_eq!(odd(b"HTTP/1.1  200 OK"), [Anomaly::StartLineSpace]);
        assert_eq!(odd(b"HTTP/1.1 200\tOK"), [Anomaly::StartLineSpace]);
        assert_eq!(odd(b"HTTP/1.1 200 O\rK"), [Anomaly::BareCr]);
        assert_eq!(odd(b"HTTP/1.1 200 O\x07K"), [Anomaly::ControlByte]);
    }
}
