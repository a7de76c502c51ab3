//! IGMP versions 1 to 3 (RFC 1112, RFC 2236, RFC 3376): the first eight bytes.

use core::fmt;
use core::net::Ipv4Addr;

use crate::decoder::{Decoder, Next, Step};
use crate::kind::LayerKind;
use crate::layers::Class;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    d.push(LayerKind::Igmp, 8)?;
    Ok(Next::Done(Class::NotTcp))
}

/// View of an IGMP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IgmpMessage<'f> {
    header: &'f [u8; 8],
    payload: &'f [u8],
}

impl<'f> IgmpMessage<'f> {
    /// A view; `None` where the header has less than eight bytes.
    pub fn new(header: &'f [u8], payload: &'f [u8]) -> Option<Self> {
        Some(IgmpMessage { header: header.first_chunk()?, payload })
    }

    /// Type field.
    pub fn message_type(&self) -> u8 {
        self.header[0]
    }

    /// Group address; in a version 3 report the field holds other things, see
    /// [`IgmpMessage::record_count`].
    pub fn group(&self) -> Ipv4Addr {
        Ipv4Addr::new(self.header[4], self.header[5], self.header[6], self.header[7])
    }

    /// Number of group records in a version 3 report, else 0.
    pub fn record_count(&self) -> u16 {
        if self.message_type() == 0x22 { u16::from_be_bytes([self.header[6], self.header[7]]) } else { 0 }
    }

    /// What stands behind the first eight bytes (the captured part).
    pub fn payload(&self) -> &'f [u8] {
        self.payload
    }

    /// The type in words.
    pub fn description(&self) -> &'static str {
        match self.message_type() {
            0x11 => "membership query",
            0x12 => "membership report v1",
            0x16 => "membership report v2",
            0x17 => "leave group",
            0x22 => "membership report v3",
            _ => "unknown message",
        }
    }
}

impl fmt::Display for IgmpMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IGMP {} ", self.description())?;
        match self.message_type() {
            0x22 => write!(f, "{} records", self.record_count()),
            _ => write!(f, "{}", self.group()),
        }
    }
}
