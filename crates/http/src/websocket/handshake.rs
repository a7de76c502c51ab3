//! The opening handshake (RFC 6455 §4) and what it negotiates (RFC 7692 §7.1).

use data_encoding::BASE64;
use sha1::{Digest, Sha1};

use crate::framing::contains_ignore_case;
use crate::grammar::trim;
use crate::{Anomaly, Field, PermessageDeflate, WebSocketDialect};

/// What the key is hashed with (RFC 6455 §1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Length of a Sec-WebSocket-Accept: 20 bytes in base 64.
const ACCEPT: usize = 28;

/// What remains to be known of a request for WebSocket until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// What Sec-WebSocket-Accept must be; `None` where the request has no key.
    accept: Option<[u8; ACCEPT]>,
    /// The request has the two keys of draft-hixie-76: eight bytes follow its head.
    pub(crate) two_keys: bool,
}

impl Asked {
    /// Of a request's fields; `None` where it does not ask for WebSocket.
    pub(crate) fn of(fields: &[Field<'_>], upgrade: &[u8]) -> Option<Self> {
        if !contains_ignore_case(upgrade, b"websocket") {
            return None;
        }
        let has = |name| field(fields, name).is_some();
        Some(Self {
            accept: field(fields, b"sec-websocket-key").map(accept_of),
            two_keys: has(b"sec-websocket-key1") && has(b"sec-websocket-key2"),
        })
    }
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
    pub(crate) anomaly: Option<Anomaly>,
}

/// The extensions in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    pub(crate) deflate: Option<PermessageDeflate>,
    /// There are others: what the reserved bits mean is not known.
    pub(crate) others: bool,
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
        let (extensions, valid) = extensions(fields);
        Self {
            dialect,
            subprotocol: field(fields, b"sec-websocket-protocol").or(field(fields, b"websocket-protocol")),
            extensions,
            anomaly: if wrong {
                Some(Anomaly::BadAccept)
            } else if valid {
                None
            } else {
                Some(Anomaly::BadExtension)
            },
        }
    }
}

/// All Sec-WebSocket-Extensions fields (RFC 6455 §9.1), and whether permessage-deflate's parameters are valid. The first
/// permessage-deflate counts.
fn extensions(fields: &[Field<'_>]) -> (Extensions, bool) {
    let (mut found, mut valid) = (Extensions::default(), true);
    let lists = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(b"sec-websocket-extensions"));
    for extension in lists.flat_map(|field| field.value.split(|&byte| byte == b',')) {
        let mut parts = extension.split(|&byte| byte == b';').map(trim);
        match parts.next() {
            None | Some(b"") => {}
            Some(name) if name.eq_ignore_ascii_case(b"permessage-deflate") && found.deflate.is_none() => {
                let mut deflate = PermessageDeflate::default();
                parts.for_each(|part| valid &= parameter(&mut deflate, part));
                found.deflate = Some(deflate);
            }
            Some(_) => found.others = true,
        }
    }
    (found, valid)
}

/// One parameter of permessage-deflate (RFC 7692 §7.1); false where it is none.
fn parameter(deflate: &mut PermessageDeflate, part: &[u8]) -> bool {
    let (name, value) = match memchr::memchr(b'=', part).and_then(|place| part.split_at_checked(place)) {
        Some((name, value)) => (trim(name), Some(trim(value.get(1..).unwrap_or_default()))),
        None => (part, None),
    };
    let bits = value.and_then(|value| {
        let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        match value {
            [digit @ b'8'..=b'9'] => Some(digit - b'0'),
            [b'1', digit @ b'0'..=b'5'] => Some(10 + digit - b'0'),
            _ => None,
        }
    });
    if name.eq_ignore_ascii_case(b"server_no_context_takeover") {
        deflate.server_no_context_takeover = true;
        value.is_none()
    } else if name.eq_ignore_ascii_case(b"client_no_context_takeover") {
        deflate.client_no_context_takeover = true;
        value.is_none()
    } else if name.eq_ignore_ascii_case(b"server_max_window_bits") {
        deflate.server_max_window_bits = bits.unwrap_or(deflate.server_max_window_bits);
        bits.is_some()
    } else if name.eq_ignore_ascii_case(b"client_max_window_bits") {
        deflate.client_max_window_bits = bits.unwrap_or(deflate.client_max_window_bits);
        bits.is_some()
    } else {
        false
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
        let asked = Asked::of(&fields(&[("Sec-WebSocket-KEY", "dGhlIHNhbXBsZSBub25jZQ==")]), b"WebSocket");
        let answer = |value| {
            let agreed = [("sec-websocket-accept", value), ("Sec-WebSocket-Protocol", "chat")];
            let agreed = fields(&agreed);
            let agreed = Agreed::of(&agreed, asked.as_ref());
            assert_eq!(agreed.subprotocol, Some(&b"chat"[..]));
            (agreed.dialect, agreed.anomaly)
        };
        assert_eq!(answer("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), (WebSocketDialect::Rfc6455, None));
        assert_eq!(
            answer("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=x"),
            (WebSocketDialect::Rfc6455, Some(Anomaly::BadAccept))
        );
        let without = Agreed::of(&[], asked.as_ref());
        assert_eq!((without.dialect, without.anomaly), (WebSocketDialect::Rfc6455, Some(Anomaly::BadAccept)));
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
    fn parameters() {
        let parse = |value| {
            let (found, valid) = extensions(&fields(&[("Sec-WebSocket-Extensions", value)]));
            let d = found.deflate.map(|d| {
                let no = (d.server_no_context_takeover, d.client_no_context_takeover);
                (no.0, no.1, d.server_max_window_bits, d.client_max_window_bits)
            });
            (d, found.others, valid)
        };
        assert_eq!(parse(""), (None, false, true));
        assert_eq!(parse("permessage-deflate"), (Some((false, false, 15, 15)), false, true));
        let all = "PerMessage-Deflate; server_no_context_takeover ;client_no_context_takeover;\
                   server_max_window_bits=10; client_max_window_bits = \"8\" , x-other";
        assert_eq!(parse(all), (Some((true, true, 10, 8)), true, true));
        for bad in
            ["client_max_window_bits", "server_max_window_bits=16", "server_max_window_bits=08", "x", ""]
        {
            let value = format!("permessage-deflate; {bad}");
            let parsed = extensions(&fields(&[("Sec-WebSocket-Extensions", &value)]));
            assert!(parsed.0.deflate.is_some() && !parsed.1, "{bad}");
        }
        let twice = fields(&[
            ("Sec-WebSocket-Extensions", "x-webkit-deflate-frame"),
            ("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=9"),
        ]);
        let (found, valid) = extensions(&twice);
        assert!(found.others && valid && found.deflate.is_some_and(|d| d.server_max_window_bits == 9));
    }
}
