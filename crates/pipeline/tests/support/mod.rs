//! Runs captures through the pipeline and renders everything that comes out.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test binary uses its own part of this")]

use std::io::{Cursor, Read};
use std::path::PathBuf;

use wiretrace_capture::{FileOptions, FileSource, PoolConfig, Source};
use wiretrace_pipeline::{Config, Emitter, Event, Handler, Pipeline, Summary, Wants, WebSocketPayload};
use wiretrace_testkit::split::{self, Rng};
use wiretrace_testkit::websocket;
use wiretrace_testkit::wire::Conversation;

/// Renders every event to a line that shows all of it.
pub struct Everything;

impl Handler for Everything {
    fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
        out.emit(|line| line.extend_from_slice(render(event).as_bytes()));
    }

    fn wants(&self) -> Wants {
        Wants { websocket: WebSocketPayload::Inflate, digests: true, ..Wants::default() }
    }
}

pub fn render(event: &Event<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match event {
        Event::Tcp(event) => format!("{event:?}\n"),
        Event::WebSocket(message) => format!(
            "websocket {} {:?} {} {} {} in {} {:?} {:?} {:?} {} {:?}\n",
            message.at(),
            message.connection(),
            message.side().name(),
            message.opcode().name(),
            message.bytes(),
            message.fragments(),
            message.coding(),
            text(message.payload()),
            message.close_code(),
            message.is_complete(),
            message.errors().collect::<Vec<_>>()
        ),
        Event::Exchange(exchange) => {
            let request = exchange.request().map(|request| {
                format!(
                    "{} {} {:?} host={:?} fields={:?} body={} complete={}",
                    text(request.method()),
                    text(request.target()),
                    request.version(),
                    request.host().map(text),
                    request.fields().map(|f| (text(f.name), text(f.value))).collect::<Vec<_>>(),
                    request.body_bytes(),
                    request.is_complete()
                )
            });
            let response = exchange.response().map(|response| {
                format!(
                    "{} {} {:?} fields={:?} body={} complete={}",
                    response.status(),
                    text(response.reason()),
                    response.version(),
                    response.fields().map(|f| (text(f.name), text(f.value))).collect::<Vec<_>>(),
                    response.body_bytes(),
                    response.is_complete()
                )
            });
            format!(
                "http {} {:?} #{} {:?} {request:?} {response:?} {:?} {:?} {:?}\n",
                exchange.at(),
                exchange.connection(),
                exchange.index(),
                exchange.proof(),
                exchange.interim(),
                exchange.timing(),
                exchange.troubles()
            )
        }
        _ => String::new(),
    }
}

pub struct Run {
    pub output: String,
    pub summary: Summary,
    pub error: Option<String>,
    /// The reader's own count of captured bytes.
    pub captured: u64,
}

/// Reads `reader` with blocks of `frames_per_block` frames (`None`: the default).
pub fn run_reader(reader: Box<dyn Read + Send>, config: &Config, frames_per_block: Option<usize>) -> Run {
    let mut pool = PoolConfig::default();
    if let Some(frames) = frames_per_block {
        pool.frames_per_block = frames;
    }
    let mut pipeline = Pipeline::new(config, |_| Everything);
    let mut output = Vec::new();
    let (mut error, mut captured) = (None, 0);
    match FileSource::from_reader("test".into(), reader, &FileOptions::default()) {
        Ok(mut source) => {
            if let Err(why) = pipeline.run(&mut source, pool, &mut output, || false) {
                error = Some(why.to_string());
            }
            captured = source.stats().captured_bytes;
        }
        Err(why) => error = Some(why.to_string()),
    }
    pipeline.finish(&mut output).unwrap();
    Run { output: String::from_utf8(output).unwrap(), summary: pipeline.summary(), error, captured }
}

pub fn run(capture: &[u8], frames_per_block: Option<usize>) -> Run {
    run_reader(Box::new(Cursor::new(capture.to_vec())), &Config::default(), frames_per_block)
}

/// Gives at most `size` bytes a call, like a slow pipe.
pub struct Slowly(pub Cursor<Vec<u8>>, pub usize);

impl Read for Slowly {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = buffer.len().min(self.1);
        self.0.read(&mut buffer[..len])
    }
}

/// The corpus of other people's captures; `None` (said) where there is none to be had.
pub fn corpus() -> Option<Vec<PathBuf>> {
    let Some(root) = std::env::var_os("WIRETRACE_CORPUS") else {
        eprintln!("skipped: WIRETRACE_CORPUS not set");
        return None;
    };
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = workspace.join(root);
    let index = std::fs::read_to_string(root.join("index.tsv"))
        .expect("WIRETRACE_CORPUS is set, so it must be there");
    let files: Vec<_> = index
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').nth(1))
        .map(|path| root.join(path))
        .collect();
    assert!(files.len() > 100, "the corpus is not whole: {} captures", files.len());
    Some(files)
}

/// A WebSocket conversation: a handshake, random messages of both sides in turns, and what `trouble` does between.
pub fn websocket(c: &mut Conversation, seed: u64, mut trouble: impl FnMut(&mut Conversation)) {
    let mut rng = Rng::new(seed);
    c.client(websocket::REQUEST).server(&websocket::response("permessage-deflate"));
    for _ in 0..rng.range(1, 4) {
        let (_, bytes) = websocket::direction(&mut rng, 3, true, None);
        for piece in split::random_cuts(&bytes, seed, 3_000) {
            trouble(c);
            c.client(piece);
        }
        let (_, mut bytes) = websocket::direction(&mut rng, 2, false, None);
        // "Hello", compressed.
        bytes.extend(b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00");
        trouble(c);
        c.server(&bytes);
    }
}

/// The repository's demo capture.
pub fn demo() -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo.pcap");
    std::fs::read(path).unwrap()
}
