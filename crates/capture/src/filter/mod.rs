//! Capture filters: which frames of a file pass.
//!
//! Live, a filter runs in the kernel. On files the same program runs here, in [`Program`]: compiled anew for each link
//! type that appears (a pcapng file may have several), with the length the frame had on the wire, which a captured frame's
//! bytes do not tell.

mod bpf;
#[cfg(feature = "live")]
mod compile;
mod error;
#[cfg(feature = "live")]
mod link;

pub use bpf::{Instruction, Program, ProgramError};
#[cfg(feature = "live")]
pub(crate) use compile::{error, message};
pub use error::FilterError;
#[cfg(feature = "live")]
pub(crate) use link::from_dlt;

use crate::{Frame, LinkType, Note};

/// At most this many kinds of frames are told apart; those of further ones are left out.
const MAX_KINDS: usize = 1024;

/// A link type, and whether its words are big-endian.
type Kind = (LinkType, bool);

/// A capture filter over frames of any link type.
///
/// ```
/// use wiretrace_capture::filter::{Filter, Instruction, Program};
/// use wiretrace_capture::{Frame, LinkType, Timestamp};
///
/// let longer_than_100 = Program::new(&[
///     Instruction { code: 0x80, jt: 0, jf: 0, k: 0 },
///     Instruction { code: 0x25, jt: 0, jf: 1, k: 100 },
///     Instruction { code: 0x06, jt: 0, jf: 0, k: 1 },
///     Instruction { code: 0x06, jt: 0, jf: 0, k: 0 },
/// ])?;
/// let mut filter = Filter::of([(LinkType::RAW, longer_than_100)]);
/// let cut = Frame {
///     number: 1, at: Timestamp::EPOCH, wire_len: 1500, link_type: LinkType::RAW, interface: 0, data: b"E...",
/// };
/// assert!(filter.matches(&cut));
/// assert!(!filter.matches(&Frame { wire_len: 60, ..cut }));
/// assert!(!filter.matches(&Frame { link_type: LinkType::ETHERNET, ..cut }), "no program for these");
/// # Ok::<(), wiretrace_capture::filter::ProgramError>(())
/// ```
#[derive(Debug)]
pub struct Filter {
    /// Programs are compiled from it; empty where all there are were given.
    expression: String,
    /// The kinds of frames met, the latest first; `None`: there is no program for them.
    programs: Vec<(Kind, Option<Program>)>,
    notes: Vec<Note>,
}

impl Filter {
    /// A filter made of ready programs, such as `tcpdump -ddd` prints: one a link type. Frames of other link types are
    /// left out.
    pub fn of(programs: impl IntoIterator<Item = (LinkType, Program)>) -> Self {
        let programs =
            programs.into_iter().map(|(link_type, program)| ((link_type, false), Some(program))).collect();
        Filter { expression: String::new(), programs, notes: Vec::new() }
    }

    /// A filter in the language of pcap-filter(7), compiled by libpcap for each link type as it appears.
    ///
    /// # Errors
    /// Where libpcap compiles the expression for no link type.
    #[cfg(feature = "live")]
    pub fn new(expression: &str) -> Result<Self, FilterError> {
        compile::check(expression)?;
        Ok(Filter { expression: expression.to_owned(), programs: Vec::new(), notes: Vec::new() })
    }

    /// Whether a frame passes.
    pub fn matches(&mut self, frame: &Frame<'_>) -> bool {
        let kind = self.kind(frame);
        if self.programs.first().is_none_or(|(first, _)| *first != kind) {
            self.bring_to_front(kind);
        }
        match self.programs.first() {
            Some((first, Some(program))) if *first == kind => program.matches(frame.data, frame.wire_len),
            _ => false,
        }
    }

    /// BSD loopback's headers are words of the machine that captured: which order they have shows in the word itself, since
    /// it is small. Ready programs are for one order.
    fn kind(&self, frame: &Frame<'_>) -> Kind {
        let big = frame.link_type == LinkType::NULL
            && !self.expression.is_empty()
            && frame.data.first() == Some(&0);
        (frame.link_type, big)
    }

    /// Link types for which there is no program are noted here, once each.
    pub(crate) fn take_notes(&mut self) -> std::vec::Drain<'_, Note> {
        self.notes.drain(..)
    }

    fn bring_to_front(&mut self, wanted: Kind) {
        if let Some(place) = self.programs.iter().position(|(kind, _)| *kind == wanted) {
            self.programs.swap(0, place);
        } else if self.programs.len() < MAX_KINDS {
            let program = self.compile(wanted);
            self.programs.push((wanted, program));
            let last = self.programs.len() - 1;
            self.programs.swap(0, last);
        }
    }

    fn compile(&mut self, (link_type, big): Kind) -> Option<Program> {
        let result = if self.expression.is_empty() {
            Err("there is no program for it".to_owned())
        } else {
            #[cfg(feature = "live")]
            let compiled = compile::compile(&self.expression, link_type, big);
            #[cfg(not(feature = "live"))]
            let compiled = {
                let _ = big;
                Err("this build has no filter compiler".to_owned())
            };
            compiled
        };
        result.map_err(|reason| self.notes.push(Note::FilterLinkType { link_type, reason })).ok()
    }
}
