//! Link types: the LINKTYPE_ numbers that capture files carry.

use std::fmt;

/// What kind of link-layer header the frames of an interface begin with: a number of the LINKTYPE_ registry
/// (<https://www.tcpdump.org/linktypes.html>), as the file gives it.
///
/// In a pcap file header the upper 16 bits of the field hold the length of the frame check sequence; they are not part of
/// this number. Some systems wrote their own DLT_ numbers; they are passed on as they are.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Default)]
pub struct LinkType(pub u32);

macro_rules! link_types {
    ($($(#[$doc:meta])* $constant:ident = $number:literal, $name:literal;)*) => {
        impl LinkType {
            $($(#[$doc])* pub const $constant: LinkType = LinkType($number);)*

            /// The registry's name, without its prefix and in lower case, for the well-known ones.
            ///
            /// ```
            /// use wiretrace_capture::LinkType;
            /// assert_eq!(LinkType::ETHERNET.name(), Some("ethernet"));
            /// assert_eq!(LinkType(147).name(), None);
            /// ```
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(LinkType::$constant => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

link_types! {
    /// BSD loopback: the address family in the byte order of the machine that captured.
    NULL = 0, "null";
    /// Ethernet.
    ETHERNET = 1, "ethernet";
    /// Token Ring.
    IEEE802_5 = 6, "ieee802_5";
    /// SLIP.
    SLIP = 8, "slip";
    /// PPP.
    PPP = 9, "ppp";
    /// FDDI.
    FDDI = 10, "fddi";
    /// Raw IP, as OpenBSD numbers it.
    RAW_BSD = 12, "raw";
    /// Raw IP, as some other BSDs number it.
    RAW_OPENBSD = 14, "raw";
    /// PPP in HDLC-like framing.
    PPP_HDLC = 50, "ppp_hdlc";
    /// PPPoE session packets.
    PPP_ETHER = 51, "ppp_ether";
    /// RFC 1483 ATM.
    ATM_RFC1483 = 100, "atm_rfc1483";
    /// Raw IP: the version field tells IPv4 from IPv6.
    RAW = 101, "raw";
    /// Cisco HDLC.
    C_HDLC = 104, "c_hdlc";
    /// IEEE 802.11.
    IEEE802_11 = 105, "ieee802_11";
    /// Frame Relay.
    FRELAY = 107, "frelay";
    /// OpenBSD loopback: the address family in network byte order.
    LOOP = 108, "loop";
    /// Linux cooked capture.
    LINUX_SLL = 113, "linux_sll";
    /// OpenBSD pf log.
    PFLOG = 117, "pflog";
    /// IEEE 802.11 behind a Prism header.
    IEEE802_11_PRISM = 119, "ieee802_11_prism";
    /// IP over Fibre Channel.
    IP_OVER_FC = 122, "ip_over_fc";
    /// IEEE 802.11 behind a radiotap header.
    IEEE802_11_RADIOTAP = 127, "ieee802_11_radiotap";
    /// Apple IP over IEEE 1394.
    APPLE_IP_OVER_IEEE1394 = 138, "apple_ip_over_ieee1394";
    /// IEEE 802.11 behind an AVS header.
    IEEE802_11_AVS = 163, "ieee802_11_avs";
    /// MTP2 with pseudo-header.
    MTP2_WITH_PHDR = 139, "mtp2_with_phdr";
    /// Per-Packet Information.
    PPI = 192, "ppi";
    /// IEEE 802.15.4 with frame check sequence.
    IEEE802_15_4_WITHFCS = 195, "ieee802_15_4_withfcs";
    /// Raw IPv4.
    IPV4 = 228, "ipv4";
    /// Raw IPv6.
    IPV6 = 229, "ipv6";
    /// Linux netlink messages.
    NETLINK = 253, "netlink";
    /// Linux netfilter log messages.
    NFLOG = 239, "nflog";
    /// Bluetooth Linux monitor.
    BLUETOOTH_LINUX_MONITOR = 254, "bluetooth_linux_monitor";
    /// Linux USB with padded header.
    USB_LINUX_MMAPPED = 220, "usb_linux_mmapped";
    /// USBPcap.
    USBPCAP = 249, "usbpcap";
    /// Linux cooked capture, version 2.
    LINUX_SLL2 = 276, "linux_sll2";
}

impl fmt::Display for LinkType {
    /// The name where there is one, otherwise `link type 147`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "link type {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(LinkType(113).to_string(), "linux_sll");
        assert_eq!(LinkType(999).to_string(), "link type 999");
        assert_eq!(LinkType(101).name(), LinkType(14).name());
    }
}
