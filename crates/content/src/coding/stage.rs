//! One coding, block by block.

use super::brotli::Brotli;
use super::decoder::{DecodeError, DecodeLimits};
use super::inflate::{Form, Inflate};
use super::list::Coding;
use super::zstandard::Zstandard;

/// Why a stage cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Data,
    Window,
    /// The taker of the bytes wants no more.
    Stopped,
}

impl Fault {
    pub(super) fn of(self, coding: &Coding) -> DecodeError {
        match self {
            Fault::Window => DecodeError::Window(coding.clone()),
            Fault::Data | Fault::Stopped => DecodeError::Faulty(coding.clone()),
        }
    }
}

/// Takes decoded bytes; false: no more of them.
pub(super) type Out<'a> = &'a mut dyn FnMut(&[u8]) -> bool;

/// The state of one coding.
#[derive(Debug)]
pub(super) enum Stage {
    Inflate(Box<Inflate>),
    Brotli(Box<Brotli>),
    Zstandard(Box<Zstandard>),
}

impl Stage {
    pub(super) fn new(coding: &Coding, limits: &DecodeLimits) -> Option<Self> {
        Some(match coding {
            Coding::Gzip => Stage::Inflate(Box::new(Inflate::new(Form::Gzip))),
            Coding::Deflate => Stage::Inflate(Box::new(Inflate::new(Form::Deflate))),
            Coding::Brotli => Stage::Brotli(Box::new(Brotli::new())),
            Coding::Zstd => Stage::Zstandard(Box::new(Zstandard::new(limits.zstd_window_log)?)),
            Coding::Unknown(_) => return None,
        })
    }

    /// Takes all of `bytes`. What follows the end of the data is passed over.
    pub(super) fn block(&mut self, bytes: &[u8], out: Out<'_>) -> Result<(), Fault> {
        match self {
            Stage::Inflate(stage) => stage.block(bytes, out),
            Stage::Brotli(stage) => stage.block(bytes, out),
            Stage::Zstandard(stage) => stage.block(bytes, out),
        }
    }

    /// Whether the data may end here.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Stage::Inflate(stage) => stage.is_over(),
            Stage::Brotli(stage) => stage.is_over(),
            Stage::Zstandard(stage) => stage.is_over(),
        }
    }
}

/// How many bytes a library may give at a time.
pub(super) const CHUNK: usize = 16 << 10;
