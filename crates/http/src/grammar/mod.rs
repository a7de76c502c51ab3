//! The grammar of HTTP/1, one production a file. Everything here parses complete slices: what is not yet
//! complete is found out by looking for line ends, before.

pub(crate) mod chunk;
pub(crate) mod field;
pub(crate) mod host;
pub(crate) mod plain;
pub(crate) mod request_line;
pub(crate) mod scan;
pub(crate) mod status_line;
pub(crate) mod target;

use request_line::RequestLine;
use status_line::StatusLine;

use crate::Anomalies;

/// The first line of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StartLine<'a> {
    Request(RequestLine<'a>),
    Status(StatusLine<'a>),
}

impl<'a> StartLine<'a> {
    /// Parses a line without its end, leniently, and says what is odd about it.
    pub(crate) fn parse(line: &'a [u8]) -> Option<(Self, Anomalies)> {
        if let Some(parsed) = status_line::parse(line) {
            let odd = status_line::oddities(line, &parsed);
            Some((StartLine::Status(parsed), odd))
        } else {
            let parsed = request_line::parse(line)?;
            let odd = request_line::oddities(line, &parsed);
            Some((StartLine::Request(parsed), odd))
        }
    }
}

/// A token character (RFC 9110 §5.6.2).
#[inline]
#[allow(clippy::indexing_slicing, reason = "a byte is below 256")]
pub(crate) const fn is_tchar(byte: u8) -> bool {
    TCHARS[byte as usize]
}

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
static TCHARS: [bool; 256] = {
    let marks = b"!#$%&'*+-.^_`|~";
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut place = 0;
    while place < marks.len() {
        table[marks[place] as usize] = true;
        place += 1;
    }
    table
};

/// White space within a line.
pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether it is a token (RFC 9110 §5.6.2).
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_tchar(byte))
}

/// Without white space (SP, HTAB) at both ends.
#[inline]
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    trim_end(trim_start(bytes))
}

/// Without white space (SP, HTAB) at its front.
#[inline]
pub(crate) fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Without white space (SP, HTAB) at its end.
#[inline]
pub(crate) fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The first line of `bytes` without its end (LF or CRLF), what follows it, and whether the LF was bare;
/// `None` where no line ends.
pub(crate) fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8], bool)> {
    let (line, rest) = bytes.split_at_checked(memchr::memchr(b'\n', bytes)?)?;
    let rest = rest.get(1..)?;
    Some(match line {
        [line @ .., b'\r'] => (line, rest, false),
        line => (line, rest, true),
    })
}
