//! What a table is to do, beside its bounds.

use crate::Limits;

/// Which byte counts where two segments carry the same position and the earlier copy is still held.
///
/// Bytes that were handed on cannot be taken back: this decides among bytes that wait behind a hole. Receiving
/// systems differ here, and who knows which one it was can see what its application saw. `new` and `old` are the
/// two segments, `old` the one whose byte counted so far; each policy says when the *new* one's bytes count. What
/// the snap length cut off takes no part in it: it neither replaces a byte nor is replaced.
///
/// What was replaced is held as a piece of its own. Where [`Limits`](crate::Limits) leave no room for one more piece, the
/// bytes are replaced all the same, but a third copy is compared with the first segment.
///
/// ```
/// use wiretrace_tcp::Overlap;
/// assert!(!Overlap::First.new_counts((0, 9), (4, 6)));
/// assert!(Overlap::Bsd.new_counts((0, 9), (4, 6)), "it begins before the old one");
/// assert!(!Overlap::Bsd.new_counts((4, 9), (4, 6)) && Overlap::Linux.new_counts((4, 9), (4, 6)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Overlap {
    /// Never: what was captured first counts.
    #[default]
    First,
    /// Always: what was captured last counts.
    Last,
    /// Where it begins before the old one (4.4BSD and its descendants).
    Bsd,
    /// Where it begins before the old one, or at the same position and ends behind it.
    Linux,
}

impl Overlap {
    /// Whether the bytes of a segment that carries the positions `new` (from, to) count over those of an earlier
    /// one that carried `old`.
    pub const fn new_counts(self, new: (u64, u64), old: (u64, u64)) -> bool {
        match self {
            Overlap::First => false,
            Overlap::Last => true,
            Overlap::Bsd => new.0 < old.0,
            Overlap::Linux => new.0 < old.0 || new.0 == old.0 && new.1 > old.1,
        }
    }
}

/// What is measured beyond what every table counts: round trips, bytes in flight, windows, and what kind a
/// retransmission is. It costs time on every segment, and a record of about two and a half kilobytes for each
/// connection that carries data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Measure {
    /// Nothing.
    #[default]
    Off,
    /// What fits a record of fixed size: see [`HalfMeasures`](crate::HalfMeasures).
    Sketch,
    /// That, and an [`Event::RoundTrip`](crate::Event::RoundTrip) for each segment whose acknowledgement is seen, of
    /// at most 4,096 of a half under way at a time (64 KiB); others are
    /// [passed over](crate::HalfMeasures::rtt_passed_over).
    Series,
}

/// Settings of a [`FlowTable`](crate::FlowTable).
///
/// ```
/// use wiretrace_tcp::{Config, FlowTable, Limits, Measure, Overlap};
/// let config = Config { overlap: Overlap::Linux, measure: Measure::Sketch, ..Config::default() };
/// assert!(FlowTable::<()>::new(config).is_empty());
/// assert!(FlowTable::<()>::new(Limits::default()).is_empty()); // the rest by default
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Bounds and time-outs.
    pub limits: Limits,
    /// Which copy of a byte counts.
    pub overlap: Overlap,
    /// What is measured.
    pub measure: Measure,
}

impl From<Limits> for Config {
    fn from(limits: Limits) -> Self {
        Config { limits, ..Config::default() }
    }
}
