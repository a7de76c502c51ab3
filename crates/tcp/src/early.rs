//! What an answering side sent, captured before its SYN+ACK.
//!
//! A server may answer data in a SYN (TCP Fast Open, RFC 7413) before the handshake is over, and its SYN+ACK may be
//! lost or overtaken on the way. Where its stream begins is not known then. So its first segments wait, copied, for what
//! tells: the SYN+ACK, the client's first acknowledgement, a RST, the end, or a bound.

use crate::Segment;
use crate::connection::Connection;
use crate::reassembler::known;

/// So many segments of a connection wait: an initial window has ten (RFC 6928).
const SEGMENTS: usize = 16;

/// So long they wait, on the capture clock, in nanoseconds: a client whose SYN+ACK is lost sends its SYN again after one
/// second (RFC 6298 §2).
pub(crate) const WAIT_NS: u64 = 3_000_000_000;

/// One segment that waits.
#[derive(Debug)]
pub(crate) struct Early {
    /// Without what it borrowed.
    segment: Segment<'static>,
    payload: Vec<u8>,
    options: Vec<u8>,
}

impl Early {
    pub(crate) fn new(segment: &Segment<'_>) -> Self {
        let bare = Segment { payload: &[], options: &[], ..*segment };
        // Out of order, in a way: the frame is gone before its turn comes.
        Early { segment: bare, payload: segment.captured().to_vec(), options: segment.options.to_vec() }
    }

    pub(crate) fn segment(&self) -> Segment<'_> {
        Segment { payload: &self.payload, options: &self.options, ..self.segment }
    }

    pub(crate) fn len(&self) -> usize {
        self.payload.len()
    }
}

/// What a segment means to those that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It waits with them.
    Wait,
    /// It says nothing of where the stream begins.
    Nothing,
    /// It comes first, then they.
    First,
    /// They come first.
    Last,
}

impl<D> Connection<D> {
    /// How many segments wait.
    pub(crate) fn early_count(&self) -> usize {
        self.extra.as_ref().map_or(0, |extra| extra.early.len())
    }

    /// Whether a segment has to wait, or ends the waiting of others.
    pub(crate) fn turn(&self, segment: &Segment<'_>) -> Turn {
        let (this, other) = (self.half(segment.half), self.half(!segment.half));
        let waiting = self.early_count();
        let flags = segment.flags;
        let answers = !this.has(known::STARTED) && other.has(known::SYN) && !other.has(known::ACKED);
        if answers && !flags.syn() && !flags.rst() && segment.payload_len > 0 && waiting < SEGMENTS {
            return Turn::Wait;
        }
        if waiting == 0 {
            return Turn::Nothing;
        }
        match (answers, flags.syn() || flags.ack() && !flags.rst()) {
            (true, _) if flags.syn() && !flags.rst() => Turn::First,
            (true, _) => Turn::Last,
            (false, true) if flags.ack() => Turn::First,
            (false, _) if flags.rst() => Turn::Last,
            (false, _) => Turn::Nothing,
        }
    }
}
