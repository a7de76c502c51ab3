//! What a connection says: events, and the trait that receives them.

use crate::{Connection, Half};

/// The segment that carried some bytes: its time, its frame, and what it acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Time stamp, nanoseconds since the epoch.
    pub at: i64,
    /// Number of the frame.
    pub frame: u64,
    /// Raw acknowledgement number of the segment; `None` where it had no ACK.
    pub ack: Option<u32>,
}

/// Why stream positions are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GapCause {
    /// The other side acknowledged them: they were sent and received, but not captured.
    Acknowledged,
    /// A segment carried them, but the snap length cut them off.
    Snaplen,
    /// One of the [`Limits`](crate::Limits) on held bytes or segments was reached.
    Limit,
    /// The connection ended, was reset, timed out or was evicted, and nobody had acknowledged them.
    Unacknowledged,
}

/// How one direction's stream came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Finish {
    /// Its FIN was reached.
    Fin,
    /// A RST, by either side.
    Reset,
    /// Neither: the connection was cut off by a new one, a time-out, eviction or the end of input.
    Cut,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Both sides sent FIN.
    Fin,
    /// A RST, before both sides had sent FIN.
    Rst,
    /// Neither.
    None_,
    /// Nothing was heard for [`Limits::idle_ns`](crate::Limits::idle_ns).
    Timeout,
}

/// A connection's closing words. What each side sent is in [`Connection::flow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Why it ended.
    pub reason: Reason,
    /// The deadline on the capture clock, where a lingering or idle connection ended by time.
    pub end_clock: Option<u64>,
    /// From the SYN to the client's first ACK behind the SYN+ACK, where all three were seen. Nanoseconds, may
    /// be negative where packets were captured out of order.
    pub handshake_ns: Option<i64>,
    /// Time stamp of the first segment.
    pub first_at: i64,
    /// Time stamp of the last segment.
    pub last_at: i64,
    /// It was ended to make room for another: [`Limits::connections`](crate::Limits::connections).
    pub evicted: bool,
}

/// One event. `Data` and `Gap` of a half come in stream order and without a break, from offset 0.
///
/// Offsets count from the byte behind the SYN, or from the first segment seen where there was no SYN.
/// Where one segment causes several events, what it is (`Start`, `Reset`, `Retransmit`, ..) comes before the
/// bytes that it sets free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// First segment of the connection; it is already counted.
    Start,
    /// A SYN, or SYN+ACK, again.
    SynRetry {
        /// Who sent it.
        half: Half,
        /// Its raw sequence number.
        seq: u32,
    },
    /// The next bytes of a half.
    Data {
        /// Whose bytes.
        half: Half,
        /// Stream offset of the first one.
        offset: u64,
        /// The bytes; never empty. In order, they are borrowed from the segment.
        bytes: &'a [u8],
        /// The segment that carried them.
        mark: Mark,
        /// They begin where that segment began; false where its front was trimmed as already seen.
        segment_start: bool,
    },
    /// The next positions of a half are not there, and will not be delivered any more.
    Gap {
        /// Whose.
        half: Half,
        /// Stream offset of the first one.
        offset: u64,
        /// How many; never 0.
        len: u64,
        /// Why they are given up.
        cause: GapCause,
        /// Raw sequence number of the first one.
        seq: u32,
    },
    /// All of a segment's payload, or its FIN, was seen before.
    Retransmit {
        /// Who sent it.
        half: Half,
        /// Its raw sequence number.
        seq: u32,
        /// Its payload length.
        len: u32,
    },
    /// A part of a segment's payload was seen before.
    Overlap {
        /// Who sent it.
        half: Half,
        /// Its raw sequence number.
        seq: u32,
        /// Its payload length.
        len: u32,
        /// Whether its bytes differ from the earlier copy (the first one counts); `None` where they do not in
        /// what could be compared, but a part of the earlier copy is no longer held.
        conflict: Option<bool>,
    },
    /// New payload below the highest position seen.
    OutOfOrder {
        /// Who sent it.
        half: Half,
        /// Its raw sequence number.
        seq: u32,
        /// Its payload length.
        len: u32,
    },
    /// A window of zero (SYN, FIN and RST aside).
    ZeroWindow {
        /// Who announced it.
        half: Half,
        /// Raw sequence number of the segment.
        seq: u32,
    },
    /// A RST. Its payload, if any, is no part of the stream.
    Reset {
        /// Who sent it.
        half: Half,
        /// Its raw sequence number.
        seq: u32,
        /// Its payload length.
        len: u32,
    },
    /// This half's stream is over: no `Data` and no `Gap` of it follow. Once per half.
    Finished {
        /// Which half.
        half: Half,
        /// How.
        how: Finish,
    },
    /// The connection is over and forgotten. Exactly once, after both `Finished`.
    End(Summary),
}

/// Receives the events of a [`FlowTable`](crate::FlowTable). One required method, static dispatch.
pub trait Sink<D> {
    /// One event of `connection`. What the sink keeps per connection lives in [`Connection::data_mut`].
    fn event(&mut self, connection: &mut Connection<D>, event: Event<'_>);
}

impl<D, S: Sink<D> + ?Sized> Sink<D> for &mut S {
    #[inline]
    fn event(&mut self, connection: &mut Connection<D>, event: Event<'_>) {
        (**self).event(connection, event);
    }
}

/// A [`Sink`] made of a closure: see [`from_fn`].
#[derive(Debug)]
pub struct FromFn<F>(F);

/// Makes a [`Sink`] of a closure.
///
/// ```
/// use wiretrace_tcp::{Connection, Event, FlowTable, Limits, from_fn};
/// let mut ends = 0;
/// let mut sink = from_fn(|_: &mut Connection<()>, event: Event<'_>| ends += u32::from(matches!(event, Event::End(_))));
/// FlowTable::new(Limits::default()).finish(&mut sink);
/// assert_eq!(ends, 0);
/// ```
pub fn from_fn<D, F: FnMut(&mut Connection<D>, Event<'_>)>(f: F) -> FromFn<F> {
    FromFn(f)
}

impl<D, F: FnMut(&mut Connection<D>, Event<'_>)> Sink<D> for FromFn<F> {
    #[inline]
    fn event(&mut self, connection: &mut Connection<D>, event: Event<'_>) {
        (self.0)(connection, event);
    }
}
