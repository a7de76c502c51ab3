//! What becomes of messages while it happens, for handlers that do not want to wait until an exchange is over.

use wiretrace_http::{Anomaly, Field, RequestHead, ResponseHead, UpgradeKind};

use crate::exchange::{ConnectionInfo, Side};

/// Something happened to a message; asked for with [`Wants::progress`](crate::Wants::progress).
///
/// Everything borrowed ends with the call. Of each message come its head, its body's bytes as they are put in order,
/// trailers, and one end, before the [`Exchange`](crate::Exchange) that has them all.
///
/// ```
/// use wiretrace_pipeline::{Emitter, Event, Handler, ProgressStep, Wants};
///
/// /// Prints requests as soon as their heads are there.
/// struct Requests;
///
/// impl Handler for Requests {
///     fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
///         let Event::Progress(progress) = event else { return };
///         if let ProgressStep::RequestHead(head) = progress.step {
///             let target = String::from_utf8_lossy(head.target);
///             out.emit(|line| line.extend_from_slice(format!("#{} {target:?}\n", progress.number).as_bytes()));
///         }
///     }
///
///     fn wants(&self) -> Wants {
///         Wants { progress: true, ..Wants::default() }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress<'a> {
    /// The stamp of the packet at hand, or the deadline of a time-out: nanoseconds since the Unix epoch.
    pub at: i64,
    /// The connection.
    pub connection: ConnectionInfo,
    /// Who sent the message.
    pub side: Side,
    /// Whether it is a request: of those who send requests, the client nearly always.
    pub in_request: bool,
    /// The number of the exchange in its connection, from 1, in the order in which their first heads came. It stays the
    /// same for all steps of a message, and no other request (response) of the connection has it. Where bytes are
    /// missing and an answer turns out to belong to another request, the exchange that is reported in the end may have
    /// another index; its messages say their numbers ([`Request::progress_number`](crate::Request::progress_number)).
    /// Where an exchange had to be closed before its messages were over (a limit), their later steps have a number
    /// that is none of theirs.
    pub number: u64,
    /// What happened.
    pub step: ProgressStep<'a>,
}

/// What can happen to a message.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ProgressStep<'a> {
    /// A request's head.
    RequestHead(RequestHead<'a>),
    /// A response's head; an interim one (RFC 9110 §15.2) as well.
    ResponseHead(ResponseHead<'a>),
    /// Bytes of the body, framing removed, as sent: content codings are not undone.
    Body(&'a [u8]),
    /// So many bytes of the body are missing from the capture.
    BodyGap(u64),
    /// The trailer section (RFC 9112 §7.1.2).
    Trailers(&'a [Field<'a>]),
    /// The message is over.
    End(MessageEnd),
    /// Both sides speak something else from here on.
    Upgraded {
        /// The response's Upgrade value; empty for CONNECT.
        protocol: &'a [u8],
        /// What to.
        kind: UpgradeKind,
    },
    /// Something is wrong with the message, or with the bytes where one should be.
    Anomaly(Anomaly),
}

/// The end of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageEnd {
    /// Whether head and body were wholly there.
    pub complete: bool,
    /// Captured bytes of the body, as sent.
    pub body_bytes: u64,
    /// Of a response whose request is known: from the request's first byte to the packet at hand, in nanoseconds.
    pub since_request: Option<i64>,
}
