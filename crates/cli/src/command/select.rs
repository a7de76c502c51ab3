//! What of the packets is used: the capture filter and the limits.

use wiretrace_capture::Selection;
#[cfg(feature = "live")]
use wiretrace_capture::filter::FilterError;

use crate::args::Input;
use crate::exit::Outcome;
use crate::messages::say;

/// What of the files is used, or of a live capture; says what is wrong with the filter.
pub(super) fn selection(input: &Input) -> Result<Selection, Outcome> {
    let limits = &input.limits;
    let mut selection = Selection::default();
    if let Some(count) = limits.count {
        selection = selection.with_frames(count);
    }
    if input.is_live() {
        // Live, the machine's clock ends it, and the filter runs in the kernel.
        return Ok(selection);
    }
    if let Some(duration) = limits.duration {
        selection = selection.with_duration(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX));
    }
    if let Some(expression) = limits.filter() {
        selection = selection.with_filter(compile(&expression)?);
    }
    Ok(selection)
}

#[cfg(feature = "live")]
fn compile(expression: &str) -> Result<wiretrace_capture::filter::Filter, Outcome> {
    wiretrace_capture::filter::Filter::new(expression).map_err(|error| {
        say_filter(&error);
        Outcome::Usage
    })
}

#[cfg(not(feature = "live"))]
fn compile(_: &str) -> Result<wiretrace_capture::filter::Filter, Outcome> {
    say(crate::command::NO_LIVE);
    Err(Outcome::Usage)
}

/// Shows a bad filter, and under it the place where it is bad.
#[cfg(feature = "live")]
pub(super) fn say_filter(error: &FilterError) {
    let expression = error.expression();
    say(&format!("the filter cannot be compiled: {}", error.message()));
    say(&format!("  {expression}"));
    if let Some((from, to)) = error.place() {
        let width = |text: Option<&str>| text.map_or(0, |text| text.chars().count());
        let (before, bad) = (width(expression.get(..from)), width(expression.get(from..to)));
        say(&format!("  {}{}", " ".repeat(before), "^".repeat(bad.max(1))));
    }
}
