//! One connection as its user sees it.

use crate::extra::{Extra, Pool, Waiting};
use crate::held::NONE;
use crate::idle::Which;
use crate::measure::Measures;
use crate::reassembler::{Reassembler, known};
use crate::{FlowKey, Half, HalfMeasures, HalfStats, Handshake, SynOptions};

/// What makes a connection take the long way for every segment, as bits.
pub(crate) mod slow {
    /// It is over and lingers.
    pub(crate) const OVER: u8 = 1;
    /// It was begun by a SYN that nobody answered yet, beside a living connection: its elder.
    pub(crate) const HAS_ELDER: u8 = 2;
    /// It is such an elder.
    pub(crate) const IS_ELDER: u8 = 4;
    /// The client's ACK behind the SYN+ACK has not come.
    pub(crate) const HANDSHAKE: u8 = 8;
    /// Its first segment is being counted.
    pub(crate) const FRESH: u8 = 16;
    /// A side's window is zero.
    pub(crate) const CLOSED_WINDOW: u8 = 32;
    /// Only SYNs of one side were seen.
    pub(crate) const HALF_OPEN: u8 = 64;
}

/// What happened to a connection, as bits.
pub(crate) mod happened {
    /// A SYN+ACK was seen.
    pub(crate) const SYN_ACK: u8 = 1;
    /// An acceptable RST was seen.
    pub(crate) const RESET: u8 = 2;
    /// A RST was seen before both sides had sent FIN.
    pub(crate) const RESET_FIRST: u8 = 4;
    /// The client's SYN was seen.
    pub(crate) const SYN: u8 = 8;
    /// The handshake was seen whole: `handshake_ns` is valid.
    pub(crate) const HANDSHAKE: u8 = 16;
    /// A SYN or SYN+ACK was seen more than once.
    pub(crate) const SYN_AGAIN: u8 = 32;
    /// A RST answered the SYN.
    pub(crate) const REFUSED: u8 = 64;
    /// It was told that nothing answered the SYN.
    pub(crate) const UNANSWERED: u8 = 128;
}

/// A connection in a [`FlowTable`](crate::FlowTable), with the user's `D`.
///
/// 384 bytes with a `D` of one pointer, in cache lines: what finds it, each half's two, and the rest. What only few
/// connections need lies elsewhere.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Connection<D> {
    pub(crate) key: FlowKey,
    pub(crate) last_clock: u64,
    pub(crate) last_at: i64,
    /// The tick of the capture clock at which it was put where it stands in its list.
    pub(crate) linked_tick: u32,
    pub(crate) slow: u8,
    /// Per half: the next segment may take the short way.
    pub(crate) quick: [bool; 2],
    pub(crate) live: bool,
    pub(crate) halves: [Reassembler; 2],
    pub(crate) data: D,
    pub(crate) id: u64,
    pub(crate) first_at: i64,
    /// The capture clock at its first segment.
    pub(crate) first_clock: u64,
    pub(crate) handshake_ns: i64,
    pub(crate) extra: Option<Box<Extra>>,
    pub(crate) slot: u32,
    pub(crate) prev: u32,
    pub(crate) next: u32,
    pub(crate) client: Option<Half>,
    pub(crate) first_half: Half,
    pub(crate) happened: u8,
    pub(crate) list: Which,
}

impl<D: Default> Connection<D> {
    pub(crate) fn new(key: FlowKey, slot: u32) -> Self {
        Connection {
            key,
            last_clock: 0,
            last_at: 0,
            linked_tick: 0,
            slow: 0,
            quick: [false; 2],
            live: false,
            halves: [Reassembler::new(), Reassembler::new()],
            data: D::default(),
            id: 0,
            first_at: 0,
            first_clock: 0,
            handshake_ns: 0,
            extra: None,
            slot,
            prev: NONE,
            next: NONE,
            client: None,
            first_half: Half::A,
            happened: 0,
            list: Which::HalfOpen,
        }
    }

    /// Back to new, for the next one in this slot.
    pub(crate) fn clear(&mut self, pool: &mut Pool) {
        self.halves = [Reassembler::new(), Reassembler::new()];
        if let Some(extra) = self.extra.take() {
            pool.give(extra);
        }
        self.slow = 0;
        self.live = false;
        self.quick = [false; 2];
        self.client = None;
        self.happened = 0;
        self.data = D::default();
    }
}

impl<D> Connection<D> {
    /// Number of the frame that carried its first segment.
    #[inline]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Its endpoints.
    #[inline]
    pub fn key(&self) -> &FlowKey {
        &self.key
    }

    /// The user's data: `D::default()` at `Start`, dropped after `End`.
    #[inline]
    pub fn data(&self) -> &D {
        &self.data
    }

    /// The user's data, to change.
    #[inline]
    pub fn data_mut(&mut self) -> &mut D {
        &mut self.data
    }

    /// The client's half: the sender of the SYN, else the receiver of the SYN+ACK, else as
    /// [set](Connection::set_client). Once known it stays.
    #[inline]
    pub fn client(&self) -> Option<Half> {
        self.client
    }

    /// Sets the client by other evidence; without effect where it is known already.
    pub fn set_client(&mut self, half: Half) {
        self.client.get_or_insert(half);
    }

    /// A SYN, or SYN+ACK, of this half was seen.
    pub fn syn_seen(&self, half: Half) -> bool {
        self.half(half).has(known::SYN)
    }

    /// Whether bytes of a half are held back behind a hole that is not yet given up.
    pub fn holds_back(&self, half: Half) -> bool {
        let half = self.half(half);
        half.high() > half.next && !half.has(known::FINISHED)
    }

    /// Offset 0 of this half is its first byte: its SYN was seen, or the other side's SYN was and its first
    /// acknowledgement names exactly the first sequence number seen here.
    pub fn start_known(&self, half: Half) -> bool {
        let (this, other) = (self.half(half), self.half(!half));
        let confirmed = this.has(known::STARTED)
            && other.has(known::SYN)
            && other.has(known::ACKED)
            && other.first_ack == this.base;
        this.has(known::SYN) || confirmed
    }

    /// Time stamp of the first segment, nanoseconds since the epoch.
    pub fn first_at(&self) -> i64 {
        self.first_at
    }

    /// Time stamp of the latest segment.
    pub fn last_at(&self) -> i64 {
        self.last_at
    }

    /// The capture clock at the latest segment.
    pub fn last_clock(&self) -> u64 {
        self.last_clock
    }

    /// Who sent the first segment.
    pub fn first_half(&self) -> Half {
        self.first_half
    }

    /// The stream position of `half` that a raw sequence number of it, or an acknowledgement number of the
    /// other side, names. Negative before its start; `None` where nothing of it was seen.
    pub fn position(&self, half: Half, raw_number: u32) -> Option<i64> {
        let half = self.half(half);
        half.has(known::STARTED).then(|| half.position(raw_number))
    }

    /// The highest position (its end) of this half that a segment carried.
    pub fn highest(&self, half: Half) -> u64 {
        self.half(half).high()
    }

    /// What this half sent so far.
    #[inline]
    pub fn flow(&self, half: Half) -> HalfStats {
        self.half(half).stats()
    }

    /// What this half's SYN offered; `None` where it was not seen.
    pub fn syn_options(&self, half: Half) -> Option<SynOptions> {
        let half = self.half(half);
        half.has(known::SYN).then(|| half.options.unpack())
    }

    /// Its opening, once it was seen whole.
    pub fn handshake(&self) -> Option<Handshake> {
        let client = self.client.filter(|_| self.had(happened::HANDSHAKE))?;
        let once = !self.had(happened::SYN_AGAIN);
        let to_server_ns = self.half(!client).syn_at.saturating_sub(self.half(client).syn_at);
        Some(Handshake {
            total_ns: self.handshake_ns,
            to_server_ns: once.then_some(to_server_ns),
            to_client_ns: once.then_some(self.handshake_ns.saturating_sub(to_server_ns)),
        })
    }

    /// What was measured of this half: `None` where the table does not [measure](crate::Config::measure), or it
    /// carried no data.
    pub fn measures(&self, half: Half) -> Option<HalfMeasures> {
        let measures = self.extra.as_ref()?.measures.as_ref()?;
        Some(measures.half(half, self))
    }

    /// The window that this half offered last, in bytes; `None` where nothing of it was seen, or the handshake was
    /// not, so that nobody knows its scale (RFC 7323 §2.2).
    pub fn window(&self, half: Half) -> Option<u64> {
        let scale = self.scale(half)?;
        let half = self.half(half);
        half.has(known::ACKED).then(|| half.window_bytes(scale))
    }

    /// By how much this half's windows are shifted, where both SYNs were seen.
    pub(crate) fn scale(&self, half: Half) -> Option<u8> {
        let (this, other) = (self.half(half), self.half(!half));
        let both = this.has(known::SYN) && other.has(known::SYN);
        let agreed = this.options.has_scale() && other.options.has_scale();
        both.then_some(if agreed { this.options.scale } else { 0 })
    }

    /// The position behind the last one that this half may send into the other side's window, as it was offered
    /// last. `None` where its scale is not known.
    pub(crate) fn window_end(&self, half: Half) -> Option<i64> {
        let window = self.window(!half)?;
        Some(self.half(half).position(self.half(!half).last_ack) + window as i64)
    }

    /// Payload of this half that was seen and not acknowledged yet; 0 where the other side acknowledged nothing so far.
    pub fn unacknowledged(&self, half: Half) -> u64 {
        let (this, other) = (self.half(half), self.half(!half));
        if !this.has(known::STARTED) || !other.has(known::ACKED) {
            return 0;
        }
        (this.high() as i64 - this.position(other.last_ack)).clamp(0, this.high() as i64) as u64
    }

    #[inline]
    #[allow(clippy::indexing_slicing, reason = "an array of two, indexed by 0 or 1")]
    pub(crate) fn half(&self, half: Half) -> &Reassembler {
        &self.halves[half.index()]
    }

    #[inline]
    #[allow(clippy::indexing_slicing, reason = "an array of two, indexed by 0 or 1")]
    pub(crate) fn half_mut(&mut self, half: Half) -> &mut Reassembler {
        &mut self.halves[half.index()]
    }

    /// What a half waits for; that of a half without holes where there is no record of it.
    pub(crate) fn waiting(&self, half: Half) -> Option<&Waiting> {
        let [a, b] = &self.extra.as_ref()?.waiting;
        Some(if half == Half::A { a } else { b })
    }

    /// The same, to change.
    pub(crate) fn waiting_mut(&mut self, half: Half, pool: &mut Pool) -> &mut Waiting {
        let [a, b] = &mut self.extra_mut(pool).waiting;
        if half == Half::A { a } else { b }
    }

    pub(crate) fn extra_mut(&mut self, pool: &mut Pool) -> &mut Extra {
        self.extra.get_or_insert_with(|| pool.take())
    }

    /// Lends the measures out, together with the rest of the connection.
    pub(crate) fn measured<R>(&mut self, work: impl FnOnce(&mut Measures, &Self) -> R) -> Option<R> {
        let mut measures = self.extra.as_mut()?.measures.take()?;
        let result = work(&mut measures, self);
        self.extra.as_mut()?.measures = Some(measures);
        Some(result)
    }

    /// The other one of an elder and its younger, or `NONE`.
    pub(crate) fn partner(&self) -> u32 {
        self.extra.as_ref().map_or(NONE, |extra| extra.partner)
    }

    #[inline]
    pub(crate) fn is(&self, bits: u8) -> bool {
        self.slow & bits != 0
    }

    #[inline]
    pub(crate) fn had(&self, bits: u8) -> bool {
        self.happened & bits != 0
    }

    /// Decides which half's next segment may take the short way.
    pub(crate) fn settle(&mut self) {
        let [a, b] = &self.halves;
        self.quick = [a.is_plain(), b.is_plain()];
    }

    /// Both sides sent an acknowledgement: neither is talking to itself.
    pub(crate) fn acknowledged(&self) -> bool {
        Half::BOTH.iter().all(|&half| self.half(half).has(known::ACKED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_record_is_small() {
        assert!(
            size_of::<Connection<Option<Box<()>>>>() <= 384,
            "{}",
            size_of::<Connection<Option<Box<()>>>>()
        );
        assert_eq!(std::mem::offset_of!(Connection<u64>, halves), 64, "the first line finds it");
        assert_eq!(std::mem::offset_of!(Reassembler, top), 64, "one line of a half for what is in order");
        assert_eq!(size_of::<Reassembler>(), 128);
    }
}
