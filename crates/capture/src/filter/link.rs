//! Between the LINKTYPE_ numbers of files and the DLT_ numbers of libpcap, which differ for some, and from system to
//! system. Where they differ, libpcap is asked for the number by name.

/// Link types whose DLT_ number differs from the LINKTYPE_ number somewhere.
const DIFFER: [(u32, &str); 12] = [
    // Raw IP: as the registry has it, and as two families of systems wrote it into files.
    (101, "RAW"),
    (12, "RAW"),
    (14, "RAW"),
    (100, "ATM_RFC1483"),
    (102, "SLIP_BSDOS"),
    (103, "PPP_BSDOS"),
    (106, "ATM_CLIP"),
    (108, "LOOP"),
    (109, "ENC"),
    (112, "CISCO_IOS"),
    (246, "PFSYNC"),
    (258, "PKTAP"),
];

pub(crate) fn to_dlt(link_type: crate::LinkType) -> pcap::Linktype {
    let by_number = pcap::Linktype(i32::try_from(link_type.0).unwrap_or(-1));
    let name = DIFFER.iter().find(|(number, _)| *number == link_type.0).map(|(_, name)| name);
    name.and_then(|name| pcap::Linktype::from_name(name).ok()).unwrap_or(by_number)
}

pub(crate) fn from_dlt(dlt: pcap::Linktype) -> crate::LinkType {
    let differs = DIFFER.iter().find(|(_, name)| pcap::Linktype::from_name(name) == Ok(dlt));
    crate::LinkType(differs.map_or(u32::try_from(dlt.0).unwrap_or(u32::MAX), |(number, _)| *number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinkType;

    #[test]
    fn numbers_map_both_ways() {
        for number in [0, 1, 9, 50, 51, 100, 101, 108, 113, 117, 127, 192, 228, 229, 276] {
            assert_eq!(from_dlt(to_dlt(LinkType(number))), LinkType(number), "{number}");
        }
        assert_eq!(to_dlt(LinkType::RAW_BSD), to_dlt(LinkType::RAW));
        #[cfg(target_os = "linux")]
        assert_eq!(to_dlt(LinkType::RAW).0, 12);
    }
}
