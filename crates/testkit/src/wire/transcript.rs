//! Conversations from text. The format is described in `testdata/README.md`.

use std::fmt;
use std::net::SocketAddr;

use super::{Acks, Conversation, LinkLayer, START, Side, merge};
use crate::build::Frame;

/// What is wrong with a transcript, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    /// Line number, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for WireError {}

/// The frames of a transcript.
///
/// ```
/// let frames = wiretrace_testkit::wire::parse(
///     r"!syn
///       > GET / HTTP/1.1\r\n
///       + Host: demo.test\r\n\r\n
///       !wait 20ms
///       < HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello
///       !fin",
/// )?;
/// assert_eq!(frames.len(), 10);
/// # Ok::<(), wiretrace_testkit::wire::WireError>(())
/// ```
pub fn parse(text: &str) -> Result<Vec<Frame>, WireError> {
    Ok(merge(parse_conversations(text)?.iter().map(Conversation::frames)))
}

/// A write that further `+` lines may make longer.
type Pending = Option<(Side, Vec<u8>)>;

pub(super) fn parse_conversations(text: &str) -> Result<Vec<Conversation>, WireError> {
    let mut done = Vec::new();
    let mut talk = Conversation::new();
    let mut pending: Pending = None;
    for (i, line) in text.lines().enumerate() {
        let fail = |message: String| WireError { line: i + 1, message };
        let line = line.trim_start();
        let (mark, rest) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
        match mark {
            "" | "#" => continue,
            "+" => {
                let (_, bytes) = pending.as_mut().ok_or_else(|| fail("nothing to go on with".into()))?;
                bytes.extend(unescape(data(rest)).map_err(fail)?);
                continue;
            }
            _ => flush(&mut talk, &mut pending),
        }
        match mark {
            ">" => pending = Some((Side::Client, unescape(data(rest)).map_err(fail)?)),
            "<" => pending = Some((Side::Server, unescape(data(rest)).map_err(fail)?)),
            "!" => {
                if let Some(next) = directive(&mut talk, rest.trim_end()).map_err(fail)? {
                    done.push(std::mem::replace(&mut talk, next));
                }
            }
            _ => return Err(fail(format!("a line begins with one of > < + ! #, not {mark:?}"))),
        }
    }
    flush(&mut talk, &mut pending);
    done.push(talk);
    Ok(done)
}

fn flush(talk: &mut Conversation, pending: &mut Pending) {
    if let Some((side, bytes)) = pending.take() {
        talk.write(side, &bytes);
    }
}

/// One space behind the mark is no data.
fn data(rest: &str) -> &str {
    rest.strip_prefix(' ').unwrap_or(rest)
}

/// Carries out one directive; gives the new conversation if it begins one.
fn directive(talk: &mut Conversation, text: &str) -> Result<Option<Conversation>, String> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim_start();
    let mut args = rest.split_whitespace();
    let mut arg = || args.next().ok_or_else(|| format!("!{word} needs more words"));
    match word {
        "conversation" => {
            let (client, server) = (address(arg()?)?, address(arg()?)?);
            if client.is_ipv4() != server.is_ipv4() {
                return Err("two address families".into());
            }
            let next = Conversation::between(client, server);
            // An untouched conversation is the one that the file begins with: nothing to keep.
            if talk.segments().is_empty() && talk.sent(Side::Client).is_empty() {
                *talk = next;
                return Ok(None);
            }
            return Ok(Some(next));
        }
        "ipv6" => talk.ipv6(),
        "at" => talk.at(START + duration(arg()?)?),
        "wait" => {
            let ns = duration(arg()?)?;
            talk.now += ns;
            talk
        }
        "step" => talk.step(duration(arg()?)?),
        "mss" => talk.mss(number(arg()?)? as usize),
        "isn" => {
            let (client, server) = (number(arg()?)?, number(arg()?)?);
            talk.sequence_numbers(client, server)
        }
        "window" => {
            let side = side(arg()?)?;
            let window = number(arg()?)?.try_into().map_err(|_| "a window has 16 bits")?;
            talk.window(side, window)
        }
        "acks" => match arg()? {
            "every" => talk.acks(Acks::Every),
            "last" => talk.acks(Acks::Last),
            "none" => talk.acks(Acks::None),
            other => return Err(format!("every, last or none, not {other:?}")),
        },
        "link" => match arg()? {
            "ethernet" => talk.link(LinkLayer::Ethernet),
            "sll" => talk.link(LinkLayer::LinuxSll),
            "raw" => talk.link(LinkLayer::Raw),
            "vlan" => {
                let id = number(arg()?)? as u16;
                talk.link(LinkLayer::Vlan(id))
            }
            other => return Err(format!("ethernet, vlan, sll or raw, not {other:?}")),
        },
        "syn" => match args.next() {
            None => talk.syn(),
            Some(who) => talk.syn_only(side(who)?),
        },
        "fin" => match args.next() {
            None => talk.fin(),
            Some(who) => talk.fin_from(side(who)?),
        },
        "rst" => match args.next() {
            None => talk.rst(),
            Some(who) => talk.rst_from(side(who)?),
        },
        "ack" => talk.ack(side(arg()?)?),
        "keepalive" => talk.keep_alive(side(arg()?)?),
        "zerowindow" => talk.zero_window(side(arg()?)?),
        "overlap" => {
            let (who, back) = (side(arg()?)?, number(arg()?)?);
            let bytes = rest.splitn(3, ' ').nth(2).ok_or("!overlap SIDE BACK BYTES")?;
            talk.overlap(who, back, &unescape(bytes)?);
            return Ok(None);
        }
        "lose" | "delay" => {
            let count = args.next().map_or(Ok(1), number)?;
            for _ in 0..count.min(10_000) {
                if word == "lose" {
                    talk.lose_next()
                } else {
                    talk.delay_next()
                };
            }
            talk
        }
        "release" => talk.release(),
        "swap" => talk.swap(),
        "dup" => talk.duplicate(),
        "midstream" => talk.midstream(),
        other => return Err(format!("no directive !{other}")),
    };
    match args.next() {
        None => Ok(None),
        Some(extra) => Err(format!("!{word}: {extra:?} is one word too many")),
    }
}

fn side(word: &str) -> Result<Side, String> {
    match word {
        "client" => Ok(Side::Client),
        "server" => Ok(Side::Server),
        other => Err(format!("client or server, not {other:?}")),
    }
}

fn address(word: &str) -> Result<SocketAddr, String> {
    word.parse().map_err(|_| format!("not an address and port: {word:?}"))
}

fn number(word: &str) -> Result<u32, String> {
    word.parse().map_err(|_| format!("not a number: {word:?}"))
}

/// Nanoseconds of `20ms`, `-5us`, `3s`, `7ns`.
fn duration(word: &str) -> Result<i64, String> {
    let units = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];
    let (digits, unit) = units
        .iter()
        .find_map(|(name, unit)| word.strip_suffix(name).map(|digits| (digits, *unit)))
        .ok_or_else(|| format!("a duration needs a unit (ns, us, ms, s): {word:?}"))?;
    let count: i64 = digits.parse().map_err(|_| format!("not a duration: {word:?}"))?;
    count.checked_mul(unit).ok_or_else(|| format!("too long: {word:?}"))
}

/// The bytes of a text with the escapes `\r \n \t \0 \\ \s \xHH` and `\*{LEN:TEXT}`, which repeats TEXT up to
/// LEN bytes.
fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let kind = after.chars().next().ok_or("a line ends with \\")?;
        rest = &after[kind.len_utf8()..];
        match kind {
            'r' => out.push(b'\r'),
            'n' => out.push(b'\n'),
            't' => out.push(b'\t'),
            '0' => out.push(0),
            's' => out.push(b' '),
            '\\' => out.push(b'\\'),
            'x' => {
                let digits = rest.get(..2).ok_or("\\x needs two hex digits")?;
                let byte = u8::from_str_radix(digits, 16).map_err(|_| "\\x needs two hex digits")?;
                out.push(byte);
                rest = &rest[2..];
            }
            '*' => {
                let inner = rest.strip_prefix('{').and_then(|r| r.split_once('}'));
                let (inner, tail) = inner.ok_or("\\*{LEN:TEXT} has no end")?;
                let (len, unit) = inner.split_once(':').ok_or("\\*{LEN:TEXT} has no colon")?;
                let (len, unit) = (number(len)? as usize, unescape(unit)?);
                if unit.is_empty() || len > 1 << 24 {
                    return Err("\\*{LEN:TEXT}: no text, or more than 16 MiB".into());
                }
                out.extend(unit.iter().cycle().take(len));
                rest = tail;
            }
            other => return Err(format!("no escape \\{other}")),
        }
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}
