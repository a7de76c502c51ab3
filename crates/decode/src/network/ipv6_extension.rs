//! IPv6 extension headers (RFC 8200 §4) and the authentication header (RFC 4302), which IPv4 has too.
//!
//! Each is a layer of its own, so their number is bounded by [`MAX_LAYERS`](crate::MAX_LAYERS). Of the options
//! only the jumbo payload is read (RFC 2675).

use nom::bytes::complete::take;
use nom::number::complete::be_u8;
use nom::{IResult, Parser};

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::layers::{Class, FragmentFields};
use crate::stop::StopReason;

const PAD1: u8 = 0;
const JUMBO_PAYLOAD: u8 = 0xc2;

/// A header whose second byte counts units of eight bytes behind the first eight.
pub(crate) fn decode(d: &mut Decoder<'_, '_>, kind: LayerKind) -> Step {
    let &[next_header, units] = d.fixed::<2>(kind)?;
    let len = 8 + usize::from(units) * 8;
    let header = d.bytes(kind, len)?;
    if kind == LayerKind::HopByHop
        && jumbo_field_is_zero(d)
        && let Some(jumbo) = jumbo_payload(header.get(2..).unwrap_or_default())
    {
        // Counted from the end of the fixed header, which is where this one begins.
        d.limit(jumbo as usize);
    }
    d.push(kind, len)?;
    Ok(Next::IpProtocol(next_header))
}

fn jumbo_field_is_zero(d: &Decoder<'_, '_>) -> bool {
    d.at() == d.network_offset() + 40 && d.network_payload_length() == Some(0)
}

fn option(input: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    let (rest, kind) = be_u8(input)?;
    if kind == PAD1 {
        return Ok((rest, (kind, &[])));
    }
    let (rest, len) = be_u8(rest)?;
    let (rest, data) = take(len).parse(rest)?;
    Ok((rest, (kind, data)))
}

fn jumbo_payload(mut options: &[u8]) -> Option<u32> {
    while let Ok((rest, (kind, data))) = option(options) {
        if kind == JUMBO_PAYLOAD {
            return data.try_into().ok().map(u32::from_be_bytes);
        }
        options = rest;
    }
    None
}

/// RFC 8200 §4.5. A fragment that is the whole packet (RFC 6946) is none.
pub(crate) fn decode_fragment(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::FragmentHeader;
    let h = d.fixed::<8>(kind)?;
    d.push(kind, 8)?;
    let field = u16::from_be_bytes([h[2], h[3]]);
    let (offset, more_fragments) = (field & 0xfff8, field & 1 == 1);
    if offset == 0 && !more_fragments {
        return Ok(Next::IpProtocol(h[0]));
    }
    d.fragment(FragmentFields {
        identification: u32::from_be_bytes([h[4], h[5], h[6], h[7]]),
        offset,
        protocol: h[0],
        more_fragments,
    });
    Ok(Next::Done(Class::Fragment))
}

/// RFC 4302: the length counts units of four bytes, minus two.
pub(crate) fn decode_authentication(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::AuthenticationHeader;
    let &[next_header, units] = d.fixed::<2>(kind)?;
    let len = (usize::from(units) + 2) * 4;
    if len < 12 {
        return Err(fault(kind, StopReason::BadHeaderLength(len as u32)));
    }
    d.push(kind, len)?;
    Ok(Next::IpProtocol(next_header))
}

/// View of an extension header, from its Next Header field on (RFC 8200 §4), or of an authentication header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtensionHeader<'f> {
    header: &'f [u8; 8],
    bytes: &'f [u8],
}

impl<'f> ExtensionHeader<'f> {
    /// A view over the header's bytes, all of them; `None` below eight.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        Some(ExtensionHeader { header: bytes.first_chunk()?, bytes })
    }

    /// Next Header.
    pub fn next_header(&self) -> u8 {
        self.header[0]
    }

    /// Hdr Ext Len as sent: units of eight bytes behind the first eight; reserved in a fragment header.
    pub fn header_extension_length(&self) -> u8 {
        self.header[1]
    }

    /// The four bytes behind the first two words; the identification of a fragment header, the SPI of an
    /// authentication header.
    pub fn second_word(&self) -> u32 {
        u32::from_be_bytes([self.header[4], self.header[5], self.header[6], self.header[7]])
    }

    /// Routing Type, of a routing header.
    pub fn routing_type(&self) -> u8 {
        self.header[2]
    }

    /// Segments Left, of a routing header.
    pub fn segments_left(&self) -> u8 {
        self.header[3]
    }

    /// The addresses of a routing header of the types 0, 2 and 4 (RFC 8754 §2).
    pub fn addresses(&self) -> impl Iterator<Item = core::net::Ipv6Addr> + use<'f> {
        let known = matches!(self.routing_type(), 0 | 2 | 4);
        let (addresses, _) = self.bytes.get(8..).filter(|_| known).unwrap_or_default().as_chunks::<16>();
        addresses.iter().map(|&octets| octets.into())
    }

    /// Fragment Offset of a fragment header, bytes.
    pub fn fragment_offset(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]]) & 0xfff8
    }

    /// M flag of a fragment header.
    pub fn more_fragments(&self) -> bool {
        self.header[3] & 1 != 0
    }

    /// Sequence number of an authentication header (RFC 4302 §2.5).
    pub fn sequence_number(&self) -> Option<u32> {
        self.bytes.get(8..)?.first_chunk::<4>().map(|&word| u32::from_be_bytes(word))
    }

    /// Option type and data of hop-by-hop or destination options, padding left out; ends at the first that is not
    /// whole.
    pub fn options(&self) -> impl Iterator<Item = (u8, &'f [u8])> + use<'f> {
        let mut rest = self.bytes.get(2..).unwrap_or_default();
        core::iter::from_fn(move || {
            loop {
                let (after, found) = option(rest).ok()?;
                rest = after;
                if found.0 > 1 {
                    return Some(found);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumbo_option_behind_padding() {
        assert_eq!(jumbo_payload(&[0, 1, 1, 0, JUMBO_PAYLOAD, 4, 0, 1, 0, 1]), Some(0x1_0001));
        assert_eq!(jumbo_payload(&[JUMBO_PAYLOAD, 3, 0, 1, 0, 1]), None);
        assert_eq!(jumbo_payload(&[1, 9, 0]), None);
    }
}
