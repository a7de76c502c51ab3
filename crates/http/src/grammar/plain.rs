//! Heads without anything odd, in one pass: what nearly every message has. Whatever else a head may be is left to the
//! productions beside this one, which also say what is odd about it.

use super::field::Fields;
use super::request_line::{MAX_METHOD, RequestLine};
use super::status_line::StatusLine;
use super::{StartLine, is_tchar, scan, target, trim};
use crate::{Field, Version};

/// Parses a whole head at the front of `bytes`; gives its length. `None`: it is not whole, or odd.
pub(crate) fn parse<'a>(bytes: &'a [u8], fields: &mut Fields<'a>) -> Option<(StartLine<'a>, usize)> {
    let (start, mut rest) = match bytes.strip_prefix(b"HTTP/1.") {
        Some(rest) => status_line(rest)?,
        None => request_line(bytes)?,
    };
    loop {
        let Some(len) = scan::name_end(rest) else {
            // The empty line; or an odd one, such as a folded one, which has no name.
            let behind = behind_line(rest)?;
            return Some((start, bytes.len() - behind.len()));
        };
        let (name, behind) = rest.split_at_checked(len)?;
        let value = match behind {
            [b':', b' ', value @ ..] => value,
            [b':', value @ ..] => value,
            _ => return None,
        };
        let (value, behind) = value.split_at_checked(scan::value_end(value))?;
        rest = behind_line(behind)?;
        // Of its bytes, blanks are the lowest ones.
        let value = match value {
            [first, .., last] if *first > b' ' && *last > b' ' => value,
            _ => trim(value),
        };
        fields.push(Field { name, value });
    }
}

/// What is behind the CRLF in front.
#[inline(always)]
fn behind_line(bytes: &[u8]) -> Option<&[u8]> {
    let (end, behind) = bytes.split_first_chunk::<2>()?;
    (u16::from_le_bytes(*end) == u16::from_le_bytes(*b"\r\n")).then_some(behind)
}

#[inline(always)]
fn request_line(bytes: &[u8]) -> Option<(StartLine<'_>, &[u8])> {
    let len = bytes.iter().take(MAX_METHOD + 1).position(|&byte| !is_tchar(byte))?;
    let (method, rest) = bytes.split_at_checked(len)?;
    let [b' ', rest @ ..] = rest else { return None };
    let (target, rest) = rest.split_at_checked(scan::visible_end(rest))?;
    let (version, rest) = rest.split_first_chunk::<11>()?;
    let [b' ', b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9', b'\r', b'\n'] = version else {
        return None;
    };
    let is_origin = matches!(target, [b'/', ..]) && method != b"CONNECT";
    if method.is_empty() || !is_origin && !target::fits(method, target) {
        return None;
    }
    let version = Version { major: 1, minor: minor - b'0' };
    Some((StartLine::Request(RequestLine { method, target, version }), rest))
}

/// Behind `HTTP/1.`.
#[inline(always)]
fn status_line(bytes: &[u8]) -> Option<(StartLine<'_>, &[u8])> {
    let (&[minor, b' ', a, b, c], rest) = bytes.split_first_chunk::<5>()? else { return None };
    if ![minor, a, b, c].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (reason, rest) = match rest {
        [b' ', rest @ ..] => rest.split_at_checked(scan::value_end(rest))?,
        _ => (&[][..], rest),
    };
    let rest = behind_line(rest)?;
    let number = |digit: u8| u16::from(digit - b'0');
    let status = 100 * number(a) + 10 * number(b) + number(c);
    let version = Version { major: 1, minor: minor - b'0' };
    Some((StartLine::Status(StatusLine { version, status, reason: trim(reason) }), rest))
}

#[cfg(test)]
mod tests {
    use super::super::field::parse_section;
    use super::super::split_line;
    use super::*;
    use crate::Anomalies;

    /// What the other productions say of the same bytes, if they find nothing odd.
    fn slowly(bytes: &[u8]) -> Option<(String, usize)> {
        let (line, rest, bare) = split_line(bytes)?;
        let (start, mut anomalies) = StartLine::parse(line)?;
        let len = crate::held::EndOfSection::default().find(bytes)?;
        let mut scratch = Vec::new();
        let mut fields = Fields::new();
        let section = rest.get(..len - (bytes.len() - rest.len()))?;
        parse_section(section, &mut scratch, &mut fields, &mut anomalies);
        let plain = !bare && memchr::memchr(0, &bytes[..len]).is_none() && anomalies == Anomalies::default();
        plain.then(|| (format!("{start:?} {fields:?}"), len))
    }

    fn quickly(bytes: &[u8]) -> Option<(String, usize)> {
        let mut fields = Fields::new();
        let (start, len) = parse(bytes, &mut fields)?;
        Some((format!("{start:?} {fields:?}"), len))
    }

    #[test]
    fn the_same_as_the_other_productions_where_nothing_is_odd() {
        use wiretrace_testkit::split::Rng;
        let heads: [&[u8]; 9] = [
            b"GET /a?b HTTP/1.1\r\nHost: a\r\nAccept-Language:\t en, de \r\nX:\r\n\r\nbody",
            b"OPTIONS * HTTP/1.0\r\n\r\n",
            b"CONNECT a:1 HTTP/1.1\r\nUser-Agent: curl/8.5.0 (a; b)\r\n\r\n",
            b"M-SEARCH * HTTP/1.1\r\nA1!#$%&'*+.^_`|~9: \xe4\xff\r\n\r\n",
            b"GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: a=b; Path=/; HttpOnly; Secure\r\n\r\n",
            b"HTTP/1.0 404 \r\nA: b\r\n\r\n",
            b"HTTP/1.1 204\r\n\r\n",
            b"HTTP/1.1 301  Moved \xe4 \t\r\nLocation: /\r\n\r\n",
        ];
        for head in heads {
            assert!(quickly(head).is_some() && quickly(head) == slowly(head), "{}", head.escape_ascii());
        }
        let mut rng = Rng::new(3);
        let mut both = 0;
        for round in 0..40_000 {
            let head = rng.mutate(heads[round % heads.len()], 1);
            let (quick, slow) = (quickly(&head), slowly(&head));
            assert_eq!(quick, slow, "{}", head.escape_ascii());
            both += u32::from(quick.is_some());
        }
        assert!(both > 10_000, "{both} of 40,000 mutated heads have nothing odd");
    }
}
