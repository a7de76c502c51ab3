//! One direction's state machine. Here: its states, and what moves it from one message to the next.
//! [`start`]: start lines, and the search for the next one. [`head`]: heads, and what they say follows.
//! [`body`]: bodies. [`unsent`]: bodies that may not come. [`interruption`]: holes, ends, and what the other direction's answer does to this one.

mod body;
mod head;
mod interruption;
mod start;
mod unsent;

use crate::framing::Framing;
use crate::grammar::chunk::Part;
use crate::held::Held;
use crate::shared::Shared;
use crate::sink::Sink;
use crate::{Anomalies, Anomaly, Event, Limits, Mode, Peer, WebSocketPayload, websocket};

/// Where a direction is in its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before or in a head; a head that is not whole is held.
    Start,
    /// Behind a CR between two messages: a LF makes it an empty line, anything else is no message.
    EmptyLine,
    /// In a body of known length: bytes to come.
    Length(u64),
    /// In the place of a body, of a request that was refused before any of it came: it comes, or the next request. What
    /// may be the line of that is held; whether its first byte begins a segment.
    Unsent { framing: Framing, segment_start: bool },
    /// At a chunk-size line; one that is not whole is held. How far it has come.
    ChunkSize(Part),
    /// In a chunk: bytes to come.
    ChunkData(u64),
    /// Behind chunk data; whether a CR was seen.
    ChunkEnd(bool),
    /// In a trailer section; one that is not whole is held.
    Trailers,
    /// In a body that ends with the connection.
    UntilClose,
    /// Behind a request that asks for another protocol, bytes that wait for the answer. The first of them are
    /// held; `unheld` followed, and `missing` more are in holes.
    Waiting { unheld: u64, missing: u64 },
    /// Behind the third line of a draft-hixie-76 request: bytes of the challenge to come.
    Challenge(u64),
    /// Behind the switch to another protocol.
    Tunnel,
    /// Behind the switch to WebSocket.
    WebSocket,
    /// Nothing more comes.
    Closed,
}

/// What may stand in front of a start line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Ahead {
    empty_line: bool,
    bare_lf: bool,
    blank: bool,
}

impl Ahead {
    fn anomalies(self) -> Anomalies {
        let Self { empty_line, bare_lf, blank } = self;
        let found =
            [(empty_line, Anomaly::EmptyLine), (bare_lf, Anomaly::BareLf), (blank, Anomaly::StartLineSpace)];
        found.into_iter().filter(|(is, _)| *is).map(|(_, anomaly)| anomaly).collect()
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Direction {
    state: State,
    /// Looking for the next message behind a loss: only at segment starts.
    searching: bool,
    /// The body at hand has no hole.
    whole: bool,
    /// The last request asked for another protocol, and was not answered yet.
    may_switch: bool,
    /// The connection was switched while a message was under way.
    then_tunnel: bool,
    /// The message at hand is a request.
    in_request: bool,
    /// The last message told that it was the sender's last one (RFC 9112 §9.6).
    closing: bool,
    /// The last message had no body, though it told of one.
    bodiless: bool,
    /// Where the body of a request begins that waits for 100 (Continue) before it sends it.
    body_awaited: Option<u64>,
    /// What was passed over before the message that is to come.
    ahead: Ahead,
    /// Told of the message at hand.
    told: Anomalies,
    /// Stream offset of the next byte.
    offset: u64,
    /// Where the message at hand began.
    begin: u64,
    held: Held,
    /// Made at the switch to WebSocket.
    websocket: Option<Box<websocket::Stream>>,
}

impl Default for Direction {
    fn default() -> Self {
        Self {
            state: State::Start,
            searching: false,
            whole: true,
            may_switch: false,
            then_tunnel: false,
            in_request: false,
            closing: false,
            bodiless: false,
            body_awaited: None,
            ahead: Ahead::default(),
            told: Anomalies::default(),
            offset: 0,
            begin: 0,
            held: Held::default(),
            websocket: None,
        }
    }
}

impl Direction {
    pub(crate) fn reset(&mut self) {
        self.held.clear();
        *self = Self { held: std::mem::take(&mut self.held), ..Self::default() };
    }

    /// The first message must be found, as behind a loss.
    pub(crate) fn search(&mut self) {
        if self.state == State::Start && self.held.is_empty() {
            self.searching = true;
        }
    }

    pub(crate) fn in_message(&self) -> bool {
        match self.state {
            State::Start => self.held.line_found,
            State::EmptyLine | State::Waiting { .. } | State::Tunnel | State::WebSocket | State::Closed => {
                false
            }
            _ => true,
        }
    }

    /// Bytes that are held or wait to be claimed.
    pub(crate) fn unclaimed(&self) -> u64 {
        self.held.len() + if let State::Waiting { unheld, .. } = self.state { unheld } else { 0 }
    }

    /// Bytes wait for the answer to a request for another protocol.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. }) || self.may_switch && !self.held.is_empty()
    }

    /// Bytes that WebSocket messages take.
    pub(crate) fn websocket_memory(&self) -> usize {
        self.websocket.as_ref().map_or(0, |stream| stream.memory())
    }

    /// Bytes that lie in memory.
    pub(crate) fn held_len(&self) -> usize {
        self.held.bytes.len()
    }

    /// Takes some bytes off the front; gives how many. `segment_start` goes false once the segment's first
    /// byte was taken. Where none is taken, the state has changed.
    pub(crate) fn step<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        segment_start: &mut bool,
        sink: &mut S,
    ) -> usize {
        let taken = match self.state {
            State::Start if self.held.is_empty() => self.start(shared, peer, bytes, *segment_start, sink),
            State::Start if self.held.line_found => self.head_held(shared, peer, bytes, sink),
            State::Start => self.start_held(shared, peer, bytes, *segment_start, sink),
            State::EmptyLine => self.empty_line(shared, peer, bytes, sink),
            State::Length(left) | State::ChunkData(left) => self.sized(shared, peer, bytes, left, sink),
            State::Unsent { .. } => self.unsent(shared, peer, bytes, *segment_start, sink),
            State::ChunkSize(part) => self.chunk_size(shared, peer, bytes, part, sink),
            State::ChunkEnd(cr) => self.chunk_end(shared, peer, bytes, cr, sink),
            State::Trailers => self.trailers(shared, peer, bytes, sink),
            State::UntilClose => {
                shared.account.message += bytes.len() as u64;
                sink.event(Event::Body { peer, bytes });
                bytes.len()
            }
            State::Waiting { .. } => self.wait(shared, bytes),
            State::Tunnel => {
                shared.account.tunnel += bytes.len() as u64;
                sink.event(Event::Tunnel { peer, bytes });
                bytes.len()
            }
            State::Challenge(left) => {
                let len = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                shared.account.message += len as u64;
                self.challenge(left - len as u64);
                len
            }
            State::WebSocket => {
                shared.account.tunnel += bytes.len() as u64;
                if let Some(stream) = &mut self.websocket {
                    stream.feed(context(&shared.limits, shared.payload, peer, sink), self.offset, bytes);
                }
                bytes.len()
            }
            State::Closed => {
                shared.account.skipped += bytes.len() as u64;
                bytes.len()
            }
        };
        if taken > 0 {
            *segment_start = false;
            self.offset = self.offset.saturating_add(taken as u64);
        }
        taken
    }

    fn anomaly<S: Sink>(&self, peer: Peer, code: Anomaly, sink: &mut S) {
        sink.event(Event::Anomaly { peer, offset: self.begin, code });
    }

    /// Whether strict parsing ends with one of these; the first one does it.
    fn rejects(&self, shared: &Shared, odd: Anomalies) -> Option<Anomaly> {
        if shared.mode == Mode::Lenient {
            return None;
        }
        odd.iter().find(|anomaly| anomaly.is_rejected(self.in_request))
    }

    fn is_rejected(&self, shared: &Shared, odd: Anomalies) -> bool {
        self.rejects(shared, odd).is_some()
    }

    /// Tells what is odd about the message at hand, unless that was told before. False: it is rejected for that.
    #[inline]
    fn note<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, odd: Anomalies, sink: &mut S) -> bool {
        odd.is_empty() || self.note_some(shared, peer, odd, sink)
    }

    #[cold]
    fn note_some<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, odd: Anomalies, sink: &mut S) -> bool {
        if let Some(code) = self.rejects(shared, odd) {
            sink.event(Event::MessageEnd { peer, complete: false });
            self.refuse(peer, code, sink);
            return false;
        }
        for code in odd.iter() {
            if self.told.insert(code) {
                self.anomaly(peer, code, sink);
            }
        }
        true
    }

    /// Nothing more of this direction is decoded.
    fn refuse<S: Sink>(&mut self, peer: Peer, code: Anomaly, sink: &mut S) {
        self.state = State::Closed;
        self.searching = false;
        sink.event(Event::Rejected { peer, offset: self.begin, code });
    }

    /// What is not whole straddles slices: a copy is needed to parse it in one piece.
    fn hold(&mut self, shared: &mut Shared, bytes: &[u8]) -> usize {
        self.held.bytes.extend_from_slice(bytes);
        shared.copied_bytes += bytes.len() as u64;
        bytes.len()
    }

    /// So much of the challenge is to come.
    fn challenge(&mut self, left: u64) {
        self.state = if left > 0 { State::Challenge(left) } else { self.between() };
    }

    /// What comes behind a message.
    fn between(&self) -> State {
        match self.then_tunnel {
            true if self.websocket.is_some() => State::WebSocket,
            true => State::Tunnel,
            false => State::Start,
        }
    }

    /// The message at hand is over.
    fn end<S: Sink>(&mut self, peer: Peer, complete: bool, sink: &mut S) {
        self.state = self.between();
        self.searching = false;
        self.whole = true;
        sink.event(Event::MessageEnd { peer, complete });
    }

    /// The message at hand is cut.
    fn cut<S: Sink>(&mut self, shared: &Shared, peer: Peer, why: Anomaly, sink: &mut S) {
        if shared.mode == Mode::Strict && why.is_rejected(self.in_request) {
            sink.event(Event::MessageEnd { peer, complete: false });
            return self.refuse(peer, why, sink);
        }
        // An earlier hole in its body was reported already.
        if why != Anomaly::Gap || self.whole {
            self.anomaly(peer, why, sink);
        }
        self.end(peer, false, sink);
        match (&mut self.websocket, self.state) {
            _ if why == Anomaly::Truncated => {}
            (_, State::Start) => self.lose(peer, sink),
            (Some(stream), State::WebSocket) => stream.never_found(peer, self.begin, why, sink),
            _ => {}
        }
    }

    /// Where the next message begins is not known.
    fn lose<S: Sink>(&mut self, peer: Peer, sink: &mut S) {
        self.state = State::Start;
        self.searching = true;
        (self.closing, self.bodiless, self.ahead) = (false, false, Ahead::default());
        sink.event(Event::Lost { peer });
    }
}

/// What WebSocket's state machine needs to know.
fn context<'x, S>(
    limits: &'x Limits,
    payload: WebSocketPayload,
    peer: Peer,
    sink: &'x mut S,
) -> websocket::Context<'x, S> {
    websocket::Context { peer, limits, payload, sink }
}
