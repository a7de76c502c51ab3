//! One line a TCP connection.

use std::io::Write;

use wiretrace_pipeline::{
    Emitter, Event, Handler, TcpEnd, TcpEvent, TcpKind, TcpSide, Wants, WebSocketPayload,
};

use super::number;
use super::palette::{Palette, styled};
use super::time::{LocalTime, duration, size};

/// Writes `TIME CLIENT -> SERVER end REASON DURATION (handshake ...) out: ... in: ...`.
#[derive(Debug)]
pub(crate) struct ConnectionLines {
    palette: Palette,
    time: LocalTime,
}

impl ConnectionLines {
    pub(crate) fn new(palette: Palette) -> Self {
        Self { palette, time: LocalTime::new() }
    }

    fn line(&mut self, out: &mut Vec<u8>, event: &TcpEvent, end: &TcpEnd, how: &str) {
        let palette = self.palette;
        let connection = event.connection;
        styled(out, palette.time, |out| self.time.write(out, event.at));
        out.push(b' ');
        styled(out, palette.host, |out| number::address(out, &connection.client));
        out.extend_from_slice(b" -> ");
        styled(out, palette.host, |out| number::address(out, &connection.server));
        let _ = write!(out, " {how} ");
        let style = if end.reason == "rst" { palette.bad } else { palette.good };
        let reason = match end.reason {
            "fin" => "closed",
            "rst" => "!reset",
            _ => "still open",
        };
        styled(out, style, |out| out.extend_from_slice(reason.as_bytes()));
        out.extend_from_slice(b" after ");
        duration(out, end.duration);
        if let Some(handshake) = end.handshake {
            out.extend_from_slice(b", handshake ");
            duration(out, handshake);
        }
        self.side(out, "client", &end.client);
        self.side(out, "server", &end.server);
        out.push(b'\n');
    }

    fn side(&self, out: &mut Vec<u8>, name: &str, side: &TcpSide) {
        let _ = write!(out, "; {name} ");
        size(out, side.unique_bytes);
        let _ = write!(out, " in {} packets", side.packets);
        for (count, what) in [
            (side.retransmits, "resent"),
            (side.out_of_order, "out of order"),
            (side.zero_windows, "zero window"),
        ] {
            if count > 0 {
                styled(out, self.palette.mark, |out| drop(write!(out, ", {count} {what}")));
            }
        }
        if side.missing_bytes > 0 {
            styled(out, self.palette.mark, |out| {
                out.extend_from_slice(b", ");
                size(out, side.missing_bytes);
                out.extend_from_slice(b" missing");
            });
        }
    }
}

impl Handler for ConnectionLines {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        let Event::Tcp(event) = event else { return };
        match &event.kind {
            TcpKind::End(end) => out.emit(|out| self.line(out, event, end, "end")),
            TcpKind::Timeout(end) => out.emit(|out| self.line(out, event, end, "timeout")),
            _ => {}
        }
    }

    fn wants(&self) -> Wants {
        Wants { tcp_events: true, fields: false, progress: false, websocket: WebSocketPayload::Skip }
    }
}
