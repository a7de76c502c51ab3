//! The capture clock: a monotone count of nanoseconds made from packet stamps.
//!
//! Every time-out runs on it, never on the machine's clock, so a file, a pipe and a live capture of the
//! same frames give the same events. It follows the highest stamp seen; a stamp that goes back by less
//! than an hour leaves it where it is. It starts anew (without advancing) at a step of more than an hour
//! either way, so that nothing expires because of such a step.
//!
//! A new input that follows the former one is the same capture, cut: its first stamp is no earlier than
//! one second before the highest stamp so far and no more than an hour after it, and the clock goes on as
//! in one file. With any other input it starts anew. So a capture cut into files gives what the whole one
//! gives, wherever it is cut (but for a cut at a step of more than a second back), and files that have
//! nothing to do with each other do not make each other's time.

/// A step larger than this, either way, is no passing of time: one hour, in nanoseconds.
pub(crate) const STEP: i64 = 3_600_000_000_000;

/// How far the first stamp of an input may lie before the highest one so far, if it is to follow: one
/// second, in nanoseconds. Stamps within a file may go back a little, too.
const BACK: i64 = 1_000_000_000;

/// The moment of one frame on the capture clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Nanoseconds that have passed since the run's first frame; never goes back.
    pub elapsed: u64,
    /// What to add to a reading to get nanoseconds since the Unix epoch.
    pub epoch: i64,
}

impl Moment {
    /// The wall-clock stamp (nanoseconds since the Unix epoch) of a reading of the clock.
    pub fn stamp(&self, reading: u64) -> i64 {
        self.epoch.saturating_add(i64::try_from(reading).unwrap_or(i64::MAX))
    }
}

/// See the module's documentation.
///
/// ```
/// use wiretrace_pipeline::CaptureClock;
/// let mut clock = CaptureClock::default();
/// assert_eq!(clock.observe(1_000).elapsed, 0);
/// assert_eq!(clock.observe(1_500).elapsed, 500);
/// assert_eq!(clock.observe(1_200).elapsed, 500);                  // a small step back
/// clock.new_input();
/// assert_eq!(clock.observe(1_600).elapsed, 600);                  // the next file of the same capture
/// assert_eq!(clock.observe(7_200_000_000_000).elapsed, 600);      // two hours on: starts anew
/// ```
#[derive(Clone, Debug, Default)]
pub struct CaptureClock {
    elapsed: u64,
    highest: Option<i64>,
    /// The next stamp is the first one of an input.
    border: bool,
}

impl CaptureClock {
    /// Takes the stamp of the next frame (nanoseconds since the Unix epoch) and reads the clock.
    pub fn observe(&mut self, at: i64) -> Moment {
        let back = if std::mem::take(&mut self.border) { BACK } else { STEP };
        let highest = match self.highest {
            None => at,
            Some(highest) => {
                let step = at.saturating_sub(highest);
                if !(-back..=STEP).contains(&step) {
                    at
                } else if step > 0 {
                    self.elapsed = self.elapsed.saturating_add(step.unsigned_abs());
                    at
                } else {
                    highest
                }
            }
        };
        self.highest = Some(highest);
        let elapsed = i64::try_from(self.elapsed).unwrap_or(i64::MAX);
        Moment { elapsed: self.elapsed, epoch: highest.saturating_sub(elapsed) }
    }

    /// The clock's last reading, without a new stamp: nanoseconds, 0 before the first.
    pub fn elapsed(&self) -> u64 {
        self.elapsed
    }

    /// A new input begins. Its first stamp decides: where it is no earlier than one second before the highest
    /// stamp so far and no more than an hour after it, the clock goes on; else it starts anew, from that stamp.
    pub fn new_input(&mut self) {
        self.border = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_highest_stamp() {
        let mut clock = CaptureClock::default();
        assert_eq!(clock.observe(100), Moment { elapsed: 0, epoch: 100 });
        assert_eq!(clock.observe(160), Moment { elapsed: 60, epoch: 100 });
        assert_eq!(clock.observe(130), Moment { elapsed: 60, epoch: 100 });
        assert_eq!(clock.observe(161), Moment { elapsed: 61, epoch: 100 });
    }

    #[test]
    fn a_step_over_an_hour_does_not_advance_it() {
        let mut clock = CaptureClock::default();
        clock.observe(0);
        assert_eq!(clock.observe(STEP).elapsed, STEP as u64);
        assert_eq!(clock.observe(2 * STEP + 1).elapsed, STEP as u64);
        let back = clock.observe(5);
        assert_eq!(back.elapsed, STEP as u64);
        assert_eq!(back.stamp(back.elapsed), 5);
    }

    #[test]
    fn an_input_that_follows_goes_on() {
        let second = |at: i64, input: bool| {
            let mut clock = CaptureClock::default();
            clock.observe(0);
            clock.observe(2 * BACK);
            if input {
                clock.new_input();
            }
            let first = clock.observe(at);
            let next = clock.observe(at.saturating_add(1));
            (first, next)
        };
        for at in [2 * BACK, 2 * BACK - 1, BACK, 2 * BACK + 1, 2 * BACK + STEP, i64::MAX, i64::MIN] {
            assert_eq!(second(at, true), second(at, false), "{at}");
        }
        // Steps back of more than a second are where a border makes a difference.
        assert_eq!(second(BACK - 1, false).1.elapsed, 2 * BACK as u64);
        let (first, next) = second(BACK - 1, true);
        assert_eq!((first.elapsed, first.stamp(first.elapsed)), (2 * BACK as u64, BACK - 1));
        assert_eq!(next.elapsed, 2 * BACK as u64 + 1);
    }

    #[test]
    fn an_input_without_frames_is_no_border() {
        let mut clock = CaptureClock::default();
        clock.new_input();
        clock.observe(0);
        clock.new_input();
        clock.new_input();
        assert_eq!(clock.observe(5).elapsed, 5);
        assert_eq!(clock.observe(-2 * BACK).elapsed, 5);
        assert_eq!(clock.observe(6).elapsed, 6, "only the first stamp is looked at so");
    }

    #[test]
    fn extreme_stamps_are_total() {
        let mut clock = CaptureClock::default();
        for at in [i64::MIN, i64::MAX, 0, i64::MAX, i64::MIN] {
            clock.observe(at);
        }
    }
}
