//! What a source counts while it reads.

/// Counters of one [`Source`](crate::Source), from its beginning.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct CaptureStats {
    /// Frames put into blocks.
    pub frames: u64,
    /// The captured bytes of those frames: the sum of their `captured_len`, added up here as the records are read.
    pub captured_bytes: u64,
    /// Frames the capture says it lost.
    ///
    /// pcapng: for each interface the larger of two numbers, summed over interfaces: `isb_ifdrop` + `isb_osdrop` of its
    /// latest Interface Statistics Block (both count from the start of the capture), and the sum of `epb_dropcount` of
    /// its Enhanced Packet Blocks and of the drops field of its obsolete Packet Blocks (both count since the frame
    /// before). The two tell the same loss, so they are not added. pcap files do not say: 0.
    ///
    /// Live: [`dropped_by_kernel`](Self::dropped_by_kernel) + [`dropped_by_interface`](Self::dropped_by_interface) +
    /// [`dropped_by_us`](Self::dropped_by_us).
    pub dropped: u64,
    /// Live: frames that passed the filter in the kernel, as libpcap reports it; on Linux those that were then dropped for
    /// want of room are included, and those not yet read. 0 for files.
    pub received: u64,
    /// Live: frames dropped by the kernel because its buffer was full. 0 for files.
    pub dropped_by_kernel: u64,
    /// Live: frames dropped by the interface or its driver, as far as the system tells. 0 for files.
    pub dropped_by_interface: u64,
    /// Live: frames that were read and then could not be kept. With libpcap there are none: what finds no room in a block
    /// waits in the next one, and what is not read stays in the kernel's buffer. 0 for files.
    pub dropped_by_us: u64,
    /// Bytes read, decompressed, file and record headers included.
    pub read_bytes: u64,
    /// Bytes copied from the end of one block to the start of the next, since a record lay across the border.
    pub carried_bytes: u64,
    /// pcapng blocks of a type this crate does not know, skipped.
    pub unknown_blocks: u64,
    /// Frames whose record claims fewer bytes on the wire than were captured.
    pub short_wire_lengths: u64,
    /// Frames without a stamp of their own (Simple Packet Blocks).
    pub unstamped_frames: u64,
}
