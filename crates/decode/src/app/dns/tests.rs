use super::*;

const HEADER: [u8; 12] = [0, 7, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0];

fn message(counts: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    for (index, count) in counts.into_iter().enumerate() {
        out[5 + index * 2] = count;
    }
    out.extend(body);
    out
}

const QUESTION: &[u8] = b"\x07example\x03com\0\0\x01\0\x01";

fn record(name: &[u8], number: u16, data: &[u8]) -> Vec<u8> {
    let len = (data.len() as u16).to_be_bytes();
    [name, &number.to_be_bytes(), &[0, 1, 0, 0, 1, 44], &len, data].concat()
}

fn line(bytes: &[u8]) -> String {
    DnsMessage::new(bytes).unwrap().to_string()
}

#[test]
fn compressed_answers() {
    let cname = record(&[0xc0, 12], 5, b"\x03www\xc0\x0c");
    let address = record(&[0xc0, 41], 1, &[192, 0, 2, 1]);
    let bytes = message([1, 2, 0, 0], &[QUESTION, &cname, &address].concat());
    assert_eq!(line(&bytes), "DNS answer example.com A CNAME www.example.com, www.example.com A 192.0.2.1");
    let dns = DnsMessage::new(&bytes).unwrap();
    let records: Vec<String> = dns
        .items()
        .map(|item| if let DnsItem::Record(r) = item { r.to_string() } else { String::new() })
        .collect();
    assert_eq!(records, ["", "example.com 300 CNAME www.example.com", "www.example.com 300 A 192.0.2.1"]);
}

#[test]
fn data_of_every_known_type() {
    let pointer = [0xc0, 12];
    let soa =
        [&pointer[..], b"\x05admin\xc0\x0c", &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5]];
    let https = [
        &[0, 1, 0][..],
        &[0, 1, 0, 6, 2, b'h', b'2', 2, b'h', b'3', 0, 3, 0, 2, 1, 187],
        &[0, 4, 0, 4, 192, 0, 2, 9],
    ];
    for (number, data, want) in [
        (1, vec![192, 0, 2, 1], "A 192.0.2.1"),
        (28, [&[0x20, 1, 0x0d, 0xb8], &[0; 11][..], &[1]].concat(), "AAAA 2001:db8::1"),
        (2, pointer.to_vec(), "NS example.com"),
        (12, pointer.to_vec(), "PTR example.com"),
        (39, pointer.to_vec(), "DNAME example.com"),
        (15, [&[0, 10], &pointer[..]].concat(), "MX 10 example.com"),
        (16, b"\x03a\"b\x02\x1b\xff".to_vec(), r#"TXT "a\"b" "\027\255""#),
        (33, [&[0, 1, 0, 2, 0, 80], &pointer[..]].concat(), "SRV 1 2 80 example.com"),
        (6, soa.concat(), "SOA example.com admin.example.com 1 2 3 4 5"),
        (65, https.concat(), "HTTPS 1 . alpn=h2,h3 port=443 ipv4hint=192.0.2.9"),
        (99, vec![1, 2], "SPF 0102"),
        (1234, vec![], "TYPE1234 "),
        // Data that do not fit the type are shown as they are.
        (1, vec![1, 2, 3], "A 010203"),
        (15, vec![0], "MX 00"),
    ] {
        let bytes = message([1, 1, 0, 0], &[QUESTION, &record(&pointer, number, &data)].concat());
        let items: Vec<_> = DnsMessage::new(&bytes).unwrap().items().collect();
        let DnsItem::Record(record) = items[1] else { panic!("{number}: {items:?}") };
        assert_eq!(record.to_string(), format!("example.com 300 {want}"));
    }
}

#[test]
fn names_that_loop_or_run_away_are_malformed() {
    let to_itself = message([1, 0, 0, 0], &[0xc0, 12, 0, 1, 0, 1]);
    let to_each_other = message([1, 0, 0, 0], &[0xc0, 14, 0xc0, 12, 0, 1, 0, 1]);
    let forward = message([1, 0, 0, 0], &[0xc0, 18, 0, 1, 0, 1, 1, b'a', 0]);
    let reserved = message([1, 0, 0, 0], &[0x80, 0, 0, 1, 0, 1]);
    let cut = message([1, 0, 0, 0], &[3, b'a']);
    for bytes in [to_itself, to_each_other, forward, reserved, cut] {
        let dns = DnsMessage::new(&bytes).unwrap();
        assert_eq!(dns.items().collect::<Vec<_>>(), [DnsItem::Malformed { offset: 12 }]);
        assert_eq!(dns.to_string(), "DNS answer [malformed at 12]");
        assert_eq!(format!("{dns:#}"), "DNS answer [cut at 12]");
    }
    // 255 bytes are the most.
    let long: Vec<u8> = [&[63; 64][..], &[63; 64], &[63; 64], &[61; 62], &[0, 0, 1, 0, 1]].concat();
    assert!(DnsMessage::new(&message([1, 0, 0, 0], &long)).unwrap().question().is_some_and(|q| q.class != 0));
    let longer: Vec<u8> = [&[63; 64][..], &[63; 64], &[63; 64], &[62; 63], &[0, 0, 1, 0, 1]].concat();
    assert!(DnsMessage::new(&message([1, 0, 0, 0], &longer)).unwrap().question().is_none());
}

#[test]
fn pointers_are_counted() {
    // A name whose label stands at 12, then pointers each to the one before.
    let mut body = vec![1, b'a', 0];
    for index in 0..MAX_POINTERS as u16 + 1 {
        let target = if index == 0 { 12 } else { 15 + (index - 1) * 2 };
        body.extend((0xc000 | target).to_be_bytes());
    }
    let bytes = message([0, 0, 0, 0], &body);
    let last = bytes.len() - 2;
    assert!(DnsName::parse(&bytes, last).is_none());
    assert_eq!(DnsName::parse(&bytes, last - 2).unwrap().0.to_string(), "a");
}

#[test]
fn questions_over_tcp_and_codes() {
    let mut query = message([1, 0, 0, 0], QUESTION);
    query[2..4].copy_from_slice(&[0x01, 0]);
    let segment = [&(query.len() as u16).to_be_bytes()[..], &query, b"\0"].concat();
    let (dns, rest) = DnsMessage::over_tcp(&segment).unwrap();
    assert_eq!((dns.to_string().as_str(), rest), ("DNS question example.com A", &b"\0"[..]));
    assert!(DnsMessage::over_tcp(&segment[..20]).is_none());
    query[2..4].copy_from_slice(&[0x81, 0x83]);
    assert_eq!(line(&query), "DNS answer example.com A NXDOMAIN");
    query[2..4].copy_from_slice(&[0xaa, 0]);
    assert_eq!(line(&query), "DNS answer update example.com A NOERROR [truncated]");
}

#[test]
fn many_of_them_are_counted() {
    let records: Vec<u8> = (0..20).flat_map(|n| record(&[0xc0, 12], 1, &[192, 0, 2, n])).collect();
    let bytes = message([1, 20, 0, 0], &[QUESTION, &records].concat());
    assert!(line(&bytes).ends_with("192.0.2.6, 192.0.2.7 and 12 more"), "{}", line(&bytes));
    let questions = QUESTION.repeat(200);
    let bytes = message([200, 0, 0, 0], &questions);
    assert_eq!(line(&bytes), "DNS answer example.com A and 199 more NOERROR");
}
