//! The bounds of a connection's parser.

/// What one [`Connection`](crate::Connection) may hold. What hits a bound is reported as
/// [`Anomaly::Limit`](crate::Anomaly::Limit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message head, and of a start line. Default: 256 KiB.
    pub head_bytes: usize,
    /// Bytes held of what may become a start line while looking for the next message behind a loss, and of
    /// what is no HTTP behind a request for another protocol until that is answered, and of what may be a request line in
    /// the place of the body of a refused request. Default: 16 KiB.
    pub search_bytes: usize,
    /// Bytes of a chunk-size line with its extensions. Default: 4 KiB.
    pub chunk_line_bytes: usize,
    /// Bytes of a trailer section. Default: 64 KiB.
    pub trailer_bytes: usize,
    /// Requests whose kind is remembered until their answer comes; over it the kinds are unknown.
    /// Default: 1,024.
    pub pending_requests: usize,
    /// Bytes kept of a WebSocket message's payload, inflated or not; a longer one is counted in full, and its payload
    /// is cut. Two messages of each direction may be under way, a data and a control message. Default: 1 MiB.
    pub message_bytes: usize,
    /// What one direction's compressed WebSocket messages may inflate to, all together, over `inflate_ratio` times
    /// what they take; over it none is inflated any more. Default: 16 MiB.
    pub inflate_bytes: u64,
    /// See `inflate_bytes`; DEFLATE reaches 1,032. Default: 250.
    pub inflate_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 256 * 1024,
            search_bytes: 16 * 1024,
            chunk_line_bytes: 4 * 1024,
            trailer_bytes: 64 * 1024,
            pending_requests: 1024,
            message_bytes: 1 << 20,
            inflate_bytes: 16 << 20,
            inflate_ratio: 250,
        }
    }
}
