//! Messages out of frames' payloads: what is kept of them, and what is wrong with them.

use super::deflate::{self, Inflater};
use super::extension::Extensions;
use super::mask::Mask;
use super::stream::Context;
use super::{Coding, Opcode, WebSocketMessage, WebSocketPayload, close, utf8};
use crate::grammar::field::{Anomalies, note};
use crate::sink::Sink;
use crate::{Anomaly, Event, Limits};

/// Storage larger than this is not kept from message to message.
const KEEP: usize = 4 * 1024;

/// The message under way of one kind: data, perhaps in fragments, or control.
#[derive(Debug)]
struct Part {
    open: bool,
    opcode: Opcode,
    begin: u64,
    fragments: u64,
    len: u64,
    coding: Coding,
    compressed: bool,
    /// No hole so far.
    whole: bool,
    /// Nothing more is kept: behind a hole or a bound.
    shut: bool,
    kept: Vec<u8>,
    anomalies: Anomalies,
}

impl Default for Part {
    fn default() -> Self {
        Self {
            open: false,
            opcode: Opcode::Text,
            begin: 0,
            fragments: 0,
            len: 0,
            coding: Coding::Plain,
            compressed: false,
            whole: true,
            shut: false,
            kept: Vec::new(),
            anomalies: Anomalies::new(),
        }
    }
}

impl Part {
    fn note(&mut self, anomaly: Anomaly) {
        note(&mut self.anomalies, anomaly);
    }

    /// Keeps some bytes of the content, up to the bound.
    fn keep(&mut self, bytes: &[u8], mask: Option<&mut Mask>, most: usize) {
        let room = if self.shut { 0 } else { most.saturating_sub(self.kept.len()) };
        let now = bytes.get(..room).unwrap_or(bytes);
        match mask {
            Some(mask) => {
                mask.unmask_into(&mut self.kept, now);
                mask.advance((bytes.len() - now.len()) as u64);
            }
            None => self.kept.extend_from_slice(now),
        }
        if now.len() < bytes.len() && !self.shut {
            self.shut = true;
            self.note(Anomaly::Limit);
        }
    }

    /// What was compressed cannot be read.
    fn unreadable(&mut self, why: Anomaly) {
        self.coding = Coding::Unreadable;
        self.shut = true;
        self.kept.clear();
        // Whether enough of it came out to reach a bound depends on how it was cut into pieces.
        self.anomalies.retain(|anomaly| *anomaly != Anomaly::Limit);
        self.note(why);
    }
}

/// How a data message's payload is compressed.
#[derive(Debug)]
struct Compression {
    /// Each message by itself.
    alone: bool,
    /// Bytes that later messages refer to are missing.
    lost: bool,
    /// Made for the first message that is to be inflated.
    inflater: Option<Box<Inflater>>,
}

/// The messages of one direction.
#[derive(Debug)]
pub(crate) struct Messages {
    data: Part,
    control: Part,
    compression: Option<Compression>,
    other_extensions: bool,
    /// A Close was sent.
    closed: bool,
    /// Direction of the client: its frames must be masked.
    pub(crate) of_client: bool,
}

/// Which message a frame belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Data,
    Control,
    /// None.
    Nobody,
}

impl Messages {
    pub(crate) fn new(of_client: bool, extensions: Extensions) -> Self {
        let compression = extensions.deflate.map(|deflate| Compression {
            alone: if of_client {
                deflate.client_no_context_takeover
            } else {
                deflate.server_no_context_takeover
            },
            lost: false,
            inflater: None,
        });
        Self {
            data: Part::default(),
            control: Part::default(),
            compression,
            other_extensions: extensions.others,
            closed: false,
            of_client,
        }
    }

    /// Bytes that lie in memory.
    pub(crate) fn memory(&self) -> usize {
        let inflater = self.compression.as_ref().is_some_and(|compression| compression.inflater.is_some());
        self.data.kept.capacity() + self.control.kept.capacity() + if inflater { deflate::MEMORY } else { 0 }
    }

    fn part(&mut self, target: Target) -> Option<&mut Part> {
        match target {
            Target::Data => Some(&mut self.data),
            Target::Control => Some(&mut self.control),
            Target::Nobody => None,
        }
    }

    /// The first byte of a message's first frame: it says already that a data message under way has no last frame.
    pub(crate) fn begin<S: Sink>(&mut self, cx: &mut Context<'_, S>, opcode: Opcode, offset: u64) {
        if !opcode.is_control() && self.data.open {
            self.data.note(Anomaly::UnfinishedMessage);
            self.finish(cx, Target::Data, None, false);
        }
        cx.sink.event(Event::WebSocketBegin { peer: cx.peer, offset, control: opcode.is_control() });
    }

    /// A message's first frame. `rsv`: the first reserved bit, and whether one of the others is set.
    pub(crate) fn start<S: Sink>(
        &mut self,
        cx: &mut Context<'_, S>,
        opcode: Opcode,
        begin: u64,
        rsv: (bool, bool),
    ) -> Target {
        let target = if opcode.is_control() { Target::Control } else { Target::Data };
        let closed = self.closed;
        self.closed |= opcode == Opcode::Close;
        let others = self.other_extensions;
        let compressed = rsv.0 && target == Target::Data && self.compression.is_some();
        let coding = if compressed { self.coding_of_compressed(cx.payload) } else { Coding::Plain };
        let part = if target == Target::Data { &mut self.data } else { &mut self.control };
        let kept = std::mem::take(&mut part.kept);
        *part = Part { open: true, opcode, begin, fragments: 1, coding, compressed, kept, ..Part::default() };
        if closed {
            part.note(Anomaly::DataAfterClose);
        }
        if coding == Coding::Unreadable {
            part.unreadable(Anomaly::Unreadable);
        } else if rsv.1 || rsv.0 && !compressed {
            if others { part.unreadable(Anomaly::Unreadable) } else { part.note(Anomaly::ReservedBits) }
        }
        target
    }

    /// What becomes of a compressed message's payload.
    fn coding_of_compressed(&mut self, payload: WebSocketPayload) -> Coding {
        match &mut self.compression {
            Some(compression) if !compression.lost => {
                if payload != WebSocketPayload::Inflate {
                    return Coding::Deflated;
                }
                let inflater = compression.inflater.get_or_insert_with(|| Box::new(Inflater::new()));
                if compression.alone {
                    inflater.forget();
                }
                Coding::Inflated
            }
            _ => Coding::Unreadable,
        }
    }

    /// Another frame of the data message; `None` where there is none under way.
    pub(crate) fn continuation(&mut self, rsv: bool) -> Option<Target> {
        if !self.data.open {
            return None;
        }
        self.data.fragments += 1;
        if rsv && !self.other_extensions {
            self.data.note(Anomaly::ReservedBits);
        }
        Some(Target::Data)
    }

    /// Something is wrong with the frame at hand.
    pub(crate) fn note(&mut self, target: Target, anomaly: Anomaly) {
        if let Some(part) = self.part(target) {
            part.note(anomaly);
        }
    }

    /// Whether a payload that lies in one piece need not be copied.
    pub(crate) fn may_borrow(&mut self, target: Target) -> bool {
        let part = self.part(target);
        part.is_some_and(|part| part.len == 0 && part.whole && part.coding != Coding::Inflated)
    }

    /// Payload of the frame at hand.
    pub(crate) fn add<S: Sink>(
        &mut self,
        cx: &Context<'_, S>,
        target: Target,
        bytes: &[u8],
        mut mask: Option<&mut Mask>,
    ) {
        let most = cx.most(target == Target::Control);
        let Some(part) = self.part(target) else { return };
        part.len = part.len.saturating_add(bytes.len() as u64);
        if part.coding == Coding::Inflated {
            self.inflate(cx.limits, bytes, mask);
        } else if let Some(most) = most {
            part.keep(bytes, mask, most);
        } else if let Some(mask) = &mut mask {
            mask.advance(bytes.len() as u64);
        }
    }

    /// Compressed payload.
    fn inflate(&mut self, limits: &Limits, bytes: &[u8], mut mask: Option<&mut Mask>) {
        let part = &mut self.data;
        let Some(compression) = &mut self.compression else { return };
        let Some(inflater) = &mut compression.inflater else { return };
        // A small copy on the stack, since what was fed is not ours to unmask.
        let mut block = [0; 1024];
        let mut failed = None;
        for bytes in bytes.chunks(block.len()) {
            let plain = match (&mut mask, block.get_mut(..bytes.len())) {
                (Some(mask), Some(copy)) => {
                    copy.copy_from_slice(bytes);
                    mask.apply(copy);
                    &*copy
                }
                _ => bytes,
            };
            if failed.is_none() {
                let mut keep = |bytes: &[u8]| part.keep(bytes, None, limits.message_bytes);
                failed = inflater.inflate(plain, limits, &mut keep).err();
            }
        }
        if let Some(why) = failed {
            part.unreadable(why);
            compression.give_up(why);
        }
    }

    /// So many bytes of the frame at hand are missing.
    pub(crate) fn hole(&mut self, target: Target, len: u64) {
        let Some(part) = self.part(target) else { return };
        part.len = part.len.saturating_add(len);
        part.whole = false;
        part.shut = true;
        part.note(Anomaly::Gap);
        if part.compressed {
            self.break_context();
        }
    }

    /// The compressed message under way cannot be read, nor what refers to it.
    fn break_context(&mut self) {
        if !matches!(self.data.coding, Coding::Unreadable) {
            self.data.unreadable(Anomaly::Unreadable);
        }
        if let Some(compression) = &mut self.compression {
            compression.give_up(Anomaly::Unreadable);
        }
    }

    /// A frame is over. `borrowed`: its payload, where nothing of it was added and it is a whole message's.
    pub(crate) fn end_frame<S: Sink>(
        &mut self,
        cx: &mut Context<'_, S>,
        target: Target,
        fin: bool,
        borrowed: Option<&[u8]>,
    ) {
        if let (Some(bytes), Some(part)) = (borrowed, self.part(target)) {
            part.len = bytes.len() as u64;
        }
        // A control message is one frame, whatever the frame says.
        if fin || target == Target::Control {
            self.finish(cx, target, borrowed, true);
        }
    }

    /// The message is over, or cut; hands it out.
    fn finish<S: Sink>(
        &mut self,
        cx: &mut Context<'_, S>,
        target: Target,
        borrowed: Option<&[u8]>,
        ended: bool,
    ) {
        if target == Target::Data && self.data.coding == Coding::Inflated {
            self.finish_inflating(cx.limits, ended);
        }
        let most = cx.most(target == Target::Control);
        let Some(part) = self.part(target).filter(|part| part.open) else { return };
        part.open = false;
        let kept = std::mem::take(&mut part.kept);
        let mut payload = match borrowed {
            Some(bytes) if !part.shut => bytes.get(..most.unwrap_or(0)).unwrap_or(bytes),
            Some(_) => &[],
            None => &kept,
        };
        if most.is_some() && !part.shut && borrowed.is_some_and(|bytes| bytes.len() > payload.len()) {
            part.shut = true;
            part.note(Anomaly::Limit);
        }
        let complete = ended && part.whole;
        let whole = complete && !part.shut;
        match (part.opcode, part.coding) {
            (Opcode::Text, Coding::Plain | Coding::Inflated) => {
                let (text, valid) = utf8::check(payload, whole);
                payload = text;
                if !valid {
                    part.note(Anomaly::BadUtf8);
                }
            }
            (Opcode::Close, _) => {
                if let Some(anomaly) = close::check(payload, whole) {
                    part.note(anomaly);
                }
            }
            _ => {}
        }
        cx.sink.event(Event::WebSocketMessage(WebSocketMessage {
            peer: cx.peer,
            offset: part.begin,
            opcode: part.opcode,
            fragments: part.fragments,
            len: part.len,
            payload,
            coding: part.coding,
            compressed: part.compressed,
            complete,
            anomalies: &part.anomalies,
        }));
        if kept.capacity() <= KEEP {
            part.kept = kept;
            part.kept.clear();
        }
    }

    /// The end of a compressed message that was inflated so far. Of one that is cut nothing is shown: how much of it
    /// comes out depends on how it was cut into pieces.
    fn finish_inflating(&mut self, limits: &Limits, ended: bool) {
        if !ended {
            return self.break_context();
        }
        let part = &mut self.data;
        let Some(compression) = &mut self.compression else { return };
        let Some(inflater) = &mut compression.inflater else { return };
        let mut keep = |bytes: &[u8]| part.keep(bytes, None, limits.message_bytes);
        if let Err(why) = inflater.end(limits, &mut keep) {
            part.unreadable(why);
            compression.give_up(why);
        }
    }

    /// Nothing more comes of the messages under way; `current`: of the frame at hand.
    pub(crate) fn cut<S: Sink>(&mut self, cx: &mut Context<'_, S>, current: Target, why: Anomaly) {
        for target in [Target::Control, Target::Data] {
            let under_way = target == Target::Data || current == Target::Control;
            if let Some(part) = self.part(target).filter(|part| part.open && under_way) {
                part.note(why);
                self.finish(cx, target, None, false);
            }
        }
        if let Some(compression) = &mut self.compression {
            compression.inflater = None;
        }
        self.data.kept = Vec::new();
        self.control.kept = Vec::new();
    }

    /// The caller has no memory left: what is kept is given up.
    pub(crate) fn give_up(&mut self) {
        for part in [&mut self.data, &mut self.control] {
            part.kept = Vec::new();
            if part.open && !part.shut {
                part.shut = true;
                part.note(Anomaly::Limit);
            }
        }
        if self.compression.as_ref().is_some_and(|compression| compression.inflater.is_some()) {
            if self.data.open && self.data.coding == Coding::Inflated {
                self.data.unreadable(Anomaly::Limit);
            }
            if let Some(compression) = &mut self.compression {
                compression.inflater = None;
                compression.lost |= !compression.alone;
            }
        }
    }
}

impl Compression {
    /// A message could not be inflated. Because of a hole: with context takeover no later one can, without only that
    /// one. Because it does not inflate, or to too much: nothing more is tried.
    fn give_up(&mut self, why: Anomaly) {
        if !self.alone || why != Anomaly::Unreadable {
            self.lost = true;
            self.inflater = None;
        }
    }
}
