//! Body of the fuzz target for the whole loop: it takes any bytes, runs them as a capture, and asserts what
//! must hold of any. The crate's tests run it, too.

mod capture;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Cursor;

use wiretrace_capture::{BlockBuilder, FileOptions, FileSource, Fill, PoolConfig, Source};
use wiretrace_decode::DefragmentLimits;

use wiretrace_http::ResponseHead;

use crate::{
    Config, Emitter, Event, Exchange, Handler, Limits, Measure, Outcome, Overlap, Pipeline, Progress,
    ProgressStep, RunError, Side, Summary, TcpEvent, TcpKind, Wants, WebSocketMessage, WebSocketPayload,
};

pub use capture::{DICTIONARY, from_operations};

/// Captures of more captured bytes than this are passed over: a small compressed file may hold a great deal.
const MOST_BYTES: u64 = 1 << 20;
/// The same for frames.
const MOST_FRAMES: u64 = 4096;

/// Runs the whole loop over any bytes: as a capture file where they are one that holds a frame, otherwise as
/// operations that a capture is made of (see [`from_operations`]).
///
/// # Panics
///
/// Where the output depends on the blocks or the threads, the ledger does not come out, a connection does not end exactly once,
/// or exchanges are not numbered in order, with the default limits or with tiny ones.
#[allow(clippy::missing_panics_doc, reason = "an assertion is what this function is for")]
pub fn pipeline(data: &[u8]) {
    match read(data) {
        Read::TooMuch => {}
        Read::Frames { frames: 0, .. } => {
            let file = from_operations(data);
            let Read::Frames { frames, captured } = read(&file) else { return };
            check(&file, frames, captured);
        }
        Read::Frames { frames, captured } => check(data, frames, captured),
    }
}

enum Read {
    TooMuch,
    Frames { frames: u64, captured: u64 },
}

/// Reads from memory, as from a pipe or as from a regular file.
fn source(file: &[u8], pipe: bool) -> FileSource {
    let mut options = FileOptions::default();
    options.limits.max_zstd_window_log = 20;
    FileSource::from_reader_with("input".into(), Box::new(Cursor::new(file.to_vec())), &options, pipe)
}

/// Counts what a file holds, apart from the pipeline.
fn read(file: &[u8]) -> Read {
    let mut source = source(file, true);
    let (mut frames, mut captured) = (0, 0);
    loop {
        let mut builder = BlockBuilder::detached(1 << 16, 1024);
        let fill = source.fill(&mut builder);
        for frame in builder.seal_owned().frames() {
            frames += 1;
            captured += frame.data.len() as u64;
        }
        if frames > MOST_FRAMES || captured > MOST_BYTES || source.stats().read_bytes > 4 * MOST_BYTES {
            return Read::TooMuch;
        }
        if !matches!(fill, Ok(Fill::Ready | Fill::Idle)) {
            return Read::Frames { frames, captured };
        }
    }
}

/// Everything tiny, so that a small input reaches every bound.
pub fn tiny() -> Config {
    let mut config = Config { partitions: 2, ..Config::default() };
    config.tcp.limits.connections = 4;
    config.tcp.limits.held_bytes_per_half = 1024;
    config.tcp.limits.held_bytes = 1536;
    config.tcp.limits.held_segments_per_half = 3;
    config.tcp.limits.holes_per_half = 2;
    config.tcp.limits.linger_ns = 1_000_000_000;
    config.tcp.limits.half_open_ns = Some(2_000_000_000);
    config.tcp.limits.half_closed_ns = Some(3_000_000_000);
    config.tcp.limits.idle_ns = Some(5_000_000_000);
    config.tcp.overlap = Overlap::Linux;
    config.tcp.measure = Measure::Sketch;
    config.http.head_bytes = 128;
    config.http.search_bytes = 48;
    config.http.chunk_line_bytes = 16;
    config.http.trailer_bytes = 32;
    config.http.pending_requests = 2;
    config.defragment =
        DefragmentLimits { datagrams: 2, bytes: 4096, fragments_per_datagram: 4, timeout_ns: 1_000_000_000 };
    config.limits = Limits { open_exchanges: 2, application_bytes: 100, held_events: 3, nested_datagrams: 1 };
    config
}

/// Asserts what holds for a capture file of so many frames and captured bytes.
fn check(file: &[u8], frames: u64, captured: u64) {
    // Few partitions: making 64 takes longer than most inputs.
    let mut default = Config { partitions: 3, ..Config::default() };
    default.tcp.measure = Measure::Series;
    for config in [default, tiny()] {
        // Threads cost more than all the rest: once is enough.
        let threads = if config.partitions == 3 { 2 } else { 1 };
        let (small, large) = (run(file, &config, How { threads, ..SMALL }), run(file, &config, LARGE));
        assert_eq!(lossy(&small.output), lossy(&large.output), "the output depends on blocks or threads");
        assert_eq!(small.error, large.error, "the error depends on blocks or threads");
        assert!(small.summary.blocks >= frames, "a frame a block");
        let counted = Summary { blocks: large.summary.blocks, ..small.summary.clone() };
        assert_eq!(counted, large.summary, "the counts depend on blocks or threads");
        account(&large, frames, captured, &config);

        if config.limits.open_exchanges < 1024 {
            continue;
        }
        // Who wants less gets the same exchanges (only held TCP events decide roles early, at their bound).
        let wants = Wants {
            tcp_events: false,
            fields: false,
            progress: false,
            websocket: WebSocketPayload::Skip,
            digests: false,
        };
        let less = run(file, &config, How { wants, ..LARGE });
        assert_eq!(less.summary.ledger, large.summary.ledger, "the ledger depends on what is wanted");
        assert_eq!(less.seen.keys().collect::<Vec<_>>(), exchanging(&large));
        for (id, connection) in &less.seen {
            assert_eq!(large.seen.get(id).map(|c| c.exchanges), Some(connection.exchanges));
        }
    }
}

fn exchanging(run: &Run) -> Vec<&u64> {
    run.seen.iter().filter(|(_, connection)| connection.exchanges > 0).map(|(id, _)| id).collect()
}

/// Asserts that everything is counted, once.
fn account(run: &Run, frames: u64, captured: u64, config: &Config) {
    let Run { summary, seen, .. } = run;
    let ledger = &summary.ledger;
    assert_eq!(summary.run.packets, frames);
    assert_eq!(ledger.captured, captured, "the reader's total");
    assert_eq!(ledger.captured_classes(), ledger.captured, "captured bytes: {ledger:?}");
    assert_eq!(ledger.stream_classes(), ledger.stream, "stream positions: {ledger:?}");
    assert!(ledger.is_exact());
    assert_eq!((ledger.filtered, summary.dropped), (0, 0));

    let mut sums = Seen::default();
    for (id, connection) in seen {
        assert!((1..=frames).contains(id), "an id is a frame's number");
        assert!(connection.ended, "connection {id} ends");
        assert_eq!(connection.open, [None; 2], "connection {id}: every message ends");
        let (told, reported) = (connection.progress_body_bytes, connection.body_bytes);
        // An exchange that had to leave early has told more than it is reported with.
        let early = summary.counts.exchanges_over_limit + summary.counts.application_over_limit > 0;
        assert!(told == reported || early && told > reported, "connection {id}: {told}, {reported}");
        sums.exchanges += connection.exchanges;
        sums.messages += connection.messages;
        sums.packets += connection.packets;
        sums.positions += connection.positions;
        sums.body_bytes += connection.body_bytes;
    }
    assert_eq!(summary.counts.connections, seen.len() as u64);
    assert_eq!(summary.counts.exchanges, sums.exchanges);
    assert_eq!(summary.counts.messages, sums.messages);
    assert_eq!(summary.run.segments, sums.packets, "every segment is some connection's");
    // Fewer, where a FIN lies below what came before it, or where data came behind a RST.
    assert!(sums.positions <= ledger.stream, "every position is in the ledger");
    assert!(sums.body_bytes <= ledger.exchanges, "bodies are bytes of exchanges");
    assert!(ledger.exchanges + ledger.websocket <= ledger.delivered);
    if config.limits.open_exchanges >= 1024 {
        assert_eq!(summary.counts.evicted, 0);
    }
}

/// What one run gave.
struct Run {
    output: Vec<u8>,
    error: Option<String>,
    summary: Summary,
    seen: BTreeMap<u64, Seen>,
}

/// How a capture is run.
#[derive(Clone, Copy)]
struct How {
    pool: PoolConfig,
    threads: usize,
    pipe: bool,
    wants: Wants,
}

/// A frame a block, from a regular file.
const SMALL: How = How {
    pool: PoolConfig { blocks: 1, block_bytes: 1024, frames_per_block: 1 },
    threads: 1,
    pipe: false,
    wants: Wants {
        tcp_events: true,
        fields: true,
        progress: true,
        websocket: WebSocketPayload::Inflate,
        digests: true,
    },
};

/// As most captures are run, from a pipe.
const LARGE: How = How {
    pool: PoolConfig { blocks: 16, block_bytes: 256 << 10, frames_per_block: 4096 },
    pipe: true,
    ..SMALL
};

fn run(file: &[u8], config: &Config, how: How) -> Run {
    let mut source = source(file, how.pipe);
    let config = Config { threads: how.threads, ..config.clone() };
    let mut pipeline = Pipeline::new(&config, |_| Checker {
        wants: how.wants,
        seen: BTreeMap::new(),
        bodies: BTreeMap::new(),
    });
    let mut output = Vec::new();
    let error = match pipeline.run(&mut source, how.pool, &mut output, || false) {
        Ok(()) => None,
        Err(RunError::Capture(error)) => Some(error.to_string()),
        Err(error) => panic!("a vector takes everything, and no thread fails: {error}"),
    };
    if let Err(error) = pipeline.finish(&mut output) {
        panic!("a vector takes everything: {error}");
    }
    let summary = pipeline.summary();
    let mut seen = BTreeMap::new();
    for handler in pipeline.into_handlers() {
        assert!(handler.bodies.is_empty(), "every message has its exchange: {:?}", handler.bodies);
        for (id, connection) in handler.seen {
            assert!(seen.insert(id, connection).is_none(), "connection {id} stays in its partition");
        }
    }
    Run { output, error, summary, seen }
}

/// What was seen of one connection.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    started: bool,
    exchanges: u64,
    over: bool,
    ended: bool,
    packets: u64,
    positions: u64,
    body_bytes: u64,
    messages: u64,
    /// Body bytes of the client's and the server's message at hand.
    open: [Option<u64>; 2],
    progress_body_bytes: u64,
}

/// Renders every event, and asserts what holds for each.
#[derive(Debug)]
struct Checker {
    wants: Wants,
    seen: BTreeMap<u64, Seen>,
    /// Body bytes that progress told of, by connection, kind and number of the message; until their exchange.
    bodies: BTreeMap<(u64, bool, u64), u64>,
}

impl Handler for Checker {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        let line = match event {
            Event::Exchange(exchange) => self.exchange(exchange),
            Event::Tcp(event) => self.tcp(event),
            Event::Progress(progress) => self.progress(progress),
            Event::WebSocket(message) => self.websocket(message),
        };
        out.emit(|bytes| bytes.extend_from_slice(line.as_bytes()));
    }

    fn wants(&self) -> Wants {
        self.wants
    }
}

impl Checker {
    fn tcp(&mut self, event: &TcpEvent<'_>) -> String {
        assert!(self.wants.tcp_events);
        let id = event.connection.id;
        let seen = self.seen.entry(id).or_default();
        assert_eq!(
            matches!(event.kind, TcpKind::Start { .. }),
            !seen.started,
            "it starts first, and once: {event:?}"
        );
        seen.started = true;
        assert!(!seen.ended, "behind the end of connection {id}: {event:?}");
        match event.kind {
            TcpKind::End(end) | TcpKind::Timeout(end) => {
                seen.ended = true;
                for side in [&end.client, &end.server] {
                    let flow = &side.flow;
                    seen.packets += flow.packets;
                    seen.positions += flow.unique_bytes + flow.missing_bytes();
                    assert!(flow.bytes >= flow.unique_bytes, "unique bytes were sent: {side:?}");
                    let digest = side.sha1.filter(|_| flow.stream_len() == 0);
                    assert!(
                        digest.is_none_or(|digest| digest.starts_with(&[0xda, 0x39, 0xa3])),
                        "of nothing"
                    );
                    assert!(
                        side.sha1.is_none() || flow.missing_bytes() == 0,
                        "of a stream with a hole: {side:?}"
                    );
                }
                let over = matches!(end.outcome, Outcome::Closed | Outcome::Reset | Outcome::Refused);
                assert_eq!(seen.over, over, "it was told that it is over: {end:?}");
                assert!(event.side.is_none() && event.bytes.is_none() && event.seq.is_none());
            }
            TcpKind::Start { .. } => assert!(event.side.is_none()),
            TcpKind::Over(_) => {
                assert!(!std::mem::replace(&mut seen.over, true), "it is over once: {event:?}");
            }
            TcpKind::Evicted => assert!(event.side.is_none()),
            TcpKind::Unanswered
            | TcpKind::Established(_)
            | TcpKind::DuplicateAcks { .. }
            | TcpKind::WindowOpen { .. }
            | TcpKind::RoundTrip { .. } => assert!(event.side.is_some()),
            TcpKind::Gap => assert!(event.side.is_some() && event.bytes.is_some_and(|len| len > 0)),
            _ => assert!(event.side.is_some() && event.seq.is_some()),
        }
        format!("{} {event:?}\n", event.kind.name())
    }

    fn websocket(&mut self, message: &WebSocketMessage<'_>) -> String {
        let id = message.connection().id;
        let seen = self.seen.entry(id).or_default();
        assert!(!seen.ended, "a message behind the end of connection {id}");
        seen.messages += 1;
        assert!(message.fragments() > 0, "it came in frames: {message:?}");
        assert!(message.is_complete() || message.errors().next().is_some(), "cut, and why: {message:?}");
        let kept = self.wants.websocket != WebSocketPayload::Skip || message.opcode().is_control();
        assert!(kept || message.payload().is_empty(), "not wanted: {message:?}");
        format!("websocket {message:?}\n")
    }

    fn progress(&mut self, progress: &Progress<'_>) -> String {
        use ProgressStep as S;
        assert!(self.wants.progress);
        let id = progress.connection.id;
        let seen = self.seen.entry(id).or_default();
        assert!(!seen.ended, "a message behind the end of connection {id}");
        assert!(progress.number >= 1);
        let message = (id, progress.in_request, progress.number);
        match progress.step {
            S::RequestHead(_) | S::ResponseHead(ResponseHead { interim: false, .. }) => {
                assert_eq!(progress.in_request, matches!(progress.step, S::RequestHead(_)));
                assert!(self.bodies.insert(message, 0).is_none(), "two messages of one number: {message:?}");
            }
            // Behind the forced end of its exchange a message has no number of its own.
            S::Body(bytes) => {
                self.bodies.entry(message).and_modify(|sum| *sum += bytes.len() as u64);
            }
            _ => {}
        }
        let side = usize::from(progress.side == Side::Server);
        let [client, server] = &mut seen.open;
        let open = if side == 0 { client } else { server };
        let what = match progress.step {
            S::RequestHead(_) | S::ResponseHead(_) => {
                assert!(open.is_none(), "a head before the end of the message before");
                *open = Some(0);
                "head"
            }
            S::Body(bytes) => {
                assert!(open.is_some(), "a body without a head");
                *open = open.map(|sum| sum + bytes.len() as u64);
                "body"
            }
            S::End(end) => {
                assert_eq!(*open, Some(end.body_bytes), "the body's bytes, each once");
                seen.progress_body_bytes += end.body_bytes;
                *open = None;
                "end"
            }
            S::BodyGap(_) | S::Trailers(_) => {
                assert!(open.is_some());
                "part"
            }
            _ => "other",
        };
        let len = if let S::Body(bytes) = progress.step { bytes.len() } else { 0 };
        format!("progress {id} {} #{} {what} {len}\n", progress.at, progress.number)
    }

    fn exchange(&mut self, exchange: &Exchange<'_>) -> String {
        let id = exchange.connection().id;
        let seen = self.seen.entry(id).or_default();
        assert!(!seen.ended, "an exchange behind the end of connection {id}");
        if self.wants.progress {
            let request =
                exchange.request().map(|message| (true, message.progress_number(), message.body_bytes()));
            let response =
                exchange.response().map(|message| (false, message.progress_number(), message.body_bytes()));
            for (in_request, number, bytes) in request.into_iter().chain(response) {
                let told = self.bodies.remove(&(id, in_request, number));
                assert_eq!(
                    told,
                    Some(bytes),
                    "connection {id}, message {number}: progress told of these bytes"
                );
            }
        }
        assert!(seen.started || !self.wants.tcp_events, "an exchange before the start of connection {id}");
        seen.exchanges += 1;
        assert_eq!(exchange.index(), seen.exchanges, "connection {id}: exchanges come in order of index");
        let (request, response) = (exchange.request(), exchange.response());
        assert!(request.is_some() || response.is_some(), "an exchange of nothing");
        assert_eq!(exchange.proof().is_some(), request.is_some() && response.is_some());
        let timing = exchange.timing();
        assert_eq!(timing.total.is_some(), request.is_some() && response.is_some());
        assert_eq!(timing.network.is_some(), timing.server.is_some());
        if let (Some(network), Some(server)) = (timing.network, timing.server) {
            assert!(network >= 0 && server >= 0 && timing.wait == Some(network + server), "{timing:?}");
        }
        assert!(exchange.interim().iter().all(|status| (100..200).contains(status) && *status != 101));

        let mut line = format!(
            "exchange {:?} #{} at {} {:?} {:?}",
            exchange.connection(),
            exchange.index(),
            exchange.at(),
            exchange.proof(),
            timing
        );
        let mut fields = 0;
        if let Some(request) = request {
            seen.body_bytes += request.body_bytes();
            assert!(!request.method().is_empty());
            let head = (request.method().escape_ascii(), request.target().escape_ascii(), request.version());
            let host = request.host().map(|host| host.escape_ascii().to_string());
            let _ = write!(line, " > {} {} {:?} host {host:?}", head.0, head.1, head.2);
            for field in request.fields() {
                let _ = write!(line, " [{}: {}]", field.name.escape_ascii(), field.value.escape_ascii());
                fields += 1;
            }
            let _ = write!(line, " {} {}", request.body_bytes(), request.is_complete());
        }
        if let Some(response) = response {
            seen.body_bytes += response.body_bytes();
            assert!(response.status() < 1000);
            let head = (response.status(), response.reason().escape_ascii(), response.version());
            let kind = response.content_type().map(|kind| kind.escape_ascii().to_string());
            let _ = write!(line, " < {} {} {:?} type {kind:?}", head.0, head.1, head.2);
            for field in response.fields() {
                let _ = write!(line, " [{}: {}]", field.name.escape_ascii(), field.value.escape_ascii());
                fields += 1;
            }
            let _ = write!(line, " {} {}", response.body_bytes(), response.is_complete());
        }
        assert!(self.wants.fields || fields == 0, "fields that nobody wanted");
        for trouble in exchange.troubles() {
            let _ = write!(line, " ! {} {trouble}", trouble.code);
        }
        let _ = writeln!(line, " interim {:?}", exchange.interim());
        line
    }
}

/// As text that shows in a failure what differs.
fn lossy(output: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(output)
}
