//! WebSocket behind a 101 (RFC 6455), and permessage-deflate (RFC 7692).
//!
//! Each direction is a [`Stream`]: `rfc6455` or, of old peers, `hixie` takes the bytes apart into frames, `message`
//! puts messages together. An observer is tolerant: what a peer must not send is an anomaly of its message, and
//! decoding goes on as long as it is known where the next frame begins. Behind a hole that is so where the hole lies
//! within a frame's payload; nothing in a frame can prove that one begins where one seems to, so elsewhere
//! the direction is not decoded any further.

mod close;
pub(crate) mod deflate;
pub(crate) mod extension;
mod frame;
pub(crate) mod handshake;
mod hixie;
mod mask;
mod message;
mod rfc6455;
mod stream;
mod utf8;

pub(crate) use stream::{Context, Stream};

/// What costs per byte, for the benches alone.
#[doc(hidden)]
pub mod kernels {
    /// Appends the bytes unmasked.
    pub fn unmask(key: [u8; 4], out: &mut Vec<u8>, bytes: &[u8]) {
        super::mask::Mask::new(key).unmask_into(out, bytes);
    }

    /// Whether a whole text is UTF-8.
    pub fn is_utf8(text: &[u8]) -> bool {
        super::utf8::check(text, true).1
    }
}

use crate::{Anomaly, Peer};

/// What kind of message it is (RFC 6455 §5.6, §5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opcode {
    /// Text: UTF-8.
    Text,
    /// Anything else.
    Binary,
    /// The end of what this peer sends.
    Close,
    /// A question whether the other peer is there.
    Ping,
    /// The answer to it.
    Pong,
}

impl Opcode {
    /// `"text"`, `"binary"`, `"close"`, `"ping"` or `"pong"`.
    pub fn name(self) -> &'static str {
        match self {
            Opcode::Text => "text",
            Opcode::Binary => "binary",
            Opcode::Close => "close",
            Opcode::Ping => "ping",
            Opcode::Pong => "pong",
        }
    }

    /// Close, Ping and Pong: in one frame, perhaps between the frames of another message.
    pub fn is_control(self) -> bool {
        matches!(self, Opcode::Close | Opcode::Ping | Opcode::Pong)
    }
}

/// Which framing the peers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebSocketDialect {
    /// RFC 6455, and the drafts from hybi-07 on.
    Rfc6455,
    /// draft-hixie-thewebsocketprotocol-76, also called hybi-00: 0x00 text 0xFF, behind a challenge.
    Hixie76,
    /// The handshake does not say. A direction whose first byte is 0x00 or 0xFF, with which no frame of RFC 6455 can
    /// begin, is read as draft-hixie-thewebsocketprotocol-75, any other as RFC 6455.
    Unstated,
}

/// The parameters of permessage-deflate as agreed (RFC 7692 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PermessageDeflate {
    /// The server compresses each message by itself.
    pub server_no_context_takeover: bool,
    /// The client compresses each message by itself.
    pub client_no_context_takeover: bool,
    /// The server's window is two to the power of this: 8 to 15.
    pub server_max_window_bits: u8,
    /// The client's window is two to the power of this: 8 to 15.
    pub client_max_window_bits: u8,
}

impl Default for PermessageDeflate {
    fn default() -> Self {
        Self {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
        }
    }
}

/// What was agreed to when the connection was switched to WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebSocketHandshake<'a> {
    /// The server.
    pub peer: Peer,
    /// The framing.
    pub dialect: WebSocketDialect,
    /// The sub-protocol that the server chose (RFC 6455 §1.9).
    pub subprotocol: Option<&'a [u8]>,
    /// permessage-deflate, if it is in use.
    pub deflate: Option<PermessageDeflate>,
}

/// What of data messages' payload [`WebSocketMessage::payload`] is to have. That of control messages is always kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum WebSocketPayload {
    /// Nothing: messages are counted, and not checked for being UTF-8.
    Skip,
    /// The payload as sent, unmasked.
    #[default]
    Keep,
    /// The same, and permessage-deflate undone.
    Inflate,
}

/// What [`WebSocketMessage::payload`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coding {
    /// The message, as sent.
    Plain,
    /// The message; it was sent compressed.
    Inflated,
    /// The message as sent: compressed.
    Deflated,
    /// Nothing that could be read: an unknown extension, or compressed with a context of which bytes are missing.
    Unreadable,
}

/// A message (RFC 6455 §5): all its fragments; a control frame between them is one of its own, and comes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebSocketMessage<'a> {
    /// Who sent it.
    pub peer: Peer,
    /// Where its first byte lies in the peer's stream: the `offset` of its [`WebSocketBegin`](crate::Event::WebSocketBegin).
    pub offset: u64,
    /// Its kind.
    pub opcode: Opcode,
    /// How many frames it came in.
    pub fragments: u64,
    /// Payload bytes on the wire, of all fragments, before inflating; those in holes included.
    pub len: u64,
    /// The payload, up to the first hole and to [`Limits::message_bytes`](crate::Limits::message_bytes), see `coding`.
    /// Borrowed from what was fed where it lies there, unmasked and in one piece.
    pub payload: &'a [u8],
    /// What `payload` is.
    pub coding: Coding,
    /// permessage-deflate was used.
    pub compressed: bool,
    /// Whether all of it was captured, up to the end of its last frame.
    pub complete: bool,
    /// What is wrong with it, each kind once.
    pub anomalies: &'a [Anomaly],
}

impl<'a> WebSocketMessage<'a> {
    /// The status code of a Close (RFC 6455 §7.4), where it has a body.
    pub fn close_code(&self) -> Option<u16> {
        let code = self.payload.first_chunk::<2>().filter(|_| self.opcode == Opcode::Close)?;
        Some(u16::from_be_bytes(*code))
    }

    /// What a text message says, or the reason of a Close with a body, as far as it was kept; `None` where it cannot be read.
    pub fn text(&self) -> Option<&'a [u8]> {
        match (self.opcode, self.coding) {
            (Opcode::Close, _) => self.payload.get(2..),
            (Opcode::Text, Coding::Plain | Coding::Inflated) => Some(self.payload),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
