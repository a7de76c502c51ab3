//! The flow table: finds the connection of a segment, and begins and ends connections.

use crate::connection::{Connection, happened, slow};
use crate::deliver::Shared;
use crate::early::Turn;
use crate::elder::{self, Choice};
use crate::extra::Pool;
use crate::held::{NONE, Store};
use crate::idle::{self, Lists, Which};
use crate::index::Index;
use crate::measure::Found;
use crate::pages::charge;
use crate::reassembler::known;
use crate::records::Records;
use crate::seq::distance;
use crate::state::Ending;
use crate::timers::{Due, Timer, Timers};
use crate::{Config, Event, Flags, FlowKey, Half, Measure, Segment, Sink, Stats};

/// So many segments of a batch are looked up before the first of them is worked on.
const AHEAD: usize = 32;

/// The connections of one partition, with a `D` of the user's for each.
///
/// Single-threaded and sans-IO. Feed it segments in capture order with [`push`](Self::push) or
/// [`push_batch`](Self::push_batch), let time pass with [`advance`](Self::advance), and close with
/// [`finish`](Self::finish); everything it has to say goes to a [`Sink`]. See the example at the
/// [crate's head](crate).
///
/// Memory is bounded by [`Limits`](crate::Limits). The table is keyed with a secret per table, is never iterated, and nothing
/// that it reports depends on that secret: the same segments with the same limits give the same events.
#[derive(Debug)]
pub struct FlowTable<D> {
    records: Records<D>,
    free: Vec<u32>,
    /// Slots, by key; of an elder and its younger the younger.
    index: Index,
    lists: Lists,
    shared: Shared,
    /// The slot of the latest segment.
    latest: u32,
    /// When the oldest half-open connection has waited long enough for an answer.
    unanswered_at: u64,
    /// Connections that the end of the input has not reached yet, the last one first.
    to_finish: Vec<(u64, u32)>,
}

/// Where a connection was found: see [`FlowTable::warm`].
#[derive(Clone, Copy, Debug)]
pub struct Hint(u32);

impl Default for Hint {
    /// Nothing was found.
    fn default() -> Self {
        Hint(NONE)
    }
}

impl<D: Default> FlowTable<D> {
    /// An empty table. [`Limits`](crate::Limits) alone will do for a [`Config`].
    pub fn new(config: impl Into<Config>) -> Self {
        let Config { limits, overlap, measure } = config.into();
        FlowTable {
            records: Records::new(),
            free: Vec::new(),
            index: Index::new(),
            lists: Lists::new(),
            latest: NONE,
            unanswered_at: u64::MAX,
            to_finish: Vec::new(),
            shared: Shared {
                store: Store::new(limits.held_bytes),
                stats: Stats::default(),
                timers: Timers::new(),
                clock: 0,
                pool: Pool::default(),
                early_bytes: 0,
                limits,
                overlap,
                measure,
            },
        }
    }

    /// What was counted so far.
    pub fn stats(&self) -> &Stats {
        &self.shared.stats
    }

    /// Connections known now, lingering ones included.
    pub fn len(&self) -> usize {
        self.records.len() - self.free.len()
    }

    /// Whether no connection is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes one segment. What is due at or before its clock happens first.
    #[inline]
    pub fn push<S: Sink<D>>(&mut self, key: &FlowKey, segment: &Segment<'_>, sink: &mut S) {
        self.tick(segment.clock, sink);
        let slot = self.find(key);
        self.push_to(slot, key, segment, sink);
    }

    /// The same as [`push`](Self::push) for each segment in order. The records of the next ones are looked up
    /// first, all together, so that they are on their way into the cache when their turn comes.
    pub fn push_batch<'a, S: Sink<D>>(&mut self, batch: &[(FlowKey, Segment<'a>)], sink: &mut S) {
        for part in batch.chunks(AHEAD) {
            let mut hints = [Hint::default(); AHEAD];
            self.warm(part.iter().map(|(key, _)| *key), &mut hints);
            for (&hint, (key, segment)) in hints.iter().zip(part) {
                self.push_hinted(hint, key, segment, sink);
            }
        }
    }

    /// Looks up the records of some connections, so that they are on their way into the cache when their
    /// segments are pushed one by one with [`push_hinted`](Self::push_hinted); for callers who do something of their
    /// own between two segments. Fills `hints` as far as there are keys, and changes nothing.
    #[inline]
    pub fn warm(&self, keys: impl Iterator<Item = FlowKey>, hints: &mut [Hint]) {
        for (hint, key) in hints.iter_mut().zip(keys) {
            *hint = Hint(self.index.candidate(self.index.hash(&key)));
        }
        let mut touched = 0;
        for hint in &*hints {
            if let Some(record) = self.records.get(hint.0) {
                touched ^=
                    record.last_clock ^ record.half(Half::A).next ^ record.half(Half::B).next ^ record.id;
            }
        }
        // The loads above must happen, though their result is of no use.
        std::hint::black_box(touched);
    }

    /// The same as [`push`](Self::push), with where the connection was found before. Any hint will do: one that is
    /// out of date costs a look-up.
    #[inline]
    pub fn push_hinted<S: Sink<D>>(
        &mut self,
        hint: Hint,
        key: &FlowKey,
        segment: &Segment<'_>,
        sink: &mut S,
    ) {
        self.tick(segment.clock, sink);
        let slot = if self.is_current(hint.0, key) { hint.0 } else { self.find(key) };
        self.push_to(slot, key, segment, sink);
    }

    /// The input is over: everything ends, in order of connection id. The table is empty afterwards.
    pub fn finish<S: Sink<D>>(&mut self, sink: &mut S) {
        while !self.is_empty() {
            self.finish_up_to(u64::MAX, sink);
        }
        self.shared.timers.retain(|_| false);
    }

    /// The same for the connections with ids up to `id` only: so that callers who keep what a sink writes until it is
    /// in order need not keep all of it. No segment may be pushed in between.
    pub fn finish_up_to<S: Sink<D>>(&mut self, id: u64, sink: &mut S) {
        self.list_for_finish();
        while let Some(&(next, slot)) = self.to_finish.last().filter(|next| next.0 <= id) {
            self.to_finish.pop();
            if self.records.get(slot).is_some_and(|record| record.id == next) {
                self.end(slot, Ending::default(), sink);
            }
        }
    }

    /// The id of the `n`th connection, from 1, of those that are still to be finished, in order; `None` where there are
    /// fewer.
    pub fn nth_to_finish(&mut self, n: usize) -> Option<u64> {
        self.list_for_finish();
        let at = self.to_finish.len().checked_sub(n.max(1))?;
        self.to_finish.get(at).map(|next| next.0)
    }

    fn list_for_finish(&mut self) {
        if self.to_finish.is_empty() && !self.is_empty() {
            let live = self.records.iter().filter(|record| record.live);
            self.to_finish.extend(live.map(|record| (record.id, record.slot)));
            self.to_finish.sort_unstable_by(|a, b| b.cmp(a));
        }
    }

    #[inline]
    fn tick<S: Sink<D>>(&mut self, clock: u64, sink: &mut S) {
        let clock = clock.max(self.shared.clock);
        if clock >= self.shared.timers.next().min(self.unanswered_at) {
            self.advance(clock, sink);
        }
        self.shared.clock = clock;
    }

    #[inline]
    fn is_current(&self, slot: u32, key: &FlowKey) -> bool {
        let record = self.records.get(slot);
        record.is_some_and(|record| record.live && !record.is(slow::IS_ELDER) && record.key == *key)
    }

    /// The slot of a key's (younger) connection, or `NONE`.
    #[inline]
    fn find(&self, key: &FlowKey) -> u32 {
        if self.is_current(self.latest, key) {
            return self.latest;
        }
        self.index.find(self.index.hash(key), |slot| same_key(&self.records, slot, key))
    }

    #[inline]
    fn push_to<S: Sink<D>>(&mut self, slot: u32, key: &FlowKey, segment: &Segment<'_>, sink: &mut S) {
        self.shared.stats.segments += 1;
        self.shared.stats.captured += segment.captured().len() as u64;
        self.latest = slot;
        if !self.quick(slot, segment, sink) {
            self.push_slowly(slot, key, segment, sink);
        }
    }

    /// The short way: the next expected bytes, or none, of an open stream without holes. Everything else is
    /// left to the long way, which would do the same for these.
    #[inline]
    fn quick<S: Sink<D>>(&mut self, slot: u32, segment: &Segment<'_>, sink: &mut S) -> bool {
        const ODD: Flags = Flags(Flags::SYN.0 | Flags::FIN.0 | Flags::RST.0);
        let clock = self.shared.clock;
        let Some(record) = self.records.get_mut(slot) else { return false };
        let half = segment.half;
        let [a, b] = record.quick;
        let (quick, other_quick) = if half == Half::A { (a, b) } else { (b, a) };
        let this = record.half(half);
        let plain = record.slow == 0
            && quick
            && !segment.flags.any(ODD)
            && segment.seq == this.raw(this.next)
            && segment.payload.len() == segment.payload_len as usize
            && segment.window != 0;
        if !plain {
            return false;
        }
        if segment.flags.ack() && segment.ack != this.last_ack {
            // Without a hole in the other half, what is acknowledged below its next position says nothing new.
            let other = record.half(!half);
            if other_quick {
                if distance(other.raw(other.next), segment.ack) > 0 {
                    return false;
                }
            } else if other.has(known::STARTED) {
                return false;
            }
        }
        (record.last_at, record.last_clock) = (segment.at, clock);
        let stale = record.linked_tick != idle::tick(clock);
        let measuring = self.shared.measure != Measure::Off;
        if measuring {
            record.measure_ack(segment, &mut self.shared, sink);
        }
        let this = record.half_mut(half);
        if segment.flags.ack() {
            this.last_ack = segment.ack;
        }
        this.window = segment.window;
        this.packets += 1;
        this.header_bytes += u64::from(segment.header_len);
        let len = u64::from(segment.payload_len);
        let mut found = Found::Nothing;
        if len > 0 {
            let offset = this.next;
            this.next += len;
            this.extent = this.next;
            this.bytes += len;
            this.unique_bytes += len;
            found = Found::New { from: offset, to: this.next };
            self.shared.stats.delivered += len;
            let (bytes, mark) = (segment.payload, segment.mark());
            sink.event(record, Event::Data { half, offset, bytes, mark, segment_start: true });
        }
        if measuring {
            record.measure_payload(segment, found, &mut self.shared, sink);
        }
        if stale {
            self.relink(slot);
        }
        true
    }

    #[cold]
    fn relink(&mut self, slot: u32) {
        let Some(record) = self.records.get(slot) else { return };
        self.move_to(slot, record.list);
    }

    /// The long way, for everything.
    #[inline(never)]
    fn push_slowly<S: Sink<D>>(&mut self, slot: u32, key: &FlowKey, segment: &Segment<'_>, sink: &mut S) {
        let slot = if slot == NONE {
            self.open(key, segment, None, sink)
        } else {
            self.route(slot, key, segment, sink)
        };
        self.latest = slot;
        let turn = self.records.get(slot).map_or(Turn::Nothing, |record| record.turn(segment));
        match turn {
            Turn::Wait if self.wait(slot, segment) => return,
            Turn::Wait | Turn::Last => {
                self.replay(slot, sink);
                self.take(slot, segment, sink);
            }
            Turn::First => {
                self.take(slot, segment, sink);
                self.replay(slot, sink);
            }
            Turn::Nothing => self.take(slot, segment, sink),
        }
        self.sweep();
    }

    /// Takes a segment into its connection, and does what follows for the table.
    fn take<S: Sink<D>>(&mut self, slot: u32, segment: &Segment<'_>, sink: &mut S) {
        self.make_room(slot, segment, sink);
        let clock = self.shared.clock;
        let Some(record) = self.records.get_mut(slot) else { return };
        let (was_reset, wait) = (record.had(happened::RESET), record.wait());
        let over = record.segment(segment, &mut self.shared, sink);
        record.settle();

        let was_over = record.is(slow::OVER);
        let list = match (over || was_over, record.is(slow::HALF_OPEN), record.had(happened::UNANSWERED)) {
            (true, _, _) => Which::Closed,
            (false, true, false) => Which::HalfOpen,
            (false, true, true) => Which::Unanswered,
            (false, false, _) => Which::Open,
        };
        let stale = list == Which::Open && record.linked_tick != idle::tick(clock);
        if over && !was_over {
            record.slow |= slow::OVER;
            let (deadline, id) = (clock.saturating_add(self.shared.limits.linger_ns), record.id);
            self.shared.timers.push(Timer { deadline, id, slot, due: Due::Linger });
        }
        if record.had(happened::RESET) && !was_reset && self.shared.limits.reset_wait_ns > 0 {
            let (deadline, id) = (clock.saturating_add(self.shared.limits.reset_wait_ns), record.id);
            self.shared.timers.push(Timer { deadline, id, slot, due: Due::Reset });
        }
        // The deadline that it is under already may be that of another state, and later.
        if wait != record.wait()
            && let Some(deadline) = record.idle_deadline(&self.shared.limits)
        {
            self.shared.timers.push(Timer { deadline, id: record.id, slot, due: Due::Idle });
        }
        if list != record.list || stale {
            let half_open = record.list == Which::HalfOpen;
            self.move_to(slot, list);
            if half_open {
                self.set_unanswered_at();
            }
        }
    }

    /// Which connection a segment of a known key belongs to; ends and begins what has to be.
    fn route<S: Sink<D>>(&mut self, slot: u32, key: &FlowKey, segment: &Segment<'_>, sink: &mut S) -> u32 {
        let Some(record) = self.records.get(slot) else { return slot };
        let mut elder = None;
        if record.is(slow::HAS_ELDER)
            && let Some(old) = self.records.get(record.partner())
        {
            match elder::choose(old, record, segment) {
                Choice::Elder => return old.slot,
                Choice::Younger => elder = Some(old.slot),
                Choice::Answer => self.end(old.slot, Ending::default(), sink),
            }
        }
        let Some(record) = self.records.get(slot) else { return slot };
        let flags = segment.flags;
        let new = match (flags.syn() && !flags.rst(), flags.ack()) {
            (true, false) => record.is(slow::OVER) || record.is_new_syn(segment),
            (true, true) => record.is_new_syn_ack(segment),
            (false, _) => false,
        };
        if !new {
            return slot;
        }
        if !flags.ack() && record.can_be_elder() {
            elder = Some(slot);
        } else {
            self.end(slot, Ending::default(), sink);
        }
        self.open(key, segment, elder, sink)
    }

    /// Begins a connection, beside `elder` where there is one.
    fn open<S: Sink<D>>(
        &mut self,
        key: &FlowKey,
        segment: &Segment<'_>,
        elder: Option<u32>,
        sink: &mut S,
    ) -> u32 {
        while self.len() >= self.shared.limits.connections.max(1) {
            let Some(victim) = self.lists.victim() else { break };
            self.end(victim, Ending { evicted: true, ..Ending::default() }, sink);
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            let slot = self.records.len() as u32;
            self.records.push(Connection::new(*key, slot));
            slot
        });
        let elder = elder.filter(|&old| self.records.get(old).is_some_and(|record| record.live));
        let hash = self.index.hash(key);
        match elder {
            Some(old) => {
                self.index.replace(hash, old, slot);
                if let Some(old) = self.records.get_mut(old) {
                    old.slow |= slow::IS_ELDER;
                    old.extra_mut(&mut self.shared.pool).partner = slot;
                }
            }
            None => {
                let records = &self.records;
                self.index.insert(hash, slot, |slot| records.get(slot).map_or(*key, |record| record.key));
            }
        }
        let clock = self.shared.clock;
        self.shared.stats.connections += 1;
        if let Some(record) = self.records.get_mut(slot) {
            record.key = *key;
            record.id = segment.frame;
            record.live = true;
            record.slow = slow::FRESH | if elder.is_some() { slow::HAS_ELDER } else { 0 };
            if let Some(elder) = elder {
                record.extra_mut(&mut self.shared.pool).partner = elder;
            }
            record.first_half = segment.half;
            (record.first_clock, record.last_clock) = (clock, clock);
            record.slow |= if segment.flags.syn() { slow::HALF_OPEN } else { 0 };
            if let Some(deadline) = record.idle_deadline(&self.shared.limits) {
                self.shared.timers.push(Timer { deadline, id: segment.frame, slot, due: Due::Idle });
            }
        }
        self.lists.link(&mut self.records, slot, Which::HalfOpen, clock);
        self.set_unanswered_at();
        slot
    }

    /// Ends a connection and forgets it.
    fn end<S: Sink<D>>(&mut self, slot: u32, ending: Ending, sink: &mut S) {
        self.replay(slot, sink);
        let Some(record) = self.records.get_mut(slot) else { return };
        if !record.live {
            return;
        }
        record.close(ending, &mut self.shared, sink);
        let (key, state, partner, list) = (record.key, record.slow, record.partner(), record.list);
        record.clear(&mut self.shared.pool);
        self.lists.unlink(&mut self.records, slot);
        if list == Which::HalfOpen {
            self.set_unanswered_at();
        }
        if state & (slow::HAS_ELDER | slow::IS_ELDER) != 0
            && let Some(other) = self.records.get_mut(partner)
        {
            other.slow &= !(slow::HAS_ELDER | slow::IS_ELDER);
            other.extra_mut(&mut self.shared.pool).partner = NONE;
        }
        if state & slow::IS_ELDER == 0 {
            let hash = self.index.hash(&key);
            if state & slow::HAS_ELDER != 0 {
                self.index.replace(hash, slot, partner);
            } else {
                self.index.remove(hash, slot);
            }
        }
        self.free.push(slot);
    }

    /// Where a segment may have to be held and the table's bytes are used up, the oldest holes make way.
    fn make_room<S: Sink<D>>(&mut self, slot: u32, segment: &Segment<'_>, sink: &mut S) {
        let len = segment.captured().len();
        let Some(record) = self.records.get(slot) else { return };
        let this = record.half(segment.half);
        let ahead = this.has(known::STARTED) && this.position(segment.seq) > this.next as i64;
        if len == 0 || !ahead || this.is_wild(this.position(segment.seq)) || this.has(known::FINISHED) {
            return;
        }
        while !self.shared.store.has_room(len) && charge(len) <= self.shared.limits.held_bytes {
            let Some((owner, half)) = self.shared.store.oldest() else { return };
            let Some(record) = self.records.get_mut(owner) else { return };
            self.shared.stats.limit_held_bytes += 1;
            if !record.give_up(half, Some(crate::GapCause::Limit), &mut self.shared, sink) {
                return;
            }
            record.check_gap(half, &mut self.shared, sink);
            record.settle();
        }
    }
}

fn same_key<D>(records: &Records<D>, slot: u32, key: &FlowKey) -> bool {
    records.get(slot).is_some_and(|record| record.key == *key)
}

mod due;
mod waiting;

#[cfg(test)]
mod tests;
