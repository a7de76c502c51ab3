//! What the fields say of a message: how long its body is (RFC 9112 §6.3), what follows it, and what is odd about that.

use crate::grammar::host::is_host;
use crate::grammar::request_line::RequestLine;
use crate::grammar::{StartLine, is_token, target, trim};
use crate::{Anomalies, Anomaly, Field, Mode};

/// The length of a message's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// What Transfer-Encoding says.
#[derive(Clone, Copy, Debug, Default)]
struct Codings {
    /// How often chunked is named, to be counted as two where more often.
    chunked: u8,
    /// The last coding is chunked.
    last: bool,
    /// Chunked is named, in whatever way.
    named: bool,
}

/// What the fields say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declared<'a> {
    codings: Option<Codings>,
    lengths: u32,
    length: Option<u64>,
    hosts: u32,
    host: &'a [u8],
    close: bool,
    keep_alive: bool,
    pub(crate) upgrade: Option<&'a [u8]>,
}

impl<'a> Declared<'a> {
    #[inline(always)]
    pub(crate) fn of(fields: &[Field<'a>], anomalies: &mut Anomalies) -> Self {
        let mut declared = Self::default();
        // Most names are none of these, as their lengths and first letters show.
        const LENGTHS: u32 = 1 << 4 | 1 << 7 | 1 << 10 | 1 << 14 | 1 << 17;
        const LETTERS: u32 = 1 << (b'h' & 31) | 1 << (b'u' & 31) | 1 << (b'c' & 31) | 1 << (b't' & 31);
        for field in fields {
            let Field { name, value } = *field;
            let [first, ..] = name else { continue };
            if name.len() >= 32 || LENGTHS >> name.len() & LETTERS >> (first & 31) & 1 == 0 {
                continue;
            }
            match (name.len(), first | 0x20) {
                (4, b'h') if is(name, b"host") => {
                    declared.hosts += 1;
                    if declared.hosts == 1 {
                        declared.host = value;
                    }
                }
                (7, b'u') if is(name, b"upgrade") => {
                    declared.upgrade = declared.upgrade.or(Some(value));
                }
                (10, b'c') if is(name, b"connection") => declared.add_connection(value),
                (14, b'c') if is_or_looks_like(name, b"content-length", anomalies) => {
                    declared.add_length(value, anomalies);
                }
                (17, b't') if is_or_looks_like(name, b"transfer-encoding", anomalies) => {
                    declared.add_codings(value, anomalies);
                }
                _ => {}
            }
        }
        declared
    }

    fn add_connection(&mut self, value: &[u8]) {
        if is(value, b"keep-alive") {
            self.keep_alive = true;
            return;
        }
        for option in value.split(|&byte| byte == b',').map(trim) {
            self.close |= is(option, b"close");
            self.keep_alive |= is(option, b"keep-alive");
        }
    }

    /// A list of equal numbers is one number; the first one counts.
    fn add_length(&mut self, value: &[u8], anomalies: &mut Anomalies) {
        self.lengths = self.lengths.saturating_add(1);
        let is_first_field = self.lengths == 1;
        if is_first_field && let Some(number) = decimal(value) {
            self.length = Some(number);
            return;
        }
        let mut differs = false;
        for (place, item) in value.split(|&byte| byte == b',').enumerate() {
            let number = decimal(trim(item));
            if is_first_field && place == 0 {
                self.length = number;
            } else if number != self.length {
                differs = true;
            } else if place > 0 {
                anomalies.insert(Anomaly::LengthList);
            }
        }
        if differs {
            anomalies.insert(Anomaly::ConflictingLength);
        } else if !is_first_field {
            anomalies.insert(Anomaly::DuplicateLength);
        }
    }

    fn add_codings(&mut self, value: &[u8], anomalies: &mut Anomalies) {
        let codings = self.codings.get_or_insert_default();
        codings.named |= contains_ignore_case(value, b"chunked");
        for item in value.split(|&byte| byte == b',').map(trim) {
            let end = item.iter().position(|&byte| byte == b';').unwrap_or(item.len());
            let (coding, parameters) = item.split_at_checked(end).unwrap_or((item, b""));
            let coding = trim(coding);
            codings.last = coding.eq_ignore_ascii_case(b"chunked") && parameters.is_empty();
            if coding.eq_ignore_ascii_case(b"chunked") {
                codings.chunked = (codings.chunked + 1).min(2);
            }
            if !is_token(coding) || coding.eq_ignore_ascii_case(b"chunked") && !codings.last {
                anomalies.insert(Anomaly::BadTransferEncoding);
            } else if !codings.last && !is_registered(coding) {
                anomalies.insert(Anomaly::UnknownTransferCoding);
            }
        }
    }

    /// RFC 9112 §6.3, steps 4 to 8, for a message that may have a body.
    pub(crate) fn framing(&self, is_request: bool, mode: Mode) -> Framing {
        // Recipients disagree about odd lists; most of them take anything that names it for chunked.
        let is_chunked = |codings: &Codings| match mode {
            Mode::Lenient => codings.named,
            Mode::Strict => codings.last,
        };
        match (self.codings, self.length) {
            (Some(codings), _) if is_chunked(&codings) => Framing::Chunked,
            (Some(_), _) if mode == Mode::Strict => Framing::UntilClose,
            (_, Some(length)) => Framing::Length(length),
            _ if is_request => Framing::Length(0),
            _ => Framing::UntilClose,
        }
    }

    /// What the fields together, and with the start line, have that is odd; `is_whole`: no field is missing.
    #[inline(always)]
    pub(crate) fn oddities(&self, start: &StartLine<'_>, is_whole: bool, anomalies: &mut Anomalies) {
        let (is_request, minor) = match start {
            StartLine::Request(line) => (true, line.version.minor),
            StartLine::Status(line) => (false, line.version.minor),
        };
        if let Some(codings) = self.codings {
            if self.lengths > 0 {
                anomalies.insert(Anomaly::TransferEncodingWithLength);
            }
            if minor == 0 {
                anomalies.insert(Anomaly::TransferEncodingInHttp10);
            }
            if codings.chunked > 1 {
                anomalies.insert(Anomaly::ChunkedTwice);
            }
            if !codings.last && (is_request || codings.chunked > 0) {
                anomalies.insert(Anomaly::ChunkedNotLast);
            }
        }
        if self.lengths > 0 && self.length.is_none() && !self.codings.is_some_and(|codings| codings.named) {
            anomalies.insert(Anomaly::BadLength);
        }
        if let StartLine::Request(RequestLine { method, target, .. }) = start {
            match self.hosts {
                0 if minor >= 1 && is_whole => anomalies.insert(Anomaly::MissingHost),
                0 | 1 => false,
                _ => anomalies.insert(Anomaly::SeveralHosts),
            };
            if !is_host(self.host) {
                anomalies.insert(Anomaly::BadHost);
            } else if self.hosts > 0 && target::differs_from_host(method, target, self.host) {
                anomalies.insert(Anomaly::HostMismatch);
            }
        }
    }

    /// Whether a length or a coding is told.
    pub(crate) fn tells_framing(&self) -> bool {
        self.lengths > 0 || self.codings.is_some()
    }

    /// Whether a body is told of that is not empty.
    pub(crate) fn tells_body(&self) -> bool {
        self.codings.is_some() || self.length.is_some_and(|length| length > 0)
    }

    /// Whether this is the sender's last message (RFC 9112 §9.3).
    pub(crate) fn is_last(&self, minor: u8) -> bool {
        self.close || minor == 0 && !self.keep_alive
    }
}

/// Whether it is this name, which is of lower-case letters and hyphens. Without a branch for each byte.
#[inline(always)]
fn is<const N: usize>(name: &[u8], known: &[u8; N]) -> bool {
    let difference = |name: &[u8; N]| {
        // Letters may differ in their case.
        let mask = |known: u8| if known == b'-' { 0xff } else { 0xdf };
        name.iter().zip(known).fold(0, |all, (&byte, &known)| all | ((byte ^ known) & mask(known)))
    };
    name.len() == N && name.first_chunk::<N>().is_some_and(|name| difference(name) == 0)
}

/// The same; one with an underscore for the hyphen is not this name, but odd.
#[inline(always)]
fn is_or_looks_like<const N: usize>(name: &[u8], known: &[u8; N], anomalies: &mut Anomalies) -> bool {
    let is = is(name, known);
    let same = |(&one, &other): (&u8, &u8)| one.eq_ignore_ascii_case(&other) || one == b'_' && other == b'-';
    if !is && memchr::memchr(b'_', name).is_some() && name.iter().zip(known).all(same) {
        anomalies.insert(Anomaly::LookalikeField);
    }
    is
}

/// A transfer coding that the registry has and RFC 9112 §7 leaves in it, other than chunked.
fn is_registered(coding: &[u8]) -> bool {
    [&b"gzip"[..], b"x-gzip", b"deflate", b"compress", b"x-compress"]
        .iter()
        .any(|known| coding.eq_ignore_ascii_case(known))
}

/// Fields that a trailer section must not have (RFC 9110 §6.5.1): a choice of those that say how a message is framed,
/// where it goes, and for whom.
pub(crate) fn is_forbidden_trailer(name: &[u8]) -> bool {
    [
        &b"transfer-encoding"[..],
        b"content-length",
        b"host",
        b"content-encoding",
        b"content-type",
        b"content-range",
        b"trailer",
        b"te",
        b"authorization",
        b"set-cookie",
        b"cookie",
        b"connection",
        b"cache-control",
    ]
    .iter()
    .any(|known| name.eq_ignore_ascii_case(known))
}

/// One to eighteen digits.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

pub(crate) fn contains_ignore_case(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
