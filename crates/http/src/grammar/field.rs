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

/// Parses whole lines up to an empty one, or to the last whole line. `None`: a line is folded.
fn parse<'a>(mut bytes: &'a [u8], anomalies: &mut Anomalies) -> Option<Fields<'a>> {
    let mut fields = Fields::new();
    while let Some((line, rest, bare)) = split_line(bytes) {
        if bare {
            note(anomalies, Anomaly::BareLf);
        }
        match line.first() {
            None => break,
            Some(b' ' | b'\t') if !fields.is_empty() => return None,
            Some(_) => fields.push(field(line, anomalies)),
        }
        bytes = rest;
    }
    // A fold that is cut is one all the same.
    if !fields.is_empty() && matches!(bytes.first(), Some(b' ' | b'\t')) { None } else { Some(fields) }
}

fn field<'a>(line: &'a [u8], anomalies: &mut Anomalies) -> Field<'a> {
    let end = line.iter().position(|&byte| !is_tchar(byte)).unwrap_or(line.len());
    let Some((name, value)) = line.split_at_checked(end) else { return Field { name: line, value: b"" } };
    match value.split_first() {
        Some((b':', value)) if !name.is_empty() => Field { name, value: trim(value) },
        _ => odd_field(line, anomalies),
    }
}

/// A line whose name is no token, or that has no colon.
#[cold]
fn odd_field<'a>(line: &'a [u8], anomalies: &mut Anomalies) -> Field<'a> {
    let Some((name, value)) = memchr::memchr(b':', line).and_then(|colon| line.split_at_checked(colon))
    else {
        note(anomalies, Anomaly::BadHeader);
        return Field { name: line.trim_ascii(), value: b"" };
    };
    let trimmed = name.trim_ascii();
    let spaced = !trimmed.is_empty() && trimmed.iter().all(|&byte| is_tchar(byte));
    note(anomalies, if spaced { Anomaly::SpaceBeforeColon } else { Anomaly::BadHeader });
    Field { name: trimmed, value: trim(value.get(1..).unwrap_or_default()) }
}

/// Parses a field section that is whole, or cut: then up to its last whole line. Unfolds into `scratch`, where
/// it must.
pub(crate) fn parse_section<'a>(
    bytes: &'a [u8],
    scratch: &'a mut Vec<u8>,
    anomalies: &mut Anomalies,
) -> Fields<'a> {
    let mut plain = Anomalies::new();
    if let Some(fields) = parse(bytes, &mut plain) {
        plain.into_iter().for_each(|anomaly| note(anomalies, anomaly));
        return fields;
    }
    note(anomalies, Anomaly::ObsFold);
    unfold(bytes, scratch);
    parse(scratch, anomalies).unwrap_or_default()
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
        let fields = parse(bytes, &mut anomalies).expect("no folds");
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
        let folded = |bytes| parse(bytes, &mut Anomalies::new()).is_none();
        assert!(folded(b"A: b\r\n  c\r\n\td\r\nE: f\r\n"));
        assert!(folded(b"A: b\r\n "));
        assert!(!folded(b"A: b\r\nE: f\r\n"));
        assert!(!folded(b" A: b\r\nE: f\r\n"));
        unfold(b"A: b \r\n  c\r\n\td \nE: f\r\n\r\n", &mut out);
        assert_eq!(out, b"A: b c d\nE: f\r\n\r\n");
    }
}
