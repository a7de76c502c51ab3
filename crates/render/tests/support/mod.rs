//! One frame of every protocol that is printed, with the line that it must give.

use wiretrace_testkit::build::*;

const A: [u8; 4] = [192, 0, 2, 1];
const B: [u8; 4] = [198, 51, 100, 1];
const A6: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const B6: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

/// Name, link type, frame, line without time.
pub(crate) type Sample = (&'static str, u32, Vec<u8>, &'static str);

fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    Ipv4::new(A, B, protocol).around(payload)
}

fn ip(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(ETHERTYPE_IPV4, &v4(protocol, payload))
}

fn ip6(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(ETHERTYPE_IPV6, &Ipv6::new(A6, B6, protocol).around(payload))
}

fn over_udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    ip(17, &udp(A, B, source, destination, payload))
}

fn tcp(flags: u8, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let header = Tcp { seq: 1000, ack: 5000, flags, options: options.to_vec(), ..Tcp::new(40000, 80) };
    header.around(A, B, payload)
}

const MACS: &str = "02:00:00:00:00:01 -> 02:00:00:00:00:02 ";

/// All of them. Lines begin with the two link addresses where `~` stands.
pub(crate) fn samples() -> Vec<Sample> {
    use tcp_flags::*;
    let plain = tcp(ACK | PSH, &[], b"hi");
    let inner = ip(6, &plain);
    let query = Dns::query(7).question("example.com", DNS_A).bytes();
    let answer = Dns::response(7)
        .question("www.example.com", DNS_A)
        .answer(&DNS_FIRST_NAME, DNS_CNAME, &dns_name("web.example.net"))
        .answer(&dns_name("web.example.net"), DNS_A, &[192, 0, 2, 9])
        .bytes();
    let hostile =
        Dns::response(7).question("x", DNS_TXT).answer(&DNS_FIRST_NAME, DNS_TXT, b"\x04\x1b[2J").bytes();
    let all_options = [
        &tcp_option::mss(1460)[..],
        &tcp_option::SACK_PERMITTED,
        &tcp_option::timestamps(1, 2),
        &[34, 4, 7, 7, 28, 4, 0x80, 2, 30, 3, 0x20, 99, 3, 5],
    ]
    .concat();
    let quoted = v4(17, &udp(A, B, 40000, 53, b""));
    let fragments = Ipv4 { identification: 9, ..Ipv4::new(A, B, 17) }.fragments(&[7; 40], 24);
    let extended = Ipv6 {
        extensions: vec![ipv6_options(EXT_HOP_BY_HOP, 1), ipv6_routing(0), ipv6_options(EXT_DESTINATION, 2)],
        ..Ipv6::new(A6, B6, 17)
    };
    let solicitation = [&B6[..], &[1, 1], &MAC_CLIENT].concat();
    vec![
        (
            "tcp",
            1,
            inner.clone(),
            "~192.0.2.1:40000 -> 198.51.100.1:80 TCP len 2 [ack,psh] seq 1 ack 1 win 64240",
        ),
        (
            "tcp options",
            1,
            ip(6, &tcp(SYN, &all_options, b"")),
            "~192.0.2.1:40000 -> 198.51.100.1:80 TCP len 0 [syn] seq 0 win 64240 mss=1460 sackok ts=1/2 tfo=2 uto=120s mptcp=2 option99=1",
        ),
        (
            "tcp sack, all flags",
            1,
            ip(6, &tcp(0xff, &tcp_option::sack(&[(5001, 5009), (5020, 5030)]), b"")),
            "~192.0.2.1:40000 -> 198.51.100.1:80 TCP len 0 [cwr,ece,urg,ack,psh,rst,syn,fin] seq 0 ack 1 win 64240 urg 0 sack=2-10,21-31",
        ),
        (
            "tcp bad option length",
            1,
            ip(6, &tcp(ACK, &[8, 1, 0, 0], b"")),
            "~192.0.2.1:40000 -> 198.51.100.1:80 TCP len 0 [ack] seq 1 ack 1 win 64240 [option 8: bad length]",
        ),
        ("udp", 1, over_udp(40000, 9, b"hello"), "~192.0.2.1:40000 -> 198.51.100.1:9 UDP len 5"),
        (
            "dns question",
            1,
            over_udp(40000, 53, &query),
            "~192.0.2.1:40000 -> 198.51.100.1:53 DNS question example.com A",
        ),
        (
            "dns answer",
            1,
            over_udp(53, 40000, &answer),
            "~192.0.2.1:53 -> 198.51.100.1:40000 DNS answer www.example.com A CNAME web.example.net, web.example.net A 192.0.2.9",
        ),
        (
            "dns with an escape sequence",
            1,
            over_udp(53, 40000, &hostile),
            "~192.0.2.1:53 -> 198.51.100.1:40000 DNS answer x TXT \"\\027[2J\"",
        ),
        (
            "dns over tcp",
            1,
            ip(6, &Tcp { seq: 1, flags: ACK, ..Tcp::new(40000, 53) }.around(A, B, &dns_over_tcp(&query))),
            "~192.0.2.1:40000 -> 198.51.100.1:53 TCP len 31 [ack] seq 1 ack 1 win 64240 DNS question example.com A",
        ),
        (
            "mdns",
            1,
            over_udp(5353, 5353, &Dns::query(0).question("printer.local", DNS_PTR).bytes()),
            "~192.0.2.1:5353 -> 198.51.100.1:5353 DNS question printer.local PTR",
        ),
        (
            "dns loop",
            1,
            over_udp(40000, 53, &[&query[..12], &[0xc0, 12, 0, 1, 0, 1]].concat()),
            "~192.0.2.1:40000 -> 198.51.100.1:53 DNS question [malformed at 12]",
        ),
        ("no dns", 1, over_udp(40000, 53, b"short"), "~192.0.2.1:40000 -> 198.51.100.1:53 UDP len 5"),
        (
            "icmp echo",
            1,
            ip(1, &icmpv4(8, 0, [0, 7, 0, 3], b"ping")),
            "~192.0.2.1 -> 198.51.100.1 ICMP echo request id 7 seq 3 len 4",
        ),
        (
            "icmp unreachable",
            1,
            ip(1, &icmpv4(3, 3, [0; 4], &quoted)),
            "~192.0.2.1 -> 198.51.100.1 ICMP port unreachable about 192.0.2.1:40000 -> 198.51.100.1:53 protocol 17",
        ),
        (
            "icmp fragmentation needed",
            1,
            ip(1, &icmpv4(3, 4, [0, 0, 5, 0], &quoted)),
            "~192.0.2.1 -> 198.51.100.1 ICMP fragmentation needed mtu 1280 about 192.0.2.1:40000 -> 198.51.100.1:53 protocol 17",
        ),
        (
            "icmp redirect",
            1,
            ip(1, &icmpv4(5, 1, [10, 0, 0, 1], &quoted)),
            "~192.0.2.1 -> 198.51.100.1 ICMP redirect to 10.0.0.1 about 192.0.2.1:40000 -> 198.51.100.1:53 protocol 17",
        ),
        (
            "icmpv6 echo",
            1,
            ip6(58, &icmpv6(A6, B6, 129, 0, [0, 7, 0, 3], b"ping")),
            "~2001:db8::1 -> 2001:db8::2 ICMPv6 echo reply id 7 seq 3 len 4",
        ),
        (
            "icmpv6 neighbor solicitation",
            1,
            ip6(58, &icmpv6(A6, B6, 135, 0, [0; 4], &solicitation)),
            "~2001:db8::1 -> 2001:db8::2 ICMPv6 neighbor solicitation 2001:db8::2 len 24",
        ),
        (
            "icmpv6 too big",
            1,
            ip6(58, &icmpv6(A6, B6, 2, 0, [0, 0, 5, 0], &quoted)),
            "~2001:db8::1 -> 2001:db8::2 ICMPv6 packet too big mtu 1280 about 192.0.2.1:40000 -> 198.51.100.1:53 protocol 17",
        ),
        (
            "igmp report",
            1,
            ip(2, &igmp(0x16, [239, 1, 1, 1])),
            "~192.0.2.1 -> 198.51.100.1 IGMP membership report v2 239.1.1.1",
        ),
        (
            "igmp v3",
            1,
            ip(2, &igmp_v3_report(&[(4, [224, 0, 0, 251], &[]), (1, [239, 1, 1, 1], &[A, B])])),
            "~192.0.2.1 -> 198.51.100.1 IGMP membership report v3 to exclude 224.0.0.251, include 239.1.1.1 from 2 sources",
        ),
        (
            "arp request",
            1,
            ethernet(ETHERTYPE_ARP, &arp_request(A, B)),
            "~192.0.2.1 ARP request 198.51.100.1",
        ),
        (
            "arp reply",
            1,
            ethernet(ETHERTYPE_ARP, &arp_reply(MAC_SERVER, B, A)),
            "~198.51.100.1 ARP reply 192.0.2.1 hwaddr 02:00:00:00:00:02",
        ),
        (
            "fragment",
            1,
            ethernet(ETHERTYPE_IPV4, &fragments[0]),
            "~192.0.2.1 -> 198.51.100.1 IP fragment id 9 offset 0+ len 24 of UDP",
        ),
        (
            "last fragment",
            1,
            ethernet(ETHERTYPE_IPV4, &fragments[1]),
            "~192.0.2.1 -> 198.51.100.1 IP fragment id 9 offset 24 len 16 of UDP",
        ),
        (
            "ipv4 options",
            1,
            ethernet(
                ETHERTYPE_IPV4,
                &Ipv4 { options: vec![148, 4, 0, 0], ..Ipv4::new(A, B, 17) }.around(&udp(A, B, 1, 2, b"")),
            ),
            "~192.0.2.1:1 -> 198.51.100.1:2 UDP len 0",
        ),
        (
            "ipv6 extension headers",
            1,
            ethernet(ETHERTYPE_IPV6, &extended.around(&udp(A6, B6, 1, 2, b"x"))),
            "~[2001:db8::1]:1 -> [2001:db8::2]:2 UDP len 1",
        ),
        (
            "unknown protocol",
            1,
            ip(89, &[7; 44]),
            "~192.0.2.1 -> 198.51.100.1 [not decoded: IP protocol 89 OSPF, 44 bytes]",
        ),
        (
            "esp",
            1,
            ip(50, &esp(0xbeef, 3, &[7; 20])),
            "~192.0.2.1 -> 198.51.100.1 ESP spi 0x0000beef seq 3 len 20 [encrypted, 20 bytes]",
        ),
        ("sctp", 1, ip(132, &sctp(1, 2, 1, b"data")), "~192.0.2.1:1 -> 198.51.100.1:2 SCTP len 8 INIT"),
        (
            "vlan",
            1,
            ethernet_vlan(5, ETHERTYPE_IPV4, &v4(6, &plain)),
            "~vlan 5 192.0.2.1:40000 -> 198.51.100.1:80 TCP len 2 [ack,psh] seq 1 ack 1 win 64240",
        ),
        (
            "qinq",
            1,
            ethernet_qinq(0xa006, 5, ETHERTYPE_ARP, &arp_request(A, B)),
            "~vlan 6 p 5 vlan 5 192.0.2.1 ARP request 198.51.100.1",
        ),
        (
            "mpls",
            1,
            ethernet(ETHERTYPE_MPLS, &mpls(&[16, 17], &v4(1, &icmpv4(8, 0, [0; 4], b"")))),
            "~MPLS 16 MPLS 17 192.0.2.1 -> 198.51.100.1 ICMP echo request id 0 seq 0 len 0",
        ),
        (
            "pppoe session",
            1,
            ethernet(ETHERTYPE_PPPOE, &pppoe(5, 0x21, &v4(17, &udp(A, B, 1, 2, b"")))),
            "~PPPoE session 5 192.0.2.1:1 -> 198.51.100.1:2 UDP len 0",
        ),
        (
            "pppoe lcp",
            1,
            ethernet(ETHERTYPE_PPPOE, &pppoe(5, 0xc021, &ppp_control(1, 3, &[1, 4, 5, 0xd4]))),
            "~PPPoE session 5 LCP Configure-Request id 3 len 8",
        ),
        ("pppoe discovery", 1, ethernet(ETHERTYPE_PPPOE_DISCOVERY, &[0x11, 9, 0, 0, 0, 0]), "~PPPoE PADI"),
        (
            "lldp",
            1,
            ethernet(ETHERTYPE_LLDP, &lldp(b"ge-0/0/1", b"sw\x1b]0;x\x07")),
            r"~LLDP chassis 02:00:00:00:00:01 port ge-0/0/1 ttl 120 sw\x1b]0;x\x07",
        ),
        (
            "cdp",
            1,
            ethernet_snap_of([0, 0, 0x0c], 0x2000, &cdp(b"r1", b"Gi0/1")),
            "~802.3 CDP v2 ttl 180 device r1 port Gi0/1",
        ),
        (
            "stp",
            1,
            ethernet_llc(0x42, 0x42, &rapid_spanning_tree(32768, 0x8001)),
            "~802.3 RSTP root 32768/02:00:00:00:00:01 cost 0 bridge 32768/02:00:00:00:00:01 port 0x8001",
        ),
        (
            "802.1x",
            1,
            ethernet(ETHERTYPE_EAPOL, &eapol(0, &[2, 7, 0, 6, 1, b'a'])),
            "~802.1X EAP response id 7 len 6",
        ),
        (
            "llc",
            1,
            ethernet_llc(0xe0, 0xe0, &[0xff; 30]),
            "~802.3 LLC 0xe0 -> 0xe0 control 0x03 [not decoded: SAP 0xe0 IPX, 30 bytes]",
        ),
        (
            "snap ip",
            1,
            ethernet_snap(ETHERTYPE_IPV4, &v4(17, &udp(A, B, 1, 2, b"x"))),
            "~802.3 192.0.2.1:1 -> 198.51.100.1:2 UDP len 1",
        ),
        (
            "unknown ethertype",
            1,
            ethernet(0x88a4, &[7; 46]),
            "~[not decoded: ethertype 0x88a4 EtherCAT, 46 bytes]",
        ),
        (
            "gre",
            1,
            ip(47, &gre(ETHERTYPE_IPV4, Some(7), None, &v4(17, &udp(A, B, 1, 2, b"")))),
            "~192.0.2.1 -> 198.51.100.1 GRE key 7 192.0.2.1:1 -> 198.51.100.1:2 UDP len 0",
        ),
        (
            "vxlan",
            1,
            over_udp(40000, PORT_VXLAN, &vxlan(9, &inner)),
            "~192.0.2.1:40000 -> 198.51.100.1:4789 UDP VXLAN vni 9 ~192.0.2.1:40000 -> 198.51.100.1:80 TCP len 2 [ack,psh] seq 1 ack 1 win 64240",
        ),
        (
            "geneve",
            1,
            over_udp(40000, PORT_GENEVE, &geneve(9, ETHERTYPE_TEB, &[0; 8], &inner)),
            "~192.0.2.1:40000 -> 198.51.100.1:6081 UDP GENEVE vni 9 ~192.0.2.1:40000 -> 198.51.100.1:80 TCP len 2 [ack,psh] seq 1 ack 1 win 64240",
        ),
        (
            "gtp-u",
            1,
            over_udp(40000, PORT_GTPU, &gtpu(9, Some(2), &v4(1, &icmpv4(0, 0, [0; 4], b"")))),
            "~192.0.2.1:40000 -> 198.51.100.1:2152 UDP GTP-U teid 9 192.0.2.1 -> 198.51.100.1 ICMP echo reply id 0 seq 0 len 0",
        ),
        (
            "ip in ip",
            1,
            ip(4, &v4(17, &udp(A, B, 1, 2, b""))),
            "~192.0.2.1 -> 198.51.100.1 192.0.2.1:1 -> 198.51.100.1:2 UDP len 0",
        ),
        ("raw", LINK_RAW, v4(17, &udp(A, B, 1, 2, b"")), "raw 192.0.2.1:1 -> 198.51.100.1:2 UDP len 0"),
        (
            "null",
            LINK_NULL,
            loopback(2, false, &v4(17, &udp(A, B, 1, 2, b""))),
            "loopback 192.0.2.1:1 -> 198.51.100.1:2 UDP len 0",
        ),
        (
            "loop",
            LINK_LOOP,
            loopback(24, true, &Ipv6::new(A6, B6, 17).around(&udp(A6, B6, 1, 2, b""))),
            "loopback [2001:db8::1]:1 -> [2001:db8::2]:2 UDP len 0",
        ),
        (
            "cooked",
            LINK_LINUX_SLL,
            linux_sll(ETHERTYPE_ARP, &arp_request(A, B)),
            "cooked in 02:00:00:00:00:01 192.0.2.1 ARP request 198.51.100.1",
        ),
        (
            "cooked v2",
            LINK_LINUX_SLL2,
            linux_sll2(ETHERTYPE_IPV4, 3, &v4(17, &udp(A, B, 1, 2, b""))),
            "cooked in 02:00:00:00:00:01 192.0.2.1:1 -> 198.51.100.1:2 UDP len 0",
        ),
        ("ppp", 9, ppp(0x8021, &ppp_control(2, 1, &[])), "ppp IPCP Configure-Ack id 1 len 4"),
        ("unknown link type", 147, vec![1, 2, 3], "frame len 3 [not decoded: link type 147, 3 bytes]"),
        ("empty", 1, vec![], "frame len 0 [malformed: ethernet at 0: packet too short, 14 bytes needed]"),
        (
            "bad header length",
            1,
            ethernet(ETHERTYPE_IPV4, &Ipv4 { ihl: Some(2), ..Ipv4::new(A, B, 6) }.around(&[])),
            "~[malformed: ipv4 at 14: bad header length 8]",
        ),
    ]
}

/// The line with its link addresses.
pub(crate) fn expected(line: &str) -> String {
    line.replace('~', MACS)
}
