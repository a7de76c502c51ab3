//! A reference model of what a passive TCP engine says about one pair of endpoints: the simplest thing that could be
//! right.
//!
//! A direction is a map from position to byte (`stream`); a connection is two of them and what its flags said
//! (`connection`). Nothing is bounded, recycled, cached or done early: the rules of the event contract are written
//! down one after the other, each looking at everything there is. [`Case`](case::Case) makes conversations for it.
//!
//! Three things are left out: bounds, more than one connection at a time, and a SYN of other numbers inside
//! a living connection ([`Model::push`] refuses it).
//!
//! ```
//! use wiretrace_testkit::model::{ACK, Event, Model, Segment, Settings};
//! let mut model = Model::new(Settings::default());
//! let segment = |seq, payload: &[u8]| Segment { seq, flags: ACK, ..Segment::of(0, payload) };
//! for (frame, (seq, payload)) in [(1000, "ab"), (1004, "ef"), (1001, "Xcd")].into_iter().enumerate() {
//!     assert!(model.push(&Segment { frame: frame as u64 + 1, ..segment(seq, payload.as_bytes()) }));
//! }
//! let data: Vec<_> = model.events().iter().filter(|event| matches!(event, Event::Data { .. })).collect();
//! assert_eq!(data.len(), 3, "{data:?}"); // of frames 1, 3 and 2
//! ```

pub mod case;
mod connection;
mod stream;

use connection::Connection;

/// FIN, as in a TCP header.
pub const FIN: u8 = 1;
/// SYN.
pub const SYN: u8 = 2;
/// RST.
pub const RST: u8 = 4;
/// ACK.
pub const ACK: u8 = 16;

/// One segment. Halves are 0 and 1; time is in nanoseconds, and its time stamp is the capture clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Who sent it.
    pub half: usize,
    /// The capture clock.
    pub clock: u64,
    /// Number of the frame.
    pub frame: u64,
    /// Raw sequence number.
    pub seq: u32,
    /// Raw acknowledgement number.
    pub ack: u32,
    /// [`FIN`] and so on.
    pub flags: u8,
    /// Window as it stands in the header.
    pub window: u16,
    /// Window scale option.
    pub scale: Option<u8>,
    /// What was captured of the payload.
    pub payload: Vec<u8>,
    /// Its length as the IP header says.
    pub len: u32,
}

impl Segment {
    /// A segment with this payload, none of it cut off; the rest is to be filled in.
    pub fn of(half: usize, payload: &[u8]) -> Self {
        Segment { half, payload: payload.to_vec(), len: payload.len() as u32, window: 500, ..Self::default() }
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Which copy of a byte counts while both wait behind a hole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// The first.
    #[default]
    First,
    /// The last.
    Last,
    /// That of the segment that begins first, of equal ones the first.
    Bsd,
    /// Likewise; of segments that begin at the same position the longer one's.
    Linux,
}

/// Waits are in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Which copy counts.
    pub policy: Policy,
    /// An acknowledged hole is given up after this time..
    pub gap_wait: u64,
    /// ..or after so many segments of its direction.
    pub gap_segments: u64,
    /// What is over is remembered for this long.
    pub linger: u64,
    /// A SYN may go without an answer for this long.
    pub unanswered: u64,
    /// Silence that ends a connection of which only SYNs of one side were seen.
    pub half_open: Option<u64>,
    /// Silence that ends one where a side sent FIN.
    pub half_closed: Option<u64>,
    /// Silence that ends any other.
    pub idle: Option<u64>,
    /// Silence behind a RST until the streams end.
    pub reset_wait: u64,
    /// Bytes of answers that may wait for their SYN+ACK, each charged a power of two, at least 256.
    pub early_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        const MS: u64 = 1_000_000;
        Settings {
            policy: Policy::First,
            gap_wait: 200 * MS,
            gap_segments: 3,
            linger: 60_000 * MS,
            unanswered: 10_000 * MS,
            half_open: None,
            half_closed: None,
            idle: None,
            reset_wait: 200 * MS,
            early_bytes: 1 << 20,
        }
    }
}

/// Why positions are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Acknowledged, but not captured.
    Acknowledged,
    /// Cut off by the snap length.
    Snaplen,
    /// Neither, at the end.
    Unacknowledged,
    /// A bound was reached. The model has none; what it is compared with may.
    Limit,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// With its FIN.
    Fin,
    /// With a RST.
    Reset,
    /// With the connection.
    Cut,
}

/// How far a connection had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both sides sent FIN.
    Closed,
    /// A RST ended it.
    Reset,
    /// A RST answered the SYN.
    Refused,
    /// Nothing answered the SYN.
    Unanswered,
    /// One side sent FIN.
    HalfClosed,
    /// None of these.
    Open,
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Both sides sent FIN.
    Fin,
    /// A RST before that.
    Rst,
    /// Neither.
    None,
    /// Silence.
    Timeout,
}

/// What is counted of a half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the contract")]
pub struct Counters {
    pub packets: u64,
    pub bytes: u64,
    pub unique: u64,
    pub missing: u64,
    pub retransmits: u32,
    pub out_of_order: u32,
    pub zero_windows: u32,
    pub probes: u32,
}

/// Where bytes and positions went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the ledger")]
pub struct Ledger {
    pub delivered: u64,
    pub second_copies: u64,
    pub outside_stream: u64,
    pub over_limit: u64,
    pub missing_capture: u64,
    pub missing_snaplen: u64,
    pub missing_unknown: u64,
    pub stream_positions: u64,
    pub conflicts: u64,
    pub wild_segments: u64,
    pub outside_window: u64,
    pub unacceptable_resets: u64,
}

/// What is said of a connection, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the names are those of the contract; halves, raw numbers, lengths and positions"
)]
pub enum Event {
    Start {
        id: u64,
    },
    /// The handshake is complete, after so many nanoseconds.
    Established {
        ns: i64,
    },
    SynRetry {
        half: usize,
        seq: u32,
    },
    Refused {
        half: usize,
        seq: u32,
    },
    Unanswered {
        half: usize,
    },
    /// Adjacent runs of one frame are one. `start`: its first byte is that of the segment.
    Data {
        half: usize,
        offset: u64,
        bytes: Vec<u8>,
        frame: u64,
        start: bool,
    },
    /// Adjacent ones that the snap length cut off are one.
    Gap {
        half: usize,
        offset: u64,
        len: u64,
        cause: Cause,
        seq: u32,
    },
    Retransmit {
        half: usize,
        seq: u32,
        len: u32,
    },
    Overlap {
        half: usize,
        seq: u32,
        len: u32,
        conflict: Option<bool>,
    },
    OutOfOrder {
        half: usize,
        seq: u32,
        len: u32,
    },
    KeepAlive {
        half: usize,
        seq: u32,
        len: u32,
    },
    WindowProbe {
        half: usize,
        seq: u32,
        len: u32,
    },
    OutsideWindow {
        half: usize,
        seq: u32,
        len: u32,
    },
    ZeroWindow {
        half: usize,
        seq: u32,
    },
    Fin {
        half: usize,
        seq: u32,
    },
    Reset {
        half: usize,
        seq: u32,
        len: u32,
        acceptable: bool,
        pending: u64,
    },
    Over {
        reason: Reason,
    },
    Finished {
        half: usize,
        how: Finish,
    },
    End {
        reason: Reason,
        outcome: Outcome,
        clock: Option<u64>,
        handshake: Option<i64>,
        counters: [Counters; 2],
    },
}

/// Puts an event behind the others; runs that belong together become one.
pub fn append(events: &mut Vec<Event>, event: Event) {
    match (events.last_mut(), &event) {
        (
            Some(Event::Data { half, offset, bytes, frame, .. }),
            Event::Data { half: same, offset: at, bytes: more, frame: of, .. },
        ) if half == same && frame == of && *offset + bytes.len() as u64 == *at => {
            bytes.extend_from_slice(more)
        }
        (
            Some(Event::Gap { half, offset, len, cause: Cause::Snaplen, .. }),
            Event::Gap { half: same, offset: at, len: more, cause: Cause::Snaplen, .. },
        ) if half == same && *offset + *len == *at => *len += more,
        _ => events.push(event),
    }
}

/// What is said, and where it went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) events: Vec<Event>,
    pub(crate) ledger: Ledger,
}

impl Record {
    pub(crate) fn say(&mut self, event: Event) {
        append(&mut self.events, event);
    }
}

/// The model: see the [module](self).
#[derive(Clone, Debug)]
pub struct Model {
    settings: Settings,
    clock: u64,
    connection: Option<Connection>,
    record: Record,
}

impl Model {
    /// Nothing seen yet.
    pub fn new(settings: Settings) -> Self {
        Model { settings, clock: 0, connection: None, record: Record::default() }
    }

    /// All that was said so far.
    pub fn events(&self) -> &[Event] {
        &self.record.events
    }

    /// Where everything went.
    pub fn ledger(&self) -> &Ledger {
        &self.record.ledger
    }

    /// Takes one segment. False, and nothing happens but that time passes, for one that is not modelled.
    pub fn push(&mut self, segment: &Segment) -> bool {
        self.advance(segment.clock);
        let clock = self.clock;
        if self.connection.as_ref().is_some_and(|connection| connection.is_followed_by(segment)) {
            if self.connection.as_ref().is_some_and(Connection::lives) && !segment.has(ACK) {
                return false;
            }
            self.end(None);
        }
        let connection = self.connection.get_or_insert_with(|| Connection::new(segment, clock));
        connection.push(segment, clock, &self.settings, &mut self.record);
        true
    }

    /// Time passes: what is due happens at its time, in order.
    pub fn advance(&mut self, clock: u64) {
        while let Some(connection) = &mut self.connection
            && let Some((deadline, due)) = connection.due(&self.settings)
            && deadline <= clock
        {
            self.clock = self.clock.max(deadline);
            if connection.fire(due, self.clock, &self.settings, &mut self.record) {
                self.end(Some((deadline, due)));
            }
        }
        self.clock = self.clock.max(clock);
    }

    /// The input is over.
    pub fn finish(&mut self) {
        self.end(None);
    }

    fn end(&mut self, due: Option<(u64, connection::Due)>) {
        if let Some(mut connection) = self.connection.take() {
            connection.end(due, self.clock, &self.settings, &mut self.record);
        }
    }
}
