//! What few connections need: a record beside the connection's own, made when the first of it is needed.
//!
//! Waiting for holes, an elder or a younger connection on the same ports, and measures. A connection that is
//! plain has none; records are recycled.

use crate::early::Early;
use crate::held::NONE;
use crate::holes::Holes;
use crate::measure::Measures;
use crate::raises::Raises;

/// At most this many are kept for reuse.
const KEPT: usize = 1024;

/// What a half with holes needs.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// When the other side raised what it acknowledged beyond the next position.
    pub(crate) raises: Raises,
    /// Deadline of this half's one valid entry among the timers; `u64::MAX` where there is none.
    pub(crate) queued: u64,
    pub(crate) holes: Holes,
}

impl Default for Waiting {
    fn default() -> Self {
        Waiting { raises: Raises::default(), queued: u64::MAX, holes: Holes::default() }
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Extra {
    pub(crate) waiting: [Waiting; 2],
    /// The other one of an elder and its younger.
    pub(crate) partner: u32,
    pub(crate) measures: Option<Box<Measures>>,
    /// Segments that wait until it is known where their stream begins.
    pub(crate) early: Vec<Early>,
}

impl Default for Extra {
    fn default() -> Self {
        Extra { waiting: Default::default(), partner: NONE, measures: None, early: Vec::new() }
    }
}

/// Records to be used again.
#[derive(Debug, Default)]
#[allow(clippy::vec_box, reason = "they move between the pool and connections as boxes")]
pub(crate) struct Pool {
    extras: Vec<Box<Extra>>,
    measures: Vec<Box<Measures>>,
}

impl Pool {
    pub(crate) fn take(&mut self) -> Box<Extra> {
        self.extras.pop().unwrap_or_default()
    }

    pub(crate) fn take_measures(&mut self) -> Box<Measures> {
        self.measures.pop().unwrap_or_default()
    }

    /// Takes a record back and clears it, keeping a little memory.
    pub(crate) fn give(&mut self, mut extra: Box<Extra>) {
        if let Some(mut measures) = extra.measures.take()
            && self.measures.len() < KEPT
        {
            measures.clear();
            self.measures.push(measures);
        }
        if self.extras.len() < KEPT {
            for waiting in &mut extra.waiting {
                waiting.raises.clear();
                waiting.holes.clear();
                waiting.queued = u64::MAX;
            }
            extra.partner = NONE;
            self.extras.push(extra);
        }
    }
}
