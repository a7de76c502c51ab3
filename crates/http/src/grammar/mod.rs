//! The grammar of HTTP/1, one production a file. Everything here parses complete slices: what is not yet
//! complete is found out by looking for line ends, before.

pub(crate) mod chunk;
pub(crate) mod field;
pub(crate) mod request_line;
pub(crate) mod status_line;

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
