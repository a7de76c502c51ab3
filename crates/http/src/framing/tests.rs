use super::*;
use crate::Version;

fn start(is_request: bool, minor: u8) -> StartLine<'static> {
    let version = Version { major: 1, minor };
    if is_request {
        StartLine::Request(RequestLine { method: b"POST", target: b"/", version })
    } else {
        StartLine::Status(crate::grammar::status_line::StatusLine { version, status: 200, reason: b"" })
    }
}

fn declared_in(mode: Mode, minor: u8, fields: &[(&str, &str)], is_request: bool) -> (Framing, Vec<Anomaly>) {
    let fields: Vec<_> =
        fields.iter().map(|(n, v)| Field { name: n.as_bytes(), value: v.as_bytes() }).collect();
    let mut anomalies = Anomalies::default();
    let declared = Declared::of(&fields, &mut anomalies);
    declared.oddities(&start(is_request, minor), true, &mut anomalies);
    let no_host = |anomaly: &Anomaly| *anomaly != Anomaly::MissingHost;
    (declared.framing(is_request, mode), anomalies.iter().filter(no_host).collect())
}

fn declared(fields: &[(&str, &str)], is_request: bool) -> (Framing, Vec<Anomaly>) {
    declared_in(Mode::Lenient, 1, fields, is_request)
}

const LENGTH: &str = "Content-Length";
const CODING: &str = "Transfer-Encoding";

#[test]
fn lengths() {
    assert_eq!(declared(&[], true), (Framing::Length(0), vec![]));
    assert_eq!(declared(&[], false), (Framing::UntilClose, vec![]));
    assert_eq!(declared(&[(LENGTH, "12")], false), (Framing::Length(12), vec![]));
    assert_eq!(
        declared(&[("content-LENGTH", "12, 12"), (LENGTH, "12")], true),
        (Framing::Length(12), vec![Anomaly::DuplicateLength, Anomaly::LengthList])
    );
    assert_eq!(
        declared(&[(LENGTH, "5"), (LENGTH, "6")], true),
        (Framing::Length(5), vec![Anomaly::ConflictingLength])
    );
    assert_eq!(declared(&[(LENGTH, "-5")], true), (Framing::Length(0), vec![Anomaly::BadLength]));
    assert_eq!(declared(&[(LENGTH, "1e3")], false), (Framing::UntilClose, vec![Anomaly::BadLength]));
    assert_eq!(declared(&[(LENGTH, "9999999999999999999")], false).0, Framing::UntilClose);
    assert_eq!(
        declared(&[("Content_Length", "5")], true),
        (Framing::Length(0), vec![Anomaly::LookalikeField])
    );
}

#[test]
fn codings() {
    let with = |value| declared(&[(CODING, value)], false).0;
    // Recipients disagree about odd lists; most of them take anything that names it for chunked.
    for value in ["chunked", "gzip,CHUNKED", "chunked ;a=b", "chunked,", "chunked, identity", "a chunked"] {
        assert_eq!(with(value), Framing::Chunked, "{value}");
    }
    for value in ["", "gzip", "chunke", "identity"] {
        assert_eq!(with(value), Framing::UntilClose, "{value}");
    }
    let two = |one, two| declared(&[(CODING, one), (CODING, two)], false).0;
    assert_eq!(two("gzip", "chunked"), Framing::Chunked);
    assert_eq!(two("chunked", "gzip"), Framing::Chunked);
    assert_eq!(two("chunked", ""), Framing::Chunked);
    assert_eq!(
        declared(&[(LENGTH, "5"), (CODING, "gzip, Chunked")], true),
        (Framing::Chunked, vec![Anomaly::TransferEncodingWithLength])
    );
    assert_eq!(
        declared(&[(CODING, "identity"), (LENGTH, "3")], false),
        (Framing::Length(3), vec![Anomaly::TransferEncodingWithLength, Anomaly::UnknownTransferCoding])
    );
}

#[test]
fn what_is_odd_about_codings() {
    use Anomaly as A;
    for (value, is_request, odd) in [
        ("gzip, chunked", true, &[][..]),
        ("gzip", false, &[]),
        ("gzip", true, &[A::ChunkedNotLast]),
        ("chunked, gzip", false, &[A::ChunkedNotLast]),
        ("chunked, chunked", true, &[A::ChunkedTwice]),
        ("pigeons", false, &[A::UnknownTransferCoding]),
        ("chunkedchunked", false, &[A::UnknownTransferCoding]),
        ("chunked;a", false, &[A::ChunkedNotLast, A::BadTransferEncoding]),
        ("", false, &[A::BadTransferEncoding]),
        ("a b", false, &[A::BadTransferEncoding]),
    ] {
        assert_eq!(declared(&[(CODING, value)], is_request).1, odd, "{value}");
    }
    assert_eq!(declared_in(Mode::Lenient, 0, &[(CODING, "chunked")], true).1, [A::TransferEncodingInHttp10]);
}

#[test]
fn strictly_only_the_last_coding_counts() {
    let framing = |value| declared_in(Mode::Strict, 1, &[(CODING, value)], false).0;
    assert_eq!(framing("gzip, chunked"), Framing::Chunked);
    for value in ["chunked, gzip", "chunkedchunked", "chunked;a", "identity"] {
        assert_eq!(framing(value), Framing::UntilClose, "{value}");
    }
}

#[test]
fn hosts() {
    let odd = |minor, fields: &[(&str, &str)]| {
        let fields: Vec<_> =
            fields.iter().map(|(n, v)| Field { name: n.as_bytes(), value: v.as_bytes() }).collect();
        let mut anomalies = Anomalies::default();
        Declared::of(&fields, &mut anomalies).oddities(&start(true, minor), true, &mut anomalies);
        anomalies.iter().collect::<Vec<_>>()
    };
    assert_eq!(odd(1, &[]), [Anomaly::MissingHost]);
    assert_eq!(odd(0, &[]), []);
    assert_eq!(odd(1, &[("hOST", "a:80")]), []);
    assert_eq!(odd(1, &[("Host", "a"), ("Host", "a")]), [Anomaly::SeveralHosts]);
    assert_eq!(odd(1, &[("Host", "a b")]), [Anomaly::BadHost]);
}

#[test]
fn the_last_message_of_a_connection() {
    let last = |minor, value: &str| {
        let fields = [Field { name: b"connection", value: value.as_bytes() }];
        Declared::of(&fields, &mut Anomalies::default()).is_last(minor)
    };
    assert!(last(1, "close") && last(1, "te, CLOSE ") && last(0, "") && last(0, "te"));
    assert!(!last(1, "") && !last(1, "closed") && !last(0, "Keep-Alive"));
}
