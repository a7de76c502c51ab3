//! HTTP/1.x and WebSocket for an observer: heads, bodies, messages out of bytes that somebody else received.
//!
//! ```text
//!  bytes, holes, ends      ┌────────────┐   MessageBegin · RequestHead · Body · BodyGap ·
//!  of each direction  ──▶  │ Connection │ ──▶ Trailers · MessageEnd · Lost · Upgraded · Anomaly ·
//!                          └────────────┘   WebSocketMessage (borrowed, pushed into a Sink)
//! ```
//!
//! Sans-IO and incremental: no clock, no sockets, no threads, and nothing is known of packets. A head that
//! lies in one slice is parsed where it is; one that straddles is held (bounded) until it is whole. Bodies
//! are slices of what was fed, stepped over by count. After a hole the next message is found again.
//! RFC 9110 and RFC 9112 give the rules; an observer is tolerant, and says what was odd.
//!
//! Behind a switch to WebSocket (RFC 6455) the same connection gives its messages: fragments put together, unmasked,
//! and inflated (RFC 7692) where that is asked for.
//!
//! It does not decode content codings, HTTP/2, or what follows a switch to another protocol.
//!
//! ```
//! use wiretrace_http::{Close, Connection, Event, Limits, Peer, sink};
//!
//! let mut lines = Vec::new();
//! let mut sink = sink::from_fn(|event: Event<'_>| {
//!     if let Event::ResponseHead(head) = event {
//!         for field in head.fields {
//!             let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
//!             lines.push((text(field.name), text(field.value)));
//!         }
//!     }
//! });
//! let mut connection = Connection::new(Limits::default());
//! for byte in b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n..." {
//!     connection.feed(Peer::B, &[*byte], false, &mut sink);
//! }
//! connection.close(Peer::B, Close::Clean, &mut sink);
//! assert_eq!(lines, [("Server".to_string(), "x".to_string())]);
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod anomaly;
mod connection;
mod detect;
mod direction;
mod event;
mod framing;
mod grammar;
mod held;
mod limits;
mod mode;
mod peer;
mod shared;
pub mod sink;
mod websocket;

pub use anomaly::{Anomalies, Anomaly};
pub use connection::{Account, Close, Connection};
pub use detect::{MessageKind, may_start, starts_message};
pub use event::{Event, Field, RequestHead, ResponseHead, UpgradeKind, Version};
pub use limits::Limits;
pub use mode::Mode;
pub use peer::Peer;
pub use sink::{RequestKind, Sink};
pub use websocket::{
    Coding, Opcode, PermessageDeflate, WebSocketDialect, WebSocketHandshake, WebSocketMessage,
    WebSocketPayload,
};

#[doc(hidden)]
pub mod fuzzing;
