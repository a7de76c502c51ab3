//! Heads, and what they say follows.

use super::unsent::expects_continue;
use super::{Ahead, Direction, State};
use crate::framing::{Declared, Framing, contains_ignore_case};
use crate::grammar::chunk::Part;
use crate::grammar::field::{self, Fields};
use crate::grammar::request_line::RequestLine;
use crate::grammar::status_line::{StatusLine, split_cr};
use crate::grammar::{StartLine, plain, split_line};
use crate::shared::{Effect, Shared};
use crate::sink::{RequestKind, Sink};
use crate::websocket::Stream;
use crate::websocket::handshake::{Agreed, Asked};
use crate::{
    Anomalies, Anomaly, Event, Field, Peer, RequestHead, ResponseHead, UpgradeKind, WebSocketHandshake,
};

impl Direction {
    /// A head with a whole start line is held.
    pub(super) fn head_held<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        sink: &mut S,
    ) -> usize {
        let limit = shared.limits.head_bytes;
        let room = limit.saturating_sub(self.held.bytes.len());
        let within = bytes.get(..room).unwrap_or(bytes);
        let end = self.held.end.find(within);
        let taken = self.hold(shared, end.and_then(|end| within.get(..end)).unwrap_or(within));
        if end.is_some() {
            self.held_head(shared, peer, None, sink);
        } else if self.held.bytes.len() >= limit {
            self.held_head(shared, peer, Some(Anomaly::Limit), sink);
        }
        taken
    }

    /// Takes the held head; `cut`: why it is not whole.
    pub(super) fn held_head<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        cut: Option<Anomaly>,
        sink: &mut S,
    ) {
        let held = self.held.take();
        self.head(shared, peer, &held, cut, sink);
        self.held.recycle(held);
    }

    /// A head with a valid start line; `cut`: why it is not whole.
    pub(super) fn head<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        head: &[u8],
        cut: Option<Anomaly>,
        sink: &mut S,
    ) {
        let mut fields = Fields::new();
        if cut.is_none()
            && let Some((start, len)) = plain::parse(head, &mut fields)
            && len == head.len()
        {
            return self.parsed_head(shared, peer, (head, &start, &fields), Anomalies::default(), cut, sink);
        }
        let Some((line, mut rest, bare)) = split_line(head) else { return };
        let Some((start, mut odd)) = StartLine::parse(line) else { return };
        if let (StartLine::Status(_), Some((line, _))) = (&start, split_cr(line)) {
            rest = head.get(line.len() + 1..).unwrap_or_default();
        }
        if bare {
            odd.insert(Anomaly::BareLf);
        }
        if memchr::memchr(0, head).is_some() {
            odd.insert(Anomaly::Nul);
        }
        let mut scratch = std::mem::take(&mut shared.scratch);
        let mut fields = Fields::new();
        field::parse_section(rest, &mut scratch, &mut fields, &mut odd);
        self.parsed_head(shared, peer, (head, &start, &fields), odd, cut, sink);
        drop(fields);
        shared.put_back(scratch);
    }

    /// A head taken apart; `odd`: what its bytes have that is odd.
    pub(super) fn parsed_head<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        (head, start, fields): (&[u8], &StartLine<'_>, &[Field<'_>]),
        mut odd: Anomalies,
        cut: Option<Anomaly>,
        sink: &mut S,
    ) {
        self.searching = false;
        self.whole = true;
        self.in_request = matches!(start, StartLine::Request(_));
        self.told = Anomalies::default();
        shared.account.message += head.len() as u64;
        let declared = Declared::of(fields, &mut odd);
        declared.oddities(start, cut.is_none(), &mut odd);
        if self.ahead != Ahead::default() {
            odd.extend(std::mem::take(&mut self.ahead).anomalies());
        }
        if std::mem::take(&mut self.closing) {
            odd.insert(Anomaly::DataAfterConnectionClose);
        }
        self.bodiless = false;
        if let StartLine::Status(StatusLine { status: 100..=199 | 204, .. }) = start
            && declared.tells_framing()
        {
            odd.insert(Anomaly::FramingWithoutBody);
        }
        if let Some(code) = self.rejects(shared, odd) {
            sink.event(Event::MessageAbandoned { peer });
            return self.refuse(peer, code, sink);
        }
        match *start {
            StartLine::Request(RequestLine { method, target, version }) => {
                let complete = cut.is_none();
                let head = RequestHead { peer, method, target, version, fields, head, complete };
                self.request(shared, head, (&declared, odd), cut, sink);
            }
            StartLine::Status(StatusLine { version, status, reason }) => {
                let interim = (100..200).contains(&status) && status != 101;
                let complete = cut.is_none();
                let head = ResponseHead { peer, version, status, reason, fields, head, complete, interim };
                self.response(shared, head, (&declared, odd), cut, sink);
            }
        }
    }

    fn request<S: Sink>(
        &mut self,
        shared: &mut Shared,
        head: RequestHead<'_>,
        (declared, mut odd): (&Declared<'_>, Anomalies),
        cut: Option<Anomaly>,
        sink: &mut S,
    ) {
        let peer = head.peer;
        let kind = match head.method {
            b"HEAD" => RequestKind::Head,
            b"CONNECT" => RequestKind::Connect,
            _ => RequestKind::Other,
        };
        shared.asked(kind);
        shared.asked_websocket =
            declared.upgrade.and_then(|upgrade| Asked::of(head.fields, upgrade)).map(Box::new);
        if let Some(anomaly) = shared.asked_websocket.as_ref().and_then(|asked| asked.anomaly) {
            odd.insert(anomaly);
        }
        self.may_switch = kind == RequestKind::Connect || declared.upgrade.is_some();
        sink.event(Event::RequestHead(head));
        self.note(shared, peer, odd, sink);
        match cut {
            Some(why) => self.cut(shared, peer, why, sink),
            None => {
                self.closing = declared.is_last(head.version.minor) && !self.may_switch;
                self.body(peer, declared.framing(true, shared.mode), sink);
            }
        }
        self.body_awaited = match self.state {
            State::Length(_) | State::ChunkSize(_) if expects_continue(head.fields) => {
                Some(self.begin.saturating_add(head.head.len() as u64))
            }
            _ => None,
        };
        if self.state == State::Start && shared.asked_websocket.as_ref().is_some_and(|asked| asked.two_keys) {
            // The third key follows, of eight bytes.
            self.state = State::Challenge(8);
        }
    }

    fn response<S: Sink>(
        &mut self,
        shared: &mut Shared,
        head: ResponseHead<'_>,
        (declared, odd): (&Declared<'_>, Anomalies),
        cut: Option<Anomaly>,
        sink: &mut S,
    ) {
        let (peer, interim) = (head.peer, head.interim);
        sink.event(Event::ResponseHead(head));
        self.note(shared, peer, odd, sink);
        let by_order = if interim { RequestKind::Unknown } else { shared.answered() };
        let kind = if interim { RequestKind::Unknown } else { sink.answers(by_order) };
        match cut {
            Some(why) => self.cut(shared, peer, why, sink),
            None if interim => self.end(peer, true, sink),
            None => {
                self.answer(shared, &head, kind, declared, sink);
                let is_known = by_order != RequestKind::Unknown && kind != RequestKind::Unknown;
                if shared.effect == Some(Effect::Refused)
                    && head.status >= 300
                    && is_known
                    && shared.is_all_answered()
                {
                    shared.effect = Some(Effect::Unwanted);
                }
            }
        }
    }

    /// The final response's head is whole: what follows it?
    fn answer<S: Sink>(
        &mut self,
        shared: &mut Shared,
        head: &ResponseHead<'_>,
        kind: RequestKind,
        declared: &Declared<'_>,
        sink: &mut S,
    ) {
        let &ResponseHead { peer, status, fields, version, .. } = head;
        let asked = shared.asked_websocket.take();
        let switch = match (status, kind) {
            (101, _) => {
                let names =
                    |word: &[u8]| declared.upgrade.is_some_and(|name| contains_ignore_case(name, word));
                Some(if names(b"websocket") {
                    UpgradeKind::WebSocket
                } else if names(b"h2c") {
                    UpgradeKind::H2c
                } else {
                    UpgradeKind::Other
                })
            }
            (200..300, RequestKind::Connect) => Some(UpgradeKind::Connect),
            _ => None,
        };
        if let Some(kind) = switch {
            let websocket = kind == UpgradeKind::WebSocket;
            let agreed = websocket.then(|| Agreed::of(fields, asked.as_deref()));
            for code in agreed.iter().flat_map(|agreed| agreed.anomalies).flatten() {
                self.anomaly(peer, code, sink);
            }
            if kind == UpgradeKind::Connect && declared.tells_framing() {
                self.note(shared, peer, [Anomaly::FramingWithoutBody].into_iter().collect(), sink);
            }
            self.end(peer, true, sink);
            self.state = State::Tunnel;
            let protocol = declared.upgrade.filter(|_| status == 101).unwrap_or_default();
            sink.event(Event::Upgraded { peer, protocol, kind });
            if let Some(Agreed { dialect, subprotocol, extensions, .. }) = agreed {
                let deflate = extensions.deflate;
                let handshake = WebSocketHandshake { peer, dialect, subprotocol, deflate };
                sink.event(Event::WebSocketHandshake(handshake));
                shared.websocket = Some((dialect, extensions));
                self.websocket = Some(Box::new(Stream::new(dialect, false, extensions)));
                self.state = State::WebSocket;
            }
            shared.effect = Some(Effect::Switched);
            return;
        }
        shared.effect = Some(Effect::Refused);
        self.closing = declared.is_last(version.minor);
        if kind == RequestKind::Head || matches!(status, 204 | 304) {
            self.bodiless = declared.tells_body();
            self.end(peer, true, sink);
        } else {
            self.body(peer, declared.framing(false, shared.mode), sink);
        }
    }

    fn body<S: Sink>(&mut self, peer: Peer, framing: Framing, sink: &mut S) {
        match framing {
            Framing::Length(0) => self.end(peer, true, sink),
            Framing::Length(length) => self.state = State::Length(length),
            Framing::Chunked => self.state = State::ChunkSize(Part::Before),
            Framing::UntilClose => self.state = State::UntilClose,
        }
    }
}
