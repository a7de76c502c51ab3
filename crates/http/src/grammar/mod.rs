//! The grammar of HTTP/1, one production a file. Everything here parses complete slices: what is not yet
//! complete is found out by looking for line ends, before.

pub(crate) mod chunk;
pub(crate) mod field;
pub(crate) mod request_line;
pub(crate) mod status_line;

/// A token character (RFC 9110 §5.6.2).
pub(crate) const fn is_tchar(byte: u8) -> bool {
    matches!(byte,
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-'
        | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

/// Without white space (SP, HTAB) at both ends.
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
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
