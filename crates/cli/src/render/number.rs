//! Numbers and addresses, written without the machinery of `fmt`: they are on every line.

use std::net::SocketAddr;

use wiretrace_render::number::ipv4;
pub(crate) use wiretrace_render::number::{decimal, padded};

/// Appends `192.0.2.1:80` or `[2001:db8::1]:80`.
pub(crate) fn address(out: &mut Vec<u8>, address: &SocketAddr) {
    match address {
        SocketAddr::V4(address) => {
            ipv4(out, *address.ip());
            out.push(b':');
            decimal(out, address.port().into());
        }
        SocketAddr::V6(address) => {
            use std::io::Write;
            let _ = write!(out, "{address}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn addresses_as_the_standard_library_writes_them() {
        for name in
            ["192.0.2.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[2001:db8::1]:80", "[::ffff:1.2.3.4]:1"]
        {
            let parsed: SocketAddr = name.parse().unwrap();
            assert_eq!(text(|out| address(out, &parsed)), name);
        }
    }
}
