//! The bounds of a defragmenter, and its counters.

/// Bounds of a [`Defragmenter`](crate::Defragmenter).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefragmentLimits {
    /// Datagrams held at a time; the oldest is given up for a new one. Default 1024.
    pub datagrams: usize,
    /// Bytes of buffers, held ones and those kept for reuse. A datagram takes as much as its highest fragment
    /// needs, an eighth on top, in powers of two. Default 8 MiB; at least one datagram of full size (about
    /// 148 kB) is always possible.
    pub bytes: usize,
    /// Fragments of one datagram, duplicates included; beyond it is given up. Default 8192.
    pub fragments_per_datagram: u32,
    /// How long a datagram may take from its first fragment on, nanoseconds of the capture clock.
    /// Default 30 s.
    pub timeout_ns: u64,
}

impl Default for DefragmentLimits {
    fn default() -> Self {
        DefragmentLimits {
            datagrams: 1024,
            bytes: 8 << 20,
            fragments_per_datagram: 8192,
            timeout_ns: 30_000_000_000,
        }
    }
}

/// What happened so far.
///
/// The captured payload bytes of all fragments pushed are, at any moment, `completed_bytes + duplicate_bytes +
/// unfinished_bytes + held_bytes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DefragmentStats {
    /// Payload bytes held now, each once.
    pub held_bytes: u64,
    /// Payload bytes that were already held when they came (second copies).
    pub duplicate_bytes: u64,
    /// Payload bytes given up with their datagram, or refused.
    pub unfinished_bytes: u64,
    /// Datagrams put together.
    pub completed_datagrams: u64,
    /// Their payload bytes.
    pub completed_bytes: u64,
    /// Fragments refused: cut by the snap length, empty, or out of the bounds of an IP packet.
    pub refused_fragments: u64,
    /// Datagrams given up because their fragments contradict each other.
    pub inconsistent_datagrams: u64,
    /// Datagrams given up because [`DefragmentLimits::datagrams`] or [`DefragmentLimits::bytes`] was reached.
    pub evicted_datagrams: u64,
    /// Datagrams given up because of [`DefragmentLimits::fragments_per_datagram`].
    pub overfull_datagrams: u64,
    /// Datagrams given up because of [`DefragmentLimits::timeout_ns`].
    pub expired_datagrams: u64,
    /// Datagrams still incomplete at [`Defragmenter::finish`](crate::Defragmenter::finish).
    pub incomplete_datagrams: u64,
}
