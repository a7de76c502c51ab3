//! Link layer headers: Ethernet and what may stand between it and the network header, and the headers that
//! captures have in its place.

use super::concat;

/// Link type (DLT) of BSD loopback: a 4-byte address family in the byte order of the capturing host.
pub const LINK_NULL: u32 = 0;
/// Link type of Ethernet.
pub const LINK_ETHERNET: u32 = 1;
/// Link type of raw IP, version 4 or 6 by the first nibble.
pub const LINK_RAW: u32 = 101;
/// Link type of OpenBSD loopback: a 4-byte address family, big endian.
pub const LINK_LOOP: u32 = 108;
/// Link type of Linux "cooked" captures.
pub const LINK_LINUX_SLL: u32 = 113;
/// Link type of raw IPv4.
pub const LINK_IPV4: u32 = 228;
/// Link type of raw IPv6.
pub const LINK_IPV6: u32 = 229;
/// Link type of Linux "cooked" captures, version 2.
pub const LINK_LINUX_SLL2: u32 = 276;

/// EtherType of IPv4.
pub const ETHERTYPE_IPV4: u16 = 0x0800;
/// EtherType of ARP.
pub const ETHERTYPE_ARP: u16 = 0x0806;
/// EtherType of transparent Ethernet bridging (Ethernet inside GRE).
pub const ETHERTYPE_TEB: u16 = 0x6558;
/// EtherType of an IEEE 802.1Q tag.
pub const ETHERTYPE_VLAN: u16 = 0x8100;
/// EtherType of IPv6.
pub const ETHERTYPE_IPV6: u16 = 0x86dd;
/// EtherType of MPLS unicast.
pub const ETHERTYPE_MPLS: u16 = 0x8847;
/// EtherType of a PPPoE session.
pub const ETHERTYPE_PPPOE: u16 = 0x8864;
/// EtherType of an IEEE 802.1ad service tag, the outer one of QinQ.
pub const ETHERTYPE_QINQ: u16 = 0x88a8;

/// Hardware address that frames come from where none is given.
pub const MAC_CLIENT: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];
/// Hardware address that frames go to where none is given.
pub const MAC_SERVER: [u8; 6] = [0x02, 0, 0, 0, 0, 0x02];

/// An Ethernet II frame with fixed, locally administered addresses. Not padded to 60 bytes: see [`padded`].
pub fn ethernet(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    ethernet_between(MAC_CLIENT, MAC_SERVER, ethertype, payload)
}

/// An Ethernet II frame.
pub fn ethernet_between(source: [u8; 6], destination: [u8; 6], ethertype: u16, payload: &[u8]) -> Vec<u8> {
    concat(&[&destination, &source, &ethertype.to_be_bytes(), payload])
}

/// An IEEE 802.3 frame: the length of the payload in the place of the EtherType, then LLC and SNAP headers.
pub fn ethernet_snap(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let snap = concat(&[&[0xaa, 0xaa, 0x03, 0, 0, 0], &ethertype.to_be_bytes(), payload]);
    ethernet_between(MAC_CLIENT, MAC_SERVER, snap.len() as u16, &snap)
}

/// `frame` padded with zeroes to at least `len` bytes (60 is what an Ethernet card sends at least).
pub fn padded(mut frame: Vec<u8>, len: usize) -> Vec<u8> {
    if frame.len() < len {
        frame.resize(len, 0);
    }
    frame
}

/// A VLAN tag's four bytes less the first EtherType: tag control information (`tci`, the low 12 bits are the
/// VLAN identifier) and the EtherType of what follows. Put it below an EtherType of [`ETHERTYPE_VLAN`] or
/// [`ETHERTYPE_QINQ`].
pub fn vlan_tag(tci: u16, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    concat(&[&tci.to_be_bytes(), &ethertype.to_be_bytes(), payload])
}

/// An Ethernet frame with one IEEE 802.1Q tag.
pub fn ethernet_vlan(vlan: u16, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    ethernet(ETHERTYPE_VLAN, &vlan_tag(vlan, ethertype, payload))
}

/// An Ethernet frame with an IEEE 802.1ad service tag around an 802.1Q tag.
pub fn ethernet_qinq(outer: u16, inner: u16, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    ethernet(ETHERTYPE_QINQ, &vlan_tag(outer, ETHERTYPE_VLAN, &vlan_tag(inner, ethertype, payload)))
}

/// A stack of MPLS labels (RFC 3032), outermost first; the last one has the bottom-of-stack bit.
pub fn mpls(labels: &[u32], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, label) in labels.iter().enumerate() {
        let bottom = u32::from(i + 1 == labels.len());
        out.extend_from_slice(&(label << 12 | bottom << 8 | 64).to_be_bytes());
    }
    out.extend_from_slice(payload);
    out
}

/// A PPPoE session header (RFC 2516) and the PPP protocol number: 0x0021 is IPv4, 0x0057 is IPv6.
pub fn pppoe(session: u16, ppp_protocol: u16, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() + 2) as u16;
    concat(&[&[0x11, 0], &session.to_be_bytes(), &len.to_be_bytes(), &ppp_protocol.to_be_bytes(), payload])
}

/// A Linux cooked header ([`LINK_LINUX_SLL`]): packet type 0 (to us), ARPHRD type 1 (Ethernet).
pub fn linux_sll(protocol: u16, payload: &[u8]) -> Vec<u8> {
    let address = concat(&[&MAC_CLIENT, &[0, 0]]);
    concat(&[&[0, 0, 0, 1, 0, 6], &address, &protocol.to_be_bytes(), payload])
}

/// A Linux cooked header, version 2 ([`LINK_LINUX_SLL2`]).
pub fn linux_sll2(protocol: u16, interface_index: u32, payload: &[u8]) -> Vec<u8> {
    let address = concat(&[&MAC_CLIENT, &[0, 0]]);
    concat(&[
        &protocol.to_be_bytes(),
        &[0, 0],
        &interface_index.to_be_bytes(),
        &[0, 1, 0, 6],
        &address,
        payload,
    ])
}

/// A BSD loopback header ([`LINK_NULL`] little endian, [`LINK_LOOP`] big endian); family 2 is IPv4, and 24, 28
/// or 30 (10 on Linux) is IPv6.
pub fn loopback(family: u32, big_endian: bool, payload: &[u8]) -> Vec<u8> {
    let family = if big_endian { family.to_be_bytes() } else { family.to_le_bytes() };
    concat(&[&family, payload])
}
