//! ARP (RFC 826) and reverse ARP (RFC 903), over links with addresses of any length.

use core::fmt;
use core::net::Ipv4Addr;

use crate::decoder::{Decoder, Next, Step};
use crate::kind::LayerKind;
use crate::layers::Class;
use crate::link::ethernet::MacAddress;

/// The whole packet is the header; what stands behind it is padding.
pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Arp;
    let h = d.fixed::<8>(kind)?;
    let len = 8 + 2 * (usize::from(h[4]) + usize::from(h[5]));
    d.push(kind, len)?;
    d.limit(0);
    Ok(Next::Done(Class::NotTcp))
}

/// View of an ARP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArpPacket<'f> {
    fixed: &'f [u8; 8],
    addresses: &'f [u8],
}

impl<'f> ArpPacket<'f> {
    /// A view of the packet at the start of `bytes`; `None` where it is not whole.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        let (fixed, rest) = bytes.split_first_chunk::<8>()?;
        let addresses = rest.get(..2 * (usize::from(fixed[4]) + usize::from(fixed[5])))?;
        Some(ArpPacket { fixed, addresses })
    }

    /// Hardware type; 1 is Ethernet.
    pub fn hardware_type(&self) -> u16 {
        u16::from_be_bytes([self.fixed[0], self.fixed[1]])
    }

    /// Protocol type, an EtherType; 0x0800 is IPv4.
    pub fn protocol_type(&self) -> u16 {
        u16::from_be_bytes([self.fixed[2], self.fixed[3]])
    }

    /// Operation: 1 request, 2 reply, 3 and 4 the same of reverse ARP.
    pub fn operation(&self) -> u16 {
        u16::from_be_bytes([self.fixed[6], self.fixed[7]])
    }

    /// Address `index`: sender's hardware and protocol, target's hardware and protocol.
    fn address(&self, index: usize) -> &'f [u8] {
        let (hardware, protocol) = (usize::from(self.fixed[4]), usize::from(self.fixed[5]));
        let start = (index / 2) * (hardware + protocol) + (index % 2) * hardware;
        let len = if index.is_multiple_of(2) { hardware } else { protocol };
        self.addresses.get(start..start + len).unwrap_or_default()
    }

    /// Sender's hardware address.
    pub fn sender_hardware_address(&self) -> &'f [u8] {
        self.address(0)
    }

    /// Sender's protocol address.
    pub fn sender_protocol_address(&self) -> &'f [u8] {
        self.address(1)
    }

    /// Target's hardware address.
    pub fn target_hardware_address(&self) -> &'f [u8] {
        self.address(2)
    }

    /// Target's protocol address.
    pub fn target_protocol_address(&self) -> &'f [u8] {
        self.address(3)
    }
}

/// An address as text: a MAC or IPv4 address where it has that length, else hexadecimal.
struct Address<'a>(&'a [u8]);

impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Ok(octets) = <[u8; 4]>::try_from(self.0) {
            return Ipv4Addr::from(octets).fmt(f);
        }
        if let Ok(octets) = <[u8; 6]>::try_from(self.0) {
            return MacAddress(octets).fmt(f);
        }
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for ArpPacket<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sender = Address(self.sender_protocol_address());
        let target = Address(self.target_protocol_address());
        match self.operation() {
            1 => write!(f, "ARP request {target} from {sender}"),
            2 => write!(f, "ARP reply {sender} is {}", Address(self.sender_hardware_address())),
            3 => write!(f, "RARP request {}", Address(self.target_hardware_address())),
            4 => write!(f, "RARP reply {} is {target}", Address(self.target_hardware_address())),
            other => write!(f, "ARP operation {other} {sender} -> {target}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Class, parse};

    #[test]
    fn request_with_padding() {
        let mut frame = vec![0xffu8; 6];
        frame.extend([2, 0, 0, 0, 0, 1, 0x08, 0x06]);
        frame.extend([0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
        frame.resize(60, 0);
        let layers = parse(1, 60, &frame);
        assert_eq!(layers.class(), Class::NotTcp);
        assert_eq!((layers.header_len(), layers.payload().captured_len, layers.padding_len()), (42, 0, 18));
        let arp = layers.arp(&frame).unwrap();
        assert_eq!(arp.to_string(), "ARP request 10.0.0.2 from 10.0.0.1");
        assert_eq!(arp.sender_hardware_address(), [2, 0, 0, 0, 0, 1]);
    }
}
