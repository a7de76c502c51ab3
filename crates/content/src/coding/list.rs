//! What Content-Encoding fields say.

use std::fmt;

/// One content coding (RFC 9110 §8.4.1; `br` RFC 7932, `zstd` RFC 8878).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coding {
    /// `gzip` or `x-gzip`.
    Gzip,
    /// `deflate`: zlib's form (RFC 1950) as the standard says, or raw (RFC 1951) as some send it.
    Deflate,
    /// `br`.
    Brotli,
    /// `zstd`.
    Zstd,
    /// Any other, in lower case, cut to 32 characters; what is no visible ASCII is a `?`.
    Unknown(String),
}

impl Coding {
    /// The registered name.
    pub fn name(&self) -> &str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
            Coding::Unknown(name) => name,
        }
    }

    fn parse(name: &[u8]) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Some(match name.as_slice() {
            b"" | b"identity" => return None,
            b"gzip" | b"x-gzip" => Coding::Gzip,
            b"deflate" => Coding::Deflate,
            b"br" => Coding::Brotli,
            b"zstd" => Coding::Zstd,
            other => {
                let visible = |&byte: &u8| if byte.is_ascii_graphic() { char::from(byte) } else { '?' };
                Coding::Unknown(other.iter().take(32).map(visible).collect())
            }
        })
    }
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Without blanks and control characters around it: some receivers take `\x0bgzip` for gzip, and so must an observer.
fn trimmed(name: &[u8]) -> &[u8] {
    let is_visible = |byte: &u8| *byte > b' ';
    let start = name.iter().position(is_visible).unwrap_or(name.len());
    let end = name.iter().rposition(is_visible).map_or(start, |last| last + 1);
    name.get(start..end).unwrap_or_default()
}

/// The codings of a message in the order in which they were applied; `identity` left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codings {
    list: Vec<Coding>,
    too_many: bool,
}

impl Codings {
    /// At most this many codings are kept; a message with more is not decoded.
    pub const MOST: usize = 5;

    /// Reads the values of all Content-Encoding fields of a message, in order.
    ///
    /// ```
    /// use wiretrace_content::{Coding, Codings};
    ///
    /// let codings = Codings::parse([b"deflate, X-GZIP".as_slice(), b"identity"]);
    /// assert_eq!(codings.as_slice(), [Coding::Deflate, Coding::Gzip]);
    /// ```
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut codings = Codings::default();
        let names = values.into_iter().flat_map(|value| value.split(|&byte| byte == b','));
        for coding in names.filter_map(|name| Coding::parse(trimmed(name))) {
            if codings.list.len() == Self::MOST {
                codings.too_many = true;
                break;
            }
            codings.list.push(coding);
        }
        codings
    }

    /// The codings, first applied first.
    pub fn as_slice(&self) -> &[Coding] {
        &self.list
    }

    /// Whether the content was sent as it is.
    pub fn is_identity(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether there were more than [`MOST`](Self::MOST).
    pub fn is_too_many(&self) -> bool {
        self.too_many
    }

    /// The most memory in bytes that a [`Decoder`](crate::Decoder) of these holds: windows and tables.
    pub fn memory(&self) -> usize {
        let of = |coding: &Coding| match coding {
            Coding::Gzip | Coding::Deflate => 96 << 10,
            Coding::Brotli => 17 << 20,
            Coding::Zstd => 9 << 20,
            Coding::Unknown(_) => 0,
        };
        self.list.iter().map(of).sum()
    }
}

impl fmt::Display for Codings {
    /// As in a field's value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, coding) in self.list.iter().enumerate() {
            write!(f, "{}{coding}", if number > 0 { ", " } else { "" })?;
        }
        f.write_str(if self.too_many { ", ..." } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_their_order() {
        let codings = Codings::parse([b" gzip ,br,,identity".as_slice(), b"Zstd , compress"]);
        assert_eq!(codings.to_string(), "gzip, br, zstd, compress");
        assert_eq!(codings.as_slice().last(), Some(&Coding::Unknown("compress".into())));
        assert_eq!(Codings::parse([b"\x0bgzip\x0b,\0br".as_slice()]).to_string(), "gzip, br");
        assert!(Codings::parse([]).is_identity() && Codings::parse([b"identity".as_slice()]).is_identity());
    }

    #[test]
    fn hostile_values_stay_small() {
        let long = vec![b'\xff'; 100_000];
        let codings = Codings::parse([long.as_slice()]);
        assert_eq!(codings.to_string(), "?".repeat(32));
        let many = Codings::parse([b"br,br,br,br,br,br,br".as_slice()]);
        assert!(many.is_too_many());
        assert_eq!(many.as_slice().len(), Codings::MOST);
    }
}
