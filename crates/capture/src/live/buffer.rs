//! How large the kernel's buffer really is.

use std::os::fd::{AsRawFd, BorrowedFd};

/// The bytes of the buffer shared with the kernel, where the system tells: on Linux the mapping of the capture's socket.
pub(super) fn granted(fd: BorrowedFd<'_>) -> Option<u64> {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).ok()?;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    mapped(&maps, link.to_str()?)
}

/// The bytes that `maps` shows as mapped from `name`.
fn mapped(maps: &str, name: &str) -> Option<u64> {
    let mut sum = 0u64;
    for line in maps.lines().filter(|line| line.ends_with(name)) {
        let (start, end) = line.split_once(' ')?.0.split_once('-')?;
        let length = u64::from_str_radix(end, 16).ok()?.checked_sub(u64::from_str_radix(start, 16).ok()?)?;
        sum = sum.checked_add(length)?;
    }
    (sum > 0).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::mapped;

    #[test]
    fn sums_up_the_mappings_of_a_socket() {
        let maps = "7f0000000000-7f0000100000 rw-s 00000000 00:08 5 socket:[4711]\n\
                    7f0000200000-7f0000300000 rw-s 00000000 00:08 6 socket:[4712]\n\
                    7f0000400000-7f0000500000 rw-p 00000000 00:00 0\n\
                    7f0000600000-7f0000a00000 rw-s 00000000 00:08 5 socket:[4711]\n";
        assert_eq!(mapped(maps, "socket:[4711]"), Some(0x50_0000));
        assert_eq!(mapped(maps, "socket:[4713]"), None);
        assert_eq!(mapped("nonsense socket:[1]", "socket:[1]"), None);
    }
}
