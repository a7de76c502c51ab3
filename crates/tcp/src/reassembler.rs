//! One half's stream: where it begins and ends, what was seen of it, and what the other side acknowledged.
//!
//! Positions count from the byte behind the SYN, or from the first segment seen. `[0, next)` was handed on or
//! given up; behind it lie the held pieces. This file only does the arithmetic; `deliver.rs` moves bytes.

use crate::HalfStats;
use crate::held::{NONE, Store};
use crate::seq::{WILD, distance};
use crate::syn::Packed;

/// What is known of a half, as bits.
pub(crate) mod known {
    /// `base` is set.
    pub(crate) const STARTED: u8 = 1;
    /// A SYN set it; `syn_seq` is valid.
    pub(crate) const SYN: u8 = 2;
    /// `fin` is valid.
    pub(crate) const FIN: u8 = 4;
    /// `Finished` was emitted.
    pub(crate) const FINISHED: u8 = 8;
    /// It sent an acknowledgement: `first_ack` and `last_ack` are valid.
    pub(crate) const ACKED: u8 = 16;
    /// `window` is that of its SYN, which is never scaled (RFC 7323 §2.2).
    pub(crate) const SYN_WINDOW: u8 = 32;
    /// It sent a FIN, wherever that lies.
    pub(crate) const FIN_SENT: u8 = 64;
}
use known::*;

/// A SYN that comes late may move the start of a stream of which nothing was seen yet by this much.
const ADOPT: u64 = 65_535;

/// Two cache lines; the first one is all that an in-order segment touches.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Reassembler {
    pub(crate) packets: u64,
    pub(crate) header_bytes: u64,
    pub(crate) bytes: u64,
    pub(crate) unique_bytes: u64,
    /// Length of the stream as known: up to the FIN, or to the highest position carried.
    pub(crate) extent: u64,
    /// The next position to hand on.
    pub(crate) next: u64,
    /// Raw sequence number of position 0.
    pub(crate) base: u32,
    /// Raw acknowledgement number of this half's latest segment that had one.
    pub(crate) last_ack: u32,
    /// Window of this half's latest segment, as it stands in the header.
    pub(crate) window: u16,
    /// What its SYN offered.
    pub(crate) options: Packed,
    // The second line.
    /// The highest position carried while something was held: see [`Reassembler::high`].
    pub(crate) top: u64,
    pub(crate) fin: u64,
    /// The highest position that the other side acknowledged.
    pub(crate) acked: u64,
    /// Time stamp of its first SYN.
    pub(crate) syn_at: i64,
    pub(crate) syn_seq: u32,
    pub(crate) first_ack: u32,
    /// Out-of-order pieces, in the store.
    pub(crate) queue: u32,
    pub(crate) retransmits: u32,
    pub(crate) out_of_order: u32,
    pub(crate) zero_windows: u32,
    pub(crate) probes: u32,
    /// The window that its first SYN offered.
    pub(crate) syn_window: u16,
    pub(crate) known: u8,
}

impl Reassembler {
    pub(crate) fn new() -> Self {
        Reassembler {
            packets: 0,
            header_bytes: 0,
            bytes: 0,
            unique_bytes: 0,
            extent: 0,
            next: 0,
            base: 0,
            last_ack: 0,
            window: 0,
            options: Packed::default(),
            top: 0,
            fin: 0,
            acked: 0,
            syn_at: 0,
            syn_seq: 0,
            first_ack: 0,
            queue: NONE,
            retransmits: 0,
            out_of_order: 0,
            zero_windows: 0,
            probes: 0,
            syn_window: 0,
            known: 0,
        }
    }

    pub(crate) fn stats(&self) -> HalfStats {
        HalfStats {
            packets: self.packets,
            header_bytes: self.header_bytes,
            bytes: self.bytes,
            unique_bytes: self.unique_bytes,
            extent: self.extent,
            retransmits: self.retransmits,
            out_of_order: self.out_of_order,
            zero_windows: self.zero_windows,
            probes: self.probes,
        }
    }

    #[inline]
    pub(crate) fn has(&self, bits: u8) -> bool {
        self.known & bits != 0
    }

    /// Sets position 0.
    pub(crate) fn start(&mut self, base: u32) {
        self.base = base;
        self.known |= STARTED;
    }

    /// The highest position carried so far (its end).
    #[inline]
    pub(crate) fn high(&self) -> u64 {
        self.top.max(self.next)
    }

    /// The position that a raw number names, by way of the highest one, so that it holds beyond 4 GiB. Negative
    /// before the start.
    pub(crate) fn position(&self, raw: u32) -> i64 {
        self.high() as i64 + i64::from(distance(self.raw(self.high()), raw))
    }

    /// The raw number of a position.
    pub(crate) fn raw(&self, position: u64) -> u32 {
        self.base.wrapping_add(position as u32)
    }

    /// Whether a position is too far from the stream to belong to it.
    pub(crate) fn is_wild(&self, position: i64) -> bool {
        position.abs_diff(self.high() as i64) > WILD
    }

    /// Whether a SYN whose first byte is `first` can be this started half's own, captured late.
    pub(crate) fn adopts(&self, first: u32) -> bool {
        let at = distance(self.base, first);
        let untouched = self.high() == 0 && !self.has(FIN | FINISHED);
        at == 0 && self.high() < WILD || untouched && u64::from(at.unsigned_abs()) <= ADOPT
    }

    /// The other side acknowledged `ack`. Whether that raised it to something that was not handed on.
    pub(crate) fn raise(&mut self, ack: u32) -> bool {
        if !self.has(STARTED) {
            return false;
        }
        let at = self.position(ack);
        if at <= self.acked as i64 || self.is_wild(at) {
            return false;
        }
        self.acked = at as u64;
        // The number behind a FIN is no position.
        let end = if self.has(FIN) && self.next >= self.fin { self.fin + 1 } else { self.next };
        self.acked > end
    }

    /// The window of this half's latest segment in bytes, where its windows are shifted by `scale`.
    pub(crate) fn window_bytes(&self, scale: u8) -> u64 {
        u64::from(self.window) << if self.has(SYN_WINDOW) { 0 } else { scale }
    }

    /// The stream's length for the ledger.
    pub(crate) fn extent(&self) -> u64 {
        if self.has(FIN) { self.fin.max(self.next) } else { self.high() }
    }

    /// Where the hole at `next` ends, if there is one: at the first held piece, or at the FIN.
    pub(crate) fn hole_end(&self, store: &Store) -> Option<u64> {
        match store.first(self.queue) {
            Some(first) => Some(first),
            None => (self.has(FIN) && self.next < self.fin).then_some(self.fin),
        }
    }

    /// Whether the next segment may take the short way: nothing held, no end in sight, the handshake behind it.
    pub(crate) fn is_plain(&self) -> bool {
        let open = self.known & (STARTED | ACKED | FIN | FINISHED | SYN_WINDOW) == STARTED | ACKED;
        open && self.queue == NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_follow_the_stream_over_the_wrap() {
        let mut half = Reassembler::new();
        half.start(u32::MAX - 9);
        assert_eq!(half.position(u32::MAX), 9);
        assert_eq!(half.position(0), 10);
        assert_eq!(half.position(u32::MAX - 10), -1);
        half.top = 5 << 32;
        assert_eq!(half.position(u32::MAX - 9), 5 << 32);
        assert_eq!(half.raw(half.high() + 10), 0);
        assert!(
            half.is_wild(half.high() as i64 + (1 << 30) + 1) && !half.is_wild(half.high() as i64 - (1 << 30))
        );
    }

    #[test]
    fn only_an_untouched_half_moves_its_start() {
        let mut half = Reassembler::new();
        half.start(1000);
        assert!(half.adopts(1000) && half.adopts(900) && half.adopts(1100) && !half.adopts(1000 + 70_000));
        half.top = 1;
        assert!(half.adopts(1000) && !half.adopts(999));
    }
}
