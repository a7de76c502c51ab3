//! IPv4 (RFC 791).
//!
//! A total length of zero (a packet captured before segmentation offload wrote it) means the rest of the
//! frame. One that claims more than the frame had on the wire is cut down to that. Checksums are not
//! verified here: [`Ipv4Packet::checksum_ok`] does it on demand.

use core::fmt;
use core::net::Ipv4Addr;

use nom::bytes::complete::take;
use nom::number::complete::be_u8;
use nom::{IResult, Parser};

use crate::checksum;
use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::layers::{Class, FragmentFields};
use crate::stop::StopReason;

#[inline]
pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Ipv4;
    let h = d.fixed::<20>(kind)?;
    if h[0] >> 4 != 4 {
        return Err(fault(kind, StopReason::BadVersion(h[0] >> 4)));
    }
    let header_len = usize::from(h[0] & 0x0f) * 4;
    if header_len < 20 {
        return Err(fault(kind, StopReason::BadHeaderLength(header_len as u32)));
    }
    let total_len = usize::from(u16::from_be_bytes([h[2], h[3]]));
    if total_len != 0 && total_len < header_len {
        return Err(fault(kind, StopReason::BadLength(total_len as u32)));
    }
    if total_len != 0 {
        // Only once the header is known to be there: a fault must leave the length as it was.
        d.bytes(kind, header_len)?;
        d.limit(total_len);
    }
    d.push_network(kind, header_len)?;
    let flags = u16::from_be_bytes([h[6], h[7]]);
    if flags & 0x3fff != 0 {
        d.fragment(FragmentFields {
            identification: u32::from(u16::from_be_bytes([h[4], h[5]])),
            offset: (flags & 0x1fff) * 8,
            protocol: h[9],
            more_fragments: flags & 0x2000 != 0,
        });
        return Ok(Next::Done(Class::Fragment));
    }
    Ok(Next::IpProtocol(h[9]))
}

/// View of an IPv4 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4Packet<'f> {
    fixed: &'f [u8; 20],
    options: &'f [u8],
}

impl<'f> Ipv4Packet<'f> {
    /// A view of the header at the start of `bytes`; `None` where it is not whole or is no IPv4.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        let (fixed, rest) = bytes.split_first_chunk::<20>()?;
        let header_len = usize::from(fixed[0] & 0x0f) * 4;
        if fixed[0] >> 4 != 4 {
            return None;
        }
        Some(Ipv4Packet { fixed, options: rest.get(..header_len.checked_sub(20)?)? })
    }

    /// Header length in bytes (the IHL field times four), 20 to 60.
    pub fn header_len(&self) -> usize {
        20 + self.options.len()
    }

    /// Differentiated services code point (RFC 2474).
    pub fn dscp(&self) -> u8 {
        self.fixed[1] >> 2
    }

    /// Explicit congestion notification (RFC 3168).
    pub fn ecn(&self) -> u8 {
        self.fixed[1] & 3
    }

    /// Total Length field, bytes; 0 in packets captured before segmentation offload.
    pub fn total_length(&self) -> u16 {
        u16::from_be_bytes([self.fixed[2], self.fixed[3]])
    }

    /// Identification field.
    pub fn identification(&self) -> u16 {
        u16::from_be_bytes([self.fixed[4], self.fixed[5]])
    }

    /// DF flag.
    pub fn dont_fragment(&self) -> bool {
        self.fixed[6] & 0x40 != 0
    }

    /// MF flag.
    pub fn more_fragments(&self) -> bool {
        self.fixed[6] & 0x20 != 0
    }

    /// Fragment offset in bytes.
    pub fn fragment_offset(&self) -> u16 {
        (u16::from_be_bytes([self.fixed[6], self.fixed[7]]) & 0x1fff) * 8
    }

    /// Time to live.
    pub fn time_to_live(&self) -> u8 {
        self.fixed[8]
    }

    /// Protocol number of the payload.
    pub fn protocol(&self) -> u8 {
        self.fixed[9]
    }

    /// Header checksum as captured.
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.fixed[10], self.fixed[11]])
    }

    /// Whether the header checksum is right. Offloading makes it wrong on the sending host.
    pub fn checksum_ok(&self) -> bool {
        checksum::Sum::new().with(self.fixed).with(self.options).finish() == 0
    }

    /// Source address.
    pub fn source(&self) -> Ipv4Addr {
        Ipv4Addr::new(self.fixed[12], self.fixed[13], self.fixed[14], self.fixed[15])
    }

    /// Destination address.
    pub fn destination(&self) -> Ipv4Addr {
        Ipv4Addr::new(self.fixed[16], self.fixed[17], self.fixed[18], self.fixed[19])
    }

    /// The option bytes, not decoded.
    pub fn options(&self) -> &'f [u8] {
        self.options
    }
}

/// One IPv4 option (RFC 791 §3.1): its type, and its bytes behind type and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4Option<'f> {
    /// Type: copied flag, class and number.
    pub option_type: u8,
    /// Data; `None` where the length is not possible, and nothing follows.
    pub data: Option<&'f [u8]>,
}

impl Ipv4Option<'_> {
    /// The option's name.
    pub fn name(&self) -> &'static str {
        match self.option_type {
            7 => "record route",
            68 => "timestamp",
            82 => "traceroute",
            130 => "security",
            131 => "loose source route",
            134 => "commercial security",
            136 => "stream id",
            137 => "strict source route",
            148 => "router alert",
            _ => "unknown",
        }
    }
}

fn option_data(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, len) = be_u8(input)?;
    match len.checked_sub(2) {
        Some(len) => take(len).parse(rest),
        None => Err(nom::Err::Error(nom::error::make_error(input, nom::error::ErrorKind::LengthValue))),
    }
}

impl<'f> Ipv4Packet<'f> {
    /// The options in order, without the no-operations, up to the end of the list or the first bad length.
    pub fn option_list(&self) -> impl Iterator<Item = Ipv4Option<'f>> + use<'f> {
        let mut rest = self.options;
        core::iter::from_fn(move || {
            loop {
                let (&option_type, after) = rest.split_first()?;
                rest = after;
                match option_type {
                    0 => return None,
                    1 => {}
                    _ => {
                        let data = option_data(after).ok();
                        rest = data.map_or(&[], |(after, _)| after);
                        return Some(Ipv4Option { option_type, data: data.map(|(_, data)| data) });
                    }
                }
            }
        })
    }
}

impl fmt::Display for Ipv4Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} -> {} protocol {} len {} ttl {} id {}",
            self.source(),
            self.destination(),
            self.protocol(),
            self.total_length(),
            self.time_to_live(),
            self.identification()
        )?;
        if self.more_fragments() || self.fragment_offset() != 0 {
            write!(f, " fragment {}", self.fragment_offset())?;
            f.write_str(if self.more_fragments() { "+" } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        let mut packet = vec![0x48, 0, 0, 32, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        packet.extend([1, 148, 4, 0, 0, 7, 9, 4, 0, 0, 0, 0]);
        let found: Vec<_> = Ipv4Packet::new(&packet)
            .unwrap()
            .option_list()
            .map(|o| (o.name(), o.data.map(<[u8]>::len)))
            .collect();
        assert_eq!(found, [("router alert", Some(2)), ("record route", None)]);
    }
}
