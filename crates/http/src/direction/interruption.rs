//! Holes and ends, and what the other direction's answer does to this one.

use super::{Direction, State};
use crate::shared::Shared;
use crate::sink::Sink;
use crate::{Anomaly, Close, Event, Peer};

impl Direction {
    pub(crate) fn gap<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, len: u64, sink: &mut S) {
        match &mut self.state {
            State::Start | State::EmptyLine => self.interrupted(shared, peer, Anomaly::Gap, sink),
            &mut (State::Length(left) | State::ChunkData(left)) => {
                self.hole(peer, len.min(left), sink);
                if len <= left {
                    self.advance(peer, left - len, sink);
                } else {
                    self.cut(peer, Anomaly::Gap, sink);
                }
            }
            State::UntilClose => self.hole(peer, len, sink),
            State::ChunkSize | State::ChunkEnd(_) | State::Trailers => {
                self.cut_held(shared, peer, Anomaly::Gap, sink);
            }
            State::Waiting { missing, .. } => *missing = missing.saturating_add(len),
            State::Closed => {}
            State::Tunnel => sink.event(Event::TunnelGap { peer, len }),
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
            shared.account.skipped += self.held.len();
            self.held.clear();
            sink.event(Event::MessageAbandoned { peer });
        }
        if why != Anomaly::Truncated && !self.searching {
            self.lose(peer, sink);
        }
    }

    /// The caller has no room for what is held: it is given up, as if a limit had been reached.
    pub(crate) fn give_up_held<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, sink: &mut S) {
        if self.held.is_empty() {
            return;
        }
        match &mut self.state {
            State::Start | State::EmptyLine => self.interrupted(shared, peer, Anomaly::Limit, sink),
            State::Waiting { unheld, .. } => {
                *unheld = unheld.saturating_add(self.held.len());
                self.held.clear();
            }
            _ => self.cut_held(shared, peer, Anomaly::Limit, sink),
        }
    }

    pub(crate) fn close<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, how: Close, sink: &mut S) {
        match self.state {
            State::Closed => return,
            State::Start | State::EmptyLine => self.interrupted(shared, peer, Anomaly::Truncated, sink),
            State::UntilClose if how == Close::Clean => self.end(peer, self.whole, sink),
            State::Waiting { .. } => {
                shared.account.skipped += self.unclaimed();
                self.held.clear();
            }
            State::Tunnel => {}
            _ => self.cut_held(shared, peer, Anomaly::Truncated, sink),
        }
        self.state = State::Closed;
    }

    /// The connection speaks something else from here on.
    pub(crate) fn switched<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, sink: &mut S) {
        let absent = match self.state {
            State::Start if !self.held.line_found => {
                if !self.held.is_empty() {
                    sink.event(Event::MessageAbandoned { peer });
                }
                0
            }
            State::EmptyLine => 0,
            State::Waiting { unheld, missing } => unheld.saturating_add(missing),
            State::Tunnel | State::Closed => return,
            _ => {
                self.then_tunnel = true;
                return;
            }
        };
        shared.account.tunnel += self.unclaimed();
        self.state = State::Tunnel;
        if !self.held.is_empty() {
            sink.event(Event::Tunnel { peer, bytes: &self.held.bytes });
            self.held.clear();
        }
        if absent > 0 {
            sink.event(Event::TunnelGap { peer, len: absent });
        }
    }

    /// The connection stays HTTP.
    pub(crate) fn refused<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, sink: &mut S) {
        self.may_switch = false;
        if let State::Waiting { .. } = self.state {
            shared.account.skipped += self.unclaimed();
            self.held.clear();
            self.anomaly(peer, Anomaly::UnexpectedData, sink);
            self.lose(peer, sink);
        }
    }
}
