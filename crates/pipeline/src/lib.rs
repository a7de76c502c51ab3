//! From captured frames to paired HTTP exchanges and WebSocket messages, in order, with every byte accounted for.
//!
//! ```text
//!  Source ──▶ Block ──▶ dispatch ──▶ 64 partitions ─────────────────────▶ merge ──▶ output
//!            (borrowed   decode once,  flow table ▶ HTTP parser ▶ pairing   by frame,
//!             frames)    fragments     (borrowed bytes)        ▶ handler    connection
//! ```
//!
//! This crate is the friendly front door, and the only one that knows the four rooms
//! ([`wiretrace_capture`], [`wiretrace_decode`], [`wiretrace_tcp`], [`wiretrace_http`]). A
//! [`Handler`] gets borrowed [`Event`]s; what it writes comes out in the order of the capture, byte for
//! byte the same for any block size. Every captured byte and every stream position ends in one class of
//! the [`Ledger`].
//!
//! ```
//! use std::path::Path;
//! use wiretrace_capture::{FileOptions, FileSource, PoolConfig};
//! use wiretrace_pipeline::{Config, Emitter, Event, Handler, Pipeline};
//!
//! struct Urls;
//! impl Handler for Urls {
//!     fn event(&mut self, event: &Event<'_>, out: &mut Emitter) {
//!         let Event::Exchange(exchange) = event else { return };
//!         if let Some(request) = exchange.request() {
//!             out.emit(|line| {
//!                 line.extend_from_slice(request.target());
//!                 line.push(b'\n');
//!             });
//!         }
//!     }
//! }
//!
//! fn urls(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut source = FileSource::open(path, &FileOptions::default())?;
//!     let mut pipeline = Pipeline::new(&Config::default(), |_| Urls);
//!     let mut output = std::io::stdout().lock();
//!     pipeline.run(&mut source, PoolConfig::default(), &mut output, || false)?;
//!     pipeline.finish(&mut output)?;
//!     Ok(())
//! }
//! # assert!(urls(Path::new("no-such.pcap")).is_err());
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod adapt;
mod application;
mod checksums;
mod clock;
mod config;
mod digest;
mod dispatch;
mod emit;
mod exchange;
mod handler;
mod handover;
mod ledger;
mod pairing;
mod partition;
mod pipeline;
mod progress;
mod stats;
mod tcp_events;
mod tcp_kind;
mod threads;
mod websocket;

/// What the hand-over is made of; its model check puts loom's in their place.
mod sync {
    pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
}

pub use clock::{CaptureClock, Moment};
pub use config::{Config, Limits};
pub use emit::Emitter;
pub use exchange::{ConnectionInfo, Exchange, Proof, Request, Response, Side, Timing, Trouble};
pub use handler::{Event, Handler, Wants};
pub use ledger::Ledger;
pub use pipeline::{Pipeline, RunError};
pub use progress::{MessageEnd, Progress, ProgressStep};
pub use stats::{Counts, RunStats, Summary};
pub use tcp_kind::{TcpEnd, TcpEvent, TcpKind, TcpOpening, TcpSide};
pub use websocket::WebSocketMessage;
pub use wiretrace_decode::StopReason;
pub use wiretrace_http::{
    Anomalies, Anomaly, Coding, Field, Opcode, Peer, RequestHead, ResponseHead, UpgradeKind, Version,
    WebSocketPayload,
};
pub use wiretrace_tcp::{
    Delays, HalfMeasures, HalfStats, Handshake, Measure, Outcome, Overlap, Resend, ResendKind, Resends,
    Stats as TcpStats, SynOptions,
};

#[doc(hidden)]
pub mod fuzzing;
