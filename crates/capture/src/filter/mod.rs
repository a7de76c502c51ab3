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

/// At most this many link types are told apart; the frames of further ones are left out.
const MAX_LINK_TYPES: usize = 1024;

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
    /// The link types met, the latest first; `None`: there is no program for them.
    programs: Vec<(LinkType, Option<Program>)>,
    notes: Vec<Note>,
}

impl Filter {
    /// A filter made of ready programs, such as `tcpdump -ddd` prints: one a link type. Frames of other link types are
    /// left out.
    pub fn of(programs: impl IntoIterator<Item = (LinkType, Program)>) -> Self {
        let programs = programs.into_iter().map(|(link_type, program)| (link_type, Some(program))).collect();
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
        match self.programs.first() {
            Some((link_type, program)) if *link_type == frame.link_type => {
                program.as_ref().is_some_and(|program| program.matches(frame.data, frame.wire_len))
            }
            _ => {
                self.bring_to_front(frame.link_type);
                match self.programs.first() {
                    Some((link_type, Some(program))) if *link_type == frame.link_type => {
                        program.matches(frame.data, frame.wire_len)
                    }
                    _ => false,
                }
            }
        }
    }

    /// Link types for which there is no program are noted here, once each.
    pub(crate) fn take_notes(&mut self) -> std::vec::Drain<'_, Note> {
        self.notes.drain(..)
    }

    fn bring_to_front(&mut self, wanted: LinkType) {
        if let Some(place) = self.programs.iter().position(|(link_type, _)| *link_type == wanted) {
            self.programs.swap(0, place);
        } else if self.programs.len() < MAX_LINK_TYPES {
            let program = self.compile(wanted);
            self.programs.push((wanted, program));
            let last = self.programs.len() - 1;
            self.programs.swap(0, last);
        }
    }

    fn compile(&mut self, link_type: LinkType) -> Option<Program> {
        let result = if self.expression.is_empty() {
            Err("there is no program for it".to_owned())
        } else {
            #[cfg(feature = "live")]
            let compiled = compile::compile(&self.expression, link_type);
            #[cfg(not(feature = "live"))]
            let compiled = Err("this build has no filter compiler".to_owned());
            compiled
        };
        result.map_err(|reason| self.notes.push(Note::FilterLinkType { link_type, reason })).ok()
    }
}
