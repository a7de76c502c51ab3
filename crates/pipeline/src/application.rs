//! What a connection speaks, and the way of its bytes into the HTTP parser and out as exchanges.

use wiretrace_http as http;
use wiretrace_http::{Peer, UpgradeKind, WebSocketPayload};
use wiretrace_tcp as tcp;
use wiretrace_tcp::{Half, Mark};

use crate::adapt::{half_of, peer_of};
use crate::digest::Digests;
use crate::exchange::{Exchange, Side};
use crate::handler::Event;
use crate::pairing::{Numbers, Pairing};
use crate::partition::{Context, connection_info};
use crate::progress::{MessageEnd, Progress, ProgressStep};
use crate::tcp_events::HeldEvents;
use crate::websocket::{WebSocket, WebSocketMessage};

/// The pipeline's place in a connection's record: a pointer, so that an idle connection stays small.
#[derive(Debug, Default)]
pub(crate) struct Slot(Option<Box<Application>>);

impl Slot {
    pub(crate) fn get(&mut self) -> Option<&mut Application> {
        self.0.as_deref_mut()
    }

    /// Makes the data when the first payload, or an event that must wait, comes.
    pub(crate) fn get_or_make<H>(&mut self, context: &mut Context<H>) -> &mut Application {
        self.0.get_or_insert_with(|| context.new_application())
    }

    /// Whether events wait.
    pub(crate) fn holds_events(&self) -> bool {
        self.0.as_ref().is_some_and(|application| application.held.is_some())
    }
}

/// The pipeline's data of one connection. Recycled.
#[derive(Debug, Default)]
pub(crate) struct Application {
    http: Option<Box<Http>>,
    /// Payload handed on while no HTTP was found; claimed by `before_sync` or `other_protocol` later.
    unclaimed: u64,
    /// Delivered or given up, by half.
    next: [u64; 2],
    /// Whether a half must be searched for a message: it was joined midway, or has a hole.
    search: [bool; 2],
    /// TCP events that wait until it is known who is the client.
    pub(crate) held: Option<Box<HeldEvents>>,
    /// Where they are wanted.
    pub(crate) digests: Option<Box<Digests>>,
}

/// The state of a connection that speaks HTTP/1.
#[derive(Debug)]
pub(crate) struct Http {
    parser: http::Connection,
    pairing: Pairing,
    /// Stream position at which the parser began, by half.
    base: [u64; 2],
    found: bool,
    websocket: WebSocket,
    /// What this connection has of its partition's [`application_bytes`](crate::Limits::application_bytes).
    share: u64,
}

impl Http {
    pub(crate) fn new(limits: http::Limits, payload: WebSocketPayload) -> Self {
        let mut parser = http::Connection::new(limits);
        parser.set_websocket_payload(payload);
        Self {
            parser,
            pairing: Pairing::default(),
            base: [0; 2],
            found: false,
            websocket: WebSocket::default(),
            share: 0,
        }
    }
}

impl Http {
    /// Lets `act` do something with the parser, and takes the events. `mark`: of the bytes at hand, if any, and whose
    /// they are.
    fn drive<H>(
        &mut self,
        context: &mut Context<H>,
        connection: &mut Connection,
        mark: Option<(Peer, &Mark)>,
        act: impl FnOnce(&mut http::Connection, &mut HttpSink<'_, H>),
    ) {
        let Self { parser, pairing, base, found, websocket, .. } = self;
        act(parser, &mut HttpSink { context, connection, pairing, base: *base, found, websocket, mark });
    }
}

impl Http {
    /// What the connection should have of its partition's share.
    fn share_now(&self) -> u64 {
        self.pairing.bytes() + self.parser.account().held + self.parser.websocket_memory() as u64
    }
}

fn at<T: Copy + Default>(pair: &[T; 2], half: Half) -> T {
    let [a, b] = *pair;
    if half == Half::A { a } else { b }
}

fn at_mut<T>(pair: &mut [T; 2], half: Half) -> &mut T {
    let [a, b] = pair;
    if half == Half::A { a } else { b }
}

type Connection = tcp::Connection<Slot>;

impl Numbers for Connection {
    fn position(&self, peer: Peer, number: u32) -> Option<i64> {
        Connection::position(self, half_of(peer), number)
    }

    fn starts_known(&self) -> bool {
        self.start_known(Half::A) && self.start_known(Half::B)
    }

    fn holds_back(&self, peer: Peer) -> bool {
        Connection::holds_back(self, half_of(peer))
    }
}

/// In-order payload of one half.
pub(crate) fn data<H: crate::Handler>(
    context: &mut Context<H>,
    connection: &mut Connection,
    half: Half,
    offset: u64,
    bytes: &[u8],
    mark: &Mark,
    segment_start: bool,
) {
    let application = connection.data_mut().get_or_make(context);
    let len = bytes.len() as u64;
    *at_mut(&mut application.next, half) = offset + len;
    let mut state = match application.http.take() {
        Some(state) => state,
        None => {
            let start_known = connection.start_known(half);
            let application = connection.data_mut().get_or_make(context);
            if offset == 0 && !start_known {
                *at_mut(&mut application.search, half) = true;
            }
            let found = if offset == 0 {
                http::may_start(bytes)
            } else {
                segment_start && at(&application.search, half) && http::starts_message(bytes).is_some()
            };
            if !found {
                if offset == 0 && is_tls(bytes) {
                    context.counts.tls += 1;
                }
                application.unclaimed += len;
                return;
            }
            begin(context, application, half, offset)
        }
    };
    let peer = peer_of(half);
    if offset == 0 && !connection.start_known(half) {
        state.parser.start_unsynchronised(peer);
    }
    state.pairing.segment(peer, mark.at);
    state.drive(context, connection, Some((peer, mark)), |parser, sink| {
        parser.feed(peer, bytes, segment_start, sink)
    });
    let position = offset - at(&state.base, half);
    state.websocket.segment(peer, position, mark.at, state.parser.is_waiting(peer));
    settle(context, connection, &mut state);
    put_back(connection, state);
}

/// Whether a stream begins like TLS: a handshake record of version 3.x (RFC 8446 §5.1).
fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x16, 3, 0..=4, ..])
}

fn put_back(connection: &mut Connection, state: Box<Http>) {
    if let Some(application) = connection.data_mut().get() {
        application.http = Some(state);
    }
}

/// Makes the HTTP state of a connection, when the first bytes of `half` that look like it come.
fn begin<H: crate::Handler>(
    context: &mut Context<H>,
    application: &mut Application,
    half: Half,
    offset: u64,
) -> Box<Http> {
    let mut state = context.new_http();
    for (side, position) in [(half, offset), (!half, at(&application.next, !half))] {
        *at_mut(&mut state.base, side) = position;
        if position > 0 {
            state.parser.start_unsynchronised(peer_of(side));
            state.pairing.joined_midway();
        }
    }
    // What went by before was not HTTP that anybody could have read.
    context.ledger.before_sync += std::mem::take(&mut application.unclaimed);
    state
}

/// A hole in one half's stream.
pub(crate) fn gap<H: crate::Handler>(
    context: &mut Context<H>,
    connection: &mut Connection,
    half: Half,
    offset: u64,
    len: u64,
) {
    let application = connection.data_mut().get_or_make(context);
    *at_mut(&mut application.next, half) = offset + len;
    *at_mut(&mut application.search, half) = true;
    let Some(mut state) = application.http.take() else { return };
    let peer = peer_of(half);
    state.pairing.hole(peer, offset + len);
    state.drive(context, connection, None, |parser, sink| parser.gap(peer, len, sink));
    settle(context, connection, &mut state);
    put_back(connection, state);
}

/// One half's stream is over.
pub(crate) fn finished<H: crate::Handler>(
    context: &mut Context<H>,
    connection: &mut Connection,
    half: Half,
    how: tcp::Finish,
) {
    let Some(mut state) = connection.data_mut().get().and_then(|application| application.http.take()) else {
        return;
    };
    let peer = peer_of(half);
    let how = if how == tcp::Finish::Fin { http::Close::Clean } else { http::Close::Cut };
    state.drive(context, connection, None, |parser, sink| parser.close(peer, how, sink));
    state.pairing.finished(peer, connection);
    settle(context, connection, &mut state);
    put_back(connection, state);
}

/// The connection is over: everything left is written, and its bytes are claimed.
pub(crate) fn end<H: crate::Handler>(context: &mut Context<H>, connection: &mut Connection) {
    let Some(mut application) = connection.data_mut().0.take() else { return };
    context.ledger.other_protocol += std::mem::take(&mut application.unclaimed);
    let state = application.http.take();
    // What still waits are events: they are released at the very end.
    connection.data_mut().0 = Some(application);
    let Some(mut state) = state else { return };
    settle(context, connection, &mut state);
    while let Some((record, index)) = state.pairing.next_done(true, &mut context.records) {
        write(context, connection, state.pairing.requester(), record, index);
    }
    context.application_bytes -= std::mem::take(&mut state.share);
    let account = state.parser.account();
    let ledger = &mut context.ledger;
    ledger.exchanges += account.message;
    // The parser holds nothing once both directions are closed.
    *(if state.found { &mut ledger.before_sync } else { &mut ledger.other_protocol }) +=
        account.skipped + account.held;
    *(if state.websocket.on { &mut ledger.websocket } else { &mut ledger.other_protocol }) += account.tunnel;
    context.recycle_http(state);
}

/// Decides what can be decided, and writes what is done.
fn settle<H: crate::Handler>(context: &mut Context<H>, connection: &mut Connection, state: &mut Http) {
    state.pairing.settle(connection);
    while let Some((record, index)) = state.pairing.next_done(false, &mut context.records) {
        write(context, connection, state.pairing.requester(), record, index);
    }
    let share = state.share_now();
    if share != state.share {
        context.application_bytes = context.application_bytes - state.share + share;
        state.share = share;
        if share > 0 && context.application_bytes > context.limits.application_bytes {
            over_limit(context, connection, state);
        }
    }
    while state.pairing.len() > context.limits.open_exchanges {
        context.counts.exchanges_over_limit += 1;
        match state.pairing.next_done(true, &mut context.records) {
            Some((mut record, index)) => {
                let in_request = !record.response.present;
                record.trouble("limit", in_request);
                write(context, connection, state.pairing.requester(), record, index);
            }
            None => break,
        }
    }
}

/// The partition's share is full: this connection gives up what it holds.
#[cold]
fn over_limit<H: crate::Handler>(context: &mut Context<H>, connection: &mut Connection, state: &mut Http) {
    context.counts.application_over_limit += 1;
    state.drive(context, connection, None, |parser, sink| parser.give_up_held(sink));
    while let Some((mut record, index)) = state.pairing.next_done(true, &mut context.records) {
        if !record.is_done() {
            let in_request = !record.response.present;
            record.trouble("limit", in_request);
        }
        write(context, connection, state.pairing.requester(), record, index);
    }
    let share = state.share_now();
    context.application_bytes = context.application_bytes - state.share + share;
    state.share = share;
}

fn write<H: crate::Handler>(
    context: &mut Context<H>,
    connection: &mut Connection,
    requester: Option<Peer>,
    mut record: Box<crate::exchange::Record>,
    index: u64,
) {
    context.counts.exchanges += 1;
    // TCP's client and HTTP's usually are the same; where they are not, the round trip is not that to the server.
    let client = connection.client().filter(|&client| requester == Some(peer_of(client)));
    record.round_trip = client.and_then(|_| connection.handshake()?.to_server_ns);
    context.out.connection = connection.id();
    let exchange = Exchange { record: &record, index, connection: connection_info(connection) };
    context.handler.event(&Event::Exchange(exchange), &mut context.out);
    context.records.give(record);
}

/// Turns the parser's events into exchanges.
struct HttpSink<'x, H> {
    context: &'x mut Context<H>,
    connection: &'x mut Connection,
    pairing: &'x mut Pairing,
    base: [u64; 2],
    found: &'x mut bool,
    websocket: &'x mut WebSocket,
    /// That of the bytes at hand, and whose they are; no message begins without bytes.
    mark: Option<(Peer, &'x Mark)>,
}

impl<H: crate::Handler> http::Sink for HttpSink<'_, H> {
    fn event(&mut self, event: http::Event<'_>) {
        let wanted = self.context.wants.progress;
        // Pairing forgets a message at its end.
        let is_end = matches!(event, http::Event::MessageEnd { .. });
        if wanted && is_end {
            self.progress(&event);
        }
        self.account(&event);
        if wanted && !is_end {
            self.progress(&event);
        }
    }

    fn answers(&mut self, _by_order: http::RequestKind) -> http::RequestKind {
        self.pairing.answers()
    }
}

impl<H: crate::Handler> HttpSink<'_, H> {
    fn account(&mut self, event: &http::Event<'_>) {
        use http::Event as E;
        match *event {
            E::MessageBegin { peer, offset } => {
                if let Some((_, mark)) = self.mark {
                    let position = at(&self.base, half_of(peer)) + offset;
                    self.pairing.begin(peer, position, mark);
                }
            }
            E::RequestHead(head) => {
                self.found_http(head.peer);
                let Context { records, counts, wants, .. } = &mut *self.context;
                let copied = self.pairing.request_head(&head, wants.fields, &*self.connection, records);
                counts.copied_head_bytes += copied as u64;
            }
            E::ResponseHead(head) => {
                self.found_http(!head.peer);
                let Context { records, counts, wants, .. } = &mut *self.context;
                let copied = self.pairing.response_head(&head, wants.fields, &*self.connection, records);
                counts.copied_head_bytes += copied as u64;
            }
            E::Body { peer, bytes } => self.pairing.body(peer, bytes.len() as u64),
            E::BodyGap { peer, .. } => self.pairing.anomaly(peer, http::Anomaly::Gap),
            E::MessageEnd { peer, complete } => self.pairing.message_end(peer, complete),
            E::Lost { peer } => self.pairing.lost(peer),
            E::Upgraded { kind, .. } => {
                self.websocket.on = kind == UpgradeKind::WebSocket;
                self.context.counts.http2 += u64::from(kind == UpgradeKind::H2c);
            }
            E::WebSocketHandshake(handshake) => {
                self.websocket.handshake(&handshake);
                self.write_done();
            }
            E::WebSocketBegin { peer, offset, control } => {
                if let Some((sender, mark)) = self.mark {
                    self.websocket.begin(peer, offset, control, mark.at, sender);
                }
            }
            E::WebSocketMessage(message) => self.message(&message),
            E::WebSocketLost { .. } => self.context.counts.websocket_lost += 1,
            // Neither an exchange nor a message has to do with it.
            E::Anomaly { .. } if self.websocket.on => self.context.counts.websocket_stray += 1,
            E::Anomaly { peer, code, .. } => {
                // Named and counted: no exchange tells of them.
                let counts = &mut self.context.counts;
                match code {
                    http::Anomaly::Http2Preface => counts.http2 += 1,
                    http::Anomaly::Http09 => counts.http_0_9 += 1,
                    http::Anomaly::Icy => counts.icy += 1,
                    http::Anomaly::Rtsp => counts.rtsp += 1,
                    http::Anomaly::Ice => counts.ice += 1,
                    _ => {}
                }
                self.pairing.anomaly(peer, code);
            }
            _ => {}
        }
    }

    /// The exchange that switched to WebSocket is written before the messages.
    fn write_done(&mut self) {
        self.pairing.settle(&*self.connection);
        while let Some((record, index)) = self.pairing.next_done(false, &mut self.context.records) {
            write(self.context, self.connection, self.pairing.requester(), record, index);
        }
    }

    fn message(&mut self, message: &http::WebSocketMessage<'_>) {
        self.context.counts.messages += 1;
        let at = self.websocket.at(message.peer, message.offset);
        let round_trip = self.websocket.round_trip(message, at);
        let is_client = self.connection.client() == Some(half_of(message.peer));
        let message = WebSocketMessage {
            message: *message,
            connection: connection_info(self.connection),
            side: if is_client { Side::Client } else { Side::Server },
            at,
            round_trip,
            subprotocol: self.websocket.subprotocol(),
        };
        self.context.out.connection = self.connection.id();
        self.context.handler.event(&Event::WebSocket(message), &mut self.context.out);
    }

    /// Tells those who want to know at once.
    fn progress(&mut self, event: &http::Event<'_>) {
        use http::Event as E;
        let at = self.context.now;
        let (peer, step) = match *event {
            E::RequestHead(head) => (head.peer, ProgressStep::RequestHead(head)),
            E::ResponseHead(head) => (head.peer, ProgressStep::ResponseHead(head)),
            E::Body { peer, bytes } => (peer, ProgressStep::Body(bytes)),
            E::BodyGap { peer, len } => (peer, ProgressStep::BodyGap(len)),
            E::Trailers { peer, fields } => (peer, ProgressStep::Trailers(fields)),
            E::MessageEnd { peer, complete } => {
                let (body_bytes, asked) = self.pairing.progress(peer);
                let since_request = asked.map(|asked| at.saturating_sub(asked));
                (peer, ProgressStep::End(MessageEnd { complete, body_bytes, since_request }))
            }
            E::Upgraded { peer, protocol, kind } => (peer, ProgressStep::Upgraded { protocol, kind }),
            E::Anomaly { peer, code, .. } => (peer, ProgressStep::Anomaly(code)),
            _ => return,
        };
        let is_client = self.connection.client() == Some(half_of(peer));
        let (in_request, number) = self.pairing.number(peer);
        let progress = Progress {
            at,
            connection: connection_info(self.connection),
            side: if is_client { Side::Client } else { Side::Server },
            in_request,
            number,
            step,
        };
        self.context.out.connection = self.connection.id();
        self.context.handler.event(&Event::Progress(progress), &mut self.context.out);
    }

    /// A message was found: `requester` is the client, unless a SYN said otherwise.
    fn found_http(&mut self, requester: Peer) {
        *self.found = true;
        if self.connection.client().is_none() {
            self.connection.set_client(half_of(requester));
            crate::tcp_events::release(self.context, self.connection);
        }
    }
}

/// The connection's last event has gone out: its data returns to the pool.
pub(crate) fn forget<H>(context: &mut Context<H>, connection: &mut Connection) {
    if let Some(mut application) = connection.data_mut().0.take() {
        *application = Application::default();
        context.recycle_application(application);
    }
}

/// A bounded list of recycled HTTP states.
#[derive(Debug, Default)]
#[allow(clippy::vec_box, reason = "states move between the pool and connections as boxes")]
pub(crate) struct HttpPool {
    free: Vec<Box<Http>>,
}

impl HttpPool {
    /// At most this many states are kept for reuse.
    const MAX: usize = 128;

    pub(crate) fn take(&mut self, limits: &http::Limits, payload: WebSocketPayload) -> Box<Http> {
        self.free.pop().unwrap_or_else(|| Box::new(Http::new(limits.clone(), payload)))
    }

    pub(crate) fn give(&mut self, mut state: Box<Http>, records: &mut crate::pairing::RecordPool) {
        if self.free.len() < Self::MAX {
            state.parser.reset();
            state.pairing.reset(records);
            state.websocket.reset();
            (state.base, state.found, state.share) = ([0; 2], false, 0);
            self.free.push(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_stay_small() {
        // What every connection has, and what a connection that speaks HTTP has beside it.
        assert!(size_of::<tcp::Connection<Slot>>() <= 512, "{}", size_of::<tcp::Connection<Slot>>());
        assert!(size_of::<Http>() <= 1024, "{}", size_of::<Http>());
        eprintln!(
            "record {} bytes, HTTP state {} bytes, record of an exchange {} bytes",
            size_of::<tcp::Connection<Slot>>(),
            size_of::<Http>(),
            size_of::<crate::exchange::Record>()
        );
    }
}
