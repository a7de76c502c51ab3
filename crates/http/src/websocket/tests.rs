use super::*;

#[test]
fn close_code_and_text() {
    let message = |opcode, payload, coding| WebSocketMessage {
        peer: Peer::A,
        offset: 0,
        opcode,
        fragments: 1,
        len: 0,
        payload,
        coding,
        compressed: false,
        complete: true,
        anomalies: &[],
    };
    let close = message(Opcode::Close, b"\x03\xe8bye", Coding::Plain);
    assert_eq!((close.close_code(), close.text()), (Some(1000), Some(&b"bye"[..])));
    for (body, code, text) in
        [(&b""[..], None, None), (b"\x03", None, None), (b"\x03\xe8", Some(1000), Some(&b""[..]))]
    {
        let close = message(Opcode::Close, body, Coding::Plain);
        assert_eq!((close.close_code(), close.text()), (code, text));
    }
    assert_eq!(message(Opcode::Text, b"hi", Coding::Inflated).text(), Some(&b"hi"[..]));
    assert_eq!(message(Opcode::Text, b"hi", Coding::Deflated).text(), None);
    assert_eq!(message(Opcode::Binary, b"\x03\xe8", Coding::Plain).text(), None);
    assert_eq!(message(Opcode::Binary, b"\x03\xe8", Coding::Plain).close_code(), None);
}
