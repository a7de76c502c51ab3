//! The face of everything that frames come from.

use crate::{BlockBuilder, CaptureStats, Error, Note};

/// What a call of [`Source::fill`] came to. Idle and end are values, not errors.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Fill {
    /// The block holds frames; call again with the next one.
    Ready,
    /// Nothing now, and reading on would block. The block is empty and may be used for the next call.
    Idle,
    /// The input is over. The block may hold its last frames.
    End,
}

/// Something that frames come from.
///
/// ```
/// use wiretrace_capture::{BlockPool, Error, Fill, Source};
///
/// /// Counts the frames that are left.
/// fn count(source: &mut dyn Source, pool: &BlockPool) -> Result<usize, Error> {
///     let mut frames = 0;
///     loop {
///         let mut block = pool.lease();
///         let fill = source.fill(&mut block)?;
///         frames += block.len();
///         if fill == Fill::End {
///             return Ok(frames);
///         }
///     }
/// }
/// ```
pub trait Source {
    /// Fills the leased block with frames.
    ///
    /// The block should be empty; one that already holds frames is returned as it is, with [`Fill::Ready`].
    ///
    /// # Errors
    ///
    /// Where the input cannot be read on. All frames before that point have been delivered by earlier calls, and calls
    /// after it return [`Fill::End`].
    fn fill(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error>;

    /// Whether the next [`fill`](Self::fill) may have to wait for input, as a pipe's may: time to hand on what is
    /// done so far. Default: false.
    fn may_wait(&self) -> bool {
        false
    }

    /// What was counted so far.
    fn stats(&self) -> CaptureStats;

    /// Takes what the source had to say since the last call, in order: at most a handful over its life.
    fn notes(&mut self) -> std::vec::Drain<'_, Note>;
}

impl<S: Source + ?Sized> Source for &mut S {
    fn fill(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error> {
        (**self).fill(block)
    }

    fn may_wait(&self) -> bool {
        (**self).may_wait()
    }

    fn stats(&self) -> CaptureStats {
        (**self).stats()
    }

    fn notes(&mut self) -> std::vec::Drain<'_, Note> {
        (**self).notes()
    }
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn fill(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error> {
        (**self).fill(block)
    }

    fn may_wait(&self) -> bool {
        (**self).may_wait()
    }

    fn stats(&self) -> CaptureStats {
        (**self).stats()
    }

    fn notes(&mut self) -> std::vec::Drain<'_, Note> {
        (**self).notes()
    }
}
