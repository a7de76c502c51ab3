//! Requests that wait for their answer, said on standard error after a moment: in the form of a line an exchange they
//! would be silent until the connection ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wiretrace_pipeline::{Emitter, Event, Handler, Progress, ProgressStep, Side, TcpKind, Wants};

use crate::messages::say;
use crate::render::{escape, number};

/// After so long without a response's head a request is said to wait.
const MOMENT: Duration = Duration::from_secs(3);
/// No more than one such message in this time.
const PACE: Duration = Duration::from_secs(1);
/// So many requests are watched at a time; those beyond are not.
const MOST: usize = 4096;

/// The requests that wait, shared by all handlers and whoever looks at the clock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// By connection and number of the exchange; forgotten once said.
    open: BTreeMap<(u64, u64), Request>,
    said_at: Option<Instant>,
}

#[derive(Debug)]
struct Request {
    since: Instant,
    text: String,
}

impl Waiting {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says which request has waited for long, if it is time.
    pub(crate) fn look(&self, now: Instant) {
        if let Some(line) = self.due(now) {
            say(&line);
        }
    }

    fn due(&self, now: Instant) -> Option<String> {
        let mut state = self.state();
        if state.said_at.is_some_and(|said| now.duration_since(said) < PACE) {
            return None;
        }
        let oldest = state.open.iter().min_by_key(|(_, request)| request.since)?;
        let (&key, waited) = (oldest.0, now.duration_since(oldest.1.since));
        if waited < MOMENT {
            return None;
        }
        let Request { text, .. } = state.open.remove(&key)?;
        state.said_at = Some(now);
        let others =
            state.open.values().filter(|request| now.duration_since(request.since) >= MOMENT).count();
        let more = match others {
            0 => String::new(),
            1 => ", and one more request".into(),
            many => format!(", and {many} more requests"),
        };
        Some(format!("no answer yet after {} s: {text}{more}", waited.as_secs()))
    }

    fn take(&self, progress: &Progress<'_>) {
        let key = (progress.connection.id, progress.number);
        match (&progress.step, progress.side) {
            (ProgressStep::RequestHead(head), _) => {
                let mut state = self.state();
                if state.open.len() < MOST {
                    let mut text = Vec::new();
                    number::address(&mut text, &progress.connection.client);
                    text.extend_from_slice(b" -> ");
                    number::address(&mut text, &progress.connection.server);
                    text.push(b' ');
                    escape::text(&mut text, head.method);
                    text.push(b' ');
                    escape::text(&mut text, head.target.get(..200).unwrap_or(head.target));
                    let text = String::from_utf8_lossy(&text).into_owned();
                    state.open.insert(key, Request { since: Instant::now(), text });
                }
            }
            (ProgressStep::ResponseHead(head), Side::Server) if !head.interim => {
                self.state().open.remove(&key);
            }
            _ => {}
        }
    }

    fn forget(&self, connection: u64) {
        let mut state = self.state();
        while let Some((&key, _)) = state.open.range((connection, 0)..=(connection, u64::MAX)).next() {
            state.open.remove(&key);
        }
    }
}

/// A handler, watched for requests without an answer where that is wanted.
#[derive(Debug)]
pub(crate) struct Awaiting<H> {
    handler: H,
    waiting: Option<Waiting>,
    own: Wants,
}

impl<H: Handler> Awaiting<H> {
    pub(crate) fn new(handler: H, waiting: Option<Waiting>) -> Self {
        let own = handler.wants();
        Self { handler, waiting, own }
    }
}

impl<H: Handler> Handler for Awaiting<H> {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        let Some(waiting) = &self.waiting else { return self.handler.event(event, out) };
        let wanted = match event {
            Event::Progress(progress) => {
                waiting.take(progress);
                self.own.progress
            }
            Event::Tcp(event) => {
                if matches!(event.kind, TcpKind::End(_) | TcpKind::Timeout(_) | TcpKind::Over(_)) {
                    waiting.forget(event.connection.id);
                }
                self.own.tcp_events
            }
            _ => true,
        };
        if wanted {
            self.handler.event(event, out);
        }
    }

    fn wants(&self) -> Wants {
        match self.waiting {
            Some(_) => Wants { progress: true, tcp_events: true, ..self.own },
            None => self.own,
        }
    }
}

#[cfg(test)]
mod tests {
    use wiretrace_pipeline::{ConnectionInfo, RequestHead};

    use super::*;

    fn request(id: u64, number: u64, target: &[u8]) -> Progress<'_> {
        let (client, server) = (([192, 0, 2, 1], 1000).into(), ([192, 0, 2, 2], 80).into());
        let head = RequestHead {
            peer: wiretrace_pipeline::Peer::A,
            method: b"GET",
            target,
            version: wiretrace_pipeline::Version { major: 1, minor: 1 },
            fields: &[],
            head: b"",
            complete: true,
        };
        Progress {
            at: 0,
            connection: ConnectionInfo { id, client, server },
            side: Side::Client,
            in_request: true,
            number,
            step: ProgressStep::RequestHead(head),
        }
    }

    #[test]
    fn the_oldest_is_said_first_once_and_not_too_often() {
        let waiting = Waiting::default();
        waiting.take(&request(7, 1, b"/one"));
        waiting.take(&request(3, 1, b"/two\x1b"));
        waiting.take(&request(9, 1, b"/three"));
        waiting.forget(9);
        let now = Instant::now();
        assert_eq!(waiting.due(now), None, "a moment first");
        let later = now + MOMENT;
        let first = waiting.due(later).unwrap();
        assert_eq!(
            first,
            "no answer yet after 3 s: 192.0.2.1:1000 -> 192.0.2.2:80 GET /one, and one more request"
        );
        assert_eq!(waiting.due(later), None);
        let second = waiting.due(later + PACE).unwrap();
        assert!(second.ends_with("GET /two\\x1b"), "{second}");
        assert_eq!(waiting.due(later + PACE * 2), None);
    }
}
