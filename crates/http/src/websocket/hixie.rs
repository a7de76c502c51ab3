//! Frames of before RFC 6455: draft-hixie-thewebsocketprotocol-75 and -76.
//!
//! A text is 0x00, UTF-8, 0xFF. A first byte with its highest bit set is followed by a length in groups of seven bits
//! and so many bytes; 0xFF with the length 0 closes.

use super::Opcode;
use super::message::{Messages, Target};
use super::stream::Context;
use crate::sink::Sink;
use crate::{Anomaly, Event};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The challenge's answer: bytes to come.
    Challenge(u64),
    /// At a frame's first byte.
    Type,
    /// In a frame that 0xFF ends.
    Text(Target),
    /// In a length; whether the first byte was 0xFF.
    Length { value: u64, closes: bool },
    /// In a frame of known length: bytes to come.
    Sized(u64),
}

/// Takes bytes apart into frames.
#[derive(Debug)]
pub(crate) struct Hixie {
    state: State,
    begin: u64,
}

impl Hixie {
    /// Frames behind so many bytes.
    pub(crate) fn behind(challenge: u64) -> Self {
        Self { state: if challenge > 0 { State::Challenge(challenge) } else { State::Type }, begin: 0 }
    }

    /// Whose frame is at hand.
    pub(crate) fn target(&self) -> Target {
        match self.state {
            State::Text(target) => target,
            State::Sized(_) => Target::Data,
            _ => Target::Nobody,
        }
    }

    /// Where the frame at hand begins.
    pub(crate) fn begin(&self) -> u64 {
        self.begin
    }

    /// Takes some bytes off the front; gives how many.
    ///
    /// # Errors
    /// Where the next frame begins is not known.
    pub(crate) fn step<S: Sink>(
        &mut self,
        messages: &mut Messages,
        cx: &mut Context<'_, S>,
        offset: u64,
        bytes: &[u8],
    ) -> Result<usize, Anomaly> {
        let Some(&first) = bytes.first() else { return Ok(0) };
        match self.state {
            State::Challenge(left) => {
                let len = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                *self = Self::behind(left - len as u64);
                return Ok(len);
            }
            State::Type => self.frame(messages, cx, offset, first),
            State::Text(target) => return Ok(self.text(messages, cx, target, bytes)),
            State::Length { value, closes } => {
                let (value, more) = (value << 7 | u64::from(first & 0x7f), first & 0x80 != 0);
                if value > i64::MAX as u64 >> 7 {
                    return Err(Anomaly::BadFrameLength);
                }
                self.state = State::Length { value, closes };
                if !more {
                    self.length(messages, cx, value, closes);
                }
            }
            State::Sized(left) => {
                let len = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                let now = bytes.get(..len).unwrap_or(bytes);
                let last = len as u64 == left;
                self.state = if last { State::Type } else { State::Sized(left - len as u64) };
                let borrowed = Some(now).filter(|_| last && messages.may_borrow(Target::Data));
                if borrowed.is_none() {
                    messages.add(cx, Target::Data, now, None);
                }
                if last {
                    messages.end_frame(cx, Target::Data, true, borrowed);
                }
                return Ok(len);
            }
        }
        Ok(1)
    }

    fn frame<S: Sink>(&mut self, messages: &mut Messages, cx: &mut Context<'_, S>, offset: u64, first: u8) {
        self.begin = offset;
        self.state = match first {
            0 => {
                messages.begin(cx, Opcode::Text, offset);
                State::Text(messages.start(cx, Opcode::Text, offset, (false, false)))
            }
            1..0x80 => {
                let code = Anomaly::ReservedOpcode;
                cx.sink.event(Event::Anomaly { peer: cx.peer, offset, code });
                State::Text(Target::Nobody)
            }
            _ => {
                messages.begin(cx, Opcode::Binary, offset);
                State::Length { value: 0, closes: first == 0xff }
            }
        };
    }

    /// A text, up to 0xFF.
    fn text<S: Sink>(
        &mut self,
        messages: &mut Messages,
        cx: &mut Context<'_, S>,
        target: Target,
        bytes: &[u8],
    ) -> usize {
        let Some(end) = memchr::memchr(0xff, bytes) else {
            messages.add(cx, target, bytes, None);
            return bytes.len();
        };
        let now = bytes.get(..end).unwrap_or(bytes);
        let borrowed = Some(now).filter(|_| messages.may_borrow(target));
        if borrowed.is_none() {
            messages.add(cx, target, now, None);
        }
        self.state = State::Type;
        messages.end_frame(cx, target, true, borrowed);
        end + 1
    }

    /// A length is whole.
    fn length<S: Sink>(
        &mut self,
        messages: &mut Messages,
        cx: &mut Context<'_, S>,
        value: u64,
        closes: bool,
    ) {
        let opcode = if closes && value == 0 { Opcode::Close } else { Opcode::Binary };
        let target = messages.start(cx, opcode, self.begin, (false, false));
        self.state = if value == 0 { State::Type } else { State::Sized(value) };
        if value == 0 {
            messages.end_frame(cx, target, true, Some(&[]));
        }
    }

    /// So many bytes are missing; whether it is known what follows them.
    pub(crate) fn gap<S: Sink>(
        &mut self,
        messages: &mut Messages,
        cx: &mut Context<'_, S>,
        len: u64,
    ) -> bool {
        match self.state {
            State::Challenge(left) if len <= left => {
                *self = Self::behind(left - len);
                true
            }
            State::Sized(left) => {
                let within = len.min(left);
                messages.hole(Target::Data, within);
                self.state = if left == within { State::Type } else { State::Sized(left - within) };
                if left == within {
                    messages.end_frame(cx, Target::Data, true, None);
                }
                within == len
            }
            _ => false,
        }
    }
}
