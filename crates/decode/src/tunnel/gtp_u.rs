//! GTP-U version 1 (3GPP TS 29.281 §5): user packets (T-PDU) with sequence number and extension headers.
//!
//! Believed only where version, protocol type, message type, length and the inner packet's first four bits
//! fit. Other messages are plain UDP.

use core::fmt;

use crate::decoder::{Decoder, Next, Step};
use crate::kind::LayerKind;
use crate::tunnel::PLAIN;

const T_PDU: u8 = 0xff;
const OPTIONAL_FIELDS: u8 = 0x07;
const EXTENSION: u8 = 0x04;
/// Extension headers stepped over; more are not believed.
const MAX_EXTENSIONS: usize = 8;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::GtpU;
    let h = d.fixed::<8>(kind)?;
    let length = usize::from(u16::from_be_bytes([h[2], h[3]]));
    // Version 1, protocol type GTP.
    if h[0] >> 4 != 3 || h[1] != T_PDU || length + 8 > d.wire_len() {
        return Ok(PLAIN);
    }
    let mut len = 8;
    if h[0] & OPTIONAL_FIELDS != 0 {
        len = 12;
        let mut next = d.bytes(kind, len)?.last().copied().unwrap_or_default();
        let mut extensions = 0;
        while h[0] & EXTENSION != 0 && next != 0 {
            let units = d.bytes(kind, len + 1)?.last().copied().unwrap_or_default();
            extensions += 1;
            if units == 0 || extensions > MAX_EXTENSIONS {
                return Ok(PLAIN);
            }
            len += usize::from(units) * 4;
            next = d.bytes(kind, len)?.last().copied().unwrap_or_default();
        }
    }
    // The length counts what stands behind the first eight bytes.
    if length + 8 < len {
        return Ok(PLAIN);
    }
    match d.bytes(kind, len + 1)?.last().map(|byte| byte >> 4) {
        Some(4 | 6) => {
            d.limit(length + 8);
            d.push(kind, len)?;
            Ok(Next::Ip)
        }
        _ => Ok(PLAIN),
    }
}

/// View of a GTP-U header, without its extension headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GtpUHeader<'f> {
    header: &'f [u8; 8],
    optional: Option<&'f [u8; 4]>,
}

impl<'f> GtpUHeader<'f> {
    /// A view of the header at the start of `bytes`; `None` where it is not whole.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<8>()?;
        let optional = if header[0] & OPTIONAL_FIELDS != 0 { Some(rest.first_chunk()?) } else { None };
        Some(GtpUHeader { header, optional })
    }

    /// Version, 1.
    pub fn version(&self) -> u8 {
        self.header[0] >> 5
    }

    /// Message type; 255 is a user packet.
    pub fn message_type(&self) -> u8 {
        self.header[1]
    }

    /// Length of what stands behind the first eight bytes.
    pub fn length(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// TEID: tunnel endpoint identifier.
    pub fn teid(&self) -> u32 {
        u32::from_be_bytes([self.header[4], self.header[5], self.header[6], self.header[7]])
    }

    /// Sequence number, where the S flag is set.
    pub fn sequence_number(&self) -> Option<u16> {
        let optional = self.optional.filter(|_| self.header[0] & 0x02 != 0)?;
        Some(u16::from_be_bytes([optional[0], optional[1]]))
    }

    /// Type of the first extension header, where the E flag is set.
    pub fn next_extension_header_type(&self) -> Option<u8> {
        Some(self.optional.filter(|_| self.header[0] & EXTENSION != 0)?[3])
    }
}

impl fmt::Display for GtpUHeader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GTP-U teid {}", self.teid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header() {
        let view = GtpUHeader::new(&[0x36, 255, 0, 5, 0, 0, 0, 9, 0, 2, 0, 0x85]).unwrap();
        assert_eq!((view.to_string().as_str(), view.sequence_number()), ("GTP-U teid 9", Some(2)));
        assert_eq!(view.next_extension_header_type(), Some(0x85));
        assert!(GtpUHeader::new(&[0x36, 255, 0, 5, 0, 0, 0, 9, 0, 2, 0]).is_none());
    }
}
