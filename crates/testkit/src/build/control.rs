//! Control protocols of links and groups: LLC, LLDP, CDP, spanning tree, 802.1X, PPP, IGMP; and SCTP and ESP.

use super::{MAC_CLIENT, MAC_SERVER, concat, ethernet_between, internet_checksum};

/// EtherType of the link layer discovery protocol.
pub const ETHERTYPE_LLDP: u16 = 0x88cc;
/// EtherType of EAP over LAN (802.1X).
pub const ETHERTYPE_EAPOL: u16 = 0x888e;
/// EtherType of PPPoE's discovery stage.
pub const ETHERTYPE_PPPOE_DISCOVERY: u16 = 0x8863;

/// An IEEE 802.3 frame with an LLC header of an unnumbered frame.
pub fn ethernet_llc(dsap: u8, ssap: u8, payload: &[u8]) -> Vec<u8> {
    let llc = concat(&[&[dsap, ssap, 3], payload]);
    ethernet_between(MAC_CLIENT, MAC_SERVER, llc.len() as u16, &llc)
}

/// An IEEE 802.3 frame with LLC and SNAP headers of any organisation.
pub fn ethernet_snap_of(oui: [u8; 3], protocol: u16, payload: &[u8]) -> Vec<u8> {
    ethernet_llc(0xaa, 0xaa, &concat(&[&oui, &protocol.to_be_bytes(), payload]))
}

/// An LLDP data unit: chassis (a MAC address), port (a name), 120 seconds to live, system name.
pub fn lldp(port: &[u8], system: &[u8]) -> Vec<u8> {
    let element = |number: u8, value: &[u8]| {
        concat(&[&(u16::from(number) << 9 | value.len() as u16).to_be_bytes(), value])
    };
    concat(&[
        &element(1, &concat(&[&[4], &MAC_CLIENT])),
        &element(2, &concat(&[&[5], port])),
        &element(3, &[0, 120]),
        &element(5, system),
        &[0, 0],
    ])
}

/// A CDP packet: device and port, 180 seconds to live; the checksum is 0.
pub fn cdp(device: &[u8], port: &[u8]) -> Vec<u8> {
    let element = |number: u16, value: &[u8]| {
        concat(&[&number.to_be_bytes(), &(value.len() as u16 + 4).to_be_bytes(), value])
    };
    concat(&[&[2, 180, 0, 0], &element(1, device), &element(3, port)])
}

/// A rapid spanning tree unit: this bridge is the root.
pub fn rapid_spanning_tree(priority: u16, port: u16) -> Vec<u8> {
    let bridge = concat(&[&priority.to_be_bytes(), &MAC_CLIENT]);
    let times = [0, 0, 20, 0, 2, 0, 15, 0];
    concat(&[&[0, 0, 2, 2, 0x3c], &bridge, &[0; 4], &bridge, &port.to_be_bytes(), &times])
}

/// An EAPOL frame (IEEE 802.1X-2004).
pub fn eapol(packet_type: u8, body: &[u8]) -> Vec<u8> {
    concat(&[&[2, packet_type], &(body.len() as u16).to_be_bytes(), body])
}

/// A PPP frame with address and control bytes.
pub fn ppp(protocol: u16, payload: &[u8]) -> Vec<u8> {
    concat(&[&[0xff, 0x03], &protocol.to_be_bytes(), payload])
}

/// A packet of a PPP control protocol: code, identifier, length, data.
pub fn ppp_control(code: u8, identifier: u8, data: &[u8]) -> Vec<u8> {
    concat(&[&[code, identifier], &(data.len() as u16 + 4).to_be_bytes(), data])
}

/// An IGMP message of eight bytes: queries, reports of versions 1 and 2, leave.
pub fn igmp(kind: u8, group: [u8; 4]) -> Vec<u8> {
    with_checksum(concat(&[&[kind, 0, 0, 0], &group]))
}

/// Record type, group and sources of a record in an IGMP version 3 report.
pub type IgmpRecord<'a> = (u8, [u8; 4], &'a [[u8; 4]]);

/// An IGMP version 3 report.
pub fn igmp_v3_report(records: &[IgmpRecord<'_>]) -> Vec<u8> {
    let mut out = concat(&[&[0x22, 0, 0, 0, 0, 0], &(records.len() as u16).to_be_bytes()]);
    for (kind, group, sources) in records {
        out.extend(concat(&[&[*kind, 0], &(sources.len() as u16).to_be_bytes(), group, &sources.concat()]));
    }
    with_checksum(out)
}

fn with_checksum(mut message: Vec<u8>) -> Vec<u8> {
    let checksum = internet_checksum(&[&message]);
    message[2..4].copy_from_slice(&checksum.to_be_bytes());
    message
}

/// An SCTP packet with one chunk; the checksum is 0.
pub fn sctp(source: u16, destination: u16, chunk_type: u8, data: &[u8]) -> Vec<u8> {
    let len = (data.len() as u16 + 4).to_be_bytes();
    concat(&[&source.to_be_bytes(), &destination.to_be_bytes(), &[0; 8], &[chunk_type, 0], &len, data])
}

/// An ESP packet: the data stand for what is encrypted.
pub fn esp(spi: u32, sequence: u32, data: &[u8]) -> Vec<u8> {
    concat(&[&spi.to_be_bytes(), &sequence.to_be_bytes(), data])
}

/// An ARP reply (RFC 826): `sender`'s hardware address is this one.
pub fn arp_reply(hardware: [u8; 6], sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
    concat(&[&[0, 1, 8, 0, 6, 4, 0, 2], &hardware, &sender, &MAC_CLIENT, &target])
}
