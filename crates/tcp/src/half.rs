//! The two halves of a connection, and what is counted for each.

use std::ops::Not;

/// One direction of a connection, named after the endpoint that sends it.
///
/// `A` is the lower of the two (address, port) pairs of the normalised [`FlowKey`](crate::FlowKey). Which
/// half is the client's may be known only later: see [`Connection::client`](crate::Connection::client).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Half {
    /// What the lower endpoint sends.
    #[default]
    A = 0,
    /// What the higher endpoint sends.
    B = 1,
}

impl Half {
    /// Both halves, in order.
    pub const BOTH: [Half; 2] = [Half::A, Half::B];

    /// 0 for `A`, 1 for `B`.
    #[inline]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl Not for Half {
    type Output = Half;

    #[inline]
    fn not(self) -> Half {
        match self {
            Half::A => Half::B,
            Half::B => Half::A,
        }
    }
}

/// What one endpoint sent. All byte counts but `header_bytes` are stream bytes (payload), not packet bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HalfStats {
    /// Segments.
    pub packets: u64,
    /// IP and TCP headers of all of them: the sum of [`Segment::header_len`](crate::Segment::header_len).
    pub header_bytes: u64,
    /// Payload of all of them, as the IP header says: retransmissions and what the snap length cut off included.
    pub bytes: u64,
    /// Stream positions that some segment carried, each once; those cut off by the snap length count as carried.
    pub unique_bytes: u64,
    pub(crate) extent: u64,
    /// Segments whose payload, or FIN, was all seen before; keep-alives and window probes aside.
    pub retransmits: u32,
    /// Segments with new payload below the highest position seen, be that a FIN's.
    pub out_of_order: u32,
    /// Segments that announce a window of zero (SYN, FIN and RST aside).
    pub zero_windows: u32,
    /// Keep-alives (RFC 9293 §3.8.4) and zero-window probes (§3.8.6.1).
    pub probes: u32,
}

impl HalfStats {
    /// Everything from the IP headers on: headers and payload of all segments.
    pub const fn wire_bytes(&self) -> u64 {
        self.header_bytes + self.bytes
    }

    /// Length of the stream as known so far: up to the FIN, or to the highest position that a segment carried.
    pub const fn stream_len(&self) -> u64 {
        self.extent
    }

    /// Positions between the stream's start and its end that no segment carried.
    ///
    /// Exact while at most [`Limits::holes_per_half`](crate::Limits::holes_per_half) holes are remembered: what
    /// fills a forgotten hole late is taken for a retransmission.
    pub const fn missing_bytes(&self) -> u64 {
        self.extent.saturating_sub(self.unique_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_is_the_other_half() {
        for half in Half::BOTH {
            assert_ne!(!half, half);
            assert_eq!(!!half, half);
            assert_eq!(half.index() + (!half).index(), 1);
        }
    }
}
