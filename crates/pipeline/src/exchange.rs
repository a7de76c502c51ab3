//! One HTTP exchange: how it is stored while it is open, and the view a handler gets.

use std::fmt;
use std::net::SocketAddr;

use smallvec::SmallVec;
use wiretrace_http::{Anomalies, Anomaly, Field, RequestHead, ResponseHead};

/// The client or the server of a connection, by the event contract's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Sent the SYN without ACK, or what stands for that evidence.
    Client,
    /// The other one.
    Server,
}

impl Side {
    /// `"client"` or `"server"`.
    pub fn name(self) -> &'static str {
        match self {
            Side::Client => "client",
            Side::Server => "server",
        }
    }
}

/// Which connection something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// Number, from 1, of the frame that carried or completed the connection's first segment.
    pub id: u64,
    /// The client's address and port.
    pub client: SocketAddr,
    /// The server's address and port.
    pub server: SocketAddr,
}

/// How sure it is that a response answers its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The captured bytes leave no other answer possible.
    Proved,
    /// Order and time say so, but something that was not captured could say otherwise.
    Assumed,
}

impl Proof {
    /// `"proved"` or `"assumed"`.
    pub fn name(self) -> &'static str {
        match self {
            Proof::Proved => "proved",
            Proof::Assumed => "assumed",
        }
    }
}

/// Something that was wrong with one message of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The contract's error code (`gap`, `truncated`, `bad_header`, ...).
    pub code: &'static str,
    /// True: in the request; false: in the response.
    pub in_request: bool,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = describe(self.code);
        write!(f, "{}: {what}", if self.in_request { "request" } else { "response" })
    }
}

/// What an error code means.
pub(crate) fn describe(code: &'static str) -> &'static str {
    match code {
        "gap" => "bytes are missing from the capture",
        "truncated" => "cut by the end of the connection or of the capture",
        "bad_start_line" => "the start line is not valid",
        "bad_header" => "a header field is not valid",
        "bad_chunk" => "the chunked framing is not valid",
        "bad_length" => "the Content-Length is not a number",
        "conflicting_length" => "the message has conflicting lengths",
        "unsent_body" => "the announced body was not sent, since the answer came first",
        "bad_encoding" => "the content does not decode",
        "limit" => "a configured limit was reached",
        "unexpected_data" => "bytes that are no HTTP precede it",
        "bad_accept" => "the Sec-WebSocket-Accept does not belong to the request's key",
        "reserved_bits" => "a reserved bit of a frame is set",
        "bad_control_frame" => "a control frame is longer than 125 bytes, or not in one piece",
        "unfinished_message" => "another message begins before its last frame",
        "bad_close_code" => "the close code is not valid",
        "bad_utf8" => "the text is not UTF-8",
        "data_after_close" => "a message behind a close of the same side",
        "unreadable" => "compressed, and bytes that it refers to are missing; or an unknown extension",
        other => other,
    }
}

/// At most this many different troubles are kept for an exchange.
pub(crate) const MAX_TROUBLES: usize = 16;
/// At most this many interim status codes are kept for an exchange.
pub(crate) const MAX_INTERIM: usize = 64;

/// One message as kept while its exchange is open. Heads are copied here once, since their packets do
/// not outlive their block; the buffers are recycled.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) present: bool,
    pub(crate) over: bool,
    pub(crate) complete: bool,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
    pub(crate) first_frame: u64,
    /// Position of the first byte in its stream.
    pub(crate) position: u64,
    /// What the segment of the first byte acknowledged (raw number).
    pub(crate) ack: Option<u32>,
    pub(crate) body_bytes: u64,
    pub(crate) anomalies: Anomalies,
    /// Under which number progress tells of it.
    pub(crate) number: u64,
    version: (u8, u8),
    status: u16,
    text: Vec<u8>,
    /// Method or reason: the first bytes of `text`; then the target.
    first_len: u32,
    second_len: u32,
    fields: Vec<FieldRange>,
    /// Ranges in `text` of the Host (request) or Content-Type (response) value.
    named: Option<(u32, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct FieldRange {
    start: u32,
    name_len: u32,
    value_len: u32,
}

impl Message {
    fn clear(&mut self) {
        let (mut text, mut fields) = (std::mem::take(&mut self.text), std::mem::take(&mut self.fields));
        // A giant head must not stay in the pool for ever.
        if text.capacity() > 4 * 1024 {
            text = Vec::new();
        }
        if fields.capacity() > 256 {
            fields = Vec::new();
        }
        text.clear();
        fields.clear();
        *self = Message { text, fields, ..Message::default() };
    }

    pub(crate) fn set_request(&mut self, head: &RequestHead<'_>, keep_fields: bool) -> usize {
        self.version = (head.version.major, head.version.minor);
        self.put_start(head.method, head.target);
        self.put_fields(head.fields, b"host", keep_fields);
        self.text.len()
    }

    pub(crate) fn set_response(&mut self, head: &ResponseHead<'_>, keep_fields: bool) -> usize {
        self.version = (head.version.major, head.version.minor);
        self.status = head.status;
        self.put_start(head.reason, b"");
        self.put_fields(head.fields, b"content-type", keep_fields);
        self.text.len()
    }

    /// Bytes that the head takes.
    pub(crate) fn text_len(&self) -> u64 {
        self.text.len() as u64
    }

    fn put_start(&mut self, first: &[u8], second: &[u8]) {
        self.present = true;
        self.text.extend_from_slice(first);
        self.text.extend_from_slice(second);
        self.first_len = first.len() as u32;
        self.second_len = second.len() as u32;
    }

    fn put_fields(&mut self, fields: &[Field<'_>], named: &[u8], keep: bool) {
        for field in fields {
            let is_named = self.named.is_none() && field.name.eq_ignore_ascii_case(named);
            if !keep && !is_named {
                continue;
            }
            let start = self.text.len() as u32;
            self.text.extend_from_slice(field.name);
            self.text.extend_from_slice(field.value);
            let range =
                FieldRange { start, name_len: field.name.len() as u32, value_len: field.value.len() as u32 };
            if is_named {
                self.named = Some((start + range.name_len, range.value_len));
            }
            if keep {
                self.fields.push(range);
            }
        }
    }

    fn slice(&self, start: u32, len: u32) -> &[u8] {
        let start = start as usize;
        self.text.get(start..start + len as usize).unwrap_or_default()
    }

    pub(crate) fn method(&self) -> &[u8] {
        self.slice(0, self.first_len)
    }

    fn fields(&self) -> impl ExactSizeIterator<Item = Field<'_>> + Clone {
        self.fields.iter().map(|range| Field {
            name: self.slice(range.start, range.name_len),
            value: self.slice(range.start + range.name_len, range.value_len),
        })
    }
}

/// An exchange while it is open: a place in its connection's list. Recycled.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) request: Message,
    pub(crate) response: Message,
    pub(crate) interim: SmallVec<[u16; 4]>,
    pub(crate) proof: Option<Proof>,
    pub(crate) troubles: SmallVec<[Trouble; 4]>,
    /// A response whose request may still come.
    pub(crate) waiting: bool,
    /// No answer will come any more.
    pub(crate) closed: bool,
    /// Merged into another record: nothing to report.
    pub(crate) vacant: bool,
    /// How often the requests' stream had lost step when the request began.
    pub(crate) breaks: u64,
    /// The requests' stream had lost step between the previous request and this one.
    pub(crate) after_break: bool,
    /// The round trip between the capture point and the server, in nanoseconds.
    pub(crate) round_trip: Option<i64>,
}

impl Record {
    pub(crate) fn clear(&mut self) {
        self.request.clear();
        self.response.clear();
        self.interim.clear();
        self.troubles.clear();
        self.proof = None;
        (self.waiting, self.closed, self.vacant, self.after_break) = (false, false, false, false);
        self.breaks = 0;
        self.round_trip = None;
    }

    /// Whether both messages are over, or nothing more can come.
    pub(crate) fn is_done(&self) -> bool {
        let request = !self.request.present || self.request.over;
        let response = if self.response.present { self.response.over } else { self.closed };
        self.vacant || !self.waiting && request && response
    }

    pub(crate) fn is_unanswered(&self) -> bool {
        self.request.present && !self.response.present && !self.closed && !self.vacant
    }

    /// Something odd about one of the messages, which may be an error, too.
    pub(crate) fn anomaly(&mut self, anomaly: Anomaly, in_request: bool) {
        if let Some(code) = anomaly.error() {
            self.trouble(code, in_request);
        }
        if anomaly.is_by_sender() {
            let message = if in_request { &mut self.request } else { &mut self.response };
            message.anomalies.insert(anomaly);
        }
    }

    pub(crate) fn trouble(&mut self, code: &'static str, in_request: bool) {
        let trouble = Trouble { code, in_request };
        if self.troubles.len() < MAX_TROUBLES && !self.troubles.contains(&trouble) {
            self.troubles.push(trouble);
        }
    }
}

/// A request with its response, or either of them alone: what a handler gets.
///
/// Everything is borrowed and ends with the call.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    pub(crate) record: &'a Record,
    pub(crate) index: u64,
    pub(crate) connection: ConnectionInfo,
}

impl<'a> Exchange<'a> {
    /// The connection.
    pub fn connection(&self) -> ConnectionInfo {
        self.connection
    }

    /// The exchange's number in its connection, from 1.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The stamp of the packet that carried the request's first byte, or the response's where there is no
    /// request: nanoseconds since the Unix epoch.
    pub fn at(&self) -> i64 {
        if self.record.request.present { self.record.request.first_at } else { self.record.response.first_at }
    }

    /// How sure the pairing is; `None` where one of the two is missing.
    pub fn proof(&self) -> Option<Proof> {
        self.record.proof.filter(|_| self.record.request.present && self.record.response.present)
    }

    /// The request, unless it was not captured.
    pub fn request(&self) -> Option<Request<'a>> {
        self.record.request.present.then_some(Request(&self.record.request))
    }

    /// The final response, unless none was captured.
    pub fn response(&self) -> Option<Response<'a>> {
        self.record.response.present.then_some(Response(&self.record.response))
    }

    /// The status codes of the interim (1xx) responses before the final one, in order; at most 64.
    pub fn interim(&self) -> &'a [u16] {
        &self.record.interim
    }

    /// What was wrong, each code at most once a message; at most 16.
    pub fn troubles(&self) -> &'a [Trouble] {
        &self.record.troubles
    }

    /// How long the parts took.
    pub fn timing(&self) -> Timing {
        let (request, response) = (&self.record.request, &self.record.response);
        let both = request.present && response.present;
        let wait = both.then(|| response.first_at.saturating_sub(request.last_at));
        // An answer that begins before its request ends was not waited for.
        let split = wait.filter(|&wait| wait >= 0).zip(self.record.round_trip.filter(|&ns| ns >= 0));
        let network = split.map(|(wait, round_trip)| round_trip.min(wait));
        Timing {
            request: request.present.then(|| request.last_at.saturating_sub(request.first_at)),
            wait,
            network,
            server: wait.zip(network).map(|(wait, network)| wait - network),
            response: response.present.then(|| response.last_at.saturating_sub(response.first_at)),
            total: both.then(|| response.last_at.saturating_sub(request.first_at)),
        }
    }
}

/// Durations of an exchange in nanoseconds of capture time, negative where packets were captured out of
/// order; `None` where a message is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Timing {
    /// First to last request byte.
    pub request: Option<i64>,
    /// Last request byte to first response byte: `network` and `server` together.
    pub wait: Option<i64>,
    /// The part of `wait` that the packets were on their way: the round trip between the capture point and the server, as
    /// the handshake had it (SYN to SYN+ACK, which the server's kernel answers, not its program); at most `wait`.
    /// `None` where the handshake was not captured or had to be repeated, or the answer began before the request ended.
    ///
    /// It is one sample, taken when the connection began: where the path has become slower since (queues, a handover),
    /// the difference counts for the server, where it has become faster, for the network. Segments of the request or of
    /// the answer's beginning that were lost and sent again count for the server, too.
    pub network: Option<i64>,
    /// The rest of `wait`: the server's think time. `None` where `network` is.
    pub server: Option<i64>,
    /// First to last response byte.
    pub response: Option<i64>,
    /// First request byte to last response byte.
    pub total: Option<i64>,
}

/// A captured request (RFC 9110 §3.4).
#[derive(Clone, Copy, Debug)]
pub struct Request<'a>(&'a Message);

impl<'a> Request<'a> {
    /// The method, as sent.
    pub fn method(&self) -> &'a [u8] {
        self.0.method()
    }

    /// The request target, exactly as sent.
    pub fn target(&self) -> &'a [u8] {
        self.0.slice(self.0.first_len, self.0.second_len)
    }

    /// Major and minor version.
    pub fn version(&self) -> (u8, u8) {
        self.0.version
    }

    /// The first Host field's value.
    pub fn host(&self) -> Option<&'a [u8]> {
        self.0.named.map(|(start, len)| self.0.slice(start, len))
    }

    /// The header fields in order; empty unless the handler [wants](crate::Wants) them.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = Field<'a>> + Clone + use<'a> {
        self.0.fields()
    }

    /// Captured bytes of the body, chunked framing removed.
    pub fn body_bytes(&self) -> u64 {
        self.0.body_bytes
    }

    /// The [`number`](crate::Progress::number) under which progress told of this message.
    pub fn progress_number(&self) -> u64 {
        self.0.number
    }

    /// What is odd about it, or about what precedes it: what a strict recipient would reject, and more.
    pub fn anomalies(&self) -> Anomalies {
        self.0.anomalies
    }

    /// Whether head and body were wholly captured.
    pub fn is_complete(&self) -> bool {
        self.0.complete
    }
}

/// A captured final response.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a>(&'a Message);

impl<'a> Response<'a> {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The reason phrase, empty where none.
    pub fn reason(&self) -> &'a [u8] {
        self.0.method()
    }

    /// Major and minor version.
    pub fn version(&self) -> (u8, u8) {
        self.0.version
    }

    /// The first Content-Type field's value, parameters included.
    pub fn content_type(&self) -> Option<&'a [u8]> {
        self.0.named.map(|(start, len)| self.0.slice(start, len))
    }

    /// The header fields in order; empty unless the handler [wants](crate::Wants) them.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = Field<'a>> + Clone + use<'a> {
        self.0.fields()
    }

    /// Captured bytes of the body, chunked framing removed, content coding not.
    pub fn body_bytes(&self) -> u64 {
        self.0.body_bytes
    }

    /// The [`number`](crate::Progress::number) under which progress told of this message.
    pub fn progress_number(&self) -> u64 {
        self.0.number
    }

    /// What is odd about it, about the interim responses before it, or about what precedes it: what a strict recipient
    /// would reject, and more.
    pub fn anomalies(&self) -> Anomalies {
        self.0.anomalies
    }

    /// Whether head and body were wholly captured.
    pub fn is_complete(&self) -> bool {
        self.0.complete
    }
}
