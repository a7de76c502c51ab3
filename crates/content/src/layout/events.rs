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
    let mut rest = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    std::iter::from_fn(move || {
        let mut event = Event::default();
        let mut any = false;
        while !rest.is_empty() {
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
