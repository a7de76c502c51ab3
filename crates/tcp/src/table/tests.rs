//! What only the inside shows: that the table's own memory stays bounded.

use super::*;
use crate::{Limits, from_fn};

/// A RST, then a SYN on the same ports, again and again while the clock stands still: each leaves a deadline
/// behind that means nothing any more.
#[test]
fn dead_timers_are_swept_out() {
    let mut table = FlowTable::<()>::new(Limits { idle_ns: Some(1), ..Limits::default() });
    let mut sink = from_fn(|_: &mut Connection<()>, _: Event<'_>| {});
    let (key, half) = FlowKey::from_v4([1; 4], 1, [2; 4], 2);
    for frame in 0..5000 {
        let flags = if frame % 2 == 0 { Flags::SYN } else { Flags::RST };
        let (seq, ack, window, payload, payload_len) = (frame as u32, 0, 1, &[][..], 0);
        let segment =
            Segment { half, frame, seq, ack, flags, window, payload, payload_len, ..Segment::default() };
        table.push(&key, &segment, &mut sink);
        assert!(table.shared.timers.len() <= 8 * table.len() + 64, "{}", table.shared.timers.len());
    }
    assert_eq!(table.stats().connections, 2500);
}
