//! What a table may use at most, and its time-outs.

/// Bounds and time-outs of one [`FlowTable`](crate::FlowTable). Where a program has several tables
/// (partitions), these hold for each of them.
///
/// Nothing is unlimited by default; what hits a bound is counted in [`Stats`](crate::Stats).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections known at a time, lingering ones included. Default 16,384, at least 1. At the bound one is
    /// evicted: a lingering one first, then one without a reply, then the longest idle.
    pub connections: usize,
    /// Bytes of memory for out-of-order payload per half. Default 4 MiB. At the bound the half's oldest hole is
    /// given up. A held piece is charged its buffer: its length rounded up to a power of two, at least 256.
    pub held_bytes_per_half: usize,
    /// Bytes of memory for out-of-order payload of the whole table, spare buffers included; an eighth
    /// more may be payload that came before its SYN+ACK and waits for it (sixteen segments of a connection, three seconds). Default 8 MiB. At
    /// the bound the hole that has been open for longest is given up, whosever it is.
    pub held_bytes: usize,
    /// Out-of-order pieces held per half. Default 4,096. At the bound the half's oldest hole is given up.
    pub held_segments_per_half: usize,
    /// Holes remembered per half after they were given up, so that what fills them late counts as
    /// [`unique_bytes`](crate::HalfStats::unique_bytes). Default 32. Beyond it the oldest is forgotten.
    pub holes_per_half: usize,
    /// How long a connection that is over (both sides sent FIN, or a RST) still takes late segments, in
    /// nanoseconds. Default 60 s.
    pub linger_ns: u64,
    /// An acknowledged hole is given up after this time on the capture clock, in nanoseconds. Default 200 ms.
    pub gap_wait_ns: u64,
    /// An acknowledged hole is given up after this many more segments of its direction. Default 3.
    pub gap_segments: u32,
    /// A SYN that nothing answers for this time, in nanoseconds, is told with
    /// [`Event::Unanswered`](crate::Event::Unanswered). Default 10 s.
    pub unanswered_ns: u64,
    /// A connection of which only SYNs of one side were seen, and that hears nothing for this time, in nanoseconds,
    /// ends with [`Reason::Timeout`](crate::Reason::Timeout). Default `None`: never.
    pub half_open_ns: Option<u64>,
    /// The same for one where one side sent FIN. Default `None`: never.
    pub half_closed_ns: Option<u64>,
    /// The same for any other open connection. Default `None`: never.
    pub idle_ns: Option<u64>,
    /// A connection that was reset must be silent for this long, on the capture clock, until its streams end.
    /// What comes before that is delivered: a receiver that does not accept a RST (RFC 5961 §3) is still heard,
    /// and so is what was under way. 0: they end with the RST. Default: 200 ms.
    pub reset_wait_ns: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 16_384,
            held_bytes_per_half: 4 << 20,
            held_bytes: 8 << 20,
            held_segments_per_half: 4096,
            holes_per_half: 32,
            linger_ns: 60_000_000_000,
            gap_wait_ns: 200_000_000,
            gap_segments: 3,
            unanswered_ns: 10_000_000_000,
            half_open_ns: None,
            half_closed_ns: None,
            idle_ns: None,
            reset_wait_ns: 200_000_000,
        }
    }
}
