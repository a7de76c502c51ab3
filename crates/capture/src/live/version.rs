//! Which libpcap this is.

/// The capture library and its version, as far as that can be told: `libpcap 1.10.3`.
///
/// The crate `pcap` does not ask the library. On Linux the name of the file that is loaded tells; elsewhere, and where
/// libpcap is linked in, only its name is known.
pub fn library_version() -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    version_in(&maps).map_or_else(|| "libpcap".to_owned(), |version| format!("libpcap {version}"))
}

/// The version in the name of the file that is mapped: `/usr/lib/libpcap.so.1.10.3`.
fn version_in(maps: &str) -> Option<&str> {
    maps.lines().find_map(|line| {
        let (_, version) = line.rsplit_once("/libpcap.so.")?;
        version.starts_with(|c: char| c.is_ascii_digit()).then_some(version.split(' ').next()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loaded_file_tells_the_version() {
        let maps = "7f0-7f1 r-xp 0 08:01 9   /usr/lib/libc.so.6\n\
                    7f2-7f3 r-xp 0 08:01 9   /usr/lib/x86_64-linux-gnu/libpcap.so.1.10.3\n";
        assert_eq!(version_in(maps), Some("1.10.3"));
        assert_eq!(version_in("7f2-7f3 r-xp 0 08:01 9   /opt/libpcap.so.1.9.1 (deleted)\n"), Some("1.9.1"));
        assert_eq!(version_in(""), None);
        assert!(library_version().starts_with("libpcap"));
    }
}
