//! Times in a histogram of fixed size.

use super::Delays;

/// Counters of a sketch.
const BUCKETS: usize = 64;

/// At the finest, an octave is divided into 2^3 buckets.
const FINE: u32 = 3;

/// At the coarsest, so many of these are one.
const COARSEST: u8 = 3;

/// How many times were how long, to an eighth where all lie within eight octaves, and coarser where not: what lies
/// further apart halves the resolution (a quarter up to 16 octaves, a half up to 32), so that any two times have room
/// side by side.
#[derive(Debug)]
pub(crate) struct Sketch {
    counts: [u16; BUCKETS],
    /// The bucket of the first counter.
    first: u16,
    /// How many times two buckets were made one.
    coarse: u8,
    samples: u32,
    min: i64,
    max: i64,
    smoothed: i64,
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch { counts: [0; BUCKETS], first: 0, coarse: 0, samples: 0, min: 0, max: 0, smoothed: 0 }
    }
}

/// The finest bucket of a time.
fn bucket(ns: u64) -> u16 {
    let octave = ns.max(1).ilog2();
    if octave < FINE {
        return ns as u16;
    }
    let part = ns >> (octave - FINE) & ((1 << FINE) - 1);
    ((octave - FINE + 1) as u16) << FINE | part as u16
}

/// The longest time of a finest bucket.
fn longest(bucket: u16) -> i64 {
    let octave = u32::from(bucket) >> FINE;
    if octave == 0 {
        return i64::from(bucket);
    }
    let part = u128::from(bucket) & ((1 << FINE) - 1);
    let behind = (part + (1 << FINE) + 1) << (octave - 1);
    i64::try_from(behind - 1).unwrap_or(i64::MAX)
}

impl Sketch {
    /// How many times were added.
    pub(crate) fn samples(&self) -> u32 {
        self.samples
    }

    /// The smoothed time.
    pub(crate) fn smoothed(&self) -> i64 {
        self.smoothed
    }

    /// Adds a time; one below zero, by stamps that went back, counts as zero.
    pub(crate) fn add(&mut self, ns: i64) {
        let ns = ns.max(0);
        if self.samples == 0 {
            (self.min, self.max, self.smoothed) = (ns, ns, ns);
            self.first = bucket(ns as u64).saturating_sub(BUCKETS as u16 / 2);
        }
        self.samples = self.samples.saturating_add(1);
        self.min = self.min.min(ns);
        self.max = self.max.max(ns);
        self.smoothed += (ns - self.smoothed) / 8;
        let at = self.place(bucket(ns as u64));
        if self.counts.get(at) == Some(&u16::MAX) {
            for count in &mut self.counts {
                *count = count.div_ceil(2);
            }
        }
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
        }
    }

    /// The counter of a finest bucket, for which room is made.
    fn place(&mut self, fine: u16) -> usize {
        loop {
            let bucket = fine >> self.coarse;
            let at = usize::from(bucket.wrapping_sub(self.first));
            if at < BUCKETS {
                return at;
            }
            let used = |count: &u16| *count > 0;
            let low = self.counts.iter().position(used).unwrap_or(0) as u16 + self.first;
            let high = self.counts.iter().rposition(used).unwrap_or(0) as u16 + self.first;
            let (low, high) = (low.min(bucket), high.max(bucket));
            let wide = usize::from(high - low) >= BUCKETS;
            let coarser = u8::from(wide && self.coarse < COARSEST);
            let spare = (BUCKETS as u16).saturating_sub(1 + (high >> coarser) - (low >> coarser));
            self.rebuild(coarser, (low >> coarser).saturating_sub(spare / 2));
        }
    }

    fn rebuild(&mut self, coarser: u8, first: u16) {
        let mut counts = [0_u16; BUCKETS];
        for (n, &count) in (self.first..).zip(&self.counts) {
            let at = usize::from((n >> coarser).wrapping_sub(first));
            if let Some(new) = counts.get_mut(at) {
                *new = new.saturating_add(count);
            }
        }
        (self.counts, self.first) = (counts, first);
        self.coarse += coarser;
    }

    /// So many of 100 times are at most as long as this.
    fn quantile(&self, percent: u64) -> i64 {
        let total: u64 = self.counts.iter().map(|&count| u64::from(count)).sum();
        let rank = (total * percent).div_ceil(100).max(1);
        let mut sum = 0;
        let full = |count: &u16| {
            sum += u64::from(*count);
            sum >= rank
        };
        let at = self.counts.iter().position(full).unwrap_or(BUCKETS - 1) as u16;
        let last = ((self.first + at + 1) << self.coarse) - 1;
        longest(last).clamp(self.min, self.max)
    }

    pub(crate) fn delays(&self) -> Delays {
        if self.samples == 0 {
            return Delays::default();
        }
        let (p50, p95) = (self.quantile(50), self.quantile(95));
        Delays { samples: self.samples, min: self.min, smoothed: self.smoothed, p50, p95, max: self.max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_follow_each_other() {
        let mut last = 0;
        for ns in (0..5000).chain((13..63).flat_map(|n| [(1_u64 << n) - 1, 1 << n, (1 << n) + 1])) {
            let bucket = bucket(ns);
            assert!(bucket == last || bucket == last + 1 || ns > 5000, "{ns}");
            assert!(longest(bucket) >= ns as i64 && (ns == 0 || longest(bucket - 1) < ns as i64), "{ns}");
            assert!(longest(bucket) as f64 <= ns as f64 * 1.125);
            last = bucket;
        }
        assert!(bucket(i64::MAX as u64) < 64 << COARSEST, "all have room at the coarsest");
        assert_eq!(longest(bucket(i64::MAX as u64)), i64::MAX);
    }

    #[test]
    fn numbers() {
        let mut sketch = Sketch::default();
        assert_eq!(sketch.delays(), Delays::default());
        for ns in [800, 1600, 2400, 3200] {
            sketch.add(ns);
        }
        // 800 + 100, + (2400 - 900) / 8, + (3200 - 1087) / 8
        let delays = sketch.delays();
        assert_eq!((delays.samples, delays.min, delays.smoothed, delays.max), (4, 800, 1351, 3200));
        assert_eq!((delays.p50, delays.p95), (1663, 3200), "1,600 lies among 1,536 to 1,663");
        sketch.add(-5);
        assert_eq!(sketch.delays().min, 0);
    }

    #[test]
    fn counts_are_halved_at_their_bound() {
        let mut sketch = Sketch::default();
        (0..200_000).for_each(|_| sketch.add(1000));
        (0..150_000).for_each(|_| sketch.add(64_000));
        let delays = sketch.delays();
        assert_eq!((delays.samples, delays.p95), (350_000, 64_000));
        assert!(delays.p50 == 64_000 || delays.p50 < 1100);
    }

    proptest! {
        #[test]
        fn quantiles_are_close(
            exponent in 0_u32..50,
            span in 0_u32..14,
            values in prop::collection::vec(any::<u64>(), 1..300),
        ) {
            let values: Vec<i64> = values
                .iter()
                .map(|value| {
                    let octave = exponent + (value >> 32) as u32 % (span + 1);
                    ((1_u64 << octave) + value % (1 << octave)) as i64 & i64::MAX
                })
                .collect();
            let mut sketch = Sketch::default();
            values.iter().for_each(|&ns| sketch.add(ns));
            let mut sorted = values;
            sorted.sort_unstable();
            let delays = sketch.delays();
            prop_assert!(delays.min <= delays.p50 && delays.p50 <= delays.p95 && delays.p95 <= delays.max);
            prop_assert!((delays.min..=delays.max).contains(&delays.smoothed));
            for (percent, got) in [(50, delays.p50), (95, delays.p95)] {
                let exact = sorted[(sorted.len() * percent).div_ceil(100) - 1];
                let part = match (sorted[sorted.len() - 1] / sorted[0].max(1)).max(1).ilog2() {
                    0..=6 => 8,
                    7..=14 => 4,
                    _ => 2,
                };
                prop_assert!(got >= exact, "{got} {exact}");
                prop_assert!(got - exact <= exact / part + 1, "{got} {exact} of {part}");
            }
        }
    }
}
