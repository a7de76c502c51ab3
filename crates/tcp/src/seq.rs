//! Sequence number arithmetic modulo 2^32 (RFC 9293 §3.4).

/// How far `to` lies ahead of `from` on the circle of sequence numbers: the signed distance, between
/// -2^31 and 2^31 - 1. There is no order on the circle, so there is none here.
pub(crate) const fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from) as i32
}

/// Two sequence numbers further apart than this belong to different stretches of a stream, or to
/// different connections: such a segment is *wild*. No window is larger than 2^30 (RFC 7323 §2.3).
pub(crate) const WILD: u64 = 1 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_signed_and_wraps() {
        assert_eq!(distance(10, 15), 5);
        assert_eq!(distance(15, 10), -5);
        assert_eq!(distance(u32::MAX, 4), 5);
        assert_eq!(distance(4, u32::MAX), -5);
        assert_eq!(distance(0, 1 << 31), i32::MIN);
    }
}
