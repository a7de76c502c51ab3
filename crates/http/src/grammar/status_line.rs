//! `status-line = HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4), leniently: several
//! spaces, no space behind the code. A bare CR makes it none (§2.2).

use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::{rest, verify};
use nom::multi::many1_count;
use nom::{IResult, Parser};

use crate::Version;

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
    let (line, reason) = verify(rest, |rest: &[u8]| {
        matches!(rest.first(), None | Some(b' ' | b'\t')) && !rest.contains(&b'\r')
    })
    .parse(line)?;
    let status = code.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    let minor = minor.first().map_or(0, |digit| digit - b'0');
    Ok((line, StatusLine { version: Version { major: 1, minor }, status, reason: super::trim(reason) }))
}

/// Parses a line without its end.
pub(crate) fn parse(line: &[u8]) -> Option<StatusLine<'_>> {
    status_line(line).ok().map(|(_, line)| line)
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
        for line in [
            &b"HTTP/1.1"[..],
            b"HTTP/1.1 20",
            b"HTTP/1.1 2000",
            b"HTTP/2.0 200 OK",
            b"ICY 200 OK",
            b"HTTP/1.1 200x",
            b"HTTP/1.1 200 ok\rA: b",
            b"",
        ] {
            assert_eq!(parts(line), None);
        }
    }
}
