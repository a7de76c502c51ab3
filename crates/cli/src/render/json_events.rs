//! Server-sent events as JSON.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use wiretrace_content::events;

use super::json::{At, Text};
use crate::bodies::Body;

/// The events of a body, as far as it is shown.
pub(super) struct EventList<'a>(pub(super) &'a Body);

impl Serialize for EventList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for event in events::events(self.0.shown().0) {
            list.serialize_element(&One(&event, self.0.event_time(event.end)))?;
        }
        list.end()
    }
}

struct One<'a>(&'a events::Event<'a>, Option<i64>);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let One(event, at) = self;
        let mut map = serializer.serialize_map(None)?;
        if let Some(at) = at {
            map.serialize_entry("ts", &At(*at))?;
        }
        for (name, value) in [("event", event.kind), ("id", event.id), ("retry", event.retry)] {
            if let Some(value) = value {
                map.serialize_entry(name, &Text(value))?;
            }
        }
        for (name, lines) in [("data", &event.data), ("comment", &event.comments)] {
            if !lines.is_empty() {
                map.serialize_entry(name, &Text(&lines.join(&b'\n')))?;
            }
        }
        if !event.complete {
            map.serialize_entry("complete", &false)?;
        }
        map.end()
    }
}
