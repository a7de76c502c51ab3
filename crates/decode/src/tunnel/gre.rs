//! GRE version 0 (RFC 1701, RFC 2784, RFC 2890) and version 1, which PPTP uses (RFC 2637 §4.1).

use core::fmt;

use crate::decoder::{Decoder, Fault, Next, Step, fault};
use crate::kind::LayerKind;
use crate::layers::Class;
use crate::link::ether_type;
use crate::stop::StopReason;
use crate::tunnel::erspan;

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

const ERSPAN_I_II: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;
const WCCP: u16 = 0x883e;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Gre;
    let h = d.fixed::<4>(kind)?;
    let flags = u16::from_be_bytes([h[0], h[1]]);
    let protocol = u16::from_be_bytes([h[2], h[3]]);
    let mut len = 4;
    let has = |bit| flags & bit != 0;
    match flags & VERSION {
        0 => {
            // Checksum and offset come together, and stand there for either.
            if has(CHECKSUM | ROUTING) {
                len += 4;
            }
            len += 4 * (usize::from(has(KEY)) + usize::from(has(SEQUENCE)));
            if has(ROUTING) {
                len += routing_len(d, len)?;
            }
        }
        1 => {
            len +=
                4 * (usize::from(has(KEY)) + usize::from(has(SEQUENCE)) + usize::from(has(ACKNOWLEDGMENT)));
        }
        other => return Err(fault(kind, StopReason::BadVersion(other as u8))),
    }
    d.push(kind, len)?;
    if flags & VERSION == 1 && !has(SEQUENCE) {
        // An acknowledgment without payload.
        return Ok(Next::Done(Class::NotTcp));
    }
    match protocol {
        ether_type::IPV4 | ether_type::IPV6 if d.wire_len() == 0 => Ok(Next::Done(Class::NotTcp)),
        ether_type::IPV4 => Ok(Next::Ip),
        ERSPAN_I_II if has(SEQUENCE) => erspan::decode_ii(d),
        ERSPAN_I_II => erspan::decode_i(d),
        ERSPAN_III => erspan::decode_iii(d),
        WCCP => {
            // Version 2 has a redirect header of four bytes, which does not begin like IPv4.
            if d.rest().first().is_some_and(|byte| byte >> 4 != 4) {
                d.skip(4, kind)?;
            }
            Ok(Next::Ip)
        }
        // Aruba: wireless frames, the low bits of the type number queues.
        0x8200..=0x83f0 if protocol & 0x0f == 0 => Ok(Next::Ieee80211),
        // No Ethernet type, though the field could be taken for a length: keepalives and the like.
        0..=1535 => Err(Fault { layer: Some(kind), reason: StopReason::UnknownEtherType(protocol) }),
        other => Ok(Next::EtherType(other)),
    }
}

/// Bytes of the source route entries (RFC 1701), which end with an empty one.
fn routing_len(d: &Decoder<'_, '_>, start: usize) -> Result<usize, Fault> {
    let mut len = 0;
    loop {
        let entry = d.bytes(LayerKind::Gre, start + len + 4)?;
        let entry_len = usize::from(entry.last().copied().unwrap_or_default());
        len += 4 + entry_len;
        if entry_len == 0 {
            return Ok(len);
        }
    }
}

/// View of a GRE header; its source routes are not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GreHeader<'f> {
    fixed: &'f [u8; 4],
    words: &'f [u8],
}

impl<'f> GreHeader<'f> {
    /// A view of the header at the start of `bytes`; `None` where it is not whole.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        let (fixed, words) = bytes.split_first_chunk::<4>()?;
        let header = GreHeader { fixed, words };
        let words = words.get(..4 * header.words_before(0))?;
        Some(GreHeader { fixed, words })
    }

    /// The first sixteen bits: which fields are there, and the version.
    pub fn flags(&self) -> u16 {
        u16::from_be_bytes([self.fixed[0], self.fixed[1]])
    }

    fn has(&self, bit: u16) -> bool {
        self.flags() & bit != 0
    }

    /// How many optional words stand in front of the one that this bit announces (0: in all).
    fn words_before(&self, bit: u16) -> usize {
        let acknowledgment = if self.version() == 1 { ACKNOWLEDGMENT } else { 0 };
        let bits = [CHECKSUM | ROUTING, KEY, SEQUENCE, acknowledgment];
        bits.iter().take_while(|&&other| other != bit || bit == 0).filter(|&&other| self.has(other)).count()
    }

    fn word(&self, bit: u16) -> Option<u32> {
        if !self.has(bit) {
            return None;
        }
        let (words, _) = self.words.as_chunks::<4>();
        words.get(self.words_before(bit)).map(|&word| u32::from_be_bytes(word))
    }

    /// Version: 0, or 1 in PPTP.
    pub fn version(&self) -> u8 {
        (self.flags() & VERSION) as u8
    }

    /// Protocol type, an EtherType.
    pub fn protocol_type(&self) -> u16 {
        u16::from_be_bytes([self.fixed[2], self.fixed[3]])
    }

    /// Checksum, where there is one.
    pub fn checksum(&self) -> Option<u16> {
        self.word(CHECKSUM | ROUTING).filter(|_| self.has(CHECKSUM)).map(|word| (word >> 16) as u16)
    }

    /// Key (RFC 2890); in PPTP, payload length and call ID.
    pub fn key(&self) -> Option<u32> {
        self.word(KEY)
    }

    /// Sequence number.
    pub fn sequence_number(&self) -> Option<u32> {
        self.word(SEQUENCE)
    }

    /// Acknowledgment number, of PPTP.
    pub fn acknowledgment_number(&self) -> Option<u32> {
        self.word(ACKNOWLEDGMENT).filter(|_| self.version() == 1)
    }
}

impl fmt::Display for GreHeader<'_> {
    /// `GRE key 7 seq 1`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GRE")?;
        for (name, value) in
            [("key", self.key()), ("seq", self.sequence_number()), ("ack", self.acknowledgment_number())]
        {
            if let Some(value) = value {
                write!(f, " {name} {value}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_words() {
        assert_eq!(GreHeader::new(&[0, 0, 8, 0]).unwrap().to_string(), "GRE");
        let all = [0xb0, 0, 8, 0, 0xbe, 0xef, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1];
        let header = GreHeader::new(&all).unwrap();
        assert_eq!((header.to_string().as_str(), header.checksum()), ("GRE key 7 seq 1", Some(0xbeef)));
        assert!(GreHeader::new(&all[..15]).is_none());
        let pptp = [0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 9, 0, 0, 0, 3];
        assert_eq!(GreHeader::new(&pptp).unwrap().to_string(), "GRE key 9 ack 3");
    }
}
