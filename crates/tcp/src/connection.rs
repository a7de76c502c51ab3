//! One connection as its user sees it.

use crate::held::NONE;
use crate::idle::Which;
use crate::reassembler::{Reassembler, known};
use crate::{FlowKey, Half, HalfStats};

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
}

/// What happened to a connection, as bits.
pub(crate) mod happened {
    /// A SYN+ACK was seen.
    pub(crate) const SYN_ACK: u8 = 1;
    /// A RST was seen.
    pub(crate) const RESET: u8 = 2;
    /// A RST was seen before both sides had sent FIN.
    pub(crate) const RESET_FIRST: u8 = 4;
    /// The client's SYN was seen: `syn_at` is valid.
    pub(crate) const SYN: u8 = 8;
    /// The handshake was seen whole: `handshake_ns` is valid.
    pub(crate) const HANDSHAKE: u8 = 16;
}

/// A connection in a [`FlowTable`](crate::FlowTable), with the user's `D`.
///
/// 512 bytes with a `D` of one pointer, in cache lines: what finds it, each half's two to three, and the rest.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Connection<D> {
    pub(crate) key: FlowKey,
    /// When it was put where it stands in its list. Of one that is over: when that happened.
    pub(crate) linked_clock: u64,
    pub(crate) last_clock: u64,
    pub(crate) slow: u8,
    /// Per half: the next segment may take the short way.
    pub(crate) quick: [bool; 2],
    pub(crate) live: bool,
    pub(crate) client: Option<Half>,
    pub(crate) first_half: Half,
    pub(crate) happened: u8,
    pub(crate) list: Which,
    pub(crate) halves: [Reassembler; 2],
    pub(crate) data: D,
    pub(crate) id: u64,
    pub(crate) last_at: i64,
    pub(crate) first_at: i64,
    pub(crate) syn_at: i64,
    pub(crate) handshake_ns: i64,
    pub(crate) slot: u32,
    pub(crate) prev: u32,
    pub(crate) next: u32,
    /// The other one of an elder and its younger.
    pub(crate) partner: u32,
}

impl<D: Default> Connection<D> {
    pub(crate) fn new(key: FlowKey, slot: u32) -> Self {
        Connection {
            key,
            linked_clock: 0,
            last_clock: 0,
            slow: 0,
            quick: [false; 2],
            live: false,
            client: None,
            first_half: Half::A,
            happened: 0,
            list: Which::HalfOpen,
            halves: [Reassembler::new(), Reassembler::new()],
            data: D::default(),
            id: 0,
            last_at: 0,
            first_at: 0,
            syn_at: 0,
            handshake_ns: 0,
            slot,
            prev: NONE,
            next: NONE,
            partner: NONE,
        }
    }

    /// Back to new, for the next one in this slot.
    pub(crate) fn clear(&mut self) {
        for half in &mut self.halves {
            half.reset();
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
    pub fn flow(&self, half: Half) -> &HalfStats {
        &self.half(half).stats
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
            size_of::<Connection<Option<Box<()>>>>() <= 512,
            "{}",
            size_of::<Connection<Option<Box<()>>>>()
        );
        assert_eq!(std::mem::offset_of!(Connection<u64>, halves), 64, "the first line finds it");
        assert_eq!(std::mem::offset_of!(Reassembler, top), 64, "one line of a half for what is in order");
    }
}
