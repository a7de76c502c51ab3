//! Bodies that may not come: of requests that expected 100 (Continue) and got a final answer instead (RFC 9110 §10.1.1).
//!
//! Such a client either sends the body that it announced, or closes; some do neither, and go on with the next request. Only
//! what follows tells: a whole request line in the body's place. Until that is decided the bytes are held, at most a line;
//! where they are none, they are handed on as the body.

use super::{Direction, State};
use crate::framing::Framing;
use crate::grammar::chunk::Part;
use crate::grammar::request_line::{self, MAX_METHOD, RequestLine};
use crate::grammar::{split_line, trim};
use crate::shared::Shared;
use crate::sink::Sink;
use crate::{Anomaly, Event, Field, Mode, Peer};

/// Whether the request waits for 100 (Continue) before it sends its body.
pub(super) fn expects_continue(fields: &[Field<'_>]) -> bool {
    let expectations = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(b"expect"));
    expectations
        .flat_map(|field| field.value.split(|&byte| byte == b','))
        .any(|expectation| trim(expectation).eq_ignore_ascii_case(b"100-continue"))
}

/// What stands in the body's place is ...
enum Verdict {
    /// ... perhaps a request line.
    Open,
    /// ... one, and whole.
    Request,
    /// ... none.
    Body,
}

impl Direction {
    /// The request at hand was refused. Where nothing of its body went by, it may not come.
    pub(super) fn unwanted(&mut self) {
        if self.body_awaited != Some(self.offset) || self.then_tunnel {
            return;
        }
        self.state = match self.state {
            State::Length(left) => State::Unsent { framing: Framing::Length(left), segment_start: false },
            State::ChunkSize(Part::Before) => {
                State::Unsent { framing: Framing::Chunked, segment_start: false }
            }
            state => state,
        };
    }

    /// In the place of such a body. Nothing is held of what lies in one slice.
    pub(super) fn unsent<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        segment_starts: bool,
        sink: &mut S,
    ) -> usize {
        let State::Unsent { framing, .. } = self.state else { return 0 };
        let limit = shared.line_limit(true);
        let room = limit.saturating_sub(self.held.bytes.len());
        let within = bytes.get(..room).unwrap_or(bytes);
        let end = memchr::memchr(b'\n', within);
        if self.held.is_empty() {
            match judge(framing, within, end.is_some(), limit) {
                Verdict::Open => {
                    self.state = State::Unsent { framing, segment_start: segment_starts };
                    return self.hold(shared, within);
                }
                Verdict::Request => self.body_unsent(shared, peer, sink),
                Verdict::Body => self.state = state_of(framing),
            }
            return 0;
        }
        if segment_starts {
            self.held.segment = self.held.bytes.len();
        }
        let taken = self.hold(shared, end.and_then(|end| within.get(..=end)).unwrap_or(within));
        match judge(framing, &self.held.bytes, end.is_some(), limit) {
            Verdict::Open => {}
            Verdict::Body => {
                // As step does, once they are taken; their states are those of the place behind them.
                self.offset = self.offset.saturating_add(taken as u64);
                self.body_sent(shared, peer, sink);
                self.offset = self.offset.saturating_sub(taken as u64);
            }
            Verdict::Request => {
                // It goes on as a start line that straddles does.
                let begin = self.offset.saturating_sub(self.held.len() - taken as u64);
                self.body_unsent(shared, peer, sink);
                if self.state == State::Closed {
                    shared.account.skipped += self.held.len();
                    self.held.clear();
                    return taken;
                }
                self.begin = begin;
                self.held.line_found = true;
                self.held.segment = 0;
                sink.event(Event::MessageBegin { peer, offset: begin });
                if self.held.bytes.len() >= shared.limits.head_bytes {
                    self.held_head(shared, peer, Some(Anomaly::Limit), sink);
                }
            }
        }
        taken
    }

    /// The body does not come: the next request is here.
    fn body_unsent<S: Sink>(&mut self, shared: &Shared, peer: Peer, sink: &mut S) {
        let why = Anomaly::UnsentBody;
        if shared.mode == Mode::Strict {
            sink.event(Event::MessageEnd { peer, complete: false });
            return self.refuse(peer, why, sink);
        }
        self.anomaly(peer, why, sink);
        self.end(peer, false, sink);
    }

    /// It comes: what is held is its beginning, and may reach behind its end.
    pub(super) fn body_sent<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, sink: &mut S) {
        let State::Unsent { framing, segment_start } = self.state else { return };
        self.state = state_of(framing);
        let segment = self.held.segment;
        let held = self.held.take();
        self.offset = self.offset.saturating_sub(held.len() as u64);
        let (first, latest) = held.split_at_checked(segment).unwrap_or((&held, &[]));
        // A byte that is held again counts once.
        let copied = shared.copied_bytes;
        for (mut bytes, mut segment_start) in [(first, segment_start), (latest, segment > 0 || segment_start)]
        {
            while !bytes.is_empty() {
                let taken = self.step(shared, peer, bytes, &mut segment_start, sink);
                bytes = bytes.get(taken..).unwrap_or_default();
            }
        }
        shared.copied_bytes = copied;
        self.held.recycle(held);
    }
}

/// Where a body begins.
fn state_of(framing: Framing) -> State {
    match framing {
        Framing::Length(left) => State::Length(left),
        Framing::Chunked => State::ChunkSize(Part::Before),
        Framing::UntilClose => State::UntilClose,
    }
}

/// What to make of the bytes in a body's place; `line_ends`: with a line end, which is within the limit.
fn judge(framing: Framing, bytes: &[u8], line_ends: bool, limit: usize) -> Verdict {
    if !may_begin_request(bytes) {
        return Verdict::Body;
    }
    match Some(bytes).filter(|_| line_ends).and_then(split_line) {
        Some((line, _, _)) if is_request_instead(framing, line) => Verdict::Request,
        Some(_) => Verdict::Body,
        None if bytes.len() >= limit => Verdict::Body,
        None => Verdict::Open,
    }
}

/// Whether a method, and a space, could begin here. Any token is a method, but so are too many bodies: those in use are of
/// capitals. Once false, it stays false whatever is appended.
fn may_begin_request(bytes: &[u8]) -> bool {
    let is_of_method = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'-' | b'_');
    match bytes.iter().position(|byte| !is_of_method(byte)) {
        Some(end) => (1..=MAX_METHOD).contains(&end) && bytes.get(end) == Some(&b' '),
        None => bytes.len() <= MAX_METHOD,
    }
}

/// Whether the line is a request's, and not the end of a short body and the request behind that: `OK` and `GET / HTTP/1.1`.
fn is_request_instead(framing: Framing, line: &[u8]) -> bool {
    let Some(_) = request_line::parse(line) else { return false };
    let behind = match framing {
        Framing::Length(len) => usize::try_from(len).ok().and_then(|len| line.get(len..)),
        _ => None,
    };
    !matches!(
        behind.and_then(request_line::parse),
        Some(RequestLine {
            method: b"GET"
                | b"HEAD"
                | b"POST"
                | b"PUT"
                | b"DELETE"
                | b"CONNECT"
                | b"OPTIONS"
                | b"TRACE"
                | b"PATCH",
            ..
        })
    )
}
