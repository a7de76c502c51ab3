//! The inputs of a run: what `-r` names, read one behind the other through a pipeline.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::CommandFactory;
use clap::error::ErrorKind;
use wiretrace_capture::{
    BlockBuilder, CaptureStats, Error, FileSet, Fill, Note, PoolConfig, Selection, SetOptions, Source,
};
use wiretrace_pipeline::{Handler, Pipeline, RunError};

use crate::args::{Args, Input};
use crate::exit::Outcome;
use crate::messages::say;

/// What no command line parser can see; says so, too.
pub(super) fn check(input: &Input) -> Result<(), Outcome> {
    let pipes = input.files.iter().filter(|file| *file == Path::new("-")).count();
    let wrong = if pipes > 1 {
        "standard input (-r -) can be read once only"
    } else if pipes > 0 && input.follow {
        "--follow is for files: a pipe (-r -) is followed anyway, until its writer ends"
    } else {
        return Ok(());
    };
    let _ = Args::command().error(ErrorKind::ArgumentConflict, wrong).print();
    Err(Outcome::Usage)
}

/// Reads all inputs to their ends, or until `stop`. What cannot be read is said, and the others are still read.
///
/// # Errors
/// Those after which nothing can be printed any more.
pub(super) fn read<H: Handler + Send>(
    input: &Input,
    selection: &mut Selection,
    pipeline: &mut Pipeline<H>,
    output: &mut dyn Write,
    stop: &AtomicBool,
) -> Result<Outcome, RunError> {
    let stop = || stop.load(Ordering::Relaxed);
    let mut outcome = Outcome::Done;
    let mut set = FileSet::new(&input.files, &SetOptions { follow: input.follow, ..SetOptions::default() });
    set.notes().for_each(|note| say(&note.to_string()));
    while let Some(source) = set.next(stop) {
        let result = source.map_err(RunError::Capture).and_then(|source| {
            if selection.is_everything() {
                pipeline.run(&mut Saying(source), PoolConfig::default(), output, stop)
            } else {
                pipeline.run(&mut Saying(selection.over(source)), PoolConfig::default(), output, stop)
            }
        });
        match result {
            Ok(()) => {}
            Err(RunError::Capture(error)) => {
                say(&error.to_string());
                outcome = outcome.max(Outcome::Failed);
            }
            Err(error) => return Err(error),
        }
        if stop() || selection.is_over() {
            break;
        }
    }
    set.notes().for_each(|note| say(&note.to_string()));
    Ok(outcome)
}

/// A source whose notes are said as they come: a file that is followed has no end at which to say them.
struct Saying<S>(S);

impl<S: Source> Source for Saying<S> {
    fn fill(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error> {
        let fill = self.0.fill(block);
        for note in self.0.notes() {
            say(&note.to_string());
        }
        fill
    }

    fn may_wait(&self) -> bool {
        self.0.may_wait()
    }

    fn stats(&self) -> CaptureStats {
        self.0.stats()
    }

    fn notes(&mut self) -> std::vec::Drain<'_, Note> {
        self.0.notes()
    }
}
