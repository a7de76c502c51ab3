//! Tunnels: what is carried over IP or over UDP, down to the innermost flow.
//!
//! A tunnel over UDP is only guessed from a port number. Each one checks its own header before it is believed;
//! and where what is inside cannot be decoded, the frame is plain UDP and nothing else.

pub(crate) mod erspan;
pub(crate) mod geneve;
pub(crate) mod gre;
pub(crate) mod gtp_u;
pub(crate) mod l2tp;
pub(crate) mod nsh;
pub(crate) mod teredo;
pub(crate) mod tzsp;
pub(crate) mod vxlan;

use crate::decoder::{Decoder, Fault, Next, Step, fault};
use crate::kind::LayerKind;
use crate::layers::Class;
use crate::stop::StopReason;

/// IP protocol number of PIM.
pub(crate) const PIM: u8 = 103;

/// Nothing that is known: the datagram is what it is.
pub(crate) const PLAIN: Next = Next::Done(Class::NotTcp);

/// The payload of a UDP datagram. The destination port is tried first.
pub(crate) fn decode_udp(d: &mut Decoder<'_, '_>, source: u16, destination: u16) -> Step {
    if d.rest().is_empty() {
        return Ok(PLAIN);
    }
    for port in [destination, source] {
        let decode: fn(&mut Decoder<'_, '_>) -> Step = match port {
            1701 => l2tp::decode,
            2152 => gtp_u::decode,
            3544 => teredo::decode,
            4341 => decode_lisp,
            4754 => |_| Ok(Next::Gre),
            4789 | 8472 => vxlan::decode,
            4790 => vxlan::decode_gpe,
            5072 => decode_ayiya,
            6081 => geneve::decode,
            6635 => |_| Ok(Next::Mpls),
            37008 => tzsp::decode,
            _ => continue,
        };
        d.guess();
        return decode(d);
    }
    Ok(PLAIN)
}

/// RFC 9300 §5: eight bytes of flags, nonce and locator status, then an IP packet.
fn decode_lisp(d: &mut Decoder<'_, '_>) -> Step {
    d.push(LayerKind::Lisp, 8)?;
    Ok(Next::Ip)
}

/// draft-massar-v6ops-ayiya-02 §4: lengths of identity and signature, authentication and operation, next
/// header, epoch; identity; signature.
fn decode_ayiya(d: &mut Decoder<'_, '_>) -> Step {
    const FORWARD: u8 = 1;
    let h = d.fixed::<8>(LayerKind::Ayiya)?;
    let identity = 1usize << (h[0] >> 4);
    let signature = usize::from(h[1] >> 4) * 4;
    if h[2] & 0x0f != FORWARD || !matches!(h[3], 4 | 41) {
        return Ok(PLAIN);
    }
    d.push(LayerKind::Ayiya, 8 + identity + signature)?;
    Ok(Next::Ip)
}

/// RFC 7761 §4.9: the message type register carries an IP packet behind its flags; other messages carry none.
pub(crate) fn decode_pim(d: &mut Decoder<'_, '_>) -> Step {
    const VERSION_2_REGISTER: u8 = 0x21;
    let kind = LayerKind::PimRegister;
    let &[first] = d.fixed::<1>(kind)?;
    if first != VERSION_2_REGISTER {
        return Err(Fault { layer: d.last_kind(), reason: StopReason::UnknownIpProtocol(PIM) });
    }
    d.push(kind, 8)?;
    // A null register has a header only.
    d.guess();
    Ok(Next::Ip)
}

/// RFC 3378: version 3 in the first four bits, then an Ethernet frame.
pub(crate) fn decode_ether_ip(d: &mut Decoder<'_, '_>) -> Step {
    let kind = LayerKind::EtherIp;
    let &[version, _] = d.fixed::<2>(kind)?;
    // Early implementations wrote the nibbles the other way round.
    if version != 0x30 && version != 0x03 {
        return Err(fault(kind, StopReason::BadVersion(version >> 4)));
    }
    d.push(kind, 2)?;
    Ok(Next::Ethernet)
}
