//! IPv6 (RFC 8200).
//!
//! A payload length of zero is either a jumbogram (RFC 2675: the length stands in a hop-by-hop option) or a
//! packet captured before segmentation offload; both are bounded by the frame.

use core::fmt;
use core::net::Ipv6Addr;

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;

#[inline]
pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Ipv6;
    let h = d.fixed::<40>(kind)?;
    if h[0] >> 4 != 6 {
        return Err(fault(kind, StopReason::BadVersion(h[0] >> 4)));
    }
    d.push_network(kind, 40)?;
    let payload_len = usize::from(u16::from_be_bytes([h[4], h[5]]));
    if payload_len != 0 {
        d.limit(payload_len);
    }
    Ok(Next::IpProtocol(h[6]))
}

/// View of the fixed IPv6 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6Packet<'f> {
    header: &'f [u8; 40],
}

impl<'f> Ipv6Packet<'f> {
    /// A view of the header at the start of `bytes`; `None` where it is not whole or is no IPv6.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<40>()?;
        (header[0] >> 4 == 6).then_some(Ipv6Packet { header })
    }

    fn address(&self, at: usize) -> Ipv6Addr {
        let octets = self.header.get(at..).and_then(|rest| rest.first_chunk::<16>());
        Ipv6Addr::from(*octets.unwrap_or(&[0; 16]))
    }

    /// Traffic class.
    pub fn traffic_class(&self) -> u8 {
        self.header[0] << 4 | self.header[1] >> 4
    }

    /// Flow label, 20 bits.
    pub fn flow_label(&self) -> u32 {
        u32::from_be_bytes([0, self.header[1] & 0x0f, self.header[2], self.header[3]])
    }

    /// Payload Length field, bytes; 0 in jumbograms and before segmentation offload.
    pub fn payload_length(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// Next Header of the fixed header.
    pub fn next_header(&self) -> u8 {
        self.header[6]
    }

    /// Hop limit.
    pub fn hop_limit(&self) -> u8 {
        self.header[7]
    }

    /// Source address.
    pub fn source(&self) -> Ipv6Addr {
        self.address(8)
    }

    /// Destination address.
    pub fn destination(&self) -> Ipv6Addr {
        self.address(24)
    }
}

impl fmt::Display for Ipv6Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} -> {} next {} len {} hop limit {}",
            self.source(),
            self.destination(),
            self.next_header(),
            self.payload_length(),
            self.hop_limit()
        )
    }
}
