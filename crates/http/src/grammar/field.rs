//! `field-line = field-name ":" OWS field-value OWS` (RFC 9112 §5), leniently.

use smallvec::SmallVec;

use super::{is_tchar, split_line, trim};
use crate::{Anomaly, Field};

/// Field lines, on the stack up to this many.
pub(crate) type Fields<'a> = SmallVec<[Field<'a>; 32]>;

/// A small set of anomalies.
pub(crate) type Anomalies = SmallVec<[Anomaly; 4]>;

pub(crate) fn note(anomalies: &mut Anomalies, anomaly: Anomaly) {
    if !anomalies.contains(&anomaly) {
        anomalies.push(anomaly);
    }
}

/// Parses whole lines up to an empty one, or to the last whole line. Folded lines must be unfolded before.
fn parse<'a>(mut bytes: &'a [u8], anomalies: &mut Anomalies) -> Fields<'a> {
    let mut fields = Fields::new();
    while let Some((line, rest, bare)) = split_line(bytes) {
        if bare {
            note(anomalies, Anomaly::BareLf);
        }
        if line.is_empty() {
            break;
        }
        fields.push(field(line, anomalies));
        bytes = rest;
    }
    fields
}

fn field<'a>(line: &'a [u8], anomalies: &mut Anomalies) -> Field<'a> {
    let Some((name, value)) = memchr::memchr(b':', line).and_then(|colon| line.split_at_checked(colon))
    else {
        note(anomalies, Anomaly::BadHeader);
        return Field { name: line.trim_ascii(), value: b"" };
    };
    if name.is_empty() || !name.iter().all(|&byte| is_tchar(byte)) {
        let trimmed = name.trim_ascii();
        let spaced = !trimmed.is_empty() && trimmed.iter().all(|&byte| is_tchar(byte));
        note(anomalies, if spaced { Anomaly::SpaceBeforeColon } else { Anomaly::BadHeader });
    }
    Field { name: name.trim_ascii(), value: trim(value.get(1..).unwrap_or_default()) }
}

/// Parses a field section that is whole, or cut: then up to its last whole line. Unfolds into `scratch`, where
/// it must.
pub(crate) fn parse_section<'a>(
    bytes: &'a [u8],
    scratch: &'a mut Vec<u8>,
    anomalies: &mut Anomalies,
) -> Fields<'a> {
    if !has_folds(bytes) {
        return parse(bytes, anomalies);
    }
    note(anomalies, Anomaly::ObsFold);
    unfold(bytes, scratch);
    parse(scratch, anomalies)
}

/// Whether a line other than the first continues the one before it.
fn has_folds(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', bytes).any(|end| matches!(bytes.get(end + 1), Some(b' ' | b'\t')))
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
        let mut anomalies = Anomalies::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let fields = parse(bytes, &mut anomalies);
        (fields.iter().map(|f| (text(f.name), text(f.value))).collect(), anomalies.to_vec())
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
        assert_eq!(anomalies, [Anomaly::BareLf, Anomaly::BadHeader, Anomaly::SpaceBeforeColon]);
    }

    #[test]
    fn unfolding() {
        let mut out = Vec::new();
        assert!(has_folds(b"A: b\r\n  c\r\n\td\r\nE: f\r\n"));
        assert!(!has_folds(b"A: b\r\nE: f\r\n"));
        unfold(b"A: b \r\n  c\r\n\td \nE: f\r\n\r\n", &mut out);
        assert_eq!(out, b"A: b c d\nE: f\r\n\r\n");
    }
}
