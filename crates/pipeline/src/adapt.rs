//! Between the rooms' words: the only file that knows the vocabularies of `decode`, `tcp` and `http` at
//! once. Shapes move, bytes do not.

use std::net::IpAddr;

use wiretrace_decode::TcpPlace;
use wiretrace_http::Peer;
use wiretrace_tcp::{Flags, FlowKey, Half, Segment};

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

/// One TCP segment of a block: where it lies. Small, because these travel from core to core; what it says is read
/// where it is used, off bytes that are needed there anyway.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located {
    /// The frame's place in its block.
    pub(crate) frame: u32,
    /// Of a reassembled datagram: where it begins in the block's
    /// [`datagrams`](crate::dispatch::Dispatch::datagrams). Else [`IN_FRAME`].
    pub(crate) datagram: u32,
    pub(crate) place: TcpPlace,
}

/// The segment lies in the frame itself.
pub(crate) const IN_FRAME: u32 = u32::MAX;

/// The segment at `place` in `bytes`, and the key of its connection.
#[inline]
pub(crate) fn segment<'f>(place: TcpPlace, bytes: &'f [u8]) -> Option<(FlowKey, Segment<'f>)> {
    let tcp = place.segment(bytes)?;
    let ports = (tcp.source_port(), tcp.destination_port());
    let (key, half) = match place.addresses(bytes)? {
        (IpAddr::V4(from), IpAddr::V4(to)) => FlowKey::from_v4(from.octets(), ports.0, to.octets(), ports.1),
        (from, to) => FlowKey::new((from, ports.0), (to, ports.1)),
    };
    let segment = Segment {
        half,
        at: 0,
        clock: 0,
        frame: 0,
        seq: tcp.sequence_number(),
        ack: tcp.acknowledgment_number(),
        flags: Flags(tcp.flags().0),
        window: tcp.window(),
        payload: tcp.payload(),
        payload_len: tcp.payload_wire_len(),
    };
    Some((key, segment))
}
