//! IGMP versions 1 to 3 (RFC 1112, RFC 2236, RFC 3376): the first eight bytes.

use core::fmt;
use core::net::Ipv4Addr;

use nom::bytes::complete::take;
use nom::number::complete::{be_u8, be_u16, be_u32};
use nom::{IResult, Parser};

use crate::decoder::{Decoder, Next, Step};
use crate::kind::LayerKind;
use crate::layers::Class;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    d.push(LayerKind::Igmp, 8)?;
    Ok(Next::Done(Class::NotTcp))
}

/// View of an IGMP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IgmpMessage<'f> {
    header: &'f [u8; 8],
    payload: &'f [u8],
}

impl<'f> IgmpMessage<'f> {
    /// A view; `None` where the header has less than eight bytes.
    pub fn new(header: &'f [u8], payload: &'f [u8]) -> Option<Self> {
        Some(IgmpMessage { header: header.first_chunk()?, payload })
    }

    /// Type field.
    pub fn message_type(&self) -> u8 {
        self.header[0]
    }

    /// Group address; in a version 3 report the field holds other things, see
    /// [`IgmpMessage::record_count`].
    pub fn group(&self) -> Ipv4Addr {
        Ipv4Addr::new(self.header[4], self.header[5], self.header[6], self.header[7])
    }

    /// Number of group records in a version 3 report, else 0.
    pub fn record_count(&self) -> u16 {
        if self.message_type() == 0x22 { u16::from_be_bytes([self.header[6], self.header[7]]) } else { 0 }
    }

    /// What stands behind the first eight bytes (the captured part).
    pub fn payload(&self) -> &'f [u8] {
        self.payload
    }

    /// The type in words.
    pub fn description(&self) -> &'static str {
        match self.message_type() {
            0x11 => "membership query",
            0x12 => "membership report v1",
            0x16 => "membership report v2",
            0x17 => "leave group",
            0x22 => "membership report v3",
            _ => "unknown message",
        }
    }
}

impl fmt::Display for IgmpMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IGMP {} ", self.description())?;
        match self.message_type() {
            0x22 => write!(f, "{} records", self.record_count()),
            _ => write!(f, "{}", self.group()),
        }
    }
}

/// A group record of a version 3 report (RFC 3376 §4.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IgmpGroupRecord<'f> {
    /// Record type: 1 include, 2 exclude, 3 and 4 a change to these, 5 allow, 6 block.
    pub record_type: u8,
    /// Multicast address.
    pub group: Ipv4Addr,
    sources: &'f [u8],
}

impl IgmpGroupRecord<'_> {
    /// The record type's name.
    pub fn type_name(&self) -> &'static str {
        match self.record_type {
            1 => "include",
            2 => "exclude",
            3 => "to include",
            4 => "to exclude",
            5 => "allow",
            6 => "block",
            _ => "unknown",
        }
    }

    /// Source addresses.
    pub fn sources(&self) -> impl Iterator<Item = Ipv4Addr> + '_ {
        self.sources.as_chunks::<4>().0.iter().map(|&octets| octets.into())
    }
}

/// Type, length of auxiliary data in words, number of sources, group; sources; auxiliary data.
fn group_record(input: &[u8]) -> IResult<&[u8], IgmpGroupRecord<'_>> {
    let (rest, (record_type, auxiliary, count, group)) = (be_u8, be_u8, be_u16, be_u32).parse(input)?;
    let (rest, sources) = take(usize::from(count) * 4).parse(rest)?;
    let (rest, _) = take(usize::from(auxiliary) * 4).parse(rest)?;
    Ok((rest, IgmpGroupRecord { record_type, group: group.into(), sources }))
}

impl<'f> IgmpMessage<'f> {
    /// Max Resp Code: tenths of a second below 128, see RFC 3376 §4.1.1; not used in reports.
    pub fn max_response_code(&self) -> u8 {
        self.header[1]
    }

    /// Checksum as captured.
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// The group records of a version 3 report, at most as many as it promises; ends at the first that is not whole.
    pub fn group_records(&self) -> impl Iterator<Item = IgmpGroupRecord<'f>> + use<'f> {
        let mut rest = self.payload;
        (0..self.record_count()).map_while(move |_| {
            let (after, record) = group_record(rest).ok()?;
            rest = after;
            Some(record)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_3_records() {
        let header = [0x22, 0, 0, 0, 0, 0, 0, 2];
        let records = [4, 0, 0, 0, 224, 0, 0, 251, 1, 1, 0, 1, 239, 1, 1, 1, 192, 0, 2, 1, 9, 9, 9, 9];
        let message = IgmpMessage::new(&header, &records).unwrap();
        let found: Vec<String> = message
            .group_records()
            .map(|r| format!("{} {} {:?}", r.type_name(), r.group, r.sources().collect::<Vec<_>>()))
            .collect();
        assert_eq!(found, ["to exclude 224.0.0.251 []", "include 239.1.1.1 [192.0.2.1]"]);
        assert_eq!(IgmpMessage::new(&header, &records[..20]).unwrap().group_records().count(), 1);
    }
}
