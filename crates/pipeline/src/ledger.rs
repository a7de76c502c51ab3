//! The account of every captured byte and of every stream position.
//!
//! Two sums must come out exactly on every capture: [`Ledger::captured_classes`] equals
//! [`Ledger::captured`], and [`Ledger::stream_classes`] equals [`Ledger::stream`]. The totals are counted
//! by the reader and by the ends of connections, apart from the classes, and no class is a difference of
//! others; so a byte that is lost or counted twice anywhere on the way shows up as an unequal sum.

/// Where the captured bytes and the stream positions of a run went.
///
/// All members are counts of bytes.
///
/// ```
/// use wiretrace_pipeline::Ledger;
/// let ledger = Ledger { captured: 60, headers: 54, padding: 6, ..Ledger::default() };
/// assert!(ledger.is_exact());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Total: the captured bytes of all frames, counted where they are read.
    pub captured: u64,
    /// Link to transport headers that were decoded, of frames of every kind.
    pub headers: u64,
    /// Bytes behind the end that the IP header names (Ethernet padding, trailers).
    pub padding: u64,
    /// Payload of frames that carry something other than TCP.
    pub not_tcp: u64,
    /// The rest of frames whose link to transport headers could not be decoded.
    pub undecodable: u64,
    /// Payload of IP fragments whose datagram never became whole, or was refused at a bound.
    pub unfinished_fragments: u64,
    /// All captured bytes of frames that a filter left out: they are not decoded.
    pub filtered: u64,
    /// Bytes of HTTP messages: heads, bodies, chunk framing, trailers, the line ends between messages.
    pub exchanges: u64,
    /// Bytes behind a switch to WebSocket.
    pub websocket: u64,
    /// Payload of connections that speak something else, and behind a switch to something else.
    pub other_protocol: u64,
    /// Bytes before the first message that could be found, or skipped while looking for the next one.
    pub before_sync: u64,
    /// Payload whose positions had been carried before, and fragments that came twice.
    pub second_copies: u64,
    /// Payload outside of its stream: before its start, behind its end, or in a RST segment.
    pub outside_stream: u64,
    /// Payload that came after its hole was given up, or that no bound had room for.
    pub over_limit: u64,
    /// Total: the stream positions of all connections, from each stream's start to its end.
    pub stream: u64,
    /// Positions handed on to the next decoder, in order.
    pub delivered: u64,
    /// Positions that the other side acknowledged and the capture never saw (in time).
    pub missing_capture: u64,
    /// Positions cut off by the capture's snap length.
    pub missing_snaplen: u64,
    /// Positions given up because a bound was reached.
    pub missing_limit: u64,
    /// Positions that nobody acknowledged and no segment carried in time.
    pub missing_unknown: u64,
}

impl Ledger {
    /// The sum of the classes of captured bytes.
    pub fn captured_classes(&self) -> u64 {
        self.headers
            + self.padding
            + self.not_tcp
            + self.undecodable
            + self.unfinished_fragments
            + self.filtered
            + self.exchanges
            + self.websocket
            + self.other_protocol
            + self.before_sync
            + self.second_copies
            + self.outside_stream
            + self.over_limit
    }

    /// The sum of the classes of stream positions.
    pub fn stream_classes(&self) -> u64 {
        self.delivered
            + self.missing_capture
            + self.missing_snaplen
            + self.missing_limit
            + self.missing_unknown
    }

    /// Whether both sums come out.
    pub fn is_exact(&self) -> bool {
        self.captured == self.captured_classes() && self.stream == self.stream_classes()
    }
}
