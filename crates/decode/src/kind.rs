//! Names of the layers a frame can have.

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What one decoded header is. Ordered roughly from the link upwards; more may be added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum LayerKind { $($(#[$doc])* $kind,)* }

        impl LayerKind {
            /// The layer's name in lower case, as a user would type it (`"ipv4"`, `"linux-sll"`).
            pub const fn name(self) -> &'static str {
                match self { $(LayerKind::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// Ethernet II or IEEE 802.3 MAC header, 14 bytes.
    Ethernet = "ethernet",
    /// Preamble and start of frame delimiter in front of an Ethernet frame (IEEE 802.3br, LINKTYPE 274).
    Mpacket = "mpacket",
    /// IEEE 802.1Q customer tag (TPID 0x8100).
    Vlan = "vlan",
    /// IEEE 802.1ad service tag, or an older stacked tag (TPID 0x88a8, 0x9100, 0x9200, 0x9300).
    Qinq = "qinq",
    /// IEEE 802.1ah backbone service tag (0x88e7).
    BackboneTag = "802.1ah",
    /// Cisco VN-Tag / IEEE 802.1Qbh (0x8926).
    VnTag = "vntag",
    /// IEEE 802.1AE security tag (0x88e5).
    Macsec = "macsec",
    /// Cisco FabricPath tag (0x8903).
    FabricPath = "fabricpath",
    /// Cisco metadata (0x8909).
    CiscoMetadata = "cisco-metadata",
    /// TRILL (0x22f3, RFC 6325).
    Trill = "trill",
    /// Juniper pseudo header (LINKTYPE 178).
    Juniper = "juniper",
    /// IEEE 802.2 logical link control.
    Llc = "llc",
    /// Subnetwork access protocol behind LLC (RFC 1042).
    Snap = "snap",
    /// Linux cooked capture v1 (LINKTYPE 113).
    LinuxSll = "linux-sll",
    /// Linux cooked capture v2 (LINKTYPE 276).
    LinuxSll2 = "linux-sll2",
    /// BSD loopback, address family in the capturing host's byte order (LINKTYPE 0).
    Null = "null",
    /// OpenBSD loopback, address family in network byte order (LINKTYPE 108).
    Loop = "loop",
    /// A link without header: the frame is an IP packet (zero bytes long).
    RawIp = "raw-ip",
    /// FDDI (LINKTYPE 10).
    Fddi = "fddi",
    /// Token Ring (LINKTYPE 6).
    TokenRing = "token-ring",
    /// ARCNET (LINKTYPE 7 and 129).
    Arcnet = "arcnet",
    /// SLIP as recorded by BSD (LINKTYPE 8).
    Slip = "slip",
    /// IP over InfiniBand (LINKTYPE 242).
    IpOverInfiniband = "ipoib",
    /// IP over ATM: the SunATM pseudo header (LINKTYPE 123).
    SunAtm = "sunatm",
    /// IP over Fibre Channel network header (LINKTYPE 122).
    FibreChannel = "ip-over-fc",
    /// Apple IP over IEEE 1394 (LINKTYPE 138).
    Firewire = "ip-over-1394",
    /// Solaris ipnet (LINKTYPE 226).
    Ipnet = "ipnet",
    /// OpenBSD packet filter log (LINKTYPE 117).
    Pflog = "pflog",
    /// OpenBSD encapsulating interface (LINKTYPE 109).
    Enc = "enc",
    /// Linux netfilter log (LINKTYPE 239).
    Nflog = "nflog",
    /// Apple PKTAP (LINKTYPE 258).
    Pktap = "pktap",
    /// Frame relay (LINKTYPE 107, RFC 2427).
    FrameRelay = "frame-relay",
    /// Cisco HDLC (LINKTYPE 104).
    CiscoHdlc = "cisco-hdlc",
    /// Point-to-point protocol (RFC 1661), with or without HDLC-like framing (RFC 1662).
    Ppp = "ppp",
    /// PPP over Ethernet (RFC 2516).
    Pppoe = "pppoe",
    /// Radiotap header (LINKTYPE 127).
    Radiotap = "radiotap",
    /// Per-packet information header (LINKTYPE 192).
    Ppi = "ppi",
    /// Prism monitor header (LINKTYPE 119).
    Prism = "prism",
    /// AVS monitor header (LINKTYPE 163).
    Avs = "avs",
    /// IEEE 802.11 MAC header.
    Ieee80211 = "802.11",
    /// IEEE 802.11 A-MSDU subframe header.
    Amsdu = "a-msdu",
    /// One MPLS label stack entry (RFC 3032).
    Mpls = "mpls",
    /// Pseudowire control word (RFC 4385).
    ControlWord = "control-word",
    /// Network service header (RFC 8300).
    Nsh = "nsh",
    /// Address resolution protocol, reverse ARP included (RFC 826, RFC 903).
    Arp = "arp",
    /// IPv4 header, options included (RFC 791).
    Ipv4 = "ipv4",
    /// IPv6 fixed header (RFC 8200).
    Ipv6 = "ipv6",
    /// IPv6 hop-by-hop options (RFC 8200 §4.3).
    HopByHop = "hop-by-hop",
    /// IPv6 routing header (RFC 8200 §4.4).
    Routing = "routing",
    /// IPv6 fragment header (RFC 8200 §4.5).
    FragmentHeader = "ipv6-fragment",
    /// IPv6 destination options (RFC 8200 §4.6).
    DestinationOptions = "destination-options",
    /// Authentication header, in IPv4 or IPv6 (RFC 4302).
    AuthenticationHeader = "ah",
    /// IPv6 mobility header (RFC 6275).
    Mobility = "mobility",
    /// Host identity protocol (RFC 7401).
    Hip = "hip",
    /// Shim6 (RFC 5533).
    Shim6 = "shim6",
    /// Encapsulating security payload: SPI and sequence number; the rest is opaque (RFC 4303).
    Esp = "esp",
    /// Generic routing encapsulation, version 0 or 1 (RFC 2784, 2890, 2637).
    Gre = "gre",
    /// ERSPAN type I, II or III header.
    Erspan = "erspan",
    /// EtherIP (RFC 3378).
    EtherIp = "etherip",
    /// VXLAN (RFC 7348) or VXLAN-GPE.
    Vxlan = "vxlan",
    /// Geneve (RFC 8926).
    Geneve = "geneve",
    /// GTP-U version 1, a T-PDU (3GPP TS 29.281).
    GtpU = "gtp-u",
    /// Teredo indications in front of an IPv6 packet (RFC 4380); may be zero bytes long.
    Teredo = "teredo",
    /// L2TP version 2 data message (RFC 2661).
    L2tp = "l2tp",
    /// AYIYA (draft-massar-v6ops-ayiya).
    Ayiya = "ayiya",
    /// PIM version 2 register message (RFC 7761 §4.9.3).
    PimRegister = "pim-register",
    /// TaZmen sniffer protocol.
    Tzsp = "tzsp",
    /// LISP data header (RFC 9300).
    Lisp = "lisp",
    /// TCP header, options included (RFC 9293).
    Tcp = "tcp",
    /// UDP header (RFC 768).
    Udp = "udp",
    /// ICMP: the first eight bytes (RFC 792).
    Icmp = "icmp",
    /// ICMPv6: the first eight bytes (RFC 4443).
    Icmpv6 = "icmpv6",
    /// IGMP: the first eight bytes (RFC 3376).
    Igmp = "igmp",
    /// SCTP common header (RFC 9260).
    Sctp = "sctp",
}

impl core::fmt::Display for LayerKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}
