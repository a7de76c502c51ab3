//! Heads, and what they say follows.

use super::{Direction, State};
use crate::framing::{Declared, Framing, contains_ignore_case};
use crate::grammar::field::{self, Anomalies, note};
use crate::grammar::{request_line, split_line, status_line};
use crate::shared::{Effect, Shared};
use crate::sink::{RequestKind, Sink};
use crate::websocket::Stream;
use crate::websocket::handshake::{Agreed, Asked};
use crate::{Anomaly, Event, Field, Peer, RequestHead, ResponseHead, UpgradeKind, WebSocketHandshake};

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
        self.searching = false;
        self.whole = true;
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
        let fields = field::parse_section(rest, &mut scratch, &mut anomalies);
        let declared = Declared::of(&fields, &mut anomalies);
        if let Some(request_line::RequestLine { method, target, version }) = request_line::parse(line) {
            let kind = match method {
                b"HEAD" => RequestKind::Head,
                b"CONNECT" => RequestKind::Connect,
                _ => RequestKind::Other,
            };
            shared.asked(kind);
            shared.asked_websocket =
                declared.upgrade.and_then(|upgrade| Asked::of(&fields, upgrade)).map(Box::new);
            if let Some(anomaly) = shared.asked_websocket.as_ref().and_then(|asked| asked.anomaly) {
                note(&mut anomalies, anomaly);
            }
            self.may_switch = kind == RequestKind::Connect || declared.upgrade.is_some();
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
            match cut {
                Some(why) => self.cut(peer, why, sink),
                None => self.body(peer, declared.framing(true), sink),
            }
            if self.state == State::Start
                && shared.asked_websocket.as_ref().is_some_and(|asked| asked.two_keys)
            {
                // The third key follows, of eight bytes.
                self.state = State::Challenge(8);
            }
        } else if let Some(status_line::StatusLine { version, status, reason }) = status_line::parse(line) {
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
            match cut {
                Some(why) => self.cut(peer, why, sink),
                None if interim => self.end(peer, true, sink),
                None => self.answer(shared, peer, (status, kind), &declared, &fields, sink),
            }
        }
        drop(fields);
        shared.put_back(scratch);
    }

    /// The final response's head is whole: what follows it?
    fn answer<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        (status, kind): (u16, RequestKind),
        declared: &Declared<'_>,
        fields: &[Field<'_>],
        sink: &mut S,
    ) {
        let asked = shared.asked_websocket.take();
        let switch = match (status, kind) {
            (101, _) => {
                let websocket = declared.upgrade.is_some_and(|name| contains_ignore_case(name, b"websocket"));
                Some(if websocket { UpgradeKind::WebSocket } else { UpgradeKind::Other })
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
}
