//! Whether a segment's checksums are wrong, for those who ask.

use std::net::IpAddr;

use wiretrace_decode::checksum::{Sum, transport};
use wiretrace_decode::{LayerKind, Layers};

/// The number of TCP among the protocols.
const TCP: u8 = 6;

/// Whether the IPv4 header or the TCP segment in it was damaged on its way (RFC 791 §3.1, RFC 9293 §3.1).
///
/// Not judged is what cannot be: what the snap length cut, and what the capturing host sent before its network card
/// filled the checksum in. Of that the field holds 0 (IPv4), or the sum of the pseudo header alone, with or without the
/// length (TCP). Behind an IPv6 routing header the pseudo header names another destination (RFC 8200 §8.1).
pub(crate) fn are_wrong(layers: &Layers, frame: &[u8]) -> bool {
    let header = layers.ipv4(frame).is_some_and(|ip| ip.checksum() != 0 && !ip.checksum_ok());
    header || segment_is_wrong(layers, frame).unwrap_or(false)
}

fn segment_is_wrong(layers: &Layers, frame: &[u8]) -> Option<bool> {
    let payload = layers.payload();
    if payload.captured_len < payload.wire_len || layers.iter().any(|layer| layer.kind == LayerKind::Routing)
    {
        return None;
    }
    let (source, destination) = layers.addresses(frame)?;
    let start = layers.last()?.offset as usize;
    let end = layers.header_len() as usize + payload.captured_len as usize;
    let segment = frame.get(start..end)?;
    let filled_in = layers.tcp(frame)?.checksum();
    if transport(source, destination, TCP, segment)? == 0 {
        return Some(false);
    }
    let partial = [segment.len() as u32, 0].map(|len| pseudo_header(source, destination, len));
    Some(!partial.contains(&filled_in))
}

/// The sum of a pseudo header, not yet complemented: what a network card goes on with.
fn pseudo_header(source: IpAddr, destination: IpAddr, len: u32) -> u16 {
    let add = |sum: Sum, address| match address {
        IpAddr::V4(address) => sum.with(&address.octets()),
        IpAddr::V6(address) => sum.with(&address.octets()),
    };
    !add(add(Sum::new(), source), destination).with(&len.to_be_bytes()).with(&[0, TCP]).finish()
}

#[cfg(test)]
mod tests {
    use wiretrace_testkit::build::{ETHERTYPE_IPV4, Ipv4, Tcp, ethernet};

    use super::*;

    const ENDS: [[u8; 4]; 2] = [[192, 0, 2, 1], [198, 51, 100, 1]];

    fn frame(tcp: &Tcp) -> Vec<u8> {
        let [from, to] = ENDS;
        ethernet(ETHERTYPE_IPV4, &Ipv4::new(from, to, TCP).around(&tcp.around(from, to, b"some payload")))
    }

    fn judge(frame: &[u8], len: usize) -> bool {
        are_wrong(&wiretrace_decode::parse(1, frame.len() as u32, &frame[..len]), &frame[..len])
    }

    #[test]
    fn every_flipped_bit_behind_the_link_header_shows() {
        let right = frame(&Tcp::new(40_000, 80));
        assert!(!judge(&right, right.len()));
        for byte in 14..right.len() {
            // A damaged version, length, fragment field or protocol makes something else of the packet.
            if [14, 16, 17, 20, 21, 23, 46].contains(&byte) {
                continue;
            }
            let mut wrong = right.clone();
            wrong[byte] ^= 0x10;
            assert!(judge(&wrong, wrong.len()), "byte {byte}");
        }
    }

    #[test]
    fn what_cannot_be_judged_is_not() {
        let [from, to] = ENDS.map(IpAddr::from);
        for len in [20 + 12, 0] {
            let partial = Tcp { checksum: Some(pseudo_header(from, to, len)), ..Tcp::new(40_000, 80) };
            let mut frame = frame(&partial);
            assert!(!judge(&frame, frame.len()), "left to the network card");
            frame[24..26].fill(0);
            assert!(!judge(&frame, frame.len()), "likewise");
        }
        let wrong = frame(&Tcp { checksum: Some(0x1234), ..Tcp::new(40_000, 80) });
        assert!(judge(&wrong, wrong.len()));
        assert!(!judge(&wrong, wrong.len() - 1), "cut");
    }
}
