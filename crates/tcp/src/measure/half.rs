//! What was measured of one half, as its user gets it.

/// Times in nanoseconds, of so many samples. All are 0 where there is no sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delays {
    /// How many.
    pub samples: u32,
    /// The shortest.
    pub min: i64,
    /// Smoothed as a sender does (RFC 6298 §2: an eighth of each new one).
    pub smoothed: i64,
    /// Half of them are at most this long; from a histogram of fixed size, at most an eighth too large.
    pub p50: i64,
    /// 95 of 100 are at most this long; likewise.
    pub p95: i64,
    /// The longest.
    pub max: i64,
}

/// Retransmissions by kind; their sum is [`HalfStats::retransmits`](crate::HalfStats::retransmits), but for those before
/// the first payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resends {
    /// [`ResendKind::Timeout`](crate::ResendKind::Timeout).
    pub timeout: u32,
    /// [`ResendKind::Fast`](crate::ResendKind::Fast).
    pub fast: u32,
    /// [`ResendKind::TailProbe`](crate::ResendKind::TailProbe).
    pub tail_probe: u32,
    /// [`ResendKind::Spurious`](crate::ResendKind::Spurious).
    pub spurious: u32,
    /// [`ResendKind::Copy`](crate::ResendKind::Copy).
    pub copies: u32,
    /// Those of which the packets do not tell.
    pub unknown: u32,
}

/// What a half acknowledged more than once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Acknowledgements {
    /// Duplicate acknowledgements (RFC 5681 §2) that it sent.
    pub duplicates: u32,
    /// The longest run of them.
    pub longest_run: u32,
}

/// What was measured of one half: of what it sent, and of how it was acknowledged. Times in nanoseconds, sizes in
/// bytes of payload.
///
/// The measures begin with the connection's first payload. They take a record of fixed size; where a table within it is
/// full, a sample is passed over, never a count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HalfMeasures {
    /// From a segment of this half to the other side's acknowledgement of it, as captured: the round trip from the
    /// capture point to the receiver, and its delay in acknowledging. By sequence numbers, without bytes that
    /// were sent twice (Karn's rule, RFC 6298 §3).
    pub rtt: Delays,
    /// The same by timestamps (RFC 7323 §4): from a TSval to the first segment that echoes it.
    pub rtt_by_timestamps: Delays,
    /// How much later than after the shortest round trip this half acknowledged the other's segments: what its
    /// delayed acknowledgements (RFC 9293 §3.8.6.3) and its own slowness cost.
    pub ack_delay: Delays,
    /// Payload in retransmissions, where all of a segment was seen before.
    pub resent_bytes: u64,
    /// Retransmissions by kind.
    pub resends: Resends,
    /// Duplicate acknowledgements that this half sent.
    pub acknowledgements: Acknowledgements,
    /// How far below the highest position new payload arrived, at most.
    pub reordering_extent: u64,
    /// Most payload under way: sent, and not acknowledged yet.
    pub in_flight_peak: u64,
    /// Payload sent before the first acknowledgement of any: the initial window in use (RFC 6928).
    pub initial_burst: u64,
    /// Smallest window that it offered (SYNs aside); `None` where the scale is not known.
    pub window_min: Option<u64>,
    /// Largest window that it offered.
    pub window_peak: Option<u64>,
    /// The window that it offered first, with its SYN where that was seen.
    pub initial_window: Option<u64>,
    /// For how long in all its window was zero, up to its last segment.
    pub zero_window_ns: i64,
    /// Segments that filled the other side's window to its last byte.
    pub window_fulls: u32,
    /// The longest time in which it sent nothing, between two of its segments.
    pub longest_silence_ns: i64,
    /// From its first payload to its last.
    pub sending_ns: i64,
}

impl HalfMeasures {
    /// Payload a second, each position once, from the first payload to the last; `None` where all came at one time.
    pub fn goodput(&self, unique_bytes: u64) -> Option<f64> {
        (self.sending_ns > 0).then(|| unique_bytes as f64 * 1e9 / self.sending_ns as f64)
    }
}
