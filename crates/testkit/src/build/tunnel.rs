//! Tunnel headers: GRE, VXLAN, Geneve, GTP-U. IP in IP needs none: put one header around the other.

use super::concat;

/// UDP port of VXLAN.
pub const PORT_VXLAN: u16 = 4789;
/// UDP port of Geneve.
pub const PORT_GENEVE: u16 = 6081;
/// UDP port of GTP-U.
pub const PORT_GTPU: u16 = 2152;

/// A GRE header (RFC 2784, RFC 2890) with the optional key and sequence number; no checksum.
pub fn gre(ethertype: u16, key: Option<u32>, sequence: Option<u32>, payload: &[u8]) -> Vec<u8> {
    let flags = u16::from(key.is_some()) << 13 | u16::from(sequence.is_some()) << 12;
    let mut out = concat(&[&flags.to_be_bytes(), &ethertype.to_be_bytes()]);
    for word in [key, sequence].into_iter().flatten() {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(payload);
    out
}

/// A VXLAN header (RFC 7348) around an Ethernet frame.
pub fn vxlan(vni: u32, frame: &[u8]) -> Vec<u8> {
    concat(&[&[0x08, 0, 0, 0], &(vni << 8).to_be_bytes(), frame])
}

/// A Geneve header (RFC 8926) with `options` (a multiple of 4 bytes); `protocol` is an EtherType.
pub fn geneve(vni: u32, protocol: u16, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let head = [(options.len() / 4) as u8 & 0x3f, 0];
    concat(&[&head, &protocol.to_be_bytes(), &(vni << 8).to_be_bytes(), options, payload])
}

/// A GTP-U header (3GPP TS 29.281), message type 255 (G-PDU), around an IP packet; with a sequence number where
/// given.
pub fn gtpu(tunnel: u32, sequence: Option<u16>, packet: &[u8]) -> Vec<u8> {
    let optional = sequence.map(|n| concat(&[&n.to_be_bytes(), &[0, 0]])).unwrap_or_default();
    let flags = 0x30 | u8::from(sequence.is_some()) << 1;
    let len = (optional.len() + packet.len()) as u16;
    concat(&[&[flags, 255], &len.to_be_bytes(), &tunnel.to_be_bytes(), &optional, packet])
}
