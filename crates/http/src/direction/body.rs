//! Bodies: stepped over by count, chunked, or until close.

use super::{Direction, State};
use crate::framing::is_forbidden_trailer;
use crate::grammar::chunk::{self, Part};
use crate::grammar::field::{self, Fields};
use crate::grammar::split_line;
use crate::held::EndOfSection;
use crate::shared::Shared;
use crate::sink::Sink;
use crate::{Anomalies, Anomaly, Event, Peer};

impl Direction {
    /// A body, or a chunk, of known size: stepped over by count.
    pub(super) fn sized<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        left: u64,
        sink: &mut S,
    ) -> usize {
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        shared.account.message += len as u64;
        sink.event(Event::Body { peer, bytes: bytes.get(..len).unwrap_or(bytes) });
        self.advance(peer, left - len as u64, sink);
        len
    }

    /// Some of a body, or of a chunk, went by: `left` is to come.
    pub(super) fn advance<S: Sink>(&mut self, peer: Peer, left: u64, sink: &mut S) {
        match self.state {
            State::Length(_) if left == 0 => self.end(peer, self.whole, sink),
            State::Length(_) => self.state = State::Length(left),
            _ if left == 0 => self.state = State::ChunkEnd(false),
            _ => self.state = State::ChunkData(left),
        }
    }

    /// A chunk-size line. A byte that shows that it is none is not taken: a message may begin with it.
    pub(super) fn chunk_size<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        mut part: Part,
        sink: &mut S,
    ) -> usize {
        let limit = shared.limits.chunk_line_bytes;
        let room = limit.saturating_sub(self.held.bytes.len());
        let within = bytes.get(..room).unwrap_or(bytes);
        if let Some(wrong) = part.advance(within) {
            shared.account.message += wrong as u64;
            self.cut_held(shared, peer, Anomaly::BadChunk, sink);
            return wrong;
        }
        let Some(end) = memchr::memchr(b'\n', within) else {
            // Half a chunk-size line: held, at most a line.
            self.state = State::ChunkSize(part);
            let taken = self.hold(shared, within);
            if self.held.bytes.len() >= limit {
                self.cut_held(shared, peer, Anomaly::Limit, sink);
            }
            return taken;
        };
        let line = within.get(..=end).unwrap_or(within);
        let size = if self.held.is_empty() {
            shared.account.message += line.len() as u64;
            parse_size(line)
        } else {
            self.hold(shared, line);
            shared.account.message += self.held.len();
            let size = parse_size(&self.held.bytes);
            self.held.clear();
            size
        };
        match size {
            Err(why) => self.cut(shared, peer, why, sink),
            Ok((size, odd)) => {
                self.state = if size == 0 { State::Trailers } else { State::ChunkData(size) };
                self.note(shared, peer, odd, sink);
            }
        }
        line.len()
    }

    /// The line end behind a chunk. A byte that is none is not taken: a chunk size may begin with it, or a message.
    pub(super) fn chunk_end<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        cr: bool,
        sink: &mut S,
    ) -> usize {
        let mut odd = Anomalies::default();
        match bytes.first() {
            Some(b'\r') if !cr => self.state = State::ChunkEnd(true),
            Some(b'\n') => {
                self.state = State::ChunkSize(Part::Before);
                if !cr {
                    odd.insert(Anomaly::BareLf);
                }
            }
            Some(byte) if byte.is_ascii_hexdigit() => {
                self.state = State::ChunkSize(Part::Before);
                odd.insert(if cr { Anomaly::BareCr } else { Anomaly::MissingChunkEnd });
                self.note(shared, peer, odd, sink);
                return 0;
            }
            _ => {
                self.cut(shared, peer, Anomaly::BadChunk, sink);
                return 0;
            }
        }
        shared.account.message += 1;
        self.note(shared, peer, odd, sink);
        1
    }

    pub(super) fn trailers<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        sink: &mut S,
    ) -> usize {
        let limit = shared.limits.trailer_bytes;
        let room = limit.saturating_sub(self.held.bytes.len());
        let within = bytes.get(..room).unwrap_or(bytes);
        let Some(end) = self.held.end.find(within) else {
            // A trailer section that straddles: held until it is whole.
            let taken = self.hold(shared, within);
            if self.held.bytes.len() >= limit {
                self.cut_held(shared, peer, Anomaly::Limit, sink);
            }
            return taken;
        };
        let section = within.get(..end).unwrap_or_default();
        self.held.end = EndOfSection::default();
        if self.held.is_empty() {
            self.trailer_section(shared, peer, section, sink);
        } else {
            self.hold(shared, section);
            let held = self.held.take();
            self.trailer_section(shared, peer, &held, sink);
            self.held.recycle(held);
        }
        end
    }

    fn trailer_section<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, section: &[u8], sink: &mut S) {
        shared.account.message += section.len() as u64;
        if section == b"\r\n" {
            return self.end(peer, self.whole, sink);
        }
        let mut odd = Anomalies::default();
        let mut scratch = std::mem::take(&mut shared.scratch);
        let mut fields = Fields::new();
        field::parse_section(section, &mut scratch, &mut fields, &mut odd);
        if memchr::memchr(0, section).is_some() {
            odd.insert(Anomaly::Nul);
        }
        if fields.iter().any(|field| is_forbidden_trailer(field.name)) {
            odd.insert(Anomaly::ForbiddenTrailer);
        }
        let is_taken = !self.is_rejected(shared, odd);
        if is_taken && !fields.is_empty() {
            sink.event(Event::Trailers { peer, fields: &fields });
        }
        drop(fields);
        shared.put_back(scratch);
        if self.note(shared, peer, odd, sink) {
            self.end(peer, self.whole, sink);
        }
    }

    /// The body is cut, and what is held is of its framing.
    pub(super) fn cut_held<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, why: Anomaly, sink: &mut S) {
        shared.account.message += self.held.len();
        self.held.clear();
        self.cut(shared, peer, why, sink);
    }
}

/// Parses a chunk-size line with its end.
fn parse_size(line: &[u8]) -> Result<(u64, Anomalies), Anomaly> {
    let (line, _, bare) = split_line(line).ok_or(Anomaly::BadChunk)?;
    let (size, mut odd) = chunk::parse(line)?;
    if bare {
        odd.insert(Anomaly::BareLf);
    }
    Ok((size, odd))
}
