//! The opening handshake (RFC 6455 §4).

use data_encoding::BASE64;
use sha1::{Digest, Sha1};

use super::extension::{Answer, Extensions, Names, Offers, elements};
use crate::framing::contains_ignore_case;
use crate::{Anomaly, Field, WebSocketDialect};

/// What the key is hashed with (RFC 6455 §1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const SUBPROTOCOL: &[u8] = b"sec-websocket-protocol";

/// Length of a Sec-WebSocket-Accept: 20 bytes in base 64.
const ACCEPT: usize = 28;

/// What remains to be known of a request for WebSocket until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// What Sec-WebSocket-Accept must be; `None` where the request has no key.
    accept: Option<[u8; ACCEPT]>,
    /// The request has the two keys of draft-hixie-76: eight bytes follow its head.
    pub(crate) two_keys: bool,
    /// What is wrong with the request.
    pub(crate) anomaly: Option<Anomaly>,
    offers: Offers,
    subprotocols: Names,
}

impl Asked {
    /// Of a request's fields; `None` where it does not ask for WebSocket.
    pub(crate) fn of(fields: &[Field<'_>], upgrade: &[u8]) -> Option<Self> {
        if !contains_ignore_case(upgrade, b"websocket") {
            return None;
        }
        let has = |name| field(fields, name).is_some();
        let key = field(fields, b"sec-websocket-key");
        let mut subprotocols = Names::default();
        elements(fields, SUBPROTOCOL).for_each(|name| subprotocols.add(name));
        Some(Self {
            accept: key.map(accept_of),
            anomaly: key.filter(|key| !is_nonce(key)).map(|_| Anomaly::BadKey),
            offers: Offers::of(fields),
            subprotocols,
            two_keys: has(b"sec-websocket-key1") && has(b"sec-websocket-key2"),
        })
    }
}

/// Whether a key is 16 bytes in base 64 (RFC 6455 §4.1).
fn is_nonce(key: &[u8]) -> bool {
    let digits = key.strip_suffix(b"==").filter(|digits| digits.len() == 22).unwrap_or_default();
    !digits.is_empty()
        && digits.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/'))
}

/// The answer to a key (RFC 6455 §4.2.2).
fn accept_of(key: &[u8]) -> [u8; ACCEPT] {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    let mut accept = [0; ACCEPT];
    BASE64.encode_mut(&digest, &mut accept);
    accept
}

/// The first field of this name.
fn field<'a>(fields: &[Field<'a>], name: &[u8]) -> Option<&'a [u8]> {
    fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
}

/// What a 101 response agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreed<'a> {
    pub(crate) dialect: WebSocketDialect,
    pub(crate) subprotocol: Option<&'a [u8]>,
    pub(crate) extensions: Extensions,
    /// What is wrong with the response.
    pub(crate) anomalies: [Option<Anomaly>; 3],
}

impl<'a> Agreed<'a> {
    /// Of a response's fields, and of the request, where it is known.
    pub(crate) fn of(fields: &[Field<'a>], asked: Option<&Asked>) -> Self {
        let accept = field(fields, b"sec-websocket-accept");
        let has = |name| field(fields, name).is_some();
        let hixie_76 = asked.is_some_and(|asked| asked.two_keys)
            || has(b"sec-websocket-location")
            || has(b"sec-websocket-origin") && asked.is_none_or(|asked| asked.accept.is_none());
        let dialect = match accept {
            Some(_) => WebSocketDialect::Rfc6455,
            None if hixie_76 => WebSocketDialect::Hixie76,
            None if asked.is_some_and(|asked| asked.accept.is_some()) => WebSocketDialect::Rfc6455,
            None => WebSocketDialect::Unstated,
        };
        let expected = asked.and_then(|asked| asked.accept.as_ref());
        let wrong = dialect == WebSocketDialect::Rfc6455
            && expected.is_some_and(|expected| accept != Some(expected.as_slice()));
        let answer = Answer::of(fields, asked.map(|asked| &asked.offers));
        let subprotocol = field(fields, SUBPROTOCOL);
        let unasked = |name: &&[u8]| asked.is_some_and(|asked| !asked.subprotocols.has(name));
        let not_offered = answer.not_offered || subprotocol.filter(unasked).is_some();
        Self {
            dialect,
            subprotocol: subprotocol.or(field(fields, b"websocket-protocol")),
            extensions: answer.extensions,
            anomalies: [
                wrong.then_some(Anomaly::BadAccept),
                answer.bad.then_some(Anomaly::BadExtension),
                not_offered.then_some(Anomaly::NotOffered),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields<'a>(list: &[(&'a str, &'a str)]) -> Vec<Field<'a>> {
        list.iter().map(|(name, value)| Field { name: name.as_bytes(), value: value.as_bytes() }).collect()
    }

    #[test]
    fn the_rfcs_key() {
        assert_eq!(&accept_of(b"dGhlIHNhbXBsZSBub25jZQ=="), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let request =
            [("Sec-WebSocket-KEY", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Protocol", "echo,chat")];
        let asked = Asked::of(&fields(&request), b"WebSocket");
        let answer = |value| {
            let agreed = [("sec-websocket-accept", value), ("Sec-WebSocket-Protocol", "chat")];
            let agreed = fields(&agreed);
            let agreed = Agreed::of(&agreed, asked.as_ref());
            assert_eq!(agreed.subprotocol, Some(&b"chat"[..]));
            (agreed.dialect, agreed.anomalies.into_iter().flatten().collect::<Vec<_>>())
        };
        assert_eq!(answer("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), (WebSocketDialect::Rfc6455, vec![]));
        assert_eq!(
            answer("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=x"),
            (WebSocketDialect::Rfc6455, vec![Anomaly::BadAccept])
        );
        let without = Agreed::of(&[], asked.as_ref());
        assert_eq!(
            (without.dialect, without.anomalies[0]),
            (WebSocketDialect::Rfc6455, Some(Anomaly::BadAccept))
        );
        assert_eq!(Agreed::of(&[], None).dialect, WebSocketDialect::Unstated);
        assert_eq!(Asked::of(&[], b"h2c"), None);
    }

    #[test]
    fn old_dialects() {
        let two =
            [("Sec-WebSocket-Key1", "4 @1  46546xW%0l 1 5"), ("Sec-WebSocket-Key2", "12998 5 Y3 1  .P00")];
        let asked = Asked::of(&fields(&two), b"WebSocket").expect("asks for it");
        assert!(asked.two_keys);
        assert_eq!(Agreed::of(&[], Some(&asked)).dialect, WebSocketDialect::Hixie76);
        let location = [("Sec-WebSocket-Location", "ws://a/")];
        assert_eq!(Agreed::of(&fields(&location), None).dialect, WebSocketDialect::Hixie76);
        let asked = Asked::of(&[], b"WebSocket").expect("asks for it");
        let location = [("WebSocket-Location", "ws://a/")];
        assert_eq!(Agreed::of(&fields(&location), Some(&asked)).dialect, WebSocketDialect::Unstated);
    }

    #[test]
    fn what_was_not_offered() {
        let asked = |protocols| {
            let request = [("Sec-WebSocket-Protocol", protocols), ("Sec-WebSocket-Key", "x")];
            Asked::of(&fields(&request), b"websocket").expect("asks for it")
        };
        let chosen = |protocols, name| {
            let answer = [("Sec-WebSocket-Protocol", name)];
            Agreed::of(&fields(&answer), Some(&asked(protocols))).anomalies[2]
        };
        for (protocols, name, offered) in [
            ("chat", "chat", true),
            ("a , chat", "chat", true),
            ("", "chat", false),
            ("Chat", "chat", false),
            ("chat, superchat", "chat, superchat", false),
            ("a,b,c,d,e", "f", true),
        ] {
            assert_eq!(chosen(protocols, name), (!offered).then_some(Anomaly::NotOffered), "{protocols:?}");
        }
        assert_eq!(Agreed::of(&fields(&[("Sec-WebSocket-Protocol", "chat")]), None).anomalies, [None; 3]);
    }

    #[test]
    fn keys_have_sixteen_bytes() {
        let anomaly = |key| {
            Asked::of(&fields(&[("Sec-WebSocket-Key", key)]), b"websocket").and_then(|asked| asked.anomaly)
        };
        assert_eq!(anomaly("dGhlIHNhbXBsZSBub25jZQ=="), None);
        for key in
            ["", "x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j!!==", "dGhlIHNhbXBsZSBub25jZQQQ="]
        {
            assert_eq!(anomaly(key), Some(Anomaly::BadKey), "{key}");
        }
        assert_eq!(Asked::of(&[], b"websocket").and_then(|asked| asked.anomaly), None);
    }
}
