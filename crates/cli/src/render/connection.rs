//! One line a TCP connection, when it closes.

use std::io::Write;
use std::sync::Arc;

use wiretrace_pipeline::{
    Emitter, Event, Handler, Outcome, Resends, Side, TcpEnd, TcpEvent, TcpKind, TcpSide, Wants,
    WebSocketPayload,
};

use super::names;
use super::palette::{Palette, styled};
use super::start::start;
use super::summary::Table;
use super::time::{LocalTime, duration, size};
use super::verdict::causes;
use crate::messages::count;

/// Whether a connection had been told to be over before its end.
pub(crate) fn was_over(end: &TcpEnd) -> bool {
    matches!(end.outcome, Outcome::Closed | Outcome::Reset | Outcome::Refused)
}

/// How a connection ended, in words; what is odd has a `!` in front.
pub(crate) fn state(end: &TcpEnd) -> &'static str {
    match end.outcome {
        Outcome::Closed => "closed",
        Outcome::Reset => "!reset",
        Outcome::Refused => "!refused",
        Outcome::Unanswered => "!unanswered",
        Outcome::HalfClosed => "half closed",
        _ => "still open",
    }
}

/// Writes `TIME CLIENT -> SERVER closed after DURATION, handshake ...; client ...; server ... [verdict]`: when both
/// sides have sent FIN, or a RST came; of those where neither happened, at their end.
#[derive(Debug)]
pub(crate) struct ConnectionLines {
    palette: Palette,
    time: LocalTime,
    /// Connections go here instead.
    table: Option<Arc<Table>>,
}

impl ConnectionLines {
    pub(crate) fn new(palette: Palette, table: Option<Arc<Table>>) -> Self {
        Self { palette, time: LocalTime::new(), table }
    }

    fn line(&mut self, out: &mut Vec<u8>, event: &TcpEvent<'_>, end: &TcpEnd, how: &str) {
        let palette = self.palette;
        let connection = event.connection;
        start(out, palette, &mut self.time, event.at, &connection.client, &connection.server);
        out.extend_from_slice(how.as_bytes());
        let state = state(end);
        let style = if state.starts_with('!') { palette.bad } else { palette.good };
        styled(out, style, |out| out.extend_from_slice(state.as_bytes()));
        out.extend_from_slice(b" after ");
        duration(out, end.duration);
        if let Some(handshake) = &end.handshake {
            out.extend_from_slice(b", handshake ");
            duration(out, handshake.total_ns);
            if let (Some(server), Some(client)) = (handshake.to_server_ns, handshake.to_client_ns) {
                out.extend_from_slice(b" (server ");
                duration(out, server);
                out.extend_from_slice(b", client ");
                duration(out, client);
                out.push(b')');
            }
        }
        self.side(out, "client", &end.client);
        self.side(out, "server", &end.server);
        let mut first = true;
        for cause in causes(end) {
            out.extend_from_slice(if first { b" [" } else { b", " });
            first = false;
            styled(out, palette.mark, |out| out.extend_from_slice(cause.words().as_bytes()));
        }
        if !first {
            out.push(b']');
        }
        out.push(b'\n');
    }

    fn side(&self, out: &mut Vec<u8>, name: &str, side: &TcpSide) {
        let flow = &side.flow;
        let _ = write!(out, "; {name} ");
        size(out, flow.unique_bytes);
        let _ = write!(out, " in {}", count(flow.packets, "packet", "packets"));
        let measures = side.measures.as_ref();
        if let Some(rtt) = measures.map(|measures| &measures.rtt).filter(|rtt| rtt.samples > 0) {
            out.extend_from_slice(b", rtt ");
            duration(out, rtt.p50);
            if rtt.samples > 1 {
                out.extend_from_slice(b" p95 ");
                duration(out, rtt.p95);
            }
        }
        let mark = |out: &mut Vec<u8>, write: &dyn Fn(&mut Vec<u8>)| {
            out.extend_from_slice(b", ");
            styled(out, self.palette.mark, write);
        };
        if flow.retransmits > 0 {
            mark(out, &|out| {
                let _ = write!(out, "{} resent", flow.retransmits);
                if let Some(measures) = measures {
                    kinds(out, &measures.resends);
                }
            });
        }
        if flow.out_of_order > 0 {
            mark(out, &|out| drop(write!(out, "{} out of order", flow.out_of_order)));
        }
        if flow.missing_bytes() > 0 {
            mark(out, &|out| {
                size(out, flow.missing_bytes());
                out.extend_from_slice(b" missing");
            });
        }
        if flow.zero_windows > 0 {
            mark(out, &|out| {
                let _ = write!(out, "{} zero window", flow.zero_windows);
                if let Some(measures) = measures {
                    out.extend_from_slice(b" (");
                    duration(out, measures.zero_window_ns);
                    out.push(b')');
                }
            });
        }
        if let Some(fulls) = measures.map(|measures| measures.window_fulls).filter(|&fulls| fulls > 0) {
            mark(out, &|out| drop(write!(out, "{fulls} window full")));
        }
    }
}

/// ` (2 timeout, 1 fast)`; nothing where no kind is known.
fn kinds(out: &mut Vec<u8>, resends: &Resends) {
    let mut first = true;
    for (name, count) in names::resends(resends) {
        if count > 0 && name != "unknown" {
            let _ = write!(out, "{}{count} {}", if first { " (" } else { ", " }, name.replace('_', " "));
            first = false;
        }
    }
    if !first {
        out.push(b')');
    }
}

/// Writes `TIME FROM -> TO round trip DURATION of SIZE up to POSITION`.
fn round_trip(
    out: &mut Vec<u8>,
    palette: Palette,
    time: &mut LocalTime,
    event: &TcpEvent<'_>,
    (position, ns): (u64, i64),
) {
    let (client, server) = (&event.connection.client, &event.connection.server);
    let (from, to) = if event.side == Some(Side::Server) { (server, client) } else { (client, server) };
    start(out, palette, time, event.at, from, to);
    out.extend_from_slice(b"round trip ");
    duration(out, ns);
    out.extend_from_slice(b" of ");
    size(out, event.bytes.unwrap_or(0));
    let _ = writeln!(out, " up to {position}");
}

impl Handler for ConnectionLines {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        let Event::Tcp(event) = event else { return };
        if let (Some(table), TcpKind::End(end) | TcpKind::Timeout(end)) = (&self.table, event.kind) {
            return table.add(event.connection, end);
        }
        match event.kind {
            TcpKind::RoundTrip { position, ns } => {
                out.emit(|out| round_trip(out, self.palette, &mut self.time, event, (position, ns)));
            }
            _ if self.table.is_some() => {}
            TcpKind::Over(end) => out.emit(|out| self.line(out, event, end, "")),
            TcpKind::Timeout(end) if !was_over(end) => {
                out.emit(|out| self.line(out, event, end, "timed out, "));
            }
            TcpKind::End(end) if !was_over(end) => {
                let how = if end.evicted { "evicted, " } else { "" };
                out.emit(|out| self.line(out, event, end, how));
            }
            _ => {}
        }
    }

    fn wants(&self) -> Wants {
        Wants { fields: false, websocket: WebSocketPayload::Skip, ..Wants::default() }
    }
}
