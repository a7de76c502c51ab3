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

/// One TCP segment of a block: where it lies, and when it was captured. Small and alone sufficient, because these
/// travel from core to core; what the segment says is read where it is used, off bytes that are needed there anyway.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located {
    /// The frame's stamp: nanoseconds since the Unix epoch.
    pub(crate) at: i64,
    /// The capture clock's reading at it.
    pub(crate) clock: u64,
    /// The frame's place in its block, and [`REASSEMBLED`].
    pub(crate) frame: u32,
    /// Where the frame begins in the block's bytes or, of a reassembled datagram, that in the block's
    /// [`datagrams`](crate::dispatch::Dispatch::datagrams).
    pub(crate) start: u32,
    pub(crate) place: TcpPlace,
}

const _: () = assert!(size_of::<Located>() <= 40);

/// In [`Located::frame`]: the segment lies in a reassembled datagram. A block has at most 2^24 frames.
pub(crate) const REASSEMBLED: u32 = 1 << 31;

/// The key of the connection of the segment at `place` in `bytes`, and which half sent it.
#[inline]
pub(crate) fn key(place: TcpPlace, bytes: &[u8]) -> Option<(FlowKey, Half)> {
    let (from, to) = place.ports(bytes)?;
    Some(match place.addresses(bytes)? {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            FlowKey::from_v4(source.octets(), from, destination.octets(), to)
        }
        (source, destination) => FlowKey::new((source, from), (destination, to)),
    })
}

/// The segment itself, sent by that half; when it was captured is left to the caller.
#[inline]
pub(crate) fn segment(place: TcpPlace, bytes: &[u8], half: Half) -> Option<Segment<'_>> {
    let tcp = place.segment(bytes)?;
    Some(Segment {
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
        options: tcp.option_bytes(),
        header_len: place.header_len(),
        urgent: tcp.urgent_pointer(),
        // A packet that is captured twice has both again; one that is sent again has another identification or, where
        // timestamps count on, another checksum.
        ident: u32::from(place.identification(bytes).unwrap_or(0)) << 16 | u32::from(tcp.checksum()),
    })
}
