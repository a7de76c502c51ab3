//! The inputs of a run: what `-r` names, read one behind the other through a pipeline.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::CommandFactory;
use clap::error::ErrorKind;
use wiretrace_capture::{
    BlockBuilder, CaptureStats, Error, FileSet, Fill, Note, PoolConfig, SetOptions, Source,
};
use wiretrace_pipeline::{Handler, Pipeline, RunError};

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
pub(super) fn read<H: Handler + Send>(
    input: &Input,
    pipeline: &mut Pipeline<H>,
    output: &mut dyn Write,
    stop: &AtomicBool,
) -> Result<Outcome, RunError> {
    let stop = || stop.load(Ordering::Relaxed);
    each(&input.files, stop, |source| pipeline.run(source, PoolConfig::default(), output, stop))
}

/// Gives each input to `run`, in order, until `stop`. What cannot be read is said, and the others are still given.
///
/// # Errors
/// Those of `run` that are not an input's.
pub(super) fn each(
    files: &Files,
    stop: impl Fn() -> bool,
    mut run: impl FnMut(&mut dyn Source) -> Result<(), RunError>,
) -> Result<Outcome, RunError> {
    let mut outcome = Outcome::Done;
    let mut set = FileSet::new(&files.paths, &SetOptions { follow: files.follow, ..SetOptions::default() });
    set.notes().for_each(|note| say(&note.to_string()));
    while let Some(source) = set.next(&stop) {
        match source.map_err(RunError::Capture).and_then(|source| run(&mut Saying(source))) {
            Ok(()) => {}
            Err(RunError::Capture(error)) => {
                say(&error.to_string());
                outcome = outcome.max(Outcome::Failed);
            }
            Err(error) => return Err(error),
        }
        if stop() {
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
