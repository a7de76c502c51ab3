//! `http` objects. They are most of what `wiretrace http --json` writes: what all of them have is written straight to the
//! buffer, and what few of them have through serde.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use wiretrace_content::{Kind, text};
use wiretrace_pipeline::{Anomaly, ConnectionInfo, Exchange, Field, Request, Response, Timing, Trouble};

use super::super::json_events::EventList;
use super::super::number::{address, decimal};
use super::super::time::UtcTime;
use super::string::{Text, string};
use super::{Hex, Millis, anomalies_of, value};
use crate::bodies::{Bodies, Body, Show};

/// An exchange, and what is shown beside it.
#[derive(Clone, Copy)]
pub(super) struct Http<'a> {
    pub(super) exchange: &'a Exchange<'a>,
    pub(super) bodies: &'a Bodies,
    pub(super) show: Option<Show>,
    pub(super) anomalies: bool,
}

impl Http<'_> {
    /// Appends the object and a line end.
    pub(super) fn write(self, out: &mut Vec<u8>, time: &mut UtcTime) {
        let Http { exchange, bodies, show, anomalies } = self;
        out.extend_from_slice(b"{\"type\":\"http\",\"ts\":\"");
        time.write(out, exchange.at());
        out.extend_from_slice(b"\",\"conn\":");
        conn(out, &exchange.connection());
        out.extend_from_slice(b",\"index\":");
        decimal(out, exchange.index());
        if let Some(proof) = exchange.proof() {
            out.extend_from_slice(b",\"pairing\":\"");
            out.extend_from_slice(proof.name().as_bytes());
            out.push(b'"');
        }
        out.extend_from_slice(b",\"request\":");
        match exchange.request() {
            Some(message) => request(out, message, bodies.request.as_ref(), show),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"response\":");
        match exchange.response() {
            Some(message) => response(out, message, bodies.response.as_ref(), show),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"interim\":");
        match exchange.interim() {
            [] => out.extend_from_slice(b"[]"),
            codes => value(out, codes),
        }
        out.extend_from_slice(b",\"timing\":");
        timing(out, &exchange.timing());
        out.extend_from_slice(b",\"errors\":");
        if exchange.troubles().is_empty() && bodies.troubles(exchange).next().is_none() {
            out.extend_from_slice(b"[]");
        } else {
            value(out, &Errors(exchange, bodies));
        }
        if anomalies && anomalies_of(exchange).next().is_some() {
            out.extend_from_slice(b",\"anomalies\":");
            value(out, &Anomalies(exchange));
        }
        out.extend_from_slice(b"}\n");
    }
}

fn conn(out: &mut Vec<u8>, connection: &ConnectionInfo) {
    out.extend_from_slice(b"{\"id\":");
    decimal(out, connection.id);
    out.extend_from_slice(b",\"client\":\"");
    address(out, &connection.client);
    out.extend_from_slice(b"\",\"server\":\"");
    address(out, &connection.server);
    out.extend_from_slice(b"\"}");
}

fn request(out: &mut Vec<u8>, request: Request<'_>, body: Option<&Body>, show: Option<Show>) {
    out.extend_from_slice(b"{\"method\":");
    string(out, request.method());
    out.extend_from_slice(b",\"target\":");
    string(out, request.target());
    version(out, request.version());
    if let Some(host) = request.host() {
        out.extend_from_slice(b",\"host\":");
        string(out, host);
    }
    headers(out, request.fields());
    out.extend_from_slice(b",\"body_bytes\":");
    decimal(out, request.body_bytes());
    members_of_body(out, body, show);
    complete(out, request.is_complete());
}

fn response(out: &mut Vec<u8>, response: Response<'_>, body: Option<&Body>, show: Option<Show>) {
    out.extend_from_slice(b"{\"status\":");
    decimal(out, response.status().into());
    out.extend_from_slice(b",\"reason\":");
    string(out, response.reason());
    version(out, response.version());
    headers(out, response.fields());
    out.extend_from_slice(b",\"body_bytes\":");
    decimal(out, response.body_bytes());
    if let Some(decoded) = body.and_then(Body::decoded_bytes) {
        out.extend_from_slice(b",\"body_decoded_bytes\":");
        decimal(out, decoded);
    }
    if let Some(media_type) = response.content_type() {
        let end = media_type.iter().position(|&byte| byte == b';').unwrap_or(media_type.len());
        out.extend_from_slice(b",\"content_type\":");
        let start = out.len();
        string(out, media_type.get(..end).unwrap_or_default().trim_ascii());
        // Escapes have no capital letters.
        out.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
    }
    members_of_body(out, body, show);
    complete(out, response.is_complete());
}

fn version(out: &mut Vec<u8>, (major, minor): (u8, u8)) {
    out.extend_from_slice(b",\"version\":\"");
    decimal(out, major.into());
    out.push(b'.');
    decimal(out, minor.into());
    out.push(b'"');
}

fn headers<'a>(out: &mut Vec<u8>, fields: impl Iterator<Item = Field<'a>>) {
    out.extend_from_slice(b",\"headers\":[");
    let mut before: &[u8] = b"[";
    for field in fields {
        out.extend_from_slice(before);
        string(out, field.name);
        out.push(b',');
        string(out, field.value);
        out.push(b']');
        before = b",[";
    }
    out.push(b']');
}

/// The last member of a message.
fn complete(out: &mut Vec<u8>, is_complete: bool) {
    out.extend_from_slice(if is_complete { b",\"complete\":true}" } else { b",\"complete\":false}" });
}

/// The members `body` (or `body_hex`) and `body_cut`: the content as far as it is shown. Of what is no text there is no
/// `body`; of server-sent events there are `events` as well.
fn members_of_body(out: &mut Vec<u8>, body: Option<&Body>, show: Option<Show>) {
    let (Some(body), Some(show)) = (body, show) else { return };
    let (content, gaps) = body.shown();
    if show.hex {
        out.extend_from_slice(b",\"body_hex\":");
        value(out, &Hex(content));
    } else {
        let kind = Kind::of(body.media_type(), content);
        if matches!(kind, Kind::Binary | Kind::Media | Kind::Grpc) {
            return;
        }
        if kind == Kind::EventStream && gaps.is_empty() {
            out.extend_from_slice(b",\"events\":");
            value(out, &EventList(body));
        }
        let charset = body.media_type().and_then(|media_type| media_type.param("charset"));
        out.extend_from_slice(b",\"body\":");
        value(out, &Text(&text::to_utf8(content, charset)));
    }
    if body.is_cut() || body.missing_bytes() > 0 {
        out.extend_from_slice(b",\"body_cut\":true");
    }
}

fn timing(out: &mut Vec<u8>, timing: &Timing) {
    for (name, part) in [
        (&b"{\"request_ms\":"[..], timing.request),
        (b",\"wait_ms\":", timing.wait),
        (b",\"response_ms\":", timing.response),
        (b",\"total_ms\":", timing.total),
    ] {
        out.extend_from_slice(name);
        match part {
            Some(nanos) => millis(out, nanos),
            None => out.extend_from_slice(b"null"),
        }
    }
    for (name, part) in [(&b",\"network_ms\":"[..], timing.network), (b",\"server_ms\":", timing.server)] {
        if let Some(nanos) = part {
            out.extend_from_slice(name);
            millis(out, nanos);
        }
    }
    out.push(b'}');
}

/// Appends the same number as [`Millis`]. A number of at most fifteen figures is the shortest one that gives its `f64`, so
/// that its figures are those of the nanoseconds.
fn millis(out: &mut Vec<u8>, nanos: i64) {
    let magnitude = nanos.unsigned_abs();
    // The smallest have an exponent.
    if !matches!(magnitude, 0 | 10..1_000_000_000_000_000) {
        return value(out, &Millis(nanos));
    }
    if nanos < 0 {
        out.push(b'-');
    }
    decimal(out, magnitude / 1_000_000);
    // Below a million: 32 bits.
    let mut rest = (magnitude % 1_000_000) as u32;
    if rest == 0 {
        return;
    }
    let mut text = *b".000000";
    let mut len = 1;
    for (place, digit) in text.iter_mut().enumerate().skip(1).rev() {
        let last = rest % 10;
        rest /= 10;
        *digit = b'0' + last as u8;
        if last != 0 && len == 1 {
            len = place + 1;
        }
    }
    out.extend_from_slice(text.get(..len).unwrap_or_default());
}

struct Errors<'a>(&'a Exchange<'a>, &'a Bodies);

impl Serialize for Errors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for trouble in self.0.troubles().iter().copied().chain(self.1.troubles(self.0)) {
            list.serialize_element(&Error(trouble))?;
        }
        list.end()
    }
}

struct Error(Trouble);

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("code", self.0.code)?;
        map.serialize_entry("message", &self.0.to_string())?;
        map.end()
    }
}

struct Anomalies<'a>(&'a Exchange<'a>);

impl Serialize for Anomalies<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (anomaly, in_request) in anomalies_of(self.0) {
            list.serialize_element(&AnomalyObject(anomaly, in_request))?;
        }
        list.end()
    }
}

struct AnomalyObject(Anomaly, bool);

impl Serialize for AnomalyObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let AnomalyObject(anomaly, in_request) = *self;
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("in", if in_request { "request" } else { "response" })?;
        map.serialize_entry("code", anomaly.code())?;
        map.serialize_entry("rejected", &anomaly.is_rejected(in_request))?;
        map.serialize_entry("section", anomaly.section())?;
        map.serialize_entry("message", anomaly.meaning())?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(nanos: i64) {
        let mut out = Vec::new();
        millis(&mut out, nanos);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            serde_json::to_string(&Millis(nanos)).unwrap(),
            "{nanos}"
        );
    }

    #[test]
    fn durations_are_those_of_serde() {
        for nanos in (-20_000..20_000).chain(999_000..1_001_000).chain([i64::MIN, i64::MAX]) {
            same(nanos);
        }
        let mut state = 1u64;
        for step in 0..200_000u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step);
            let nanos = (state >> (state % 63 + 1)) as i64;
            same(nanos);
            same(-nanos);
            // With few figures behind the point.
            same(nanos - nanos % 10i64.pow((step % 7) as u32));
        }
        for power in 0..19 {
            for nanos in 10i64.pow(power) - 2..10i64.pow(power) + 3 {
                same(nanos);
                same(-nanos);
            }
        }
    }
}
