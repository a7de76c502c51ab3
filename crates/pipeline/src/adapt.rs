//! Between the rooms' words: the only file that knows the vocabularies of `decode`, `tcp` and `http` at
//! once. Shapes move, bytes do not.

use std::net::IpAddr;

use wiretrace_decode::Layers;
use wiretrace_http::Peer;
use wiretrace_tcp::{Flags, FlowKey, Half};

/// The half of a TCP connection that an HTTP peer is.
pub(crate) fn half_of(peer: Peer) -> Half {
    match peer {
        Peer::A => Half::A,
        Peer::B => Half::B,
    }
}

/// The HTTP peer that a half of a TCP connection is.
pub(crate) fn peer_of(half: Half) -> Peer {
    match half {
        Half::A => Peer::A,
        Half::B => Peer::B,
    }
}

/// One TCP segment of a block, by places in its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located {
    pub(crate) key: FlowKey,
    pub(crate) half: Half,
    pub(crate) flags: Flags,
    pub(crate) window: u16,
    /// The frame's place in its block.
    pub(crate) frame: u32,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    /// The payload: its place in the frame's bytes or, of a reassembled datagram, in the block's
    /// [`Datagrams`](crate::dispatch::Datagrams).
    pub(crate) payload: u32,
    pub(crate) captured_len: u32,
    pub(crate) wire_len: u32,
    pub(crate) reassembled: bool,
}

/// The TCP segment that `layers` found in `bytes`, if it is one.
pub(crate) fn locate(layers: &Layers, bytes: &[u8], frame: u32, base: Option<u32>) -> Option<Located> {
    let segment = layers.tcp(bytes)?;
    let ports = (segment.source_port(), segment.destination_port());
    let (key, half) = match layers.addresses(bytes)? {
        (IpAddr::V4(from), IpAddr::V4(to)) => FlowKey::from_v4(from.octets(), ports.0, to.octets(), ports.1),
        (from, to) => FlowKey::new((from, ports.0), (to, ports.1)),
    };
    let payload = layers.payload();
    Some(Located {
        key,
        half,
        flags: Flags(segment.flags().0),
        window: segment.window(),
        frame,
        seq: segment.sequence_number(),
        ack: segment.acknowledgment_number(),
        payload: payload.offset.saturating_add(base.unwrap_or(0)),
        captured_len: payload.captured_len,
        wire_len: payload.wire_len,
        reassembled: base.is_some(),
    })
}
