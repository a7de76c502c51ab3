//! Start lines, and the search for the next one behind a loss.

use super::{Direction, State};
use crate::detect::{MessageKind, impossible_at, kind_of_line};
use crate::framing::contains_ignore_case;
use crate::grammar::field::Fields;
use crate::grammar::{StartLine, is_blank, plain, request_line, split_line};
use crate::held::EndOfSection;
use crate::shared::Shared;
use crate::sink::Sink;
use crate::{Anomalies, Anomaly, Event, Mode, Peer};

/// What is held of a start line is ...
enum Verdict {
    /// ... perhaps one.
    Open,
    /// ... one, and whole.
    Accepted,
    /// ... none, as its first bytes show: this many.
    Rejected(usize),
    /// ... longer than the limit.
    OverLimit,
    /// ... none, but what the latest segment brought is.
    Superseded,
}

impl Direction {
    /// Nothing is held: a head that lies in one slice is parsed where it is.
    pub(super) fn start<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        segment_start: bool,
        sink: &mut S,
    ) -> usize {
        if self.searching {
            if !segment_start {
                return self.skip(shared, bytes);
            }
        } else {
            // Empty lines before a start line are passed over (RFC 9112 §2.2).
            match bytes.first() {
                Some(b'\r') => {
                    shared.account.message += 1;
                    self.state = State::EmptyLine;
                    return 1;
                }
                Some(b'\n') => {
                    shared.account.message += 1;
                    (self.ahead.empty_line, self.ahead.bare_lf) = (true, true);
                    return 1;
                }
                // White space before a request line. What waits for an answer is the other protocol's, from its first
                // byte on.
                Some(&byte) if is_blank(byte) && !self.may_switch && shared.requester != Some(!peer) => {
                    shared.account.message += 1;
                    self.ahead.blank = true;
                    return 1;
                }
                _ => {}
            }
            if let Some(taken) = self.plain_head(shared, peer, bytes, sink) {
                return taken;
            }
        }
        self.begin = self.offset;
        let limit = shared.line_limit(self.searching);
        let within = bytes.get(..limit).unwrap_or(bytes);
        // The events must not depend on the cut: what the first byte rules out never began, anything else did.
        let impossible = impossible_at(within);
        if impossible != Some(1) {
            sink.event(Event::MessageBegin { peer, offset: self.begin });
        }
        let rejected = if let Some(end) = impossible {
            within.get(..end)
        } else if let Some((line, _, _)) = split_line(within) {
            if shared.accept(peer, line) { None } else { Some(line) }
        } else if bytes.len() < limit {
            return self.hold(shared, bytes);
        } else {
            self.reject(shared, peer, Anomaly::Limit, true, sink);
            return self.skip(shared, bytes);
        };
        if let Some(line) = rejected {
            self.reject(shared, peer, anomaly_of_line(line), impossible != Some(1), sink);
            return self.skip(shared, bytes);
        }
        let within = bytes.get(..shared.limits.head_bytes).unwrap_or(bytes);
        let mut finder = EndOfSection::default();
        if let Some(head) = finder.find(within).and_then(|end| within.get(..end)) {
            self.head(shared, peer, head, None, sink);
            return head.len();
        }
        if within.len() >= shared.limits.head_bytes {
            self.head(shared, peer, within, Some(Anomaly::Limit), sink);
            return within.len();
        }
        (self.held.end, self.held.line_found) = (finder, true);
        self.hold(shared, bytes)
    }

    /// The ordinary case: a whole head in one slice, and nothing odd about it. Gives its length.
    fn plain_head<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        sink: &mut S,
    ) -> Option<usize> {
        let mut fields = Fields::new();
        let (start, len) = plain::parse(bytes, &mut fields)?;
        let kind = match start {
            StartLine::Request(_) => MessageKind::Request,
            StartLine::Status(_) => MessageKind::Response,
        };
        if len > shared.limits.head_bytes || !shared.may_send(peer, kind) {
            return None;
        }
        shared.sends(peer, kind);
        self.begin = self.offset;
        sink.event(Event::MessageBegin { peer, offset: self.begin });
        let head = bytes.get(..len)?;
        self.parsed_head(shared, peer, (head, &start, &fields), Anomalies::default(), None, sink);
        Some(len)
    }

    /// Behind a CR between two messages.
    pub(super) fn empty_line<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        sink: &mut S,
    ) -> usize {
        self.state = State::Start;
        if bytes.first() == Some(&b'\n') {
            shared.account.message += 1;
            self.ahead.empty_line = true;
            return 1;
        }
        // A bare CR begins no message (RFC 9112 §2.2).
        self.begin = self.offset.saturating_sub(1);
        self.reject(shared, peer, Anomaly::UnexpectedData, false, sink);
        0
    }

    /// A part of a start line is held.
    pub(super) fn start_held<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        segment_start: bool,
        sink: &mut S,
    ) -> usize {
        if segment_start {
            self.held.segment = self.held.bytes.len();
        }
        let room = shared.line_limit(self.searching).saturating_sub(self.held.bytes.len());
        let within = bytes.get(..room).unwrap_or(bytes);
        let end = memchr::memchr(b'\n', within);
        let taken = self.hold(shared, end.and_then(|end| within.get(..=end)).unwrap_or(within));
        // At most twice: what the latest segment brought is tried once.
        loop {
            let why = match self.judge(shared, peer, end.is_some()) {
                Verdict::Open => return taken,
                Verdict::Accepted => {
                    self.held.line_found = true;
                    self.held.segment = 0;
                    if self.held.bytes.len() >= shared.limits.head_bytes {
                        self.held_head(shared, peer, Some(Anomaly::Limit), sink);
                    }
                    return taken;
                }
                Verdict::Rejected(len) => {
                    let held = self.held.bytes.as_slice();
                    anomaly_of_line(held.get(..len).unwrap_or(held))
                }
                Verdict::OverLimit => Anomaly::Limit,
                Verdict::Superseded => Anomaly::UnexpectedData,
            };
            self.reject(shared, peer, why, true, sink);
            if !self.retry(shared, peer, sink) {
                return taken;
            }
        }
    }

    /// What to make of what is held; `line_ends`: with a line end. It may be more than the limit where that has
    /// just become lower.
    fn judge(&self, shared: &mut Shared, peer: Peer, line_ends: bool) -> Verdict {
        let limit = shared.line_limit(self.searching);
        let held = self.held.bytes.get(..limit).unwrap_or(&self.held.bytes);
        if let Some(end) = impossible_at(held) {
            return Verdict::Rejected(end);
        }
        // Looked for only once it is known to be there: bytes fed one at a time cost no more than all at once.
        let Some((line, _, _)) = Some(held).filter(|_| line_ends).and_then(split_line) else {
            return if held.len() >= limit { Verdict::OverLimit } else { Verdict::Open };
        };
        if self.searching && self.held.segment > 0 {
            // What began in an earlier segment may have been a body's: a whole start line in the latest one
            // is better, and so is none at all than one that may be made of both.
            let latest = line.get(self.held.segment..).unwrap_or_default();
            if shared.is_expected(peer, latest) {
                return Verdict::Superseded;
            }
            if request_line::parse(line).is_some_and(|line| memchr::memchr(b' ', line.target).is_some()) {
                return Verdict::Rejected(held.len());
            }
        }
        if shared.accept(peer, line) { Verdict::Accepted } else { Verdict::Rejected(held.len()) }
    }

    /// What is held is no message: while searching, what the latest segment brought may begin one. Gives
    /// whether that is held now.
    fn retry<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, sink: &mut S) -> bool {
        let segment = std::mem::take(&mut self.held.segment);
        if self.state == State::Closed {
            shared.account.skipped += self.held.len();
            self.held.clear();
            return false;
        }
        if let State::Waiting { .. } = self.state {
            // It stays held, and waits; but not more of it than may wait.
            let len = self.held.bytes.len();
            self.held.bytes.truncate(shared.limits.search_bytes);
            let unheld = (len - self.held.bytes.len()) as u64;
            self.state = State::Waiting { unheld, missing: 0 };
            return false;
        }
        if segment == 0 {
            shared.account.skipped += self.held.len();
            self.held.clear();
            return false;
        }
        // None but the latest segment is tried again, so that each byte is moved at most once.
        self.held.bytes.drain(..segment.min(self.held.bytes.len()));
        shared.account.skipped += segment as u64;
        self.begin = self.begin.saturating_add(segment as u64);
        if impossible_at(&self.held.bytes) == Some(1) {
            shared.account.skipped += self.held.len();
            self.held.clear();
            return false;
        }
        sink.event(Event::MessageBegin { peer, offset: self.begin });
        true
    }

    /// What is here is no start line; `begun`: it was announced.
    fn reject<S: Sink>(&mut self, shared: &Shared, peer: Peer, why: Anomaly, begun: bool, sink: &mut S) {
        let wait = self.may_switch && !self.searching;
        let why = if why == Anomaly::UnexpectedData && self.bodiless { Anomaly::ForbiddenBody } else { why };
        let refuse = shared.mode == Mode::Strict && why.is_rejected(self.in_request);
        if !self.searching && !wait && !refuse {
            self.anomaly(peer, why, sink);
        }
        if begun {
            sink.event(Event::MessageAbandoned { peer });
        }
        if wait {
            // Not HTTP, behind a request for something else: the answer decides.
            self.state = State::Waiting { unheld: 0, missing: 0 };
        } else if !self.searching && refuse {
            self.refuse(peer, why, sink);
        } else if !self.searching {
            self.lose(peer, sink);
        }
    }

    /// Bytes that no message wants.
    fn skip(&mut self, shared: &mut Shared, bytes: &[u8]) -> usize {
        if let State::Waiting { .. } = self.state {
            return self.wait(shared, bytes);
        }
        shared.account.skipped += bytes.len() as u64;
        bytes.len()
    }

    /// Bytes that wait for the answer: a copy is needed because that comes later; bounded.
    pub(super) fn wait(&mut self, shared: &mut Shared, bytes: &[u8]) -> usize {
        let State::Waiting { unheld, missing } = self.state else { return 0 };
        let in_order = unheld == 0 && missing == 0;
        let room = shared.limits.search_bytes.saturating_sub(self.held.bytes.len());
        let kept = if in_order { bytes.get(..room).unwrap_or(bytes) } else { &[] };
        self.hold(shared, kept);
        self.state = State::Waiting { unheld: unheld + (bytes.len() - kept.len()) as u64, missing };
        bytes.len()
    }
}

/// What a line, or the first bytes of one, is instead of a start line that is expected here.
pub(super) fn anomaly_of_line(line: &[u8]) -> Anomaly {
    let line = split_line(line).map_or(line, |(line, _, _)| line);
    if line.starts_with(b"PRI * HTTP/2") {
        Anomaly::Http2Preface
    } else if line.starts_with(b"ICY ") {
        Anomaly::Icy
    } else if line.starts_with(b"RTSP/") || ends_with_version(line, b" RTSP/") {
        Anomaly::Rtsp
    } else if line.starts_with(b"SOURCE ") && ends_with_version(line, b" ICE/") {
        Anomaly::Ice
    } else if kind_of_line(line).is_some() {
        // A message of the wrong kind for this direction.
        Anomaly::UnexpectedData
    } else if let Some(version) = line.strip_prefix(b"HTTP/") {
        match version {
            [b'1', b'.', b'0'..=b'9', b' ', ..] => Anomaly::BadStatus,
            _ if is_other_version(version) => Anomaly::BadVersion,
            _ => Anomaly::BadStartLine,
        }
    } else if contains_ignore_case(line, b"HTTP/") {
        let version = line.windows(6).rposition(|word| word == b" HTTP/").and_then(|at| line.get(at + 6..));
        if version.is_some_and(is_other_version) { Anomaly::BadVersion } else { Anomaly::BadStartLine }
    } else if line.starts_with(b"GET /") {
        Anomaly::Http09
    } else {
        Anomaly::UnexpectedData
    }
}

/// Whether the line ends with this protocol's name and a version, as of a request.
fn ends_with_version(line: &[u8], protocol: &[u8]) -> bool {
    matches!(line, [line @ .., b'0'..=b'9', b'.', b'0'..=b'9'] if line.ends_with(protocol))
}

/// Whether what stands behind `HTTP/` cannot become `1.` and a digit.
fn is_other_version(version: &[u8]) -> bool {
    let common = version.iter().zip(b"1.").take_while(|(byte, other)| byte == other).count();
    match version.get(common) {
        None => false,
        Some(byte) => {
            common < 2 || !byte.is_ascii_digit() || version.get(3).is_some_and(|&byte| !is_blank(byte))
        }
    }
}
