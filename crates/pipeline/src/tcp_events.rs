//! TCP events on their way to the handler: they name client and server, so they wait until the evidence
//! for these roles is there (the event contract's "Connections").

use std::collections::VecDeque;

use wiretrace_tcp as tcp;
use wiretrace_tcp::Half;

use crate::Handler;
use crate::application::Slot;
use crate::exchange::Side;
use crate::handler::{Event, TcpEnd, TcpEvent, TcpKind, TcpSide};
use crate::partition::{Context, connection_info};

/// Events of one connection that wait for its roles; bounded by
/// [`Limits::held_events`](crate::Limits::held_events).
pub(crate) type HeldEvents = VecDeque<Raw>;

/// An event with halves instead of sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw {
    at: i64,
    kind: TcpKind,
    half: Option<Half>,
    bytes: Option<u64>,
    seq: Option<u32>,
}

type Connection = tcp::Connection<Slot>;

/// Takes an event that is no data.
pub(crate) fn take<H: Handler>(
    context: &mut Context<H>,
    connection: &mut Connection,
    event: &tcp::Event<'_>,
) {
    use tcp::Event as E;
    let (kind, half, bytes, seq) = match *event {
        E::Start => {
            let first = connection.first_half();
            (TcpKind::Start { already_open: !connection.start_known(first) }, None, None, None)
        }
        E::SynRetry { half, seq } => (TcpKind::SynRetry, Some(half), None, Some(seq)),
        E::Retransmit { half, seq, len, .. } => {
            (TcpKind::Retransmit, Some(half), Some(len.into()), Some(seq))
        }
        E::Overlap { half, seq, len, conflict } => {
            (TcpKind::Overlap { conflict }, Some(half), Some(len.into()), Some(seq))
        }
        E::OutOfOrder { half, seq, len } => (TcpKind::OutOfOrder, Some(half), Some(len.into()), Some(seq)),
        E::Gap { half, len, seq, .. } => (TcpKind::Gap, Some(half), Some(len), Some(seq)),
        E::ZeroWindow { half, seq } => (TcpKind::ZeroWindow, Some(half), None, Some(seq)),
        E::Reset { half, seq, len, .. } => (TcpKind::Reset, Some(half), Some(len.into()), Some(seq)),
        _ => return,
    };
    let raw = Raw { at: context.now, kind, half, bytes, seq };
    if connection.client().is_some() {
        return deliver(context, connection, &raw);
    }
    let limit = context.limits.held_events;
    let application = connection.data_mut().get_or_make(context);
    let held = application.held.get_or_insert_with(|| context.take_held());
    held.push_back(raw);
    if held.len() > limit {
        context.counts.roles_by_default += 1;
        let first = connection.first_half();
        connection.set_client(first);
        release(context, connection);
    }
}

/// The roles are known: hands on what waited for them.
pub(crate) fn release<H: Handler>(context: &mut Context<H>, connection: &mut Connection) {
    if let Some(mut held) = connection.data_mut().get().and_then(|application| application.held.take()) {
        for raw in held.drain(..) {
            deliver(context, connection, &raw);
        }
        context.give_held(held);
    }
}

/// The connection is over.
pub(crate) fn end<H: Handler>(context: &mut Context<H>, connection: &mut Connection, summary: &tcp::Summary) {
    let client = connection.client().unwrap_or_else(|| connection.first_half());
    connection.set_client(client);
    release(context, connection);
    let end = TcpEnd {
        reason: match summary.reason {
            tcp::Reason::Fin => "fin",
            tcp::Reason::Rst => "rst",
            _ => "none",
        },
        duration: summary.last_at.saturating_sub(summary.first_at),
        handshake: summary.handshake.map(|handshake| handshake.total_ns),
        client: side_of(&connection.flow(client)),
        server: side_of(&connection.flow(!client)),
    };
    let timeout = summary.reason == tcp::Reason::Timeout;
    let kind = if timeout { TcpKind::Timeout(end) } else { TcpKind::End(end) };
    deliver(context, connection, &Raw { at: context.now, kind, half: None, bytes: None, seq: None });
}

fn side_of(flow: &tcp::HalfStats) -> TcpSide {
    TcpSide {
        packets: flow.packets,
        bytes: flow.bytes,
        unique_bytes: flow.unique_bytes,
        missing_bytes: flow.missing_bytes(),
        retransmits: flow.retransmits.into(),
        out_of_order: flow.out_of_order.into(),
        zero_windows: flow.zero_windows.into(),
    }
}

fn deliver<H: Handler>(context: &mut Context<H>, connection: &Connection, raw: &Raw) {
    let client = connection.client();
    let side = raw.half.map(|half| if Some(half) == client { Side::Client } else { Side::Server });
    let event = TcpEvent {
        at: raw.at,
        connection: connection_info(connection),
        kind: raw.kind,
        side,
        bytes: raw.bytes,
        seq: raw.seq,
    };
    context.out.connection = connection.id();
    context.handler.event(&Event::Tcp(event), &mut context.out);
}
