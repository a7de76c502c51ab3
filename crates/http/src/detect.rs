//! Do these bytes look like HTTP/1?

use crate::grammar::request_line::{self, MAX_METHOD};
use crate::grammar::{is_tchar, split_line, status_line};

/// The two kinds of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// A request.
    Request,
    /// A response.
    Response,
}

const HTTP: &[u8] = b"HTTP/1.";

/// Whether `bytes` could be the beginning of a message: a status line, or a token and white space. Looks at the
/// first 65 bytes only; once false, it stays false whatever is appended.
///
/// ```
/// assert!(wiretrace_http::may_start(b"GE"));
/// assert!(wiretrace_http::may_start(b"HTTP/1.1 2"));
/// assert!(!wiretrace_http::may_start(b"\x16\x03\x01"));
/// assert!(!wiretrace_http::may_start(b"HTTP/2"));
/// ```
pub fn may_start(bytes: &[u8]) -> bool {
    impossible_at(bytes).is_none()
}

/// The length of the shortest prefix with which no message can begin, where there is one; the same for
/// whatever is appended.
pub(crate) fn impossible_at(bytes: &[u8]) -> Option<usize> {
    let common = bytes.iter().zip(HTTP).take_while(|(byte, http)| byte == http).count();
    if common == bytes.len().min(HTTP.len()) {
        return None;
    }
    // No status line, from `common` on. Until where a request line?
    let method = bytes.iter().take(MAX_METHOD + 1).take_while(|&&byte| is_tchar(byte)).count();
    if method > 0 && method <= MAX_METHOD && matches!(bytes.get(method), None | Some(b' ' | b'\t')) {
        return None;
    }
    Some(method.min(MAX_METHOD).max(common) + 1)
}

/// What kind of message begins here, if a whole and valid start line stands at the front.
///
/// ```
/// use wiretrace_http::{MessageKind, starts_message};
/// assert_eq!(starts_message(b"GET / HTTP/1.1\r\nHos"), Some(MessageKind::Request));
/// assert_eq!(starts_message(b"HTTP/1.0 200\n"), Some(MessageKind::Response));
/// assert_eq!(starts_message(b"GET / HTTP/1.1"), None);
/// ```
pub fn starts_message(bytes: &[u8]) -> Option<MessageKind> {
    if !may_start(bytes) {
        return None;
    }
    let (line, _, _) = split_line(bytes)?;
    kind_of_line(line)
}

pub(crate) fn kind_of_line(line: &[u8]) -> Option<MessageKind> {
    if line.starts_with(b"HTTP/") {
        status_line::parse(line).map(|_| MessageKind::Response)
    } else {
        request_line::parse(line).map(|_| MessageKind::Request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_start_lines_may_start_one() {
        for line in [&b"OPTIONS * HTTP/1.1\r\n"[..], b"HTTP/1.1 404 Not Found\r\n", b"HT-X / HTTP/1.0\n"] {
            for end in 0..=line.len() {
                assert!(may_start(&line[..end]), "{end}");
            }
            assert!(starts_message(line).is_some());
        }
    }

    #[test]
    fn once_impossible_always_impossible() {
        for bytes in [&b"\x80\x2e"[..], b"GET\r\n", b"SSH-2.0-x\r\n", b"HTTP/2 200", b" GET", &[b'A'; 80]] {
            let first = (0..=bytes.len()).find(|&end| !may_start(&bytes[..end]));
            let first = first.expect("impossible somewhere");
            assert!((first..=bytes.len()).all(|end| impossible_at(&bytes[..end]) == Some(first)));
        }
    }
}
