//! Link layer discovery protocol (IEEE 802.1AB §8), read on demand.

use core::fmt;

use nom::bytes::complete::take;
use nom::number::complete::be_u16;
use nom::{IResult, Parser};

use crate::text::Escaped;

/// View of an LLDP data unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LldpFrame<'f> {
    bytes: &'f [u8],
}

/// Type (seven bits), length (nine), value.
fn element(input: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    let (rest, word) = be_u16(input)?;
    take(word & 0x1ff).map(|value| ((word >> 9) as u8, value)).parse(rest)
}

impl<'f> LldpFrame<'f> {
    /// A view of the data unit that `bytes` begin with; `None` where its first element is no chassis ID.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        let (_, (number, _)) = element(bytes).ok()?;
        (number == 1).then_some(LldpFrame { bytes })
    }

    /// Type and value of each element, up to the end element or the first that is not whole.
    pub fn elements(&self) -> impl Iterator<Item = (u8, &'f [u8])> + use<'f> {
        let mut rest = self.bytes;
        core::iter::from_fn(move || {
            let (after, found) = element(rest).ok()?;
            rest = after;
            (found.0 != 0).then_some(found)
        })
    }

    fn value(&self, number: u8) -> Option<&'f [u8]> {
        self.elements().find(|(found, _)| *found == number).map(|(_, value)| value)
    }

    /// Subtype and bytes of the chassis ID.
    pub fn chassis_id(&self) -> Option<(u8, &'f [u8])> {
        self.value(1)?.split_first().map(|(&subtype, id)| (subtype, id))
    }

    /// Subtype and bytes of the port ID.
    pub fn port_id(&self) -> Option<(u8, &'f [u8])> {
        self.value(2)?.split_first().map(|(&subtype, id)| (subtype, id))
    }

    /// Time to live, seconds.
    pub fn time_to_live(&self) -> Option<u16> {
        self.value(3)?.first_chunk().map(|&bytes| u16::from_be_bytes(bytes))
    }

    /// System name.
    pub fn system_name(&self) -> Option<&'f [u8]> {
        self.value(5)
    }

    /// System description.
    pub fn system_description(&self) -> Option<&'f [u8]> {
        self.value(6)
    }
}

impl fmt::Display for LldpFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LLDP")?;
        // Subtype 4 is a MAC address (3 in port IDs); network addresses are left to the elements.
        for (name, id, mac) in [("chassis", self.chassis_id(), 4), ("port", self.port_id(), 3)] {
            if let Some((subtype, id)) = id {
                write!(f, " {name} {}", if subtype == mac { Escaped::mac(id) } else { Escaped::text(id) })?;
            }
        }
        if let Some(seconds) = self.time_to_live() {
            write!(f, " ttl {seconds}")?;
        }
        self.system_name().map_or(Ok(()), |name| write!(f, " {}", Escaped::text(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements() {
        let mut unit = vec![2, 7, 4, 2, 0, 0, 0, 0, 1, 4, 5, 5];
        unit.extend(b"ge-\x1b");
        unit.extend([6, 2, 0, 120, 10, 3]);
        unit.extend(b"sw1");
        unit.extend([0, 0, 9, 9]);
        let view = LldpFrame::new(&unit).unwrap();
        assert_eq!(view.to_string(), r"LLDP chassis 02:00:00:00:00:01 port ge-\x1b ttl 120 sw1");
        assert_eq!(view.elements().count(), 4);
        assert!(LldpFrame::new(&[0, 0]).is_none());
    }
}
