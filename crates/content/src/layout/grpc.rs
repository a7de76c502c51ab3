//! Length-prefixed messages of gRPC and gRPC-Web.

/// One length-prefixed message, or what is left of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The data are compressed, as the field `grpc-encoding` says.
    pub compressed: bool,
    /// The data are trailers: field lines (gRPC-Web alone).
    pub trailers: bool,
    /// The length that it says.
    pub len: u32,
    /// The data, as far as they are there.
    pub data: &'a [u8],
}

impl Frame<'_> {
    /// Whether all of it is there.
    pub fn is_complete(&self) -> bool {
        self.data.len() as u64 == u64::from(self.len)
    }
}

/// The frames of a body, in order, and what is behind them that is none. A flag that is not defined is the end of the
/// frames.
///
/// ```
/// let (frames, rest) = wiretrace_content::grpc::frames(b"\0\0\0\0\x02\x08\x01\x80\0\0\0\x10grpc-status: 0\r\n");
/// assert_eq!(frames[0].data, b"\x08\x01");
/// assert!(frames[1].trailers && frames[1].is_complete());
/// assert_eq!(rest, b"");
/// ```
pub fn frames(mut content: &[u8]) -> (Vec<Frame<'_>>, &[u8]) {
    let mut frames = Vec::new();
    while let Some((&[flags, a, b, c, d], behind)) = content.split_first_chunk::<5>() {
        if flags & !0x81 != 0 {
            break;
        }
        let len = u32::from_be_bytes([a, b, c, d]);
        let there = behind.len().min(usize::try_from(len).unwrap_or(usize::MAX));
        let (data, rest) = behind.split_at_checked(there).unwrap_or((behind, &[]));
        frames.push(Frame { compressed: flags & 1 != 0, trailers: flags & 0x80 != 0, len, data });
        content = rest;
    }
    (frames, content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_end_where_they_are_none() {
        let (list, rest) = frames(b"\x01\0\0\0\x01x\0\0\0\0\0\x80\0\0\0\x04a:b\n\x02\0\0\0\0zz");
        let flags: Vec<_> = list.iter().map(|frame| (frame.compressed, frame.trailers, frame.len)).collect();
        assert_eq!(flags, [(true, false, 1), (false, false, 0), (false, true, 4)]);
        assert!(list.iter().all(Frame::is_complete));
        assert_eq!(rest, b"\x02\0\0\0\0zz");
        let (list, rest) = frames(b"\0\xff\xff\xff\xffabc");
        assert_eq!((list[0].data, list[0].is_complete(), rest), (&b"abc"[..], false, &b""[..]));
        assert_eq!(frames(b"\0\0\0\0"), (vec![], &b"\0\0\0\0"[..]));
    }
}
