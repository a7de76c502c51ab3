//! What TCP did, between the lines of the exchanges (`--tcp-verbose`).

use std::io::Write;

use wiretrace_pipeline::{Side, TcpEvent, TcpKind};

use super::connection::was_over;
use super::names;
use super::palette::Palette;
use super::start::start;
use super::time::{LocalTime, duration, size};

/// Writes `TIME FROM -> TO TCP what`; nothing for what says little beside the exchanges.
pub(crate) fn tcp_line(out: &mut Vec<u8>, palette: Palette, time: &mut LocalTime, event: &TcpEvent<'_>) {
    match event.kind {
        // Acknowledgements, probes and FINs.
        TcpKind::Established(_)
        | TcpKind::KeepAlive
        | TcpKind::WindowProbe
        | TcpKind::DuplicateAcks { .. }
        | TcpKind::OutsideWindow
        | TcpKind::RoundTrip { .. }
        | TcpKind::Fin => return,
        TcpKind::End(end) if was_over(end) => return,
        _ => {}
    }
    let (client, server) = (&event.connection.client, &event.connection.server);
    let (from, to) = if event.side == Some(Side::Server) { (server, client) } else { (client, server) };
    start(out, palette, time, event.at, from, to);
    what(out, event);
    out.push(b'\n');
}

fn what(out: &mut Vec<u8>, event: &TcpEvent<'_>) {
    let bytes = event.bytes.unwrap_or(0);
    // The number behind the segment, where the next one begins.
    let behind = event.seq.unwrap_or(0).wrapping_add(bytes as u32);
    let side = event.side.map_or("", Side::name);
    match event.kind {
        TcpKind::Start { already_open: false } => out.extend_from_slice(b"TCP start"),
        TcpKind::Start { already_open: true } => out.extend_from_slice(b"TCP already in progress"),
        TcpKind::SynRetry => {
            let _ = write!(out, "SYN retry by {side}");
        }
        TcpKind::Refused => {
            let _ = write!(out, "TCP refused by {side}");
        }
        TcpKind::Unanswered => out.extend_from_slice(b"TCP unanswered: nothing came back so far"),
        TcpKind::Retransmit(resend) => {
            let _ = write!(out, "TCP retransmit at {behind} by {side}");
            if let Some(kind) = resend.and_then(|resend| resend.kind).and_then(names::resend) {
                let _ = write!(out, ", {}", kind.replace('_', " "));
            }
            if let Some(nanos) = resend.and_then(|resend| resend.after_ns) {
                out.extend_from_slice(b" after ");
                duration(out, nanos);
            }
        }
        TcpKind::Overlap { conflict } => {
            let _ = write!(out, "TCP retransmit at {behind} by {side}, partly");
            if conflict == Some(true) {
                out.extend_from_slice(b", with other bytes");
            }
        }
        TcpKind::OutOfOrder => {
            let _ = write!(out, "TCP out of order at {behind} by {side}");
        }
        TcpKind::Gap => {
            out.extend_from_slice(b"TCP gap: ");
            size(out, bytes);
            out.extend_from_slice(b" missing from the capture");
        }
        TcpKind::ZeroWindow => {
            let _ = write!(out, "TCP zero window of {side}");
        }
        TcpKind::WindowOpen { closed_ns } => {
            let _ = write!(out, "TCP window of {side} open after ");
            duration(out, closed_ns);
        }
        TcpKind::WindowFull => {
            let _ = write!(out, "TCP window filled by {side}");
        }
        TcpKind::Reset { acceptable, pending } => {
            let _ = write!(out, "TCP reset by {side}");
            if pending > 0 {
                out.extend_from_slice(b", ");
                size(out, pending);
                out.extend_from_slice(b" not acknowledged");
            }
            if !acceptable {
                out.extend_from_slice(b", outside the window: not taken");
            }
        }
        TcpKind::Evicted => out.extend_from_slice(b"TCP evicted: the table of connections is full"),
        TcpKind::Over(end) => {
            out.extend_from_slice(b"TCP end after ");
            duration(out, end.duration);
        }
        TcpKind::End(end) | TcpKind::Timeout(end) => {
            let timeout = matches!(event.kind, TcpKind::Timeout(_));
            out.extend_from_slice(if timeout {
                b"TCP timeout after "
            } else {
                b"TCP still open after ".as_slice()
            });
            duration(out, end.duration);
        }
        _ => out.extend_from_slice(event.kind.name().as_bytes()),
    }
}
