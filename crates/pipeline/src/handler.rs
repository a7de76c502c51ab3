//! What users of the pipeline implement, and what it tells them.

use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::progress::Progress;
use crate::tcp_kind::TcpEvent;
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
    /// SHA-1 of each side's stream in [`TcpSide::sha1`](crate::TcpSide::sha1). Default: false.
    pub digests: bool,
}

impl Default for Wants {
    fn default() -> Self {
        Self {
            tcp_events: true,
            fields: true,
            progress: false,
            websocket: WebSocketPayload::Keep,
            digests: false,
        }
    }
}

/// Something that became known.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An HTTP exchange is over.
    Exchange(Exchange<'a>),
    /// Something happened to a TCP connection.
    Tcp(TcpEvent<'a>),
    /// Something happened to a message of an exchange that is not over yet.
    Progress(Progress<'a>),
    /// A WebSocket message is over.
    WebSocket(WebSocketMessage<'a>),
}
