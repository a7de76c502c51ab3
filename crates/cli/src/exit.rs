//! The exit status, decided in one place.

use std::process::ExitCode;

/// How a run ended; the worse one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// 0: read to the end (or to a cut in the last packet), or stopped by Ctrl-C or a closed pipe.
    Done,
    /// 1: something cannot be read, or the output cannot be written.
    Failed,
    /// 2: wrong usage.
    Usage,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        ExitCode::from(match outcome {
            Outcome::Done => 0,
            Outcome::Failed => 1,
            Outcome::Usage => 2,
        })
    }
}
