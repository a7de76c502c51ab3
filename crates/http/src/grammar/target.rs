//! `request-target = origin-form / absolute-form / authority-form / asterisk-form` (RFC 9112 §3.2).

/// Whether the target has one of the four forms, and one that the method may have: the authority form belongs to
/// CONNECT, and CONNECT to it. What extension methods say with an asterisk is up to them.
pub(crate) fn fits(method: &[u8], target: &[u8]) -> bool {
    if method == b"CONNECT" {
        return authority_of_connect(target).is_some();
    }
    match target {
        b"*" | [b'/', ..] => true,
        _ => scheme(target).is_some(),
    }
}

/// Host and port of the authority form, which has both.
pub(crate) fn authority_of_connect(target: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memrchr(b':', target)?;
    let (host, port) = target.split_at_checked(colon)?;
    let port = port.get(1..)?;
    let is_port = !port.is_empty() && port.iter().all(u8::is_ascii_digit);
    let is_host = !host.is_empty() && !host.iter().any(|byte| matches!(byte, b'/' | b'?' | b'#' | b'@'));
    (is_port && is_host).then_some((host, port))
}

/// The scheme of an absolute URI, and what follows its colon (RFC 3986 §3.1).
fn scheme(target: &[u8]) -> Option<(&[u8], &[u8])> {
    let (scheme, rest) = target.split_at_checked(memchr::memchr(b':', target)?)?;
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    Some((scheme, rest.get(1..)?)).filter(|_| is_scheme)
}

/// The authority of the absolute form without user information and without the scheme's own port.
pub(crate) fn authority_of_absolute(target: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = scheme(target)?;
    let rest = rest.strip_prefix(b"//")?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let authority = match memchr::memrchr(b'@', authority) {
        Some(at) => authority.get(at + 1..)?,
        None => authority,
    };
    Some(without_port(scheme, authority))
}

/// Without the port that the scheme has anyway.
fn without_port<'a>(scheme: &[u8], authority: &'a [u8]) -> &'a [u8] {
    let port: &[u8] = if scheme.eq_ignore_ascii_case(b"https") { b":443" } else { b":80" };
    authority.strip_suffix(port).or_else(|| authority.strip_suffix(b":")).unwrap_or(authority)
}

/// Whether the Host field names another host than the target does; only the absolute and the authority form name one.
pub(crate) fn differs_from_host(method: &[u8], target: &[u8], host: &[u8]) -> bool {
    if method == b"CONNECT" {
        // Clients send the port there, or do not.
        let Some((name, _)) = authority_of_connect(target) else { return false };
        let named = authority_of_connect(host).map_or(host, |(name, _)| name);
        return !name.eq_ignore_ascii_case(named);
    }
    if matches!(target, [b'/' | b'*', ..]) {
        return false;
    }
    let Some((scheme, _)) = scheme(target) else { return false };
    authority_of_absolute(target)
        .is_some_and(|authority| !authority.eq_ignore_ascii_case(without_port(scheme, host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (method, target) in [
            ("GET", "/"),
            ("GET", "/a:b?c#d"),
            ("OPTIONS", "*"),
            ("M-SEARCH", "*"),
            ("GET", "http://a/b"),
            ("GET", "urn:x"),
            ("CONNECT", "a:443"),
            ("CONNECT", "[::1]:443"),
        ] {
            assert!(fits(method.as_bytes(), target.as_bytes()), "{method} {target}");
        }
        for (method, target) in [
            ("GET", "a"),
            ("GET", "**"),
            ("GET", "?a"),
            ("GET", "1:2"),
            ("CONNECT", "/"),
            ("CONNECT", "a"),
            ("CONNECT", "a:"),
            ("CONNECT", "a:b"),
            ("CONNECT", "http://a:1"),
            ("connect", "[::1]:443"),
        ] {
            assert!(!fits(method.as_bytes(), target.as_bytes()), "{method} {target}");
        }
    }

    #[test]
    fn hosts() {
        for (method, target, host, differs) in [
            ("GET", "/x", "a", false),
            ("GET", "http://a/x", "A", false),
            ("GET", "http://a:80/x", "a", false),
            ("GET", "http://a?x", "a:80", false),
            ("GET", "https://u:p@a:443", "a", false),
            ("GET", "http://a:8080/x", "a", true),
            ("GET", "http://a/x", "b", true),
            ("GET", "urn:x", "b", false),
            ("CONNECT", "a:443", "a:443", false),
            ("CONNECT", "a:443", "a", false),
            ("CONNECT", "a:443", "b:443", true),
        ] {
            let is = differs_from_host(method.as_bytes(), target.as_bytes(), host.as_bytes());
            assert_eq!(is, differs, "{method} {target} {host}");
        }
    }
}
