//! JSON lines, by the event contract (`docs/json.md`): the handlers, and what all objects share.

mod http;
mod stats;
mod string;
mod tcp;
mod websocket;

use std::io::{self, Write};
use std::net::SocketAddr;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use wiretrace_pipeline::{
    Anomaly, ConnectionInfo, Emitter, Event, Exchange, Handler, Summary, TcpKind, Wants, WebSocketPayload,
};

use self::http::Http;
use self::stats::Stats;
pub(super) use self::string::Text;
use self::tcp::Tcp;
use self::websocket::WebSocket;
use super::time::{UtcTime, rfc3339};
use crate::bodies::{Bodies, Keeper};

/// Writes an `http` object for each exchange, and a `websocket` object for each message.
#[derive(Debug)]
pub(crate) struct Exchanges {
    bodies: Option<Keeper>,
    websocket: WebSocketPayload,
    anomalies: bool,
    time: UtcTime,
}

impl Exchanges {
    /// `anomalies`: whether they are told.
    pub(crate) fn new(bodies: Option<Keeper>, websocket: WebSocketPayload, anomalies: bool) -> Self {
        Self { bodies, websocket, anomalies, time: UtcTime::default() }
    }
}

impl Handler for Exchanges {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        let anomalies = self.anomalies;
        let time = &mut self.time;
        match event {
            Event::Exchange(exchange) => {
                let Some(keeper) = &mut self.bodies else {
                    let bodies = &Bodies::default();
                    return out.emit(|out| Http { exchange, bodies, show: None, anomalies }.write(out, time));
                };
                let bodies = keeper.exchange(exchange);
                let show = keeper.show();
                out.emit(|out| Http { exchange, bodies: &bodies, show, anomalies }.write(out, time));
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
    value(out, object);
    out.push(b'\n');
}

/// Appends what serde makes of it.
fn value(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Writing to memory does not fail, and the objects have string keys only.
    let _ = serde_json::to_writer(out, value);
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

/// Two digits a byte.
struct Hex<'a>(&'a [u8]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |digit: u8| char::from_digit(digit.into(), 16).unwrap_or('0');
        let text: String = self.0.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        serializer.serialize_str(&text)
    }
}

/// What is odd about the two messages, and whether it is so of the request.
pub(super) fn anomalies_of<'a>(exchange: &Exchange<'a>) -> impl Iterator<Item = (Anomaly, bool)> + use<'a> {
    let request = exchange.request().map(|request| request.anomalies()).unwrap_or_default();
    let response = exchange.response().map(|response| response.anomalies()).unwrap_or_default();
    let of_request = request.iter().map(|anomaly| (anomaly, true));
    of_request.chain(response.iter().map(|anomaly| (anomaly, false)))
}
