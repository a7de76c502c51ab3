//! Capture time: nanoseconds since the Unix epoch, printed as RFC 3339 in UTC.
//!
//! No clock is read here and no time zone is known.

use std::fmt;

const NANOS_PER_SEC: i64 = 1_000_000_000;

/// A point in capture time: nanoseconds since 1970-01-01T00:00:00Z, saturating at the ends of `i64`
/// (the years 1677 and 2262).
///
/// [`Display`](fmt::Display) writes RFC 3339 with nine decimals, for every value:
///
/// ```
/// use wiretrace_capture::Timestamp;
///
/// let at = Timestamp::from_secs_nanos(1_363_624_631, 406_021_000);
/// assert_eq!(at.to_string(), "2013-03-18T16:37:11.406021000Z");
/// assert_eq!(Timestamp::new(-1).to_string(), "1969-12-31T23:59:59.999999999Z");
/// ```
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Timestamp = Timestamp(0);
    /// The earliest time there is, in the year 1677.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// The latest time there is, in the year 2262.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// A timestamp from nanoseconds since the epoch.
    pub const fn new(nanos: i64) -> Self {
        Timestamp(nanos)
    }

    /// A timestamp from seconds since the epoch and nanoseconds on top of them (any number of them), saturating.
    pub const fn from_secs_nanos(secs: i64, nanos: u32) -> Self {
        Timestamp(secs.saturating_mul(NANOS_PER_SEC).saturating_add(nanos as i64))
    }

    /// A timestamp from microseconds since the epoch, saturating.
    pub const fn from_micros(micros: i64) -> Self {
        Timestamp(micros.saturating_mul(1_000))
    }

    /// A timestamp from a wide count of nanoseconds, saturating.
    pub const fn saturating_from_i128(nanos: i128) -> Self {
        if nanos > i64::MAX as i128 {
            Timestamp::MAX
        } else if nanos < i64::MIN as i128 {
            Timestamp::MIN
        } else {
            Timestamp(nanos as i64)
        }
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch (rounded down) and the nanoseconds on top of them (below 10⁹).
    pub const fn secs_nanos(self) -> (i64, u32) {
        (self.0.div_euclid(NANOS_PER_SEC), self.0.rem_euclid(NANOS_PER_SEC) as u32)
    }

    /// Nanoseconds from `earlier` to `self`, negative where `self` is the earlier one, saturating.
    pub const fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `nanos` later (earlier where negative), saturating.
    pub const fn saturating_add(self, nanos: i64) -> Self {
        Timestamp(self.0.saturating_add(nanos))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, nanos) = self.secs_nanos();
        let (days, second) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
    }
}

/// The proleptic Gregorian date of a day counted from 1970-01-01. Years are counted from March, in eras of 400 years,
/// so that the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc_3339() {
        for (nanos, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z"),
            (4_107_542_399_999_999_999, "2100-02-28T23:59:59.999999999Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
            (-86_400_000_000_000, "1969-12-31T00:00:00.000000000Z"),
            (i64::MIN, "1677-09-21T00:12:43.145224192Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
        ] {
            assert_eq!(Timestamp::new(nanos).to_string(), text);
        }
    }

    #[test]
    fn days_follow_the_calendar() {
        // A naive calendar beside the closed form, over every day a timestamp can name.
        let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..107_000 {
            assert_eq!(civil(days), (year, month, day));
            let last =
                [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1];
            day += 1;
            if day > last {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
    }

    #[test]
    fn saturates() {
        assert_eq!(Timestamp::from_secs_nanos(i64::MAX, 1), Timestamp::MAX);
        assert_eq!(Timestamp::from_secs_nanos(i64::MIN, 0), Timestamp::MIN);
        assert_eq!(Timestamp::saturating_from_i128(i128::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::saturating_from_i128(-1), Timestamp::new(-1));
        assert_eq!(Timestamp::MAX.since(Timestamp::MIN), i64::MAX);
        assert_eq!(Timestamp::MIN.saturating_add(-1), Timestamp::MIN);
        assert_eq!(Timestamp::new(-1).secs_nanos(), (-1, 999_999_999));
    }
}
