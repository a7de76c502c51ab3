//! TCP with its options, and UDP.

use std::net::IpAddr;

use super::{concat, internet_checksum};

/// The bits of [`Tcp::flags`].
pub mod tcp_flags {
    /// No more data from the sender.
    pub const FIN: u8 = 0x01;
    /// Synchronise sequence numbers.
    pub const SYN: u8 = 0x02;
    /// Reset the connection.
    pub const RST: u8 = 0x04;
    /// Push.
    pub const PSH: u8 = 0x08;
    /// The acknowledgement number counts.
    pub const ACK: u8 = 0x10;
    /// The urgent pointer counts.
    pub const URG: u8 = 0x20;
    /// ECN echo.
    pub const ECE: u8 = 0x40;
    /// Congestion window reduced.
    pub const CWR: u8 = 0x80;
}

/// A TCP header (RFC 9293 §3.1). Fields that are `None` are computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tcp {
    /// Source port.
    pub source: u16,
    /// Destination port.
    pub destination: u16,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number.
    pub ack: u32,
    /// Flags, see [`tcp_flags`].
    pub flags: u8,
    /// Window.
    pub window: u16,
    /// Urgent pointer.
    pub urgent_pointer: u16,
    /// Options; padded with "end of options" to a multiple of 4 bytes. See [`tcp_option`].
    pub options: Vec<u8>,
    /// Data offset in units of 4 bytes.
    pub data_offset: Option<u8>,
    /// Checksum.
    pub checksum: Option<u16>,
}

impl Tcp {
    /// A header with sequence numbers of 0, no flags, a window of 64,240 and no options.
    pub fn new(source: u16, destination: u16) -> Self {
        Self {
            source,
            destination,
            seq: 0,
            ack: 0,
            flags: 0,
            window: 64240,
            urgent_pointer: 0,
            options: Vec::new(),
            data_offset: None,
            checksum: None,
        }
    }

    /// The header and `payload`; the addresses are for the checksum and must be of one family.
    pub fn around(&self, from: impl Into<IpAddr>, to: impl Into<IpAddr>, payload: &[u8]) -> Vec<u8> {
        let mut options = self.options.clone();
        options.resize(options.len().next_multiple_of(4), 0);
        let offset = self.data_offset.unwrap_or(((20 + options.len()) / 4) as u8);
        let mut segment = concat(&[
            &self.source.to_be_bytes(),
            &self.destination.to_be_bytes(),
            &self.seq.to_be_bytes(),
            &self.ack.to_be_bytes(),
            &[offset << 4, self.flags],
            &self.window.to_be_bytes(),
            &[0, 0],
            &self.urgent_pointer.to_be_bytes(),
            &options,
            payload,
        ]);
        let checksum =
            self.checksum.unwrap_or_else(|| transport_checksum(from.into(), to.into(), 6, &segment));
        segment[16..18].copy_from_slice(&checksum.to_be_bytes());
        segment
    }
}

/// TCP options, each as its bytes; concatenate what is wanted.
pub mod tcp_option {
    /// No operation, one byte of padding.
    pub const NOP: [u8; 1] = [1];
    /// SACK permitted.
    pub const SACK_PERMITTED: [u8; 2] = [4, 2];

    /// Maximum segment size.
    pub fn mss(size: u16) -> [u8; 4] {
        let [high, low] = size.to_be_bytes();
        [2, 4, high, low]
    }

    /// Window scale.
    pub fn window_scale(shift: u8) -> [u8; 3] {
        [3, 3, shift]
    }

    /// Timestamps (RFC 7323), behind two NOPs as stacks write them: 12 bytes.
    pub fn timestamps(value: u32, echo: u32) -> Vec<u8> {
        super::concat(&[&[1, 1, 8, 10], &value.to_be_bytes(), &echo.to_be_bytes()])
    }

    /// SACK blocks (RFC 2018): left and right edges, behind two NOPs.
    pub fn sack(blocks: &[(u32, u32)]) -> Vec<u8> {
        let mut out = vec![1, 1, 5, (2 + 8 * blocks.len()) as u8];
        for (left, right) in blocks {
            out.extend_from_slice(&left.to_be_bytes());
            out.extend_from_slice(&right.to_be_bytes());
        }
        out
    }
}

/// A UDP header and `payload`; the addresses are for the checksum.
pub fn udp(
    from: impl Into<IpAddr>,
    to: impl Into<IpAddr>,
    source: u16,
    destination: u16,
    payload: &[u8],
) -> Vec<u8> {
    let len = (8 + payload.len()) as u16;
    let mut datagram =
        concat(&[&source.to_be_bytes(), &destination.to_be_bytes(), &len.to_be_bytes(), &[0, 0], payload]);
    let checksum = match transport_checksum(from.into(), to.into(), 17, &datagram) {
        0 => 0xffff,
        sum => sum,
    };
    datagram[6..8].copy_from_slice(&checksum.to_be_bytes());
    datagram
}

/// The checksum over pseudo header and segment or datagram, whose own checksum field is zero.
pub fn transport_checksum(from: IpAddr, to: IpAddr, protocol: u8, bytes: &[u8]) -> u16 {
    let address = |ip| match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let len = (bytes.len() as u32).to_be_bytes();
    internet_checksum(&[&address(from), &address(to), &len, &[0, 0, 0, protocol], bytes])
}
