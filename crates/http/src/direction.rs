//! One direction's state machine: start lines, heads, bodies, and the search for the next message.

use crate::detect::{MessageKind, kind_of_line, may_start};
use crate::framing::{Declared, Framing, contains_ignore_case};
use crate::grammar::field::{self, Anomalies, note};
use crate::grammar::{chunk, request_line, split_line, status_line};
use crate::held::{EndOfSection, Held};
use crate::shared::{Effect, Shared};
use crate::sink::{RequestKind, Sink};
use crate::{Anomaly, Close, Event, Peer, RequestHead, ResponseHead, UpgradeKind};

/// Where a direction is in its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before or in a head; a head that is not whole is held.
    Start,
    /// In a body of known length: bytes to come.
    Length(u64),
    ChunkSize,
    ChunkData(u64),
    /// Behind chunk data; a CR was seen.
    ChunkEnd(bool),
    Trailers,
    UntilClose,
    /// Behind a request that asks for another protocol: bytes that wait for the answer.
    Waiting(u64),
    Tunnel,
    Closed,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Direction {
    state: State,
    /// Looking for the next message behind a loss: only at segment starts.
    searching: bool,
    /// The message at hand has no hole.
    whole: bool,
    /// The last request asked for another protocol.
    may_switch: bool,
    /// The connection was switched while a message was under way.
    then_tunnel: bool,
    /// Stream offset of the next byte.
    offset: u64,
    /// Where the message at hand began.
    begin: u64,
    pub(crate) held: Held,
}

impl Default for Direction {
    fn default() -> Self {
        Self {
            state: State::Start,
            searching: false,
            whole: true,
            may_switch: false,
            then_tunnel: false,
            offset: 0,
            begin: 0,
            held: Held::default(),
        }
    }
}

impl Direction {
    pub(crate) fn reset(&mut self) {
        self.held.clear();
        *self = Self { held: std::mem::take(&mut self.held), ..Self::default() };
    }

    pub(crate) fn search(&mut self) {
        if self.state == State::Start && self.held.is_empty() {
            self.searching = true;
        }
    }

    pub(crate) fn in_message(&self) -> bool {
        match self.state {
            State::Start => self.held.line_found,
            State::Waiting(_) | State::Tunnel | State::Closed => false,
            _ => true,
        }
    }

    /// Bytes that are held or wait to be claimed.
    pub(crate) fn held_len(&self) -> u64 {
        self.held.len() + if let State::Waiting(len) = self.state { len } else { 0 }
    }

    fn anomaly<S: Sink>(&self, peer: Peer, code: Anomaly, sink: &mut S) {
        sink.event(Event::Anomaly { peer, offset: self.begin, code });
    }

    /// Takes some bytes off the front; gives how many. `segment_start` goes false once the segment's first
    /// byte was taken.
    pub(crate) fn step<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        segment_start: &mut bool,
        sink: &mut S,
    ) -> usize {
        let at_segment_start = std::mem::take(segment_start);
        let taken = match self.state {
            State::Start if self.held.is_empty() => {
                self.start(shared, peer, bytes, at_segment_start, sink)
            }
            State::Start => self.start_held(shared, peer, bytes, at_segment_start, sink),
            State::Length(left) | State::ChunkData(left) => self.sized(shared, peer, bytes, left, sink),
            State::ChunkSize => self.chunk_size(shared, peer, bytes, sink),
            State::ChunkEnd(cr) => self.chunk_end(shared, peer, bytes, cr, sink),
            State::Trailers => self.trailers(shared, peer, bytes, sink),
            State::UntilClose => {
                shared.account.message += bytes.len() as u64;
                sink.event(Event::Body { peer, bytes });
                bytes.len()
            }
            State::Waiting(len) => {
                self.state = State::Waiting(len + bytes.len() as u64);
                bytes.len()
            }
            State::Tunnel => {
                shared.account.tunnel += bytes.len() as u64;
                sink.event(Event::Tunnel { peer, bytes });
                bytes.len()
            }
            State::Closed => {
                shared.account.skipped += bytes.len() as u64;
                bytes.len()
            }
        };
        self.offset += taken as u64;
        taken
    }

    // ---- start lines and heads

    /// Nothing is held: a head that lies in one slice is parsed where it is.
    fn start<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        segment_start: bool,
        sink: &mut S,
    ) -> usize {
        if self.searching {
            if !segment_start {
                shared.account.skipped += bytes.len() as u64;
                return bytes.len();
            }
        } else {
            // Empty lines before a start line are passed over (RFC 9112 §2.2).
            let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if blank > 0 {
                shared.account.message += blank as u64;
                return blank;
            }
        }
        self.begin = self.offset;
        if !may_start(bytes) {
            self.reject(peer, bytes, false, sink);
            self.skip(shared, bytes.len() as u64);
            return bytes.len();
        }
        sink.event(Event::MessageBegin { peer, offset: self.begin });
        let limit = shared.head_limit(self.searching);
        let within = bytes.get(..limit.min(bytes.len())).unwrap_or(bytes);
        let Some((line, _, _)) = split_line(within) else {
            if bytes.len() >= limit {
                self.over_line_limit(peer, sink);
                self.skip(shared, bytes.len() as u64);
                return bytes.len();
            }
            return self.hold(shared, bytes);
        };
        if !shared.is_expected(peer, line) {
            self.reject(peer, line, true, sink);
            self.skip(shared, bytes.len() as u64);
            return bytes.len();
        }
        let within = bytes.get(..shared.limits.head_bytes.min(bytes.len())).unwrap_or(bytes);
        let mut finder = EndOfSection::default();
        if let Some(end) = finder.find(within) {
            self.head(shared, peer, bytes.get(..end).unwrap_or_default(), None, sink);
            return end;
        }
        if within.len() >= shared.limits.head_bytes {
            self.head(shared, peer, within, Some(Anomaly::Limit), sink);
            return within.len();
        }
        let taken = self.hold(shared, bytes);
        (self.held.end, self.held.line_found) = (finder, true);
        taken
    }

    /// The head straddles slices: a copy is needed to parse it in one piece.
    fn hold(&mut self, shared: &mut Shared, bytes: &[u8]) -> usize {
        self.held.bytes.extend_from_slice(bytes);
        shared.copied_bytes += bytes.len() as u64;
        bytes.len()
    }

    fn start_held<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        segment_start: bool,
        sink: &mut S,
    ) -> usize {
        if self.held.line_found {
            return self.head_held(shared, peer, bytes, sink);
        }
        if segment_start {
            self.held.segment = self.held.bytes.len();
        }
        let limit = shared.head_limit(self.searching);
        let room = limit.saturating_sub(self.held.bytes.len());
        let within = bytes.get(..room.min(bytes.len())).unwrap_or(bytes);
        let Some(end) = memchr::memchr(b'\n', within) else {
            let taken = self.hold(shared, within);
            if self.held.bytes.len() >= limit {
                self.over_line_limit(peer, sink);
                self.retry(shared, peer, sink);
            } else if !may_start(&self.held.bytes) {
                let held = self.held.take();
                self.reject(peer, &held, true, sink);
                self.give_up(shared, peer, held, sink);
            }
            return taken;
        };
        let taken = self.hold(shared, within.get(..=end).unwrap_or(within));
        let line = split_line(&self.held.bytes).map_or(&b""[..], |(line, _, _)| line);
        if shared.is_expected(peer, line) {
            self.held.line_found = true;
            self.held.segment = 0;
        } else {
            let segment = self.held.segment;
            let held = self.held.take();
            let line = held.strip_suffix(b"\n").unwrap_or(&held);
            self.reject(peer, line.strip_suffix(b"\r").unwrap_or(line), true, sink);
            self.held.segment = segment;
            self.give_up(shared, peer, held, sink);
        }
        taken
    }

    fn head_held<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        sink: &mut S,
    ) -> usize {
        let limit = shared.limits.head_bytes;
        let room = limit.saturating_sub(self.held.bytes.len());
        let within = bytes.get(..room.min(bytes.len())).unwrap_or(bytes);
        let end = self.held.end.find(within);
        let taken = self.hold(shared, within.get(..end.unwrap_or(within.len())).unwrap_or(within));
        if end.is_some() || self.held.bytes.len() >= limit {
            let cut = end.is_none().then_some(Anomaly::Limit);
            let held = self.held.take();
            self.head(shared, peer, &held, cut, sink);
            self.held.recycle(held);
        }
        taken
    }

    /// What began is no message. `line` is what there is of it.
    fn reject<S: Sink>(&mut self, peer: Peer, line: &[u8], begun: bool, sink: &mut S) {
        if !self.searching {
            if self.may_switch {
                // Not HTTP, behind a request for something else: the answer decides.
                self.state = State::Waiting(0);
            } else {
                self.anomaly(peer, anomaly_of_line(line), sink);
            }
        }
        if begun {
            sink.event(Event::MessageAbandoned { peer });
        }
        if !self.searching && !self.may_switch {
            self.lose(peer, sink);
        }
    }

    fn over_line_limit<S: Sink>(&mut self, peer: Peer, sink: &mut S) {
        if !self.searching {
            self.anomaly(peer, Anomaly::Limit, sink);
        }
        sink.event(Event::MessageAbandoned { peer });
        if !self.searching {
            self.lose(peer, sink);
        }
    }

    /// Bytes that no message wants.
    fn skip(&mut self, shared: &mut Shared, len: u64) {
        match &mut self.state {
            State::Waiting(waiting) => *waiting += len,
            _ => shared.account.skipped += len,
        }
    }

    fn retry<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, sink: &mut S) {
        let segment = self.held.segment;
        let held = self.held.take();
        self.held.segment = segment;
        self.give_up(shared, peer, held, sink);
    }

    /// The held bytes are no message: what the latest segment brought may be one.
    fn give_up<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, held: Vec<u8>, sink: &mut S) {
        let segment = std::mem::take(&mut self.held.segment);
        if segment == 0 || !self.searching {
            self.skip(shared, held.len() as u64);
            return self.held.recycle(held);
        }
        let (before, mut tail) = held.split_at_checked(segment).unwrap_or((&held, b""));
        self.skip(shared, before.len() as u64);
        // The tail is shorter than a segment's first line, and none but the latest segment is tried again.
        let offset = std::mem::replace(&mut self.offset, self.begin + segment as u64);
        let mut segment_start = true;
        while !tail.is_empty() {
            let taken = self.step(shared, peer, tail, &mut segment_start, sink);
            tail = tail.get(taken..).unwrap_or_default();
        }
        self.offset = offset;
    }

    fn lose<S: Sink>(&mut self, peer: Peer, sink: &mut S) {
        self.state = State::Start;
        self.searching = true;
        self.whole = true;
        sink.event(Event::Lost { peer });
    }

    /// A head with a valid start line; `cut`: why it is not whole.
    fn head<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        head: &[u8],
        cut: Option<Anomaly>,
        sink: &mut S,
    ) {
        self.searching = false;
        self.whole = cut.is_none();
        shared.account.message += head.len() as u64;
        let Some((line, rest, bare)) = split_line(head) else { return };
        let mut anomalies = Anomalies::new();
        if bare {
            note(&mut anomalies, Anomaly::BareLf);
        }
        if memchr::memchr(0, head).is_some() {
            note(&mut anomalies, Anomaly::Nul);
        }
        let mut scratch = std::mem::take(&mut shared.scratch);
        let lines = if field::has_folds(rest) {
            note(&mut anomalies, Anomaly::ObsFold);
            field::unfold(rest, &mut scratch);
            scratch.as_slice()
        } else {
            rest
        };
        let fields = field::parse(lines, &mut anomalies);
        let declared = Declared::of(&fields, &mut anomalies);
        if let Some(line) = request_line::parse(line).filter(|_| !line.starts_with(b"HTTP/")) {
            shared.requester = Some(peer);
            let kind = match line.method {
                b"HEAD" => RequestKind::Head,
                b"CONNECT" => RequestKind::Connect,
                _ => RequestKind::Other,
            };
            shared.asked(kind);
            self.may_switch = kind == RequestKind::Connect || declared.upgrade.is_some();
            let request_line::RequestLine { method, target, version } = line;
            let complete = cut.is_none();
            sink.event(Event::RequestHead(RequestHead {
                peer,
                method,
                target,
                version,
                fields: &fields,
                head,
                complete,
            }));
            self.anomalies(peer, &anomalies, sink);
            if let Some(why) = cut {
                self.cut(peer, why, sink);
            } else {
                self.body(peer, declared.framing(true), sink);
            }
        } else if let Some(line) = status_line::parse(line) {
            shared.requester = Some(!peer);
            let status_line::StatusLine { version, status, reason } = line;
            let interim = (100..200).contains(&status) && status != 101;
            sink.event(Event::ResponseHead(ResponseHead {
                peer,
                version,
                status,
                reason,
                fields: &fields,
                head,
                complete: cut.is_none(),
                interim,
            }));
            self.anomalies(peer, &anomalies, sink);
            let kind = if interim { RequestKind::Unknown } else { sink.answers(shared.answered()) };
            if let Some(why) = cut {
                self.cut(peer, why, sink);
            } else if interim {
                self.end(peer, true, sink);
            } else {
                self.answer(shared, peer, status, kind, &declared, sink);
            }
        }
        drop(fields);
        scratch.clear();
        shared.scratch = scratch;
    }

    fn anomalies<S: Sink>(&self, peer: Peer, anomalies: &[Anomaly], sink: &mut S) {
        for &code in anomalies {
            self.anomaly(peer, code, sink);
        }
    }

    /// The message at hand is cut.
    fn cut<S: Sink>(&mut self, peer: Peer, why: Anomaly, sink: &mut S) {
        self.anomaly(peer, why, sink);
        self.end(peer, false, sink);
        if why != Anomaly::Truncated && self.state == State::Start {
            self.lose(peer, sink);
        }
    }

    /// The final response's head is whole: what follows it?
    fn answer<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        status: u16,
        kind: RequestKind,
        declared: &Declared<'_>,
        sink: &mut S,
    ) {
        let switch = match (status, kind) {
            (101, _) => {
                let websocket = declared.upgrade.is_some_and(|name| contains_ignore_case(name, b"websocket"));
                Some(if websocket { UpgradeKind::WebSocket } else { UpgradeKind::Other })
            }
            (200..300, RequestKind::Connect) => Some(UpgradeKind::Connect),
            _ => None,
        };
        if let Some(kind) = switch {
            self.end(peer, true, sink);
            self.state = State::Tunnel;
            let protocol = declared.upgrade.filter(|_| status == 101).unwrap_or_default();
            sink.event(Event::Upgraded { peer, protocol, kind });
            shared.effect = Some(Effect::Switched);
            return;
        }
        shared.effect = Some(Effect::Refused);
        if kind == RequestKind::Head || matches!(status, 204 | 304) {
            self.end(peer, true, sink);
        } else {
            self.body(peer, declared.framing(false), sink);
        }
    }

    fn body<S: Sink>(&mut self, peer: Peer, framing: Framing, sink: &mut S) {
        match framing {
            Framing::Length(0) => self.end(peer, true, sink),
            Framing::Length(length) => self.state = State::Length(length),
            Framing::Chunked => self.state = State::ChunkSize,
            Framing::UntilClose => self.state = State::UntilClose,
        }
    }

    fn end<S: Sink>(&mut self, peer: Peer, complete: bool, sink: &mut S) {
        self.state = if self.then_tunnel { State::Tunnel } else { State::Start };
        self.searching = false;
        self.whole = true;
        sink.event(Event::MessageEnd { peer, complete });
    }

    // ---- bodies

    /// A body, or a chunk, of known size: stepped over by count.
    fn sized<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        left: u64,
        sink: &mut S,
    ) -> usize {
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        shared.account.message += len as u64;
        sink.event(Event::Body { peer, bytes: bytes.get(..len).unwrap_or(bytes) });
        self.advance(peer, left - len as u64, sink);
        len
    }

    fn advance<S: Sink>(&mut self, peer: Peer, left: u64, sink: &mut S) {
        match self.state {
            State::Length(_) if left == 0 => {
                let whole = self.whole;
                self.end(peer, whole, sink);
            }
            State::Length(_) => self.state = State::Length(left),
            _ if left == 0 => self.state = State::ChunkEnd(false),
            _ => self.state = State::ChunkData(left),
        }
    }

    fn chunk_size<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        sink: &mut S,
    ) -> usize {
        let limit = shared.limits.chunk_line_bytes;
        let room = limit.saturating_sub(self.held.bytes.len());
        let within = bytes.get(..room.min(bytes.len())).unwrap_or(bytes);
        let Some(end) = memchr::memchr(b'\n', within) else {
            // Half a chunk-size line: held, at most a line.
            let taken = self.hold(shared, within);
            if self.held.bytes.len() >= limit {
                shared.account.message += self.held.len();
                self.held.clear();
                self.cut(peer, Anomaly::BadChunk, sink);
            }
            return taken;
        };
        let taken = end + 1;
        let line = within.get(..end).unwrap_or_default();
        let size = if self.held.is_empty() {
            shared.account.message += taken as u64;
            chunk::parse(line.strip_suffix(b"\r").unwrap_or(line))
        } else {
            self.hold(shared, within.get(..taken).unwrap_or(within));
            shared.account.message += self.held.len();
            let size = split_line(&self.held.bytes).and_then(|(line, _, _)| chunk::parse(line));
            self.held.clear();
            size
        };
        match size {
            Some(0) => self.state = State::Trailers,
            Some(size) => self.state = State::ChunkData(size),
            None => self.cut(peer, Anomaly::BadChunk, sink),
        }
        taken
    }

    fn chunk_end<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        cr: bool,
        sink: &mut S,
    ) -> usize {
        match bytes.first() {
            Some(b'\r') if !cr => self.state = State::ChunkEnd(true),
            Some(b'\n') => self.state = State::ChunkSize,
            _ => {
                self.cut(peer, Anomaly::BadChunk, sink);
                return 0;
            }
        }
        shared.account.message += 1;
        1
    }

    fn trailers<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        sink: &mut S,
    ) -> usize {
        let limit = shared.limits.trailer_bytes;
        let room = limit.saturating_sub(self.held.bytes.len());
        let within = bytes.get(..room.min(bytes.len())).unwrap_or(bytes);
        let Some(end) = self.held.end.find(within) else {
            // A trailer section that straddles: held until it is whole.
            let taken = self.hold(shared, within);
            if self.held.bytes.len() >= limit {
                shared.account.message += self.held.len();
                self.held.clear();
                self.cut(peer, Anomaly::Limit, sink);
            }
            return taken;
        };
        let section = within.get(..end).unwrap_or_default();
        self.held.end = EndOfSection::default();
        if self.held.is_empty() {
            self.trailer_section(shared, peer, section, sink);
        } else {
            self.hold(shared, section);
            let held = self.held.take();
            self.trailer_section(shared, peer, &held, sink);
            self.held.recycle(held);
        }
        end
    }

    fn trailer_section<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, section: &[u8], sink: &mut S) {
        shared.account.message += section.len() as u64;
        if !matches!(section, b"\r\n" | b"\n") {
            let mut anomalies = Anomalies::new();
            let mut scratch = std::mem::take(&mut shared.scratch);
            let lines = if field::has_folds(section) {
                note(&mut anomalies, Anomaly::ObsFold);
                field::unfold(section, &mut scratch);
                scratch.as_slice()
            } else {
                section
            };
            let fields = field::parse(lines, &mut anomalies);
            sink.event(Event::Trailers { peer, fields: &fields });
            self.anomalies(peer, &anomalies, sink);
            drop(fields);
            scratch.clear();
            shared.scratch = scratch;
        }
        let whole = self.whole;
        self.end(peer, whole, sink);
    }

    // ---- holes and ends

    pub(crate) fn gap<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, len: u64, sink: &mut S) {
        match self.state {
            State::Start => self.interrupted(shared, peer, Anomaly::Gap, sink),
            State::Length(left) | State::ChunkData(left) => {
                self.hole(peer, len.min(left), sink);
                if len <= left {
                    self.advance(peer, left - len, sink);
                } else {
                    self.end(peer, false, sink);
                    if self.state == State::Start {
                        self.lose(peer, sink);
                    }
                }
            }
            State::UntilClose => self.hole(peer, len, sink),
            State::ChunkSize | State::ChunkEnd(_) | State::Trailers => {
                shared.account.message += self.held.len();
                self.held.clear();
                self.cut(peer, Anomaly::Gap, sink);
            }
            State::Waiting(_) | State::Closed => {}
            State::Tunnel => sink.event(Event::TunnelGap { peer, len }),
        }
        self.offset += len;
    }

    /// A hole in a body whose framing survives it.
    fn hole<S: Sink>(&mut self, peer: Peer, len: u64, sink: &mut S) {
        sink.event(Event::BodyGap { peer, len });
        if std::mem::take(&mut self.whole) {
            self.anomaly(peer, Anomaly::Gap, sink);
        }
    }

    /// Something ends before a head is whole, or between two messages.
    fn interrupted<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, why: Anomaly, sink: &mut S) {
        if self.held.line_found {
            let held = self.held.take();
            self.head(shared, peer, &held, Some(why), sink);
            return self.held.recycle(held);
        }
        if !self.held.is_empty() {
            shared.account.skipped += self.held.len();
            self.held.clear();
            sink.event(Event::MessageAbandoned { peer });
        }
        if why == Anomaly::Gap && !self.searching {
            self.lose(peer, sink);
        }
    }

    pub(crate) fn close<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, how: Close, sink: &mut S) {
        match self.state {
            State::Closed => return,
            State::Start => self.interrupted(shared, peer, Anomaly::Truncated, sink),
            State::UntilClose if how == Close::Clean => {
                let whole = self.whole;
                self.end(peer, whole, sink);
            }
            State::Waiting(len) => shared.account.skipped += len,
            State::Tunnel => {}
            _ => {
                shared.account.message += self.held.len();
                self.held.clear();
                self.cut(peer, Anomaly::Truncated, sink);
            }
        }
        self.state = State::Closed;
    }

    // ---- what the other direction's answer does to this one

    /// The connection speaks something else from here on.
    pub(crate) fn switched<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, sink: &mut S) {
        match self.state {
            State::Start if !self.held.line_found => {
                if !self.held.is_empty() {
                    let held = self.held.take();
                    shared.account.tunnel += held.len() as u64;
                    sink.event(Event::MessageAbandoned { peer });
                    sink.event(Event::Tunnel { peer, bytes: &held });
                    self.held.recycle(held);
                }
                self.state = State::Tunnel;
            }
            State::Waiting(len) => {
                shared.account.tunnel += len;
                self.state = State::Tunnel;
            }
            State::Tunnel | State::Closed => {}
            _ => self.then_tunnel = true,
        }
    }

    /// The connection stays HTTP.
    pub(crate) fn refused<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, sink: &mut S) {
        if self.state == State::Start && self.held.is_empty() {
            self.may_switch = false;
        }
        if let State::Waiting(len) = self.state {
            shared.account.skipped += len;
            self.may_switch = false;
            self.anomaly(peer, Anomaly::UnexpectedData, sink);
            self.lose(peer, sink);
        }
    }
}

fn anomaly_of_line(line: &[u8]) -> Anomaly {
    if line.starts_with(b"PRI * HTTP/2") {
        Anomaly::Http2Preface
    } else if line.starts_with(b"ICY ") {
        Anomaly::Icy
    } else if line.starts_with(b"GET /") && kind_of_line(line).is_none() && !contains_ignore_case(line, b" HTTP/") {
        Anomaly::Http09
    } else if kind_of_line(line) == Some(MessageKind::Request) || kind_of_line(line).is_some() {
        // A message of the wrong kind for this direction.
        Anomaly::UnexpectedData
    } else if contains_ignore_case(line, b"HTTP/") {
        Anomaly::BadStartLine
    } else {
        Anomaly::UnexpectedData
    }
}
