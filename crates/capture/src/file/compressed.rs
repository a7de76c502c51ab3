//! Decompression of gzip (RFC 1952, any number of members) and zstd (RFC 8878, any number of frames), as a stream.
//!
//! What can be decompressed before a fault or a cut is always delivered, whatever the size of the reads: both decoders are
//! driven in steps in which an error cannot take decoded bytes with it.

use std::io::{self, BufRead};

use flate2::{Crc, Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::input::Input;

/// The most bytes that a block has in a zstd frame (RFC 8878 §3.1.1.2.4).
const MAX_ZSTD_BLOCK: usize = 128 * 1024;

/// The decompressed bytes of an input.
pub(super) enum Stream {
    Plain(Input),
    Gzip(Box<Gzip>),
    Zstd(Box<Zstd>),
}

/// What a read came to.
pub(super) enum Got {
    /// So many bytes, more than none.
    Bytes(usize),
    /// The end. `cut`: the compressed data break off; `trailing`: something else follows them.
    End { cut: bool, trailing: bool },
    /// Nothing now; a read that waits would be needed.
    WouldBlock,
}

impl Stream {
    pub(super) fn gzip(mut input: Input) -> Self {
        input.grow(64 * 1024);
        Stream::Gzip(Box::new(Gzip {
            input,
            inflate: Decompress::new(false),
            crc: Crc::new(),
            state: Member::Start,
            flags: 0,
            fault: None,
        }))
    }

    /// `max_window_log`: the largest window, as a power of two, that a frame may ask for.
    pub(super) fn zstd(mut input: Input, max_window_log: u32) -> io::Result<Self> {
        input.grow(2 * MAX_ZSTD_BLOCK);
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(max_window_log.clamp(10, 31)))?;
        Ok(Stream::Zstd(Box::new(Zstd { input, decoder, hint: 0, pending: false })))
    }

    /// `gzip` or `zstd`, nothing for plain data.
    pub(super) fn format(&self) -> Option<&'static str> {
        match self {
            Stream::Plain(_) => None,
            Stream::Gzip(_) => Some("gzip"),
            Stream::Zstd(_) => Some("zstd"),
        }
    }

    /// Whether the last error was the reader's, not the decompressor's.
    pub(super) fn reader_failed(&self) -> bool {
        match self {
            Stream::Plain(_) => true,
            Stream::Gzip(gzip) => gzip.input.failed(),
            Stream::Zstd(zstd) => zstd.input.failed(),
        }
    }

    /// Reads into `out`, which is not empty.
    pub(super) fn read(&mut self, out: &mut [u8]) -> io::Result<Got> {
        let got = match self {
            Stream::Plain(input) => io::Read::read(input, out).map(|n| match n {
                0 => Got::End { cut: false, trailing: false },
                n => Got::Bytes(n),
            }),
            Stream::Gzip(gzip) => gzip.read(out),
            Stream::Zstd(zstd) => zstd.read(out),
        };
        match got {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(Got::WouldBlock),
            got => got,
        }
    }
}

/// Where in a gzip member the stream is (RFC 1952 §2.3).
#[derive(Copy, Clone)]
enum Member {
    /// Before the first member.
    Start,
    /// Before another member, or the end.
    Between,
    /// Before the length of the extra field, if flagged.
    ExtraLen,
    /// In the extra field: so many bytes are left.
    Extra(usize),
    /// Before or in the file name, if flagged.
    Name,
    /// Before or in the comment, if flagged.
    Comment,
    /// Before the header's check sum, if flagged.
    HeaderCrc,
    Body,
    Trailer,
}

pub(super) struct Gzip {
    input: Input,
    inflate: Decompress,
    crc: Crc,
    state: Member,
    flags: u8,
    /// What the inflater said after it had handed out its last bytes.
    fault: Option<io::Error>,
}

const FHCRC: u8 = 2;
const FEXTRA: u8 = 4;
const FNAME: u8 = 8;
const FCOMMENT: u8 = 16;

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Gzip {
    fn read(&mut self, out: &mut [u8]) -> io::Result<Got> {
        const CUT: Got = Got::End { cut: true, trailing: false };
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        loop {
            match self.state {
                Member::Start | Member::Between => {
                    let head = self.input.peek(10)?;
                    let first = matches!(self.state, Member::Start);
                    match head {
                        [] => return Ok(Got::End { cut: false, trailing: false }),
                        [0x1f, 0x8b, 8, flags, _, _, _, _, _, _, ..] if flags & 0xe0 == 0 => {
                            self.flags = *flags;
                            self.input.consume(10);
                            self.state = Member::ExtraLen;
                        }
                        [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 != 0 => {
                            return Err(broken("reserved flags are set in a member's header"));
                        }
                        [0x1f, 0x8b, method, ..] if *method != 8 => {
                            return Err(broken("a member is not compressed with deflate"));
                        }
                        [0x1f] | [0x1f, 0x8b, ..] => return Ok(CUT),
                        _ if first => return Err(broken("no gzip header")),
                        _ => return Ok(Got::End { cut: false, trailing: true }),
                    }
                }
                Member::ExtraLen => {
                    if self.flags & FEXTRA != 0 {
                        let Some(&len) = self.input.peek(2)?.first_chunk() else { return Ok(CUT) };
                        self.input.consume(2);
                        self.state = Member::Extra(u16::from_le_bytes(len).into());
                    } else {
                        self.state = Member::Name;
                    }
                }
                Member::Extra(0) => self.state = Member::Name,
                Member::Extra(left) => {
                    let n = self.input.fill_buf()?.len().min(left);
                    if n == 0 {
                        return Ok(CUT);
                    }
                    self.input.consume(n);
                    self.state = Member::Extra(left - n);
                }
                Member::Name => {
                    if self.flags & FNAME != 0 && !self.skip_text()? {
                        return Ok(CUT);
                    }
                    self.state = Member::Comment;
                }
                Member::Comment => {
                    if self.flags & FCOMMENT != 0 && !self.skip_text()? {
                        return Ok(CUT);
                    }
                    self.state = Member::HeaderCrc;
                }
                Member::HeaderCrc => {
                    if self.flags & FHCRC != 0 {
                        if self.input.peek(2)?.len() < 2 {
                            return Ok(CUT);
                        }
                        self.input.consume(2);
                    }
                    self.inflate.reset(false);
                    self.crc.reset();
                    self.state = Member::Body;
                }
                Member::Body => {
                    let input = self.input.fill_buf()?;
                    let at_end = input.is_empty();
                    let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
                    let status = self.inflate.decompress(input, out, FlushDecompress::None);
                    let read = (self.inflate.total_in() - read) as usize;
                    let written = (self.inflate.total_out() - written) as usize;
                    self.input.consume(read);
                    self.crc.update(out.get(..written).unwrap_or_default());
                    match status {
                        Ok(Status::StreamEnd) => self.state = Member::Trailer,
                        Ok(_) if read == 0 && written == 0 => {
                            return if at_end { Ok(CUT) } else { Err(broken("deflate makes no progress")) };
                        }
                        Ok(_) => {}
                        // What the inflater says of it depends on how its output was cut; so it is not passed on.
                        Err(_) => {
                            let fault = broken("a deflate block is invalid");
                            if written == 0 {
                                return Err(fault);
                            }
                            self.fault = Some(fault);
                        }
                    }
                    if written > 0 {
                        return Ok(Got::Bytes(written));
                    }
                }
                Member::Trailer => {
                    let Some(&[a, b, c, d, e, f, g, h]) = self.input.peek(8)?.first_chunk() else {
                        return Ok(CUT);
                    };
                    self.input.consume(8);
                    if u32::from_le_bytes([a, b, c, d]) != self.crc.sum() {
                        return Err(broken("the check sum of the decompressed data is wrong"));
                    }
                    if u32::from_le_bytes([e, f, g, h]) != self.crc.amount() {
                        return Err(broken("the length of the decompressed data is wrong"));
                    }
                    self.state = Member::Between;
                }
            }
        }
    }

    /// Skips a text that ends with a zero byte; `false` where the input ends before.
    fn skip_text(&mut self) -> io::Result<bool> {
        loop {
            let text = self.input.fill_buf()?;
            if text.is_empty() {
                return Ok(false);
            }
            let end = text.iter().position(|&b| b == 0);
            let n = end.map_or(text.len(), |at| at + 1);
            self.input.consume(n);
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

pub(super) struct Zstd {
    input: Input,
    decoder: Decoder<'static>,
    /// How many bytes the decoder would like next; 0 between frames.
    hint: usize,
    /// The decoder had more than fitted.
    pending: bool,
}

impl Zstd {
    /// The decoder forgets what it wrote in the call in which it finds a fault. So it is fed one whole block at a time
    /// (its hint, less the three bytes of the next block's header), and nothing while it still has bytes to hand out:
    /// what comes out before a fault then depends on the data alone.
    fn read(&mut self, out: &mut [u8]) -> io::Result<Got> {
        loop {
            let mut feed: &[u8] = &[];
            if !self.pending {
                let wanted = if self.hint > 3 { self.hint - 3 } else { self.hint.max(1) };
                // More than a block is wanted only where a frame is skipped.
                let wanted = wanted.min(MAX_ZSTD_BLOCK);
                feed = self.input.peek(wanted)?;
                if feed.is_empty() {
                    return Ok(Got::End { cut: self.hint != 0, trailing: false });
                }
                feed = feed.get(..wanted).unwrap_or(feed);
            }
            let step = self.decoder.run_on_buffers(feed, out)?;
            let stuck = step.bytes_read == 0 && step.bytes_written == 0;
            if stuck && !self.pending {
                return Err(broken("the decoder makes no progress"));
            }
            self.input.consume(step.bytes_read);
            self.pending = step.bytes_written == out.len();
            if !stuck {
                self.hint = step.remaining;
            }
            if step.bytes_written > 0 {
                return Ok(Got::Bytes(step.bytes_written));
            }
        }
    }
}
