//! The options of `wiretrace tcp`, and those about TCP that other commands have, too.

use std::time::Duration;

use clap::ValueEnum;
use wiretrace_pipeline::{Config, Overlap};

use super::{Input, Output, Threads};

#[derive(Debug, clap::Args)]
pub(crate) struct Tcp {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Print one table at the end instead of a line a connection
    #[arg(long, conflicts_with = "json")]
    pub(crate) summary: bool,
    /// Which connections come first in the table
    #[arg(long, value_name = "ORDER", default_value = "slowest", requires = "summary")]
    pub(crate) sort: Sort,
    /// Print the first N connections of the table, at most 10000
    #[arg(long, value_name = "N", default_value = "20", requires = "summary")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) top: u16,
    /// Print each round trip: a segment with payload, and how long its acknowledgement took to come back
    #[arg(long)]
    pub(crate) rtt_series: bool,
    /// Add the SHA-1 of each side's stream to its "end" object, where no byte of it is missing
    #[arg(long, requires = "json")]
    pub(crate) digests: bool,
    #[command(flatten)]
    pub(crate) tracking: Tracking,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What a table of connections is sorted by, the largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    /// By duration
    Slowest,
    /// By retransmissions of both sides
    Resent,
    /// By payload of both sides, each position once
    Largest,
    /// By bytes of both sides that are missing from the capture
    Missing,
    /// By round trip: the 95th percentile of the side where it is longer
    Rtt,
    /// By the time in which a side's window was closed
    ZeroWindow,
    /// By the time of the handshake
    Handshake,
}

/// Which copy of a byte counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Policy {
    /// The one that was captured first
    First,
    /// The one that was captured last
    Last,
    /// That of the segment that begins first (BSD, macOS)
    Bsd,
    /// The same, and of two that begin at one position the longer one's (Linux)
    Linux,
}

/// How connections are followed, and what that may take.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "TCP")]
pub(crate) struct Tracking {
    /// Where segments overlap, and the earlier copy still waits behind a hole: which one counts
    #[arg(long, value_name = "POLICY", default_value = "first")]
    pub(crate) overlap: Policy,
    /// Leave out packets whose IPv4 header or TCP checksum is wrong
    ///
    /// Packets that the snap length cut, and those whose checksum the capturing host's network card was still to fill in,
    /// are not judged.
    #[arg(long)]
    pub(crate) check_checksums: bool,
    /// End connections of which nothing is heard for so many seconds; without: never
    ///
    /// half-open: only SYNs of one side were seen; half-closed: one side sent FIN; idle: any other. Those not named are
    /// 240 s, 240 s and 7440 s (RFC 5382, REQ-5).
    #[arg(
        long, value_name = "half-open=S,half-closed=S,idle=S", num_args = 0..=1, require_equals = true,
        default_missing_value = "", value_parser = timeouts
    )]
    pub(crate) timeouts: Option<Timeouts>,
    /// Seconds for which a connection that is over still takes late segments
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = linger)]
    pub(crate) linger: Duration,
    /// Follow at most N connections at a time, rounded down to a multiple of 64; at the bound one ends early: a closed one,
    /// else one without an answer, else the longest idle
    #[arg(long, value_name = "N", default_value = "1048576", value_parser = clap::value_parser!(u32).range(64..))]
    pub(crate) max_connections: u32,
    /// Hold at most SIZE of out-of-order payload in all (512M, 2G); at the bound the hole open for longest is given up
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = held)]
    pub(crate) max_held: usize,
    /// Hold at most SIZE of out-of-order payload of one side of a connection; at the bound its oldest hole is given up
    #[arg(long, value_name = "SIZE", default_value = "4M", value_parser = held_stream)]
    pub(crate) max_held_stream: usize,
}

/// After how much silence connections end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeouts {
    pub(crate) half_open: Duration,
    pub(crate) half_closed: Duration,
    pub(crate) idle: Duration,
}

impl Tracking {
    /// Puts all this into the settings; of a bound for all, each partition has its share.
    pub(crate) fn apply(&self, config: &mut Config) {
        let partitions = config.partitions.max(1);
        let share = |total: usize| (total / partitions).max(1);
        config.check_checksums = self.check_checksums;
        config.tcp.overlap = match self.overlap {
            Policy::First => Overlap::First,
            Policy::Last => Overlap::Last,
            Policy::Bsd => Overlap::Bsd,
            Policy::Linux => Overlap::Linux,
        };
        let limits = &mut config.tcp.limits;
        limits.connections = share(self.max_connections as usize);
        limits.held_bytes = share(self.max_held);
        limits.held_bytes_per_half = self.max_held_stream;
        limits.linger_ns = nanos(self.linger);
        if let Some(timeouts) = self.timeouts {
            limits.half_open_ns = Some(nanos(timeouts.half_open));
            limits.half_closed_ns = Some(nanos(timeouts.half_closed));
            limits.idle_ns = Some(nanos(timeouts.idle));
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn timeouts(text: &str) -> Result<Timeouts, String> {
    const HOUR: u64 = 3600;
    let mut timeouts = Timeouts {
        half_open: Duration::from_secs(240),
        half_closed: Duration::from_secs(240),
        idle: Duration::from_secs(2 * HOUR + 240),
    };
    let mut seen = Vec::new();
    for word in text.split(',').filter(|_| !text.is_empty()) {
        const HINT: &str = "expected half-open=S, half-closed=S or idle=S, with a comma between them";
        let (name, value) =
            word.split_once('=').ok_or_else(|| format!("{word:?} is not understood: {HINT}"))?;
        let slot = match name {
            "half-open" => &mut timeouts.half_open,
            "half-closed" => &mut timeouts.half_closed,
            "idle" => &mut timeouts.idle,
            _ => return Err(format!("{name:?} is no state: {HINT}")),
        };
        if seen.contains(&name) {
            return Err(format!("{name} is given twice"));
        }
        seen.push(name);
        *slot = super::live::seconds(value).map_err(|why| format!("{name}: {why}"))?;
    }
    Ok(timeouts)
}

/// Seconds; none at all will do.
fn linger(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(0.0) => Ok(Duration::ZERO),
        _ => super::live::seconds(text).map_err(|_| "must be a number from 0 to 1000000000".to_owned()),
    }
}

/// At least a piece of a packet for each partition.
fn held(text: &str) -> Result<usize, String> {
    at_least(128 << 10, super::size_up_to(text, 1 << 40)?, "128K")
}

fn held_stream(text: &str) -> Result<usize, String> {
    at_least(2048, super::size_up_to(text, 1 << 40)?, "2K")
}

fn at_least(least: usize, size: usize, name: &str) -> Result<usize, String> {
    if size < least { Err(format!("at least {name}")) } else { Ok(size) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        tracking: Tracking,
    }

    fn config(args: &[&str]) -> Config {
        let mut config = Config::default();
        Only::parse_from(["x"].iter().chain(args)).tracking.apply(&mut config);
        config
    }

    #[test]
    fn defaults_are_those_of_the_library() {
        let (ours, theirs) = (config(&[]), Config::default());
        assert_eq!(ours.tcp, theirs.tcp);
        assert_eq!(ours.check_checksums, theirs.check_checksums);
    }

    #[test]
    fn totals_are_shared_out() {
        let limits = config(&["--max-connections", "1000", "--max-held", "1G", "--linger", "0"]).tcp.limits;
        assert_eq!((limits.connections, limits.held_bytes, limits.linger_ns), (15, 1 << 24, 0));
        let limits = config(&["--max-connections=64", "--max-held-stream", "64K", "--linger=1.5"]).tcp.limits;
        assert_eq!((limits.connections, limits.held_bytes_per_half), (1, 65_536));
        assert_eq!(limits.linger_ns, 1_500_000_000);
        assert_eq!(config(&["--overlap", "bsd"]).tcp.overlap, Overlap::Bsd);
    }

    #[test]
    fn timeouts_by_state() {
        const SECOND: u64 = 1_000_000_000;
        let of = |args: &[&str]| {
            let limits = config(args).tcp.limits;
            [limits.half_open_ns, limits.half_closed_ns, limits.idle_ns]
        };
        assert_eq!(of(&[]), [None; 3]);
        assert_eq!(of(&["--timeouts"]), [240, 240, 7440].map(|s| Some(s * SECOND)));
        assert_eq!(
            of(&["--timeouts=idle=60,half-open=1.5"]),
            [Some(SECOND * 3 / 2), Some(240 * SECOND), Some(60 * SECOND)]
        );
        for wrong in ["idle", "idle=0", "idle=-1", "idle=x", "closing=1", "idle=1,idle=2", ",", "idle=1,"] {
            assert!(timeouts(wrong).is_err(), "{wrong}");
        }
    }
}
