//! The `stats` object.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use wiretrace_pipeline::{Ledger, Summary};

pub(super) struct Stats<'a>(pub(super) &'a Summary);

impl Serialize for Stats<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let summary = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "stats")?;
        map.serialize_entry("packets", &summary.run.packets)?;
        map.serialize_entry("bytes", &summary.ledger.captured)?;
        map.serialize_entry("dropped", &summary.dropped)?;
        map.serialize_entry("connections", &summary.counts.connections)?;
        map.serialize_entry("exchanges", &summary.counts.exchanges)?;
        map.serialize_entry("messages", &summary.counts.messages)?;
        map.serialize_entry("malformed", &summary.run.malformed)?;
        map.serialize_entry("evicted", &summary.counts.evicted)?;
        map.serialize_entry("not_tcp", &summary.run.not_tcp)?;
        map.serialize_entry("tls", &summary.counts.tls)?;
        map.serialize_entry("http2", &summary.counts.http2)?;
        map.serialize_entry("http_0_9", &summary.counts.http_0_9)?;
        map.serialize_entry("icy", &summary.counts.icy)?;
        map.serialize_entry("rtsp", &summary.counts.rtsp)?;
        map.serialize_entry("ice", &summary.counts.ice)?;
        map.serialize_entry("websocket_lost", &summary.counts.websocket_lost)?;
        map.serialize_entry("websocket_stray", &summary.counts.websocket_stray)?;
        let tcp = &summary.counts.tcp;
        for (name, value) in [
            ("timed_out", tcp.timed_out()),
            ("refused", tcp.refused),
            ("unanswered", tcp.unanswered),
            ("unacceptable_resets", tcp.unacceptable_resets),
            ("outside_window", tcp.outside_window),
            ("conflicts", tcp.conflicts),
            ("wild_segments", tcp.wild_segments),
            ("bad_checksums", summary.run.bad_checksums),
        ] {
            map.serialize_entry(name, &value)?;
        }
        map.serialize_entry("limits", &LimitsObject(summary))?;
        map.serialize_entry("ledger", &LedgerObject(&summary.ledger))?;
        map.end()
    }
}

/// How often a bound or a time-out was hit.
struct LimitsObject<'a>(&'a Summary);

impl Serialize for LimitsObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (counts, tcp) = (&self.0.counts, &self.0.counts.tcp);
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in [
            ("connections", tcp.evicted),
            ("half_open", tcp.timed_out_half_open),
            ("half_closed", tcp.timed_out_half_closed),
            ("idle", tcp.timed_out_idle),
            ("held_bytes", tcp.limit_held_bytes),
            ("held_bytes_per_half", tcp.limit_held_bytes_per_half),
            ("held_segments_per_half", tcp.limit_held_segments),
            ("holes_per_half", tcp.limit_holes),
            ("held_events", counts.roles_by_default),
            ("held_round_trips", counts.round_trips_left_out),
            ("open_exchanges", counts.exchanges_over_limit),
            ("application_bytes", counts.application_over_limit),
        ] {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

struct LedgerObject<'a>(&'a Ledger);

impl Serialize for LedgerObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ledger = self.0;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in [
            ("captured", ledger.captured),
            ("headers", ledger.headers),
            ("padding", ledger.padding),
            ("not_tcp", ledger.not_tcp),
            ("undecodable", ledger.undecodable),
            ("unfinished_fragments", ledger.unfinished_fragments),
            ("filtered", ledger.filtered),
            ("exchanges", ledger.exchanges),
            ("websocket", ledger.websocket),
            ("other_protocol", ledger.other_protocol),
            ("before_sync", ledger.before_sync),
            ("second_copies", ledger.second_copies),
            ("outside_stream", ledger.outside_stream),
            ("over_limit", ledger.over_limit),
            ("stream", ledger.stream),
            ("delivered", ledger.delivered),
            ("missing_capture", ledger.missing_capture),
            ("missing_snaplen", ledger.missing_snaplen),
            ("missing_limit", ledger.missing_limit),
            ("missing_unknown", ledger.missing_unknown),
        ] {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}
