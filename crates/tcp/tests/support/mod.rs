//! A conversation written by hand, and what the table says about it, as lines of text.
#![allow(dead_code, reason = "each test binary uses its part")]

use wiretrace_tcp::{Connection, Event, Flags, FlowKey, FlowTable, GapCause, Half, Limits, Segment, Sink};

pub(crate) const A: Half = Half::A;
pub(crate) const B: Half = Half::B;
pub(crate) const MS: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1000 * MS;

/// Writes each event as `<connection id> <event>`.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) lines: Vec<String>,
}

impl Sink<()> for Log {
    fn event(&mut self, connection: &mut Connection<()>, event: Event<'_>) {
        let text = match event {
            Event::Start => "start".to_string(),
            Event::SynRetry { half, .. } => format!("{half:?} syn_retry"),
            Event::Data { half, offset, bytes, mark, segment_start } => format!(
                "{half:?} data {offset} {} @{}{}",
                String::from_utf8_lossy(bytes),
                mark.frame,
                if segment_start { "" } else { " trimmed" }
            ),
            Event::Gap { half, offset, len, cause, .. } => {
                let cause = match cause {
                    GapCause::Acknowledged => "acked",
                    GapCause::Snaplen => "snaplen",
                    GapCause::Limit => "limit",
                    _ => "unacked",
                };
                format!("{half:?} gap {offset}+{len} {cause}")
            }
            Event::Retransmit { half, len, .. } => format!("{half:?} retransmit {len}"),
            // What every handshake and every end has is told by the tests that are about it.
            Event::Established(_) | Event::Fin { .. } | Event::Over { .. } => return,
            Event::KeepAlive { half, len, .. } => format!("{half:?} keep_alive {len}"),
            Event::WindowProbe { half, len, .. } => format!("{half:?} window_probe {len}"),
            Event::OutsideWindow { half, len, .. } => format!("{half:?} outside_window {len}"),
            Event::Unanswered { half } => format!("{half:?} unanswered"),
            Event::Refused { half, .. } => format!("{half:?} refused"),
            Event::Reset { half, acceptable: false, .. } => format!("{half:?} reset, not acceptable"),
            Event::Overlap { half, len, conflict, .. } => format!("{half:?} overlap {len} {conflict:?}"),
            Event::OutOfOrder { half, len, .. } => format!("{half:?} out_of_order {len}"),
            Event::ZeroWindow { half, .. } => format!("{half:?} zero_window"),
            Event::Reset { half, .. } => format!("{half:?} reset"),
            Event::Finished { half, how } => format!("{half:?} finished {how:?}"),
            Event::End(end) => format!(
                "end {:?}{}{}",
                end.reason,
                end.end_clock.map_or(String::new(), |clock| format!(" at {}ms", clock / MS)),
                if end.evicted { " evicted" } else { "" }
            ),
            other => format!("{other:?}"),
        };
        self.lines.push(format!("{} {text}", connection.id()));
    }
}

/// A table, a clock, and a frame counter.
pub(crate) struct World {
    pub(crate) table: FlowTable<()>,
    pub(crate) log: Log,
    pub(crate) clock: u64,
    pub(crate) frame: u64,
    /// Port of the A endpoint; changes the connection.
    pub(crate) port: u16,
    pub(crate) window: u16,
}

impl World {
    pub(crate) fn new(limits: Limits) -> Self {
        let table = FlowTable::new(limits);
        World { table, log: Log::default(), clock: 0, frame: 0, port: 1000, window: 500 }
    }

    pub(crate) fn key(&self) -> FlowKey {
        FlowKey::from_v4([10, 0, 0, 1], self.port, [10, 0, 0, 2], 80).0
    }

    /// One segment. `flags` is any of `SAFR`; without `A`, the acknowledgement does not count.
    pub(crate) fn cut(
        &mut self,
        half: Half,
        flags: &str,
        seq: u32,
        ack: u32,
        payload: &[u8],
        payload_len: u32,
    ) {
        self.frame += 1;
        let bit = |letter| match letter {
            'S' => Flags::SYN.0,
            'A' => Flags::ACK.0,
            'F' => Flags::FIN.0,
            'R' => Flags::RST.0,
            _ => panic!("no such flag"),
        };
        let segment = Segment {
            half,
            at: self.clock as i64,
            clock: self.clock,
            frame: self.frame,
            seq,
            ack,
            flags: Flags(flags.chars().map(bit).sum()),
            window: self.window,
            payload,
            payload_len,
            ..Segment::default()
        };
        let key = self.key();
        self.table.push(&key, &segment, &mut self.log);
        let stats = self.table.stats();
        assert_eq!(stats.captured, stats.captured_classes(), "{stats:?}");
    }

    pub(crate) fn seg(&mut self, half: Half, flags: &str, seq: u32, ack: u32, payload: &str) {
        self.cut(half, flags, seq, ack, payload.as_bytes(), payload.len() as u32);
    }

    /// SYN, SYN+ACK, ACK, A being the client: A's stream begins at `a`, B's at `b`.
    pub(crate) fn handshake(&mut self, a: u32, b: u32) {
        self.seg(A, "S", a.wrapping_sub(1), 0, "");
        self.seg(B, "SA", b.wrapping_sub(1), a, "");
        self.seg(A, "A", a, b, "");
        self.take();
    }

    pub(crate) fn advance(&mut self, clock: u64) {
        self.clock = clock;
        self.table.advance(clock, &mut self.log);
    }

    /// The lines since the last call.
    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log.lines)
    }

    /// The lines until the end of input; checks the ledger.
    pub(crate) fn finish(&mut self) -> Vec<String> {
        self.table.finish(&mut self.log);
        let stats = *self.table.stats();
        assert_eq!(stats.captured, stats.captured_classes(), "{stats:?}");
        assert_eq!(stats.stream_positions, stats.stream_classes(), "{stats:?}");
        assert_eq!((stats.held_now, stats.connections), (0, stats.ended));
        assert!(self.table.is_empty());
        self.take()
    }
}

impl Default for World {
    fn default() -> Self {
        World::new(Limits::default())
    }
}
