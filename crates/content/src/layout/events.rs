//! Server-sent events (HTML Standard §9.2.6).

/// One event of a stream, or a block of comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event<'a> {
    /// The last `event` field: its type.
    pub kind: Option<&'a [u8]>,
    /// The last `id` field.
    pub id: Option<&'a [u8]>,
    /// The last `retry` field.
    pub retry: Option<&'a [u8]>,
    /// The values of the `data` fields, one a line.
    pub data: Vec<&'a [u8]>,
    /// Comments: what follows a colon at a line's start. Many servers keep connections open with them.
    pub comments: Vec<&'a [u8]>,
    /// Whether the empty line behind it was there: an event without is not dispatched by clients.
    pub complete: bool,
    /// Where in the content that line begins, as [`Ends`] gives it; else, the content's end.
    pub end: usize,
}

/// Finds where events end, while their stream comes in pieces: to tell when each was complete.
///
/// ```
/// use wiretrace_content::events::{Ends, events};
///
/// let (mut ends, mut found) = (Ends::default(), Vec::new());
/// for piece in [b"data: 1\n".as_slice(), b"\ndata: 2\r", b"\n\r", b"\n"] {
///     ends.push(piece, &mut |end| found.push(end));
/// }
/// assert_eq!(found, [8, 18]);
/// let own: Vec<_> = events(b"data: 1\n\ndata: 2\r\n\r\n").map(|event| event.end as u64).collect();
/// assert_eq!(own, found);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ends {
    /// Bytes before the next piece.
    offset: u64,
    /// The line under way is not empty.
    in_line: bool,
    /// So was one since the last empty one.
    any: bool,
    /// The last byte was a CR: an LF belongs to it.
    after_cr: bool,
}

impl Ends {
    /// Takes the next bytes; gives `end` the offset at which each empty line begins that completes something. There may be
    /// more of them than events: a block of unknown fields is none.
    pub fn push(&mut self, piece: &[u8], end: &mut dyn FnMut(u64)) {
        if piece.is_empty() {
            return;
        }
        let mut rest = piece;
        if std::mem::take(&mut self.after_cr) {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        let offset_of = |rest: &[u8]| self.offset + (piece.len() - rest.len()) as u64;
        while let Some(place) = memchr::memchr2(b'\r', b'\n', rest) {
            let (line, behind) = rest.split_at_checked(place).unwrap_or((rest, &[]));
            if self.in_line || !line.is_empty() {
                (self.in_line, self.any) = (false, true);
            } else if std::mem::take(&mut self.any) {
                end(offset_of(rest));
            }
            self.after_cr = behind == b"\r";
            rest = behind.strip_prefix(b"\r\n").or_else(|| behind.get(1..)).unwrap_or_default();
        }
        self.in_line |= !rest.is_empty();
        self.offset += piece.len() as u64;
    }
}

/// The events of a stream, in order. Blocks of nothing but unknown fields are left out.
///
/// ```
/// let events: Vec<_> = wiretrace_content::events::events(b"event: tick\ndata: 1\ndata:2\n\n: hi\n\n").collect();
/// assert_eq!(events[0].kind, Some(b"tick".as_slice()));
/// assert_eq!(events[0].data, [b"1", b"2"]);
/// assert_eq!(events[1].comments, [b"hi"]);
/// ```
pub fn events(content: &[u8]) -> impl Iterator<Item = Event<'_>> {
    let whole = content.len();
    let mut rest = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    std::iter::from_fn(move || {
        let mut event = Event::default();
        let mut any = false;
        while !rest.is_empty() {
            let begin = whole - rest.len();
            let end = memchr::memchr2(b'\r', b'\n', rest);
            let (line, behind) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
            rest = behind
                .strip_prefix(b"\r\n")
                .or_else(|| behind.strip_prefix(b"\n"))
                .or_else(|| behind.strip_prefix(b"\r"))
                .unwrap_or_default();
            if line.is_empty() {
                if any {
                    event.complete = true;
                    event.end = begin;
                    return Some(event);
                }
                continue;
            }
            let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
            let (name, value) = line.split_at_checked(colon)?;
            let value = value.strip_prefix(b":").unwrap_or(value);
            let value = value.strip_prefix(b" ").unwrap_or(value);
            match name {
                b"" => event.comments.push(value),
                b"event" => event.kind = Some(value),
                b"id" => event.id = Some(value),
                b"retry" => event.retry = Some(value),
                b"data" => event.data.push(value),
                _ => continue,
            }
            any = true;
        }
        event.end = whole;
        any.then_some(event)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_any_of_three_ways() {
        let stream = b"\xef\xbb\xbfid: 7\rdata:a\r\n\ndata\n\nunknown: x\n\nretry: 10\ndata:  b\r";
        let got: Vec<_> = events(stream).collect();
        assert_eq!(got.len(), 3, "{got:?}");
        assert_eq!((got[0].id, &got[0].data[..]), (Some(b"7".as_slice()), &[b"a".as_slice()][..]));
        assert_eq!(got[1].data, [b""]);
        assert_eq!((got[2].retry, got[2].complete), (Some(b"10".as_slice()), false));
        assert_eq!(got[2].data, [b" b"]);
        assert!(got[0].complete && got[1].complete);
    }
}
