//! Geneve (RFC 8926 §3.4): version, option length in words, protocol type, identifier, options.

use core::fmt;

use nom::bytes::complete::take;
use nom::number::complete::{be_u8, be_u16};
use nom::{IResult, Parser};

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::link::ether_type;
use crate::stop::StopReason;
use crate::tunnel::PLAIN;

/// Class, type, length in words (five bits), data.
fn option(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, (_, _, len)) = (be_u16, be_u8, be_u8).parse(input)?;
    take(usize::from(len & 0x1f) * 4).parse(rest)
}

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Geneve;
    let h = d.fixed::<8>(kind)?;
    if h[0] >> 6 != 0 {
        return Ok(PLAIN);
    }
    let len = 8 + usize::from(h[0] & 0x3f) * 4;
    let mut options = d.bytes(kind, len)?.get(8..).unwrap_or_default();
    while !options.is_empty() {
        match option(options) {
            Ok((rest, _)) => options = rest,
            // The options must fill their length exactly (§3.5).
            Err(_) => return Err(fault(kind, StopReason::BadHeaderLength(len as u32))),
        }
    }
    let protocol = u16::from_be_bytes([h[2], h[3]]);
    d.push(kind, len)?;
    match protocol {
        ether_type::TRANSPARENT_ETHERNET => Ok(Next::Ethernet),
        number @ 0..=1535 => Err(fault(kind, StopReason::UnknownEtherType(number))),
        other => Ok(Next::EtherType(other)),
    }
}

/// View of a Geneve header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneveHeader<'f> {
    header: &'f [u8; 8],
    options: &'f [u8],
}

impl<'f> GeneveHeader<'f> {
    /// A view of the header at the start of `bytes`; `None` where it is not whole.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<8>()?;
        Some(GeneveHeader { header, options: rest.get(..usize::from(header[0] & 0x3f) * 4)? })
    }

    /// Version.
    pub fn version(&self) -> u8 {
        self.header[0] >> 6
    }

    /// O: a control packet.
    pub fn control(&self) -> bool {
        self.header[1] & 0x80 != 0
    }

    /// C: critical options are present.
    pub fn critical(&self) -> bool {
        self.header[1] & 0x40 != 0
    }

    /// Protocol type, an EtherType.
    pub fn protocol_type(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// VNI: virtual network identifier, 24 bits.
    pub fn vni(&self) -> u32 {
        u32::from_be_bytes([0, self.header[4], self.header[5], self.header[6]])
    }

    /// The options, not decoded.
    pub fn options(&self) -> &'f [u8] {
        self.options
    }
}

impl fmt::Display for GeneveHeader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GENEVE vni {}", self.vni())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header() {
        let view = GeneveHeader::new(&[1, 0x40, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 4]).unwrap();
        assert_eq!(
            (view.to_string().as_str(), view.critical(), view.options().len()),
            ("GENEVE vni 9", true, 4)
        );
        assert!(GeneveHeader::new(&[1, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3]).is_none());
    }
}
