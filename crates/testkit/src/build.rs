//! Frames and capture files, built field by field.
//!
//! Everything returns `Vec<u8>` and is composed from the inside out: a transport header around its payload, a
//! network header around that, a link header around that. Lengths and checksums come out right unless a field
//! says otherwise, so that a test can state exactly the one thing that is wrong.
//!
//! Nothing here uses the crates under test.
//!
//! ```
//! use wiretrace_testkit::build::{Ipv4, Pcap, Tcp, ethernet, ETHERTYPE_IPV4, LINK_ETHERNET, tcp_flags};
//!
//! let (client, server) = ([192, 0, 2, 1], [198, 51, 100, 1]);
//! let segment = Tcp { seq: 1, flags: tcp_flags::ACK, ..Tcp::new(40000, 80) };
//! let packet = Ipv4::new(client, server, 6).around(&segment.around(client, server, b"GET / HTTP/1.1\r\n\r\n"));
//! let frame = ethernet(ETHERTYPE_IPV4, &packet);
//! assert_eq!(frame.len(), 14 + 20 + 20 + 18);
//!
//! let file = Pcap::new(LINK_ETHERNET).frame(1_700_000_000_000_000_000, &frame).bytes();
//! assert_eq!(file.len(), 24 + 16 + frame.len());
//! ```

mod control;
mod dns;
mod link;
mod network;
mod pcap;
mod pcapng;
mod transport;
mod tunnel;

pub use control::*;
pub use dns::*;
pub use link::*;
pub use network::*;
pub use pcap::*;
pub use pcapng::*;
pub use transport::*;
pub use tunnel::*;

/// A frame of a capture: capture time in nanoseconds since 1970, and the bytes from the link header on.
pub type Frame = (i64, Vec<u8>);

/// The sum of 16-bit words that the Internet checksum is made of (RFC 1071), not yet folded.
fn sum16(bytes: &[u8]) -> u64 {
    bytes.chunks(2).map(|pair| u64::from(pair[0]) << 8 | pair.get(1).map_or(0, |&low| u64::from(low))).sum()
}

/// The Internet checksum (RFC 1071) over several pieces, each but the last of even length.
pub fn internet_checksum(pieces: &[&[u8]]) -> u16 {
    let mut sum: u64 = pieces.iter().map(|piece| sum16(piece)).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// `parts` in one vector.
fn concat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[cfg(test)]
mod tests;
