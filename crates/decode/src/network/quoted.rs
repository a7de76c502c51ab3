//! The packet that an ICMP error quotes (RFC 792, RFC 4443 §2.4): which flow the error is about.

use core::fmt;
use core::net::{IpAddr, SocketAddr};

use crate::network::ipv4::Ipv4Packet;
use crate::network::ipv6::Ipv6Packet;

/// What an ICMP error tells of the packet that caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// Sender of the quoted packet.
    pub source: IpAddr,
    /// Its receiver.
    pub destination: IpAddr,
    /// Its IP protocol (IPv6: the last next header that could be reached).
    pub protocol: u8,
    /// Source and destination port, of TCP, UDP and SCTP, where that much was quoted.
    pub ports: Option<(u16, u16)>,
    /// Sequence number, of TCP, where that much was quoted.
    pub sequence_number: Option<u32>,
}

/// Extension headers that are stepped over in a quoted IPv6 packet.
const MAX_EXTENSIONS: usize = 8;

impl Quoted {
    /// Reads the packet that begins `bytes`; `None` where its IP header is not whole.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Quoted> {
        match bytes.first()? >> 4 {
            4 => {
                let ip = Ipv4Packet::new(bytes)?;
                let first = ip.fragment_offset() == 0;
                let rest = bytes.get(ip.header_len()..).filter(|_| first).unwrap_or_default();
                Some(Quoted::new(ip.source().into(), ip.destination().into(), ip.protocol(), rest))
            }
            6 => {
                let ip = Ipv6Packet::new(bytes)?;
                let (protocol, rest) = skip_extensions(ip.next_header(), bytes.get(40..)?);
                Some(Quoted::new(ip.source().into(), ip.destination().into(), protocol, rest))
            }
            _ => None,
        }
    }

    fn new(source: IpAddr, destination: IpAddr, protocol: u8, rest: &[u8]) -> Quoted {
        let ports = match (protocol, rest.first_chunk::<4>()) {
            (6 | 17 | 132, Some(&[a, b, c, d])) => {
                Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
            }
            _ => None,
        };
        let sequence_number = match (protocol, rest.first_chunk::<8>()) {
            (6, Some(&[.., a, b, c, d])) => Some(u32::from_be_bytes([a, b, c, d])),
            _ => None,
        };
        Quoted { source, destination, protocol, ports, sequence_number }
    }
}

fn skip_extensions(mut next: u8, mut rest: &[u8]) -> (u8, &[u8]) {
    for _ in 0..MAX_EXTENSIONS {
        let Some(&[following, units]) = rest.first_chunk::<2>() else { break };
        let len = match next {
            0 | 43 | 60 | 135 | 139 | 140 => 8 + usize::from(units) * 8,
            51 => (usize::from(units) + 2) * 4,
            44 => 8,
            _ => break,
        };
        let later_fragment = !matches!(rest.get(2..4), Some(&[0, low]) if low & 0xf8 == 0);
        if next == 44 && later_fragment {
            return (following, &[]);
        }
        next = following;
        rest = rest.get(len..).unwrap_or_default();
    }
    (next, rest)
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ports {
            Some((source, destination)) => write!(
                f,
                "{} -> {} protocol {}",
                SocketAddr::new(self.source, source),
                SocketAddr::new(self.destination, destination),
                self.protocol
            ),
            None => write!(f, "{} -> {} protocol {}", self.source, self.destination, self.protocol),
        }
    }
}
