//! ICMPv6 (RFC 4443), with the names of neighbour discovery (RFC 4861) and multicast listener (RFC 3810)
//! messages. Eight bytes are the header, which every defined message has.

use core::fmt;

use crate::decoder::{Decoder, Next, Step};
use crate::kind::LayerKind;
use crate::layers::Class;
use crate::network::quoted::Quoted;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    d.push(LayerKind::Icmpv6, 8)?;
    Ok(Next::Done(Class::NotTcp))
}

/// View of an ICMPv6 message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmpv6Message<'f> {
    header: &'f [u8; 8],
    payload: &'f [u8],
}

impl<'f> Icmpv6Message<'f> {
    /// A view; `None` where the header has less than eight bytes.
    pub fn new(header: &'f [u8], payload: &'f [u8]) -> Option<Self> {
        Some(Icmpv6Message { header: header.first_chunk()?, payload })
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

    /// Identifier, of echo messages.
    pub fn identifier(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// Sequence number, of echo messages.
    pub fn sequence_number(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }

    /// The second four bytes as a number: the MTU of "packet too big", the pointer of "parameter problem".
    pub fn parameter(&self) -> u32 {
        u32::from_be_bytes([self.header[4], self.header[5], self.header[6], self.header[7]])
    }

    /// Target Address of neighbor solicitations and advertisements and of redirects (RFC 4861 §4.3), or the
    /// multicast address of a listener message (RFC 2710 §3).
    pub fn target_address(&self) -> Option<core::net::Ipv6Addr> {
        match self.message_type() {
            130..=132 | 135..=137 => self.payload.first_chunk::<16>().map(|&octets| octets.into()),
            _ => None,
        }
    }

    /// What stands behind the first eight bytes (the captured part).
    pub fn payload(&self) -> &'f [u8] {
        self.payload
    }

    /// The packet that an error quotes.
    pub fn quoted(&self) -> Option<Quoted> {
        match self.message_type() {
            1..=4 => Quoted::parse(self.payload),
            _ => None,
        }
    }

    /// Type and code in words.
    pub fn description(&self) -> &'static str {
        match (self.message_type(), self.code()) {
            (1, 0) => "no route to destination",
            (1, 1) => "communication administratively prohibited",
            (1, 2) => "beyond scope of source address",
            (1, 3) => "address unreachable",
            (1, 4) => "port unreachable",
            (1, _) => "destination unreachable",
            (2, _) => "packet too big",
            (3, 0) => "hop limit exceeded",
            (3, 1) => "fragment reassembly time exceeded",
            (3, _) => "time exceeded",
            (4, _) => "parameter problem",
            (128, _) => "echo request",
            (129, _) => "echo reply",
            (130, _) => "multicast listener query",
            (131, _) => "multicast listener report",
            (132, _) => "multicast listener done",
            (133, _) => "router solicitation",
            (134, _) => "router advertisement",
            (135, _) => "neighbor solicitation",
            (136, _) => "neighbor advertisement",
            (137, _) => "redirect",
            (143, _) => "multicast listener report v2",
            _ => "unknown message",
        }
    }
}

impl fmt::Display for Icmpv6Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ICMPv6 {} (type {} code {})", self.description(), self.message_type(), self.code())?;
        match (self.message_type(), self.quoted()) {
            (128 | 129, _) => write!(f, " id {} seq {}", self.identifier(), self.sequence_number()),
            (_, Some(quoted)) => write!(f, ": {quoted}"),
            (_, None) => Ok(()),
        }
    }
}
