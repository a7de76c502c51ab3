//! Bodies of the fuzz targets: they take any bytes and assert what must always hold. The crate's tests run
//! them, too. And [`Log`], events as text.
#![allow(clippy::missing_panics_doc, reason = "an assertion is what these functions are for")]

use std::fmt::Write as _;

use crate::{
    Close, Coding, Connection, Event, Field, Limits, Mode, Peer, Sink, WebSocketHandshake, WebSocketMessage,
    WebSocketPayload,
};

/// What a peer is in the middle of, as its events say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Between,
    Begun,
    InMessage,
}

/// Events as lines of text, the same for every cut of the bytes: adjacent slices of a body, or of a tunnel,
/// are joined. Asserts that the events come in an order that they may come in.
///
/// ```text
/// A begin 0
/// A GET / 1.1 [Host: a]                a head that is cut ends with `cut`
/// A end complete
/// B body hello
/// B !gap @0                            an anomaly, and where its message began
/// ```
#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: Vec<String>,
    /// What the last line collects, without its text: `"A body "`.
    open: Option<(Peer, &'static str)>,
    phases: [Phase; 2],
    /// Bytes of heads and bodies.
    pub message_bytes: u64,
    /// Bytes of bodies' holes.
    pub gap_bytes: u64,
    /// Bytes behind switches.
    pub tunnel_bytes: u64,
    /// Where the latest message of each peer began.
    pub begin: [u64; 2],
    /// Payload of WebSocket messages, holes included.
    pub websocket_bytes: u64,
    /// The longest payload of one that was handed out.
    pub longest_payload: usize,
    /// Where the data and the control message of each peer began.
    websocket_begin: [[Option<u64>; 2]; 2],
}

impl Log {
    /// The lines so far.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Whether every message that began is over.
    pub fn is_over(&self) -> bool {
        self.phases == [Phase::Between; 2]
    }

    fn line(&mut self, peer: Peer, text: std::fmt::Arguments<'_>) {
        self.open = None;
        self.lines.push(format!("{peer:?} {text}"));
    }

    fn bytes(&mut self, peer: Peer, what: &'static str, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "an event without bytes");
        if self.open != Some((peer, what)) {
            self.line(peer, format_args!("{what} "));
            self.open = Some((peer, what));
        }
        if let Some(line) = self.lines.last_mut() {
            let _ = write!(line, "{}", bytes.escape_ascii());
        }
    }

    fn websocket_begin(&mut self, peer: Peer) -> &mut [Option<u64>; 2] {
        let [a, b] = &mut self.websocket_begin;
        if peer == Peer::A { a } else { b }
    }

    /// `B ws text 5 in 1 plain "Hello"`, and what is wrong.
    fn websocket(&mut self, message: &WebSocketMessage<'_>) {
        self.phase(message.peer, Phase::Between, Phase::Between);
        let begins = self.websocket_begin(message.peer);
        let begin = begins.iter_mut().find(|begin| **begin == Some(message.offset));
        assert!(begin.is_some(), "a message begins where it says, and is handed out once: {message:?}");
        if let Some(begin) = begin {
            *begin = None;
        }
        assert!(message.fragments > 0 && (message.complete || !message.anomalies.is_empty()));
        assert!(message.coding != Coding::Plain || message.payload.len() as u64 <= message.len);
        assert!(message.compressed || matches!(message.coding, Coding::Plain | Coding::Unreadable));
        self.websocket_bytes = self.websocket_bytes.saturating_add(message.len);
        self.longest_payload = self.longest_payload.max(message.payload.len());
        let WebSocketMessage { len, fragments, coding, payload, anomalies, offset, .. } = message;
        let (name, cut) = (message.opcode.name(), if message.complete { "" } else { " cut" });
        let wrong: Vec<_> = anomalies.iter().map(|anomaly| anomaly.code()).collect();
        self.line(
            message.peer,
            format_args!(
                "ws {name} {len} in {fragments} {coding:?} {:?} {wrong:?} @{offset}{cut}",
                payload.escape_ascii().to_string()
            ),
        );
    }

    /// The peer goes on to `next`; it must be in `from`.
    fn phase(&mut self, peer: Peer, from: Phase, next: Phase) {
        let [a, b] = &mut self.phases;
        let phase = if peer == Peer::A { a } else { b };
        assert_eq!(*phase, from, "out of order, of {peer:?}: {:#?}", self.lines);
        *phase = next;
    }
}

fn section(fields: &[Field<'_>]) -> String {
    let fields = fields.iter().map(|f| format!("{}: {}", f.name.escape_ascii(), f.value.escape_ascii()));
    format!("[{}]", fields.collect::<Vec<_>>().join(", "))
}

impl Sink for Log {
    fn event(&mut self, event: Event<'_>) {
        let cut = |complete| if complete { "" } else { " cut" };
        match event {
            Event::MessageBegin { peer, offset } => {
                self.phase(peer, Phase::Between, Phase::Begun);
                let [a, b] = &mut self.begin;
                *(if peer == Peer::A { a } else { b }) = offset;
                self.line(peer, format_args!("begin {offset}"));
            }
            Event::MessageAbandoned { peer } => {
                self.phase(peer, Phase::Begun, Phase::Between);
                self.line(peer, format_args!("abandoned"));
            }
            Event::RequestHead(head) => {
                self.phase(head.peer, Phase::Begun, Phase::InMessage);
                self.message_bytes += head.head.len() as u64;
                let (method, target) = (head.method.escape_ascii(), head.target.escape_ascii());
                let (minor, fields, cut) = (head.version.minor, section(head.fields), cut(head.complete));
                self.line(head.peer, format_args!("{method} {target} 1.{minor} {fields}{cut}"));
            }
            Event::ResponseHead(head) => {
                self.phase(head.peer, Phase::Begun, Phase::InMessage);
                self.message_bytes += head.head.len() as u64;
                let (status, reason) = (head.status, head.reason.escape_ascii());
                let (minor, fields, cut) = (head.version.minor, section(head.fields), cut(head.complete));
                let interim = if head.interim { " interim" } else { "" };
                self.line(head.peer, format_args!("{status} {reason} 1.{minor} {fields}{interim}{cut}"));
            }
            Event::Body { peer, bytes } => {
                self.phase(peer, Phase::InMessage, Phase::InMessage);
                self.message_bytes += bytes.len() as u64;
                self.bytes(peer, "body", bytes);
            }
            Event::BodyGap { peer, len } => {
                self.phase(peer, Phase::InMessage, Phase::InMessage);
                assert!(len > 0, "a hole of no bytes");
                self.gap_bytes = self.gap_bytes.saturating_add(len);
                self.line(peer, format_args!("gap {len}"));
            }
            Event::Trailers { peer, fields } => {
                self.phase(peer, Phase::InMessage, Phase::InMessage);
                self.line(peer, format_args!("trailers {}", section(fields)));
            }
            Event::MessageEnd { peer, complete } => {
                self.phase(peer, Phase::InMessage, Phase::Between);
                self.line(peer, format_args!("end {}", if complete { "complete" } else { "incomplete" }));
            }
            Event::Lost { peer } => {
                self.phase(peer, Phase::Between, Phase::Between);
                self.line(peer, format_args!("lost"));
            }
            Event::Upgraded { peer, protocol, kind } => {
                self.phase(peer, Phase::Between, Phase::Between);
                self.line(peer, format_args!("upgraded {kind:?} {}", protocol.escape_ascii()));
            }
            Event::Tunnel { peer, bytes } => {
                self.phase(peer, Phase::Between, Phase::Between);
                self.tunnel_bytes += bytes.len() as u64;
                self.bytes(peer, "tunnel", bytes);
            }
            Event::TunnelGap { peer, len } => {
                self.phase(peer, Phase::Between, Phase::Between);
                assert!(len > 0, "a hole of no bytes");
                self.line(peer, format_args!("tunnel-gap {len}"));
            }
            Event::WebSocketHandshake(handshake) => {
                self.phase(handshake.peer, Phase::Between, Phase::Between);
                let WebSocketHandshake { dialect, subprotocol, deflate, .. } = handshake;
                let subprotocol = subprotocol.map(|name| name.escape_ascii().to_string());
                self.line(handshake.peer, format_args!("handshake {dialect:?} {subprotocol:?} {deflate:?}"));
            }
            Event::WebSocketBegin { peer, offset, control } => {
                self.phase(peer, Phase::Between, Phase::Between);
                let [data, controls] = self.websocket_begin(peer);
                *(if control { controls } else { data }) = Some(offset);
                self.line(peer, format_args!("ws-begin {offset}"));
            }
            Event::WebSocketMessage(message) => self.websocket(&message),
            Event::WebSocketLost { peer, offset, why } => {
                self.phase(peer, Phase::Between, Phase::Between);
                self.line(peer, format_args!("ws-lost {why} @{offset}"));
            }
            Event::Rejected { peer, offset, code } => {
                self.phase(peer, Phase::Between, Phase::Between);
                assert!(code.is_rejected(true), "{code} is no error of strict parsing");
                self.line(peer, format_args!("rejected {code} @{offset}"));
            }
            Event::Anomaly { peer, offset, code } => self.line(peer, format_args!("!{code} @{offset}")),
        }
    }
}

/// What may be done to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op<'a> {
    /// Bytes; whether they begin a segment.
    Feed(Peer, &'a [u8], bool),
    /// A hole.
    Gap(Peer, u64),
    /// An end.
    Close(Peer, Close),
    /// Joined midway.
    Midway(Peer),
}

/// Reads ops: a byte of kind and peer, a length of two bytes, and the bytes if it is a feed.
pub fn decode(mut data: &[u8]) -> Vec<Op<'_>> {
    let mut ops = Vec::new();
    while let Some((&[kind, high, low], rest)) = data.split_first_chunk::<3>() {
        let len = usize::from(u16::from_be_bytes([high, low]));
        let peer = if kind & 1 == 0 { Peer::A } else { Peer::B };
        data = rest;
        ops.push(match kind >> 1 & 7 {
            0..=3 => {
                let (bytes, rest) = data.split_at_checked(len).unwrap_or((data, &[]));
                data = rest;
                Op::Feed(peer, bytes, kind & 16 == 0)
            }
            4 | 5 if len == 0xffff => Op::Gap(peer, u64::MAX),
            4 | 5 => Op::Gap(peer, len as u64),
            6 if len & 1 == 0 => Op::Close(peer, Close::Clean),
            6 => Op::Close(peer, Close::Cut),
            _ => Op::Midway(peer),
        });
    }
    ops
}

/// The inverse of [`decode`], for feeds of up to 65,535 bytes and holes below that.
pub fn encode(ops: &[Op<'_>]) -> Vec<u8> {
    let mut data = Vec::new();
    for op in ops {
        let (kind, peer, len, bytes) = match *op {
            Op::Feed(peer, bytes, segment_start) => {
                (if segment_start { 0 } else { 16 }, peer, bytes.len() as u64, bytes)
            }
            Op::Gap(peer, len) => (4 << 1, peer, len, &b""[..]),
            Op::Close(peer, how) => (6 << 1, peer, u64::from(how == Close::Cut), &b""[..]),
            Op::Midway(peer) => (7 << 1, peer, 0, &b""[..]),
        };
        data.push(kind | u8::from(peer == Peer::B));
        data.extend_from_slice(&(len.min(0xffff) as u16).to_be_bytes());
        data.extend_from_slice(bytes);
    }
    data
}

/// Does the ops, each feed in pieces whose lengths `piece` gives (0: what is left), then closes both peers,
/// and asserts at every step what must always hold.
pub fn run(
    connection: &mut Connection,
    limits: &Limits,
    ops: &[Op<'_>],
    mut piece: impl FnMut() -> usize,
) -> Log {
    let most = [limits.head_bytes, limits.search_bytes, limits.chunk_line_bytes, limits.trailer_bytes];
    let most = most.into_iter().max().unwrap_or(0);
    let (mut log, mut fed, mut passed, mut gaps) = (Log::default(), 0u64, [0u64; 2], 0u64);
    let ends = [Op::Close(Peer::A, Close::Cut), Op::Close(Peer::B, Close::Clean)];
    for &op in ops.iter().chain(&ends) {
        match op {
            Op::Feed(peer, mut bytes, mut segment_start) => {
                while !bytes.is_empty() {
                    let len = match piece() {
                        0 => bytes.len(),
                        len => len.min(bytes.len()),
                    };
                    let (now, later) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
                    connection.feed(peer, now, segment_start, &mut log);
                    (bytes, segment_start) = (later, false);
                    fed += now.len() as u64;
                    let [a, b] = &mut passed;
                    let passed = if peer == Peer::A { a } else { b };
                    *passed = passed.saturating_add(now.len() as u64);
                    check(connection, &log, fed, most);
                }
            }
            Op::Gap(peer, len) => {
                connection.gap(peer, len, &mut log);
                let [a, b] = &mut passed;
                let passed = if peer == Peer::A { a } else { b };
                *passed = passed.saturating_add(len);
                gaps = gaps.saturating_add(len);
            }
            Op::Close(peer, how) => connection.close(peer, how, &mut log),
            Op::Midway(peer) => connection.start_unsynchronised(peer),
        }
        check(connection, &log, fed, most);
        assert!(
            log.begin.iter().zip(passed).all(|(&begin, passed)| begin <= passed),
            "begins behind its end"
        );
    }
    assert_eq!(connection.account().held, 0, "held behind the end");
    assert!(log.is_over(), "a message without an end: {:#?}", log.lines);
    assert!(log.gap_bytes <= gaps, "more holes than there are");
    let websocket = connection.account().tunnel.saturating_add(gaps);
    assert!(log.websocket_bytes <= websocket, "more payload than there is");
    assert!(log.longest_payload <= limits.message_bytes, "more is kept than the limits allow");
    assert_eq!(connection.websocket_memory(), 0, "held behind the end");
    assert!(!connection.in_message(Peer::A) && !connection.in_message(Peer::B));
    log
}

fn check(connection: &Connection, log: &Log, fed: u64, most: usize) {
    let account = connection.account();
    let sum = account.message + account.skipped + account.tunnel + account.held;
    assert_eq!(sum, fed, "every byte is in one member: {account:?}");
    assert!(log.message_bytes <= account.message && log.tunnel_bytes <= account.tunnel);
    assert!(connection.held_lens().iter().all(|&len| len <= most), "more is held than the limits allow");
    assert!(connection.copied_bytes() <= fed, "no byte is copied twice");
}

/// A byte that chooses the limits, then ops as [`decode`] reads them.
pub fn http1(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else { return };
    let limits = match choice & 3 {
        0 | 1 => Limits::default(),
        2 => Limits {
            head_bytes: 96,
            search_bytes: 48,
            chunk_line_bytes: 12,
            trailer_bytes: 24,
            pending_requests: 3,
            message_bytes: 20,
            inflate_bytes: 300,
            inflate_ratio: 3,
        },
        _ => {
            let some = usize::from(choice >> 2);
            Limits {
                head_bytes: some,
                search_bytes: some / 2,
                chunk_line_bytes: some / 4,
                trailer_bytes: some / 3,
                pending_requests: some / 16,
                message_bytes: some / 2,
                inflate_bytes: some as u64,
                inflate_ratio: some as u64 / 16,
            }
        }
    };
    // Inflating shows most; the lower bits choose the limits.
    let payload = match choice >> 6 {
        0 => WebSocketPayload::Skip,
        1 => WebSocketPayload::Keep,
        _ => WebSocketPayload::Inflate,
    };
    compare(&limits, payload, &decode(data), data);
}

/// Two bytes that choose limits and a handshake, then ops as [`decode`] reads them, behind that handshake.
pub fn websocket(data: &[u8]) {
    let Some((&[choice, dialect], data)) = data.split_first_chunk::<2>() else { return };
    let small = u64::from(choice);
    let limits = match choice & 3 {
        0 | 1 => Limits::default(),
        _ => Limits {
            message_bytes: usize::from(choice),
            inflate_bytes: 4 * small,
            inflate_ratio: small / 16,
            ..Limits::default()
        },
    };
    let payload = match choice >> 6 {
        0 => WebSocketPayload::Keep,
        _ => WebSocketPayload::Inflate,
    };
    let request: &[u8] = match dialect & 7 {
        7 => b"GET / HTTP/1.1\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key1: 1 1\r\nSec-WebSocket-Key2: 2 2\r\n\r\n",
        6 => b"GET / HTTP/1.1\r\nUpgrade: WebSocket\r\n\r\n",
        _ => b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    };
    let extensions = match dialect & 7 {
        0 => "",
        1..=3 => "permessage-deflate",
        4 => {
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=9"
        }
        _ => "x-other",
    };
    let accept = if dialect & 7 < 6 { "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" } else { "" };
    let response = format!(
        "HTTP/1.1 101 S\r\nUpgrade: websocket\r\n{accept}Sec-WebSocket-Extensions: {extensions}\r\n\r\n"
    );
    let mut ops = vec![Op::Feed(Peer::A, request, true), Op::Feed(Peer::B, response.as_bytes(), true)];
    ops.extend(decode(data));
    compare(&limits, payload, &ops, data);
}

/// The events must not depend on how the bytes of a segment are cut, and a parser that is used again must do the same
/// again.
fn compare(limits: &Limits, payload: WebSocketPayload, ops: &[Op<'_>], seed: &[u8]) {
    let mut connection = Connection::new(limits.clone());
    connection.set_websocket_payload(payload);
    let whole = run(&mut connection, limits, ops, || 0);
    connection.reset();
    let bytewise = run(&mut connection, limits, ops, || 1);
    assert_eq!(whole.lines, bytewise.lines, "fed byte by byte, of {ops:?}");
    connection.reset();
    let mut state = seed.iter().fold(1u32, |sum, &byte| sum.wrapping_mul(31) ^ u32::from(byte));
    let cut = run(&mut connection, limits, ops, || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 28) as usize
    });
    assert_eq!(whole.lines, cut.lines, "fed in pieces, of {ops:?}");
    connection.reset();
    connection.set_mode(Mode::Strict);
    let strict = run(&mut connection, limits, ops, || 0);
    connection.reset();
    let bytewise = run(&mut connection, limits, ops, || 1);
    assert_eq!(strict.lines, bytewise.lines, "strictly, byte by byte, of {ops:?}");
}
