//! `field-line = field-name ":" OWS field-value OWS` (RFC 9112 §5), leniently.

use smallvec::SmallVec;

use super::{is_token, split_line, trim};
use crate::{Anomaly, Field};

/// Field lines, on the stack up to this many.
pub(crate) type Fields<'a> = SmallVec<[Field<'a>; 32]>;

/// The anomalies of a WebSocket message, which is handed out with a slice of them.
pub(crate) type Anomalies = SmallVec<[Anomaly; 4]>;

pub(crate) fn note(anomalies: &mut Anomalies, anomaly: Anomaly) {
    if !anomalies.contains(&anomaly) {
        anomalies.push(anomaly);
    }
}

/// Parses whole lines up to an empty one, or to the last whole line. False: a line is folded.
fn parse<'a>(mut bytes: &'a [u8], fields: &mut Fields<'a>, anomalies: &mut crate::Anomalies) -> bool {
    fields.clear();
    while let Some((line, rest, bare)) = split_line(bytes) {
        if bare {
            anomalies.insert(Anomaly::BareLf);
        }
        match line.first() {
            None => return true,
            Some(b' ' | b'\t') if !fields.is_empty() => return false,
            Some(_) => fields.push(field(line, anomalies)),
        }
        bytes = rest;
    }
    match bytes.first() {
        // A fold that is cut is one all the same.
        Some(b' ' | b'\t') if !fields.is_empty() => false,
        Some(b' ' | b'\t') => {
            anomalies.insert(Anomaly::SpaceBeforeField);
            true
        }
        _ => true,
    }
}

fn field<'a>(line: &'a [u8], anomalies: &mut crate::Anomalies) -> Field<'a> {
    anomalies.extend(control_bytes(line));
    if matches!(line.first(), Some(b' ' | b'\t')) {
        anomalies.insert(Anomaly::SpaceBeforeField);
    }
    let Some((name, value)) = memchr::memchr(b':', line).and_then(|colon| line.split_at_checked(colon))
    else {
        anomalies.insert(Anomaly::MissingColon);
        return Field { name: line.trim_ascii(), value: b"" };
    };
    let trimmed = name.trim_ascii();
    if trimmed.is_empty() {
        anomalies.insert(Anomaly::EmptyFieldName);
    } else if !is_token(trimmed) {
        anomalies.insert(Anomaly::BadFieldName);
    } else if name.trim_ascii_end().len() < name.len() {
        anomalies.insert(Anomaly::SpaceBeforeColon);
    }
    Field { name: trimmed, value: trim(value.get(1..).unwrap_or_default()) }
}

/// Control bytes other than HTAB and NUL, for which a head is searched as a whole.
pub(crate) fn control_bytes(bytes: &[u8]) -> crate::Anomalies {
    let mut anomalies = crate::Anomalies::default();
    let mut rest = bytes;
    while let Some((&byte, behind)) = rest.get(super::scan::value_end(rest)..).and_then(<[u8]>::split_first) {
        match byte {
            b'\r' => anomalies.insert(Anomaly::BareCr),
            0 => false,
            _ => anomalies.insert(Anomaly::ControlByte),
        };
        rest = behind;
    }
    anomalies
}

/// Parses a field section that is whole, or cut: then up to its last whole line. Unfolds into `scratch`, where
/// it must.
pub(crate) fn parse_section<'a>(
    bytes: &'a [u8],
    scratch: &'a mut Vec<u8>,
    fields: &mut Fields<'a>,
    anomalies: &mut crate::Anomalies,
) {
    let mut found = crate::Anomalies::default();
    if !parse(bytes, fields, &mut found) {
        fields.clear();
        found.insert(Anomaly::ObsFold);
        unfold(bytes, scratch);
        parse(scratch, fields, &mut found);
    }
    anomalies.extend(found);
}

/// Copies whole lines with the folds replaced by one space (RFC 9112 §5.2): the copy is needed because a
/// folded value does not lie in one piece.
fn unfold(bytes: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let (mut rest, mut first) = (bytes, true);
    while let Some((line, next, bare)) = split_line(rest) {
        rest = next;
        let folded = !first && matches!(line.first(), Some(b' ' | b'\t'));
        if folded {
            while matches!(out.last(), Some(b'\r' | b'\n' | b' ' | b'\t')) {
                out.pop();
            }
            out.push(b' ');
            out.extend_from_slice(trim(line));
        } else {
            out.extend_from_slice(line);
        }
        out.extend_from_slice(if bare { b"\n" } else { b"\r\n" });
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8]) -> (Vec<(String, String)>, Vec<Anomaly>) {
        let (mut fields, mut anomalies) = (Fields::new(), crate::Anomalies::default());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(parse(bytes, &mut fields, &mut anomalies), "no folds");
        (fields.iter().map(|f| (text(f.name), text(f.value))).collect(), anomalies.iter().collect())
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|&(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn conforming() {
        let (fields, anomalies) = parsed(b"Host: a\r\nX:y\r\nEmpty:\r\nColon: a:b \t\r\n\r\nrest: no\r\n");
        assert_eq!(fields, pairs(&[("Host", "a"), ("X", "y"), ("Empty", ""), ("Colon", "a:b")]));
        assert_eq!(anomalies, []);
    }

    #[test]
    fn odd_ones() {
        let (fields, anomalies) = parsed(b"no colon\nA : b\r\n: c\r\n");
        assert_eq!(fields, pairs(&[("no colon", ""), ("A", "b"), ("", "c")]));
        let odd =
            [Anomaly::BareLf, Anomaly::MissingColon, Anomaly::EmptyFieldName, Anomaly::SpaceBeforeColon];
        assert_eq!(anomalies, odd);
        for (line, name, anomaly) in [
            (" A: b\r\n", "A", Anomaly::SpaceBeforeField),
            ("A b: b\r\n", "A b", Anomaly::BadFieldName),
            ("A\t:b\r\n", "A", Anomaly::SpaceBeforeColon),
        ] {
            assert_eq!(parsed(line.as_bytes()), (pairs(&[(name, "b")]), vec![anomaly]), "{line:?}");
        }
        assert_eq!(parsed(b"A: b\x07\r\n").1, [Anomaly::ControlByte]);
        assert_eq!(parsed(b"A: \x7f\t\r\n").1, [Anomaly::ControlByte]);
        assert_eq!(parsed(b"A: b\rC: d\r\r\n").1, [Anomaly::BareCr]);
        // Of a line that is cut, its first byte is known.
        assert_eq!(parsed(b" A: b").1, [Anomaly::SpaceBeforeField]);
    }

    #[test]
    fn unfolding() {
        let mut out = Vec::new();
        let folded = |bytes| !parse(bytes, &mut Fields::new(), &mut crate::Anomalies::default());
        assert!(folded(b"A: b\r\n  c\r\n\td\r\nE: f\r\n"));
        assert!(folded(b"A: b\r\n "));
        assert!(!folded(b"A: b\r\nE: f\r\n"));
        assert!(!folded(b" A: b\r\nE: f\r\n"));
        unfold(b"A: b \r\n  c\r\n\td \nE: f\r\n\r\n", &mut out);
        assert_eq!(out, b"A: b c d\nE: f\r\n\r\n");
    }
}
