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
    /// Half of them are at most this long. From a histogram of fixed size: at most an eighth too large where the
    /// longest is not more than a hundred times the shortest, a quarter up to some 30,000 times, and a half beyond.
    pub p50: i64,
    /// 95 of 100 are at most this long; likewise.
    pub p95: i64,
    /// The longest.
    pub max: i64,
}

impl Delays {
    /// How much longer than the shortest they were.
    pub(crate) fn beyond_min(self) -> Self {
        let Delays { samples, min, smoothed, p50, p95, max } = self;
        Delays { samples, min: 0, smoothed: smoothed - min, p50: p50 - min, p95: p95 - min, max: max - min }
    }
}

/// Retransmissions by kind; their sum is [`HalfStats::retransmits`](crate::HalfStats::retransmits), but for those before
/// the connection's first payload. A kind here may be better founded than the one in
/// [`Event::Retransmit`](crate::Event::Retransmit): the receiver may say later that it had the bytes already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resends {
    /// [`ResendKind::Timeout`](crate::ResendKind::Timeout).
    pub timeout: u32,
    /// [`ResendKind::Fast`](crate::ResendKind::Fast).
    pub fast: u32,
    /// [`ResendKind::TailProbe`](crate::ResendKind::TailProbe).
    pub tail_probe: u32,
    /// [`ResendKind::Spurious`](crate::ResendKind::Spurious), and what a duplicate SACK (RFC 2883) showed to be so
    /// later, tail probes aside: they ask, and mend nothing where nothing was lost.
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
    /// Duplicate acknowledgements (RFC 5681 §2) that it sent; copies of a packet and windows of zero aside.
    pub duplicates: u32,
    /// The longest run of them.
    pub longest_run: u32,
}

/// What was measured of one half: of what it sent, and of how it was acknowledged. Times in nanoseconds, sizes in
/// bytes of payload.
///
/// The measures begin with the connection's first payload. They take a record of fixed size; where a table within it is
/// full, a sample is passed over, never a count. Time stamps that go back give times of zero.
///
/// ```
/// use wiretrace_tcp::{Config, Connection, Event, Flags, FlowKey, FlowTable, Half, Measure, Segment, from_fn};
///
/// let (key, _) = FlowKey::from_v4([192, 0, 2, 1], 80, [192, 0, 2, 7], 50_000); // A is the server
/// let config = Config { measure: Measure::Sketch, ..Config::default() };
/// let mut table = FlowTable::new(config);
/// let mut measured = None;
/// let mut sink = from_fn(|connection: &mut Connection<()>, event: Event<'_>| {
///     if let Event::End(_) = event {
///         measured = connection.measures(Half::A);
///     }
/// });
/// for (frame, (ms, half, seq, ack, len)) in (1..).zip([
///     (0, Half::A, 1000, 1, 1400),  // data ..
///     (30, Half::B, 1, 2400, 0),    // .. is acknowledged,
///     (31, Half::A, 2400, 1, 1400), // a segment is lost ..
///     (331, Half::A, 2400, 1, 1400), // .. and sent again,
///     (361, Half::B, 1, 3800, 0),
/// ]) {
///     let (at, clock) = (ms * 1_000_000, ms as u64 * 1_000_000);
///     let payload = &[0; 1400][..len];
///     let (flags, window, payload_len) = (Flags::ACK, 500, len as u32);
///     let segment = Segment { half, at, clock, frame, seq, ack, flags, window, payload, payload_len, ..Segment::default() };
///     table.push(&key, &segment, &mut sink);
/// }
/// table.finish(&mut sink);
/// let measured = measured.unwrap();
/// assert_eq!((measured.rtt.samples, measured.rtt.min), (1, 30_000_000)); // Karn's rule: not of the second one
/// assert_eq!((measured.resends.timeout, measured.resent_bytes), (1, 1400));
/// assert_eq!(measured.sending_ns, 331_000_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HalfMeasures {
    /// From a segment of this half to the other side's acknowledgement of it, as captured: the round trip from the
    /// capture point to the receiver, and its delay in acknowledging. By sequence numbers, without bytes that
    /// were sent twice (Karn's rule, RFC 6298 §3) and without what was under way when something was sent again or
    /// filled a hole: its acknowledgement waited for that.
    pub rtt: Delays,
    /// The same by timestamps (RFC 7323 §4): from the first use of a TSval, with payload, to the first segment that
    /// echoes it. What was sent again counts, too. At most 8 values wait for their echo at a time.
    pub rtt_by_timestamps: Delays,
    /// How much later than after the shortest round trip this half acknowledged the other's segments: what its
    /// delayed acknowledgements (RFC 9293 §3.8.6.3), its own slowness and queues on the way cost. The other half's
    /// `rtt`, each time less the shortest.
    pub ack_delay: Delays,
    /// Segments that were not followed to their acknowledgement, as many being followed already: 16, or 4,096 with
    /// [`Measure::Series`](crate::Measure::Series).
    pub rtt_passed_over: u32,
    /// Payload in retransmissions, where all of a segment was seen before; [copies](crate::ResendKind::Copy) aside.
    pub resent_bytes: u64,
    /// Retransmissions by kind.
    pub resends: Resends,
    /// Duplicate acknowledgements that this half sent.
    pub acknowledgements: Acknowledgements,
    /// How far below the highest position new payload arrived, at most.
    pub reordering_extent: u64,
    /// Most payload under way: sent, and not acknowledged yet; 0 where the other side's acknowledgements were not
    /// seen.
    pub in_flight_peak: u64,
    /// Payload sent before the first acknowledgement of any: the initial window in use (RFC 6928). 0 where its SYN or
    /// the other side's acknowledgements were not seen.
    pub initial_burst: u64,
    /// Smallest window that it offered (SYNs aside); `None` where the scale is not known.
    pub window_min: Option<u64>,
    /// Largest window that it offered.
    pub window_peak: Option<u64>,
    /// The window that it offered with its SYN, which is never scaled (RFC 7323 §2.2); `None` where that was not seen.
    pub initial_window: Option<u64>,
    /// For how long in all its window was zero, up to its last segment. A zero in a SYN or FIN does not count.
    pub zero_window_ns: i64,
    /// Segments that filled the other side's window to its last byte.
    pub window_fulls: u32,
    /// The longest time in which it sent nothing, between two of its segments.
    pub longest_silence_ns: i64,
    /// From its first payload to its last, retransmissions included.
    pub sending_ns: i64,
}

impl HalfMeasures {
    /// Payload a second, each position once, from the first payload to the last; `None` where all came at one time.
    pub fn goodput(&self, unique_bytes: u64) -> Option<f64> {
        (self.sending_ns > 0).then(|| unique_bytes as f64 * 1e9 / self.sending_ns as f64)
    }
}
