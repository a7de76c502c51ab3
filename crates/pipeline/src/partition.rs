//! One partition: a fixed share of the connections, with their table, limits, time-outs and handler.

use wiretrace_capture::Block;
use wiretrace_http as http;
use wiretrace_tcp as tcp;
use wiretrace_tcp::{FlowKey, FlowTable, Half, Hint, Segment};

use crate::adapt::{self, Located, REASSEMBLED};
use crate::application::{self, Application, Http, HttpPool, Slot};
use crate::dispatch::Dispatch;
use crate::emit::Emitter;
use crate::exchange::ConnectionInfo;
use crate::handler::{Handler, Wants};
use crate::ledger::Ledger;
use crate::pairing::RecordPool;
use crate::tcp_events::{self, HeldEvents};
use crate::{Config, Counts, Limits};

/// How many segments ahead the flow table's records are fetched.
const BATCH: usize = 32;
/// So many connections of a partition end in a step at the end of the input.
const STEP: usize = 512;
/// At most this many connections' data are kept for reuse.
const MAX_APPLICATIONS: usize = 1024;
/// At most this many lists of held events are kept for reuse.
const MAX_HELD: usize = 16;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Partition<H> {
    table: FlowTable<Slot>,
    pub(crate) context: Context<H>,
}

/// Everything of a partition but its table.
#[derive(Debug)]
pub(crate) struct Context<H> {
    pub(crate) handler: H,
    pub(crate) wants: Wants,
    pub(crate) out: Emitter,
    /// The stamp of the packet at hand, or of a deadline.
    pub(crate) now: i64,
    pub(crate) ledger: Ledger,
    pub(crate) counts: Counts,
    pub(crate) limits: Limits,
    /// What the HTTP sides of all connections hold.
    pub(crate) application_bytes: u64,
    pub(crate) records: RecordPool,
    http_limits: http::Limits,
    https: HttpPool,
    #[allow(clippy::vec_box, reason = "they move between the pool and connections as boxes")]
    applications: Vec<Box<Application>>,
    #[allow(clippy::vec_box, reason = "lists move between the pool and connections as boxes")]
    held: Vec<Box<HeldEvents>>,
    at_end: bool,
}

impl<H> Context<H> {
    /// Number of the packet at hand, where there is one.
    pub(crate) fn frame(&self) -> Option<u64> {
        (self.out.deadline == u64::MAX && self.out.frame != u64::MAX).then_some(self.out.frame)
    }

    pub(crate) fn new_http(&mut self) -> Box<Http> {
        self.https.take(&self.http_limits, self.wants.websocket)
    }

    pub(crate) fn recycle_http(&mut self, state: Box<Http>) {
        self.https.give(state, &mut self.records);
    }

    pub(crate) fn new_application(&mut self) -> Box<Application> {
        self.applications.pop().unwrap_or_default()
    }

    pub(crate) fn recycle_application(&mut self, application: Box<Application>) {
        if self.applications.len() < MAX_APPLICATIONS {
            self.applications.push(application);
        }
    }

    pub(crate) fn take_held(&mut self) -> Box<HeldEvents> {
        self.held.pop().unwrap_or_default()
    }

    pub(crate) fn give_held(&mut self, mut held: Box<HeldEvents>) {
        if self.held.len() < MAX_HELD {
            held.clear();
            self.held.push(held);
        }
    }
}

/// A connection's id and ends; before it is known who is the client, the sender of the first segment is.
pub(crate) fn connection_info(connection: &tcp::Connection<Slot>) -> ConnectionInfo {
    let client = connection.client().unwrap_or_else(|| connection.first_half());
    let address = |half: Half| connection.key().endpoint(half).into();
    ConnectionInfo { id: connection.id(), client: address(client), server: address(!client) }
}

/// Loads the headers and the first bytes behind them.
#[inline]
fn load(bytes: &[u8]) {
    let line = |at: usize| bytes.get(at).copied().unwrap_or(0);
    // The loads must happen, though their result is of no use.
    std::hint::black_box(line(0) ^ line(64) ^ line(128) ^ line(192));
}

impl<H: Handler> Partition<H> {
    pub(crate) fn new(config: &Config, handler: H) -> Self {
        let wants = handler.wants();
        Self {
            table: FlowTable::new(config.tcp.clone()),
            context: Context {
                handler,
                wants,
                out: Emitter::new(),
                now: 0,
                ledger: Ledger::default(),
                counts: Counts::default(),
                limits: config.limits.clone(),
                application_bytes: 0,
                records: RecordPool::default(),
                http_limits: config.http.clone(),
                https: HttpPool::default(),
                applications: Vec::new(),
                held: Vec::new(),
                at_end: false,
            },
        }
    }

    /// Lends the partition an emitter for as long as `work` takes.
    pub(crate) fn write_to(&mut self, out: &mut Emitter, work: impl FnOnce(&mut Self)) {
        std::mem::swap(&mut self.context.out, out);
        work(self);
        std::mem::swap(&mut self.context.out, out);
    }

    /// Serves this partition's share of a block.
    pub(crate) fn run(&mut self, block: &Block, dispatch: &Dispatch, partition: usize) {
        for batch in dispatch.list(partition).chunks(BATCH) {
            let bytes = |located: &Located| match located.frame & REASSEMBLED {
                0 => block.bytes().get(located.start as usize..),
                _ => dispatch.datagrams.get(located.start as usize..),
            };
            // They lie wherever the frames do, maybe in another core's cache: all of them on their way at once.
            for located in batch {
                load(bytes(located).unwrap_or_default());
            }
            let mut keys = [None; BATCH];
            for (key, located) in keys.iter_mut().zip(batch) {
                *key = bytes(located).and_then(|bytes| adapt::key(located.place, bytes));
            }
            let mut hints = [Hint::default(); BATCH];
            self.table.warm(keys.iter().flatten().map(|(key, _)| *key), &mut hints);
            let mut hints = hints.iter();
            for (located, key) in batch.iter().zip(&keys) {
                if let (Some(key), Some(bytes)) = (key, bytes(located)) {
                    let hint = hints.next().copied().unwrap_or_default();
                    self.segment(dispatch, located, bytes, key, hint);
                }
            }
        }
        if let Some(&last) = dispatch.clock.last() {
            self.expire(dispatch, last);
        }
    }

    #[inline]
    fn segment(
        &mut self,
        dispatch: &Dispatch,
        located: &Located,
        bytes: &[u8],
        &(ref key, half): &(FlowKey, Half),
        hint: Hint,
    ) {
        self.expire(dispatch, located.clock);
        let Some(segment) = adapt::segment(located.place, bytes, half) else { return };
        let number = dispatch.first_number + u64::from(located.frame & !REASSEMBLED);
        let context = &mut self.context;
        context.now = located.at;
        context.out.frame = number;
        context.out.deadline = u64::MAX;
        let segment = Segment { at: located.at, clock: located.clock, frame: number, ..segment };
        self.table.push_hinted(hint, key, &segment, context);
    }

    /// Fires what is due at or before `clock`: each deadline before the first frame at or after it.
    #[inline]
    fn expire(&mut self, dispatch: &Dispatch, clock: u64) {
        while let Some(deadline) = self.table.next_deadline().filter(|&deadline| deadline <= clock) {
            let frame = dispatch.clock.partition_point(|&elapsed| elapsed < deadline);
            self.context.now = dispatch.stamp(frame, deadline);
            self.context.out.frame = dispatch.first_number + frame as u64;
            self.context.out.deadline = deadline;
            self.table.advance(deadline, &mut self.context);
            if self.table.next_deadline() == Some(deadline) {
                break;
            }
        }
    }

    /// The end of input: every connection up to this id ends.
    pub(crate) fn finish_up_to(&mut self, id: u64) {
        self.context.out.frame = u64::MAX;
        self.context.out.deadline = u64::MAX;
        self.context.at_end = true;
        if id == u64::MAX {
            self.table.finish(&mut self.context);
        } else {
            self.table.finish_up_to(id, &mut self.context);
        }
    }

    /// The id of the last connection of a partition's next step at the end of the input; `None` where all that are left
    /// make one.
    pub(crate) fn next_step(&mut self) -> Option<u64> {
        self.table.nth_to_finish(STEP)
    }

    /// What this partition knows of the ledger and the counts; whole only after [`finish`](Self::finish).
    pub(crate) fn totals(&self) -> (Ledger, Counts) {
        let stats = self.table.stats();
        let mut ledger = self.context.ledger;
        ledger.second_copies += stats.second_copies;
        ledger.outside_stream += stats.outside_stream;
        ledger.over_limit += stats.over_limit;
        ledger.stream += stats.stream_positions;
        ledger.delivered += stats.delivered;
        ledger.missing_capture += stats.missing_capture;
        ledger.missing_snaplen += stats.missing_snaplen;
        ledger.missing_limit += stats.missing_limit;
        ledger.missing_unknown += stats.missing_unknown;
        let mut counts = self.context.counts;
        counts.connections = stats.connections;
        counts.evicted = stats.evicted;
        counts.copied_payload_bytes = stats.copied_bytes;
        counts.tcp = *stats;
        (ledger, counts)
    }
}

impl<H: Handler> tcp::Sink<Slot> for Context<H> {
    fn event(&mut self, connection: &mut tcp::Connection<Slot>, event: tcp::Event<'_>) {
        use tcp::Event as E;
        if self.at_end {
            self.now = connection.last_at();
        }
        if self.wants.tcp_events && connection.data().holds_events() && connection.client().is_some() {
            // A late SYN said who is the client.
            tcp_events::release(self, connection);
        }
        match event {
            E::Data { half, offset, bytes, mark, segment_start } => {
                if self.wants.digests {
                    tcp_events::digests(self, connection).data(half, bytes);
                }
                application::data(self, connection, half, offset, bytes, &mark, segment_start);
            }
            E::Gap { half, offset, len, .. } => {
                if self.wants.digests {
                    tcp_events::digests(self, connection).gap(half);
                }
                if self.wants.tcp_events {
                    tcp_events::take(self, connection, &event);
                }
                application::gap(self, connection, half, offset, len);
            }
            E::Finished { half, how } => application::finished(self, connection, half, how),
            E::End(summary) => {
                application::end(self, connection);
                if self.wants.tcp_events {
                    tcp_events::end(self, connection, &summary);
                }
                application::forget(self, connection);
            }
            other => {
                if self.wants.tcp_events {
                    tcp_events::take(self, connection, &other);
                }
            }
        }
    }
}
