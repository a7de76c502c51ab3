//! permessage-deflate: undoing it (RFC 7692 §7.2.2), with bounds.

use flate2::{Decompress, FlushDecompress, Status};

use crate::{Anomaly, Limits};

/// What an inflater takes: a window of 32 KiB, its tables, the scratch below; in bytes, rounded up.
pub(crate) const MEMORY: usize = 56 * 1024;

/// Output comes in pieces of this size.
const SCRATCH: usize = 8 * 1024;

/// The budget is looked at where this many compressed bytes have gone by: the same places for any cut.
const STRIDE: u64 = 1024;

/// What every message's end has taken off it (RFC 7692 §7.2.1).
const TAIL: &[u8] = &[0, 0, 0xff, 0xff];

/// One direction's decompression. A window of 32 KiB serves any negotiated size.
#[derive(Debug)]
pub(crate) struct Inflater {
    raw: Decompress,
    scratch: Vec<u8>,
    /// Compressed and inflated bytes so far, of all messages.
    taken: u64,
    given: u64,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self { raw: Decompress::new(false), scratch: vec![0; SCRATCH], taken: 0, given: 0 }
    }

    /// Forgets the window: the next message was compressed without it.
    pub(crate) fn forget(&mut self) {
        self.raw.reset(false);
    }

    /// Inflates a message's next bytes.
    ///
    /// # Errors
    /// [`Anomaly::BadEncoding`]: they do not inflate. [`Anomaly::Limit`]: this direction has inflated to more than the
    /// limits allow.
    pub(crate) fn inflate(
        &mut self,
        mut bytes: &[u8],
        limits: &Limits,
        out: &mut impl FnMut(&[u8]),
    ) -> Result<(), Anomaly> {
        while !bytes.is_empty() {
            let room = (STRIDE - self.taken % STRIDE) as usize;
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.run(now, out)?;
            self.taken += now.len() as u64;
            if self.taken.is_multiple_of(STRIDE) {
                self.check(limits)?;
            }
            bytes = later;
        }
        Ok(())
    }

    /// The message is over.
    ///
    /// # Errors
    /// As of [`inflate`](Self::inflate).
    pub(crate) fn end(&mut self, limits: &Limits, out: &mut impl FnMut(&[u8])) -> Result<(), Anomaly> {
        self.run(TAIL, out)?;
        self.check(limits)
    }

    fn check(&self, limits: &Limits) -> Result<(), Anomaly> {
        let most = limits.inflate_bytes.saturating_add(self.taken.saturating_mul(limits.inflate_ratio));
        if self.given > most { Err(Anomaly::Limit) } else { Ok(()) }
    }

    fn run(&mut self, mut bytes: &[u8], out: &mut impl FnMut(&[u8])) -> Result<(), Anomaly> {
        loop {
            let (before_in, before_out) = (self.raw.total_in(), self.raw.total_out());
            let status = self.raw.decompress(bytes, &mut self.scratch, FlushDecompress::Sync);
            let status = status.map_err(|_| Anomaly::BadEncoding)?;
            let taken = (self.raw.total_in() - before_in) as usize;
            let given = (self.raw.total_out() - before_out) as usize;
            bytes = bytes.get(taken..).unwrap_or_default();
            self.given += given as u64;
            if given > 0 {
                out(self.scratch.get(..given).unwrap_or_default());
            }
            if status == Status::StreamEnd {
                // A final block (RFC 7692 §7.2.3.4): more may follow it. What refers to before it will not inflate.
                self.raw.reset(false);
            }
            if bytes.is_empty() && given < SCRATCH {
                return Ok(());
            }
            if taken == 0 && given == 0 {
                return Err(Anomaly::BadEncoding);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflate(inflater: &mut Inflater, message: &[u8], piece: usize) -> Result<Vec<u8>, Anomaly> {
        let mut text = Vec::new();
        let limits = Limits { inflate_bytes: 100_000, inflate_ratio: 50, ..Limits::default() };
        let mut out = |bytes: &[u8]| text.extend_from_slice(bytes);
        for bytes in message.chunks(piece) {
            inflater.inflate(bytes, &limits, &mut out)?;
        }
        inflater.end(&limits, &mut out)?;
        Ok(text)
    }

    /// The examples of RFC 7692 §7.2.3.
    #[test]
    fn the_rfcs_examples() {
        for piece in [1, 2, 100] {
            let mut one = Inflater::new();
            let hello = |inflater: &mut Inflater, bytes: &[u8]| inflate(inflater, bytes, piece);
            let ok = || Ok(b"Hello".to_vec());
            // One block; the second message refers to the first one's window.
            assert_eq!(hello(&mut one, &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]), ok());
            assert_eq!(hello(&mut one, &[0xf2, 0x00, 0x11, 0x00, 0x00]), ok());
            one.forget();
            assert_eq!(hello(&mut one, &[0xf2, 0x00, 0x11, 0x00, 0x00]), Err(Anomaly::BadEncoding));
            // No compression, a final block, two blocks.
            let mut one = Inflater::new();
            let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
            assert_eq!(hello(&mut one, &stored), ok());
            assert_eq!(hello(&mut one, &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]), ok());
            let two = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
            assert_eq!(hello(&mut Inflater::new(), &two), ok());
            assert_eq!(hello(&mut Inflater::new(), &[0x00]), Ok(Vec::new()));
        }
    }

    #[test]
    fn a_bomb_is_given_up_at_the_same_place_for_any_cut() {
        use std::io::Write;
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; 10_000_000]).expect("memory");
        let bomb = encoder.finish().expect("memory");
        let mut given = Vec::new();
        for piece in [1, 7, 1_000, 1_000_000] {
            let mut inflater = Inflater::new();
            assert_eq!(inflate(&mut inflater, &bomb, piece), Err(Anomaly::Limit));
            given.push(inflater.given);
        }
        assert!(given.iter().all(|&sum| sum == given[0] && sum < 2_500_000), "{given:?}");
    }
}
