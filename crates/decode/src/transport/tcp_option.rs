//! TCP options (RFC 9293 §3.2, RFC 7323, RFC 2018, RFC 7413, RFC 8684, RFC 5482, RFC 6994).

use core::fmt;

use nom::bytes::complete::take;
use nom::number::complete::{be_u8, be_u16, be_u32};
use nom::{IResult, Parser};

const END_OF_OPTION_LIST: u8 = 0;
const NO_OPERATION: u8 = 1;

/// One TCP option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TcpOption<'f> {
    /// Maximum segment size, bytes (RFC 9293 §3.7.1).
    MaximumSegmentSize(u16),
    /// Window scale, the shift count as sent (RFC 7323 §2.2 allows at most 14).
    WindowScale(u8),
    /// Selective acknowledgement is permitted (RFC 2018 §2).
    SackPermitted,
    /// Selective acknowledgement (RFC 2018 §3).
    Sack(SackBlocks<'f>),
    /// Timestamps (RFC 7323 §3).
    Timestamps {
        /// TSval: the sender's clock.
        value: u32,
        /// TSecr: the clock value echoed.
        echo_reply: u32,
    },
    /// Fast Open cookie, empty in a request for one (RFC 7413 §4.1.1).
    FastOpen(&'f [u8]),
    /// Multipath TCP (RFC 8684 §3).
    Multipath {
        /// The subtype, 0 to 15.
        subtype: u8,
        /// The option's bytes behind kind and length, subtype included.
        data: &'f [u8],
    },
    /// User timeout (RFC 5482 §3), in seconds.
    UserTimeout {
        /// The timeout.
        seconds: u32,
    },
    /// An experimental option, kind 253 or 254 (RFC 6994).
    Experimental {
        /// 253 or 254.
        kind: u8,
        /// Its bytes; the first two or four are the experiment identifier.
        data: &'f [u8],
    },
    /// Any other option, or a known kind with a length that is not its own.
    Unknown {
        /// The kind.
        kind: u8,
        /// Its bytes behind kind and length.
        data: &'f [u8],
    },
    /// A length below two, or beyond the header (or cut by the snap length). Nothing follows it.
    Malformed {
        /// The kind.
        kind: u8,
        /// What stands behind the kind.
        rest: &'f [u8],
    },
}

/// The edges of a SACK option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SackBlocks<'f>(&'f [u8]);

impl SackBlocks<'_> {
    /// Left edge (first sequence number) and right edge (the number behind the last) of each block.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let (blocks, _) = self.0.as_chunks::<8>();
        blocks.iter().map(|&[a, b, c, d, e, f, g, h]| {
            (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
        })
    }
}

/// Iterator over the options of a segment; ends at the end-of-list option, the header's end, or behind a
/// [`TcpOption::Malformed`].
#[derive(Clone, Copy, Debug)]
pub struct TcpOptions<'f> {
    rest: &'f [u8],
}

impl<'f> TcpOptions<'f> {
    /// Over the bytes behind the fixed header.
    #[inline]
    pub fn new(bytes: &'f [u8]) -> Self {
        TcpOptions { rest: bytes }
    }
}

impl<'f> Iterator for TcpOptions<'f> {
    type Item = TcpOption<'f>;

    fn next(&mut self) -> Option<TcpOption<'f>> {
        loop {
            let (&kind, rest) = self.rest.split_first()?;
            match kind {
                NO_OPERATION => self.rest = rest,
                END_OF_OPTION_LIST => {
                    self.rest = &[];
                    return None;
                }
                _ => {
                    let Ok((after, data)) = option_data(rest) else {
                        self.rest = &[];
                        return Some(TcpOption::Malformed { kind, rest });
                    };
                    self.rest = after;
                    return Some(option(kind, data));
                }
            }
        }
    }
}

/// Length byte and data; the length counts the kind and itself.
fn option_data(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, len) = be_u8(input)?;
    match len.checked_sub(2) {
        Some(data_len) => take(data_len).parse(rest),
        None => Err(nom::Err::Error(nom::error::make_error(input, nom::error::ErrorKind::LengthValue))),
    }
}

fn timestamps(input: &[u8]) -> IResult<&[u8], (u32, u32)> {
    (be_u32, be_u32).parse(input)
}

fn option(kind: u8, data: &[u8]) -> TcpOption<'_> {
    let unknown = TcpOption::Unknown { kind, data };
    match (kind, data.len()) {
        (2, 2) => number(data).map_or(unknown, TcpOption::MaximumSegmentSize),
        (3, 1) => data.first().map_or(unknown, |&shift| TcpOption::WindowScale(shift)),
        (4, 0) => TcpOption::SackPermitted,
        (5, len) if len != 0 && len % 8 == 0 => TcpOption::Sack(SackBlocks(data)),
        (8, 8) => match timestamps(data) {
            Ok((_, (value, echo_reply))) => TcpOption::Timestamps { value, echo_reply },
            Err(_) => unknown,
        },
        (28, 2) => number(data).map_or(unknown, |field| {
            let unit = if field & 0x8000 != 0 { 60 } else { 1 };
            TcpOption::UserTimeout { seconds: u32::from(field & 0x7fff) * unit }
        }),
        (30, 1..) => TcpOption::Multipath { subtype: data.first().map_or(0, |byte| byte >> 4), data },
        (34, _) => TcpOption::FastOpen(data),
        (253 | 254, _) => TcpOption::Experimental { kind, data },
        _ => unknown,
    }
}

fn number(data: &[u8]) -> Option<u16> {
    be_u16::<_, nom::error::Error<&[u8]>>(data).ok().map(|(_, value)| value)
}

impl fmt::Display for TcpOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            TcpOption::MaximumSegmentSize(bytes) => write!(f, "mss={bytes}"),
            TcpOption::WindowScale(shift) => write!(f, "wscale={shift}"),
            TcpOption::SackPermitted => f.write_str("sackok"),
            TcpOption::Sack(blocks) => {
                f.write_str("sack=")?;
                let mut separator = "";
                blocks.iter().try_for_each(|(left, right)| {
                    write!(f, "{separator}{left}-{right}")?;
                    separator = ",";
                    Ok(())
                })
            }
            TcpOption::Timestamps { value, echo_reply } => write!(f, "ts={value}/{echo_reply}"),
            TcpOption::FastOpen(cookie) => write!(f, "tfo={}", cookie.len()),
            TcpOption::Multipath { subtype, .. } => write!(f, "mptcp={subtype}"),
            TcpOption::UserTimeout { seconds } => write!(f, "uto={seconds}s"),
            TcpOption::Experimental { kind, data } => write!(f, "exp{kind}={}", data.len()),
            TcpOption::Unknown { kind, data } => write!(f, "option{kind}={}", data.len()),
            TcpOption::Malformed { kind, .. } => write!(f, "bad-option{kind}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<TcpOption<'_>> {
        TcpOptions::new(bytes).collect()
    }

    #[test]
    fn syn_options() {
        let bytes = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7];
        let text: Vec<String> = all(&bytes).iter().map(ToString::to_string).collect();
        assert_eq!(text, ["mss=1460", "sackok", "ts=1/2", "wscale=7"]);
    }

    #[test]
    fn sack_blocks() {
        let bytes = [1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9];
        let [TcpOption::Sack(blocks)] = all(&bytes)[..] else { panic!("one SACK option") };
        assert_eq!(blocks.iter().collect::<Vec<_>>(), [(1, 9)]);
    }

    #[test]
    fn rare_options() {
        let bytes = [28, 4, 0x80, 2, 34, 4, 7, 7, 30, 3, 0x20, 253, 4, 0xf9, 0x89, 19, 3, 5];
        let text: Vec<String> = all(&bytes).iter().map(ToString::to_string).collect();
        assert_eq!(text, ["uto=120s", "tfo=2", "mptcp=2", "exp253=2", "option19=1"]);
    }

    #[test]
    fn bad_lengths_end_the_list() {
        assert_eq!(all(&[1, 8, 0, 2, 4]), [TcpOption::Malformed { kind: 8, rest: &[0, 2, 4] }]);
        assert_eq!(all(&[8, 10, 1]), [TcpOption::Malformed { kind: 8, rest: &[10, 1] }]);
        assert_eq!(all(&[8]), [TcpOption::Malformed { kind: 8, rest: &[] }]);
        assert_eq!(all(&[0, 2, 4, 5, 0xb4]), []);
        // A known kind of another length is kept, and the list goes on.
        assert_eq!(
            all(&[2, 3, 5, 4, 2]),
            [TcpOption::Unknown { kind: 2, data: &[5] }, TcpOption::SackPermitted]
        );
    }
}
