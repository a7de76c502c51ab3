//! Sec-WebSocket-Extensions: what is offered, what is agreed to (RFC 6455 §9.1), and permessage-deflate's parameters
//! (RFC 7692 §7.1).

use crate::grammar::trim;
use crate::{Field, PermessageDeflate};

/// The extensions in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    pub(crate) deflate: Option<PermessageDeflate>,
    /// There are others: what the reserved bits mean is not known.
    pub(crate) others: bool,
}

/// Names that a request lists, as hashes: so many are told apart, and of more any one may be meant.
const MOST_NAMES: usize = 4;

/// A short list of names, small enough to be kept until the answer comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    hashes: [u32; MOST_NAMES],
    len: usize,
}

/// FNV-1a.
fn hash(name: &[u8]) -> u32 {
    name.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Names {
    pub(super) fn add(&mut self, name: &[u8]) {
        if let Some(place) = self.hashes.get_mut(self.len) {
            *place = hash(name);
        }
        self.len = self.len.saturating_add(1);
    }

    /// Whether this name may be in the list.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        self.len > MOST_NAMES || self.hashes.iter().take(self.len).any(|&own| own == hash(name))
    }
}

/// The elements of a list in all fields of a name (RFC 9110 §5.6.1), the empty ones left out.
pub(super) fn elements<'a>(fields: &[Field<'a>], name: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let lists = fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
    lists
        .flat_map(|field| field.value.split(|&byte| byte == b','))
        .map(trim)
        .filter(|element| !element.is_empty())
}

/// One permessage-deflate with its parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Deflate {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// Without a value, which offers may leave out, it is 15.
    client_max_window_bits: Option<u8>,
    /// A parameter is none, or comes twice.
    bad: bool,
}

impl Deflate {
    fn parse<'a>(parameters: impl Iterator<Item = &'a [u8]>, offer: bool) -> Self {
        let mut deflate = Self::default();
        for parameter in parameters {
            let good = deflate.parameter(parameter, offer);
            deflate.bad |= !good;
        }
        deflate
    }

    /// False where it is none.
    fn parameter(&mut self, part: &[u8], offer: bool) -> bool {
        let (name, value) = match memchr::memchr(b'=', part).and_then(|place| part.split_at_checked(place)) {
            Some((name, value)) => (trim(name), Some(trim(value.get(1..).unwrap_or_default()))),
            None => (part, None),
        };
        let is = |own: &str| name.eq_ignore_ascii_case(own.as_bytes());
        if is("server_no_context_takeover") {
            !std::mem::replace(&mut self.server_no_context_takeover, true) && value.is_none()
        } else if is("client_no_context_takeover") {
            !std::mem::replace(&mut self.client_no_context_takeover, true) && value.is_none()
        } else if is("server_max_window_bits") {
            set(&mut self.server_max_window_bits, value.and_then(bits))
        } else if is("client_max_window_bits") {
            let bits = if offer && value.is_none() { Some(15) } else { value.and_then(bits) };
            set(&mut self.client_max_window_bits, bits)
        } else {
            false
        }
    }

    /// Whether this answer accepts that offer (RFC 7692 §7.1.1, §7.1.2).
    fn accepts(&self, offer: &Self) -> bool {
        let server_bits = match (offer.server_max_window_bits, self.server_max_window_bits) {
            (Some(most), Some(bits)) => bits <= most,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let client_bits = match (offer.client_max_window_bits, self.client_max_window_bits) {
            (Some(most), Some(bits)) => bits <= most,
            (None, Some(_)) => false,
            (_, None) => true,
        };
        let takeover = self.server_no_context_takeover || !offer.server_no_context_takeover;
        !offer.bad && server_bits && client_bits && takeover
    }

    fn agreed(&self) -> PermessageDeflate {
        PermessageDeflate {
            server_no_context_takeover: self.server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover,
            server_max_window_bits: self.server_max_window_bits.unwrap_or(15),
            client_max_window_bits: self.client_max_window_bits.unwrap_or(15),
        }
    }
}

/// Takes a parameter's value; false where it is none, or comes twice: the first one counts.
fn set(place: &mut Option<u8>, value: Option<u8>) -> bool {
    let first = place.is_none();
    *place = place.or(value);
    first && value.is_some()
}

/// The exponent of a window: 8 to 15, perhaps in quotes, without leading zeros.
fn bits(value: &[u8]) -> Option<u8> {
    let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    match value {
        [digit @ b'8'..=b'9'] => Some(digit - b'0'),
        [b'1', digit @ b'0'..=b'5'] => Some(10 + digit - b'0'),
        _ => None,
    }
}

/// An element's name, and its parameters.
fn split(element: &[u8]) -> (&[u8], impl Iterator<Item = &[u8]>) {
    let mut parts = element.split(|&byte| byte == b';').map(trim);
    (parts.next().unwrap_or_default(), parts)
}

const HEADER: &[u8] = b"sec-websocket-extensions";
const DEFLATE: &[u8] = b"permessage-deflate";

/// Offers of permessage-deflate that are told apart. Of more any answer is taken for an accepting one.
const MOST_OFFERS: usize = 4;

/// What a request offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offers {
    deflate: [Deflate; MOST_OFFERS],
    len: usize,
    others: Names,
}

impl Offers {
    pub(super) fn of(fields: &[Field<'_>]) -> Self {
        let mut offers = Self::default();
        for element in elements(fields, HEADER) {
            let (name, parameters) = split(element);
            if name.eq_ignore_ascii_case(DEFLATE) {
                if let Some(place) = offers.deflate.get_mut(offers.len) {
                    *place = Deflate::parse(parameters, true);
                }
                offers.len = offers.len.saturating_add(1);
            } else {
                offers.others.add(&name.to_ascii_lowercase());
            }
        }
        offers
    }

    fn accepted_by(&self, answer: &Deflate) -> bool {
        self.len > MOST_OFFERS || self.deflate.iter().take(self.len).any(|offer| answer.accepts(offer))
    }
}

/// What a response says of extensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) extensions: Extensions,
    /// The parameters of permessage-deflate are not valid, or it comes twice.
    pub(super) bad: bool,
    /// The request did not offer it.
    pub(super) not_offered: bool,
}

impl Answer {
    /// The first permessage-deflate counts. `offers`: where the request is known.
    pub(super) fn of(fields: &[Field<'_>], offers: Option<&Offers>) -> Self {
        let mut answer = Self::default();
        for element in elements(fields, HEADER) {
            let (name, parameters) = split(element);
            if !name.eq_ignore_ascii_case(DEFLATE) {
                answer.extensions.others = true;
                answer.not_offered |= offers.is_some_and(|own| !own.others.has(&name.to_ascii_lowercase()));
                continue;
            }
            if answer.extensions.deflate.is_some() {
                answer.bad = true;
                continue;
            }
            let deflate = Deflate::parse(parameters, false);
            answer.bad |= deflate.bad;
            answer.not_offered |= offers.is_some_and(|own| !own.accepted_by(&deflate));
            answer.extensions.deflate = Some(deflate.agreed());
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(offer: Option<&str>, value: &str) -> Answer {
        let field = |value: &str| Field {
            name: b"Sec-WebSocket-EXTENSIONS",
            value: value.to_owned().leak().as_bytes(),
        };
        let offers = offer.map(|offer| Offers::of(&[field(offer)]));
        Answer::of(&[field(value)], offers.as_ref())
    }

    #[test]
    fn parameters() {
        let parse = |value| {
            let Answer { extensions, bad, .. } = answer(None, value);
            let parameters = extensions.deflate.map(|d| {
                let no = (d.server_no_context_takeover, d.client_no_context_takeover);
                (no.0, no.1, d.server_max_window_bits, d.client_max_window_bits)
            });
            (parameters, extensions.others, !bad)
        };
        assert_eq!(parse(""), (None, false, true));
        assert_eq!(parse("permessage-deflate"), (Some((false, false, 15, 15)), false, true));
        let all = "PerMessage-Deflate; server_no_context_takeover ;client_no_context_takeover;\
                   server_max_window_bits=10; client_max_window_bits = \"8\" , x-other";
        assert_eq!(parse(all), (Some((true, true, 10, 8)), true, true));
        for bad in [
            "client_max_window_bits",
            "server_max_window_bits=16",
            "server_max_window_bits=08",
            "server_max_window_bits",
            "server_no_context_takeover=1",
            "client_no_context_takeover; client_no_context_takeover",
            "server_max_window_bits=9; server_max_window_bits=9",
            "x",
            "",
        ] {
            let parsed = answer(None, &format!("permessage-deflate; {bad}"));
            assert!(parsed.extensions.deflate.is_some() && parsed.bad, "{bad}");
        }
        let twice = [
            Field { name: HEADER, value: b"x-webkit-deflate-frame" },
            Field { name: HEADER, value: b"permessage-deflate; server_max_window_bits=9" },
        ];
        let found = Answer::of(&twice, None);
        assert!(found.extensions.others && !found.bad);
        assert_eq!(found.extensions.deflate.map(|d| d.server_max_window_bits), Some(9));
        assert!(answer(None, "permessage-deflate, permessage-deflate").bad);
    }

    #[test]
    fn an_answer_accepts_an_offer_or_not() {
        let many = "permessage-deflate; server_max_window_bits=8, ".repeat(MOST_OFFERS + 1);
        for (offer, value, accepted) in [
            ("", "permessage-deflate", false),
            ("permessage-deflate", "permessage-deflate", true),
            // What the server may say unasked, and what it may not.
            ("permessage-deflate", "permessage-deflate; server_no_context_takeover", true),
            ("permessage-deflate", "permessage-deflate; client_no_context_takeover", true),
            ("permessage-deflate", "permessage-deflate; server_max_window_bits=9", true),
            ("permessage-deflate", "permessage-deflate; client_max_window_bits=9", false),
            (
                "permessage-deflate; client_max_window_bits",
                "permessage-deflate; client_max_window_bits=9",
                true,
            ),
            (
                "permessage-deflate; client_max_window_bits=10",
                "permessage-deflate; client_max_window_bits=9",
                true,
            ),
            (
                "permessage-deflate; client_max_window_bits=10",
                "permessage-deflate; client_max_window_bits=11",
                false,
            ),
            ("permessage-deflate; client_max_window_bits=10", "permessage-deflate", true),
            // What it must repeat.
            ("permessage-deflate; server_no_context_takeover", "permessage-deflate", false),
            ("permessage-deflate; server_max_window_bits=10", "permessage-deflate", false),
            (
                "permessage-deflate; server_max_window_bits=10",
                "permessage-deflate; server_max_window_bits=11",
                false,
            ),
            (
                "permessage-deflate; server_max_window_bits=10",
                "permessage-deflate; server_max_window_bits=8",
                true,
            ),
            // The second offer.
            ("permessage-deflate; server_max_window_bits=10, permessage-deflate", "permessage-deflate", true),
            // An offer that must be declined.
            (
                "permessage-deflate; server_max_window_bits=7",
                "permessage-deflate; server_max_window_bits=8",
                false,
            ),
            ("permessage-deflate; x=1", "permessage-deflate", false),
            (&many, "permessage-deflate", true),
            // Others.
            ("X-Webkit-Deflate-Frame", "x-webkit-deflate-frame", true),
            ("permessage-deflate", "permessage-bzip2", false),
            ("a, b, c, d", "e", false),
            ("a, b, c, d, f", "e", true),
            ("permessage-deflate", "", true),
        ] {
            assert_eq!(answer(Some(offer), value).not_offered, !accepted, "{offer:?} {value:?}");
        }
        assert!(!answer(None, "permessage-deflate; client_max_window_bits=9").not_offered);
    }
}
