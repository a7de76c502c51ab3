//! What a half has under way, and when it was sending.

/// See the module's documentation. Positions are stream offsets; a FIN counts as one.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    /// Behind everything that was sent.
    pub(crate) end: u64,
    /// When the retransmission timer was started last (RFC 6298 §5): with the first segment under way, by an
    /// acknowledgement, and by what was sent again.
    pub(crate) timer_at: i64,
    /// The highest position that a block of the other side's SACK option named (RFC 2018 §3).
    pub(crate) sacked: u64,
    /// Most payload under way.
    pub(crate) peak: u64,
    /// What was sent when the first of it was acknowledged.
    burst: Option<u64>,
    /// When its first and its last payload were sent, each time of sending counted.
    sending: Option<(i64, i64)>,
    /// When its latest segment came.
    pub(crate) last_at: Option<i64>,
    pub(crate) longest_silence: i64,
}

impl Flight {
    /// A segment of the half, whatever it is.
    pub(crate) fn heard(&mut self, at: i64) {
        if let Some(last) = self.last_at.replace(at) {
            self.longest_silence = self.longest_silence.max(at.saturating_sub(last));
        }
    }

    /// Payload was sent.
    pub(crate) fn payload(&mut self, at: i64) {
        let (first, _) = self.sending.unwrap_or((at, at));
        self.sending = Some((first, at));
    }

    /// The stream now ends at `end`.
    pub(crate) fn grow(&mut self, end: u64, acked: u64, at: i64) {
        if end > self.end {
            if self.end <= acked {
                self.timer_at = at;
            }
            self.end = end;
        }
    }

    /// An acknowledgement came for something new, when the payload up to `high` had been sent.
    pub(crate) fn acknowledged(&mut self, high: u64, at: i64) {
        self.timer_at = at;
        self.burst.get_or_insert(high);
    }

    /// When payload was sent last, first time or again.
    pub(crate) fn sent_at(&self) -> Option<i64> {
        self.sending.map(|(_, last)| last)
    }

    pub(crate) fn sending_ns(&self) -> i64 {
        self.sending.map_or(0, |(first, last)| last.saturating_sub(first).max(0))
    }

    /// The payload sent before the first acknowledgement of any, `high` having been sent by now.
    pub(crate) fn burst(&self, high: u64) -> u64 {
        self.burst.unwrap_or(high)
    }
}
