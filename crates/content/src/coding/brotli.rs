//! `br` (RFC 7932).

use std::fmt;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::stage::{CHUNK, Fault, Out};

pub(super) struct Brotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    chunk: Vec<u8>,
    over: bool,
}

impl fmt::Debug for Brotli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brotli").field("over", &self.over).finish_non_exhaustive()
    }
}

impl Brotli {
    pub(super) fn new() -> Self {
        // Strict: without the large windows that RFC 7932 does not have; 16 MiB is the largest.
        let state = BrotliState::new_strict(
            StandardAlloc::default(),
            StandardAlloc::default(),
            StandardAlloc::default(),
        );
        Self { state, chunk: vec![0; CHUNK], over: false }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn block(&mut self, bytes: &[u8], out: Out<'_>) -> Result<(), Fault> {
        let (mut available, mut offset, mut total) = (bytes.len(), 0, 0);
        while !self.over {
            let (mut room, mut end) = (self.chunk.len(), 0);
            let result = BrotliDecompressStream(
                &mut available,
                &mut offset,
                bytes,
                &mut room,
                &mut end,
                &mut self.chunk,
                &mut total,
                &mut self.state,
            );
            let piece = self.chunk.get(..end).unwrap_or_default();
            if !piece.is_empty() && !out(piece) {
                return Err(Fault::Stopped);
            }
            match result {
                BrotliResult::ResultSuccess => self.over = true,
                BrotliResult::NeedsMoreInput => return Ok(()),
                BrotliResult::NeedsMoreOutput => {}
                BrotliResult::ResultFailure => return Err(Fault::Data),
            }
        }
        Ok(())
    }
}
