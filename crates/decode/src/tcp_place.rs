//! Where a frame's TCP segment lies: all of [`Layers`] that is of use once the frame is known to be TCP.

use core::net::IpAddr;

use crate::kind::LayerKind;
use crate::layers::{Class, IpVersion, Layers, addresses};
use crate::transport::tcp::TcpSegment;

/// The place of a TCP segment in its frame: offsets and lengths, 16 bytes, `Copy`; a fifth of [`Layers`], for
/// lists of segments that travel from one core to another.
///
/// The views take the frame again: the bytes given must be those that were parsed (others give meaningless values
/// or `None`, never a panic).
///
/// ```
/// use wiretrace_decode::parse;
///
/// let mut frame = vec![0x45, 0, 0, 42, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
/// frame.extend([0xc0, 0x00, 0, 80, 0, 0, 0, 7, 0, 0, 0, 9, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
/// frame.extend(b"hi");
/// let layers = parse(101, frame.len() as u32, &frame);
/// let place = layers.tcp_place().unwrap();
/// assert_eq!(place.segment(&frame), layers.tcp(&frame));
/// assert_eq!(place.ports(&frame), Some((49_152, 80)));
/// assert_eq!(place.addresses(&frame), layers.addresses(&frame));
/// assert_eq!((place.header_len(), place.identification(&frame)), (40, Some(0)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpPlace {
    payload_len: u32,
    payload_wire_len: u32,
    network: u16,
    segment: u16,
    /// Captured bytes of the TCP header: at most 60.
    header_len: u8,
    version: IpVersion,
}

const _: () = assert!(size_of::<TcpPlace>() <= 16);

impl TcpPlace {
    /// The segment.
    #[inline]
    pub fn segment<'f>(&self, frame: &'f [u8]) -> Option<TcpSegment<'f>> {
        let (header, rest) =
            frame.get(usize::from(self.segment)..)?.split_at_checked(usize::from(self.header_len))?;
        TcpSegment::new(header, rest.get(..self.payload_len as usize)?, self.payload_wire_len)
    }

    /// Bytes of the innermost IP header, with extension headers, and of the TCP header, as far as captured.
    #[inline]
    pub fn header_len(&self) -> u16 {
        self.segment.saturating_sub(self.network) + u16::from(self.header_len)
    }

    /// The Identification of the IPv4 header (RFC 791 §3.1); `None` in IPv6, whose packets bear none.
    #[inline]
    pub fn identification(&self, frame: &[u8]) -> Option<u16> {
        if self.version != IpVersion::V4 {
            return None;
        }
        let &[high, low] = frame.get(usize::from(self.network) + 4..)?.first_chunk()?;
        Some(u16::from_be_bytes([high, low]))
    }

    /// Source and destination port.
    #[inline]
    pub fn ports(&self, frame: &[u8]) -> Option<(u16, u16)> {
        let &[s0, s1, d0, d1] = frame.get(usize::from(self.segment)..)?.first_chunk()?;
        Some((u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1])))
    }

    /// Source and destination address of the innermost IP header.
    #[inline]
    pub fn addresses(&self, frame: &[u8]) -> Option<(IpAddr, IpAddr)> {
        addresses(self.version, frame.get(usize::from(self.network)..)?)
    }
}

impl Layers {
    /// The place of the TCP segment; `Some` if and only if the class is [`Class::Tcp`].
    #[inline]
    pub fn tcp_place(&self) -> Option<TcpPlace> {
        if self.class != Class::Tcp {
            return None;
        }
        let (network, last) = (self.network()?, self.last()?);
        debug_assert_eq!(last.kind, LayerKind::Tcp);
        // Offsets of layers are kept in 16 bits, and a TCP header has at most 60 bytes: nothing is lost.
        Some(TcpPlace {
            payload_len: self.payload_len,
            payload_wire_len: self.payload().wire_len,
            network: network.offset as u16,
            segment: last.offset as u16,
            header_len: self.header_len.saturating_sub(last.offset) as u8,
            version: network.version,
        })
    }
}
