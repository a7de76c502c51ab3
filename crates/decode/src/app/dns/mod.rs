//! DNS messages (RFC 1035 §4), multicast DNS (RFC 6762) and LLMNR (RFC 4795) among them.
//!
//! A [`DnsMessage`] borrows the message; questions and records are parsed while they are iterated over. Names are
//! followed through compression with a guard ([`DnsName`]), so that any bytes end.

mod data;
mod name;
mod text;

use core::fmt;

use nom::bytes::complete::take;
use nom::number::complete::{be_u16, be_u32};
use nom::{IResult, Parser};

pub use self::data::{DnsData, SvcParams};
pub use self::name::{DnsName, MAX_LABELS, MAX_POINTERS};
pub use self::text::{class_name, opcode_name, rcode_name, type_name};

/// View of a DNS message.
///
/// ```
/// use wiretrace_decode::DnsMessage;
///
/// let mut message = vec![0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
/// message.extend(b"\x07example\x03com\x00\x00\x01\x00\x01");
/// let dns = DnsMessage::new(&message).unwrap();
/// assert_eq!((dns.id(), dns.is_response(), dns.question_count()), (0x1234, false, 1));
/// assert_eq!(dns.to_string(), "DNS question example.com A");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsMessage<'f> {
    header: &'f [u8; 12],
    message: &'f [u8],
}

/// Which part of a message a record stands in (RFC 1035 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DnsSection {
    /// Records that answer the question.
    Answer,
    /// Records that point toward an authority.
    Authority,
    /// Records that hold additional information.
    Additional,
}

impl DnsSection {
    /// `answer`, `authority` or `additional`.
    pub const fn name(self) -> &'static str {
        match self {
            DnsSection::Answer => "answer",
            DnsSection::Authority => "authority",
            DnsSection::Additional => "additional",
        }
    }
}

/// A question (RFC 1035 §4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsQuestion<'f> {
    /// QNAME.
    pub name: DnsName<'f>,
    /// QTYPE.
    pub question_type: u16,
    /// QCLASS; in multicast DNS the top bit asks for a unicast response.
    pub class: u16,
}

/// A resource record (RFC 1035 §4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsRecord<'f> {
    /// Where it stands.
    pub section: DnsSection,
    /// NAME.
    pub name: DnsName<'f>,
    /// TYPE.
    pub record_type: u16,
    /// CLASS; in multicast DNS the top bit tells to flush the cache, in OPT it is the UDP payload size.
    pub class: u16,
    /// TTL, seconds (in OPT: extended code, version and flags).
    pub ttl: u32,
    /// RDATA, decoded where the type is known.
    pub data: DnsData<'f>,
}

/// What [`DnsMessage::items`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsItem<'f> {
    /// A question.
    Question(DnsQuestion<'f>),
    /// A record.
    Record(DnsRecord<'f>),
    /// Less than the header's counts promise could be read: a name that loops, or bytes that are not there.
    /// Nothing follows it.
    Malformed {
        /// Offset in the message of what could not be read.
        offset: usize,
    },
}

impl<'f> DnsMessage<'f> {
    /// A view of the message that `bytes` are; `None` below twelve bytes.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        Some(DnsMessage { header: bytes.first_chunk()?, message: bytes })
    }

    /// The first message of a segment of DNS over TCP (RFC 1035 §4.2.2), and what stands behind it; `None` where the
    /// message does not lie in `bytes` whole.
    pub fn over_tcp(bytes: &'f [u8]) -> Option<(Self, &'f [u8])> {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (message, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        Some((DnsMessage::new(message)?, rest))
    }

    fn word(&self, index: usize) -> u16 {
        let (words, _) = self.header.as_chunks::<2>();
        words.get(index).map_or(0, |&word| u16::from_be_bytes(word))
    }

    /// ID.
    pub fn id(&self) -> u16 {
        self.word(0)
    }

    /// The sixteen bits from QR to RCODE.
    pub fn flags(&self) -> u16 {
        self.word(1)
    }

    /// QR.
    pub fn is_response(&self) -> bool {
        self.flags() & 0x8000 != 0
    }

    /// OPCODE; 0 is a standard query.
    pub fn opcode(&self) -> u8 {
        (self.flags() >> 11 & 0xf) as u8
    }

    /// AA: the answer is authoritative.
    pub fn authoritative_answer(&self) -> bool {
        self.flags() & 0x0400 != 0
    }

    /// TC: the message was truncated.
    pub fn truncated(&self) -> bool {
        self.flags() & 0x0200 != 0
    }

    /// RD: recursion is desired.
    pub fn recursion_desired(&self) -> bool {
        self.flags() & 0x0100 != 0
    }

    /// RA: recursion is available.
    pub fn recursion_available(&self) -> bool {
        self.flags() & 0x0080 != 0
    }

    /// AD: authentic data (RFC 4035 §3.2.3).
    pub fn authentic_data(&self) -> bool {
        self.flags() & 0x0020 != 0
    }

    /// CD: checking disabled (RFC 4035 §3.2.2).
    pub fn checking_disabled(&self) -> bool {
        self.flags() & 0x0010 != 0
    }

    /// RCODE, the four bits of the header.
    pub fn response_code(&self) -> u8 {
        (self.flags() & 0xf) as u8
    }

    /// QDCOUNT.
    pub fn question_count(&self) -> u16 {
        self.word(2)
    }

    /// ANCOUNT.
    pub fn answer_count(&self) -> u16 {
        self.word(3)
    }

    /// NSCOUNT.
    pub fn authority_count(&self) -> u16 {
        self.word(4)
    }

    /// ARCOUNT.
    pub fn additional_count(&self) -> u16 {
        self.word(5)
    }

    /// Questions and records in order, as many as the header's counts promise.
    pub fn items(&self) -> DnsItems<'f> {
        DnsItems { message: *self, at: 12, done: [0; 4] }
    }

    /// The first question.
    pub fn question(&self) -> Option<DnsQuestion<'f>> {
        match self.items().next()? {
            DnsItem::Question(question) => Some(question),
            _ => None,
        }
    }
}

/// Iterator over the questions and records of a message.
#[derive(Clone, Debug)]
pub struct DnsItems<'f> {
    message: DnsMessage<'f>,
    at: usize,
    /// How many of each section were read.
    done: [u16; 4],
}

/// Type and class.
fn question(input: &[u8]) -> IResult<&[u8], (u16, u16)> {
    (be_u16, be_u16).parse(input)
}

/// Type, class, time to live, data.
fn record(input: &[u8]) -> IResult<&[u8], (u16, u16, u32, &[u8])> {
    let (rest, (number, class, ttl, len)) = (be_u16, be_u16, be_u32, be_u16).parse(input)?;
    let (rest, data) = take(len).parse(rest)?;
    Ok((rest, (number, class, ttl, data)))
}

impl<'f> DnsItems<'f> {
    fn read(&mut self, section: Option<DnsSection>) -> Option<DnsItem<'f>> {
        let message = self.message.message;
        let (name, end) = DnsName::parse(message, self.at)?;
        let rest = message.get(end..)?;
        let Some(section) = section else {
            let (rest, (question_type, class)) = question(rest).ok()?;
            self.at = message.len() - rest.len();
            return Some(DnsItem::Question(DnsQuestion { name, question_type, class }));
        };
        let (rest, (record_type, class, ttl, data)) = record(rest).ok()?;
        let end = message.len() - rest.len();
        let data = DnsData::new(message, end - data.len(), end, record_type);
        self.at = end;
        Some(DnsItem::Record(DnsRecord { section, name, record_type, class, ttl, data }))
    }
}

impl<'f> Iterator for DnsItems<'f> {
    type Item = DnsItem<'f>;

    fn next(&mut self) -> Option<DnsItem<'f>> {
        let message = self.message;
        let sections = [
            (message.question_count(), None),
            (message.answer_count(), Some(DnsSection::Answer)),
            (message.authority_count(), Some(DnsSection::Authority)),
            (message.additional_count(), Some(DnsSection::Additional)),
        ];
        for (index, (count, section)) in sections.into_iter().enumerate() {
            let done = self.done.get_mut(index)?;
            if *done >= count {
                continue;
            }
            *done += 1;
            let item = self.read(section);
            return Some(item.unwrap_or_else(|| {
                self.done = [u16::MAX; 4];
                DnsItem::Malformed { offset: self.at }
            }));
        }
        None
    }
}

/// Answers that a message's one line shows; the rest is counted.
const SHOWN: u16 = 8;

impl fmt::Display for DnsMessage<'_> {
    /// `DNS question example.com A`, `DNS answer example.com A 192.0.2.1, 192.0.2.2`. The alternate form is for a
    /// message that the snap length cut: it says `cut` where the other says `malformed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_response() { "DNS answer" } else { "DNS question" })?;
        if self.opcode() != 0 {
            write!(f, " {}", opcode_name(self.opcode()))?;
        }
        let (mut asked, mut shown) = (None, 0);
        for item in self.items() {
            match item {
                DnsItem::Question(question) if asked.is_none() => {
                    asked = Some((question.name, question.question_type));
                    write!(f, " {question}")?;
                }
                DnsItem::Question(question) => write!(f, ", {question}")?,
                DnsItem::Record(record) if record.section == DnsSection::Answer && self.is_response() => {
                    shown += 1;
                    if shown > SHOWN {
                        let more = self.answer_count() - SHOWN;
                        return write!(f, " and {more} more");
                    }
                    f.write_str(if shown == 1 { " " } else { ", " })?;
                    // What the question says need not be said again.
                    let same = asked
                        .is_some_and(|(name, number)| number == record.record_type && name == record.name);
                    if !same {
                        if asked.is_none_or(|(name, _)| name != record.name) {
                            write!(f, "{} ", record.name)?;
                        }
                        write_type(f, record.record_type)?;
                        f.write_str(" ")?;
                    }
                    write!(f, "{}", record.data)?;
                }
                DnsItem::Record(_) => break,
                DnsItem::Malformed { offset } => {
                    let what = if f.alternate() { "cut" } else { "malformed" };
                    return write!(f, " [{what} at {offset}]");
                }
            }
            if asked.is_some() && shown == 0 && self.items().count_questions() > usize::from(SHOWN) {
                let more = self.question_count() - 1;
                write!(f, " and {more} more")?;
                break;
            }
        }
        if self.is_response() && (self.response_code() != 0 || shown == 0) {
            write!(f, " {}", rcode_name(self.response_code()))?;
        }
        if self.truncated() {
            f.write_str(" [truncated]")?;
        }
        Ok(())
    }
}

impl DnsItems<'_> {
    fn count_questions(&self) -> usize {
        usize::from(self.message.question_count())
    }
}

impl fmt::Display for DnsQuestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.name)?;
        write_type(f, self.question_type)
    }
}

impl fmt::Display for DnsRecord<'_> {
    /// `example.com 300 A 192.0.2.1`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.name, self.ttl)?;
        write_type(f, self.record_type)?;
        write!(f, " {}", self.data)
    }
}

/// The type's name, or `TYPE99` (RFC 3597 §5).
pub(crate) fn write_type(f: &mut fmt::Formatter<'_>, number: u16) -> fmt::Result {
    match type_name(number) {
        Some(name) => f.write_str(name),
        None => write!(f, "TYPE{number}"),
    }
}

#[cfg(test)]
mod tests;
