//! IPv4, IPv6 with its extension headers, fragments of both, ARP and ICMP errors.

use super::{concat, internet_checksum};

/// An IPv4 header (RFC 791). Fields that are `None` are computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ipv4 {
    /// Source address.
    pub source: [u8; 4],
    /// Destination address.
    pub destination: [u8; 4],
    /// Protocol: 6 is TCP, 17 UDP, 1 ICMP, 47 GRE, 4 IPv4, 41 IPv6.
    pub protocol: u8,
    /// Type of service.
    pub tos: u8,
    /// Identification, which fragments of one packet have in common.
    pub identification: u16,
    /// The "don't fragment" flag.
    pub dont_fragment: bool,
    /// The "more fragments" flag.
    pub more_fragments: bool,
    /// Fragment offset in units of 8 bytes.
    pub fragment_offset: u16,
    /// Time to live.
    pub ttl: u8,
    /// Options; padded with zeroes to a multiple of 4 bytes.
    pub options: Vec<u8>,
    /// Header length in units of 4 bytes.
    pub ihl: Option<u8>,
    /// Total length in bytes.
    pub total_length: Option<u16>,
    /// Header checksum.
    pub checksum: Option<u16>,
}

impl Ipv4 {
    /// A plain header: TTL 64, "don't fragment", no options.
    pub fn new(source: [u8; 4], destination: [u8; 4], protocol: u8) -> Self {
        Self {
            source,
            destination,
            protocol,
            tos: 0,
            identification: 0,
            dont_fragment: true,
            more_fragments: false,
            fragment_offset: 0,
            ttl: 64,
            options: Vec::new(),
            ihl: None,
            total_length: None,
            checksum: None,
        }
    }

    /// The header and `payload`.
    pub fn around(&self, payload: &[u8]) -> Vec<u8> {
        let mut options = self.options.clone();
        options.resize(options.len().next_multiple_of(4), 0);
        let header_len = 20 + options.len();
        let ihl = self.ihl.unwrap_or((header_len / 4) as u8);
        let total = self.total_length.unwrap_or((header_len + payload.len()) as u16);
        let fragment = u16::from(self.dont_fragment) << 14
            | u16::from(self.more_fragments) << 13
            | self.fragment_offset & 0x1fff;
        let mut header = concat(&[
            &[0x40 | ihl & 0xf, self.tos],
            &total.to_be_bytes(),
            &self.identification.to_be_bytes(),
            &fragment.to_be_bytes(),
            &[self.ttl, self.protocol, 0, 0],
            &self.source,
            &self.destination,
            &options,
        ]);
        let checksum = self.checksum.unwrap_or_else(|| internet_checksum(&[&header]));
        header[10..12].copy_from_slice(&checksum.to_be_bytes());
        header.extend_from_slice(payload);
        header
    }

    /// The packet in fragments of at most `size` payload bytes (rounded down to a multiple of 8, at least 8).
    pub fn fragments(&self, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
        let size = (size / 8 * 8).max(8);
        let count = payload.len().div_ceil(size);
        (payload.chunks(size).enumerate())
            .map(|(i, piece)| {
                let header = Self {
                    dont_fragment: false,
                    more_fragments: i + 1 < count,
                    fragment_offset: (i * size / 8) as u16,
                    ..self.clone()
                };
                header.around(piece)
            })
            .collect()
    }
}

/// An IPv6 header (RFC 8200) with the extension headers behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ipv6 {
    /// Source address.
    pub source: [u8; 16],
    /// Destination address.
    pub destination: [u8; 16],
    /// The upper-layer protocol: 6 is TCP, 17 UDP, 58 ICMPv6. With extension headers, what the last one names.
    pub protocol: u8,
    /// Traffic class.
    pub traffic_class: u8,
    /// Flow label, 20 bits.
    pub flow_label: u32,
    /// Hop limit.
    pub hop_limit: u8,
    /// Extension headers in order: their own number, and their body less the next-header byte. See
    /// [`ipv6_options`], [`ipv6_routing`] and [`ipv6_fragment`].
    pub extensions: Vec<(u8, Vec<u8>)>,
    /// Payload length; computed where `None`.
    pub payload_length: Option<u16>,
}

/// Extension header number of hop-by-hop options.
pub const EXT_HOP_BY_HOP: u8 = 0;
/// Extension header number of a routing header.
pub const EXT_ROUTING: u8 = 43;
/// Extension header number of a fragment header.
pub const EXT_FRAGMENT: u8 = 44;
/// Extension header number of destination options.
pub const EXT_DESTINATION: u8 = 60;

impl Ipv6 {
    /// A plain header: hop limit 64, no extension headers.
    pub fn new(source: [u8; 16], destination: [u8; 16], protocol: u8) -> Self {
        Self {
            source,
            destination,
            protocol,
            traffic_class: 0,
            flow_label: 0,
            hop_limit: 64,
            extensions: Vec::new(),
            payload_length: None,
        }
    }

    /// The header, its extension headers and `payload`.
    pub fn around(&self, payload: &[u8]) -> Vec<u8> {
        let mut rest = Vec::new();
        for (i, (_, body)) in self.extensions.iter().enumerate() {
            rest.push(self.extensions.get(i + 1).map_or(self.protocol, |next| next.0));
            rest.extend_from_slice(body);
        }
        rest.extend_from_slice(payload);
        let first = self.extensions.first().map_or(self.protocol, |next| next.0);
        let word = 6 << 28 | u32::from(self.traffic_class) << 20 | self.flow_label & 0xf_ffff;
        let len = self.payload_length.unwrap_or(rest.len() as u16);
        concat(&[
            &word.to_be_bytes(),
            &len.to_be_bytes(),
            &[first, self.hop_limit],
            &self.source,
            &self.destination,
            &rest,
        ])
    }

    /// The packet in fragments of at most `size` payload bytes (rounded down to a multiple of 8, at least 8).
    /// The fragment header comes behind the extension headers given, which each fragment repeats.
    pub fn fragments(&self, identification: u32, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
        let size = (size / 8 * 8).max(8);
        let count = payload.len().div_ceil(size);
        (payload.chunks(size).enumerate())
            .map(|(i, piece)| {
                let mut header = self.clone();
                let offset = (i * size / 8) as u16;
                header.extensions.push(ipv6_fragment(offset, i + 1 < count, identification));
                header.around(piece)
            })
            .collect()
    }
}

/// A hop-by-hop ([`EXT_HOP_BY_HOP`]) or destination options ([`EXT_DESTINATION`]) header with one PadN option,
/// `units` times 8 bytes long.
pub fn ipv6_options(number: u8, units: u8) -> (u8, Vec<u8>) {
    let units = units.max(1);
    let pad = usize::from(units) * 8 - 4;
    let mut body = vec![units - 1, 1, pad as u8];
    body.resize(3 + pad, 0);
    (number, body)
}

/// A routing header of the given type with no segments left and no addresses.
pub fn ipv6_routing(routing_type: u8) -> (u8, Vec<u8>) {
    (EXT_ROUTING, vec![0, routing_type, 0, 0, 0, 0, 0])
}

/// A fragment header; `offset` in units of 8 bytes.
pub fn ipv6_fragment(offset: u16, more: bool, identification: u32) -> (u8, Vec<u8>) {
    let word = offset << 3 | u16::from(more);
    (EXT_FRAGMENT, concat(&[&[0], &word.to_be_bytes(), &identification.to_be_bytes()]))
}

/// An ARP request (RFC 826) for `target` from `sender`.
pub fn arp_request(sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
    concat(&[&[0, 1, 8, 0, 6, 4, 0, 1], &super::MAC_CLIENT, &sender, &[0; 6], &target])
}

/// An ICMPv4 message: `rest` is the four bytes behind the checksum, `body` what follows (an error quotes the
/// packet it is about: its IP header and at least 8 bytes more).
pub fn icmpv4(kind: u8, code: u8, rest: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut message = concat(&[&[kind, code, 0, 0], &rest, body]);
    let checksum = internet_checksum(&[&message]);
    message[2..4].copy_from_slice(&checksum.to_be_bytes());
    message
}

/// An ICMPv6 message; its checksum covers the pseudo header, hence the addresses.
pub fn icmpv6(from: [u8; 16], to: [u8; 16], kind: u8, code: u8, rest: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut message = concat(&[&[kind, code, 0, 0], &rest, body]);
    let pseudo = concat(&[&from, &to, &(message.len() as u32).to_be_bytes(), &[0, 0, 0, 58]]);
    let checksum = internet_checksum(&[&pseudo, &message]);
    message[2..4].copy_from_slice(&checksum.to_be_bytes());
    message
}
