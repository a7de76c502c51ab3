//! A reader with a small buffer in front, so that first bytes can be looked at before it is known what they are.
//!
//! Reads larger than the buffer pass it by: file bytes go straight into the block.

use std::io::{self, BufRead, Read};

/// How much is read for a look at the first bytes.
const PEEK: usize = 512;

pub(super) struct Input {
    reader: Box<dyn Read + Send>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// The reader itself failed (as opposed to a decompressor above it).
    failed: bool,
}

impl Input {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        Input { reader, buffer: vec![0; PEEK].into(), start: 0, end: 0, failed: false }
    }

    /// Whether the last error came from the reader.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    /// Makes the buffer this large, as a decompressor likes it. It holds at most 512 bytes then.
    pub(super) fn grow(&mut self, len: usize) {
        let mut buffer = vec![0; len.max(PEEK)];
        for (to, from) in buffer.iter_mut().zip(self.buffered()) {
            *to = *from;
        }
        (self.start, self.end) = (0, self.end - self.start);
        self.buffer = buffer.into();
    }

    fn buffered(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The next bytes, without consuming them: `n` of them (or a few more), fewer only at the end. `n` is at most
    /// the size of the buffer, which at first is 512.
    pub(super) fn peek(&mut self, n: usize) -> io::Result<&[u8]> {
        if self.end - self.start < n {
            // Fewer bytes than are asked for: what was left of the last read.
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            while self.end < n {
                match self.read_behind()? {
                    0 => break,
                    more => self.end += more,
                }
            }
        }
        Ok(self.buffered())
    }

    /// One read into the free part of the buffer.
    fn read_behind(&mut self) -> io::Result<usize> {
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        read_once(&mut *self.reader, room)
            .inspect_err(|e| self.failed = e.kind() != io::ErrorKind::WouldBlock)
    }
}

/// One read that no signal interrupts.
fn read_once(reader: &mut dyn Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(room) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            // A reader that claims more than there was room for is not believed.
            other => return other.map(|n| n.min(room.len())),
        }
    }
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end {
            return read_once(&mut *self.reader, out)
                .inspect_err(|e| self.failed = e.kind() != io::ErrorKind::WouldBlock);
        }
        let n = self.buffered().read(out)?;
        self.start += n;
        Ok(n)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.end = self.read_behind()?;
        }
        Ok(self.buffered())
    }

    fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
    }
}
