//! Times, durations and sizes as people read them.

use std::io::Write;

use jiff::tz::TimeZone;

const DAY: i64 = 86_400;
/// Zones change their offset on quarters of an hour only.
const QUARTER: i64 = 900;

/// Writes `HH:MM:SS.mmm` in the system's time zone.
#[derive(Debug)]
pub(crate) struct LocalTime {
    zone: TimeZone,
    /// The quarter of an hour last asked for, and its offset from UTC in seconds.
    last: Option<(i64, i64)>,
}

impl LocalTime {
    pub(crate) fn new() -> Self {
        Self { zone: TimeZone::system(), last: None }
    }

    #[cfg(test)]
    fn with_zone(zone: TimeZone) -> Self {
        Self { zone, last: None }
    }

    /// `at`: nanoseconds since the Unix epoch.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, at: i64) {
        let seconds = at.div_euclid(1_000_000_000);
        let millis = at.rem_euclid(1_000_000_000) / 1_000_000;
        let quarter = seconds.div_euclid(QUARTER);
        let offset = match self.last {
            Some((last, offset)) if last == quarter => offset,
            _ => {
                let offset = jiff::Timestamp::from_second(seconds)
                    .map_or(0, |timestamp| i64::from(self.zone.to_offset(timestamp).seconds()));
                self.last = Some((quarter, offset));
                offset
            }
        };
        let of_day = (seconds + offset).rem_euclid(DAY);
        let _ =
            write!(out, "{:02}:{:02}:{:02}.{millis:03}", of_day / 3600, of_day / 60 % 60, of_day % 60);
    }
}

/// `0.215ms`, `35.3ms`, `1.204s`, `75.0s`: three figures or more, the unit at once.
pub(crate) fn duration(out: &mut Vec<u8>, nanos: i64) {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let _ = match nanos {
        0..1_000_000 => write!(out, "{sign}0.{:03}ms", nanos / 1_000),
        1_000_000..10_000_000 => {
            write!(out, "{sign}{}.{:02}ms", nanos / 1_000_000, nanos % 1_000_000 / 10_000)
        }
        10_000_000..1_000_000_000 => {
            write!(out, "{sign}{}.{}ms", nanos / 1_000_000, nanos % 1_000_000 / 100_000)
        }
        1_000_000_000..60_000_000_000 => {
            write!(out, "{sign}{}.{:03}s", nanos / 1_000_000_000, nanos % 1_000_000_000 / 1_000_000)
        }
        _ => write!(out, "{sign}{}.{}s", nanos / 1_000_000_000, nanos % 1_000_000_000 / 100_000_000),
    };
}

/// Below 2,048 `NB`, below 2 MiB `N.NNKB`, else `N.NNMB` (1,024-based).
pub(crate) fn size(out: &mut Vec<u8>, bytes: u64) {
    let hundredths = |unit: u64| (u128::from(bytes) * 100 + u128::from(unit) / 2) / u128::from(unit);
    let _ = if bytes < 2048 {
        write!(out, "{bytes}B")
    } else if bytes < 2 * 1024 * 1024 {
        let n = hundredths(1024);
        write!(out, "{}.{:02}KB", n / 100, n % 100)
    } else {
        let n = hundredths(1024 * 1024);
        write!(out, "{}.{:02}MB", n / 100, n % 100)
    };
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
