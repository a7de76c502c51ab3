//! Record data by type (RFC 1035 §3.3, RFC 3596, RFC 2782, RFC 9460, RFC 6891).

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use nom::bytes::complete::take;
use nom::number::complete::{be_u8, be_u16, be_u32};
use nom::{IResult, Parser};

use super::name::{DnsName, write_characters};

/// Bytes of opaque data or of one text that a `Display` shows; the rest is counted.
const SHOWN: usize = 64;
/// Character strings or parameters that a `Display` shows.
const SHOWN_PARTS: usize = 8;

/// RDATA. A known type whose data do not fit it is [`DnsData::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DnsData<'f> {
    /// A: an IPv4 address.
    A(Ipv4Addr),
    /// AAAA: an IPv6 address.
    Aaaa(Ipv6Addr),
    /// NS: an authoritative server.
    Ns(DnsName<'f>),
    /// CNAME: the canonical name.
    Cname(DnsName<'f>),
    /// PTR: where the name points to.
    Ptr(DnsName<'f>),
    /// DNAME: the subtree's other name (RFC 6672).
    Dname(DnsName<'f>),
    /// MX: a mail exchange.
    Mx {
        /// PREFERENCE; lower ones first.
        preference: u16,
        /// EXCHANGE.
        exchange: DnsName<'f>,
    },
    /// TXT: one or more character strings, each behind its length; see [`DnsData::strings`].
    Txt(&'f [u8]),
    /// SRV: where a service is (RFC 2782).
    Srv {
        /// Priority; lower ones first.
        priority: u16,
        /// Weight among those of one priority.
        weight: u16,
        /// Port.
        port: u16,
        /// Target host.
        target: DnsName<'f>,
    },
    /// SOA: the start of a zone.
    Soa {
        /// MNAME: primary server.
        mname: DnsName<'f>,
        /// RNAME: mailbox of the person in charge.
        rname: DnsName<'f>,
        /// SERIAL.
        serial: u32,
        /// REFRESH, seconds.
        refresh: u32,
        /// RETRY, seconds.
        retry: u32,
        /// EXPIRE, seconds.
        expire: u32,
        /// MINIMUM, seconds.
        minimum: u32,
    },
    /// SVCB and HTTPS (RFC 9460).
    Svcb {
        /// SvcPriority; 0 is an alias.
        priority: u16,
        /// TargetName.
        target: DnsName<'f>,
        /// SvcParams.
        params: SvcParams<'f>,
    },
    /// OPT: options of EDNS (RFC 6891 §6.1), not decoded.
    Opt(&'f [u8]),
    /// Anything else.
    Other(&'f [u8]),
}

/// SvcParams (RFC 9460 §2.2), in order; ends at the first that is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SvcParams<'f>(&'f [u8]);

fn parameter(input: &[u8]) -> IResult<&[u8], (u16, &[u8])> {
    let (rest, (key, len)) = (be_u16, be_u16).parse(input)?;
    take(len).map(|value| (key, value)).parse(rest)
}

impl<'f> Iterator for SvcParams<'f> {
    /// SvcParamKey and its value.
    type Item = (u16, &'f [u8]);

    fn next(&mut self) -> Option<(u16, &'f [u8])> {
        let (rest, found) = parameter(self.0).ok()?;
        self.0 = rest;
        Some(found)
    }
}

fn string(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, len) = be_u8(input)?;
    take(len).parse(rest)
}

fn five(input: &[u8]) -> IResult<&[u8], (u32, u32, u32, u32, u32)> {
    (be_u32, be_u32, be_u32, be_u32, be_u32).parse(input)
}

fn three(input: &[u8]) -> IResult<&[u8], (u16, u16, u16)> {
    (be_u16, be_u16, be_u16).parse(input)
}

impl<'f> DnsData<'f> {
    /// The data at `start..end` of the message.
    pub(super) fn new(message: &'f [u8], start: usize, end: usize, number: u16) -> Self {
        // Names in the data may point before it, and must end within it.
        let message = message.get(..end).unwrap_or_default();
        let data = message.get(start..).unwrap_or_default();
        Self::known(message, start, data, number).unwrap_or(DnsData::Other(data))
    }

    fn known(message: &'f [u8], start: usize, data: &'f [u8], number: u16) -> Option<Self> {
        let name = |at: usize| DnsName::parse(message, start + at);
        // A name that is all the rest of the data.
        let last = |at: usize| name(at).filter(|(_, end)| *end == message.len()).map(|(name, _)| name);
        Some(match number {
            1 => DnsData::A(Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?)),
            28 => DnsData::Aaaa(Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?)),
            2 => DnsData::Ns(last(0)?),
            5 => DnsData::Cname(last(0)?),
            12 => DnsData::Ptr(last(0)?),
            39 => DnsData::Dname(last(0)?),
            15 => {
                let preference = u16::from_be_bytes(*data.first_chunk()?);
                DnsData::Mx { preference, exchange: last(2)? }
            }
            16 => DnsData::Txt(data),
            33 => {
                let (_, (priority, weight, port)) = three(data).ok()?;
                DnsData::Srv { priority, weight, port, target: last(6)? }
            }
            6 => {
                let (mname, end) = name(0)?;
                let (rname, end) = DnsName::parse(message, end)?;
                let (_, (serial, refresh, retry, expire, minimum)) = five(message.get(end..)?).ok()?;
                DnsData::Soa { mname, rname, serial, refresh, retry, expire, minimum }
            }
            64 | 65 => {
                let priority = u16::from_be_bytes(*data.first_chunk()?);
                let (target, end) = name(2)?;
                DnsData::Svcb { priority, target, params: SvcParams(message.get(end..)?) }
            }
            41 => DnsData::Opt(data),
            _ => return None,
        })
    }

    /// The character strings of TXT data.
    pub fn strings(&self) -> impl Iterator<Item = &'f [u8]> + use<'f> {
        let mut rest = match *self {
            DnsData::Txt(data) => data,
            _ => &[],
        };
        core::iter::from_fn(move || {
            let (after, text) = string(rest).ok()?;
            rest = after;
            Some(text)
        })
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, data: &[u8]) -> fmt::Result {
    data.iter().take(SHOWN).try_for_each(|byte| write!(f, "{byte:02x}"))?;
    more(f, data.len())
}

fn more(f: &mut fmt::Formatter<'_>, len: usize) -> fmt::Result {
    match len.checked_sub(SHOWN) {
        None | Some(0) => Ok(()),
        Some(more) => write!(f, "...({more} bytes more)"),
    }
}

/// Text in quotes.
fn write_text(f: &mut fmt::Formatter<'_>, text: &[u8]) -> fmt::Result {
    f.write_str("\"")?;
    write_characters(f, text.get(..SHOWN).unwrap_or(text), b'"')?;
    f.write_str("\"")?;
    more(f, text.len())
}

fn write_parameter(f: &mut fmt::Formatter<'_>, key: u16, value: &[u8]) -> fmt::Result {
    let (quads, _) = value.as_chunks::<4>();
    let (long, _) = value.as_chunks::<16>();
    match key {
        1 => {
            f.write_str("alpn=")?;
            let mut rest = value;
            let mut separator = "";
            while let Ok((after, text)) = string(rest) {
                f.write_str(separator)?;
                write_characters(f, text, b',')?;
                (rest, separator) = (after, ",");
            }
            Ok(())
        }
        2 => f.write_str("no-default-alpn"),
        3 => match value.first_chunk::<2>() {
            Some(port) => write!(f, "port={}", u16::from_be_bytes(*port)),
            None => f.write_str("port=?"),
        },
        4 => list(f, "ipv4hint=", quads.iter().map(|&octets| Ipv4Addr::from(octets))),
        6 => list(f, "ipv6hint=", long.iter().map(|&octets| Ipv6Addr::from(octets))),
        5 => write!(f, "ech={} bytes", value.len()),
        0 => f.write_str("mandatory"),
        other => write!(f, "key{other}={} bytes", value.len()),
    }
}

fn list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    items: impl Iterator<Item = T>,
) -> fmt::Result {
    f.write_str(name)?;
    for (index, item) in items.take(SHOWN_PARTS).enumerate() {
        f.write_str(if index == 0 { "" } else { "," })?;
        item.fmt(f)?;
    }
    Ok(())
}

impl fmt::Display for SvcParams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.take(SHOWN_PARTS).enumerate() {
            f.write_str(if index == 0 { "" } else { " " })?;
            write_parameter(f, key, value)?;
        }
        Ok(())
    }
}

impl fmt::Display for DnsData<'_> {
    /// As master files have it; texts and opaque data are cut, with what was left out counted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            DnsData::A(address) => address.fmt(f),
            DnsData::Aaaa(address) => address.fmt(f),
            DnsData::Ns(name) | DnsData::Cname(name) | DnsData::Ptr(name) | DnsData::Dname(name) => {
                name.fmt(f)
            }
            DnsData::Mx { preference, exchange } => write!(f, "{preference} {exchange}"),
            DnsData::Txt(data) => {
                for (index, text) in self.strings().take(SHOWN_PARTS).enumerate() {
                    f.write_str(if index == 0 { "" } else { " " })?;
                    write_text(f, text)?;
                }
                if self.strings().nth(SHOWN_PARTS).is_some() {
                    write!(f, " of {} bytes in all", data.len())?;
                }
                Ok(())
            }
            DnsData::Srv { priority, weight, port, target } => {
                write!(f, "{priority} {weight} {port} {target}")
            }
            DnsData::Soa { mname, rname, serial, refresh, retry, expire, minimum } => {
                write!(f, "{mname} {rname} {serial} {refresh} {retry} {expire} {minimum}")
            }
            DnsData::Svcb { priority, target, params } => {
                write!(f, "{priority} {target}")?;
                if params.clone().next().is_some() {
                    write!(f, " {params}")?;
                }
                Ok(())
            }
            DnsData::Opt(data) => write!(f, "{} bytes", data.len()),
            DnsData::Other(data) => write_hex(f, data),
        }
    }
}
