//! A line for each thing that happens, when it happens (`--progressive`).

use std::io::Write;

use wiretrace_pipeline::{
    Emitter, Event, Handler, MessageEnd, Progress, ProgressStep, RequestHead, ResponseHead, Side,
    UpgradeKind, Wants,
};

use super::body::body;
use super::escape;
use super::fields::Shown;
use super::line::LineOptions;
use super::message;
use super::palette::{Palette, styled};
use super::start::start;
use super::tcp_line::tcp_line;
use super::time::{LocalTime, duration, size};
use crate::bodies::Keeper;

/// Writes `TIME FROM -> TO #N HTTP VERSION request: …` and so on; see the program's manual for every form.
#[derive(Debug)]
pub(crate) struct ProgressiveLines {
    palette: Palette,
    options: LineOptions,
    time: LocalTime,
    /// Version and method of messages at hand, by connection and side: what their later lines need.
    open: hashbrown::HashMap<(u64, bool), Open>,
    bodies: Option<Keeper>,
}

/// What a message's later lines say of its head.
#[derive(Clone, Copy, Debug)]
struct Open {
    version: (u8, u8),
    /// It is complete with its head, without a body: a line for that would say nothing.
    is_head_only: bool,
}

/// Connections whose messages at hand are remembered, by partition: as many as a flow table has.
const MOST: usize = 2 * 16_384;

impl ProgressiveLines {
    pub(crate) fn new(palette: Palette, options: LineOptions, bodies: Option<Keeper>) -> Self {
        Self { palette, options, time: LocalTime::new(), open: hashbrown::HashMap::new(), bodies }
    }

    fn start(&mut self, out: &mut Vec<u8>, progress: &Progress<'_>) {
        let (client, server) = (&progress.connection.client, &progress.connection.server);
        let (from, to) = if progress.side == Side::Client { (client, server) } else { (server, client) };
        start(out, self.palette, &mut self.time, progress.at, from, to);
    }

    /// `#3 HTTP 1.1 request`, and what follows.
    fn message(&mut self, out: &mut Vec<u8>, progress: &Progress<'_>, then: &str) {
        self.start(out, progress);
        let is_request = progress.in_request;
        let open = self.open.get(&(progress.connection.id, is_request));
        let (major, minor) = open.map_or((1, 1), |open| open.version);
        let what = if is_request { "request" } else { "response" };
        let _ = write!(out, "#{} HTTP {major}.{minor} {what}{then}", progress.number);
    }

    fn remember(&mut self, progress: &Progress<'_>, open: Open) {
        let key = (progress.connection.id, progress.in_request);
        if self.open.len() < MOST || self.open.contains_key(&key) {
            self.open.insert(key, open);
        }
    }

    fn request(&mut self, out: &mut Vec<u8>, progress: &Progress<'_>, head: &RequestHead<'_>) {
        let version = (head.version.major, head.version.minor);
        self.remember(progress, Open { version, is_head_only: head.method == b"GET" });
        self.message(out, progress, ": ");
        styled(out, self.palette.method, |out| escape::text(out, head.method));
        out.push(b' ');
        styled(out, self.palette.url, |out| escape::text(out, head.target));
        self.cut(out, head.complete);
        out.push(b'\n');
        self.options.fields.write(out, self.palette, head.fields.iter().copied());
    }

    fn response(&mut self, out: &mut Vec<u8>, progress: &Progress<'_>, head: &ResponseHead<'_>) {
        self.remember(
            progress,
            Open { version: (head.version.major, head.version.minor), is_head_only: head.interim },
        );
        let websocket = head.status == 101
            && head.fields.iter().any(|field| {
                field.name.eq_ignore_ascii_case(b"upgrade") && field.value.eq_ignore_ascii_case(b"websocket")
            });
        if websocket {
            self.start(out, progress);
            out.extend_from_slice(b"WebSocket upgrade ");
        } else {
            self.message(out, progress, ": ");
        }
        let bad = head.status >= 400;
        styled(out, if bad { self.palette.bad } else { self.palette.good }, |out| {
            if bad {
                out.push(b'!');
            }
            let _ = write!(out, "{:03}", head.status);
            if !head.reason.is_empty() {
                out.push(b' ');
                escape::text(out, head.reason);
            }
        });
        self.cut(out, head.complete);
        out.push(b'\n');
        // Who reads a WebSocket's upgrade wants to know to what.
        let all = Shown::All;
        let fields = if websocket && !self.options.fields.any() { &all } else { &self.options.fields };
        fields.write(out, self.palette, head.fields.iter().copied());
    }

    fn cut(&self, out: &mut Vec<u8>, complete: bool) {
        if !complete {
            styled(out, self.palette.mark, |out| out.extend_from_slice(b" [head cut]"));
        }
    }

    fn end(&mut self, out: &mut Vec<u8>, progress: &Progress<'_>, end: &MessageEnd) {
        let is_request = progress.in_request;
        let open = self.open.get(&(progress.connection.id, is_request)).copied();
        let is_head_only = open.is_some_and(|open| open.is_head_only);
        if !is_head_only || end.body_bytes > 0 || !end.complete {
            self.message(out, progress, if end.complete { " complete " } else { " incomplete " });
            size(out, end.body_bytes);
            if let Some(nanos) = end.since_request {
                out.push(b' ');
                duration(out, nanos);
            }
            out.push(b'\n');
        }
        self.open.remove(&(progress.connection.id, is_request));
    }

    fn progress(&mut self, out: &mut Vec<u8>, progress: &Progress<'_>) {
        match &progress.step {
            ProgressStep::RequestHead(head) => self.request(out, progress, head),
            ProgressStep::ResponseHead(head) => self.response(out, progress, head),
            ProgressStep::Body(bytes) => {
                self.message(out, progress, " body: ");
                size(out, bytes.len() as u64);
                out.push(b'\n');
            }
            ProgressStep::BodyGap(len) => {
                self.message(out, progress, " body: ");
                styled(out, self.palette.mark, |out| {
                    size(out, *len);
                    out.extend_from_slice(b" missing from the capture");
                });
                out.push(b'\n');
            }
            ProgressStep::Trailers(fields) if self.options.fields.any() => {
                self.message(out, progress, " trailers:\n");
                self.options.fields.write(out, self.palette, fields.iter().copied());
            }
            ProgressStep::End(end) => self.end(out, progress, end),
            ProgressStep::Upgraded { kind: UpgradeKind::WebSocket, .. } => {}
            ProgressStep::Upgraded { kind, protocol } => {
                self.start(out, progress);
                if *kind == UpgradeKind::Connect {
                    out.extend_from_slice(b"tunnel: the bytes in it are not decoded\n");
                } else {
                    out.extend_from_slice(b"upgrade to ");
                    escape::text(out, protocol);
                    out.extend_from_slice(b": not decoded\n");
                }
            }
            ProgressStep::Anomaly(anomaly) => {
                let error = anomaly.error();
                if error.is_none() && !self.options.anomalies {
                    return;
                }
                self.start(out, progress);
                styled(out, self.palette.mark, |out| match error {
                    Some(error) => drop(write!(out, "HTTP parser error: {error} ({anomaly})")),
                    None => drop(write!(out, "HTTP anomaly: {anomaly}, {}", anomaly.meaning())),
                });
                out.push(b'\n');
            }
            _ => {}
        }
    }
}

impl Handler for ProgressiveLines {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        match event {
            Event::Progress(progress) => out.emit(|out| {
                self.progress(out, progress);
                // The body's bytes had their lines as they came; what they say comes with its end.
                let Some(keeper) = &mut self.bodies else { return };
                let show = keeper.show();
                if let (Some(show), Some(whole)) = (show, keeper.step(progress)) {
                    body(out, self.palette, &mut self.time, whole, progress.in_request, show.hex);
                }
            }),
            Event::Exchange(exchange) => {
                if let Some(keeper) = &mut self.bodies {
                    let bodies = keeper.exchange(exchange);
                    keeper.recycle(bodies);
                }
            }
            Event::Tcp(event) => {
                if matches!(
                    event.kind,
                    wiretrace_pipeline::TcpKind::End(_) | wiretrace_pipeline::TcpKind::Timeout(_)
                ) {
                    self.open.remove(&(event.connection.id, true));
                    self.open.remove(&(event.connection.id, false));
                }
                if self.options.tcp {
                    out.emit(|out| tcp_line(out, self.palette, &mut self.time, event));
                }
            }
            Event::WebSocket(message) => {
                out.emit(|out| message::progressive(out, self.palette, &mut self.time, message));
            }
            _ => {}
        }
    }

    fn wants(&self) -> Wants {
        // A connection's end is wanted in any case, to forget it.
        Wants {
            tcp_events: true,
            fields: false,
            progress: true,
            websocket: self.options.websocket,
            digests: false,
        }
    }
}
