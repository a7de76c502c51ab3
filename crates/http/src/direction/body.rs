//! Bodies: stepped over by count, chunked, or until close.

use super::{Direction, State};
use crate::grammar::field::{self, Anomalies};
use crate::grammar::{chunk, split_line};
use crate::held::EndOfSection;
use crate::shared::Shared;
use crate::sink::Sink;
use crate::{Anomaly, Event, Peer};

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

    pub(super) fn chunk_size<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        sink: &mut S,
    ) -> usize {
        let limit = shared.limits.chunk_line_bytes;
        let room = limit.saturating_sub(self.held.bytes.len());
        let within = bytes.get(..room).unwrap_or(bytes);
        let Some(end) = memchr::memchr(b'\n', within) else {
            // Half a chunk-size line: held, at most a line.
            let taken = self.hold(shared, within);
            if self.held.bytes.len() >= limit {
                self.cut_held(shared, peer, Anomaly::Limit, sink);
            }
            return taken;
        };
        let line = within.get(..=end).unwrap_or(within);
        let size = if self.held.is_empty() {
            shared.account.message += line.len() as u64;
            split_line(line).and_then(|(line, _, _)| chunk::parse(line))
        } else {
            self.hold(shared, line);
            shared.account.message += self.held.len();
            let size = split_line(&self.held.bytes).and_then(|(line, _, _)| chunk::parse(line));
            self.held.clear();
            size
        };
        match size {
            Some(0) => self.state = State::Trailers,
            Some(size) => self.state = State::ChunkData(size),
            None => self.cut(peer, Anomaly::BadChunk, sink),
        }
        line.len()
    }

    /// The line end behind a chunk. A byte that is none is not taken: a message may begin with it.
    pub(super) fn chunk_end<S: Sink>(
        &mut self,
        shared: &mut Shared,
        peer: Peer,
        bytes: &[u8],
        cr: bool,
        sink: &mut S,
    ) -> usize {
        match bytes.first() {
            Some(b'\r') if !cr => self.state = State::ChunkEnd(true),
            Some(b'\n') => self.state = State::ChunkSize,
            _ => {
                self.cut(peer, Anomaly::BadChunk, sink);
                return 0;
            }
        }
        shared.account.message += 1;
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
        if !matches!(section, b"\r\n" | b"\n") {
            let mut anomalies = Anomalies::new();
            let mut scratch = std::mem::take(&mut shared.scratch);
            let fields = field::parse_section(section, &mut scratch, &mut anomalies);
            sink.event(Event::Trailers { peer, fields: &fields });
            self.anomalies(peer, &anomalies, sink);
            drop(fields);
            shared.put_back(scratch);
        }
        self.end(peer, self.whole, sink);
    }

    /// The body is cut, and what is held is of its framing.
    pub(super) fn cut_held<S: Sink>(&mut self, shared: &mut Shared, peer: Peer, why: Anomaly, sink: &mut S) {
        shared.account.message += self.held.len();
        self.held.clear();
        self.cut(peer, why, sink);
    }
}
