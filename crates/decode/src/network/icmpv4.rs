//! ICMP (RFC 792). Eight bytes are the header; an error quotes the packet that caused it in its payload, which
//! never counts as a packet of its own.

use core::fmt;

use crate::decoder::{Decoder, Next, Step};
use crate::kind::LayerKind;
use crate::layers::Class;
use crate::network::quoted::Quoted;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    d.push(LayerKind::Icmp, 8)?;
    Ok(Next::Done(Class::NotTcp))
}

/// View of an ICMP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmpv4Message<'f> {
    header: &'f [u8; 8],
    payload: &'f [u8],
}

impl<'f> Icmpv4Message<'f> {
    /// A view; `None` where the header has less than eight bytes.
    pub fn new(header: &'f [u8], payload: &'f [u8]) -> Option<Self> {
        Some(Icmpv4Message { header: header.first_chunk()?, payload })
    }

    /// Type field.
    pub fn message_type(&self) -> u8 {
        self.header[0]
    }

    /// Code field.
    pub fn code(&self) -> u8 {
        self.header[1]
    }

    /// Checksum as captured.
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Identifier, of echo and the other queries.
    pub fn identifier(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// Sequence number, of echo and the other queries; the next-hop MTU of "fragmentation needed".
    pub fn sequence_number(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }

    /// The four bytes behind the checksum: a gateway, a pointer, an MTU, or identifier and sequence number.
    pub fn rest_of_header(&self) -> [u8; 4] {
        [self.header[4], self.header[5], self.header[6], self.header[7]]
    }

    /// What stands behind the first eight bytes (the captured part).
    pub fn payload(&self) -> &'f [u8] {
        self.payload
    }

    /// The packet that an error quotes.
    pub fn quoted(&self) -> Option<Quoted> {
        match self.message_type() {
            3 | 4 | 5 | 11 | 12 => Quoted::parse(self.payload),
            _ => None,
        }
    }

    /// Type and code in words.
    pub fn description(&self) -> &'static str {
        match (self.message_type(), self.code()) {
            (0, _) => "echo reply",
            (3, 0) => "network unreachable",
            (3, 1) => "host unreachable",
            (3, 2) => "protocol unreachable",
            (3, 3) => "port unreachable",
            (3, 4) => "fragmentation needed",
            (3, 5) => "source route failed",
            (3, 6) => "destination network unknown",
            (3, 7) => "destination host unknown",
            (3, 9) => "network administratively prohibited",
            (3, 10) => "host administratively prohibited",
            (3, 11) => "network unreachable for type of service",
            (3, 12) => "host unreachable for type of service",
            (3, 13) => "communication administratively prohibited",
            (3, _) => "destination unreachable",
            (4, _) => "source quench",
            (5, _) => "redirect",
            (8, _) => "echo request",
            (9, _) => "router advertisement",
            (10, _) => "router solicitation",
            (11, 0) => "time to live exceeded",
            (11, 1) => "fragment reassembly time exceeded",
            (11, _) => "time exceeded",
            (12, _) => "parameter problem",
            (13, _) => "timestamp request",
            (14, _) => "timestamp reply",
            (15, _) => "information request",
            (16, _) => "information reply",
            (17, _) => "address mask request",
            (18, _) => "address mask reply",
            (42, _) => "extended echo request",
            (43, _) => "extended echo reply",
            _ => "unknown message",
        }
    }
}

impl fmt::Display for Icmpv4Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ICMP {} (type {} code {})", self.description(), self.message_type(), self.code())?;
        match (self.message_type(), self.quoted()) {
            (0 | 8, _) => write!(f, " id {} seq {}", self.identifier(), self.sequence_number()),
            (_, Some(quoted)) => write!(f, ": {quoted}"),
            (_, None) => Ok(()),
        }
    }
}
