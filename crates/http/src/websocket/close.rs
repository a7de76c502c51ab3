//! Close codes (RFC 6455 §7.4).

use super::utf8;
use crate::Anomaly;

/// What is wrong with a Close's payload; `whole`: it is all there.
pub(crate) fn check(payload: &[u8], whole: bool) -> Option<Anomaly> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return (whole && !payload.is_empty()).then_some(Anomaly::BadCloseCode);
    };
    if !may_be_sent(u16::from_be_bytes(*code)) {
        return Some(Anomaly::BadCloseCode);
    }
    (!utf8::check(reason, whole).1).then_some(Anomaly::BadUtf8)
}

/// Defined codes that may be sent (RFC 6455 §7.4.1 and the registry of §11.7), and those for libraries and applications.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_reasons() {
        for (payload, anomaly) in [
            (&b""[..], None),
            (b"\x03", Some(Anomaly::BadCloseCode)),
            (b"\x03\xe8", None),
            (b"\x03\xe8bye \xe2\x82\xac", None),
            (b"\x03\xe8bye \xe2\x82", Some(Anomaly::BadUtf8)),
            (b"\x03\xed", Some(Anomaly::BadCloseCode)),
            (b"\x00\x00", Some(Anomaly::BadCloseCode)),
            (b"\x0b\xb8", None),
            (b"\x13\x88", Some(Anomaly::BadCloseCode)),
        ] {
            assert_eq!(check(payload, true), anomaly, "{payload:?}");
        }
        assert_eq!(check(b"\x03", false), None);
        assert_eq!(check(b"\x03\xe8bye \xe2\x82", false), None);
    }
}
