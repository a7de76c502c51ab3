//! VXLAN (RFC 7348) and VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe).

use core::fmt;

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;
use crate::tunnel::PLAIN;

const VALID_IDENTIFIER: u8 = 0x08;
const NEXT_PROTOCOL: u8 = 0x04;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Vxlan;
    let h = d.fixed::<8>(kind)?;
    if h[0] & VALID_IDENTIFIER == 0 {
        return Ok(PLAIN);
    }
    d.push(kind, 8)?;
    Ok(Next::Ethernet)
}

pub(crate) fn decode_gpe(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Vxlan;
    let h = d.fixed::<8>(kind)?;
    if h[0] & VALID_IDENTIFIER == 0 {
        return Ok(PLAIN);
    }
    d.push(kind, 8)?;
    match (h[0] & NEXT_PROTOCOL != 0, h[3]) {
        (false, _) | (true, 3) => Ok(Next::Ethernet),
        (true, 1) => Ok(Next::Ip),
        (true, 2) => Ok(Next::Ipv6),
        (true, 4) => Ok(Next::Nsh),
        (true, 5) => Ok(Next::Mpls),
        (true, _) => Err(fault(kind, StopReason::UnknownPayload)),
    }
}

/// View of a VXLAN header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VxlanHeader<'f> {
    header: &'f [u8; 8],
}

impl<'f> VxlanHeader<'f> {
    /// A view of the header at the start of `bytes`; `None` below eight bytes.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        Some(VxlanHeader { header: bytes.first_chunk()? })
    }

    /// Flags; 0x08 says that the VNI is valid.
    pub fn flags(&self) -> u8 {
        self.header[0]
    }

    /// Next protocol, of VXLAN-GPE.
    pub fn next_protocol(&self) -> Option<u8> {
        (self.header[0] & NEXT_PROTOCOL != 0).then_some(self.header[3])
    }

    /// VNI: VXLAN network identifier, 24 bits.
    pub fn vni(&self) -> u32 {
        u32::from_be_bytes([0, self.header[4], self.header[5], self.header[6]])
    }
}

impl fmt::Display for VxlanHeader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VXLAN vni {}", self.vni())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header() {
        let view = VxlanHeader::new(&[0x0c, 0, 0, 3, 0, 1, 2, 0]).unwrap();
        assert_eq!((view.to_string().as_str(), view.next_protocol()), ("VXLAN vni 258", Some(3)));
    }
}
