//! TCP (RFC 9293 §3.1).
//!
//! A segment counts as decoded when its header is whole, or when its 20 fixed bytes are and only options
//! were cut by the snap length: ports, numbers, flags and (from the IP length) the payload's length are known.

use core::fmt;

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::layers::Class;
use crate::stop::StopReason;
use crate::transport::tcp_option::TcpOptions;

#[inline]
pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Tcp;
    let h = d.fixed::<20>(kind)?;
    let header_len = usize::from(h[12] >> 4) * 4;
    if header_len < 20 {
        return Err(fault(kind, StopReason::BadHeaderLength(header_len as u32)));
    }
    if header_len > d.wire_len() {
        return Err(d.short(kind, header_len));
    }
    d.push_cut(kind, header_len)?;
    Ok(Next::Done(Class::Tcp))
}

/// The control bits of a TCP header (RFC 9293 §3.1), the low twelve bits of its fourth word's first half.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u16);

impl Flags {
    /// No more data from the sender.
    pub const FIN: Flags = Flags(0x001);
    /// Synchronize sequence numbers.
    pub const SYN: Flags = Flags(0x002);
    /// Reset the connection.
    pub const RST: Flags = Flags(0x004);
    /// Push function.
    pub const PSH: Flags = Flags(0x008);
    /// The acknowledgment number is valid.
    pub const ACK: Flags = Flags(0x010);
    /// The urgent pointer is valid.
    pub const URG: Flags = Flags(0x020);
    /// ECN echo (RFC 3168).
    pub const ECE: Flags = Flags(0x040);
    /// Congestion window reduced (RFC 3168).
    pub const CWR: Flags = Flags(0x080);

    /// Whether all bits of `other` are set.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// FIN is set.
    pub const fn fin(self) -> bool {
        self.contains(Flags::FIN)
    }

    /// SYN is set.
    pub const fn syn(self) -> bool {
        self.contains(Flags::SYN)
    }

    /// RST is set.
    pub const fn rst(self) -> bool {
        self.contains(Flags::RST)
    }

    /// PSH is set.
    pub const fn psh(self) -> bool {
        self.contains(Flags::PSH)
    }

    /// ACK is set.
    pub const fn ack(self) -> bool {
        self.contains(Flags::ACK)
    }

    /// URG is set.
    pub const fn urg(self) -> bool {
        self.contains(Flags::URG)
    }

    /// ECE is set.
    pub const fn ece(self) -> bool {
        self.contains(Flags::ECE)
    }

    /// CWR is set.
    pub const fn cwr(self) -> bool {
        self.contains(Flags::CWR)
    }
}

impl core::ops::BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl fmt::Display for Flags {
    /// The names of the set bits in the order cwr, ece, urg, ack, psh, rst, syn, fin, joined by commas; `-`
    /// for none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(Flags, &str); 8] = [
            (Flags::CWR, "cwr"),
            (Flags::ECE, "ece"),
            (Flags::URG, "urg"),
            (Flags::ACK, "ack"),
            (Flags::PSH, "psh"),
            (Flags::RST, "rst"),
            (Flags::SYN, "syn"),
            (Flags::FIN, "fin"),
        ];
        let mut separator = "";
        for (flag, name) in NAMES {
            if self.contains(flag) {
                write!(f, "{separator}{name}")?;
                separator = ",";
            }
        }
        if separator.is_empty() { f.write_str("-") } else { Ok(()) }
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({self})")
    }
}

/// View of a TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpSegment<'f> {
    fixed: &'f [u8; 20],
    options: &'f [u8],
    payload: &'f [u8],
    payload_wire_len: u32,
}

impl<'f> TcpSegment<'f> {
    /// A view over a header (options included, as far as captured) and its payload; `None` where the header
    /// has less than 20 bytes.
    #[inline]
    pub fn new(header: &'f [u8], payload: &'f [u8], payload_wire_len: u32) -> Option<Self> {
        let (fixed, options) = header.split_first_chunk()?;
        Some(TcpSegment { fixed, options, payload, payload_wire_len })
    }

    /// Source port.
    #[inline]
    pub fn source_port(&self) -> u16 {
        u16::from_be_bytes([self.fixed[0], self.fixed[1]])
    }

    /// Destination port.
    #[inline]
    pub fn destination_port(&self) -> u16 {
        u16::from_be_bytes([self.fixed[2], self.fixed[3]])
    }

    /// Sequence number.
    #[inline]
    pub fn sequence_number(&self) -> u32 {
        u32::from_be_bytes([self.fixed[4], self.fixed[5], self.fixed[6], self.fixed[7]])
    }

    /// Acknowledgment number; meaningful where ACK is set.
    #[inline]
    pub fn acknowledgment_number(&self) -> u32 {
        u32::from_be_bytes([self.fixed[8], self.fixed[9], self.fixed[10], self.fixed[11]])
    }

    /// Data offset in 32-bit words, 5 to 15.
    #[inline]
    pub fn data_offset(&self) -> u8 {
        self.fixed[12] >> 4
    }

    /// Control bits.
    #[inline]
    pub fn flags(&self) -> Flags {
        Flags(u16::from_be_bytes([self.fixed[12], self.fixed[13]]) & 0x0fff)
    }

    /// Window as sent, not scaled.
    #[inline]
    pub fn window(&self) -> u16 {
        u16::from_be_bytes([self.fixed[14], self.fixed[15]])
    }

    /// Checksum as captured.
    #[inline]
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.fixed[16], self.fixed[17]])
    }

    /// Urgent pointer; meaningful where URG is set.
    #[inline]
    pub fn urgent_pointer(&self) -> u16 {
        u16::from_be_bytes([self.fixed[18], self.fixed[19]])
    }

    /// The options, in order; no-operations are left out.
    #[inline]
    pub fn options(&self) -> TcpOptions<'f> {
        TcpOptions::new(self.options)
    }

    /// The options as they stand there, as far as captured.
    #[inline]
    pub fn option_bytes(&self) -> &'f [u8] {
        self.options
    }

    /// Whether the snap length cut the options.
    pub fn options_cut(&self) -> bool {
        20 + self.options.len() < usize::from(self.data_offset()) * 4
    }

    /// The captured payload, without padding.
    #[inline]
    pub fn payload(&self) -> &'f [u8] {
        self.payload
    }

    /// Payload length on the wire, bytes: more than `payload().len()` where the snap length cut it.
    #[inline]
    pub fn payload_wire_len(&self) -> u32 {
        self.payload_wire_len
    }
}

impl fmt::Display for TcpSegment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} -> {} TCP len {} [{}] seq {} ack {} win {}",
            self.source_port(),
            self.destination_port(),
            self.payload_wire_len,
            self.flags(),
            self.sequence_number(),
            self.acknowledgment_number(),
            self.window()
        )?;
        self.options().try_for_each(|option| write!(f, " {option}"))
    }
}
