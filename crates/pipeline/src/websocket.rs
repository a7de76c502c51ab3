//! WebSocket messages on their way to the handler: when they began, who sent them, which ping a pong answers.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};

use wiretrace_http as http;
use wiretrace_http::{Anomaly, Coding, Opcode, Peer};

use crate::exchange::{ConnectionInfo, Side, describe};

/// A WebSocket message (RFC 6455 §5), all fragments of it: what a handler gets.
///
/// Everything is borrowed and ends with the call. A control message between the fragments of another message is one of
/// its own, and comes first. The exchange that switched to WebSocket comes before the messages, if it was captured.
///
/// ```
/// use wiretrace_pipeline::{Emitter, Event, Handler, WebSocketPayload, Wants};
///
/// /// Prints texts, compressed ones, too.
/// struct Texts;
///
/// impl Handler for Texts {
///     fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
///         let Event::WebSocket(message) = event else { return };
///         if let Some(text) = message.text() {
///             let text = String::from_utf8_lossy(text);
///             out.emit(|line| line.extend_from_slice(format!("{}: {text:?}\n", message.side().name()).as_bytes()));
///         }
///     }
///
///     fn wants(&self) -> Wants {
///         Wants { websocket: WebSocketPayload::Inflate, ..Wants::default() }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct WebSocketMessage<'a> {
    pub(crate) message: http::WebSocketMessage<'a>,
    pub(crate) connection: ConnectionInfo,
    pub(crate) side: Side,
    pub(crate) at: i64,
    pub(crate) round_trip: Option<i64>,
    pub(crate) subprotocol: Option<&'a [u8]>,
}

impl<'a> WebSocketMessage<'a> {
    /// The connection.
    pub fn connection(&self) -> ConnectionInfo {
        self.connection
    }

    /// Who sent it.
    pub fn side(&self) -> Side {
        self.side
    }

    /// The stamp of the packet that carried its first byte: nanoseconds since the Unix epoch.
    pub fn at(&self) -> i64 {
        self.at
    }

    /// Of a Pong that answers a Ping (RFC 6455 §5.5.3): from the Ping's [`at`](Self::at) to its own, in nanoseconds. That is
    /// the round trip from where was captured to the sender of the Pong and back, with the time that it took to answer;
    /// negative where packets were captured out of order. `None` where no Ping with this payload was seen before.
    pub fn round_trip(&self) -> Option<i64> {
        self.round_trip
    }

    /// The sub-protocol that the server chose in the handshake (RFC 6455 §1.9), where it chose one and was seen doing so:
    /// at most 256 bytes of its name.
    pub fn subprotocol(&self) -> Option<&'a [u8]> {
        self.subprotocol
    }

    /// Its kind.
    pub fn opcode(&self) -> Opcode {
        self.message.opcode
    }

    /// How many frames it came in.
    pub fn fragments(&self) -> u64 {
        self.message.fragments
    }

    /// Payload bytes on the wire, of all fragments, before inflating; those that are missing from the capture, but known
    /// to be payload, included.
    pub fn bytes(&self) -> u64 {
        self.message.len
    }

    /// The payload, unmasked, up to the first hole and to the bound
    /// [`message_bytes`](wiretrace_http::Limits::message_bytes): see [`coding`](Self::coding). Of data messages empty unless
    /// the handler [wants](crate::Wants::websocket) it.
    pub fn payload(&self) -> &'a [u8] {
        self.message.payload
    }

    /// What [`payload`](Self::payload) is: the message, or what cannot be read.
    pub fn coding(&self) -> Coding {
        self.message.coding
    }

    /// What a text message says, or the reason of a Close with a body, as far as it was kept; `None` where it cannot be
    /// read, and of other messages.
    pub fn text(&self) -> Option<&'a [u8]> {
        self.message.text()
    }

    /// The status code of a Close (RFC 6455 §7.4), where it has a body.
    pub fn close_code(&self) -> Option<u16> {
        self.message.close_code()
    }

    /// Whether permessage-deflate (RFC 7692) was used.
    pub fn is_compressed(&self) -> bool {
        self.message.compressed
    }

    /// Whether it was wholly captured.
    pub fn is_complete(&self) -> bool {
        self.message.complete
    }

    /// What a strict peer would reject, and what was missing.
    pub fn anomalies(&self) -> &'a [Anomaly] {
        self.message.anomalies
    }

    /// The codes of those [`anomalies`](Self::anomalies) that are no errors, since a tolerant peer takes the message all the
    /// same: `masked`, `unmasked`, `long_length`.
    pub fn tolerated(&self) -> impl Iterator<Item = &'static str> + Clone + use<'a> {
        let tolerated = self.message.anomalies.iter().filter(|anomaly| anomaly.error().is_none());
        tolerated.map(|anomaly| anomaly.code())
    }

    /// What was wrong: the contract's error codes (`gap`, `truncated`, `limit`, `bad_utf8`, ...), and what they mean.
    pub fn errors(&self) -> impl Iterator<Item = (&'static str, &'static str)> + Clone + use<'a> {
        let codes = self.message.anomalies.iter().filter_map(|anomaly| anomaly.error());
        codes.map(|code| (code, describe(code)))
    }
}

/// The first byte of a message: where it lies in the parser's stream, and its stamp.
#[derive(Clone, Copy, Debug, Default)]
struct Begin {
    offset: u64,
    at: i64,
}

/// A Ping that is not yet answered.
#[derive(Clone, Copy, Debug)]
struct Ping {
    payload: u64,
    at: i64,
}

/// Pings of one peer that wait for their answers; the oldest one is given up for a new one.
const MAX_PINGS: usize = 16;
/// Bytes of a sub-protocol's name that are kept.
const MAX_SUBPROTOCOL: usize = 256;

/// What is kept of a connection's WebSocket messages outside of the parser.
#[derive(Debug, Default)]
pub(crate) struct WebSocket {
    /// The connection was switched to WebSocket.
    pub(crate) on: bool,
    /// The data and the control message under way of each peer.
    begins: [[Begin; 2]; 2],
    /// Segments that wait for the answer to the request for WebSocket: whatever is in them is parsed later.
    early: Vec<(Peer, Begin)>,
    /// Made with the handshake.
    more: Option<Box<More>>,
}

/// What only connections that were switched to WebSocket have.
#[derive(Debug, Default)]
struct More {
    /// Each peer's.
    pings: [VecDeque<Ping>; 2],
    subprotocol: Option<Box<[u8]>>,
}

/// So many segments that wait are told apart; further ones have the last one's stamp.
const MAX_EARLY: usize = 64;

impl WebSocket {
    pub(crate) fn reset(&mut self) {
        self.on = false;
        self.early.clear();
        self.more = None;
    }

    /// What was agreed to.
    pub(crate) fn handshake(&mut self, handshake: &http::WebSocketHandshake<'_>) {
        let name = handshake.subprotocol.map(|name| name.get(..MAX_SUBPROTOCOL).unwrap_or(name));
        self.more = Some(Box::new(More { pings: Default::default(), subprotocol: name.map(Box::from) }));
    }

    pub(crate) fn subprotocol(&self) -> Option<&[u8]> {
        self.more.as_ref()?.subprotocol.as_deref()
    }

    /// A message that began at `at` is over: remembers a Ping; gives the time from the Ping that a Pong answers. An answer
    /// to a Ping may stand for those before it (RFC 6455 §5.5.3).
    pub(crate) fn round_trip(&mut self, message: &http::WebSocketMessage<'_>, at: i64) -> Option<i64> {
        if !matches!(message.opcode, Opcode::Ping | Opcode::Pong) || !message.complete {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(message.payload);
        let payload = hasher.finish();
        let [a, b] = &mut self.more.as_mut()?.pings;
        let of_asker = if (message.peer == Peer::A) == (message.opcode == Opcode::Ping) { a } else { b };
        if message.opcode == Opcode::Ping {
            if of_asker.len() == MAX_PINGS {
                of_asker.pop_front();
            }
            of_asker.push_back(Ping { payload, at });
            return None;
        }
        // The latest one of this payload: many say nothing in them, or the same in all.
        let place = of_asker.iter().rposition(|ping| ping.payload == payload)?;
        let ping = of_asker.drain(..=place).next_back()?;
        Some(at.saturating_sub(ping.at))
    }

    /// A segment was parsed; `waits`: its bytes, which begin at `offset`, were not.
    pub(crate) fn segment(&mut self, peer: Peer, offset: u64, at: i64, waits: bool) {
        if waits && self.early.len() < MAX_EARLY {
            self.early.push((peer, Begin { offset, at }));
        } else if self.on || !waits && self.early.last().is_some_and(|(early, _)| *early == peer) {
            self.early.clear();
        }
    }

    /// A message begins; `at`: the stamp of the segment at hand, of `sender`.
    pub(crate) fn begin(&mut self, peer: Peer, offset: u64, control: bool, at: i64, sender: Peer) {
        let waited = self.early.iter().rev().find(|(early, begin)| *early == peer && begin.offset <= offset);
        let at = waited.filter(|_| sender != peer).map_or(at, |(_, begin)| begin.at);
        let [data, controls] = self.begins_of(peer);
        *(if control { controls } else { data }) = Begin { offset, at };
    }

    /// The stamp of a message that began at `offset`.
    pub(crate) fn at(&mut self, peer: Peer, offset: u64) -> i64 {
        let [data, control] = *self.begins_of(peer);
        if control.offset == offset { control.at } else { data.at }
    }

    fn begins_of(&mut self, peer: Peer) -> &mut [Begin; 2] {
        let [a, b] = &mut self.begins;
        if peer == Peer::A { a } else { b }
    }
}
