//! Round trips by the timestamps option (RFC 7323 §4): from a TSval to the first segment that echoes it.

use super::ring::Ring;
use super::sketch::Sketch;
use crate::seq::distance;

/// Values of a half that wait for their echo at a time.
pub(crate) const WAITING: usize = 8;

/// The round trips of the values that one half sent.
#[derive(Debug, Default)]
pub(crate) struct Echoes {
    pub(crate) sketch: Sketch,
    /// The latest value that it sent.
    latest: Option<u32>,
    waiting: Ring<(u32, i64), WAITING>,
}

impl Echoes {
    /// A value was sent. Only what carries data waits for its echo, which would otherwise come when the other side has
    /// something to say; and only at its first use, as an earlier segment may be the one that is echoed.
    pub(crate) fn sent(&mut self, value: u32, at: i64, data: bool) {
        if self.latest.is_some_and(|latest| distance(latest, value) <= 0) {
            return;
        }
        self.latest = Some(value);
        if data {
            self.waiting.push((value, at));
        }
    }

    /// The other side echoes a value. Earlier ones will not be echoed any more.
    pub(crate) fn echoed(&mut self, value: u32, at: i64) {
        while let Some((sent, sent_at)) = self.waiting.front() {
            let ahead = distance(sent, value);
            if ahead < 0 {
                return;
            }
            self.waiting.pop();
            if ahead == 0 {
                self.sketch.add(at.saturating_sub(sent_at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_use_to_first_echo() {
        let mut echoes = Echoes::default();
        echoes.sent(u32::MAX, 10, true);
        echoes.sent(u32::MAX, 20, true);
        echoes.sent(0, 30, false);
        echoes.sent(0, 40, true);
        echoes.sent(1, 50, true);
        echoes.echoed(u32::MAX, 100);
        echoes.echoed(u32::MAX, 200);
        echoes.echoed(0, 300);
        echoes.echoed(1, 350);
        let delays = echoes.sketch.delays();
        assert_eq!((delays.samples, delays.min, delays.max), (2, 90, 300));
        (2..30).for_each(|value| echoes.sent(value, 0, true));
        echoes.echoed(29, 1000);
        assert_eq!(echoes.sketch.samples(), 2, "passed over");
        echoes.sent(30, 1000, true);
        echoes.echoed(30, 1007);
        assert_eq!(echoes.sketch.delays().min, 7);
    }
}
