//! What all partitions share: settings, and what is to be said in the end.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use wiretrace_content::DecodeLimits;

use crate::messages::{count, say};

/// What is done with bodies.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) show: Option<Show>,
    pub(crate) save: Option<PathBuf>,
    pub(crate) limits: DecodeLimits,
    /// Bytes that the bodies of one partition may take, unless `--max-body` asks for more. Default: 8 MiB.
    pub(crate) held: usize,
    /// Memory that the decoders of one partition's unfinished bodies may take. Default: 32 MiB.
    pub(crate) decoders: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { show: None, save: None, limits: DecodeLimits::default(), held: 8 << 20, decoders: 32 << 20 }
    }
}

/// How bodies are printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Show {
    pub(crate) hex: bool,
    /// So many bytes of each.
    pub(crate) max: usize,
}

/// Settings and counters of a run.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    failed: AtomicBool,
    failures: AtomicU64,
    cut: AtomicU64,
    not_decoded: AtomicU64,
    decoders: AtomicU64,
}

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            failed: AtomicBool::new(false),
            failures: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            not_decoded: AtomicU64::new(0),
            decoders: AtomicU64::new(0),
        }
    }

    /// How many bytes one partition may hold.
    pub(crate) fn most_held(&self) -> usize {
        self.options.held.max(self.options.show.map_or(0, |show| show.max.saturating_mul(2)))
    }

    /// How much memory one partition's decoders may take.
    pub(crate) fn most_decoders(&self) -> usize {
        self.options.decoders
    }

    /// A body is not kept as far as was asked for, since memory is full.
    pub(crate) fn cut(&self) {
        self.cut.fetch_add(1, Ordering::Relaxed);
    }

    /// A body is not decoded, since memory is full.
    pub(crate) fn not_decoded(&self) {
        self.not_decoded.fetch_add(1, Ordering::Relaxed);
    }

    /// A decoder was made.
    pub(crate) fn made_decoder(&self) {
        self.decoders.fetch_add(1, Ordering::Relaxed);
    }

    /// How many decoders were made.
    #[cfg(test)]
    pub(crate) fn decoders(&self) -> u64 {
        self.decoders.load(Ordering::Relaxed)
    }

    /// A file cannot be written: said once, counted, and the tracing goes on.
    pub(crate) fn failed(&self, path: &Path, error: &io::Error) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        if !self.failed.swap(true, Ordering::Relaxed) {
            say(&format!("cannot write {}: {error}; the tracing goes on", path.display()));
        }
    }

    /// How many bodies were not kept whole, and how many not decoded.
    #[cfg(test)]
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.cut.load(Ordering::Relaxed), self.not_decoded.load(Ordering::Relaxed))
    }

    /// Says what was left out. Whether files could not be written.
    pub(crate) fn explain(&self) -> bool {
        let failures = self.failures.load(Ordering::Relaxed);
        for (number, one, many) in [
            (failures, "body file could not be written", "body files could not be written"),
            (
                self.cut.load(Ordering::Relaxed),
                "body not kept whole: the memory for bodies was full",
                "bodies not kept whole: the memory for bodies was full",
            ),
            (
                self.not_decoded.load(Ordering::Relaxed),
                "body not decoded: the memory for decoders was full",
                "bodies not decoded: the memory for decoders was full",
            ),
        ] {
            if number > 0 {
                say(&count(number, one, many));
            }
        }
        failures > 0
    }
}
