//! EAP over LAN (IEEE 802.1X §11.3) with the EAP header (RFC 3748 §4), read on demand.

use core::fmt;

/// View of an EAPOL frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EapolFrame<'f> {
    header: &'f [u8; 4],
    body: &'f [u8],
}

impl<'f> EapolFrame<'f> {
    /// A view of the frame that `bytes` begin with; `None` below four bytes.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<4>()?;
        let len = usize::from(u16::from_be_bytes([header[2], header[3]]));
        Some(EapolFrame { header, body: rest.get(..len).unwrap_or(rest) })
    }

    /// Protocol version.
    pub fn version(&self) -> u8 {
        self.header[0]
    }

    /// Packet type.
    pub fn packet_type(&self) -> u8 {
        self.header[1]
    }

    /// The packet type in words.
    pub fn type_name(&self) -> &'static str {
        match self.packet_type() {
            0 => "EAP",
            1 => "start",
            2 => "logoff",
            3 => "key",
            4 => "encapsulated ASF alert",
            5 => "MKA",
            _ => "unknown packet",
        }
    }

    /// Packet body length.
    pub fn length(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Packet body, as far as captured.
    pub fn body(&self) -> &'f [u8] {
        self.body
    }

    /// Code, identifier and length of the EAP packet inside.
    pub fn eap(&self) -> Option<(u8, u8, u16)> {
        let &[code, identifier, high, low] = self.body.first_chunk().filter(|_| self.packet_type() == 0)?;
        Some((code, identifier, u16::from_be_bytes([high, low])))
    }
}

impl fmt::Display for EapolFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "802.1X {}", self.type_name())?;
        let Some((code, identifier, _)) = self.eap() else { return write!(f, " len {}", self.length()) };
        let name = match code {
            1 => "request",
            2 => "response",
            3 => "success",
            4 => "failure",
            _ => "unknown code",
        };
        write!(f, " {name} id {identifier} len {}", self.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames() {
        let text = |bytes: &[u8]| EapolFrame::new(bytes).unwrap().to_string();
        assert_eq!(text(&[1, 0, 0, 5, 1, 7, 0, 5, 1]), "802.1X EAP request id 7 len 5");
        assert_eq!(text(&[2, 1, 0, 0]), "802.1X start len 0");
        assert_eq!(text(&[2, 3, 0, 95, 2]), "802.1X key len 95");
    }
}
