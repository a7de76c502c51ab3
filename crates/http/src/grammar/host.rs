//! `Host = uri-host [ ":" port ]` (RFC 9110 §7.2).

/// Whether it may be a host with an optional port; it may be empty.
pub(crate) fn is_host(value: &[u8]) -> bool {
    if value.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) {
        return true;
    }
    let (host, port) = match value {
        [b'[', ..] => {
            let end = memchr::memchr(b']', value).map_or(value.len(), |end| end + 1);
            value.split_at_checked(end).unwrap_or((value, b""))
        }
        _ => {
            let end = memchr::memchr(b':', value).unwrap_or(value.len());
            value.split_at_checked(end).unwrap_or((value, b""))
        }
    };
    let is_port = match port {
        [] => true,
        [b':', port @ ..] => port.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    let is_host = match host {
        [b'[', address @ .., b']'] => {
            !address.is_empty() && address.iter().all(|&byte| is_regular(byte) || byte == b':')
        }
        _ => host.iter().all(|&byte| is_regular(byte)),
    };
    is_host && is_port
}

/// A byte of a registered name (RFC 3986 §3.2.2); what follows a percent sign is not looked at.
fn is_regular(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn hosts() {
        for host in
            ["", "a", "a.b-c:80", "a:", "192.0.2.1:1", "[::1]", "[fe80::1%25x]:8", "0.0.0.0=5000", "a_b"]
        {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in
            ["a b", "a/b", "u@a", "a:b", "a:1:2", "::1", "[::1", "[]", "[::1]x", "a\u{e9}", "a, b:", "a?"]
        {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }
}
