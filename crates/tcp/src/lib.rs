//! Passive TCP: what a connection says, seen from the middle.
//!
//! A [`FlowTable`] takes the segments of many connections in the order in which they were captured, and tells a
//! [`Sink`] of each connection's bytes, in order and once, and of what is odd about them.
//!
//! ```text
//! (FlowKey, Segment<'_>) --> FlowTable: which connection?       --> Connection<D>
//!                            half A / half B: which positions?   |
//!                              next expected  -------------------+--> Event::Data    (borrowed, no copy)
//!                              ahead: held, copied, bounded -----+--> Event::Data    (when its turn comes)
//!                              never comes: given up ------------+--> Event::Gap
//!                              seen before, odd, over -----------+--> Event::Retransmit, .., End
//! ```
//!
//! Sans-IO: no clock is read, nothing is sent, no thread started. Time comes in with each segment, and by
//! [`FlowTable::advance`]. Checksums are not looked at; nothing is known of IP or of any packet format.
//!
//! - Where two segments carry the same position, the byte that was captured first counts.
//! - A hole is given up when the other side acknowledged it and a little time has passed, at a bound of
//!   [`Limits`], or at the end: bytes are never made up.
//!   Receivers that decide otherwise, while both copies wait behind a hole, are modelled by [`Overlap`].
//! - What the receiver will not have taken does not count against what it will: a RST outside its window (RFC 5961)
//!   ends nothing, a segment behind its window yields to any other copy.
//! - Everything is counted: [`Stats`] has the two sums that must come out.
//! - With [`Config::measure`]: round trips, bytes in flight, windows, the kinds of retransmissions
//!   ([`HalfMeasures`]).
//! - RFC 9293 (TCP), RFC 7323 (window scaling, timestamps), RFC 5681, 6298, 8985 (why something is sent again).
//!
//! ```
//! use wiretrace_tcp::{Connection, Event, Flags, FlowKey, FlowTable, Limits, Segment, from_fn};
//!
//! let (client, server) = (("192.0.2.7".parse().unwrap(), 50_000), ("192.0.2.1".parse().unwrap(), 80));
//! let mut seen = Vec::new();
//! let mut sink = from_fn(|_: &mut Connection<()>, event: Event<'_>| {
//!     if let Event::Data { bytes, .. } = event {
//!         seen.extend_from_slice(bytes);
//!     }
//! });
//! let mut table = FlowTable::new(Limits::default());
//! for (frame, seq, payload) in [(1, 1000, "GET "), (2, 1009, "P/1.1"), (3, 1004, "/ HTT")] {
//!     let (key, half) = FlowKey::new(client, server);
//!     let (at, clock, payload) = (0, 0, payload.as_bytes());
//!     let (flags, window, payload_len) = (Flags::ACK, 1000, payload.len() as u32);
//!     let segment = Segment { half, at, clock, frame, seq, ack: 1, flags, window, payload, payload_len, ..Segment::default() };
//!     table.push(&key, &segment, &mut sink);
//! }
//! table.finish(&mut sink);
//! assert_eq!(table.stats().copied_bytes, 5);
//! assert_eq!(seen, b"GET / HTTP/1.1");
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod config;
mod connection;
mod deliver;
mod early;
mod elder;
mod event;
mod extra;
#[doc(hidden)]
pub mod fuzzing;
mod half;
mod held;
mod holes;
mod idle;
mod index;
mod key;
mod limits;
mod measure;
mod pages;
mod raises;
mod reassembler;
mod records;
mod segment;
mod seq;
mod state;
mod stats;
mod syn;
mod table;
mod timers;

pub use config::{Config, Measure, Overlap};
pub use connection::Connection;
pub use event::{
    Event, Finish, FromFn, GapCause, Handshake, Mark, Outcome, Reason, Resend, ResendKind, Sink, Summary,
    from_fn,
};
pub use half::{Half, HalfStats};
pub use key::FlowKey;
pub use limits::Limits;
pub use measure::{Acknowledgements, Delays, HalfMeasures, Resends};
pub use segment::{Flags, Segment};
pub use stats::Stats;
pub use syn::SynOptions;
pub use table::{FlowTable, Hint};
