//! SYN floods: as many half-open connections as are asked for, none of which is ever answered.

use crate::build::{ETHERTYPE_IPV4, Frame, Ipv4, Tcp, ethernet, tcp_flags::SYN};

/// The frames of a flood: each a SYN from an address and port of its own (of 10.0.0.0/8, 2^40 in all) to 198.51.100.1:80,
/// the first at `at`, each `step` nanoseconds behind the one before.
///
/// ```
/// let frames: Vec<_> = wiretrace_testkit::flood::syns(0, 1_000).take(3).collect();
/// assert_eq!(frames[2].0, 2_000);
/// assert_ne!(frames[0].1, frames[1].1);
/// ```
pub fn syns(at: i64, step: i64) -> impl Iterator<Item = Frame> {
    (0u64..).map(move |n| {
        // An odd factor: every number of 40 bits comes once, and neighbours lie far apart.
        let mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) & 0xff_ffff_ffff;
        let [.., a, b, c, d, e] = mixed.to_be_bytes();
        let from = [10, a, b, c];
        let port = u16::from_be_bytes([d, e]);
        let syn = Tcp { seq: mixed as u32, flags: SYN, ..Tcp::new(port, 80) };
        let to = [198, 51, 100, 1];
        let packet = Ipv4::new(from, to, 6).around(&syn.around(from, to, b""));
        (at + n as i64 * step, ethernet(ETHERTYPE_IPV4, &packet))
    })
}
