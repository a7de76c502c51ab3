//! The names of TCP's kinds of things, in JSON; text lines put a blank for `_`.

use wiretrace_pipeline::{Outcome, ResendKind, Resends};

/// The name of an outcome.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Closed => "closed",
        Outcome::Reset => "reset",
        Outcome::Refused => "refused",
        Outcome::Unanswered => "unanswered",
        Outcome::HalfClosed => "half_closed",
        _ => "open",
    }
}

/// The name of a kind of retransmission.
pub(crate) fn resend(kind: ResendKind) -> Option<&'static str> {
    Some(match kind {
        ResendKind::Timeout => "timeout",
        ResendKind::Fast => "fast",
        ResendKind::TailProbe => "tail_probe",
        ResendKind::Spurious => "spurious",
        ResendKind::Copy => "copy",
        _ => return None,
    })
}

/// The kinds with how often they occurred, and those of which nobody knows.
pub(crate) fn resends(resends: &Resends) -> [(&'static str, u32); 6] {
    [
        ("timeout", resends.timeout),
        ("fast", resends.fast),
        ("tail_probe", resends.tail_probe),
        ("spurious", resends.spurious),
        ("copy", resends.copies),
        ("unknown", resends.unknown),
    ]
}
