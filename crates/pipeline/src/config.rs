//! What can be set.

use wiretrace_decode::DefragmentLimits;

/// Everything that can be set about a [`Pipeline`](crate::Pipeline).
///
/// ```
/// let config = wiretrace_pipeline::Config::default();
/// assert_eq!(config.partitions, 64);
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// How many partitions share the connections. Each has its own flow table, limits and time-outs, so
    /// the results depend on this number, but never on the number of threads. Default: 64; at least 1, at
    /// most 65,536.
    pub partitions: usize,
    /// How many threads [`run`](crate::Pipeline::run) uses in all, the calling one included, which reads,
    /// decodes and merges. Makes no difference to the output. Default: 1; at most one more than partitions.
    pub threads: usize,
    /// Settings of each partition's flow table; of a limit, the total is the partition's share times their number.
    pub tcp: wiretrace_tcp::Config,
    /// Limits of each connection's HTTP parser.
    pub http: wiretrace_http::Limits,
    /// Limits of the fragments that are put together.
    pub defragment: DefragmentLimits,
    /// Packets whose IPv4 header or TCP checksum is wrong are left out, as their receiver leaves them out: their payload
    /// is the ledger's `undecodable`, and [`bad_checksums`](crate::RunStats::bad_checksums) counts them. Not judged are
    /// what the snap length cut, and checksums that the capturing host's network card was still to fill in. Default:
    /// false, since offloading makes checksums wrong in most captures taken on an end host.
    pub check_checksums: bool,
    /// The pipeline's own limits.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            partitions: 64,
            threads: 1,
            tcp: wiretrace_tcp::Config::default(),
            http: wiretrace_http::Limits::default(),
            defragment: DefragmentLimits::default(),
            check_checksums: false,
            limits: Limits::default(),
        }
    }
}

/// The pipeline's own limits.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Exchanges of one connection that may be open at once; over it the oldest is closed as it is, with
    /// the error `limit`. Default: 1,024.
    pub open_exchanges: usize,
    /// Bytes that the HTTP side of one partition may hold: heads that are not yet whole, the heads of open
    /// exchanges, and WebSocket messages that are not yet whole with what inflates them. Over it, the connection that brings more closes its open exchanges as they are and looks for
    /// its next message, with the error `limit`; a WebSocket connection keeps nothing of the messages under way.
    /// Default: 8 MiB (512 MiB for all 64 partitions).
    pub application_bytes: u64,
    /// TCP events of one connection that may wait until it is known who is the client; over it the sender
    /// of the first segment is. Of a series of round trips half as many may wait, further ones are left out. Default: 256.
    pub held_events: usize,
    /// Datagrams inside datagrams: how often a reassembled datagram may itself hold a fragment. Default: 4.
    pub nested_datagrams: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { open_exchanges: 1024, application_bytes: 8 << 20, held_events: 256, nested_datagrams: 4 }
    }
}
