//! One line an exchange.

use std::io::Write;

use wiretrace_pipeline::{
    Emitter, Event, Exchange, Handler, Proof, Timing, Trouble, Wants, WebSocketPayload,
};

use super::body::body;
use super::fields::Shown;
use super::json::anomalies_of;
use super::palette::{Palette, styled};
use super::start::start;
use super::tcp_line::tcp_line;
use super::time::{LocalTime, duration, size};
use super::{escape, message, number};
use crate::bodies::{Bodies, Body, Keeper};

/// What a line shows beside the exchange itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineOptions {
    /// The header fields below it.
    pub(crate) fields: Shown,
    /// What TCP did, in lines of its own.
    pub(crate) tcp: bool,
    /// What is shown of WebSocket messages.
    pub(crate) websocket: WebSocketPayload,
    /// What is odd about messages, beside their errors.
    pub(crate) anomalies: bool,
}

/// Writes `TIME CLIENT -> SERVER METHOD URL STATUS REASON SIZE TOTAL [marks]`.
#[derive(Debug)]
pub(crate) struct ExchangeLines {
    palette: Palette,
    options: LineOptions,
    time: LocalTime,
    bodies: Option<Keeper>,
}

/// An exchange that takes at least this long, in nanoseconds, is worth saying where the time went.
const SLOW: i64 = 100_000_000;

/// Where the time of a slow exchange went.
fn split(out: &mut Vec<u8>, total: i64, timing: &Timing) {
    let (Some(network), Some(server)) = (timing.network, timing.server) else { return };
    if total < SLOW {
        return;
    }
    let sent = |part: Option<i64>| part.filter(|&nanos| nanos >= SLOW / 100);
    let parts = [
        ("request", sent(timing.request)),
        ("network", Some(network)),
        ("server", Some(server)),
        ("response", sent(timing.response)),
    ];
    let mut before = " (";
    for (name, part) in parts {
        let Some(nanos) = part else { continue };
        let _ = write!(out, "{before}{name} ");
        duration(out, nanos);
        before = ", ";
    }
    out.push(b')');
}

impl ExchangeLines {
    pub(crate) fn new(palette: Palette, options: LineOptions, bodies: Option<Keeper>) -> Self {
        Self { palette, options, time: LocalTime::new(), bodies }
    }

    fn line(&mut self, out: &mut Vec<u8>, exchange: &Exchange<'_>, bodies: &Bodies) {
        let palette = self.palette;
        let connection = exchange.connection();
        start(out, palette, &mut self.time, exchange.at(), &connection.client, &connection.server);
        self.request(out, exchange);
        self.response(out, exchange, bodies.response.as_ref());
        let timing = exchange.timing();
        if let Some(nanos) = timing.total.or(timing.response).or(timing.request) {
            out.push(b' ');
            duration(out, nanos);
            split(out, nanos, &timing);
        }
        self.marks(out, exchange, bodies);
        out.push(b'\n');
        let show = self.bodies.as_ref().and_then(Keeper::show);
        if self.options.fields.any()
            && let Some(request) = exchange.request()
        {
            self.options.fields.write(out, palette, request.fields());
        }
        if let (Some(show), Some(request)) = (show, &bodies.request) {
            body(out, palette, &mut self.time, request, true, show.hex);
        }
        if self.options.fields.any()
            && let Some(response) = exchange.response()
        {
            let (major, minor) = response.version();
            let _ = write!(out, "  HTTP/{major}.{minor} {} ", response.status());
            escape::text(out, response.reason());
            out.push(b'\n');
            self.options.fields.write(out, palette, response.fields());
        }
        if let (Some(show), Some(response)) = (show, &bodies.response) {
            body(out, palette, &mut self.time, response, false, show.hex);
        }
    }

    fn request(&self, out: &mut Vec<u8>, exchange: &Exchange<'_>) {
        let palette = self.palette;
        let Some(request) = exchange.request() else {
            return styled(out, palette.mark, |out| out.extend_from_slice(b"(no request)"));
        };
        styled(out, palette.method, |out| escape::text(out, request.method()));
        out.push(b' ');
        styled(out, palette.url, |out| {
            if let (Some(host), true) = (request.host(), request.target().starts_with(b"/")) {
                out.extend_from_slice(b"http://");
                escape::text(out, host);
            }
            escape::text(out, request.target());
        });
        if request.body_bytes() > 0 {
            out.extend_from_slice(b" sent ");
            size(out, request.body_bytes());
        }
    }

    fn response(&self, out: &mut Vec<u8>, exchange: &Exchange<'_>, body: Option<&Body>) {
        let palette = self.palette;
        out.push(b' ');
        let Some(response) = exchange.response() else {
            return styled(out, palette.mark, |out| out.extend_from_slice(b"(no answer)"));
        };
        // Errors stand out without colours, too.
        let bad = response.status() >= 400;
        styled(out, if bad { palette.bad } else { palette.good }, |out| {
            if bad {
                out.push(b'!');
            }
            number::padded(out, response.status().into(), 3);
            if !response.reason().is_empty() {
                out.push(b' ');
                escape::text(out, response.reason());
            }
        });
        out.push(b' ');
        size(out, response.body_bytes());
        if let Some(decoded) = body.and_then(Body::decoded_bytes) {
            out.extend_from_slice(b" (");
            size(out, decoded);
            out.extend_from_slice(b" decoded)");
        }
    }

    fn marks(&self, out: &mut Vec<u8>, exchange: &Exchange<'_>, bodies: &Bodies) {
        let mut first = true;
        let mut mark = |write: &mut dyn FnMut(&mut Vec<u8>)| {
            out.extend_from_slice(if first { b" [" } else { b", " });
            first = false;
            styled(out, self.palette.mark, write);
        };
        for status in exchange.interim() {
            mark(&mut |out| drop(write!(out, "after {status}")));
        }
        if exchange.proof() == Some(Proof::Assumed) {
            mark(&mut |out| out.extend_from_slice(b"pairing assumed"));
        }
        for trouble in exchange.troubles().iter().copied().chain(bodies.troubles(exchange)) {
            let side = if trouble.in_request { "request" } else { "response" };
            mark(&mut |out| drop(write!(out, "{side} {}", trouble.code)));
        }
        if self.options.anomalies {
            for (anomaly, in_request) in anomalies_of(exchange) {
                let side = if in_request { "request" } else { "response" };
                let told =
                    |trouble: &Trouble| (trouble.code, trouble.in_request) == (anomaly.code(), in_request);
                if !exchange.troubles().iter().any(told) {
                    mark(&mut |out| drop(write!(out, "{side} {anomaly}")));
                }
            }
        }
        if !first {
            out.push(b']');
        }
    }
}

impl Handler for ExchangeLines {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        match event {
            Event::Exchange(exchange) => {
                let bodies = self.bodies.as_mut().map(|keeper| keeper.exchange(exchange)).unwrap_or_default();
                out.emit(|out| self.line(out, exchange, &bodies));
                if let Some(keeper) = &mut self.bodies {
                    keeper.recycle(bodies);
                }
            }
            Event::Progress(progress) => {
                if let Some(keeper) = &mut self.bodies {
                    keeper.step(progress);
                }
            }
            Event::Tcp(event) if self.options.tcp => {
                out.emit(|out| tcp_line(out, self.palette, &mut self.time, event));
            }
            Event::WebSocket(message) => {
                let laid_out = self.bodies.as_ref().is_some_and(|keeper| keeper.show().is_some());
                out.emit(|out| message::line(out, self.palette, &mut self.time, message, laid_out));
            }
            _ => {}
        }
    }

    fn wants(&self) -> Wants {
        Wants {
            tcp_events: self.options.tcp,
            fields: self.options.fields.any(),
            progress: self.bodies.is_some(),
            websocket: self.options.websocket,
            digests: false,
        }
    }
}
