//! Round trips by sequence numbers (RFC 6298), without what was sent twice (Karn's rule, §3).

use super::sketch::Sketch;
use std::collections::VecDeque;

/// Segments of a half that are followed to their acknowledgement at a time, with [`Measure::Sketch`](crate::Measure).
pub(crate) const FOLLOWED: usize = 16;

/// The same with [`Measure::Series`](crate::Measure).
pub(crate) const FOLLOWED_SERIES: usize = 4096;

/// Further ahead of what is acknowledged than this no segment is followed: no window is larger (RFC 7323 §2.3).
const REACH: u64 = 1 << 30;

/// A segment under way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    /// The low bits of the position behind it.
    to: u32,
    len: u32,
    /// When it was sent last.
    at: i64,
}

/// A segment and its acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trip {
    pub(crate) end: u64,
    pub(crate) len: u32,
    pub(crate) ns: i64,
}

/// The round trips of the segments that one half sent.
#[derive(Debug, Default)]
pub(crate) struct RoundTrips {
    pub(crate) sketch: Sketch,
    /// RTTVAR (RFC 6298 §2).
    deviation: i64,
    /// In order of position, all of them behind `acked`.
    flight: VecDeque<Sent>,
    /// Nothing up to this position gives a sample.
    twice: u64,
    /// Segments that were not followed: the table was full.
    pub(crate) passed_over: u32,
    acked: u64,
}

impl RoundTrips {
    /// Back to new; a small table is kept.
    pub(crate) fn clear(&mut self) {
        let mut flight = std::mem::take(&mut self.flight);
        flight.clear();
        if flight.capacity() > FOLLOWED {
            flight = VecDeque::new();
        }
        *self = RoundTrips { flight, ..RoundTrips::default() };
    }

    /// The highest position acknowledged.
    pub(crate) fn acked(&self) -> u64 {
        self.acked
    }

    /// Begins the stream anew, of which nothing was followed yet.
    pub(crate) fn start(&mut self, acked: u64) {
        self.flight.clear();
        self.acked = acked;
    }

    /// A segment with nothing that was sent before, and nothing behind it.
    pub(crate) fn sent(&mut self, from: u64, to: u64, at: i64, series: bool) {
        if to <= self.acked || to - self.acked > REACH {
            return;
        }
        let bound = if series { FOLLOWED_SERIES } else { FOLLOWED };
        if self.flight.len() >= bound {
            self.passed_over = self.passed_over.saturating_add(1);
            return;
        }
        if self.flight.capacity() == 0 {
            self.flight.reserve_exact(FOLLOWED);
        }
        self.flight.push_back(Sent { to: to as u32, len: (to - from) as u32, at });
    }

    /// Something was sent again, or filled a hole: whatever is under way up to `end` gives no sample, as its
    /// acknowledgement may have waited for the hole.
    pub(crate) fn spoil(&mut self, end: u64) {
        self.twice = self.twice.max(end);
    }

    /// Where the followed segment lies that reaches beyond a position.
    fn find(&self, position: u64) -> usize {
        let base = self.acked as u32;
        let ahead = position.saturating_sub(self.acked);
        self.flight.partition_point(|sent| u64::from(sent.to.wrapping_sub(base)) <= ahead)
    }

    /// Where a followed segment begins, as a position.
    fn begin(&self, sent: &Sent) -> u64 {
        (self.acked + u64::from(sent.to.wrapping_sub(self.acked as u32))).saturating_sub(u64::from(sent.len))
    }

    /// When the byte at a position was sent last, where it is followed.
    pub(crate) fn sent_at(&self, position: u64) -> Option<i64> {
        let sent = self.flight.get(self.find(position))?;
        (self.begin(sent) <= position).then_some(sent.at)
    }

    /// The positions `from..to` were sent again. Of a segment that was not sent again as a whole (offload, or other
    /// boundaries) the rest keeps its time.
    pub(crate) fn sent_again(&mut self, from: u64, to: u64, at: i64) {
        for n in self.find(from)..self.flight.len() {
            let Some((begin, len)) = self.flight.get(n).map(|sent| (self.begin(sent), sent.len)) else {
                return;
            };
            if begin >= to {
                return;
            }
            let (end, acked) = (begin + u64::from(len), self.acked);
            let Some(sent) = self.flight.get_mut(n) else { return };
            if to < end {
                sent.len = (end - to) as u32;
            } else if from > begin.max(acked) {
                (sent.to, sent.len) = (from as u32, (from - begin) as u32);
            } else {
                sent.at = at;
            }
        }
    }

    /// Everything up to `ack`, which is more than before, is acknowledged.
    pub(crate) fn acknowledged(&mut self, ack: u64, at: i64, mut each: impl FnMut(Trip)) {
        let base = self.acked as u32;
        while let Some(&Sent { to, len, at: sent_at }) = self.flight.front() {
            let end = self.acked + u64::from(to.wrapping_sub(base));
            if end > ack {
                break;
            }
            self.flight.pop_front();
            if end > self.twice {
                let ns = at.saturating_sub(sent_at).max(0);
                self.sample(ns);
                each(Trip { end, len, ns });
            }
        }
        self.acked = ack;
    }

    /// RFC 6298 §2.2, §2.3.
    fn sample(&mut self, ns: i64) {
        if self.sketch.samples() == 0 {
            self.deviation = ns / 2;
        } else {
            self.deviation += ((ns - self.sketch.smoothed()).abs() - self.deviation) / 4;
        }
        self.sketch.add(ns);
    }

    /// SRTT and RTTVAR, where there is a sample.
    pub(crate) fn estimate(&self) -> Option<(i64, i64)> {
        (self.sketch.samples() > 0).then(|| (self.sketch.smoothed(), self.deviation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_over_four_gigabytes() {
        let mut trips = RoundTrips::default();
        let (start, mut seen) = ((5 << 32) - 100, Vec::new());
        trips.start(start);
        trips.sent(start, start + 60, 10, false);
        trips.sent(start + 60, start + 160, 20, false);
        assert_eq!((trips.sent_at(start + 59), trips.sent_at(start + 60)), (Some(10), Some(20)));
        assert_eq!((trips.sent_at(start + 159), trips.sent_at(start + 160)), (Some(20), None));
        trips.acknowledged(start + 159, 50, |trip| seen.push(trip));
        trips.acknowledged(start + 160, 55, |trip| seen.push(trip));
        assert_eq!(
            seen,
            [Trip { end: start + 60, len: 60, ns: 40 }, Trip { end: start + 160, len: 100, ns: 35 }]
        );
    }

    #[test]
    fn parts_of_a_segment_are_sent_again() {
        let mut trips = RoundTrips::default();
        trips.sent(0, 100, 1, false);
        trips.sent(100, 200, 2, false);
        trips.sent(200, 300, 3, false);
        trips.sent_again(0, 30, 10);
        assert_eq!((trips.sent_at(0), trips.sent_at(30), trips.sent_at(99)), (None, Some(1), Some(1)));
        trips.sent_again(150, 300, 20);
        assert_eq!((trips.sent_at(149), trips.sent_at(150), trips.sent_at(200)), (Some(2), None, Some(20)));
        trips.spoil(300);
        trips.acknowledged(120, 30, |_| panic!("sent twice"));
        trips.sent_again(110, 200, 40);
        assert_eq!((trips.sent_at(120), trips.sent_at(299)), (Some(40), Some(20)));
    }

    #[test]
    fn a_full_table_passes_over() {
        let mut trips = RoundTrips::default();
        (0..20).for_each(|n| trips.sent(n * 10, n * 10 + 10, n as i64, false));
        assert_eq!(trips.passed_over, 4);
        trips.acknowledged(200, 100, |_| ());
        assert_eq!(trips.sketch.samples(), 16);
        trips.sent(1 << 40, (1 << 40) + 1, 0, false);
        assert_eq!(trips.sent_at(1 << 40), None, "absurdly far ahead");
    }
}
