//! How packets look: one line, a tree of headers, hexadecimal, or a JSON object; written into a `Vec<u8>`.
//!
//! ```
//! use wiretrace_render::{Options, Packet, PacketPrinter};
//!
//! // A raw IPv4 packet (LINKTYPE 101): a UDP datagram.
//! let data = [
//!     0x45, 0, 0, 30, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
//!     0x9c, 0x40, 0, 9, 0, 10, 0, 0, b'h', b'i',
//! ];
//! let packet = Packet { number: 1, at: 0, interface: 0, link_type: 101, wire_len: 30, data: &data };
//! let mut printer = PacketPrinter::new(Options::default(), Box::new(|_second| 0));
//! let mut out = Vec::new();
//! printer.print(&mut out, &packet);
//! assert_eq!(out, b"00:00:00.000 raw 192.0.2.1:40000 -> 192.0.2.2:9 UDP len 2\n");
//! ```
//!
//! - What comes from the wire never drives a terminal: control characters (C0, DEL, C1), characters that hide or reorder
//!   text, and bytes that are not UTF-8 are escaped, and the output is always UTF-8.
//! - Every packet has a line, and what stopped its decoding is named on it. The output for a packet is bounded by
//!   [`MAX_OUTPUT`], beside the hexadecimal form of the frame where that is asked for.
//! - Nothing is allocated per packet once the output has grown to its size; no clock is read, and the time zone comes from
//!   the caller.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

pub mod escape;
#[doc(hidden)]
pub mod fuzzing;
mod names;
pub mod number;
mod packet;
mod palette;
mod time;

pub use crate::packet::{CONNECTIONS, Detail, LINE_OUTPUT, MAX_OUTPUT, Options, Packet, PacketPrinter};
pub use crate::time::{TimeStyle, Zone, rfc3339};
