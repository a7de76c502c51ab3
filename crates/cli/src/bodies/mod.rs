//! Bodies that were asked for: kept as they come, decoded, written to files.
//!
//! One [`Keeper`] a partition sees every step of every message. Nothing here runs unless an option asks for bodies.

mod body;
mod event_times;
mod files;
mod shared;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hashbrown::HashMap;
use wiretrace_pipeline::{Exchange, Progress, ProgressStep, Trouble};

pub(crate) use body::Body;
use body::Room;
pub(crate) use shared::{Options, Shared, Show};

/// Which message: connection, whether it is a request, its number in the progress.
type Key = (u64, bool, u64);

/// Bodies of one partition that may be under way at once.
const MOST_OPEN: usize = 16_384;
/// Buffers kept for reuse.
const SPARE: usize = 32;

/// The bodies of one partition that are under way, or wait for their exchange.
#[derive(Debug)]
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    open: HashMap<Key, Body>,
    /// Bytes in the buffers of `open`.
    held: usize,
    /// Memory of the decoders in `open`.
    decoders: usize,
    spare: Vec<Vec<u8>>,
}

/// The bodies of an exchange that is over; `None` where there was none.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    pub(crate) request: Option<Body>,
    pub(crate) response: Option<Body>,
}

impl Bodies {
    /// What was wrong with the content, unless the exchange says so itself.
    pub(crate) fn troubles(&self, exchange: &Exchange<'_>) -> impl Iterator<Item = Trouble> {
        let request = self.request.as_ref().and_then(|body| body.trouble(true));
        let response = self.response.as_ref().and_then(|body| body.trouble(false));
        let known = exchange.troubles();
        request.into_iter().chain(response).filter(|trouble| !known.contains(trouble))
    }
}

impl Keeper {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::clone(shared), open: HashMap::new(), held: 0, decoders: 0, spare: Vec::new() }
    }

    /// Whether bodies are printed, and how.
    pub(crate) fn show(&self) -> Option<Show> {
        self.shared.options.show
    }

    /// Takes a step of a message. Gives its body where the message is over with it.
    pub(crate) fn step(&mut self, progress: &Progress<'_>) -> Option<&Body> {
        let key = (progress.connection.id, progress.in_request, progress.number);
        match &progress.step {
            ProgressStep::RequestHead(head) => {
                self.begin(key, Body::new(&self.shared.options, true, head.fields))
            }
            ProgressStep::ResponseHead(head) if !head.interim => {
                self.begin(key, Body::new(&self.shared.options, false, head.fields));
            }
            ProgressStep::Body(bytes) => {
                self.with(key, Some(progress.at), |body, room| body.take(bytes, room))
            }
            ProgressStep::BodyGap(len) => self.with(key, None, |body, room| body.gap(*len, room)),
            ProgressStep::End(end) => {
                if self.open.get(&key).is_some_and(Body::is_empty) {
                    self.open.remove(&key);
                } else {
                    self.with(key, None, |body, room| body.finish(end.complete, room));
                    return self.open.get(&key);
                }
            }
            _ => {}
        }
        None
    }

    fn begin(&mut self, key: Key, body: Body) {
        if self.open.len() < MOST_OPEN {
            let old = self.open.insert(key, body);
            self.held -= old.as_ref().map_or(0, Body::memory);
            self.decoders -= old.as_ref().map_or(0, Body::decoder_memory);
        } else {
            self.shared.cut();
        }
    }

    /// `at`: when the bytes at hand came.
    fn with(&mut self, key: Key, at: Option<i64>, act: impl FnOnce(&mut Body, &mut Room<'_>)) {
        // Behind the forced end of an exchange nobody is left to take a body's bytes.
        let Some(body) = self.open.get_mut(&key) else { return };
        let (connection, _, number) = key;
        let before = (body.memory(), body.decoder_memory());
        let Self { shared, held, decoders, spare, .. } = self;
        let mut room = Room { shared, held: *held, decoders: *decoders, spare, connection, number, at };
        act(body, &mut room);
        *held = *held + body.memory() - before.0;
        *decoders = *decoders + body.decoder_memory() - before.1;
    }

    /// The exchange is over: its bodies, their files in place.
    pub(crate) fn exchange(&mut self, exchange: &Exchange<'_>) -> Bodies {
        let connection = exchange.connection().id;
        let request =
            exchange.request().map(|request| (true, request.progress_number(), request.is_complete()));
        let response =
            exchange.response().map(|response| (false, response.progress_number(), response.is_complete()));
        let mut take = |message: Option<(bool, u64, bool)>| {
            let (in_request, number, complete) = message?;
            let key = (connection, in_request, number);
            self.with(key, None, |body, room| {
                body.finish(complete, room);
                body.file(exchange.index(), room);
            });
            let body = self.open.remove(&key)?;
            self.held -= body.memory();
            self.decoders -= body.decoder_memory();
            Some(body).filter(|body| !body.is_empty())
        };
        Bodies { request: take(request), response: take(response) }
    }

    /// Takes the buffers of bodies that are done with.
    pub(crate) fn recycle(&mut self, bodies: Bodies) {
        for body in [bodies.request, bodies.response].into_iter().flatten() {
            for mut buffer in body.into_buffers() {
                if self.spare.len() < SPARE && (1..=body::PIECE * 2).contains(&buffer.capacity()) {
                    buffer.clear();
                    self.spare.push(buffer);
                }
            }
        }
    }
}
