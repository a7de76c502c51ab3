//! The bounds of a connection's parser.

/// What one [`Connection`](crate::Connection) may hold. What hits a bound is reported as
/// [`Anomaly::Limit`](crate::Anomaly::Limit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message head, and of a start line. Default: 256 KiB.
    pub head_bytes: usize,
    /// Bytes held of what may become a start line while looking for the next message behind a loss, and of
    /// what is no HTTP behind a request for another protocol until that is answered. Default: 16 KiB.
    pub search_bytes: usize,
    /// Bytes of a chunk-size line with its extensions. Default: 4 KiB.
    pub chunk_line_bytes: usize,
    /// Bytes of a trailer section. Default: 64 KiB.
    pub trailer_bytes: usize,
    /// Requests whose kind is remembered until their answer comes; over it the kinds are unknown.
    /// Default: 1,024.
    pub pending_requests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 256 * 1024,
            search_bytes: 16 * 1024,
            chunk_line_bytes: 4 * 1024,
            trailer_bytes: 64 * 1024,
            pending_requests: 1024,
        }
    }
}
