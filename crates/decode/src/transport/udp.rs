//! UDP (RFC 768). A length of zero (jumbograms, offload) means the rest of the IP packet.

use core::fmt;

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Udp;
    let h = d.fixed::<8>(kind)?;
    let length = usize::from(u16::from_be_bytes([h[4], h[5]]));
    if (1..8).contains(&length) {
        return Err(fault(kind, StopReason::BadLength(length as u32)));
    }
    d.push(kind, 8)?;
    if length != 0 {
        d.limit(length - 8);
    }
    Ok(Next::UdpPayload(u16::from_be_bytes([h[0], h[1]]), u16::from_be_bytes([h[2], h[3]])))
}

/// View of a UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpDatagram<'f> {
    header: &'f [u8; 8],
    payload: &'f [u8],
    payload_wire_len: u32,
}

impl<'f> UdpDatagram<'f> {
    /// A view; `None` where the header has less than eight bytes.
    pub fn new(header: &'f [u8], payload: &'f [u8], payload_wire_len: u32) -> Option<Self> {
        Some(UdpDatagram { header: header.first_chunk()?, payload, payload_wire_len })
    }

    /// Source port.
    pub fn source_port(&self) -> u16 {
        u16::from_be_bytes([self.header[0], self.header[1]])
    }

    /// Destination port.
    pub fn destination_port(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Length field: header and payload, bytes.
    pub fn length(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// Checksum as captured; 0 means none was computed.
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }

    /// The captured payload.
    pub fn payload(&self) -> &'f [u8] {
        self.payload
    }

    /// Payload length on the wire, bytes.
    pub fn payload_wire_len(&self) -> u32 {
        self.payload_wire_len
    }
}

impl fmt::Display for UdpDatagram<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} UDP len {}", self.source_port(), self.destination_port(), self.payload_wire_len)
    }
}
