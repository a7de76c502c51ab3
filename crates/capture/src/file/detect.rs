//! What a file is, by its first bytes; and what it looks like where it is no capture, so that the error can say so.

use super::pcap;

/// The block type of a Section Header Block, the same in both byte orders.
pub(super) const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// How many bytes [`compression`] and [`Guess::of`] like to see.
pub(super) const LOOK: usize = 64;

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

/// How the input is compressed, if in a way that is undone here.
pub(super) fn compression(first: &[u8]) -> Compression {
    match first {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        // A frame, or a skippable frame in front of it (RFC 8878 §3.1).
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
        _ => Compression::None,
    }
}

/// Whether these are the first bytes of a capture, or may be where there are fewer than four.
pub(super) fn is_capture(first: &[u8]) -> bool {
    match first.first_chunk::<4>() {
        Some(magic) => *magic == SECTION_HEADER || pcap::is_magic(*magic),
        None => SECTION_HEADER.starts_with(first) || pcap::may_be_magic(first),
    }
}

/// What a file that is no capture looks like.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Guess {
    pub(super) looks_like: Option<&'static str>,
    pub(super) remedy: Option<&'static str>,
}

impl Guess {
    pub(super) fn of(first: &[u8]) -> Self {
        const CONVERT: &str = "convert it with `editcap FILE OUT.pcapng`";
        const UNPACK: &str = "unpack it first";
        const TEXT: &str = "captures are saved with `tcpdump -w FILE`";
        let starts = |with: &[u8]| first.starts_with(with);
        let known: &[(&[u8], &str, Option<&str>)] = &[
            (b"\x1f\x8b", "gzip data inside compressed data", Some(UNPACK)),
            (b"\x28\xb5\x2f\xfd", "zstd data inside compressed data", Some(UNPACK)),
            (b"\xfd7zXZ\0", "xz data", Some("unpack it with `xz -dk FILE`")),
            (b"BZh", "bzip2 data", Some("unpack it with `bzip2 -dk FILE`")),
            (b"\x04\x22\x4d\x18", "lz4 data", Some("unpack it with `lz4 -dk FILE`")),
            (b"PK\x03\x04", "a zip archive", Some(UNPACK)),
            (b"7z\xbc\xaf\x27\x1c", "a 7z archive", Some(UNPACK)),
            (b"\x7fELF", "an ELF program or library", None),
            (b"snoop\0\0\0", "a Solaris snoop capture", Some(CONVERT)),
            (b"btsnoop\0", "a btsnoop (Bluetooth) capture", Some(CONVERT)),
            (b"iptrace ", "an AIX iptrace capture", Some(CONVERT)),
            (b"XCP\0", "a NetXRay or Windows Sniffer capture", Some(CONVERT)),
            (b"TRSNIFF data", "a Sniffer capture", Some(CONVERT)),
            (b"GMBU", "a Microsoft Network Monitor capture", Some(CONVERT)),
            (b"RTSS", "a Microsoft Network Monitor capture", Some(CONVERT)),
            (b"\xa1\xb2\x34\xcd", "a pcap variant of unpublished form", Some(CONVERT)),
            (b"\xcd\x34\xb2\xa1", "a pcap variant of unpublished form", Some(CONVERT)),
            (b"\xa1\x2b\x3c\x4d", "a pcap variant of unpublished form", Some(CONVERT)),
            (b"\x4d\x3c\x2b\xa1", "a pcap variant of unpublished form", Some(CONVERT)),
            (b"%PDF", "a PDF document", None),
            (b"\x89PNG", "a PNG image", None),
            (b"SQLite format 3\0", "an SQLite database", None),
        ];
        if let Some(&(_, what, remedy)) = known.iter().find(|(magic, ..)| starts(magic)) {
            return Guess { looks_like: Some(what), remedy };
        }
        let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first);
        let looks_like = match text.trim_ascii_start().first() {
            Some(b'{' | b'[') if is_text(text) => Some("JSON, perhaps a HAR file"),
            Some(b'<') if is_text(text) => Some("HTML or XML"),
            Some(_) if is_text(text) => Some("text"),
            None if !first.is_empty() => Some("white space"),
            _ if !first.is_empty() && first.iter().all(|&b| b == 0) => Some("nothing but zeros"),
            _ => None,
        };
        let remedy = matches!(looks_like, Some("text")).then_some(TEXT);
        Guess { looks_like, remedy }
    }
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&b| b >= 0x80 || matches!(b, b' '..=b'~' | b'\t' | b'\r' | b'\n'))
        && bytes.iter().filter(|&&b| b >= 0x80).count() * 4 <= bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressions() {
        assert_eq!(compression(&[0x1f, 0x8b, 8]), Compression::Gzip);
        assert_eq!(compression(&[0x28, 0xb5, 0x2f, 0xfd]), Compression::Zstd);
        assert_eq!(compression(&[0x5a, 0x2a, 0x4d, 0x18]), Compression::Zstd);
        assert_eq!(compression(&[0x1f]), Compression::None);
    }

    #[test]
    fn captures() {
        assert!(is_capture(&[0xd4, 0xc3, 0xb2, 0xa1]));
        assert!(is_capture(&[0xa1, 0xb2, 0x3c, 0x4d, 9]));
        assert!(is_capture(&SECTION_HEADER));
        assert!(is_capture(&[0x0a, 0x0d]));
        assert!(!is_capture(&[0x0a, 0x0a]));
        assert!(!is_capture(b"what?"));
    }

    #[test]
    fn guesses() {
        let looks = |first: &[u8]| Guess::of(first).looks_like.unwrap_or("?");
        assert_eq!(looks(b"  {\"log\": {"), "JSON, perhaps a HAR file");
        assert_eq!(looks(b"\x7fELF\x02"), "an ELF program or library");
        assert_eq!(looks(b"snoop\0\0\0\0"), "a Solaris snoop capture");
        assert_eq!(looks(b"\xfd7zXZ\0\0"), "xz data");
        assert_eq!(looks(b"12:00:01.5 IP a > b: Flags [S]"), "text");
        assert_eq!(looks(&[0; 64]), "nothing but zeros");
        assert_eq!(looks(&[1, 2, 3, 4]), "?");
        assert_eq!(looks(b"\n\n"), "white space");
        assert_eq!(looks(b""), "?");
    }
}
