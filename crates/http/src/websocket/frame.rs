//! A frame's header (RFC 6455 §5.2).

/// The longest header: two bytes, a length of eight, a key of four.
pub(crate) const MAX_HEADER: usize = 14;

/// A whole header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    first: u8,
    /// The masking key, of a masked frame.
    pub(crate) key: Option<[u8; 4]>,
    /// Payload length, as it says: the highest bit may be set, though it must not.
    pub(crate) len: u64,
    /// The length is written in as few bytes as it can be.
    pub(crate) minimal: bool,
    /// Bytes of the header itself.
    pub(crate) size: usize,
}

impl Header {
    /// The header at the front; `None` where it is not whole.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (&[first, second], rest) = bytes.split_first_chunk::<2>()?;
        let (len, minimal, rest) = match second & 0x7f {
            126 => {
                let (&len, rest) = rest.split_first_chunk::<2>()?;
                let len = u16::from_be_bytes(len);
                (u64::from(len), len > 125, rest)
            }
            127 => {
                let (&len, rest) = rest.split_first_chunk::<8>()?;
                let len = u64::from_be_bytes(len);
                (len, len > 0xffff, rest)
            }
            len => (u64::from(len), true, rest),
        };
        let (key, rest) = if second & 0x80 == 0 {
            (None, rest)
        } else {
            let (&key, rest) = rest.split_first_chunk::<4>()?;
            (Some(key), rest)
        };
        Some(Self { first, key, len, minimal, size: bytes.len() - rest.len() })
    }

    /// The last frame of its message.
    pub(crate) fn fin(&self) -> bool {
        self.first & 0x80 != 0
    }

    /// The first reserved bit: of a message's first frame, that it is compressed (RFC 7692 §6).
    pub(crate) fn rsv1(&self) -> bool {
        self.first & 0x40 != 0
    }

    /// The other two reserved bits.
    pub(crate) fn rsv23(&self) -> bool {
        self.first & 0x30 != 0
    }

    /// 0 to 15.
    pub(crate) fn opcode(&self) -> u8 {
        self.first & 0x0f
    }
}

/// How many bytes the header takes that begins so; where that cannot be told yet, how many are needed to tell.
pub(crate) fn size_of_header(bytes: &[u8]) -> usize {
    let Some(&second) = bytes.get(1) else { return 2 };
    let length = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    2 + length + if second & 0x80 == 0 { 0 } else { 4 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_all_forms() {
        let parse = |bytes: &[u8]| Header::parse(bytes).map(|h| (h.len, h.minimal, h.size, h.key));
        assert_eq!(parse(&[0x81, 5]), Some((5, true, 2, None)));
        assert_eq!(parse(&[0x81, 0x85, 1, 2, 3, 4, 9]), Some((5, true, 6, Some([1, 2, 3, 4]))));
        assert_eq!(parse(&[0x82, 126, 1, 0]), Some((256, true, 4, None)));
        assert_eq!(parse(&[0x82, 126, 0, 125]), Some((125, false, 4, None)));
        assert_eq!(parse(&[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Some((65536, true, 10, None)));
        assert_eq!(parse(&[0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255]), Some((65535, false, 10, None)));
        assert_eq!(parse(&[0x82, 127, 255, 0, 0, 0, 0, 0, 0, 0]).map(|h| h.0), Some(255 << 56));
        assert_eq!(parse(&[0x82, 255, 0, 0, 0, 0, 0, 1, 0, 0, 4, 3, 2, 1]).map(|h| h.2), Some(MAX_HEADER));
    }

    #[test]
    fn what_is_not_whole_says_how_much_it_needs() {
        for header in [
            &[0x81, 5][..],
            &[0x81, 0x85, 1, 2, 3, 4],
            &[2, 126, 1, 0],
            &[2, 255, 0, 0, 0, 0, 0, 1, 0, 0, 4, 3, 2, 1],
        ] {
            for end in 0..header.len() {
                assert_eq!(Header::parse(&header[..end]), None);
                assert!((end + 1..=header.len()).contains(&size_of_header(&header[..end])));
            }
            assert_eq!(size_of_header(header), header.len());
            assert_eq!(Header::parse(header).map(|h| h.size), Some(header.len()));
        }
    }
}
