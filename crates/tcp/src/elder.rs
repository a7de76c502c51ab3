//! A SYN inside a living connection: a new connection on the same ports, or a stray that nobody answers?
//!
//! The new connection begins at once, but the living one stays beside it as its *elder* until the SYN is
//! answered: by an acknowledgement of it, or by its own side going on from it. Until then a segment goes to the
//! one of the two whose numbers it fits better, in doubt to the elder. There is never more than one elder: a
//! third SYN replaces the second.

use crate::connection::{Connection, slow};
use crate::reassembler::known;
use crate::seq::distance;
use crate::{Half, Segment};

/// What to do with a segment while a SYN is unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// It belongs to the living connection.
    Elder,
    /// It belongs to the new connection and proves nothing.
    Younger,
    /// It belongs to the new connection, and proves that the elder is gone.
    Answer,
}

/// How far `raw` is from what a half would send, or see acknowledged, next.
fn far<D>(connection: &Connection<D>, half: Half, raw: u32) -> u32 {
    let this = connection.half(half);
    if this.has(known::STARTED) { distance(this.raw(this.high()), raw).unsigned_abs() } else { u32::MAX }
}

/// Which of the two a segment belongs to. `younger` was begun by a SYN of its first half.
pub(crate) fn choose<D>(elder: &Connection<D>, younger: &Connection<D>, segment: &Segment<'_>) -> Choice {
    let flags = segment.flags;
    let (half, opener) = (segment.half, younger.first_half);
    if flags.syn() && !flags.ack() {
        let repeats = |connection: &Connection<D>| {
            connection.half(half).has(known::SYN) && connection.half(half).syn_seq == segment.seq
        };
        return if !repeats(younger) && repeats(elder) { Choice::Elder } else { Choice::Younger };
    }
    let (old, new) = match (half == opener, flags.ack()) {
        (true, _) => (far(elder, half, segment.seq), far(younger, half, segment.seq)),
        (false, true) => (far(elder, opener, segment.ack), far(younger, opener, segment.ack)),
        (false, false) => (far(elder, half, segment.seq), far(younger, half, segment.seq)),
    };
    if new >= old {
        Choice::Elder
    } else if flags.ack() {
        Choice::Answer
    } else {
        Choice::Younger
    }
}

impl<D> Connection<D> {
    /// Whether a SYN may begin another connection without ending this one yet.
    pub(crate) fn can_be_elder(&self) -> bool {
        !self.is(slow::OVER | slow::HAS_ELDER) && self.acknowledged()
    }
}
