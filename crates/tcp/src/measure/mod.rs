//! What is measured of a connection beyond what every table counts.

mod half;

pub use half::{Acknowledgements, Delays, HalfMeasures, Resends};

use crate::connection::Connection;
use crate::{Event, Half, Resend, Segment};
use smallvec::SmallVec;

/// Events that a measure gives rise to.
pub(crate) type Notes = SmallVec<[Event<'static>; 2]>;

/// What a table found of a segment's payload. Positions are stream offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No part of the stream: more than 2^30 away.
    Outside,
    /// No payload within the stream, and no FIN seen before.
    Nothing,
    /// A keep-alive or a window probe.
    Probe,
    /// Nothing of it was seen before. `ahead`: it begins behind the highest position seen before.
    New { from: u64, to: u64, ahead: bool },
    /// Nothing of it was seen before, and it begins below `top`, the highest position seen before.
    Below { from: u64, to: u64, top: u64 },
    /// A part of it was seen before.
    Overlap { from: u64, to: u64 },
    /// All of it was seen before, or it is a FIN seen before (`from == to`).
    Again { from: u64, to: u64 },
}

/// The measures of both halves.
#[derive(Debug, Default)]
pub(crate) struct Measures {}

impl Measures {
    pub(crate) fn clear(&mut self) {
        *self = Measures::default();
    }

    pub(crate) fn acknowledgement<D>(&mut self, _: &Connection<D>, _: &Segment<'_>, _series: bool) -> Notes {
        Notes::new()
    }

    pub(crate) fn payload<D>(&mut self, _: &Connection<D>, _: &Segment<'_>, _: Found) -> Notes {
        Notes::new()
    }

    pub(crate) fn resend<D>(&self, _: &Connection<D>, _: &Segment<'_>, _: (u64, u64)) -> Resend {
        Resend { kind: None, after_ns: None }
    }

    pub(crate) fn half<D>(&self, _: Half, _: &Connection<D>) -> HalfMeasures {
        HalfMeasures::default()
    }
}
