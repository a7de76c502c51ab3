//! One TCP segment as the caller hands it in (RFC 9293 §3.1), independent of any packet format.

use crate::{Half, Mark};
use std::fmt;

/// The control bits of a TCP header (RFC 9293 §3.1), as they stand in octets 12 and 13: FIN is bit 0.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u16);

impl Flags {
    /// No more data from the sender.
    pub const FIN: Flags = Flags(0x01);
    /// Synchronise sequence numbers.
    pub const SYN: Flags = Flags(0x02);
    /// Reset the connection.
    pub const RST: Flags = Flags(0x04);
    /// Push function.
    pub const PSH: Flags = Flags(0x08);
    /// The acknowledgement number counts.
    pub const ACK: Flags = Flags(0x10);
    /// The urgent pointer counts.
    pub const URG: Flags = Flags(0x20);

    /// Whether any bit of `other` is set.
    #[inline]
    pub const fn any(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    /// FIN is set.
    #[inline]
    pub const fn fin(self) -> bool {
        self.any(Self::FIN)
    }

    /// SYN is set.
    #[inline]
    pub const fn syn(self) -> bool {
        self.any(Self::SYN)
    }

    /// RST is set.
    #[inline]
    pub const fn rst(self) -> bool {
        self.any(Self::RST)
    }

    /// PSH is set.
    #[inline]
    pub const fn psh(self) -> bool {
        self.any(Self::PSH)
    }

    /// ACK is set.
    #[inline]
    pub const fn ack(self) -> bool {
        self.any(Self::ACK)
    }

    /// URG is set.
    #[inline]
    pub const fn urg(self) -> bool {
        self.any(Self::URG)
    }
}

impl std::ops::BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [(0x20, 'U'), (0x10, 'A'), (0x08, 'P'), (0x04, 'R'), (0x02, 'S'), (0x01, 'F')];
        let set: String = names.iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, name)| *name).collect();
        write!(f, "Flags({:#x} {set})", self.0)
    }
}

/// One segment, borrowed from the frame that carried it.
///
/// What a caller does not know stays as [`Default`] has it:
///
/// ```
/// use wiretrace_tcp::{Flags, Half, Segment};
/// let syn = Segment { half: Half::A, frame: 1, seq: 999, flags: Flags::SYN, window: 64_240, ..Segment::default() };
/// assert!(syn.payload.is_empty() && syn.options.is_empty());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Segment<'a> {
    /// Who sent it: as [`FlowKey::new`](crate::FlowKey::new) said.
    pub half: Half,
    /// The packet's time stamp in nanoseconds since the epoch. Only reported, never compared.
    pub at: i64,
    /// The capture clock in nanoseconds: it never goes back (a step back is taken as standing still), and
    /// every time-out runs on it.
    pub clock: u64,
    /// Number of the frame in the capture; that of a connection's first segment becomes its id.
    pub frame: u64,
    /// Sequence number, raw.
    pub seq: u32,
    /// Acknowledgement number, raw; counts only where `flags` has ACK.
    pub ack: u32,
    /// Control bits.
    pub flags: Flags,
    /// Window as it stands in the header, not scaled.
    pub window: u16,
    /// The payload that was captured. Whatever goes beyond `payload_len` is ignored and not counted.
    pub payload: &'a [u8],
    /// Payload length as the IP header says; the snap length cut off what `payload` lacks.
    pub payload_len: u32,
    /// The header's options as they stand there (RFC 9293 §3.1). Read on a SYN; on other segments only where a
    /// table [measures](crate::Config::measure). Empty: there are none, or they are not known.
    pub options: &'a [u8],
    /// Bytes of the IP and TCP headers, for the overhead that is counted; 0 where not known.
    pub header_len: u16,
    /// Urgent pointer; counts only where `flags` has URG. Urgent data stays in the stream (RFC 6093 §3.1).
    pub urgent: u16,
    /// What tells a copy of a packet (a mirror port, loopback seen twice) from the same bytes sent again: a caller
    /// may mix the IPv4 identification and the TCP checksum. 0: not known.
    pub ident: u32,
}

impl<'a> Segment<'a> {
    /// The captured payload, at most `payload_len` bytes of it.
    #[inline]
    pub(crate) fn captured(&self) -> &'a [u8] {
        self.payload.get(..self.payload_len as usize).unwrap_or(self.payload)
    }

    /// Time, frame and acknowledgement of this segment.
    #[inline]
    pub(crate) fn mark(&self) -> Mark {
        Mark { at: self.at, frame: self.frame, ack: if self.flags.ack() { Some(self.ack) } else { None } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_by_name() {
        let flags = Flags::SYN | Flags::ACK;
        assert!(flags.syn() && flags.ack() && !flags.fin() && !flags.rst() && !flags.psh() && !flags.urg());
        assert_eq!(format!("{flags:?}"), "Flags(0x12 AS)");
    }
}
