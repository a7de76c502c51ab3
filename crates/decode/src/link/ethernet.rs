//! Ethernet II and IEEE 802.3 (IEEE 802.3 §3, RFC 894).
//!
//! A type field up to 1500 is a length, and LLC follows; the preamble and the frame check sequence are
//! not part of a captured frame (where an FCS was captured, it is padding behind the packet).

use core::fmt;

use crate::decoder::{Decoder, Next, Step};
use crate::kind::LayerKind;

#[inline]
pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let header = d.fixed::<14>(LayerKind::Ethernet)?;
    d.push(LayerKind::Ethernet, 14)?;
    Ok(Next::EtherType(u16::from_be_bytes([header[12], header[13]])))
}

/// A 48-bit MAC address; displays as `02:00:5e:10:00:01`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MacAddress(pub [u8; 6]);

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// View of an Ethernet header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EthernetFrame<'f> {
    header: &'f [u8; 14],
}

impl<'f> EthernetFrame<'f> {
    /// A view of the header at the start of `bytes`; `None` below 14 bytes.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        Some(EthernetFrame { header: bytes.first_chunk()? })
    }

    /// Destination address.
    pub fn destination(&self) -> MacAddress {
        let h = self.header;
        MacAddress([h[0], h[1], h[2], h[3], h[4], h[5]])
    }

    /// Source address.
    pub fn source(&self) -> MacAddress {
        let h = self.header;
        MacAddress([h[6], h[7], h[8], h[9], h[10], h[11]])
    }

    /// EtherType, or an IEEE 802.3 length where it is 1500 or less.
    pub fn ether_type(&self) -> u16 {
        u16::from_be_bytes([self.header[12], self.header[13]])
    }
}

impl fmt::Display for EthernetFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} 0x{:04x}", self.source(), self.destination(), self.ether_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, StopReason, parse};

    #[test]
    fn view_and_display() {
        let bytes = [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 0x86, 0xdd];
        let view = EthernetFrame::new(&bytes).unwrap();
        assert_eq!(view.to_string(), "0a:0b:0c:0d:0e:0f -> 01:02:03:04:05:06 0x86dd");
        assert!(EthernetFrame::new(&bytes[..13]).is_none());
    }

    #[test]
    fn unknown_type_is_not_tcp_and_said() {
        let mut frame = [0u8; 60];
        frame[12..14].copy_from_slice(&0x88ccu16.to_be_bytes());
        let layers = parse(1, 60, &frame);
        assert_eq!(layers.class(), Class::NotTcp);
        assert_eq!(layers.stop().unwrap().reason, StopReason::UnknownEtherType(0x88cc));
        assert_eq!((layers.header_len(), layers.payload().captured_len), (14, 46));
    }
}
