//! What the two directions of a connection share.

use std::collections::VecDeque;

use crate::detect::{MessageKind, kind_of_line};
use crate::held::KEEP;
use crate::websocket::extension::Extensions;
use crate::websocket::handshake::Asked;
use crate::{Account, Limits, Mode, Peer, RequestKind, WebSocketDialect, WebSocketPayload};

/// What one direction does to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The answer switched the connection to another protocol.
    Switched,
    /// The answer did not.
    Refused,
    /// Nor did this one, which is no success, and all requests so far are answered with it: their bodies are not wanted.
    Unwanted,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) mode: Mode,
    pub(crate) requester: Option<Peer>,
    pub(crate) account: Account,
    pub(crate) copied_bytes: u64,
    /// Unfolded field lines.
    pub(crate) scratch: Vec<u8>,
    pub(crate) effect: Option<Effect>,
    /// What of WebSocket messages is wanted.
    pub(crate) payload: WebSocketPayload,
    /// The latest request asks for WebSocket.
    pub(crate) asked_websocket: Option<Box<Asked>>,
    /// The connection was switched to WebSocket.
    pub(crate) websocket: Option<(WebSocketDialect, Extensions)>,
    /// Kinds of the requests that are not yet answered.
    kinds: VecDeque<RequestKind>,
    /// More of them than the limit allows: order is of no use any more.
    kinds_lost: bool,
}

impl Shared {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            mode: Mode::default(),
            requester: None,
            account: Account::default(),
            copied_bytes: 0,
            scratch: Vec::new(),
            effect: None,
            payload: WebSocketPayload::default(),
            asked_websocket: None,
            websocket: None,
            kinds: VecDeque::new(),
            kinds_lost: false,
        }
    }

    pub(crate) fn reset(&mut self) {
        self.requester = None;
        self.account = Account::default();
        self.copied_bytes = 0;
        self.effect = None;
        self.asked_websocket = None;
        self.websocket = None;
        self.kinds.clear();
        self.kinds_lost = false;
    }

    /// How far the end of a start line is looked for.
    pub(crate) fn line_limit(&self, searching: bool) -> usize {
        if searching { self.limits.search_bytes.min(self.limits.head_bytes) } else { self.limits.head_bytes }
    }

    /// Whether `peer` may send such a message.
    pub(crate) fn may_send(&self, peer: Peer, kind: MessageKind) -> bool {
        match kind {
            MessageKind::Request => self.requester.is_none_or(|requester| requester == peer),
            MessageKind::Response => self.requester != Some(peer),
        }
    }

    /// Whether `line` is a start line that `peer` may send.
    pub(crate) fn is_expected(&self, peer: Peer, line: &[u8]) -> bool {
        kind_of_line(line).is_some_and(|kind| self.may_send(peer, kind))
    }

    /// Whether `line` is a start line that `peer` may send; then who sends requests is known.
    pub(crate) fn accept(&mut self, peer: Peer, line: &[u8]) -> bool {
        let kind = kind_of_line(line).filter(|&kind| self.may_send(peer, kind));
        if let Some(kind) = kind {
            self.sends(peer, kind);
        }
        kind.is_some()
    }

    /// `peer` sends such messages.
    pub(crate) fn sends(&mut self, peer: Peer, kind: MessageKind) {
        self.requester = Some(if kind == MessageKind::Response { !peer } else { peer });
    }

    /// Keeps the scratch buffer for the next use, unless it has grown large.
    pub(crate) fn put_back(&mut self, mut scratch: Vec<u8>) {
        if scratch.capacity() <= KEEP {
            scratch.clear();
            self.scratch = scratch;
        }
    }

    pub(crate) fn asked(&mut self, kind: RequestKind) {
        if self.kinds.len() >= self.limits.pending_requests {
            self.kinds_lost = true;
            self.kinds.clear();
        }
        if !self.kinds_lost {
            self.kinds.push_back(kind);
        }
    }

    pub(crate) fn is_all_answered(&self) -> bool {
        self.kinds.is_empty() && !self.kinds_lost
    }

    pub(crate) fn answered(&mut self) -> RequestKind {
        self.kinds.pop_front().unwrap_or(RequestKind::Unknown)
    }
}
