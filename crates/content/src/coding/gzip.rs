//! The header and trailer of a gzip member (RFC 1952).

/// Reads a member's header, byte by byte; names and comments are passed over.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    flags: u8,
    field: Field,
    /// Bytes read of the field.
    read: u16,
    extra: u16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Field {
    #[default]
    Fixed,
    ExtraLength,
    Extra,
    Name,
    Comment,
    Checksum,
    Done,
}

const HCRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

impl Header {
    /// Takes one byte: whether the header is over with it, or `Err` where it is none.
    pub(super) fn byte(&mut self, byte: u8) -> Result<bool, ()> {
        self.read += 1;
        match (self.field, self.read) {
            (Field::Fixed, 1) if byte != 0x1f => return Err(()),
            (Field::Fixed, 2) if byte != 0x8b => return Err(()),
            // Deflate is the only method there is.
            (Field::Fixed, 3) if byte != 8 => return Err(()),
            (Field::Fixed, 4) if byte & RESERVED != 0 => return Err(()),
            (Field::Fixed, 4) => self.flags = byte,
            (Field::Fixed, 10) => self.next(Field::ExtraLength),
            (Field::ExtraLength, 1) => self.extra = byte.into(),
            (Field::ExtraLength, _) => {
                self.extra |= u16::from(byte) << 8;
                self.next(if self.extra > 0 { Field::Extra } else { Field::Name });
            }
            (Field::Extra, read) if read == self.extra => self.next(Field::Name),
            (Field::Name, _) if byte == 0 => self.next(Field::Comment),
            (Field::Comment, _) if byte == 0 => self.next(Field::Checksum),
            // Of any length.
            (Field::Name | Field::Comment, _) => self.read = 1,
            (Field::Checksum, 2) => self.next(Field::Done),
            _ => {}
        }
        Ok(self.field == Field::Done)
    }

    /// On to `field`, or past it where the flags do not have it.
    fn next(&mut self, field: Field) {
        self.read = 0;
        self.field = field;
        loop {
            let (flag, then) = match self.field {
                Field::ExtraLength => (EXTRA, Field::Name),
                Field::Name => (NAME, Field::Comment),
                Field::Comment => (COMMENT, Field::Checksum),
                Field::Checksum => (HCRC, Field::Done),
                Field::Fixed | Field::Extra | Field::Done => return,
            };
            if self.flags & flag != 0 {
                return;
            }
            self.field = then;
        }
    }
}

/// Checks a member's trailer: CRC-32 and length modulo 2^32, both little-endian.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trailer {
    read: u8,
    bytes: u64,
}

impl Trailer {
    /// Takes one byte: `Some` with CRC and length when all are there.
    pub(super) fn byte(&mut self, byte: u8) -> Option<(u32, u32)> {
        self.bytes |= u64::from(byte) << (8 * self.read);
        self.read += 1;
        (self.read == 8).then_some((self.bytes as u32, (self.bytes >> 32) as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn len(bytes: &[u8]) -> Option<usize> {
        let mut header = Header::default();
        for (at, &byte) in bytes.iter().enumerate() {
            match header.byte(byte) {
                Ok(true) => return Some(at + 1),
                Ok(false) => {}
                Err(()) => return None,
            }
        }
        None
    }

    #[test]
    fn headers_end_where_their_flags_say() {
        let plain = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        assert_eq!(len(&plain), Some(10));
        let with =
            |flags: u8, rest: &[u8]| [&[0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3], rest, b"...."].concat();
        assert_eq!(len(&with(NAME, b"ab\0")), Some(13));
        assert_eq!(len(&with(COMMENT, b"\0")), Some(11));
        assert_eq!(len(&with(EXTRA, b"\x02\0xy")), Some(14));
        assert_eq!(len(&with(EXTRA, b"\0\0")), Some(12));
        assert_eq!(len(&with(HCRC, b"cc")), Some(12));
        assert_eq!(len(&with(EXTRA | NAME | COMMENT | HCRC, b"\x01\0xn\0c\0cc")), Some(19));
        let long = "n".repeat(100_000) + "\0";
        assert_eq!(len(&with(NAME, long.as_bytes())), Some(10 + 100_001));
        assert_eq!(len(&with(0x20, b"")), None, "a reserved flag");
        assert_eq!(len(b"\x1f\x8b\x07"), None, "another method");
    }
}
