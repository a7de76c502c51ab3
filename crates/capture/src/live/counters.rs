//! libpcap's counters, which have 32 bits, carried on in 64.

/// What one interface of a live capture counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct InterfaceStats {
    /// The interface.
    pub name: String,
    /// See [`CaptureStats::received`](crate::CaptureStats::received).
    pub received: u64,
    /// See [`CaptureStats::dropped_by_kernel`](crate::CaptureStats::dropped_by_kernel).
    pub dropped_by_kernel: u64,
    /// See [`CaptureStats::dropped_by_interface`](crate::CaptureStats::dropped_by_interface).
    pub dropped_by_interface: u64,
}

/// One counter of 32 bits that wraps around.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Wrapping {
    last: u32,
    total: u64,
}

impl Wrapping {
    /// Takes a reading. It is read every second or so: one that lies more than half the range ahead lies behind, which
    /// means that the counter was set back, and nothing is counted.
    pub(super) fn read(&mut self, reading: u32) -> u64 {
        let step = reading.wrapping_sub(self.last);
        if step <= u32::MAX / 2 {
            self.total += u64::from(step);
        }
        self.last = reading;
        self.total
    }
}

#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Counters {
    received: Wrapping,
    dropped: Wrapping,
    if_dropped: Wrapping,
}

impl Counters {
    pub(super) fn read(&mut self, stat: pcap::Stat, stats: &mut InterfaceStats) {
        stats.received = self.received.read(stat.received);
        stats.dropped_by_kernel = self.dropped.read(stat.dropped);
        stats.dropped_by_interface = self.if_dropped.read(stat.if_dropped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_go_on_over_the_wrap() {
        let mut counter = Wrapping::default();
        let mut want = 0u64;
        for step in [5, 1_000_000_000, 2_000_000_000, 1_900_000_000, 2_147_483_647, 0, 3] {
            want += step;
            assert_eq!(counter.read(want as u32), want);
        }
        assert!(want > u64::from(u32::MAX));
    }

    #[test]
    fn a_counter_set_back_counts_nothing() {
        let mut counter = Wrapping::default();
        assert_eq!(counter.read(1000), 1000);
        assert_eq!(counter.read(10), 1000);
        assert_eq!(counter.read(15), 1005);
    }

    #[test]
    fn the_three_are_kept_apart() {
        let (mut counters, mut stats) = (Counters::default(), InterfaceStats::default());
        counters.read(pcap::Stat { received: u32::MAX, dropped: 2, if_dropped: 3 }, &mut stats);
        counters.read(pcap::Stat { received: 9, dropped: 4, if_dropped: 5 }, &mut stats);
        let kept = (stats.received, stats.dropped_by_kernel, stats.dropped_by_interface);
        assert_eq!(kept, (10, 4, 5), "the first step was too large to be one");
    }
}
