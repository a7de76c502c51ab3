//! How long a message's body is (RFC 9112 §6.3).

use crate::grammar::field::{Anomalies, note};
use crate::grammar::trim;
use crate::{Anomaly, Field};

/// The length of a message's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// What the fields say about the framing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declared<'a> {
    chunked: bool,
    length: Option<u64>,
    bad_length: bool,
    pub(crate) upgrade: Option<&'a [u8]>,
}

impl<'a> Declared<'a> {
    pub(crate) fn of(fields: &[Field<'a>], anomalies: &mut Anomalies) -> Self {
        let mut declared = Self::default();
        let mut lengths = 0u32;
        for field in fields {
            match field.name.len() {
                14 if field.name.eq_ignore_ascii_case(b"content-length") => {
                    lengths += 1;
                    declared.add_length(field.value, lengths == 1, anomalies);
                }
                17 if field.name.eq_ignore_ascii_case(b"transfer-encoding") => {
                    declared.chunked |= contains_ignore_case(field.value, b"chunked");
                }
                7 if field.name.eq_ignore_ascii_case(b"upgrade") => {
                    declared.upgrade = declared.upgrade.or(Some(field.value));
                }
                _ => {}
            }
        }
        if declared.chunked && lengths > 0 {
            note(anomalies, Anomaly::TransferEncodingWithLength);
        }
        if declared.bad_length && !declared.chunked {
            note(anomalies, Anomaly::BadLength);
        }
        declared
    }

    /// A list of equal numbers is one number; the first one counts.
    fn add_length(&mut self, value: &[u8], first_field: bool, anomalies: &mut Anomalies) {
        for (place, item) in value.split(|&byte| byte == b',').enumerate() {
            let number = decimal(trim(item));
            if first_field && place == 0 {
                self.length = number;
                self.bad_length = number.is_none();
            } else if number != self.length {
                note(anomalies, Anomaly::ConflictingLength);
            }
        }
    }

    /// RFC 9112 §6.3, steps 4 to 8, for a message that may have a body.
    pub(crate) fn framing(&self, is_request: bool) -> Framing {
        match self.length {
            _ if self.chunked => Framing::Chunked,
            Some(length) => Framing::Length(length),
            None if is_request => Framing::Length(0),
            None => Framing::UntilClose,
        }
    }
}

/// One to eighteen digits.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

pub(crate) fn contains_ignore_case(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(fields: &[(&str, &str)], is_request: bool) -> (Framing, Vec<Anomaly>) {
        let fields: Vec<_> =
            fields.iter().map(|(n, v)| Field { name: n.as_bytes(), value: v.as_bytes() }).collect();
        let mut anomalies = Anomalies::new();
        let framing = Declared::of(&fields, &mut anomalies).framing(is_request);
        (framing, anomalies.to_vec())
    }

    #[test]
    fn steps() {
        let length = "Content-Length";
        assert_eq!(declared(&[], true), (Framing::Length(0), vec![]));
        assert_eq!(declared(&[], false), (Framing::UntilClose, vec![]));
        assert_eq!(declared(&[(length, "12")], false), (Framing::Length(12), vec![]));
        assert_eq!(declared(&[("content-LENGTH", "12, 12"), (length, "12")], true).0, Framing::Length(12));
        assert_eq!(
            declared(&[(length, "5"), (length, "6")], true),
            (Framing::Length(5), vec![Anomaly::ConflictingLength])
        );
        assert_eq!(
            declared(&[(length, "5"), ("Transfer-Encoding", "gzip, Chunked")], true),
            (Framing::Chunked, vec![Anomaly::TransferEncodingWithLength])
        );
        let coding = |value| declared(&[("Transfer-Encoding", value)], false).0;
        // Recipients disagree about odd lists; most of them take anything that names it for chunked.
        for value in ["chunked", "gzip,CHUNKED", "chunked ;a=b", "chunked,", "chunked, identity", "a chunked"]
        {
            assert_eq!(coding(value), Framing::Chunked, "{value}");
        }
        for value in ["", "gzip", "chunke", "identity"] {
            assert_eq!(coding(value), Framing::UntilClose, "{value}");
        }
        let two = |one, two| declared(&[("Transfer-Encoding", one), ("Transfer-Encoding", two)], false).0;
        assert_eq!(two("gzip", "chunked"), Framing::Chunked);
        assert_eq!(two("chunked", "gzip"), Framing::Chunked);
        assert_eq!(two("chunked", ""), Framing::Chunked);
        assert_eq!(declared(&[(length, "-5")], true), (Framing::Length(0), vec![Anomaly::BadLength]));
        assert_eq!(declared(&[(length, "1e3")], false), (Framing::UntilClose, vec![Anomaly::BadLength]));
        assert_eq!(declared(&[(length, "9999999999999999999")], false).0, Framing::UntilClose);
        assert_eq!(
            declared(&[("Transfer-Encoding", "identity"), (length, "3")], false).0,
            Framing::Length(3)
        );
    }
}
