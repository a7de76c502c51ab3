//! Domain names with compression (RFC 1035 §4.1.4).

use core::fmt;

use nom::bytes::complete::take;
use nom::number::complete::be_u8;
use nom::{IResult, Parser};

/// Labels of a name: 255 bytes have room for no more (RFC 1035 §2.3.4).
pub const MAX_LABELS: usize = 127;
/// Compression pointers followed in one name; more are malformed.
pub const MAX_POINTERS: usize = 32;
/// Bytes of a name, length bytes included.
const MAX_BYTES: usize = 255;

/// A domain name, borrowed from its message. It was walked once when it was parsed, so what is iterated over is
/// whole: every pointer points before the place where the name, or the part behind the last pointer, begins, at most
/// [`MAX_POINTERS`] of them, at most 255 bytes in all.
///
/// Displays as master files have it (RFC 1035 §5.1), without the last dot: printable ASCII; other bytes are `\DDD`.
#[derive(Clone, Copy, Debug)]
pub struct DnsName<'f> {
    message: &'f [u8],
    start: usize,
}

enum Part<'f> {
    End,
    Label(&'f [u8]),
    Pointer(usize),
}

fn part(input: &[u8]) -> IResult<&[u8], Part<'_>> {
    let (rest, first) = be_u8(input)?;
    match first {
        0 => Ok((rest, Part::End)),
        1..=63 => take(first).map(Part::Label).parse(rest),
        0xc0.. => {
            be_u8.map(|low| Part::Pointer(usize::from(first & 0x3f) << 8 | usize::from(low))).parse(rest)
        }
        // The two other label types are obsolete (RFC 6891 §5).
        _ => Err(nom::Err::Error(nom::error::make_error(input, nom::error::ErrorKind::Tag))),
    }
}

/// The labels of a name in order; ends early where the name is malformed.
#[derive(Clone, Debug)]
pub struct Labels<'f> {
    message: &'f [u8],
    at: usize,
    /// Where the present piece begins: pointers must point before it.
    piece: usize,
    pointers: usize,
    bytes: usize,
    /// Where the name's own bytes end: behind the first pointer or the final zero.
    end: Option<usize>,
    complete: bool,
}

impl<'f> Iterator for Labels<'f> {
    type Item = &'f [u8];

    fn next(&mut self) -> Option<&'f [u8]> {
        if self.complete {
            return None;
        }
        loop {
            let (rest, part) = part(self.message.get(self.at..)?).ok()?;
            let after = self.message.len() - rest.len();
            match part {
                Part::End => {
                    self.end.get_or_insert(after);
                    self.complete = true;
                    return None;
                }
                Part::Label(label) => {
                    self.bytes += 1 + label.len();
                    self.at = after;
                    return (self.bytes < MAX_BYTES).then_some(label);
                }
                Part::Pointer(target) => {
                    self.end.get_or_insert(after);
                    self.pointers += 1;
                    if target >= self.piece || self.pointers > MAX_POINTERS {
                        return None;
                    }
                    (self.at, self.piece) = (target, target);
                }
            }
        }
    }
}

impl<'f> DnsName<'f> {
    /// The name at `start` of `message`, and where what follows it begins; `None` where it is malformed.
    pub fn parse(message: &'f [u8], start: usize) -> Option<(Self, usize)> {
        let name = DnsName { message, start };
        let mut labels = name.labels();
        labels.by_ref().for_each(drop);
        if labels.complete { Some((name, labels.end?)) } else { None }
    }

    /// Its labels, from the leftmost to the one below the root.
    pub fn labels(&self) -> Labels<'f> {
        let (message, at) = (self.message, self.start);
        Labels { message, at, piece: at, pointers: 0, bytes: 0, end: None, complete: false }
    }
}

/// Without regard to the case of ASCII letters (RFC 4343).
impl PartialEq for DnsName<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (mut ours, mut theirs) = (self.labels(), other.labels());
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => {}
                _ => return false,
            }
        }
    }
}

impl Eq for DnsName<'_> {}

impl fmt::Display for DnsName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut labels = self.labels().peekable();
        if labels.peek().is_none() {
            return f.write_str(".");
        }
        while let Some(label) = labels.next() {
            write_characters(f, label, b'.')?;
            if labels.peek().is_some() {
                f.write_str(".")?;
            }
        }
        Ok(())
    }
}

/// Printable ASCII as it is, `special`, quotes and backslashes behind a backslash, everything else as `\DDD`.
pub(super) fn write_characters(f: &mut fmt::Formatter<'_>, bytes: &[u8], special: u8) -> fmt::Result {
    let plain = |byte: &u8| byte.is_ascii_graphic() && *byte != special && !matches!(byte, b'\\' | b'"');
    let mut rest = bytes;
    while !rest.is_empty() {
        let len = rest.iter().position(|byte| !plain(byte)).unwrap_or(rest.len());
        let (text, behind) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        f.write_str(core::str::from_utf8(text).unwrap_or_default())?;
        let Some((&byte, behind)) = behind.split_first() else { break };
        match byte {
            b' ' if special != b'.' => f.write_str(" ")?,
            b'.' | b'\\' | b'"' => write!(f, "\\{}", byte as char)?,
            _ => write!(f, "\\{byte:03}")?,
        }
        rest = behind;
    }
    Ok(())
}
