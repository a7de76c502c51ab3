//! What the parser reports.

use crate::{Anomaly, Peer, WebSocketHandshake, WebSocketMessage};

/// A protocol version as sent: `HTTP/major.minor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// Always 1 here.
    pub major: u8,
    /// 0 to 9.
    pub minor: u8,
}

/// A field line (RFC 9110 §5): name as sent, value without surrounding white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field<'a> {
    /// The field name, as sent. Of a line without a colon: the line.
    pub name: &'a [u8],
    /// The field value; folded lines are joined by one space.
    pub value: &'a [u8],
}

/// A request's head (RFC 9112 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHead<'a> {
    /// Who sent it.
    pub peer: Peer,
    /// The method: any token.
    pub method: &'a [u8],
    /// The request target exactly as sent, up to the last space before `HTTP/`.
    pub target: &'a [u8],
    /// The version.
    pub version: Version,
    /// The field lines, in order.
    pub fields: &'a [Field<'a>],
    /// The head's bytes as captured, start line to empty line.
    pub head: &'a [u8],
    /// False where the head was cut by a hole, an end or a limit: the fields are those before the cut.
    pub complete: bool,
}

/// A response's head (RFC 9112 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseHead<'a> {
    /// Who sent it.
    pub peer: Peer,
    /// The version.
    pub version: Version,
    /// The status code, 000 to 999.
    pub status: u16,
    /// The reason phrase; empty where none.
    pub reason: &'a [u8],
    /// The field lines, in order.
    pub fields: &'a [Field<'a>],
    /// The head's bytes as captured, start line to empty line.
    pub head: &'a [u8],
    /// False where the head was cut by a hole, an end or a limit: the fields are those before the cut.
    pub complete: bool,
    /// A 1xx response other than 101: the final one follows (RFC 9110 §15.2).
    pub interim: bool,
}

/// What the connection was switched to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpgradeKind {
    /// WebSocket (RFC 6455 §4).
    WebSocket,
    /// A tunnel (RFC 9110 §9.3.6).
    Connect,
    /// HTTP/2 without TLS (`h2c`, RFC 7540 §3.2): not decoded.
    H2c,
    /// Anything else.
    Other,
}

/// What the parser reports. Everything borrowed ends with the call.
///
/// A message is `MessageBegin`, its head, any `Body`, `BodyGap` and `Trailers`, and one `MessageEnd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The first byte of what may be a message, at `offset` of the peer's stream (holes included). A head
    /// or `MessageAbandoned` follows, perhaps with a later segment.
    MessageBegin {
        /// Who sent it.
        peer: Peer,
        /// Where.
        offset: u64,
    },
    /// What began was no message, or its start line was cut: its bytes are skipped.
    MessageAbandoned {
        /// Who sent it.
        peer: Peer,
    },
    /// A request's head.
    RequestHead(RequestHead<'a>),
    /// A response's head, interim or final.
    ResponseHead(ResponseHead<'a>),
    /// Bytes of a message's body, framing removed, borrowed from what was fed.
    Body {
        /// Who sent it.
        peer: Peer,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// Bytes of a message's body are missing, and its framing survives them.
    BodyGap {
        /// Whose.
        peer: Peer,
        /// How many.
        len: u64,
    },
    /// The trailer section (RFC 9112 §7.1.2), where it is not empty.
    Trailers {
        /// Who sent it.
        peer: Peer,
        /// Its field lines.
        fields: &'a [Field<'a>],
    },
    /// A message is over; exactly once for each head.
    MessageEnd {
        /// Who sent it.
        peer: Peer,
        /// Whether head and body were wholly there.
        complete: bool,
    },
    /// Framing is lost in this direction; the next message is looked for at segment starts. Messages may
    /// have been missed here.
    Lost {
        /// Whose.
        peer: Peer,
    },
    /// The connection speaks something else from here on, both ways.
    Upgraded {
        /// Who answered.
        peer: Peer,
        /// The response's Upgrade value; empty for CONNECT.
        protocol: &'a [u8],
        /// What to.
        kind: UpgradeKind,
    },
    /// The connection speaks WebSocket from here on: what was agreed to. Follows `Upgraded`.
    WebSocketHandshake(WebSocketHandshake<'a>),
    /// The first byte of a WebSocket message's first frame, at `offset` of the peer's stream. The message follows, perhaps
    /// with a later segment, unless the frame's header is cut. Between it and its message others may begin and end: one
    /// data message and one control message of each peer may be under way at a time.
    WebSocketBegin {
        /// Who sent it.
        peer: Peer,
        /// Where.
        offset: u64,
        /// A control message, which may lie between the frames of a data message.
        control: bool,
    },
    /// A WebSocket message, when its last byte is there, or when it is cut.
    WebSocketMessage(WebSocketMessage<'a>),
    /// Where the next WebSocket frame begins is not known: nothing more of this direction is decoded.
    WebSocketLost {
        /// Whose.
        peer: Peer,
        /// Where: of a hole, its first byte; else the frame's.
        offset: u64,
        /// [`Anomaly::Gap`] or [`Anomaly::BadFrameLength`].
        why: Anomaly,
    },
    /// Bytes behind a switch to anything but WebSocket.
    Tunnel {
        /// Who sent them.
        peer: Peer,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// Bytes behind the switch are missing, or were too many to be held until it.
    TunnelGap {
        /// Whose.
        peer: Peer,
        /// How many.
        len: u64,
    },
    /// In [`Mode::Strict`](crate::Mode::Strict): the message at hand, or what stands where one should start, is an error,
    /// and nothing more of this direction is decoded. A message under way has ended, incomplete, or was abandoned.
    Rejected {
        /// Who sent it.
        peer: Peer,
        /// Where the message began in the peer's stream.
        offset: u64,
        /// Why.
        code: Anomaly,
    },
    /// Something odd that parsing survived; once for each message.
    Anomaly {
        /// Who sent it.
        peer: Peer,
        /// Where the message, or the WebSocket frame, began in the peer's stream.
        offset: u64,
        /// What. What is wrong with a WebSocket message is in the message.
        code: Anomaly,
    },
}
