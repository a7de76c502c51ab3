//! Both directions of a connection.

use crate::direction::Direction;
use crate::shared::{Effect, Shared};
use crate::{Limits, Mode, Peer, Sink, WebSocketPayload};

/// How a direction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    /// By a FIN: a response that runs until close is complete.
    Clean,
    /// By a reset, or the end of the capture.
    Cut,
}

/// Where the bytes fed to a connection went; every byte is in exactly one member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Messages: heads, bodies, chunk framing, trailers, empty lines before start lines.
    pub message: u64,
    /// No HTTP where a message should start, and what was passed over while looking for the next one.
    pub skipped: u64,
    /// Behind a switch to another protocol, WebSocket included.
    pub tunnel: u64,
    /// Held, or waiting for an answer that decides; 0 once both directions are closed.
    pub held: u64,
}

/// An observer's HTTP/1 parser for one connection.
///
/// Feed it each direction's bytes in order, in any pieces; tell it of holes and ends. It consumes all,
/// holds only what straddles two pieces (bounded by [`Limits`]), and never fails: what is odd becomes an
/// [`Anomaly`](crate::Anomaly). The events do not depend on how the bytes are cut.
///
/// ```
/// use wiretrace_http::{Connection, Event, Limits, Peer, sink};
///
/// let mut seen = Vec::new();
/// let mut sink = sink::from_fn(|event: Event<'_>| match event {
///     Event::RequestHead(head) => seen.push(String::from_utf8_lossy(head.target).into_owned()),
///     Event::ResponseHead(head) => seen.push(head.status.to_string()),
///     Event::Body { bytes, .. } => seen.push(format!("{} bytes", bytes.len())),
///     _ => {}
/// });
/// let mut connection = Connection::new(Limits::default());
/// connection.feed(Peer::A, b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", true, &mut sink);
/// connection.feed(Peer::B, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", true, &mut sink);
/// assert_eq!(seen, ["/hello", "200", "2 bytes"]);
/// ```
#[derive(Debug)]
pub struct Connection {
    a: Direction,
    b: Direction,
    shared: Shared,
}

impl Connection {
    /// A parser for a connection of which nothing was seen yet.
    pub fn new(limits: Limits) -> Self {
        Self { a: Direction::default(), b: Direction::default(), shared: Shared::new(limits) }
    }

    /// What of WebSocket messages is wanted; to be said before the first bytes.
    pub fn set_websocket_payload(&mut self, payload: WebSocketPayload) {
        self.shared.payload = payload;
    }

    /// What becomes of messages that a strict recipient would reject; to be said before the first bytes.
    pub fn set_mode(&mut self, mode: Mode) {
        self.shared.mode = mode;
    }

    /// Forgets everything but its limits, settings and buffers, for the next connection.
    pub fn reset(&mut self) {
        self.a.reset();
        self.b.reset();
        self.shared.reset();
    }

    fn split(&mut self, peer: Peer) -> (&mut Direction, &mut Direction, &mut Shared) {
        let Self { a, b, shared } = self;
        match peer {
            Peer::A => (a, b, shared),
            Peer::B => (b, a, shared),
        }
    }

    /// Takes the next bytes that `peer` sent. `segment_start`: the first of them begins a TCP segment; it
    /// matters only while looking for the next message behind a loss.
    pub fn feed<S: Sink>(&mut self, peer: Peer, bytes: &[u8], segment_start: bool, sink: &mut S) {
        let (mut rest, mut segment_start) = (bytes, segment_start);
        while !rest.is_empty() {
            let (direction, other, shared) = self.split(peer);
            let taken = direction.step(shared, peer, rest, &mut segment_start, sink);
            match shared.effect.take() {
                Some(Effect::Switched) => other.switched(shared, !peer, sink),
                Some(effect @ (Effect::Refused | Effect::Unwanted)) => {
                    other.refused(shared, !peer, effect == Effect::Unwanted, sink);
                }
                None => {}
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// `len` bytes that `peer` sent are missing.
    pub fn gap<S: Sink>(&mut self, peer: Peer, len: u64, sink: &mut S) {
        if len > 0 {
            let (direction, _, shared) = self.split(peer);
            direction.gap(shared, peer, len, sink);
            shared.effect = None;
        }
    }

    /// `peer` sends no more.
    pub fn close<S: Sink>(&mut self, peer: Peer, how: Close, sink: &mut S) {
        let (direction, _, shared) = self.split(peer);
        direction.close(shared, peer, how, sink);
        shared.effect = None;
    }

    /// The caller has no memory left for what this connection holds: heads and lines that are not yet whole are
    /// given up, with [`Anomaly::Limit`](crate::Anomaly::Limit), and their directions look for the next message. Of
    /// WebSocket messages the payload so far is given up, and what later ones need to be inflated.
    pub fn give_up_held<S: Sink>(&mut self, sink: &mut S) {
        for peer in [Peer::A, Peer::B] {
            let (direction, _, shared) = self.split(peer);
            direction.give_up_held(shared, peer, sink);
            shared.effect = None;
        }
    }

    /// The bytes of `peer` were joined midway: its first message must be found, as behind a loss. To be
    /// called before its first bytes.
    pub fn start_unsynchronised(&mut self, peer: Peer) {
        self.split(peer).0.search();
    }

    /// Who sends the requests, once that is known.
    pub fn requester(&self) -> Option<Peer> {
        self.shared.requester
    }

    /// Whether a message of `peer` is under way.
    pub fn in_message(&self, peer: Peer) -> bool {
        match peer {
            Peer::A => self.a.in_message(),
            Peer::B => self.b.in_message(),
        }
    }

    /// Whether bytes of `peer` wait, or are held, because they came behind a request for another protocol that is not yet
    /// answered: their events come with the answer's bytes.
    pub fn is_waiting(&self, peer: Peer) -> bool {
        match peer {
            Peer::A => self.a.is_waiting(),
            Peer::B => self.b.is_waiting(),
        }
    }

    /// Bytes of memory that WebSocket messages take that are not yet whole, with what is needed to inflate them and what is
    /// kept for the next one.
    pub fn websocket_memory(&self) -> usize {
        self.a.websocket_memory() + self.b.websocket_memory()
    }

    /// Where the bytes went so far.
    pub fn account(&self) -> Account {
        Account { held: self.a.unclaimed() + self.b.unclaimed(), ..self.shared.account }
    }

    /// Bytes that lie in memory, of each direction.
    pub(crate) fn held_lens(&self) -> [usize; 2] {
        [self.a.held_len(), self.b.held_len()]
    }

    /// How many bytes were copied because they straddle two pieces.
    pub fn copied_bytes(&self) -> u64 {
        self.shared.copied_bytes
    }
}
