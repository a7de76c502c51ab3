//! Names of the numbers that headers carry, as their registries and RFCs have them.

/// Ethernet types (IEEE 802 numbers).
pub(crate) const fn ether_type(number: u16) -> Option<&'static str> {
    Some(match number {
        0x0800 => "IPv4",
        0x0806 => "ARP",
        0x0842 => "Wake-on-LAN",
        0x2000 => "CDP",
        0x22f0 => "AVTP",
        0x22f3 => "TRILL",
        0x6003 => "DECnet",
        0x6558 => "Ethernet",
        0x8035 => "RARP",
        0x809b => "AppleTalk",
        0x80f3 => "AARP",
        0x8100 => "802.1Q",
        0x8102 => "SLPP",
        0x8137 => "IPX",
        0x86dd => "IPv6",
        0x8808 => "Ethernet flow control",
        0x8809 => "slow protocols (LACP)",
        0x880b => "PPP",
        0x8847 => "MPLS",
        0x8848 => "MPLS multicast",
        0x8863 => "PPPoE discovery",
        0x8864 => "PPPoE session",
        0x887b => "HomePlug",
        0x888e => "802.1X",
        0x8892 => "PROFINET",
        0x8899 => "Realtek",
        0x889a => "HyperSCSI",
        0x88a2 => "ATA over Ethernet",
        0x88a4 => "EtherCAT",
        0x88a8 => "802.1ad",
        0x88ab => "POWERLINK",
        0x88b5 | 0x88b6 => "local experimental",
        0x88b8 => "GOOSE",
        0x88ba => "sampled values",
        0x88ca => "TIPC",
        0x88cc => "LLDP",
        0x88cd => "SERCOS",
        0x88e1 => "HomePlug AV",
        0x88e5 => "MACsec",
        0x88e7 => "802.1ah",
        0x88f5 => "MVRP",
        0x88f7 => "PTP",
        0x88fb => "PRP",
        0x8902 => "CFM",
        0x8903 => "FabricPath",
        0x8906 => "FCoE",
        0x8909 => "Cisco metadata",
        0x8914 => "FCoE initialization",
        0x8915 => "RoCE",
        0x892f => "HSR",
        0x894f => "NSH",
        0x9000 => "loopback test",
        0x9100 | 0x9200 | 0x9300 => "802.1ad (old)",
        _ => return None,
    })
}

/// IP protocol numbers (IANA).
pub(crate) const fn ip_protocol(number: u8) -> Option<&'static str> {
    Some(match number {
        0 => "hop-by-hop options",
        1 => "ICMP",
        2 => "IGMP",
        4 => "IPv4",
        6 => "TCP",
        8 => "EGP",
        9 => "IGP",
        17 => "UDP",
        27 => "RDP",
        33 => "DCCP",
        36 => "XTP",
        41 => "IPv6",
        43 => "routing",
        44 => "fragment",
        46 => "RSVP",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        55 => "MOBILE",
        58 => "ICMPv6",
        59 => "no next header",
        60 => "destination options",
        73 => "CPHB",
        84 => "TTP",
        88 => "EIGRP",
        89 => "OSPF",
        94 => "IPIP",
        97 => "EtherIP",
        103 => "PIM",
        108 => "IPComp",
        112 => "VRRP",
        113 => "PGM",
        115 => "L2TP",
        124 => "IS-IS",
        132 => "SCTP",
        133 => "FC",
        135 => "mobility",
        136 => "UDP-Lite",
        137 => "MPLS",
        139 => "HIP",
        140 => "Shim6",
        143 => "Ethernet",
        253 | 254 => "experimental",
        _ => return None,
    })
}

/// LLC service access points.
pub(crate) const fn sap(number: u8) -> Option<&'static str> {
    Some(match number & 0xfe {
        0x00 => "null",
        0x02 => "LLC management",
        0x04 => "SNA",
        0x06 => "IPv4",
        0x0e => "PROWAY",
        0x42 => "STP",
        0x4e => "MMS",
        0x7e => "X.25",
        0x80 => "XNS",
        0xaa => "SNAP",
        0xe0 => "IPX",
        0xf0 => "NetBIOS",
        0xf4 => "LAN management",
        0xf8 => "RPL",
        0xfc => "RPL",
        0xfe => "ISO network layer (IS-IS)",
        _ => return None,
    })
}

/// PPP protocol numbers (IANA).
pub(crate) const fn ppp_protocol(number: u16) -> Option<&'static str> {
    Some(match number {
        0x0021 => "IPv4",
        0x002b => "IPX",
        0x002d => "compressed TCP",
        0x002f => "uncompressed TCP",
        0x003d => "multilink",
        0x0057 => "IPv6",
        0x00fd => "compressed",
        0x0281 => "MPLS",
        0x0283 => "MPLS multicast",
        0x8021 => "IPCP",
        0x8057 => "IPV6CP",
        0x80fd => "CCP",
        0x8281 => "MPLSCP",
        0xc021 => "LCP",
        0xc023 => "PAP",
        0xc025 => "LQR",
        0xc223 => "CHAP",
        0xc227 => "EAP",
        _ => return None,
    })
}

/// ARP operations (RFC 826, RFC 903, RFC 2390).
pub(crate) const fn arp_operation(number: u16) -> Option<&'static str> {
    Some(match number {
        1 => "request",
        2 => "reply",
        3 => "reverse request",
        4 => "reverse reply",
        8 => "inverse request",
        9 => "inverse reply",
        10 => "NAK",
        _ => return None,
    })
}

/// TCP option kinds (IANA).
pub(crate) const fn tcp_option(kind: u8) -> Option<&'static str> {
    Some(match kind {
        2 => "maximum segment size",
        3 => "window scale",
        4 => "SACK permitted",
        5 => "SACK",
        6 | 7 => "echo (obsolete)",
        8 => "timestamps",
        19 => "MD5 signature",
        27 => "quick-start response",
        28 => "user timeout",
        29 => "TCP authentication",
        30 => "multipath TCP",
        34 => "fast open cookie",
        69 => "encryption negotiation",
        172 | 174 => "accurate ECN",
        253 | 254 => "experiment",
        _ => return None,
    })
}

/// Multipath TCP subtypes (RFC 8684 §8).
pub(crate) const fn mptcp_subtype(number: u8) -> Option<&'static str> {
    Some(match number {
        0 => "MP_CAPABLE",
        1 => "MP_JOIN",
        2 => "DSS",
        3 => "ADD_ADDR",
        4 => "REMOVE_ADDR",
        5 => "MP_PRIO",
        6 => "MP_FAIL",
        7 => "MP_FASTCLOSE",
        8 => "MP_TCPRST",
        _ => return None,
    })
}

/// SCTP chunk types (RFC 9260 §3.2).
pub(crate) const fn sctp_chunk(number: u8) -> Option<&'static str> {
    Some(match number {
        0 => "DATA",
        1 => "INIT",
        2 => "INIT ACK",
        3 => "SACK",
        4 => "HEARTBEAT",
        5 => "HEARTBEAT ACK",
        6 => "ABORT",
        7 => "SHUTDOWN",
        8 => "SHUTDOWN ACK",
        9 => "ERROR",
        10 => "COOKIE ECHO",
        11 => "COOKIE ACK",
        14 => "SHUTDOWN COMPLETE",
        15 => "AUTH",
        64 => "I-DATA",
        128 => "ASCONF ACK",
        130 => "RE-CONFIG",
        132 => "PAD",
        192 => "FORWARD TSN",
        193 => "ASCONF",
        _ => return None,
    })
}

/// IPv6 option types (RFC 8200, RFC 2711, RFC 2675 ...).
pub(crate) const fn ipv6_option(number: u8) -> Option<&'static str> {
    Some(match number {
        0x04 => "tunnel encapsulation limit",
        0x05 => "router alert",
        0x07 => "CALIPSO",
        0x08 => "SMF DPD",
        0x0f => "performance and diagnostic metrics",
        0x11 | 0x31 => "IOAM",
        0x12 => "alternate marking",
        0x23 => "RPL",
        0x26 => "quick-start",
        0x63 => "RPL (old)",
        0xc2 => "jumbo payload",
        0xc9 => "home address",
        _ => return None,
    })
}
