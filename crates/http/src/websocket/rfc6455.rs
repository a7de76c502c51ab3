//! Frames (RFC 6455 §5).

use super::Opcode;
use super::frame::{Header, MAX_HEADER, size_of_header};
use super::mask::Mask;
use super::message::{Messages, Target};
use super::stream::Context;
use crate::sink::Sink;
use crate::{Anomaly, Event};

/// The frame at hand.
#[derive(Clone, Copy, Debug)]
struct Frame {
    target: Target,
    fin: bool,
    left: u64,
    mask: Option<Mask>,
}

/// Takes bytes apart into frames.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// A header that is not whole yet.
    header: [u8; MAX_HEADER],
    have: usize,
    /// Where the frame at hand begins.
    begin: u64,
    /// Whose payload is at hand; `None`: a header is.
    frame: Option<Frame>,
}

/// The kind of message that a first frame with this opcode begins.
fn opcode(code: u8) -> Option<Opcode> {
    Some(match code {
        1 => Opcode::Text,
        2 => Opcode::Binary,
        8 => Opcode::Close,
        9 => Opcode::Ping,
        10 => Opcode::Pong,
        _ => return None,
    })
}

impl Frames {
    /// Whose frame is at hand.
    pub(crate) fn target(&self) -> Target {
        self.frame.map_or(Target::Nobody, |frame| frame.target)
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
        let Some(frame) = &mut self.frame else { return self.head(messages, cx, offset, bytes) };
        let len = usize::try_from(frame.left).unwrap_or(usize::MAX).min(bytes.len());
        let now = bytes.get(..len).unwrap_or(bytes);
        let last = len as u64 == frame.left;
        if last && frame.fin && frame.mask.is_none() && messages.may_borrow(frame.target) {
            self.end(messages, cx, Some(now));
            return Ok(len);
        }
        messages.add(cx, frame.target, now, frame.mask.as_mut());
        frame.left -= len as u64;
        if last {
            self.end(messages, cx, None);
        }
        Ok(len)
    }

    fn end<S: Sink>(&mut self, messages: &mut Messages, cx: &mut Context<'_, S>, borrowed: Option<&[u8]>) {
        if let Some(frame) = self.frame.take() {
            messages.end_frame(cx, frame.target, frame.fin, borrowed);
        }
    }

    fn head<S: Sink>(
        &mut self,
        messages: &mut Messages,
        cx: &mut Context<'_, S>,
        offset: u64,
        bytes: &[u8],
    ) -> Result<usize, Anomaly> {
        if self.have == 0 {
            self.begin = offset;
            if let Some(opcode) = bytes.first().and_then(|first| opcode(first & 15)) {
                messages.begin(cx, opcode, offset);
            }
            if let Some(header) = Header::parse(bytes) {
                self.start(messages, cx, &header)?;
                return Ok(header.size);
            }
        }
        // A header that straddles: a few bytes are held until it is whole.
        let held = self.header.get(..self.have).unwrap_or_default();
        let wanted = size_of_header(held).saturating_sub(self.have);
        let now = bytes.get(..wanted).unwrap_or(bytes);
        if let Some(place) = self.header.get_mut(self.have..self.have + now.len()) {
            place.copy_from_slice(now);
        }
        self.have += now.len();
        if let Some(header) = self.header.get(..self.have).and_then(Header::parse) {
            self.have = 0;
            self.start(messages, cx, &header)?;
        }
        Ok(now.len())
    }

    /// A header is whole.
    fn start<S: Sink>(
        &mut self,
        messages: &mut Messages,
        cx: &mut Context<'_, S>,
        header: &Header,
    ) -> Result<(), Anomaly> {
        if header.len > i64::MAX as u64 {
            return Err(Anomaly::BadFrameLength);
        }
        let rsv = (header.rsv1(), header.rsv23());
        let target = match opcode(header.opcode()) {
            Some(opcode) => {
                let target = messages.start(cx, opcode, self.begin, rsv);
                if opcode.is_control() && (!header.fin() || header.len > 125) {
                    messages.note(target, Anomaly::BadControlFrame);
                }
                target
            }
            None => {
                let reserved = header.opcode() != 0;
                let target = if reserved { None } else { messages.continuation(rsv.0 || rsv.1) };
                if target.is_none() {
                    // It belongs to no message: stepped over.
                    let code =
                        if reserved { Anomaly::ReservedOpcode } else { Anomaly::UnexpectedContinuation };
                    cx.sink.event(Event::Anomaly { peer: cx.peer, offset: self.begin, code });
                }
                target.unwrap_or(Target::Nobody)
            }
        };
        if header.key.is_some() != messages.of_client {
            messages.note(target, if messages.of_client { Anomaly::Unmasked } else { Anomaly::Masked });
        }
        if !header.minimal {
            messages.note(target, Anomaly::LongLength);
        }
        let mask = header.key.map(Mask::new);
        self.frame = Some(Frame { target, fin: header.fin(), left: header.len, mask });
        if header.len == 0 {
            let alone = header.fin() && messages.may_borrow(target);
            self.end(messages, cx, if alone { Some(&[]) } else { None });
        }
        Ok(())
    }

    /// So many bytes are missing; whether that is within a payload.
    pub(crate) fn gap<S: Sink>(
        &mut self,
        messages: &mut Messages,
        cx: &mut Context<'_, S>,
        len: u64,
    ) -> bool {
        let Some(frame) = &mut self.frame else { return false };
        let within = len.min(frame.left);
        messages.hole(frame.target, within);
        frame.left -= within;
        if let Some(mask) = &mut frame.mask {
            mask.advance(within);
        }
        if frame.left > 0 {
            return true;
        }
        self.end(messages, cx, None);
        within == len
    }
}
