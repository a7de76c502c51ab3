//! `tcp` objects.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use wiretrace_pipeline::{
    Delays, HalfMeasures, Handshake, Resend, Resends, SynOptions, TcpEnd, TcpEvent, TcpKind, TcpSide,
};

use super::{At, Conn, Hex, Millis};
use crate::render::names;

pub(super) struct Tcp<'a>(pub(super) &'a TcpEvent<'a>);

impl Serialize for Tcp<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "tcp")?;
        map.serialize_entry("ts", &At(event.at))?;
        if let Some(frame) = event.frame {
            map.serialize_entry("frame", &frame)?;
        }
        map.serialize_entry("conn", &Conn(event.connection))?;
        map.serialize_entry("event", event.kind.name())?;
        if let Some(side) = event.side {
            map.serialize_entry("dir", side.name())?;
        }
        if let Some(bytes) = event.bytes {
            map.serialize_entry("bytes", &bytes)?;
        }
        if let Some(seq) = event.seq {
            map.serialize_entry("seq", &seq)?;
        }
        members_of_kind(&mut map, &event.kind)?;
        map.end()
    }
}

fn members_of_kind<M: SerializeMap>(map: &mut M, kind: &TcpKind<'_>) -> Result<(), M::Error> {
    match kind {
        TcpKind::Established(opening) => {
            map.serialize_entry("handshake_ms", &Millis(opening.handshake.total_ns))?;
            members_of_handshake(map, &opening.handshake)?;
            options_of_both(map, opening.client, opening.server)
        }
        TcpKind::Retransmit(resend) => members_of_resend(map, resend.as_ref()),
        TcpKind::Overlap { conflict: Some(conflict) } => map.serialize_entry("conflict", conflict),
        TcpKind::DuplicateAcks { ack, count } => {
            map.serialize_entry("ack", ack)?;
            map.serialize_entry("count", count)
        }
        TcpKind::WindowOpen { closed_ns } => map.serialize_entry("closed_ms", &Millis(*closed_ns)),
        TcpKind::RoundTrip { position, ns } => {
            map.serialize_entry("position", position)?;
            map.serialize_entry("rtt_ms", &Millis(*ns))
        }
        TcpKind::Reset { acceptable, pending } => {
            map.serialize_entry("acceptable", acceptable)?;
            map.serialize_entry("pending", pending)
        }
        TcpKind::End(end) | TcpKind::Timeout(end) => members_of_end(map, end),
        _ => Ok(()),
    }
}

fn members_of_resend<M: SerializeMap>(map: &mut M, resend: Option<&Resend>) -> Result<(), M::Error> {
    if let Some(kind) = resend.and_then(|resend| resend.kind).and_then(names::resend) {
        map.serialize_entry("kind", kind)?;
    }
    if let Some(after) = resend.and_then(|resend| resend.after_ns) {
        map.serialize_entry("after_ms", &Millis(after))?;
    }
    Ok(())
}

fn members_of_handshake<M: SerializeMap>(map: &mut M, handshake: &Handshake) -> Result<(), M::Error> {
    for (name, half) in [("to_server_ms", handshake.to_server_ns), ("to_client_ms", handshake.to_client_ns)] {
        if let Some(half) = half {
            map.serialize_entry(name, &Millis(half))?;
        }
    }
    Ok(())
}

/// The member `options`, of the sides whose SYN was seen.
fn options_of_both<M: SerializeMap>(
    map: &mut M,
    client: Option<SynOptions>,
    server: Option<SynOptions>,
) -> Result<(), M::Error> {
    if client.is_none() && server.is_none() {
        return Ok(());
    }
    map.serialize_entry("options", &Both(client, server))
}

struct Both(Option<SynOptions>, Option<SynOptions>);

impl Serialize for Both {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, options) in [("client", self.0), ("server", self.1)] {
            if let Some(options) = options {
                map.serialize_entry(name, &Options(options))?;
            }
        }
        map.end()
    }
}

struct Options(SynOptions);

impl Serialize for Options {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let options = self.0;
        let mut map = serializer.serialize_map(None)?;
        if let Some(mss) = options.mss {
            map.serialize_entry("mss", &mss)?;
        }
        if let Some(scale) = options.window_scale {
            map.serialize_entry("window_scale", &scale)?;
        }
        map.serialize_entry("sack", &options.sack_permitted)?;
        map.serialize_entry("timestamps", &options.timestamps)?;
        map.serialize_entry("fast_open", &options.fast_open)?;
        map.end()
    }
}

fn members_of_end<M: SerializeMap>(map: &mut M, end: &TcpEnd) -> Result<(), M::Error> {
    map.serialize_entry("reason", end.reason)?;
    map.serialize_entry("outcome", names::outcome(end.outcome))?;
    map.serialize_entry("duration_ms", &Millis(end.duration))?;
    if let Some(handshake) = &end.handshake {
        map.serialize_entry("handshake_ms", &Millis(handshake.total_ns))?;
        members_of_handshake(map, handshake)?;
    }
    options_of_both(map, end.client.options, end.server.options)?;
    map.serialize_entry("client", &Side(&end.client))?;
    map.serialize_entry("server", &Side(&end.server))
}

struct Side<'a>(&'a TcpSide);

impl Serialize for Side<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let flow = &self.0.flow;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in [
            ("packets", flow.packets),
            ("bytes", flow.bytes),
            ("unique_bytes", flow.unique_bytes),
            ("missing_bytes", flow.missing_bytes()),
            ("retransmits", flow.retransmits.into()),
            ("out_of_order", flow.out_of_order.into()),
            ("zero_windows", flow.zero_windows.into()),
            ("probes", flow.probes.into()),
            ("wire_bytes", flow.wire_bytes()),
            ("header_bytes", flow.header_bytes),
        ] {
            map.serialize_entry(name, &value)?;
        }
        if let Some(sha1) = &self.0.sha1 {
            map.serialize_entry("sha1", &Hex(sha1))?;
        }
        if let Some(measures) = &self.0.measures {
            members_of_measures(&mut map, measures, flow.unique_bytes)?;
        }
        map.end()
    }
}

fn members_of_measures<M: SerializeMap>(
    map: &mut M,
    measures: &HalfMeasures,
    unique_bytes: u64,
) -> Result<(), M::Error> {
    map.serialize_entry("resent_bytes", &measures.resent_bytes)?;
    map.serialize_entry("rtt_passed_over", &measures.rtt_passed_over)?;
    map.serialize_entry("resends", &ByKind(&measures.resends))?;
    for (name, delays) in [
        ("rtt", &measures.rtt),
        ("rtt_by_timestamps", &measures.rtt_by_timestamps),
        ("ack_delay", &measures.ack_delay),
    ] {
        if delays.samples > 0 {
            map.serialize_entry(name, &DelaysObject(delays))?;
        }
    }
    map.serialize_entry("duplicate_acks", &measures.acknowledgements.duplicates)?;
    map.serialize_entry("longest_duplicate_ack_run", &measures.acknowledgements.longest_run)?;
    map.serialize_entry("reordering_extent", &measures.reordering_extent)?;
    map.serialize_entry("in_flight_peak", &measures.in_flight_peak)?;
    map.serialize_entry("initial_burst", &measures.initial_burst)?;
    for (name, window) in [
        ("initial_window", measures.initial_window),
        ("window_min", measures.window_min),
        ("window_peak", measures.window_peak),
    ] {
        if let Some(window) = window {
            map.serialize_entry(name, &window)?;
        }
    }
    map.serialize_entry("window_fulls", &measures.window_fulls)?;
    map.serialize_entry("zero_window_ms", &Millis(measures.zero_window_ns))?;
    map.serialize_entry("longest_silence_ms", &Millis(measures.longest_silence_ns))?;
    map.serialize_entry("sending_ms", &Millis(measures.sending_ns))?;
    if let Some(goodput) = measures.goodput(unique_bytes) {
        // Bytes a second: a fraction says nothing.
        map.serialize_entry("goodput", &(goodput as u64))?;
    }
    Ok(())
}

struct ByKind<'a>(&'a Resends);

impl Serialize for ByKind<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, count) in names::resends(self.0) {
            map.serialize_entry(name, &count)?;
        }
        map.end()
    }
}

struct DelaysObject<'a>(&'a Delays);

impl Serialize for DelaysObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let delays = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("samples", &delays.samples)?;
        for (name, nanos) in [
            ("min_ms", delays.min),
            ("smoothed_ms", delays.smoothed),
            ("p50_ms", delays.p50),
            ("p95_ms", delays.p95),
            ("max_ms", delays.max),
        ] {
            map.serialize_entry(name, &Millis(nanos))?;
        }
        map.end()
    }
}
