//! `zstd` (RFC 8878), with the window of RFC 9659.

use std::fmt;

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use super::stage::{CHUNK, Fault, Out};

pub(super) struct Zstandard {
    decoder: Decoder<'static>,
    chunk: Vec<u8>,
    /// A frame is over, and no other has begun.
    between: bool,
    /// What follows is no frame.
    over: bool,
}

impl fmt::Debug for Zstandard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zstandard").field("between", &self.between).finish_non_exhaustive()
    }
}

impl Zstandard {
    /// `None` where libzstd has no memory, or does not take the window.
    pub(super) fn new(window_log: u32) -> Option<Self> {
        let mut decoder = Decoder::new().ok()?;
        decoder.set_parameter(DParameter::WindowLogMax(window_log)).ok()?;
        Some(Self { decoder, chunk: vec![0; CHUNK], between: false, over: false })
    }

    pub(super) fn is_over(&self) -> bool {
        self.between || self.over
    }

    pub(super) fn block(&mut self, bytes: &[u8], out: Out<'_>) -> Result<(), Fault> {
        if self.over {
            return Ok(());
        }
        let mut input = InBuffer::around(bytes);
        loop {
            let before = input.pos();
            let mut output = OutBuffer::around(self.chunk.as_mut_slice());
            let result = self.decoder.run(&mut input, &mut output);
            let len = output.pos();
            let piece = self.chunk.get(..len).unwrap_or_default();
            if !piece.is_empty() && !out(piece) {
                return Err(Fault::Stopped);
            }
            match result {
                // Behind a whole frame: passed over, as behind the end of a gzip member.
                Err(_) if self.between => {
                    self.over = true;
                    return Ok(());
                }
                Err(error) if error.to_string().contains("too much memory") => return Err(Fault::Window),
                Err(_) => return Err(Fault::Data),
                Ok(hint) => {
                    if hint == 0 {
                        self.between = true;
                    } else if input.pos() > before {
                        self.between = false;
                    }
                }
            }
            // Room was left: there was no more to give.
            if input.pos() == bytes.len() && len < CHUNK {
                return Ok(());
            }
        }
    }
}
