//! What users of the pipeline implement, and what it tells them.

use crate::emit::Emitter;
use crate::exchange::{ConnectionInfo, Exchange, Side};
use crate::progress::Progress;
use crate::websocket::WebSocketMessage;
use wiretrace_http::WebSocketPayload;

/// Gets the events of one partition, in order, and may write lines that come out in the order of the run.
///
/// One handler serves one partition, so it needs no locks. A connection stays in its partition.
///
/// ```
/// use wiretrace_pipeline::{Emitter, Event, Handler};
///
/// /// Prints the status codes.
/// struct Statuses;
///
/// impl Handler for Statuses {
///     fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
///         if let Event::Exchange(exchange) = event {
///             if let Some(response) = exchange.response() {
///                 out.emit(|line| line.extend_from_slice(format!("{}\n", response.status()).as_bytes()));
///             }
///         }
///     }
/// }
/// ```
pub trait Handler {
    /// Takes one event.
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter);

    /// What the handler is interested in; asked once. What nobody wants is not kept.
    fn wants(&self) -> Wants {
        Wants::default()
    }
}

/// What a [`Handler`] is interested in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wants {
    /// [`Event::Tcp`] at all. Default: true.
    pub tcp_events: bool,
    /// All header fields; without, only Host and Content-Type are kept. Default: true.
    pub fields: bool,
    /// [`Event::Progress`]: what becomes of messages while it happens. Default: false.
    pub progress: bool,
    /// What of the payload of WebSocket data messages; messages are told of in any case. Default: as sent, not inflated.
    pub websocket: WebSocketPayload,
}

impl Default for Wants {
    fn default() -> Self {
        Self { tcp_events: true, fields: true, progress: false, websocket: WebSocketPayload::Keep }
    }
}

/// Something that became known.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An HTTP exchange is over.
    Exchange(Exchange<'a>),
    /// Something happened to a TCP connection.
    Tcp(TcpEvent),
    /// Something happened to a message of an exchange that is not over yet.
    Progress(Progress<'a>),
    /// A WebSocket message is over.
    WebSocket(WebSocketMessage<'a>),
}

/// What happened to a TCP connection, when, and to whom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TcpEvent {
    /// The stamp of the packet at hand, or the deadline of a time-out: nanoseconds since the Unix epoch.
    pub at: i64,
    /// The connection.
    pub connection: ConnectionInfo,
    /// What happened.
    pub kind: TcpKind,
    /// Whose segment it was, where it was one.
    pub side: Option<Side>,
    /// Payload length; of a gap, the hole's length.
    pub bytes: Option<u64>,
    /// The raw sequence number.
    pub seq: Option<u32>,
}

/// The kinds of [`TcpEvent`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum TcpKind {
    /// The first segment of a connection.
    Start {
        /// It is no SYN: the connection was there before the capture.
        already_open: bool,
    },
    /// A SYN again.
    SynRetry,
    /// Payload, or a FIN, all seen before.
    Retransmit,
    /// Payload partly seen before.
    Overlap {
        /// Whether the bytes differ from the copy still held; `None` where it is held no more.
        conflict: Option<bool>,
    },
    /// New payload below the highest position seen.
    OutOfOrder,
    /// A hole was given up.
    Gap,
    /// A segment offered no window.
    ZeroWindow,
    /// A RST.
    Reset,
    /// The connection is over, or the input is.
    End(TcpEnd),
    /// The connection was idle for longer than was allowed.
    Timeout(TcpEnd),
}

impl TcpKind {
    /// The contract's name of the event.
    pub fn name(&self) -> &'static str {
        match self {
            TcpKind::Start { .. } => "start",
            TcpKind::SynRetry => "syn_retry",
            TcpKind::Retransmit => "retransmit",
            TcpKind::Overlap { .. } => "overlap",
            TcpKind::OutOfOrder => "out_of_order",
            TcpKind::Gap => "gap",
            TcpKind::ZeroWindow => "zero_window",
            TcpKind::Reset => "reset",
            TcpKind::End(_) => "end",
            TcpKind::Timeout(_) => "timeout",
        }
    }
}

/// What a connection was, in numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TcpEnd {
    /// `"fin"`, `"rst"` or `"none"`.
    pub reason: &'static str,
    /// First to last segment, in nanoseconds.
    pub duration: i64,
    /// SYN to the client's first ACK behind the SYN+ACK, in nanoseconds.
    pub handshake: Option<i64>,
    /// What the client sent.
    pub client: TcpSide,
    /// What the server sent.
    pub server: TcpSide,
}

/// What one side of a connection sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpSide {
    /// TCP segments.
    pub packets: u64,
    /// Payload of all of them, as the IP header says.
    pub bytes: u64,
    /// Stream positions of them, each once.
    pub unique_bytes: u64,
    /// Positions between the stream's start and its end that no segment carried.
    pub missing_bytes: u64,
    /// Segments with nothing new.
    pub retransmits: u64,
    /// Segments with something new below the highest position.
    pub out_of_order: u64,
    /// Segments that offered no window.
    pub zero_windows: u64,
}
