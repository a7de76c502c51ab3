//! What a half acknowledged more than once (RFC 5681 §2).

use super::resend::COPY_NS;
use super::{Acknowledgements, Notes};
use crate::{Event, Half, Segment};

/// Runs of so many are told, and are what a sender resends for (RFC 5681 §3.2).
pub(crate) const RUN: u32 = 3;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Acks {
    pub(crate) counts: Acknowledgements,
    /// Duplicates of the position that it acknowledged last.
    pub(crate) run: u32,
    /// The number that the run is of.
    number: u32,
    /// When it acknowledged last, whatever it was.
    pub(crate) last_at: Option<i64>,
    /// Of its latest acknowledgement without data: see [`Segment::ident`].
    ident: u32,
}

impl Acks {
    /// Takes an acknowledgement. `same`: of the number and with the window of the one before, while something is
    /// under way.
    ///
    /// What announces a window of zero answers probes rather than segments out of order.
    pub(crate) fn take(&mut self, segment: &Segment<'_>, same: bool) {
        let last_at = self.last_at.replace(segment.at);
        let flags = segment.flags;
        if segment.payload_len > 0 || flags.syn() || flags.fin() {
            return;
        }
        let soon = last_at.is_some_and(|last| segment.at.abs_diff(last) <= COPY_NS as u64);
        let copy = segment.ident != 0 && segment.ident == self.ident && soon;
        self.ident = segment.ident;
        if same && !copy && segment.window != 0 {
            self.number = segment.ack;
            self.run = self.run.saturating_add(1);
            self.counts.duplicates = self.counts.duplicates.saturating_add(1);
            self.counts.longest_run = self.counts.longest_run.max(self.run);
        }
    }

    /// The run is over: another position is acknowledged, or nothing will be any more.
    pub(crate) fn end_run(&mut self, half: Half, notes: &mut Notes) {
        let count = std::mem::take(&mut self.run);
        if count >= RUN {
            notes.push(Event::DuplicateAcks { half, ack: self.number, count });
        }
    }
}
