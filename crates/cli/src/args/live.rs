//! The options of live captures, capture filters and limits.

use std::time::Duration;

/// What to use of the packets, live and from files.
#[derive(Debug, clap::Args)]
pub(crate) struct Limits {
    /// Use only packets that pass EXPR, in the language of pcap-filter(7): live in the kernel, and on files
    #[arg(short = 'f', long = "filter", value_name = "EXPR", conflicts_with = "words")]
    filter: Option<String>,
    /// The same as --filter; several words are joined by blanks
    #[arg(value_name = "FILTER")]
    words: Vec<String>,
    /// Stop after N packets that pass the filter
    #[arg(short = 'c', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    /// Stop after so many seconds (1.5 is possible): live from the start, in files from the first packet
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) duration: Option<Duration>,
}

impl Limits {
    /// The capture filter, where there is one.
    pub(crate) fn filter(&self) -> Option<String> {
        let text = self.filter.clone().unwrap_or_else(|| self.words.join(" "));
        (!text.trim().is_empty()).then_some(text)
    }
}

/// What there is to set about a live capture.
#[derive(Debug, clap::Args)]
pub(crate) struct Live {
    /// Capture from INTERFACE, a name or a number that "wiretrace devices" shows, or "any" (Linux). May be given several
    /// times. Without -i and -r: from the interface with the default route
    #[arg(short = 'i', long = "interface", value_name = "INTERFACE", conflicts_with = "files")]
    pub(crate) interfaces: Vec<String>,
    /// Keep the first BYTES of each packet
    #[arg(long, value_name = "BYTES", default_value_t = 262_144, conflicts_with = "files")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=262_144))]
    pub(crate) snaplen: u32,
    /// The kernel's buffer: a number of MiB (10, 1.5), or with a unit (512K, 64M, 1G)
    #[arg(short = 'b', long, value_name = "SIZE", default_value = "32", conflicts_with = "files")]
    #[arg(value_parser = buffer)]
    pub(crate) buffer: u32,
    /// Do not put the interface into promiscuous mode
    #[arg(long, conflicts_with = "files")]
    pub(crate) no_promisc: bool,
    /// Who stamps the packets: host, host_lowprec, host_hiprec, adapter, adapter_unsynced; a type that the interface is not
    /// known to offer is refused, with those that it offers ("wiretrace devices" lists them, too)
    #[arg(long, value_name = "TYPE", default_value = "host", conflicts_with = "files")]
    #[arg(value_parser = timestamp)]
    pub(crate) timestamp: String,
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() && seconds <= 1e9 => Ok(duration),
        _ => Err("must be above 0, and at most 1000000000".to_owned()),
    }
}

/// A size in bytes; a plain number is in MiB.
fn buffer(text: &str) -> Result<u32, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default().to_ascii_lowercase().as_str() {
        "b" => 1.0,
        "k" | "kb" | "kib" => 1024.0,
        "" | "m" | "mb" | "mib" => 1024.0 * 1024.0,
        "g" | "gb" | "gib" => 1024.0 * 1024.0 * 1024.0,
        other => return Err(format!("the unit {other} is none of K, M and G")),
    };
    let number: f64 = digits.trim().parse().map_err(|_| "not a size: 10, 1.5, 512K, 64M".to_owned())?;
    let bytes = number * unit;
    if !(65_536.0..=2_147_483_647.0).contains(&bytes) {
        return Err("must be at least 64K, and less than 2G".to_owned());
    }
    Ok(bytes as u32)
}

#[cfg(feature = "live")]
fn timestamp(text: &str) -> Result<String, String> {
    text.parse::<wiretrace_capture::live::TimestampType>().map(|known| known.name().to_owned())
}

#[cfg(not(feature = "live"))]
fn timestamp(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

/// The program's version, and the capture library's.
pub(super) fn long_version() -> &'static str {
    #[cfg(feature = "live")]
    let library = wiretrace_capture::live::library_version();
    #[cfg(not(feature = "live"))]
    let library = "no capture library: built without live capture";
    // Once a run.
    Box::leak(format!("{}\n{library}", env!("CARGO_PKG_VERSION")).into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_and_fractions() {
        for (text, bytes) in [
            ("10", 10 << 20),
            ("1.5", 3 << 19),
            ("64M", 64 << 20),
            ("1.5m", 3 << 19),
            ("512K", 512 << 10),
            ("1G", 1 << 30),
            ("65536b", 65_536),
            ("2 MiB", 2 << 20),
        ] {
            assert_eq!(buffer(text), Ok(bytes), "{text}");
        }
        for text in ["", "M", "-1", "0", "2G", "1e30", "nan", "inf", "10X", "1.2.3"] {
            assert!(buffer(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_have_fractions() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        for text in ["", "0", "-1", "nan", "inf", "1e10", "x"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
