//! Bytes from the wire in a `Display`: no control characters, bounded.

use core::fmt;

/// Bytes that a `Display` shows; the rest is counted.
const SHOWN: usize = 64;

/// Bytes as printable ASCII with everything else as `\xNN`, or as a MAC address; at most 64 of them.
pub(crate) struct Escaped<'a> {
    bytes: &'a [u8],
    mac: bool,
}

impl<'a> Escaped<'a> {
    pub(crate) fn text(bytes: &'a [u8]) -> Self {
        Escaped { bytes, mac: false }
    }

    pub(crate) fn mac(bytes: &'a [u8]) -> Self {
        Escaped { bytes, mac: true }
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, &byte) in self.bytes.iter().take(SHOWN).enumerate() {
            match byte {
                _ if self.mac => write!(f, "{}{byte:02x}", if index == 0 { "" } else { ":" })?,
                b'\\' => f.write_str("\\\\")?,
                b' '..=b'~' => write!(f, "{}", byte as char)?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        match self.bytes.len().checked_sub(SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "...({more} bytes more)"),
        }
    }
}
