//! Holes and ends, and what the other direction's answer does to this one.

use super::start::anomaly_of_line;
use super::{Direction, State, context};
use crate::shared::Shared;
use crate::sink::Sink;
use crate::websocket::Stream;
use crate::{Anomaly, Close, Event, Mode, Peer};

impl Direction {
    pub(crate) fn gap<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, len: u64, sink: &mut S) {
        match &mut self.state {
            State::Start | State::EmptyLine => self.interrupted(shared, peer, Anomaly::Gap, sink),
            &mut (State::Length(left) | State::ChunkData(left)) => {
                self.hole(peer, len.min(left), sink);
                if len <= left {
                    self.advance(peer, left - len, sink);
                } else {
                    self.cut(shared, peer, Anomaly::Gap, sink);
                }
            }
            State::UntilClose => self.hole(peer, len, sink),
            State::Unsent { .. } => {
                self.body_sent(shared, peer, sink);
                return self.gap(shared, peer, len, sink);
            }
            State::ChunkSize(_) | State::ChunkEnd(_) | State::Trailers => {
                self.cut_held(shared, peer, Anomaly::Gap, sink);
            }
            State::Waiting { missing, .. } => *missing = missing.saturating_add(len),
            State::Closed => {}
            State::Tunnel => sink.event(Event::TunnelGap { peer, len }),
            State::Challenge(left) => {
                let left = *left;
                self.challenge(left.saturating_sub(len));
                if len > left {
                    self.offset = self.offset.saturating_add(left);
                    return self.gap(shared, peer, len - left, sink);
                }
            }
            State::WebSocket => {
                if let Some(stream) = &mut self.websocket {
                    stream.gap(context(&shared.limits, shared.payload, peer, sink), self.offset, len);
                }
            }
        }
        if shared.requester == Some(peer) {
            // Another request may have been missed.
            shared.asked_websocket = None;
        }
        self.offset = self.offset.saturating_add(len);
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
            return self.held_head(shared, peer, Some(why), sink);
        }
        if !self.held.is_empty() {
            // What is there of a start line says no more; but there should be nothing, or it shows already that it is none.
            let code = match () {
                () if why != Anomaly::Truncated || self.searching => None,
                () if self.closing => Some(Anomaly::DataAfterConnectionClose),
                () => Some(anomaly_of_line(&self.held.bytes)).filter(|&code| code == Anomaly::BadVersion),
            };
            shared.account.skipped += self.held.len();
            self.held.clear();
            sink.event(Event::MessageAbandoned { peer });
            match code {
                Some(code) if shared.mode == Mode::Strict => return self.refuse(peer, code, sink),
                Some(Anomaly::DataAfterConnectionClose) => {
                    self.anomaly(peer, Anomaly::DataAfterConnectionClose, sink);
                }
                _ => {}
            }
        }
        if why != Anomaly::Truncated && !self.searching {
            self.lose(peer, sink);
        }
    }

    /// The caller has no room for what is held: it is given up, as if a limit had been reached.
    pub(crate) fn give_up_held<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, sink: &mut S) {
        if let Some(stream) = &mut self.websocket {
            stream.give_up();
        }
        if self.held.is_empty() {
            return;
        }
        match &mut self.state {
            State::Start | State::EmptyLine => self.interrupted(shared, peer, Anomaly::Limit, sink),
            State::Waiting { unheld, .. } => {
                *unheld = unheld.saturating_add(self.held.len());
                self.held.clear();
            }
            State::Unsent { .. } => {
                self.body_sent(shared, peer, sink);
                self.give_up_held(shared, peer, sink);
            }
            _ => self.cut_held(shared, peer, Anomaly::Limit, sink),
        }
    }

    pub(crate) fn close<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, how: Close, sink: &mut S) {
        self.body_sent(shared, peer, sink);
        match self.state {
            State::Closed => return,
            State::Start | State::EmptyLine => self.interrupted(shared, peer, Anomaly::Truncated, sink),
            State::UntilClose if how == Close::Clean => self.end(peer, self.whole, sink),
            State::Waiting { .. } => {
                shared.account.skipped += self.unclaimed();
                self.held.clear();
            }
            State::Tunnel | State::Challenge(_) => {}
            State::WebSocket => {
                if let Some(mut stream) = self.websocket.take() {
                    stream.close(context(&shared.limits, shared.payload, peer, sink));
                }
            }
            _ => self.cut_held(shared, peer, Anomaly::Truncated, sink),
        }
        self.state = State::Closed;
    }

    /// The connection speaks something else from here on.
    pub(crate) fn switched<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, sink: &mut S) {
        if matches!(self.state, State::Tunnel | State::WebSocket | State::Closed) {
            return;
        }
        self.body_sent(shared, peer, sink);
        self.websocket =
            shared.websocket.map(|(dialect, extensions)| Box::new(Stream::new(dialect, true, extensions)));
        let absent = match self.state {
            State::Start if !self.held.line_found => {
                if !self.held.is_empty() {
                    sink.event(Event::MessageAbandoned { peer });
                }
                0
            }
            State::EmptyLine => 0,
            State::Waiting { unheld, missing } => unheld.saturating_add(missing),
            _ => {
                self.then_tunnel = true;
                return;
            }
        };
        shared.account.tunnel += self.unclaimed();
        if let Some(mut stream) = self.websocket.take() {
            self.state = State::WebSocket;
            let begin = self.offset.saturating_sub(self.held.len().saturating_add(absent));
            let behind = begin.saturating_add(self.held.len());
            let Shared { limits, payload, .. } = shared;
            if self.searching {
                stream.never_found(peer, begin, Anomaly::Gap, sink);
            }
            stream.feed(context(limits, *payload, peer, sink), begin, &self.held.bytes);
            if absent > 0 {
                stream.gap(context(limits, *payload, peer, sink), behind, absent);
            }
            self.held.clear();
            self.websocket = Some(stream);
            return;
        }
        self.state = State::Tunnel;
        if !self.held.is_empty() {
            sink.event(Event::Tunnel { peer, bytes: &self.held.bytes });
            self.held.clear();
        }
        if absent > 0 {
            sink.event(Event::TunnelGap { peer, len: absent });
        }
    }

    /// The connection stays HTTP; `unwanted`: the last request is refused.
    pub(crate) fn refused<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, unwanted: bool, sink: &mut S) {
        self.may_switch = false;
        if unwanted {
            self.unwanted();
        }
        if let State::Waiting { .. } = self.state {
            shared.account.skipped += self.unclaimed();
            self.held.clear();
            if shared.mode == Mode::Strict {
                return self.refuse(peer, Anomaly::UnexpectedData, sink);
            }
            self.anomaly(peer, Anomaly::UnexpectedData, sink);
            self.lose(peer, sink);
        }
    }
}
