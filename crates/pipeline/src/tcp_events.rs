//! TCP events on their way to the handler: they name client and server, so they wait until the evidence
//! for these roles is there (the event contract's "Connections").

use std::collections::VecDeque;

use wiretrace_tcp as tcp;
use wiretrace_tcp::Half;

use crate::Handler;
use crate::application::Slot;
use crate::digest::Digests;
use crate::exchange::Side;
use crate::handler::Event;
use crate::partition::{Context, connection_info};
use crate::tcp_kind::{TcpEnd, TcpEvent, TcpKind, TcpOpening, TcpSide};

/// Events of one connection that wait for its roles; bounded by
/// [`Limits::held_events`](crate::Limits::held_events).
pub(crate) type HeldEvents = VecDeque<Raw<'static>>;

/// An event with halves instead of sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    at: i64,
    frame: Option<u64>,
    what: What<'a>,
    half: Option<Half>,
    bytes: Option<u64>,
    seq: Option<u32>,
}

/// What happened, as small as what waits should be.
#[derive(Clone, Copy, Debug)]
enum What<'a> {
    Told(TcpKind<'a>),
    /// The connection is over; what it was is counted up when it is told.
    Over(tcp::Reason),
}

type Connection = tcp::Connection<Slot>;

/// Takes an event that is no data.
pub(crate) fn take<H: Handler>(
    context: &mut Context<H>,
    connection: &mut Connection,
    event: &tcp::Event<'_>,
) {
    use tcp::Event as E;
    let of = |half, len: u32, seq| (Some(half), Some(u64::from(len)), Some(seq));
    let (kind, (half, bytes, seq)) = match *event {
        E::Start => {
            let first = connection.first_half();
            (TcpKind::Start { already_open: !connection.start_known(first) }, (None, None, None))
        }
        // Who is the client is known by then.
        E::Established(handshake) => return established(context, connection, handshake),
        E::Refused { half, seq } => (TcpKind::Refused, (Some(half), None, Some(seq))),
        E::Unanswered { half } => (TcpKind::Unanswered, (Some(half), None, None)),
        E::SynRetry { half, seq } => (TcpKind::SynRetry, (Some(half), None, Some(seq))),
        E::Retransmit { half, seq, len, resend } => (TcpKind::Retransmit(resend), of(half, len, seq)),
        E::Overlap { half, seq, len, conflict } => (TcpKind::Overlap { conflict }, of(half, len, seq)),
        E::OutOfOrder { half, seq, len } => (TcpKind::OutOfOrder, of(half, len, seq)),
        E::KeepAlive { half, seq, len } => (TcpKind::KeepAlive, of(half, len, seq)),
        E::WindowProbe { half, seq, len } => (TcpKind::WindowProbe, of(half, len, seq)),
        E::DuplicateAcks { half, ack, count } => {
            (TcpKind::DuplicateAcks { ack, count }, (Some(half), None, None))
        }
        E::Gap { half, len, seq, .. } => (TcpKind::Gap, (Some(half), Some(len), Some(seq))),
        E::ZeroWindow { half, seq } => (TcpKind::ZeroWindow, (Some(half), None, Some(seq))),
        E::WindowOpen { half, closed_ns } => (TcpKind::WindowOpen { closed_ns }, (Some(half), None, None)),
        E::WindowFull { half, seq, len } => (TcpKind::WindowFull, of(half, len, seq)),
        E::OutsideWindow { half, seq, len } => (TcpKind::OutsideWindow, of(half, len, seq)),
        E::RoundTrip { half, end, len, ns } => {
            (TcpKind::RoundTrip { position: end, ns }, (Some(half), Some(len.into()), None))
        }
        E::Fin { half, seq } => (TcpKind::Fin, (Some(half), None, Some(seq))),
        E::Reset { half, seq, len, acceptable, pending } => {
            (TcpKind::Reset { acceptable, pending }, of(half, len, seq))
        }
        E::Over { reason } => {
            let what = What::Over(reason);
            return hold(
                context,
                connection,
                Raw { at: context.now, frame: context.frame(), what, half: None, bytes: None, seq: None },
            );
        }
        _ => return,
    };
    let what = What::Told(kind);
    hold(context, connection, Raw { at: context.now, frame: context.frame(), what, half, bytes, seq });
}

/// Hands an event on, or keeps it until the roles are known.
fn hold<H: Handler>(context: &mut Context<H>, connection: &mut Connection, raw: Raw<'static>) {
    if connection.client().is_some() {
        return deliver(context, connection, &raw);
    }
    let limit = context.limits.held_events;
    let application = connection.data_mut().get_or_make(context);
    let held = application.held.get_or_insert_with(|| context.take_held());
    // A series must not decide who is the client, and leaves room for the rest.
    if matches!(raw.what, What::Told(TcpKind::RoundTrip { .. })) && held.len() >= limit / 2 {
        context.counts.round_trips_left_out += 1;
        return;
    }
    held.push_back(raw);
    if held.len() > limit {
        context.counts.roles_by_default += 1;
        let first = connection.first_half();
        connection.set_client(first);
        release(context, connection);
    }
}

fn established<H: Handler>(context: &mut Context<H>, connection: &mut Connection, handshake: tcp::Handshake) {
    let Some(client) = connection.client() else { return };
    let opening = TcpOpening {
        handshake,
        client: connection.syn_options(client),
        server: connection.syn_options(!client),
    };
    let event = told(context, connection, TcpKind::Established(&opening), Some(client));
    tell(context, connection, event);
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

/// The connection is over and forgotten.
pub(crate) fn end<H: Handler>(context: &mut Context<H>, connection: &mut Connection, summary: &tcp::Summary) {
    let client = connection.client().unwrap_or_else(|| connection.first_half());
    connection.set_client(client);
    release(context, connection);
    if summary.evicted {
        let event = told(context, connection, TcpKind::Evicted, None);
        tell(context, connection, event);
    }
    let mut end = sum_up(connection, client, summary.reason, summary.outcome);
    end.evicted = summary.evicted;
    if context.wants.digests {
        let mut digests = connection.data_mut().get().and_then(|application| application.digests.take());
        // Without any payload there was nothing to keep.
        let digests = digests.get_or_insert_default();
        end.client.sha1 = digests.of(client, &end.client.flow);
        end.server.sha1 = digests.of(!client, &end.server.flow);
    }
    let timeout = summary.reason == tcp::Reason::Timeout;
    let kind = if timeout { TcpKind::Timeout(&end) } else { TcpKind::End(&end) };
    let event = told(context, connection, kind, None);
    tell(context, connection, event);
}

/// What a connection was so far.
fn sum_up(connection: &Connection, client: Half, reason: tcp::Reason, outcome: tcp::Outcome) -> TcpEnd {
    let side = |half| TcpSide {
        flow: connection.flow(half),
        options: connection.syn_options(half),
        measures: connection.measures(half),
        sha1: None,
    };
    TcpEnd {
        reason: match reason {
            tcp::Reason::Fin => "fin",
            tcp::Reason::Rst => "rst",
            _ => "none",
        },
        outcome,
        evicted: false,
        duration: connection.last_at().saturating_sub(connection.first_at()),
        handshake: connection.handshake(),
        client: side(client),
        server: side(!client),
    }
}

fn deliver<H: Handler>(context: &mut Context<H>, connection: &Connection, raw: &Raw<'_>) {
    let client = connection.client();
    let side = raw.half.map(|half| if Some(half) == client { Side::Client } else { Side::Server });
    let end;
    let kind = match raw.what {
        What::Told(kind) => kind,
        What::Over(reason) => {
            end = sum_up(connection, client.unwrap_or_default(), reason, connection.outcome());
            TcpKind::Over(&end)
        }
    };
    let Raw { at, frame, bytes, seq, .. } = *raw;
    tell(
        context,
        connection,
        TcpEvent { at, frame, connection: connection_info(connection), kind, side, bytes, seq },
    );
}

/// An event of now that is about no bytes.
fn told<'a, H>(
    context: &Context<H>,
    connection: &Connection,
    kind: TcpKind<'a>,
    half: Option<Half>,
) -> TcpEvent<'a> {
    let is_client = half == connection.client();
    TcpEvent {
        at: context.now,
        frame: context.frame(),
        connection: connection_info(connection),
        kind,
        side: half.map(|_| if is_client { Side::Client } else { Side::Server }),
        bytes: None,
        seq: None,
    }
}

fn tell<H: Handler>(context: &mut Context<H>, connection: &Connection, event: TcpEvent<'_>) {
    context.out.connection = connection.id();
    context.handler.event(&Event::Tcp(event), &mut context.out);
}

/// The digests of a connection's streams, made with its first payload.
pub(crate) fn digests<'c, H>(context: &mut Context<H>, connection: &'c mut Connection) -> &'c mut Digests {
    connection.data_mut().get_or_make(context).digests.get_or_insert_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_small() {
        assert!(size_of::<Raw<'_>>() <= 112, "{}", size_of::<Raw<'_>>());
    }
}
