//! Tags between the Ethernet addresses and the packet: IEEE 802.1Q, 802.1ad and the older stacked
//! tags, 802.1ah, VN-Tag, FabricPath, TRILL and 802.1AE (MACsec, decoded where it only authenticates).

use core::fmt;

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::stop::StopReason;

pub(crate) fn decode(d: &mut Decoder<'_, '_>, kind: LayerKind) -> Step {
    let tag = d.fixed::<4>(kind)?;
    d.push(kind, 4)?;
    Ok(Next::EtherType(u16::from_be_bytes([tag[2], tag[3]])))
}

/// IEEE 802.1ah: flags and a 24-bit service identifier, then a whole Ethernet frame.
pub(crate) fn decode_backbone(d: &mut Decoder<'_, '_>) -> Step {
    d.push(LayerKind::BackboneTag, 4)?;
    Ok(Next::Ethernet)
}

pub(crate) fn decode_vn_tag(d: &mut Decoder<'_, '_>) -> Step {
    let tag = d.fixed::<6>(LayerKind::VnTag)?;
    d.push(LayerKind::VnTag, 6)?;
    Ok(Next::EtherType(u16::from_be_bytes([tag[4], tag[5]])))
}

/// Tree and time to live, then the Ethernet frame.
pub(crate) fn decode_fabric_path(d: &mut Decoder<'_, '_>) -> Step {
    d.push(LayerKind::FabricPath, 2)?;
    Ok(Next::Ethernet)
}

/// Version, length, one option with its value, then the type of what follows.
pub(crate) fn decode_cisco_metadata(d: &mut Decoder<'_, '_>) -> Step {
    let tag = d.fixed::<8>(LayerKind::CiscoMetadata)?;
    d.push(LayerKind::CiscoMetadata, 8)?;
    Ok(Next::EtherType(u16::from_be_bytes([tag[6], tag[7]])))
}

/// RFC 6325 §3: five bits count the words of options behind the six bytes; then an Ethernet frame.
pub(crate) fn decode_trill(d: &mut Decoder<'_, '_>) -> Step {
    let &[high, low] = d.fixed::<2>(LayerKind::Trill)?;
    let options = usize::from((high & 7) << 2 | low >> 6);
    d.push(LayerKind::Trill, 6 + options * 4)?;
    Ok(Next::Ethernet)
}

/// IEEE 802.1AE §9: TCI/AN, short length, packet number, and with the SC bit eight bytes of identifier.
/// Without the E and C bits the user data follow in clear, and a 16-byte check value ends the frame.
pub(crate) fn decode_macsec(d: &mut Decoder<'_, '_>) -> Step {
    const SC: u8 = 0x20;
    const ENCRYPTED_OR_CHANGED: u8 = 0x0c;
    let kind = LayerKind::Macsec;
    let tag = d.fixed::<6>(kind)?;
    let len = if tag[0] & SC != 0 { 14 } else { 6 };
    if tag[0] & ENCRYPTED_OR_CHANGED != 0 {
        d.push(kind, len)?;
        return Err(fault(kind, StopReason::Encrypted));
    }
    let header = d.bytes(kind, len + 2)?;
    let ether_type = header.last_chunk::<2>().copied().unwrap_or_default();
    d.push(kind, len + 2)?;
    d.limit(d.wire_len().saturating_sub(16));
    Ok(Next::EtherType(u16::from_be_bytes(ether_type)))
}

/// One 802.1Q or 802.1ad tag, without its TPID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VlanTag {
    control: u16,
    ether_type: u16,
}

impl VlanTag {
    /// The tag in the first four bytes (control information and the type behind it).
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let tag = bytes.first_chunk::<4>()?;
        Some(VlanTag {
            control: u16::from_be_bytes([tag[0], tag[1]]),
            ether_type: u16::from_be_bytes([tag[2], tag[3]]),
        })
    }

    /// Priority code point, 0 to 7.
    pub fn priority(&self) -> u8 {
        (self.control >> 13) as u8
    }

    /// Drop eligible indicator.
    pub fn drop_eligible(&self) -> bool {
        self.control & 0x1000 != 0
    }

    /// VLAN identifier, 0 to 4095.
    pub fn id(&self) -> u16 {
        self.control & 0x0fff
    }

    /// The type of what follows.
    pub fn ether_type(&self) -> u16 {
        self.ether_type
    }
}

impl fmt::Display for VlanTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vlan {} priority {}", self.id(), self.priority())?;
        if self.drop_eligible() { f.write_str(" dei") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, parse};

    #[test]
    fn fields() {
        let tag = VlanTag::new(&[0xb0, 0x64, 0x08, 0x00]).unwrap();
        assert_eq!((tag.priority(), tag.drop_eligible(), tag.id(), tag.ether_type()), (5, true, 100, 0x0800));
        assert_eq!(tag.to_string(), "vlan 100 priority 5 dei");
    }

    #[test]
    fn encrypted_macsec_is_said() {
        let mut frame = vec![0u8; 12];
        frame.extend([0x88, 0xe5, 0x2c, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0xaa, 0xbb]);
        let layers = parse(1, 0, &frame);
        assert_eq!(layers.class(), Class::NotTcp);
        assert_eq!(layers.stop().unwrap().reason, StopReason::Encrypted);
        assert_eq!(layers.header_len(), 28);
    }
}
