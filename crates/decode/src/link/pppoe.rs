//! PPP over Ethernet (RFC 2516 §4).

use core::fmt;

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::layers::Class;
use crate::link::ether_type::PPPOE_DISCOVERY;
use crate::stop::StopReason;

/// Version and type, code, session, length; in the session stage PPP follows, without HDLC framing.
pub(crate) fn decode(d: &mut Decoder<'_, '_>, ether_type: u16) -> Step {
    let kind = LayerKind::Pppoe;
    let header = d.fixed::<6>(kind)?;
    if header[0] != 0x11 {
        return Err(fault(kind, StopReason::BadVersion(header[0])));
    }
    d.push(kind, 6)?;
    d.limit(usize::from(u16::from_be_bytes([header[4], header[5]])));
    // A session frame has code 0.
    if ether_type == PPPOE_DISCOVERY || header[1] != 0 {
        return Ok(Next::Done(Class::NotTcp));
    }
    Ok(Next::Ppp)
}

/// View of a PPPoE header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PppoeHeader<'f> {
    header: &'f [u8; 6],
}

impl<'f> PppoeHeader<'f> {
    /// A view of the header at the start of `bytes`; `None` below six bytes.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        Some(PppoeHeader { header: bytes.first_chunk()? })
    }

    /// VER, 1.
    pub fn version(&self) -> u8 {
        self.header[0] >> 4
    }

    /// TYPE, 1.
    pub fn header_type(&self) -> u8 {
        self.header[0] & 0x0f
    }

    /// CODE; 0 in the session stage.
    pub fn code(&self) -> u8 {
        self.header[1]
    }

    /// The code's name (RFC 2516 appendix A).
    pub fn code_name(&self) -> &'static str {
        match self.code() {
            0x00 => "session",
            0x07 => "PADO",
            0x09 => "PADI",
            0x19 => "PADR",
            0x65 => "PADS",
            0xa7 => "PADT",
            _ => "unknown",
        }
    }

    /// SESSION_ID.
    pub fn session_id(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// LENGTH of what follows, bytes.
    pub fn length(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }
}

impl fmt::Display for PppoeHeader<'_> {
    /// `PPPoE session 5`, `PPPoE PADI`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PPPoE {}", self.code_name())?;
        if self.session_id() != 0 { write!(f, " {}", self.session_id()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header() {
        let view = PppoeHeader::new(&[0x11, 0, 0, 5, 0, 9]).unwrap();
        assert_eq!((view.to_string().as_str(), view.length()), ("PPPoE session 5", 9));
        assert_eq!(PppoeHeader::new(&[0x11, 9, 0, 0, 0, 4]).unwrap().to_string(), "PPPoE PADI");
    }
}
