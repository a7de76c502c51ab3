//! JSON lines, by the event contract (`docs/json.md`): the handlers, what all objects share, and `http` objects.

mod stats;
mod tcp;
mod websocket;

use std::io::{self, Write};
use std::net::SocketAddr;

use serde::ser::{SerializeMap, SerializeSeq, SerializeTuple};
use serde::{Serialize, Serializer};
use wiretrace_content::{Kind, text};
use wiretrace_pipeline::{
    Anomaly, ConnectionInfo, Emitter, Event, Exchange, Field, Handler, Request, Response, Summary, TcpKind,
    Trouble, Wants, WebSocketPayload,
};

use self::stats::Stats;
use self::tcp::Tcp;
use self::websocket::WebSocket;
use super::json_events::EventList;
use super::time::rfc3339;
use crate::bodies::{Bodies, Body, Keeper, Show};

/// Writes an `http` object for each exchange, and a `websocket` object for each message.
#[derive(Debug)]
pub(crate) struct Exchanges {
    bodies: Option<Keeper>,
    websocket: WebSocketPayload,
    anomalies: bool,
}

impl Exchanges {
    /// `anomalies`: whether they are told.
    pub(crate) fn new(bodies: Option<Keeper>, websocket: WebSocketPayload, anomalies: bool) -> Self {
        Self { bodies, websocket, anomalies }
    }
}

impl Handler for Exchanges {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        let anomalies = self.anomalies;
        match event {
            Event::Exchange(exchange) => {
                let Some(keeper) = &mut self.bodies else {
                    let bodies = &Bodies::default();
                    return out.emit(|out| line(out, &Http { exchange, bodies, show: None, anomalies }));
                };
                let bodies = keeper.exchange(exchange);
                let show = keeper.show();
                out.emit(|out| line(out, &Http { exchange, bodies: &bodies, show, anomalies }));
                keeper.recycle(bodies);
            }
            Event::Progress(progress) => {
                if let Some(keeper) = &mut self.bodies {
                    keeper.step(progress);
                }
            }
            Event::WebSocket(message) => out.emit(|out| line(out, &WebSocket(message))),
            _ => {}
        }
    }

    fn wants(&self) -> Wants {
        Wants {
            tcp_events: false,
            progress: self.bodies.is_some(),
            websocket: self.websocket,
            ..Wants::default()
        }
    }
}

/// Writes a `tcp` object for each TCP event.
#[derive(Debug)]
pub(crate) struct TcpEvents {
    /// With the digests of the streams.
    pub(crate) digests: bool,
}

impl Handler for TcpEvents {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        // That it is over is told by the FINs or the RST, and by the end.
        if let Event::Tcp(event) = event
            && !matches!(event.kind, TcpKind::Over(_))
        {
            out.emit(|out| line(out, &Tcp(event)));
        }
    }

    fn wants(&self) -> Wants {
        Wants { fields: false, websocket: WebSocketPayload::Skip, digests: self.digests, ..Wants::default() }
    }
}

/// Writes the `stats` object.
pub(crate) fn stats(summary: &Summary, output: &mut dyn Write) -> io::Result<()> {
    let mut out = Vec::new();
    line(&mut out, &Stats(summary));
    output.write_all(&out)
}

pub(super) fn line(out: &mut Vec<u8>, object: &impl Serialize) {
    // Writing to memory does not fail, and the objects have string keys only.
    if serde_json::to_writer(&mut *out, object).is_ok() {
        out.push(b'\n');
    }
}

/// Bytes from the wire as a string that maps back to exactly these bytes: UTF-8, and each byte that is not
/// part of it as U+F700 + byte; the bytes of a genuine U+F780 to U+F7FF count as invalid, too.
pub(super) struct Text<'a>(pub(super) &'a [u8]);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_reserved = |c: char| ('\u{f780}'..='\u{f7ff}').contains(&c);
        match std::str::from_utf8(self.0) {
            Ok(text) if text.is_ascii() || !text.contains(is_reserved) => serializer.serialize_str(text),
            _ => {
                let mut text = String::with_capacity(self.0.len() + 16);
                let stand_in = |byte: &u8| char::from_u32(0xf700 + u32::from(*byte)).unwrap_or('\u{fffd}');
                for chunk in self.0.utf8_chunks() {
                    for c in chunk.valid().chars() {
                        if is_reserved(c) {
                            text.extend(c.encode_utf8(&mut [0; 4]).as_bytes().iter().map(stand_in));
                        } else {
                            text.push(c);
                        }
                    }
                    text.extend(chunk.invalid().iter().map(stand_in));
                }
                serializer.serialize_str(&text)
            }
        }
    }
}

/// Nanoseconds as a number of milliseconds.
struct Millis(i64);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1_000_000 == 0 {
            serializer.serialize_i64(self.0 / 1_000_000)
        } else {
            serializer.serialize_f64(self.0 as f64 / 1e6)
        }
    }
}

pub(super) struct At(pub(super) i64);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stamp = rfc3339(self.0);
        serializer.serialize_str(std::str::from_utf8(&stamp).unwrap_or_default())
    }
}

struct Address<'a>(&'a SocketAddr);

impl Serialize for Address<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let SocketAddr::V4(address) = self.0 else { return serializer.collect_str(self.0) };
        // On the stack: at most `255.255.255.255:65535`.
        let mut text = [0; 24];
        let mut len = 0;
        let mut put = |bytes: &[u8]| {
            if let Some(slot) = text.get_mut(len..len + bytes.len()) {
                slot.copy_from_slice(bytes);
                len += bytes.len();
            }
        };
        let mut number = itoa::Buffer::new();
        for (octet, separator) in address.ip().octets().into_iter().zip([b".", b".", b".", b":"]) {
            put(number.format(octet).as_bytes());
            put(separator);
        }
        put(number.format(address.port()).as_bytes());
        serializer.serialize_str(std::str::from_utf8(text.get(..len).unwrap_or_default()).unwrap_or_default())
    }
}

struct Conn(ConnectionInfo);

impl Serialize for Conn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("id", &self.0.id)?;
        map.serialize_entry("client", &Address(&self.0.client))?;
        map.serialize_entry("server", &Address(&self.0.server))?;
        map.end()
    }
}

struct Http<'a> {
    exchange: &'a Exchange<'a>,
    bodies: &'a Bodies,
    show: Option<Show>,
    anomalies: bool,
}

impl Serialize for Http<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Http { exchange, bodies, show, anomalies } = *self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "http")?;
        map.serialize_entry("ts", &At(exchange.at()))?;
        map.serialize_entry("conn", &Conn(exchange.connection()))?;
        map.serialize_entry("index", &exchange.index())?;
        if let Some(proof) = exchange.proof() {
            map.serialize_entry("pairing", proof.name())?;
        }
        map.serialize_entry(
            "request",
            &exchange.request().map(|request| RequestObject(request, bodies.request.as_ref(), show)),
        )?;
        map.serialize_entry(
            "response",
            &exchange.response().map(|response| ResponseObject(response, bodies.response.as_ref(), show)),
        )?;
        map.serialize_entry("interim", exchange.interim())?;
        map.serialize_entry("timing", &Timing(exchange.timing()))?;
        map.serialize_entry("errors", &Errors(exchange, bodies))?;
        if anomalies && anomalies_of(exchange).next().is_some() {
            map.serialize_entry("anomalies", &Anomalies(exchange))?;
        }
        map.end()
    }
}

struct Version((u8, u8));

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            (1, 1) => serializer.serialize_str("1.1"),
            (1, 0) => serializer.serialize_str("1.0"),
            (major, minor) => serializer.collect_str(&format_args!("{major}.{minor}")),
        }
    }
}

struct Fields<I>(I);

impl<'a, I: ExactSizeIterator<Item = Field<'a>> + Clone> Serialize for Fields<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for field in self.0.clone() {
            list.serialize_element(&Pair(field))?;
        }
        list.end()
    }
}

struct Pair<'a>(Field<'a>);

impl Serialize for Pair<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element(&Text(self.0.name))?;
        pair.serialize_element(&Text(self.0.value))?;
        pair.end()
    }
}

/// The members `body` (or `body_hex`) and `body_cut`: the content as far as it is shown. Of what is no text there is no
/// `body`; of server-sent events there are `events` as well.
fn members_of_body<M: SerializeMap>(
    map: &mut M,
    body: Option<&Body>,
    show: Option<Show>,
) -> Result<(), M::Error> {
    let (Some(body), Some(show)) = (body, show) else { return Ok(()) };
    let (content, gaps) = body.shown();
    if show.hex {
        map.serialize_entry("body_hex", &Hex(content))?;
    } else {
        let kind = Kind::of(body.media_type(), content);
        if matches!(kind, Kind::Binary | Kind::Media | Kind::Grpc) {
            return Ok(());
        }
        if kind == Kind::EventStream && gaps.is_empty() {
            map.serialize_entry("events", &EventList(body))?;
        }
        let charset = body.media_type().and_then(|media_type| media_type.param("charset"));
        map.serialize_entry("body", &Text(&text::to_utf8(content, charset)))?;
    }
    if body.is_cut() || body.missing_bytes() > 0 {
        map.serialize_entry("body_cut", &true)?;
    }
    Ok(())
}

/// Two digits a byte.
struct Hex<'a>(&'a [u8]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |digit: u8| char::from_digit(digit.into(), 16).unwrap_or('0');
        let text: String = self.0.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        serializer.serialize_str(&text)
    }
}

struct RequestObject<'a>(Request<'a>, Option<&'a Body>, Option<Show>);

impl Serialize for RequestObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("method", &Text(request.method()))?;
        map.serialize_entry("target", &Text(request.target()))?;
        map.serialize_entry("version", &Version(request.version()))?;
        if let Some(host) = request.host() {
            map.serialize_entry("host", &Text(host))?;
        }
        map.serialize_entry("headers", &Fields(request.fields()))?;
        map.serialize_entry("body_bytes", &request.body_bytes())?;
        members_of_body(&mut map, self.1, self.2)?;
        map.serialize_entry("complete", &request.is_complete())?;
        map.end()
    }
}

struct ResponseObject<'a>(Response<'a>, Option<&'a Body>, Option<Show>);

impl Serialize for ResponseObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let response = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("status", &response.status())?;
        map.serialize_entry("reason", &Text(response.reason()))?;
        map.serialize_entry("version", &Version(response.version()))?;
        map.serialize_entry("headers", &Fields(response.fields()))?;
        map.serialize_entry("body_bytes", &response.body_bytes())?;
        if let Some(decoded) = self.1.and_then(Body::decoded_bytes) {
            map.serialize_entry("body_decoded_bytes", &decoded)?;
        }
        if let Some(media_type) = response.content_type() {
            let end = media_type.iter().position(|&byte| byte == b';').unwrap_or(media_type.len());
            let media_type = media_type.get(..end).unwrap_or_default().trim_ascii().to_ascii_lowercase();
            map.serialize_entry("content_type", &Text(&media_type))?;
        }
        members_of_body(&mut map, self.1, self.2)?;
        map.serialize_entry("complete", &response.is_complete())?;
        map.end()
    }
}

struct Timing(wiretrace_pipeline::Timing);

impl Serialize for Timing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let timing = self.0;
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("request_ms", &timing.request.map(Millis))?;
        map.serialize_entry("wait_ms", &timing.wait.map(Millis))?;
        map.serialize_entry("response_ms", &timing.response.map(Millis))?;
        map.serialize_entry("total_ms", &timing.total.map(Millis))?;
        for (name, part) in [("network_ms", timing.network), ("server_ms", timing.server)] {
            if let Some(nanos) = part {
                map.serialize_entry(name, &Millis(nanos))?;
            }
        }
        map.end()
    }
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

/// What is odd about the two messages, and whether it is so of the request.
pub(super) fn anomalies_of<'a>(exchange: &Exchange<'a>) -> impl Iterator<Item = (Anomaly, bool)> + use<'a> {
    let request = exchange.request().map(|request| request.anomalies()).unwrap_or_default();
    let response = exchange.response().map(|response| response.anomalies()).unwrap_or_default();
    let of_request = request.iter().map(|anomaly| (anomaly, true));
    of_request.chain(response.iter().map(|anomaly| (anomaly, false)))
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
