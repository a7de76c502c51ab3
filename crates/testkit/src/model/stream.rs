//! One direction: a map from position to the byte that counts there.

use super::{Cause, Counters, Event, Finish, Policy, Record};
use std::collections::BTreeMap;

/// A segment further than this from the stream is no part of it: no window is larger (RFC 7323 §2.3).
pub(crate) const WILD: u64 = 1 << 30;

/// A position that some segment carried.
#[derive(Clone, Copy, Debug)]
struct Cell {
    /// `None`: cut off by the snap length.
    byte: Option<u8>,
    /// The frame that carried it first, and whether it began there.
    frame: u64,
    start: bool,
    /// The segment whose byte it is: positions, and whether it lay outside the window.
    origin: Origin,
}

/// What decides between copies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) outside: bool,
}

/// An acknowledgement that was higher than all before.
#[derive(Clone, Copy, Debug)]
struct Raise {
    to: i64,
    clock: u64,
    packets: u64,
}

/// A segment's payload in its place.
pub(crate) struct Load<'a> {
    pub(crate) at: i64,
    pub(crate) payload: &'a [u8],
    pub(crate) frame: u64,
    pub(crate) origin: Origin,
}

/// What it brought.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Brought {
    pub(crate) new: u64,
    pub(crate) seen: u64,
    pub(crate) below: bool,
    pub(crate) differs: bool,
    pub(crate) unknown: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    /// Raw number of position 0.
    pub(crate) base: Option<u32>,
    cells: BTreeMap<u64, Cell>,
    /// All before it was said, as data or as a gap.
    pub(crate) next: u64,
    /// The highest position ever carried within the stream: its end.
    highest: u64,
    pub(crate) fin: Option<u64>,
    pub(crate) finished: bool,
    raises: Vec<Raise>,
    pub(crate) counters: Counters,
}

impl Stream {
    /// Position 0 is here. What was acknowledged before it was known says nothing.
    pub(crate) fn start(&mut self, base: u32) {
        self.base = Some(base);
        self.raises.clear();
    }

    /// The highest position seen or said: its end.
    pub(crate) fn high(&self) -> u64 {
        self.highest.max(self.next)
    }

    /// The position that is nearest to the highest one, of all that have this raw number.
    pub(crate) fn position(&self, raw: u32) -> i64 {
        let base = self.base.unwrap_or(0);
        let high = self.high() as i64;
        high + i64::from(raw.wrapping_sub(base.wrapping_add(high as u32)) as i32)
    }

    pub(crate) fn is_wild(&self, position: i64) -> bool {
        position.abs_diff(self.high() as i64) > WILD
    }

    pub(crate) fn raw(&self, position: u64) -> u32 {
        self.base.unwrap_or(0).wrapping_add(position as u32)
    }

    /// Nothing was carried or said, and no end is known.
    pub(crate) fn is_untouched(&self) -> bool {
        self.high() == 0 && self.fin.is_none() && !self.finished
    }

    /// The other side acknowledged it up to here, when this half had sent so many packets.
    pub(crate) fn acknowledge(&mut self, ack: u32, clock: u64, packets: u64) {
        if self.base.is_some() {
            let to = self.position(ack);
            if to > self.raises.last().map_or(0, |raise| raise.to) && !self.is_wild(to) {
                self.raises.push(Raise { to, clock, packets });
            }
        }
    }

    /// The first FIN: behind it there is nothing.
    pub(crate) fn end_at(&mut self, fin: u64, segment_at: u64, record: &mut Record) {
        if self.finished {
            self.pass_over(segment_at.min(fin), record);
        }
        self.fin = Some(fin);
        let behind = self.cells.split_off(&fin);
        let held = behind.range(self.next.max(fin)..).filter(|(_, cell)| cell.byte.is_some());
        record.ledger.outside_stream += held.count() as u64;
    }

    /// A finished stream's positions are counted and not said any more.
    fn pass_over(&mut self, to: u64, record: &mut Record) {
        record.ledger.missing_unknown += to.saturating_sub(self.next);
        self.next = self.next.max(to);
    }

    /// Compares a segment with what there is, and takes what is new or counts. `fin_before`: the FIN was seen
    /// before this segment.
    pub(crate) fn take(
        &mut self,
        load: &Load<'_>,
        fin_before: bool,
        policy: Policy,
        record: &mut Record,
    ) -> Brought {
        let (from, to) = (load.origin.from, load.origin.to);
        let high = if fin_before { self.fin.unwrap_or(0).max(self.high()) } else { self.high() };
        let mut brought = Brought::default();
        let mut ahead = false;
        for position in from..to {
            let byte = load.payload.get((position as i64 - load.at) as usize).copied();
            let captured = u64::from(byte.is_some());
            let held = position >= self.next;
            match self.cells.get_mut(&position) {
                Some(cell) => {
                    brought.seen += 1;
                    record.ledger.second_copies += captured;
                    match (byte, cell.byte) {
                        (Some(new), Some(old)) if held => {
                            brought.differs |= new != old;
                            if counts(policy, load.origin, cell.origin) {
                                (cell.byte, cell.origin) = (byte, load.origin);
                            }
                        }
                        _ => brought.unknown = true,
                    }
                }
                None => {
                    brought.new += 1;
                    brought.below |= position < high;
                    ahead |= held;
                    if !held {
                        record.ledger.over_limit += captured;
                    } else if self.finished {
                        record.ledger.outside_stream += captured;
                    }
                    let start = position as i64 == load.at;
                    self.cells.insert(position, Cell { byte, frame: load.frame, start, origin: load.origin });
                }
            }
        }
        if brought.new > 0 {
            self.highest = self.highest.max(to);
        }
        if self.finished && ahead {
            self.pass_over(to, record);
        }
        record.ledger.conflicts += u64::from(brought.differs);
        brought
    }

    /// Says what lies next without a hole in front.
    pub(crate) fn deliver(&mut self, half: usize, record: &mut Record) {
        while !self.finished
            && let Some(cell) = self.cells.get(&self.next).copied()
        {
            let (offset, seq) = (self.next, self.raw(self.next));
            self.next += 1;
            match cell.byte {
                Some(byte) => {
                    record.ledger.delivered += 1;
                    let Cell { frame, start, .. } = cell;
                    record.say(Event::Data { half, offset, bytes: vec![byte], frame, start });
                }
                None => {
                    record.ledger.missing_snaplen += 1;
                    record.say(Event::Gap { half, offset, len: 1, cause: Cause::Snaplen, seq });
                }
            }
        }
    }

    /// The end of the hole that is next, if there is one.
    fn hole(&self) -> Option<u64> {
        let held = self.cells.range(self.next..).next().map(|(&position, _)| position);
        held.or(self.fin.filter(|&fin| fin > self.next)).filter(|_| !self.finished)
    }

    /// The acknowledgement that covered a hole first.
    fn raise(&self, hole_end: u64) -> Option<&Raise> {
        self.raises.iter().find(|raise| raise.to >= hole_end as i64)
    }

    /// When the next hole will have waited long enough for its acknowledgement to count.
    pub(crate) fn gap_deadline(&self, wait: u64) -> Option<u64> {
        Some(self.raise(self.hole()?)?.clock.saturating_add(wait))
    }

    /// Gives holes up that were acknowledged, and so many segments or so long ago.
    pub(crate) fn give_up(&mut self, half: usize, clock: u64, segments: u64, wait: u64, record: &mut Record) {
        while let Some(end) = self.hole()
            && let Some(raise) = self.raise(end)
            && (self.counters.packets - raise.packets >= segments
                || clock >= raise.clock.saturating_add(wait))
        {
            self.gap(half, end, record);
            self.deliver(half, record);
        }
        self.look_for_fin(half, record);
    }

    fn gap(&mut self, half: usize, end: u64, record: &mut Record) {
        let (offset, len, seq) = (self.next, end - self.next, self.raw(self.next));
        let cause = match self.raise(end) {
            Some(_) => Cause::Acknowledged,
            None => Cause::Unacknowledged,
        };
        match cause {
            Cause::Acknowledged => record.ledger.missing_capture += len,
            _ => record.ledger.missing_unknown += len,
        }
        record.say(Event::Gap { half, offset, len, cause, seq });
        self.next = end;
    }

    /// Whether all up to the FIN was said.
    pub(crate) fn look_for_fin(&mut self, half: usize, record: &mut Record) {
        if self.fin.is_some_and(|fin| self.next >= fin) {
            self.finish(half, Finish::Fin, record);
        }
    }

    fn finish(&mut self, half: usize, how: Finish, record: &mut Record) {
        if !std::mem::replace(&mut self.finished, true) {
            record.say(Event::Finished { half, how });
        }
    }

    /// It is over, whatever is missing.
    pub(crate) fn flush(&mut self, half: usize, how: Finish, record: &mut Record) {
        while let Some(end) = self.hole() {
            self.gap(half, end, record);
            self.deliver(half, record);
        }
        self.look_for_fin(half, record);
        self.finish(half, how, record);
    }

    /// Positions for the ledger.
    pub(crate) fn positions(&self) -> u64 {
        self.fin.map_or(self.high(), |fin| fin.max(self.next))
    }

    /// The counters as they stand.
    pub(crate) fn count(&self) -> Counters {
        let unique = self.cells.len() as u64;
        let missing = self.fin.unwrap_or(self.highest) - unique;
        Counters { unique, missing, ..self.counters }
    }
}

/// Whether a new segment's byte counts over an old one's. A receiver takes no byte from outside its window, so any other
/// copy counts over that.
fn counts(policy: Policy, new: Origin, old: Origin) -> bool {
    if new.outside != old.outside {
        return old.outside;
    }
    match policy {
        Policy::First => false,
        Policy::Last => true,
        Policy::Bsd => new.from < old.from,
        Policy::Linux => new.from < old.from || new.from == old.from && new.to > old.to,
    }
}
