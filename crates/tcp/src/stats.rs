//! What a table counted: the ledger of bytes and positions, and what hit a bound.

macro_rules! stats {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counters of one [`FlowTable`](crate::FlowTable).
        ///
        /// Two sums come out exactly. At any time, of the captured payload bytes pushed in:
        /// `captured == delivered + second_copies + outside_stream + over_limit + held_now`.
        /// Once every connection has ended, of the stream positions:
        /// `stream_positions == delivered + missing_capture + missing_snaplen + missing_limit + missing_unknown`.
        /// The totals are counted apart from their classes, and no class is a difference.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Stats {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Stats {
            /// Adds another table's counters to these.
            pub fn add(&mut self, other: &Stats) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

stats! {
    /// Segments pushed.
    segments,
    /// Connections begun.
    connections,
    /// Connections ended.
    ended,
    /// Connections ended to make room for others.
    evicted,
    /// Connections ended by [`Limits::half_open_ns`](crate::Limits::half_open_ns).
    timed_out_half_open,
    /// Connections ended by [`Limits::half_closed_ns`](crate::Limits::half_closed_ns).
    timed_out_half_closed,
    /// Connections ended by [`Limits::idle_ns`](crate::Limits::idle_ns).
    timed_out_idle,
    /// Connections that lingered to their end: [`Limits::linger_ns`](crate::Limits::linger_ns).
    lingered,
    /// SYNs that nothing answered in time: [`Limits::unanswered_ns`](crate::Limits::unanswered_ns).
    unanswered,
    /// SYNs that a RST answered.
    refused,
    /// RSTs that their receiver cannot have taken (RFC 5961 §3.2).
    unacceptable_resets,
    /// Segments ahead of the next position and behind the other side's window.
    outside_window,
    /// Captured payload bytes pushed; counted as they come in.
    captured,
    /// Bytes handed on in `Data`, which is as many stream positions.
    delivered,
    /// Captured bytes at positions that a segment had carried before.
    second_copies,
    /// Captured bytes that are no part of a stream: before its start, behind its FIN, in a RST, of wild
    /// segments, or new bytes after a RST had finished the stream.
    outside_stream,
    /// Captured bytes that came after their hole was given up.
    over_limit,
    /// Captured bytes held out of order right now.
    held_now,
    /// Positions in gaps that the other side had acknowledged.
    missing_capture,
    /// Positions cut off by the snap length.
    missing_snaplen,
    /// Positions given up because a bound was reached.
    missing_limit,
    /// Positions given up at an end that nobody had acknowledged, and what came after a RST.
    missing_unknown,
    /// Positions of all ended streams, from their start to their FIN, or else to the highest one carried.
    stream_positions,
    /// Bytes copied because they came out of order; 0 where all came in order.
    copied_bytes,
    /// Segments whose sequence number lies more than 2^30 from their stream.
    wild_segments,
    /// Segments with bytes that differ from an earlier copy still held.
    conflicts,
    /// Times [`Limits::held_bytes_per_half`](crate::Limits::held_bytes_per_half) was hit.
    limit_held_bytes_per_half,
    /// Times [`Limits::held_bytes`](crate::Limits::held_bytes) was hit.
    limit_held_bytes,
    /// Times [`Limits::held_segments_per_half`](crate::Limits::held_segments_per_half) was hit.
    limit_held_segments,
    /// Holes forgotten because of [`Limits::holes_per_half`](crate::Limits::holes_per_half).
    limit_holes,
}

impl Stats {
    /// Connections ended by a time-out, whichever it was.
    pub const fn timed_out(&self) -> u64 {
        self.timed_out_half_open + self.timed_out_half_closed + self.timed_out_idle
    }

    /// The sum of the classes that [`captured`](Stats::captured) falls into.
    pub const fn captured_classes(&self) -> u64 {
        self.delivered + self.second_copies + self.outside_stream + self.over_limit + self.held_now
    }

    /// The sum of the classes that [`stream_positions`](Stats::stream_positions) fall into.
    pub const fn stream_classes(&self) -> u64 {
        self.delivered
            + self.missing_capture
            + self.missing_snaplen
            + self.missing_limit
            + self.missing_unknown
    }
}
