//! What is told of TCP connections.

use wiretrace_tcp::{HalfMeasures, HalfStats, Handshake, Outcome, Resend, SynOptions};

use crate::exchange::{ConnectionInfo, Side};

/// What happened to a TCP connection, when, and to whom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TcpEvent<'a> {
    /// The stamp of the packet at hand, or the deadline of a time-out: nanoseconds since the Unix epoch.
    pub at: i64,
    /// Number of the packet at hand; none where a deadline or the end of the input is told.
    pub frame: Option<u64>,
    /// The connection.
    pub connection: ConnectionInfo,
    /// What happened.
    pub kind: TcpKind<'a>,
    /// Whose segment it was, where it was one.
    pub side: Option<Side>,
    /// Payload length; of a gap, the hole's length.
    pub bytes: Option<u64>,
    /// The raw sequence number.
    pub seq: Option<u32>,
}

/// The kinds of [`TcpEvent`].
///
/// Those that say so need a table that [measures](wiretrace_tcp::Config::measure).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum TcpKind<'a> {
    /// The first segment of a connection.
    Start {
        /// It is no SYN: the connection was there before the capture.
        already_open: bool,
    },
    /// The client's first ACK behind the SYN+ACK.
    Established(&'a TcpOpening),
    /// A RST answers the SYN; its sender's side. The [`Reset`](Self::Reset) comes before.
    Refused,
    /// Nothing answered the SYN in time; its sender's side. The connection goes on.
    Unanswered,
    /// A SYN again.
    SynRetry,
    /// Payload, or a FIN, all seen before.
    Retransmit(
        /// What is known of it, where it is measured.
        Option<Resend>,
    ),
    /// Payload partly seen before.
    Overlap {
        /// Whether the bytes differ from the copy still held; `None` where it is held no more.
        conflict: Option<bool>,
    },
    /// New payload below the highest position seen.
    OutOfOrder,
    /// A segment of at most one byte that asks whether the other side is still there.
    KeepAlive,
    /// A segment of at most one byte into a window of zero.
    WindowProbe,
    /// A run of at least three duplicate acknowledgements is over; of what was acknowledged the other side's raw number
    /// is given, `seq` is none. Only where it is measured.
    DuplicateAcks {
        /// The number acknowledged.
        ack: u32,
        /// How many.
        count: u32,
    },
    /// A hole was given up.
    Gap,
    /// A segment offered no window.
    ZeroWindow,
    /// The window is no longer zero. Only where it is measured.
    WindowOpen {
        /// How long it was closed, in nanoseconds.
        closed_ns: i64,
    },
    /// A segment fills the other side's window. Only where it is measured.
    WindowFull,
    /// A segment lies behind the other side's window.
    OutsideWindow,
    /// A segment's acknowledgement. Only where the series is measured.
    RoundTrip {
        /// Stream position behind the segment.
        position: u64,
        /// From the segment to its acknowledgement, in nanoseconds.
        ns: i64,
    },
    /// A side's first FIN.
    Fin,
    /// A RST.
    Reset {
        /// Its receiver can have taken it (RFC 5961 §3.2); else it ends nothing.
        acceptable: bool,
        /// Payload of both sides that was seen and not acknowledged when it came.
        pending: u64,
    },
    /// Both sides sent FIN, or a RST was acceptable; from now on the connection lingers for late segments. It has
    /// come if and only if the outcome at the end is `Closed`, `Reset` or `Refused`. What it was until now.
    Over(&'a TcpEnd),
    /// The connection is ended to make room for another one. Its end follows at once.
    Evicted,
    /// The connection is over and forgotten, or the input is over.
    End(&'a TcpEnd),
    /// The connection was idle for longer than was allowed.
    Timeout(&'a TcpEnd),
}

impl TcpKind<'_> {
    /// The name of the event in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            TcpKind::Start { .. } => "start",
            TcpKind::Established(_) => "established",
            TcpKind::Refused => "refused",
            TcpKind::Unanswered => "unanswered",
            TcpKind::SynRetry => "syn_retry",
            TcpKind::Retransmit(_) => "retransmit",
            TcpKind::Overlap { .. } => "overlap",
            TcpKind::OutOfOrder => "out_of_order",
            TcpKind::KeepAlive => "keep_alive",
            TcpKind::WindowProbe => "window_probe",
            TcpKind::DuplicateAcks { .. } => "duplicate_acks",
            TcpKind::Gap => "gap",
            TcpKind::ZeroWindow => "zero_window",
            TcpKind::WindowOpen { .. } => "window_open",
            TcpKind::WindowFull => "window_full",
            TcpKind::OutsideWindow => "outside_window",
            TcpKind::RoundTrip { .. } => "round_trip",
            TcpKind::Fin => "fin",
            TcpKind::Reset { .. } => "reset",
            TcpKind::Over(_) => "over",
            TcpKind::Evicted => "evicted",
            TcpKind::End(_) => "end",
            TcpKind::Timeout(_) => "timeout",
        }
    }
}

/// A connection's opening.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TcpOpening {
    /// How long it took, and its two halves.
    pub handshake: Handshake,
    /// What the client's SYN offered.
    pub client: Option<SynOptions>,
    /// What the server's SYN+ACK offered.
    pub server: Option<SynOptions>,
}

/// What a connection was, in numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TcpEnd {
    /// `"fin"`, `"rst"` or `"none"`: what of the two was seen.
    pub reason: &'static str,
    /// How far it had come.
    pub outcome: Outcome,
    /// It was ended to make room for another one.
    pub evicted: bool,
    /// First to last segment, in nanoseconds.
    pub duration: i64,
    /// Its opening, where it was seen whole.
    pub handshake: Option<Handshake>,
    /// What the client sent.
    pub client: TcpSide,
    /// What the server sent.
    pub server: TcpSide,
}

/// What one side of a connection sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TcpSide {
    /// Counts of segments and bytes.
    pub flow: HalfStats,
    /// What its SYN offered, where that was seen.
    pub options: Option<SynOptions>,
    /// What was measured, where it was, and there was payload.
    pub measures: Option<HalfMeasures>,
    /// SHA-1 of its stream, where a handler [wants](crate::Wants::digests) it, this is the end, and no byte is missing.
    pub sha1: Option<[u8; 20]>,
}
