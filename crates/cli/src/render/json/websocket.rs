//! `websocket` objects.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use wiretrace_pipeline::{Opcode, WebSocketMessage};

use super::{At, Conn, Millis, Text};

pub(super) struct WebSocket<'a>(pub(super) &'a WebSocketMessage<'a>);

impl Serialize for WebSocket<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "websocket")?;
        map.serialize_entry("ts", &At(message.at()))?;
        map.serialize_entry("conn", &Conn(message.connection()))?;
        map.serialize_entry("dir", message.side().name())?;
        map.serialize_entry("opcode", message.opcode().name())?;
        map.serialize_entry("bytes", &message.bytes())?;
        if let Some(text) = message.text() {
            // A Close without a reason has none to show.
            if message.opcode() == Opcode::Text || !text.is_empty() {
                map.serialize_entry("text", &Text(text))?;
            }
        }
        if message.is_compressed() {
            map.serialize_entry("compressed", &true)?;
        }
        if let Some(code) = message.close_code() {
            map.serialize_entry("close_code", &code)?;
        }
        if let Some(round_trip) = message.round_trip() {
            map.serialize_entry("rtt_ms", &Millis(round_trip))?;
        }
        if let Some(subprotocol) = message.subprotocol() {
            map.serialize_entry("subprotocol", &Text(subprotocol))?;
        }
        if !message.is_complete() {
            map.serialize_entry("complete", &false)?;
        }
        if message.errors().next().is_some() {
            map.serialize_entry("errors", &MessageErrors(message))?;
        }
        if message.tolerated().next().is_some() {
            map.serialize_entry("anomalies", &message.tolerated().collect::<Vec<_>>())?;
        }
        map.end()
    }
}

struct MessageErrors<'a>(&'a WebSocketMessage<'a>);

impl Serialize for MessageErrors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (code, message) in self.0.errors() {
            list.serialize_element(&MessageError { code, message })?;
        }
        list.end()
    }
}

#[derive(Serialize)]
struct MessageError {
    code: &'static str,
    message: &'static str,
}
