//! Times, durations and sizes as people read them.

use jiff::tz::TimeZone;

pub(crate) use wiretrace_render::rfc3339;

use super::number::{decimal, padded};

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400;
/// Zones change their offset on quarters of an hour only.
const QUARTER: i64 = 900;

/// Writes `HH:MM:SS.mmm` in the system's time zone.
#[derive(Debug)]
pub(crate) struct LocalTime {
    zone: TimeZone,
    /// The quarter of an hour last asked for, and its offset from UTC in seconds.
    last: Option<(i64, i64)>,
    /// The second last written, and its text.
    second: Option<(i64, [u8; 9])>,
}

impl LocalTime {
    pub(crate) fn new() -> Self {
        Self { zone: TimeZone::system(), last: None, second: None }
    }

    #[cfg(test)]
    fn with_zone(zone: TimeZone) -> Self {
        Self { zone, last: None, second: None }
    }

    /// `at`: nanoseconds since the Unix epoch.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, at: i64) {
        let second = at.div_euclid(SECOND);
        let text = match self.second {
            Some((last, text)) if last == second => text,
            _ => self.of_day(second),
        };
        out.extend_from_slice(&text);
        padded(out, at.rem_euclid(SECOND).unsigned_abs() / 1_000_000, 3);
    }

    /// `HH:MM:SS.`
    fn of_day(&mut self, second: i64) -> [u8; 9] {
        let quarter = second.div_euclid(QUARTER);
        let offset = match self.last {
            Some((last, offset)) if last == quarter => offset,
            _ => {
                let offset = jiff::Timestamp::from_second(second)
                    .map_or(0, |timestamp| i64::from(self.zone.to_offset(timestamp).seconds()));
                self.last = Some((quarter, offset));
                offset
            }
        };
        let of_day = (second + offset).rem_euclid(DAY);
        let mut text = *b"00:00:00.";
        let (places, _) = text.as_chunks_mut::<3>();
        for (place, number) in places.iter_mut().zip([of_day / 3600, of_day / 60 % 60, of_day % 60]) {
            let [tens, ones, _] = place;
            (*tens, *ones) = (b'0' + (number / 10) as u8, b'0' + (number % 10) as u8);
        }
        self.second = Some((second, text));
        text
    }
}

/// Writes RFC 3339 stamps, as [`rfc3339`] has them.
#[derive(Debug, Default)]
pub(crate) struct UtcTime {
    /// The second last written, and a stamp in it.
    last: Option<(i64, [u8; 30])>,
}

impl UtcTime {
    /// `at`: nanoseconds since the Unix epoch.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, at: i64) {
        let second = at.div_euclid(SECOND);
        let stamp = match self.last {
            Some((last, stamp)) if last == second => stamp,
            _ => self.last.insert((second, rfc3339(at))).1,
        };
        // Up to the point.
        out.extend_from_slice(stamp.get(..20).unwrap_or_default());
        padded(out, at.rem_euclid(SECOND).unsigned_abs(), 9);
        out.push(b'Z');
    }
}

/// The offset of local time from UTC in seconds, by second since the epoch: the system's time zone.
pub(crate) fn local_offset() -> wiretrace_render::Zone {
    let zone = TimeZone::system();
    Box::new(move |second| {
        jiff::Timestamp::from_second(second)
            .map_or(0, |timestamp| i64::from(zone.to_offset(timestamp).seconds()))
    })
}

/// `0.215ms`, `35.2ms`, `1.204s`, `75.0s`: three figures or more, cut, not rounded.
pub(crate) fn duration(out: &mut Vec<u8>, nanos: i64) {
    if nanos < 0 {
        out.push(b'-');
    }
    let nanos = nanos.unsigned_abs();
    // The unit, and how many places behind the point.
    let (unit, places, name): (u64, u32, &[u8]) = match nanos {
        0..1_000_000 => (1_000_000, 3, b"ms"),
        1_000_000..10_000_000 => (1_000_000, 2, b"ms"),
        10_000_000..1_000_000_000 => (1_000_000, 1, b"ms"),
        1_000_000_000..60_000_000_000 => (1_000_000_000, 3, b"s"),
        _ => (1_000_000_000, 1, b"s"),
    };
    decimal(out, nanos / unit);
    out.push(b'.');
    padded(out, nanos % unit / (unit / 10u64.pow(places)), places as usize);
    out.extend_from_slice(name);
}

/// Below 2,048 `NB`, below 2 MiB `N.NNKB`, else `N.NNMB` (1,024-based).
pub(crate) fn size(out: &mut Vec<u8>, bytes: u64) {
    let (unit, name): (u64, &[u8]) = match bytes {
        0..2048 => {
            decimal(out, bytes);
            return out.push(b'B');
        }
        2048..0x20_0000 => (1024, b"KB"),
        _ => (1024 * 1024, b"MB"),
    };
    let hundredths = (u128::from(bytes) * 100 + u128::from(unit) / 2) / u128::from(unit);
    // A u64 of bytes has fewer than 2^51 hundredths of MiB.
    let hundredths = u64::try_from(hundredths).unwrap_or(u64::MAX);
    decimal(out, hundredths / 100);
    out.push(b'.');
    padded(out, hundredths % 100, 2);
    out.extend_from_slice(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sizes() {
        assert_eq!(text(|out| size(out, 2047)), "2047B");
        assert_eq!(text(|out| size(out, 2048)), "2.00KB");
        assert_eq!(text(|out| size(out, 2 * 1024 * 1024 - 1)), "2048.00KB");
        assert_eq!(text(|out| size(out, 2 * 1024 * 1024)), "2.00MB");
        text(|out| size(out, u64::MAX));
    }

    #[test]
    fn durations() {
        for (nanos, want) in [
            (0, "0.000ms"),
            (215_900, "0.215ms"),
            (1_234_567, "1.23ms"),
            (35_297_000, "35.2ms"),
            (1_204_900_000, "1.204s"),
            (75_050_000_000, "75.0s"),
            (-1_500_000, "-1.50ms"),
        ] {
            assert_eq!(text(|out| duration(out, nanos)), want);
        }
        text(|out| duration(out, i64::MIN));
    }

    #[test]
    fn stamps_are_those_of_the_capture_crate() {
        let mut at = i64::MIN;
        let mut times = UtcTime::default();
        for step in 0..2_000 {
            let want = wiretrace_capture::Timestamp(at).to_string();
            assert_eq!(String::from_utf8_lossy(&rfc3339(at)), want);
            assert_eq!(text(|out| times.write(out, at)), want);
            // Mostly within the same second.
            let near = at.saturating_add(step * 999_983);
            let want = wiretrace_capture::Timestamp(near).to_string();
            assert_eq!(text(|out| times.write(out, near)), want);
            at = at.saturating_add(9_223_372_036_854_775 + step * 86_399_999_999_999 % 977);
            at = at.saturating_add(9_223_372_036_854_775 / 7);
        }
        assert_eq!(&rfc3339(1_363_624_631_406_021_000), b"2013-03-18T16:37:11.406021000Z");
        assert_eq!(&rfc3339(951_782_400_000_000_001), b"2000-02-29T00:00:00.000000001Z");
        assert_eq!(
            String::from_utf8_lossy(&rfc3339(i64::MAX)),
            wiretrace_capture::Timestamp(i64::MAX).to_string()
        );
    }

    #[test]
    fn local_times() {
        let mut utc = LocalTime::with_zone(TimeZone::UTC);
        assert_eq!(text(|out| utc.write(out, 1_363_624_631_406_021_000)), "16:37:11.406");
        assert_eq!(text(|out| utc.write(out, -1)), "23:59:59.999");
        text(|out| utc.write(out, i64::MIN));
        text(|out| utc.write(out, i64::MAX));
        let zone = TimeZone::fixed(jiff::tz::Offset::from_seconds(-5 * 3600 - 1800).unwrap());
        let mut other = LocalTime::with_zone(zone);
        assert_eq!(text(|out| other.write(out, 0)), "18:30:00.000");
        assert_eq!(text(|out| other.write(out, 1_000_000_000)), "18:30:01.000");
    }
}
