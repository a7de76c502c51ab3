//! The time in front of a line. What is the same for a whole second is written once and patched.

use std::fmt;

use crate::number::{decimal, padded};

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400;
/// Zones change their offset on quarters of an hour only.
const QUARTER: i64 = 900;

/// How a packet's time is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeStyle {
    /// Local time, `HH:MM:SS.mmm`.
    #[default]
    Local,
    /// Local time with nine decimals.
    Nanos,
    /// RFC 3339 in UTC.
    Utc,
    /// Seconds since the first packet.
    Relative,
    /// Seconds since the packet before.
    Delta,
    /// Seconds since 1970-01-01T00:00:00Z.
    Epoch,
}

/// The offset of local time from UTC in seconds, at this second since the epoch.
pub type Zone = Box<dyn Fn(i64) -> i64 + Send>;

/// Writes times.
pub(crate) struct Clock {
    style: TimeStyle,
    zone: Zone,
    /// The quarter of an hour last asked for, and its offset.
    quarter: Option<(i64, i64)>,
    /// The second last written, and its text up to the decimal point.
    second: Option<i64>,
    text: Vec<u8>,
    first: Option<i64>,
    previous: i64,
    /// Six places, and nine from the first stamp on that needs them.
    places: usize,
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("style", &self.style).finish_non_exhaustive()
    }
}

impl Clock {
    pub(crate) fn new(style: TimeStyle, zone: Zone) -> Self {
        let text = Vec::with_capacity(32);
        Self { style, zone, quarter: None, second: None, text, first: None, previous: 0, places: 6 }
    }

    /// Appends the time of the packet at `at`, nanoseconds since the epoch.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, at: i64) {
        let first = *self.first.get_or_insert_with(|| {
            self.previous = at;
            at
        });
        let before = std::mem::replace(&mut self.previous, at);
        if at % 1000 != 0 {
            self.places = 9;
        }
        match self.style {
            TimeStyle::Local => self.of_day(out, at, 3),
            TimeStyle::Nanos => self.of_day(out, at, 9),
            TimeStyle::Utc => {
                let second = at.div_euclid(SECOND);
                if self.second != Some(second) {
                    self.second = Some(second);
                    self.text.clear();
                    self.text.extend_from_slice(rfc3339(at).get(..20).unwrap_or_default());
                }
                out.extend_from_slice(&self.text);
                fraction(out, at.rem_euclid(SECOND), self.places);
                out.push(b'Z');
            }
            TimeStyle::Relative => seconds(out, i128::from(at) - i128::from(first), self.places),
            TimeStyle::Delta => seconds(out, i128::from(at) - i128::from(before), self.places),
            TimeStyle::Epoch => seconds(out, i128::from(at), self.places),
        }
    }

    fn of_day(&mut self, out: &mut Vec<u8>, at: i64, places: usize) {
        let second = at.div_euclid(SECOND);
        if self.second != Some(second) {
            self.second = Some(second);
            let quarter = second.div_euclid(QUARTER);
            let offset = match self.quarter {
                Some((last, offset)) if last == quarter => offset,
                _ => {
                    let offset = (self.zone)(second);
                    self.quarter = Some((quarter, offset));
                    offset
                }
            };
            let of_day = second.saturating_add(offset).rem_euclid(DAY).unsigned_abs();
            self.text.clear();
            for (number, separator) in [(of_day / 3600, b':'), (of_day / 60 % 60, b':'), (of_day % 60, b'.')]
            {
                padded(&mut self.text, number, 2);
                self.text.push(separator);
            }
        }
        out.extend_from_slice(&self.text);
        fraction(out, at.rem_euclid(SECOND), places);
    }
}

/// The first `places` (3, 6 or 9) decimals; cut, not rounded.
fn fraction(out: &mut Vec<u8>, nanos: i64, places: usize) {
    let unit = match places {
        3 => 1_000_000,
        6 => 1_000,
        _ => 1,
    };
    padded(out, nanos.unsigned_abs() / unit, places);
}

fn seconds(out: &mut Vec<u8>, nanos: i128, places: usize) {
    if nanos < 0 {
        out.push(b'-');
    }
    // The difference of two stamps of 64 bits has at most 65, and its seconds fit.
    let nanos = nanos.unsigned_abs();
    decimal(out, u64::try_from(nanos / SECOND as u128).unwrap_or(u64::MAX));
    out.push(b'.');
    fraction(out, (nanos % SECOND as u128) as i64, places);
}

/// `2013-03-18T16:37:11.406021000Z` (RFC 3339, UTC, nine decimals) of nanoseconds since the Unix epoch: an `i64` of
/// them spans the years 1677 to 2262.
pub fn rfc3339(at: i64) -> [u8; 30] {
    let seconds = at.div_euclid(SECOND);
    let (days, of_day) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // Days since 0000-03-01, in eras of 400 years (the proleptic Gregorian calendar).
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let mut stamp = *b"0000-00-00T00:00:00.000000000Z";
    for (number, end, width) in [
        (year, 4, 4),
        (month, 7, 2),
        (day, 10, 2),
        (of_day / 3600, 13, 2),
        (of_day / 60 % 60, 16, 2),
        (of_day % 60, 19, 2),
        (at.rem_euclid(SECOND), 29, 9),
    ] {
        let mut rest = number.unsigned_abs();
        for digit in stamp.iter_mut().take(end).rev().take(width) {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }
    stamp
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(style: TimeStyle, stamps: &[i64]) -> Vec<String> {
        let mut clock = Clock::new(style, Box::new(|_| 3600));
        let mut write = |&at: &i64| {
            let mut out = Vec::new();
            clock.write(&mut out, at);
            String::from_utf8(out).unwrap()
        };
        stamps.iter().map(&mut write).collect()
    }

    const AT: i64 = 1_363_624_631_406_021_000;

    #[test]
    fn styles() {
        let stamps = [AT, AT + 1_000_000, AT - 500_000_000, AT + 1];
        for (style, want) in [
            (TimeStyle::Local, ["17:37:11.406", "17:37:11.407", "17:37:10.906", "17:37:11.406"]),
            (TimeStyle::Relative, ["0.000000", "0.001000", "-0.500000", "0.000000001"]),
            (TimeStyle::Delta, ["0.000000", "0.001000", "-0.501000", "0.500000001"]),
        ] {
            assert_eq!(texts(style, &stamps), want);
        }
        assert_eq!(texts(TimeStyle::Nanos, &[AT]), ["17:37:11.406021000"]);
        assert_eq!(
            texts(TimeStyle::Utc, &[AT, AT + 1, AT + 1_000_000_000]),
            [
                "2013-03-18T16:37:11.406021Z",
                "2013-03-18T16:37:11.406021001Z",
                "2013-03-18T16:37:12.406021000Z"
            ]
        );
        assert_eq!(texts(TimeStyle::Epoch, &[AT, -1]), ["1363624631.406021", "-0.000000001"]);
    }

    #[test]
    fn the_ends_of_time() {
        for style in
            [TimeStyle::Local, TimeStyle::Utc, TimeStyle::Relative, TimeStyle::Delta, TimeStyle::Epoch]
        {
            texts(style, &[i64::MIN, i64::MAX, i64::MIN]);
        }
        assert_eq!(&rfc3339(i64::MIN), b"1677-09-21T00:12:43.145224192Z");
        assert_eq!(&rfc3339(i64::MAX), b"2262-04-11T23:47:16.854775807Z");
        assert_eq!(&rfc3339(951_782_400_000_000_001), b"2000-02-29T00:00:00.000000001Z");
    }
}
