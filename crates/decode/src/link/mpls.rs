//! MPLS label stack entries (RFC 3032) and what they carry (RFC 4928).
//!
//! Nothing in the label stack says what follows its bottom; the first four bits do: 4 and 6 are IP, 0 is a
//! pseudowire's control word (RFC 4385). An Ethernet frame, with or without control word, is a guess.

use core::fmt;

use crate::decoder::{Decoder, Next, Step, fault};
use crate::kind::LayerKind;
use crate::link::is_known_ethertype;
use crate::stop::StopReason;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Mpls;
    let entry = d.fixed::<4>(kind)?;
    d.push(kind, 4)?;
    let bottom_of_stack = entry[2] & 1 == 1;
    if !bottom_of_stack {
        return Ok(Next::Mpls);
    }
    let &[first] = d.fixed::<1>(kind)?;
    match first >> 4 {
        4 | 6 => Ok(Next::Ip),
        0 => pseudowire(d),
        1 => Err(fault(kind, StopReason::UnknownPayload)),
        _ if d.rest().len() < 14 => Err(d.short(LayerKind::Ethernet, 14)),
        _ if ether_type_at(d, 12).is_some_and(is_known_ethertype) => {
            d.guess();
            Ok(Next::Ethernet)
        }
        _ => Err(fault(kind, StopReason::UnknownPayload)),
    }
}

fn pseudowire(d: &mut Decoder<'_, '_>) -> Step {
    if d.rest().len() < 18 {
        return Err(d.short(LayerKind::ControlWord, 18));
    }
    let behind_control_word = ether_type_at(d, 16);
    let without_control_word = ether_type_at(d, 12).is_some_and(is_known_ethertype);
    if behind_control_word
        .is_some_and(|number| is_known_ethertype(number) || number <= 1500 && !without_control_word)
    {
        d.guess();
        d.push(LayerKind::ControlWord, 4)?;
        return Ok(Next::Ethernet);
    }
    if without_control_word {
        d.guess();
        return Ok(Next::Ethernet);
    }
    Err(fault(LayerKind::Mpls, StopReason::UnknownPayload))
}

fn ether_type_at(d: &Decoder<'_, '_>, at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*d.rest().get(at..)?.first_chunk::<2>()?))
}

/// View of one label stack entry (RFC 3032 §2.1, RFC 5462).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MplsEntry(u32);

impl MplsEntry {
    /// The entry in the first four bytes.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        Some(MplsEntry(u32::from_be_bytes(*bytes.first_chunk()?)))
    }

    /// Label, 20 bits.
    pub fn label(&self) -> u32 {
        self.0 >> 12
    }

    /// Traffic class, 3 bits (formerly EXP).
    pub fn traffic_class(&self) -> u8 {
        (self.0 >> 9 & 7) as u8
    }

    /// S: this is the bottom of the stack.
    pub fn bottom_of_stack(&self) -> bool {
        self.0 & 0x100 != 0
    }

    /// Time to live.
    pub fn time_to_live(&self) -> u8 {
        (self.0 & 0xff) as u8
    }
}

impl fmt::Display for MplsEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MPLS {} tc {} ttl {}", self.label(), self.traffic_class(), self.time_to_live())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry() {
        let entry = MplsEntry::new(&[0, 1, 0x1b, 64]).unwrap();
        assert_eq!(entry.to_string(), "MPLS 17 tc 5 ttl 64");
        assert!(entry.bottom_of_stack());
    }
}
