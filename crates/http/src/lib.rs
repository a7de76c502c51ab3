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
//! It does not decode content codings, HTTP/2, or what follows a switch to another protocol: that is handed out as
//! [`Event::Tunnel`], for whoever can.
//!
//! # What comes out
//!
//! Each direction gives its messages one after the other. Here is a request with a chunked body, and its answer:
//!
//! ```
//! use wiretrace_http::{Close, Connection, Event, Limits, Peer, sink};
//!
//! let mut told = Vec::new();
//! let mut sink = sink::from_fn(|event: Event<'_>| {
//!     told.push(match event {
//!         Event::MessageBegin { offset, .. } => format!("begin {offset}"),
//!         Event::RequestHead(head) => format!("{} fields", head.fields.len()),
//!         Event::ResponseHead(head) => format!("status {}", head.status),
//!         Event::Body { bytes, .. } => format!("{} bytes", bytes.len()),
//!         Event::MessageEnd { complete, .. } => format!("end {complete}"),
//!         _ => return,
//!     });
//! });
//! let mut connection = Connection::new(Limits::default());
//! let request = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
//! connection.feed(Peer::A, request, true, &mut sink);
//! // Without a length, an answer runs until its sender closes.
//! connection.feed(Peer::B, b"HTTP/1.0 200 OK\r\n\r\nhello", true, &mut sink);
//! connection.close(Peer::B, Close::Clean, &mut sink);
//! assert_eq!(
//!     told,
//!     ["begin 0", "2 fields", "2 bytes", "end true", "begin 0", "status 200", "5 bytes", "end true"]
//! );
//! ```
//!
//! Which answer belongs to which request is up to the caller, who may know more than the order ([`Sink::answers`]).
//!
//! # What is missing
//!
//! [`Connection::gap`] tells of bytes that were not captured. Inside a body of known length they are counted
//! ([`Event::BodyGap`]) and stepped over; anywhere else the message is cut, [`Event::Lost`] is told, and the next message
//! is looked for where segments begin.
//!
//! # What is odd
//!
//! Real senders break the rules, and attackers do so that two recipients see different messages. Everything that a strict
//! recipient would reject is an [`Anomaly`], with the RFC's section, and the message is read as most recipients would:
//!
//! ```
//! use wiretrace_http::{Anomaly, Connection, Event, Limits, Peer, sink};
//!
//! let mut odd = Vec::new();
//! let mut sink = sink::from_fn(|event: Event<'_>| {
//!     if let Event::Anomaly { code, .. } = event {
//!         odd.push(code);
//!     }
//! });
//! let request = b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length : 4\r\n\r\n";
//! Connection::new(Limits::default()).feed(Peer::A, request, true, &mut sink);
//! assert_eq!(odd, [Anomaly::SpaceBeforeColon, Anomaly::TransferEncodingWithLength]);
//! assert_eq!(odd[1].section(), "RFC 9112 §6.1");
//! ```
//!
//! In [`Mode::Strict`] the first such message ends its direction, with [`Event::Rejected`].
//!
//! # Bodies that do not come
//!
//! A client that expects 100 (Continue) and is refused with a final answer may go on without its body, and some do so on the
//! same connection (RFC 9110 §10.1.1). A whole request line where the body should begin then is the next request: the
//! first one ends incomplete, with [`Anomaly::UnsentBody`]. Anything else is the body, as announced.
//!
//! ```
//! use wiretrace_http::{Connection, Event, Limits, Peer, sink};
//!
//! let mut told = Vec::new();
//! let mut sink = sink::from_fn(|event: Event<'_>| match event {
//!     Event::RequestHead(head) => told.push(String::from_utf8_lossy(head.method).into_owned()),
//!     Event::MessageEnd { peer: Peer::A, complete } => told.push(format!("end {complete}")),
//!     _ => {}
//! });
//! let mut connection = Connection::new(Limits::default());
//! let put = b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 900\r\n\r\n";
//! connection.feed(Peer::A, put, true, &mut sink);
//! connection.feed(Peer::B, b"HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n", true, &mut sink);
//! connection.feed(Peer::A, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, &mut sink);
//! assert_eq!(told, ["PUT", "end false", "GET", "end true"]);
//! ```
//!
//! # What it costs
//!
//! Nothing is allocated and no byte copied for messages whose heads lie in one slice, whatever their bodies; what is held
//! otherwise is bounded by [`Limits`]. No input costs more than linear time.
//!
//! # A first program
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
#[doc(hidden)]
pub use websocket::kernels;
pub use websocket::{
    Coding, Opcode, PermessageDeflate, WebSocketDialect, WebSocketHandshake, WebSocketMessage,
    WebSocketPayload,
};

#[doc(hidden)]
pub mod fuzzing;
