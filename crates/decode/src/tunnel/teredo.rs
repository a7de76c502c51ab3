//! Teredo (RFC 4380 §5.1): an IPv6 packet over UDP, behind an authentication and an origin indication.

use crate::decoder::{Decoder, Next, Step};
use crate::kind::LayerKind;
use crate::tunnel::PLAIN;

pub(crate) fn decode(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::Teredo;
    let mut len = 0;
    let &[a, b] = d.fixed::<2>(kind)?;
    let mut indication = [a, b];
    if indication == [0, 1] {
        let h = d.fixed::<4>(kind)?;
        // Client identifier, authentication value, nonce (8), confirmation.
        len = 13 + usize::from(h[2]) + usize::from(h[3]);
        indication = d.bytes(kind, len + 2)?.last_chunk().copied().unwrap_or_default();
    }
    if indication == [0, 0] {
        len += 8;
        indication = d.bytes(kind, len + 2)?.last_chunk().copied().unwrap_or_default();
    }
    if indication[0] >> 4 != 6 {
        return Ok(PLAIN);
    }
    d.push(kind, len)?;
    Ok(Next::Ipv6)
}
