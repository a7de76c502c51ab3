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

/// How far a connection had come when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Both sides had sent FIN.
    Closed,
    /// A RST had ended it.
    Reset,
    /// A RST had answered its SYN.
    Refused,
    /// Nothing had answered its SYN.
    Unanswered,
    /// One side had sent FIN.
    HalfClosed,
    /// None of these: it was open.
    Open,
}

/// The opening of a connection, SYN to ACK, in nanoseconds of time stamps; negative where packets were captured out
/// of order.
///
/// The capture point lies somewhere between the two: close to the client, `to_client_ns` is next to nothing and
/// `to_server_ns` the whole round trip; close to the server, the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handshake {
    /// First SYN to the client's first ACK behind the SYN+ACK.
    pub total_ns: i64,
    /// SYN to SYN+ACK: from the capture point to the server and back. `None` where either was sent more than once, as
    /// nobody can say which of them was answered (Karn's rule, RFC 6298 §3).
    pub to_server_ns: Option<i64>,
    /// SYN+ACK to ACK: from the capture point to the client and back; `None` likewise.
    pub to_client_ns: Option<i64>,
}

/// What kind of retransmission it is, as far as can be told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResendKind {
    /// The retransmission timer ran out (RFC 6298 §5).
    Timeout,
    /// Duplicate acknowledgements or SACK blocks said that it was lost (RFC 5681 §3.2, RFC 6675).
    Fast,
    /// The last segment sent again before the timer ran out, to draw an acknowledgement (RFC 8985 §7).
    TailProbe,
    /// It had been acknowledged already: nothing was lost but time.
    Spurious,
    /// Not sent again: the same packet captured twice (a mirror port, loopback) or doubled by the network.
    Copy,
}

/// What is known of a retransmission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resend {
    /// Its kind; `None` where the packets do not tell.
    pub kind: Option<ResendKind>,
    /// Since the same bytes were sent before, in nanoseconds; `None` where that is not known any more.
    pub after_ns: Option<i64>,
}

/// A connection's closing words. What each side sent is in [`Connection::flow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Why it ended.
    pub reason: Reason,
    /// The deadline on the capture clock, where a lingering or idle connection ended by time.
    pub end_clock: Option<u64>,
    /// How far it had come.
    pub outcome: Outcome,
    /// Its opening, where SYN, SYN+ACK and ACK were seen.
    pub handshake: Option<Handshake>,
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
    /// The client's first ACK behind the SYN+ACK: what the sides offered is in
    /// [`Connection::syn_options`](crate::Connection::syn_options).
    Established(Handshake),
    /// A RST answers the SYN: nothing listens there. The [`Reset`](Self::Reset) comes before.
    Refused {
        /// Who refused.
        half: Half,
        /// Raw sequence number of the RST.
        seq: u32,
    },
    /// Nothing answered the SYN within [`Limits::unanswered_ns`](crate::Limits::unanswered_ns). Once per connection,
    /// which goes on.
    Unanswered {
        /// Who sent the SYN.
        half: Half,
    },
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
        /// What is known of it, where the table [measures](crate::Config::measure).
        resend: Option<Resend>,
    },
    /// A segment of at most one byte in front of the next position while all is acknowledged: it asks whether the
    /// other side is still there (RFC 9293 §3.8.4). No retransmission.
    KeepAlive {
        /// Who asks.
        half: Half,
        /// Its raw sequence number.
        seq: u32,
        /// Its payload length, 0 or 1.
        len: u32,
    },
    /// A segment of at most one byte sent into a window of zero, to learn when it opens (RFC 9293 §3.8.6.1). No
    /// retransmission, even where its byte was sent before.
    WindowProbe {
        /// Who asks.
        half: Half,
        /// Its raw sequence number.
        seq: u32,
        /// Its payload length, 0 or 1.
        len: u32,
    },
    /// A run of acknowledgements of the same position is over, while data was under way and the window did not change
    /// (RFC 5681 §2). Runs of three and more, and only where the table [measures](crate::Config::measure).
    DuplicateAcks {
        /// Who sent them.
        half: Half,
        /// The raw number acknowledged.
        ack: u32,
        /// How many, the first acknowledgement of the position not counted.
        count: u32,
    },
    /// The segment fills the other side's window to its last byte: the sender must wait. Only where the table
    /// [measures](crate::Config::measure) and the handshake told the windows' scale.
    WindowFull {
        /// Who sent it.
        half: Half,
        /// Its raw sequence number.
        seq: u32,
        /// Its payload length.
        len: u32,
    },
    /// A segment ahead of the next position lies behind the other side's window, so that its receiver will not have
    /// taken it (RFC 9293 §3.10.7.4). It is held all the same, but what another segment carries for the same
    /// positions counts.
    OutsideWindow {
        /// Who sent it.
        half: Half,
        /// Its raw sequence number.
        seq: u32,
        /// Its payload length.
        len: u32,
    },
    /// A round trip: a segment and the acknowledgement that covers it. Only with
    /// [`Measure::Series`](crate::Measure::Series); never of bytes that were sent twice (Karn's rule, RFC 6298 §3).
    RoundTrip {
        /// Who sent the segment.
        half: Half,
        /// Stream offset behind it.
        end: u64,
        /// Its payload length.
        len: u32,
        /// From the segment to its acknowledgement, both as captured, in nanoseconds.
        ns: i64,
    },
    /// A part of a segment's payload was seen before.
    Overlap {
        /// Who sent it.
        half: Half,
        /// Its raw sequence number.
        seq: u32,
        /// Its payload length.
        len: u32,
        /// Whether its bytes differ from the earlier copy that is held ([`Overlap`](crate::Overlap) says which one
        /// counts); `None` where they do not in what could be compared, but a part of the earlier copy is no longer held.
        conflict: Option<bool>,
    },
    /// New payload below the highest position seen, be that a FIN's.
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
    /// The window is no longer zero. Only where the table [measures](crate::Config::measure).
    WindowOpen {
        /// Whose window.
        half: Half,
        /// How long it was closed, in nanoseconds.
        closed_ns: i64,
    },
    /// The first FIN of a half. What follows it in the stream's order is no part of the stream.
    Fin {
        /// Who sent it.
        half: Half,
        /// Raw sequence number of the FIN itself.
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
        /// Its receiver can have taken it: it lies within the window (RFC 5961 §3.2), or answers the SYN. One that is
        /// not acceptable ends nothing.
        acceptable: bool,
        /// Payload of both sides that was seen and not acknowledged when it came.
        pending: u64,
    },
    /// Both sides sent FIN, or a RST was acceptable: the connection is over, and lingers for late segments. Once, and
    /// not for connections that end otherwise.
    Over {
        /// `Fin` or `Rst`.
        reason: Reason,
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
