//! Cisco discovery protocol, as its captures show it; read on demand.

use core::fmt;

use nom::bytes::complete::take;
use nom::number::complete::be_u16;
use nom::{IResult, Parser};

use crate::text::Escaped;

/// View of a CDP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CdpPacket<'f> {
    header: &'f [u8; 4],
    elements: &'f [u8],
}

/// Type, length (its own four bytes included), value.
fn element(input: &[u8]) -> IResult<&[u8], (u16, &[u8])> {
    let (rest, (number, len)) = (be_u16, be_u16).parse(input)?;
    match len.checked_sub(4) {
        Some(len) => take(len).map(|value| (number, value)).parse(rest),
        None => Err(nom::Err::Error(nom::error::make_error(input, nom::error::ErrorKind::LengthValue))),
    }
}

impl<'f> CdpPacket<'f> {
    /// A view of the packet that `bytes` are; `None` below four bytes.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        let (header, elements) = bytes.split_first_chunk()?;
        Some(CdpPacket { header, elements })
    }

    /// Version, 1 or 2.
    pub fn version(&self) -> u8 {
        self.header[0]
    }

    /// Time to live, seconds.
    pub fn time_to_live(&self) -> u8 {
        self.header[1]
    }

    /// Checksum as captured.
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Type and value of each element, up to the first that is not whole.
    pub fn elements(&self) -> impl Iterator<Item = (u16, &'f [u8])> + use<'f> {
        let mut rest = self.elements;
        core::iter::from_fn(move || {
            let (after, found) = element(rest).ok()?;
            rest = after;
            Some(found)
        })
    }

    fn value(&self, number: u16) -> Option<&'f [u8]> {
        self.elements().find(|(found, _)| *found == number).map(|(_, value)| value)
    }

    /// Device ID.
    pub fn device_id(&self) -> Option<&'f [u8]> {
        self.value(1)
    }

    /// Port ID.
    pub fn port_id(&self) -> Option<&'f [u8]> {
        self.value(3)
    }

    /// Platform.
    pub fn platform(&self) -> Option<&'f [u8]> {
        self.value(6)
    }
}

impl fmt::Display for CdpPacket<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CDP v{} ttl {}", self.version(), self.time_to_live())?;
        for (name, value) in
            [("device", self.device_id()), ("port", self.port_id()), ("platform", self.platform())]
        {
            if let Some(value) = value {
                write!(f, " {name} {}", Escaped::text(value))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements() {
        let packet = [2, 180, 0, 0, 0, 1, 0, 6, b'r', b'1', 0, 3, 0, 5, b'0', 0, 6, 0, 3];
        let view = CdpPacket::new(&packet).unwrap();
        assert_eq!(view.to_string(), "CDP v2 ttl 180 device r1 port 0");
    }
}
