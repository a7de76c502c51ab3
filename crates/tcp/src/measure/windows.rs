//! The windows that a half offered (RFC 9293 §3.8.6).

use crate::Segment;

/// See the module's documentation. Windows are kept as they stand in the header: the scale does not change.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    /// Smallest and largest.
    extremes: Option<(u16, u16)>,
    /// Since when it is zero.
    closed_at: Option<i64>,
    zero_ns: i64,
    pub(crate) fulls: u32,
}

impl Windows {
    /// A window that was offered before the measures began, at an unknown time.
    pub(crate) fn offered(&mut self, window: u16) {
        let (min, max) = self.extremes.unwrap_or((window, window));
        self.extremes = Some((min.min(window), max.max(window)));
    }

    /// A segment offers a window. For how long it was zero, where it opens. The window of a SYN has another unit
    /// (RFC 7323 §2.2), and with its FIN a sender may name none.
    pub(crate) fn offer(&mut self, segment: &Segment<'_>) -> Option<i64> {
        if segment.flags.syn() || segment.flags.fin() && segment.window == 0 {
            return None;
        }
        self.offered(segment.window);
        if segment.window == 0 {
            self.closed_at.get_or_insert(segment.at);
            return None;
        }
        let closed_ns = segment.at.saturating_sub(self.closed_at.take()?).max(0);
        self.zero_ns = self.zero_ns.saturating_add(closed_ns);
        Some(closed_ns)
    }

    /// Smallest and largest.
    pub(crate) fn extremes(&self, scale: Option<u8>) -> Option<(u64, u64)> {
        let (scale, (min, max)) = (scale?, self.extremes?);
        Some((u64::from(min) << scale, u64::from(max) << scale))
    }

    /// For how long in all it was zero, up to a segment of the half at `last_at`.
    pub(crate) fn zero_ns(&self, last_at: i64) -> i64 {
        let open = self.closed_at.map_or(0, |at| last_at.saturating_sub(at).max(0));
        self.zero_ns.saturating_add(open)
    }
}
