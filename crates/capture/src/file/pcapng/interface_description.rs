//! The Interface Description Block (draft-ietf-opsawg-pcapng §4.2): link type, snap length, and the clock of an
//! interface's stamps.

use nom::Parser;
use nom::number::Endianness;
use nom::number::complete::{u16, u32};

use super::option::{Options, number};
use crate::{Limits, LinkType, Timestamp};

/// The least total length of such a block.
pub(super) const LEAST: u32 = 20;

const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// What is kept of an interface.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Interface {
    pub(super) link_type: LinkType,
    /// The most that is captured of a frame; 0: no limit.
    pub(super) snap_len: u32,
    pub(super) clock: Clock,
    /// The most captured bytes that a frame of it may have.
    pub(super) max_frame_bytes: u32,
    /// Drops told by its packets.
    pub(super) drops_between: u64,
    /// Drops told by its latest statistics.
    pub(super) drops_total: u64,
}

impl Interface {
    /// From the block's body, options included. Options of the wrong size are not looked at.
    pub(super) fn parse(body: &[u8], endianness: Endianness, limits: &Limits) -> Option<Self> {
        let fixed = (u16::<_, ()>(endianness), u16(endianness), u32(endianness)).parse(body);
        let (options, (link_type, _reserved, snap_len)) = fixed.ok()?;
        let (mut resolution, mut offset) = (6, 0);
        for (code, value) in Options::new(options, endianness) {
            match (code, value) {
                (IF_TSRESOL, &[value]) => resolution = value,
                (IF_TSOFFSET, value) => offset = number(value, endianness).map_or(offset, |n| n as i64),
                _ => {}
            }
        }
        let link_type = LinkType(link_type.into());
        Some(Interface {
            link_type,
            snap_len,
            clock: Clock::new(resolution, offset),
            max_frame_bytes: limits.frame_bytes(link_type),
            drops_between: 0,
            drops_total: 0,
        })
    }

    /// Drops told by its packets and by its statistics are the same ones, told twice.
    pub(super) fn dropped(&self) -> u64 {
        self.drops_between.max(self.drops_total)
    }
}

/// How an interface's ticks become nanoseconds.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Clock {
    scale: Scale,
    /// Added to every stamp, in seconds.
    offset: i64,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Scale {
    /// A tick has so many nanoseconds.
    Multiply(u64),
    /// A nanosecond has so many ticks.
    Divide(u64),
    /// A second has two to the power of so many ticks.
    Shift(u32),
    /// A tick is so short that 2^64 of them are less than a nanosecond.
    Nothing,
}

impl Clock {
    /// `if_tsresol`: with the upper bit clear a second has 10^n ticks, with it set 2^n.
    pub(super) fn new(resolution: u8, offset: i64) -> Self {
        let power = u32::from(resolution & 0x7f);
        let scale = if resolution & 0x80 != 0 {
            Scale::Shift(power)
        } else {
            match power {
                0..=9 => Scale::Multiply(10u64.pow(9 - power)),
                10..=28 => Scale::Divide(10u64.pow(power - 9)),
                _ => Scale::Nothing,
            }
        };
        Clock { scale, offset }
    }

    /// The stamp of so many ticks, rounded down, saturating.
    #[inline]
    pub(super) fn at(&self, ticks: u64) -> Timestamp {
        if let (Scale::Multiply(nanos), 0) = (self.scale, self.offset)
            && let Some(nanos) = ticks.checked_mul(nanos)
            && let Ok(nanos) = i64::try_from(nanos)
        {
            return Timestamp(nanos);
        }
        self.at_slowly(ticks)
    }

    /// All intermediate values fit 128 bits: ticks have 64 and a second's nanoseconds 30.
    #[cold]
    fn at_slowly(&self, ticks: u64) -> Timestamp {
        let wide = i128::from(ticks);
        let nanos = match self.scale {
            Scale::Multiply(nanos) => wide * i128::from(nanos),
            Scale::Divide(ticks) => wide / i128::from(ticks),
            Scale::Shift(power) => (wide * 1_000_000_000) >> power,
            Scale::Nothing => 0,
        };
        Timestamp::saturating_from_i128(nanos + i128::from(self.offset) * 1_000_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_ten_and_of_two() {
        assert_eq!(Clock::new(6, 0).at(1_363_624_631_406_021).to_string(), "2013-03-18T16:37:11.406021000Z");
        assert_eq!(Clock::new(9, 0).at(5), Timestamp(5));
        assert_eq!(Clock::new(0, 0).at(5), Timestamp(5_000_000_000));
        assert_eq!(Clock::new(12, 0).at(5_999), Timestamp(5));
        assert_eq!(Clock::new(0x80 | 10, 0).at(1_024 + 512), Timestamp(1_500_000_000));
        assert_eq!(Clock::new(0x80, 0).at(2), Timestamp(2_000_000_000));
        assert_eq!(Clock::new(0x80 | 32, 0).at(1 << 31), Timestamp(500_000_000));
    }

    #[test]
    fn offsets() {
        assert_eq!(Clock::new(6, -1).at(1), Timestamp(-999_999_000));
        assert_eq!(Clock::new(9, 10).at(1), Timestamp(10_000_000_001));
    }

    #[test]
    fn every_resolution_is_total() {
        for resolution in 0..=255 {
            for offset in [0, 1, -1, i64::MIN, i64::MAX] {
                let clock = Clock::new(resolution, offset);
                let mut last = Timestamp::MIN;
                for ticks in [0, 1, 1 << 32, u64::MAX / 2, u64::MAX] {
                    let at = clock.at(ticks);
                    assert!(at >= last, "time runs on with the ticks");
                    assert_eq!(at, clock.at_slowly(ticks), "the short way is no other way");
                    last = at;
                }
            }
        }
        assert_eq!(Clock::new(0, 0).at(u64::MAX), Timestamp::MAX);
        assert_eq!(Clock::new(0, i64::MIN).at(0), Timestamp::MIN);
    }

    #[test]
    fn body() {
        let body = [
            [1, 0, 0, 0, 0, 1, 0, 0].as_slice(),
            &[9, 0, 1, 0, 9, 0, 0, 0],
            &[14, 0, 8, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0, 0, 0, 0],
        ]
        .concat();
        let interface = Interface::parse(&body, Endianness::Little, &Limits::default()).unwrap();
        assert_eq!((interface.link_type, interface.snap_len), (LinkType::ETHERNET, 256));
        assert_eq!(interface.clock, Clock::new(9, -1));
        assert_eq!(Interface::parse(&body[..7], Endianness::Little, &Limits::default()), None);
    }
}
