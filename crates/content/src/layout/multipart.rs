//! The parts of `multipart/*` (RFC 2046 §5.1), such as form data (RFC 7578).

use memchr::memmem;

use crate::MediaType;

/// One part, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Its header fields, without the empty line.
    pub head: &'a [u8],
    /// Its content.
    pub body: &'a [u8],
    /// Whether the delimiter behind it was there.
    pub complete: bool,
}

impl<'a> Part<'a> {
    /// The header fields: name, and value without surrounding white space.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.head.split(|&byte| byte == b'\n').filter_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            let (name, value) = line.split_at_checked(colon)?;
            Some((name.trim_ascii(), value.get(1..)?.trim_ascii()))
        })
    }

    /// The first field of that name, in any case of letters.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.fields().find(|(own, _)| own.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// Content-Disposition: its `name` and `filename` parameters tell what the part is.
    pub fn disposition(&self) -> Option<MediaType> {
        MediaType::parse(self.field("content-disposition")?)
    }
}

/// The parts between delimiters, in order; what stands before the first and behind the last is left out. One that is
/// cut off comes with what there is.
///
/// ```
/// let body = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n";
/// let part = wiretrace_content::multipart::parts(body, b"x").next().unwrap();
/// assert_eq!(part.disposition().unwrap().param("name"), Some(b"a".as_slice()));
/// assert_eq!((part.body, part.complete), (b"1".as_slice(), true));
/// ```
pub fn parts<'a>(content: &'a [u8], boundary: &[u8]) -> impl Iterator<Item = Part<'a>> + use<'a> {
    let delimiter = [b"--".as_slice(), boundary].concat();
    let finder = memmem::Finder::new(&delimiter).into_owned();
    // Bytes behind the last delimiter.
    let mut rest = next(content, &finder).and_then(|(_, behind)| behind);
    std::iter::from_fn(move || {
        let piece = rest.take()?;
        let (bytes, complete) = match next(piece, &finder) {
            Some((before, behind)) => {
                rest = behind;
                (before, true)
            }
            None => (piece, false),
        };
        let (head, body) = split_head(bytes);
        Some(Part { head, body, complete })
    })
}

/// What stands before the next delimiter line, and what behind it: `None` behind the closing one.
fn next<'a>(bytes: &'a [u8], finder: &memmem::Finder<'_>) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    for at in finder.find_iter(bytes) {
        let before = bytes.get(..at)?;
        let behind = bytes.get(at + finder.needle().len()..)?;
        let at_line_start = before.is_empty() || before.ends_with(b"\n");
        let before = before.strip_suffix(b"\n").unwrap_or(before);
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        if !at_line_start {
            continue;
        }
        if behind.starts_with(b"--") {
            return Some((before, None));
        }
        // White space up to the line's end (RFC 2046: transport padding).
        let end = behind.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(behind.len());
        let line_end = behind.get(end..)?;
        if let Some(rest) = line_end.strip_prefix(b"\r\n").or_else(|| line_end.strip_prefix(b"\n")) {
            return Some((before, Some(rest)));
        }
        if line_end.is_empty() || line_end == b"\r" {
            return Some((before, None)); // cut behind the delimiter
        }
    }
    None
}

/// The fields and the content; without an empty line all of it are fields.
fn split_head(part: &[u8]) -> (&[u8], &[u8]) {
    if let Some(body) = part.strip_prefix(b"\r\n").or_else(|| part.strip_prefix(b"\n")) {
        return (b"", body);
    }
    let crlf = memmem::find(part, b"\r\n\r\n").map(|at| (at, 4));
    let lf = memmem::find(part, b"\n\n").map(|at| (at, 2));
    let Some((at, len)) = crlf.into_iter().chain(lf).min() else { return (part, b"") };
    (part.get(..at).unwrap_or_default(), part.get(at + len..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(content: &[u8], boundary: &[u8]) -> Vec<(Vec<u8>, bool)> {
        parts(content, boundary).map(|part| (part.body.to_vec(), part.complete)).collect()
    }

    #[test]
    fn parts_end_at_delimiter_lines_only() {
        let body = b"preamble --b\r\n--b \t\r\nA: 1\r\nB:2\r\n\r\nx--b\r\n--bc\r\n\r\n--b\r\n\r\n\r\n--b--\r\nepilogue --b\r\n";
        let got = bodies(body, b"b");
        assert_eq!(got, [(b"x--b\r\n--bc\r\n".to_vec(), true), (b"".to_vec(), true)]);
        let first = parts(body, b"b").next().unwrap();
        let fields: Vec<_> = first.fields().collect();
        assert_eq!(fields, [(b"A".as_slice(), b"1".as_slice()), (b"B", b"2")]);
        assert_eq!(first.field("a"), Some(b"1".as_slice()));
    }

    #[test]
    fn what_is_cut_or_has_bare_line_feeds_is_there() {
        assert_eq!(
            bodies(b"--b\n\nx\n--b\nH: 1\n\nrest of it", b"b"),
            [(b"x".to_vec(), true), (b"rest of it".to_vec(), false)]
        );
        assert_eq!(bodies(b"--b\r\nHead: on", b"b"), [(b"".to_vec(), false)]);
        assert_eq!(bodies(b"no delimiter", b"b"), []);
        assert_eq!(bodies(b"--b", b"b"), []);
        assert_eq!(bodies(b"", b""), []);
    }

    #[test]
    fn many_false_delimiters_cost_linear_time() {
        let body = [b"--b\r\n\r\n".to_vec(), b"--bx".repeat(200_000)].concat();
        assert_eq!(bodies(&body, b"b").len(), 1);
    }
}
