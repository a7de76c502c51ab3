//! What TCP did, between the lines of the exchanges (`--tcp-verbose`).

use std::io::Write;

use wiretrace_pipeline::{Side, TcpEvent, TcpKind};

use super::palette::Palette;
use super::start::start;
use super::time::{LocalTime, duration, size};

/// Writes `TIME FROM -> TO TCP what`.
pub(crate) fn tcp_line(out: &mut Vec<u8>, palette: Palette, time: &mut LocalTime, event: &TcpEvent) {
    let (client, server) = (&event.connection.client, &event.connection.server);
    let (from, to) = if event.side == Some(Side::Server) { (server, client) } else { (client, server) };
    start(out, palette, time, event.at, from, to);
    let bytes = event.bytes.unwrap_or(0);
    // The number behind the segment, where the next one begins.
    let behind = event.seq.unwrap_or(0).wrapping_add(bytes as u32);
    match event.kind {
        TcpKind::Start { already_open: false } => out.extend_from_slice(b"TCP start"),
        TcpKind::Start { already_open: true } => out.extend_from_slice(b"TCP already in progress"),
        TcpKind::SynRetry => out.extend_from_slice(b"SYN retry"),
        TcpKind::Retransmit => {
            let _ = write!(out, "TCP retransmit at {behind}");
        }
        TcpKind::Overlap { conflict } => {
            let _ = write!(out, "TCP retransmit at {behind}, partly");
            if conflict == Some(true) {
                out.extend_from_slice(b", with other bytes");
            }
        }
        TcpKind::OutOfOrder => {
            let _ = write!(out, "TCP out of order at {behind}");
        }
        TcpKind::Gap => {
            out.extend_from_slice(b"TCP gap: ");
            size(out, bytes);
            out.extend_from_slice(b" missing from the capture");
        }
        TcpKind::ZeroWindow => out.extend_from_slice(b"TCP zero window"),
        TcpKind::Reset => out.extend_from_slice(b"TCP reset"),
        TcpKind::End(end) | TcpKind::Timeout(end) => {
            out.extend_from_slice(match (event.kind, end.reason) {
                (TcpKind::Timeout(_), _) => b"TCP timeout after ",
                (_, "none") => b"TCP still open after ",
                _ => b"TCP end after ".as_slice(),
            });
            duration(out, end.duration);
        }
        _ => out.extend_from_slice(event.kind.name().as_bytes()),
    }
    out.push(b'\n');
}
