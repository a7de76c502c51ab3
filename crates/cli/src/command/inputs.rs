//! The inputs of a run: what `-r` names, read one behind the other through a pipeline.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::CommandFactory;
use clap::error::ErrorKind;
use wiretrace_capture::{
    BlockBuilder, CaptureStats, Error, FileSet, Fill, Note, Selection, SetOptions, Source,
};
use wiretrace_pipeline::RunError;

use super::Runner;
use super::waiting::Waiting;
use crate::args::{Args, Files, Input};
use crate::exit::Outcome;
use crate::messages::say;

/// What no command line parser can see; says so, too.
pub(super) fn check(files: &Files) -> Result<(), Outcome> {
    let pipes = files.paths.iter().filter(|file| *file == Path::new("-")).count();
    let wrong = if pipes > 1 {
        "standard input (-r -) can be read once only"
    } else if pipes > 0 && files.follow {
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
pub(super) fn read(
    input: &Input,
    selection: &mut Selection,
    runner: &mut impl Runner,
    output: &mut dyn Write,
    stop: &AtomicBool,
    waiting: Option<&Waiting>,
) -> Result<Outcome, RunError> {
    let stop = || stop.load(Ordering::Relaxed);
    let files = &input.files;
    let mut outcome = Outcome::Done;
    let mut set = FileSet::new(&files.paths, &SetOptions { follow: files.follow, ..SetOptions::default() });
    set.notes().for_each(|note| say(&note.to_string()));
    while let Some(source) = set.next(stop) {
        let result = source.map_err(RunError::Capture).and_then(|source| {
            if selection.is_everything() {
                runner.run(&mut Saying(source, waiting), output, &stop)
            } else {
                runner.run(&mut Saying(selection.over(source), waiting), output, &stop)
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
struct Saying<'a, S>(S, Option<&'a Waiting>);

impl<S: Source> Source for Saying<'_, S> {
    fn fill(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error> {
        if let Some(waiting) = self.1 {
            waiting.look(Instant::now());
        }
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
