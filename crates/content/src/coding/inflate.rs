//! `gzip` (RFC 1952) and `deflate` (RFC 1950, or RFC 1951 alone), told apart by their first bytes.

use std::fmt;

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::gzip::{Header, Trailer};
use super::stage::{CHUNK, Fault, Out};

/// What the field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Gzip,
    Deflate,
}

pub(super) struct Inflate {
    form: Form,
    inner: Decompress,
    place: Place,
    chunk: Vec<u8>,
    crc: Crc,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// At the beginning; the first byte, where it is there.
    Start(Option<u8>),
    Header(Header),
    Data {
        in_member: bool,
    },
    Trailer(Trailer),
    /// Behind a member; the first byte of another one, maybe.
    Between(bool),
    Over,
}

impl fmt::Debug for Inflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflate")
            .field("form", &self.form)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// Whether two bytes begin a zlib stream: deflate, a window of at most 32 KiB, no dictionary, a right check
/// (RFC 1950 §2.2). A raw deflate stream that begins so would have a stored block with padding that is not zero.
fn is_zlib(first: u8, second: u8) -> bool {
    let is_right = u16::from_be_bytes([first, second]).is_multiple_of(31);
    first & 0x0f == 8 && first >> 4 <= 7 && second & 0x20 == 0 && is_right
}

impl Inflate {
    pub(super) fn new(form: Form) -> Self {
        let inner = Decompress::new(false);
        Self { form, inner, place: Place::Start(None), chunk: vec![0; CHUNK], crc: Crc::new() }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.place, Place::Between(_) | Place::Over)
    }

    pub(super) fn block(&mut self, mut bytes: &[u8], out: Out<'_>) -> Result<(), Fault> {
        while let Some((&byte, rest)) = bytes.split_first() {
            match &mut self.place {
                Place::Start(None) => {
                    self.place = Place::Start(Some(byte));
                    bytes = rest;
                }
                &mut Place::Start(Some(first)) => self.start(first, byte, out)?,
                Place::Header(header) => {
                    bytes = rest;
                    if header.byte(byte).map_err(|()| Fault::Data)? {
                        self.inner.reset(false);
                        self.crc.reset();
                        self.place = Place::Data { in_member: true };
                    }
                }
                Place::Data { .. } => bytes = self.data(bytes, out)?,
                Place::Trailer(trailer) => {
                    bytes = rest;
                    if let Some(want) = trailer.byte(byte) {
                        if want != (self.crc.sum(), self.crc.amount()) {
                            return Err(Fault::Data);
                        }
                        self.place = Place::Between(false);
                    }
                }
                // Another member (RFC 1952 §2.2); anything else is passed over, as browsers do.
                &mut Place::Between(seen) => {
                    bytes = rest;
                    self.place = match (seen, byte) {
                        (false, 0x1f) => Place::Between(true),
                        (true, 0x8b) => {
                            let mut header = Header::default();
                            let _ = (header.byte(0x1f), header.byte(0x8b));
                            Place::Header(header)
                        }
                        _ => Place::Over,
                    };
                }
                Place::Over => return Ok(()),
            }
        }
        Ok(())
    }

    /// Decides by two bytes; the second one is not taken.
    fn start(&mut self, first: u8, second: u8, out: Out<'_>) -> Result<(), Fault> {
        if (first, second) == (0x1f, 0x8b) {
            let mut header = Header::default();
            let _ = header.byte(first);
            self.place = Place::Header(header);
            return Ok(());
        }
        let zlib = is_zlib(first, second);
        if !zlib && self.form == Form::Gzip {
            return Err(Fault::Data);
        }
        // gzip that is zlib's form, and deflate that is gzip, are sent, too.
        self.inner.reset(zlib);
        self.place = Place::Data { in_member: false };
        self.data(&[first], out).map(|_| ())
    }

    /// Gives what was not taken.
    fn data<'b>(&mut self, mut bytes: &'b [u8], out: Out<'_>) -> Result<&'b [u8], Fault> {
        loop {
            let (taken, given) = (self.inner.total_in(), self.inner.total_out());
            let result = self.inner.decompress(bytes, &mut self.chunk, FlushDecompress::None);
            let taken = (self.inner.total_in() - taken) as usize;
            let given = (self.inner.total_out() - given) as usize;
            bytes = bytes.get(taken..).unwrap_or_default();
            let piece = self.chunk.get(..given).unwrap_or_default();
            self.crc.update(piece);
            if !piece.is_empty() && !out(piece) {
                return Err(Fault::Stopped);
            }
            match result {
                Ok(Status::StreamEnd) => {
                    let in_member = matches!(self.place, Place::Data { in_member: true });
                    self.place = if in_member { Place::Trailer(Trailer::default()) } else { Place::Over };
                    return Ok(bytes);
                }
                Ok(_) if given == self.chunk.len() || !bytes.is_empty() && taken + given > 0 => {}
                Ok(_) if bytes.is_empty() => return Ok(bytes),
                // Nothing more is taken or given, and this is not the end.
                Ok(_) | Err(_) => return Err(Fault::Data),
            }
        }
    }
}
