//! Bytes that are held because what they belong to is not yet whole: the one place where this crate copies
//! in the ordinary course of things, and only for what straddles two slices.

/// Looks for the empty line that ends a head or a trailer section, and remembers how far it looked, so that
/// bytes fed one at a time cost no more than all at once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EndOfSection {
    /// Length of the line under way, up to 2.
    line_len: u8,
    /// Its first byte is a CR.
    first_is_cr: bool,
}

impl EndOfSection {
    /// Looks at the next bytes; where the section ends within them, gives the place behind its end.
    pub(crate) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            self.add(bytes.get(from..end).unwrap_or_default());
            let empty = self.line_len == 0 || self.line_len == 1 && self.first_is_cr;
            *self = Self::default();
            from = end + 1;
            if empty {
                return Some(from);
            }
        }
        self.add(bytes.get(from..).unwrap_or_default());
        None
    }

    fn add(&mut self, line: &[u8]) {
        if self.line_len == 0 {
            self.first_is_cr = line.first() == Some(&b'\r');
        }
        self.line_len = (usize::from(self.line_len) + line.len()).min(2) as u8;
    }
}

/// A bounded buffer for what straddles; its storage comes with the first use and is kept.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: EndOfSection,
    /// The start line is whole and valid.
    pub(crate) line_found: bool,
    /// Where the latest TCP segment begins in `bytes`, if not at the front.
    pub(crate) segment: usize,
}

/// Storage larger than this is not kept.
pub(crate) const KEEP: usize = 4 * 1024;

impl Held {
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Takes the bytes out; give the storage back with [`recycle`](Self::recycle).
    pub(crate) fn take(&mut self) -> Vec<u8> {
        (self.end, self.line_found, self.segment) = (EndOfSection::default(), false, 0);
        std::mem::take(&mut self.bytes)
    }

    pub(crate) fn recycle(&mut self, mut bytes: Vec<u8>) {
        if self.bytes.capacity() == 0 && bytes.capacity() <= KEEP {
            bytes.clear();
            self.bytes = bytes;
        }
    }

    pub(crate) fn clear(&mut self) {
        let bytes = self.take();
        self.recycle(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_however_it_is_cut() {
        for (section, end) in [
            (&b"GET / HTTP/1.1\r\nA: b\r\n\r\nrest"[..], 24),
            (b"GET / HTTP/1.1\nA: b\n\nrest", 21),
            (b"A\r\n\rx\n\r\nrest", 8),
            (b"\r\nrest", 2),
            (b"\nrest", 1),
        ] {
            assert_eq!(EndOfSection::default().find(section), Some(end));
            for cut in 0..=section.len() {
                let (one, two) = section.split_at(cut);
                let mut finder = EndOfSection::default();
                let found = finder.find(one).or_else(|| finder.find(two).map(|place| cut + place));
                assert_eq!(found, Some(end), "cut at {cut}");
            }
        }
        assert_eq!(EndOfSection::default().find(b"A: b\r\n\r"), None);
    }
}
