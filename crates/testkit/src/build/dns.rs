//! DNS messages (RFC 1035), name by name and record by record.

use super::concat;

/// Type of an IPv4 address record.
pub const DNS_A: u16 = 1;
/// Type of a record with another name.
pub const DNS_CNAME: u16 = 5;
/// Type of a pointer record.
pub const DNS_PTR: u16 = 12;
/// Type of a text record.
pub const DNS_TXT: u16 = 16;
/// Type of an IPv6 address record.
pub const DNS_AAAA: u16 = 28;

/// A DNS message that is put together piece by piece; the counts in its header follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dns {
    out: Vec<u8>,
}

impl Dns {
    /// A query that desires recursion.
    pub fn query(id: u16) -> Self {
        Self::with_flags(id, 0x0100)
    }

    /// A response without an error.
    pub fn response(id: u16) -> Self {
        Self::with_flags(id, 0x8180)
    }

    /// A message with these flags, from QR to RCODE.
    pub fn with_flags(id: u16, flags: u16) -> Self {
        Self { out: concat(&[&id.to_be_bytes(), &flags.to_be_bytes(), &[0; 8]]) }
    }

    fn count(&mut self, section: usize) {
        self.out[5 + section * 2] += 1;
    }

    /// A question of class IN.
    pub fn question(mut self, name: &str, number: u16) -> Self {
        self.count(0);
        self.out.extend(concat(&[&dns_name(name), &number.to_be_bytes(), &[0, 1]]));
        self
    }

    /// An answer of class IN, 300 seconds to live; `name` is as on the wire: see [`dns_name`] and [`DNS_FIRST_NAME`].
    pub fn answer(mut self, name: &[u8], number: u16, data: &[u8]) -> Self {
        self.count(1);
        let len = (data.len() as u16).to_be_bytes();
        self.out.extend(concat(&[name, &number.to_be_bytes(), &[0, 1, 0, 0, 1, 44], &len, data]));
        self
    }

    /// The message.
    pub fn bytes(&self) -> Vec<u8> {
        self.out.clone()
    }
}

/// A compression pointer to the first question's name.
pub const DNS_FIRST_NAME: [u8; 2] = [0xc0, 12];

/// A name on the wire, not compressed.
pub fn dns_name(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        out.push(label.len() as u8);
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    out
}

/// A message as it travels over TCP: its length in front (RFC 1035 §4.2.2).
pub fn dns_over_tcp(message: &[u8]) -> Vec<u8> {
    concat(&[&(message.len() as u16).to_be_bytes(), message])
}
