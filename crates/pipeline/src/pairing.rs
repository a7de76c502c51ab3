//! Which response answers which request.
//!
//! In step, order decides (RFC 9112 §9.3.2), and the pair is *proved*. A connection is in step from its
//! start, where both streams' starts were captured, until one of the two streams loses its framing: a hole
//! in a head, between messages, behind which anything may have been missed. Out of step, the event
//! contract's rule decides: an answer belongs to the last request that began before it, and stands alone
//! where none did. Then the numbers are asked. Where the request's own segment acknowledged exactly the
//! position at which the answer begins, the pair is proved, and the connection is in step again; where they
//! contradict the pair, both stand alone; else the pair is *assumed*.
//!
//! Bytes may be held back behind a hole that is not yet given up, while the other direction goes on. So an
//! answer whose request may still be on its way *waits*: until the request comes, until the hole is given
//! up, or until nothing more can come.

use std::collections::VecDeque;

use smallvec::SmallVec;
use wiretrace_http::{Anomalies, Anomaly, Peer, RequestHead, RequestKind, ResponseHead};
use wiretrace_tcp::Mark;

use crate::exchange::{MAX_INTERIM, Message, Proof, Record};

/// What pairing asks of the TCP connection.
pub(crate) trait Numbers {
    /// The stream position of `peer` that a raw sequence or acknowledgement number names.
    fn position(&self, peer: Peer, number: u32) -> Option<i64>;
    /// Whether both streams were captured from their starts.
    fn starts_known(&self) -> bool;
    /// Whether bytes of `peer` are held back behind a hole.
    fn holds_back(&self, peer: Peer) -> bool;
}

/// Where an exchange is in the list; stays valid while records before it leave.
type Serial = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Nothing lost so far; in step if both starts are known.
    FromStart,
    In,
    Out,
}

/// The first byte of a message.
#[derive(Clone, Copy, Debug, Default)]
struct Begin {
    at: i64,
    frame: u64,
    ack: Option<u32>,
    position: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Direction {
    begin: Begin,
    /// When the last segment came.
    last_at: i64,
    /// Body bytes of the message at hand.
    body: u64,
    /// How often framing was lost.
    breaks: u64,
    /// From here on the stream is known messages without a hole; `None`: from the next message on.
    clean_from: Option<u64>,
}

/// The list of a connection's open exchanges.
#[derive(Debug)]
pub(crate) struct Pairing {
    open: VecDeque<Box<Record>>,
    /// Serial of the front of `open`.
    front: Serial,
    /// No unanswered request stands before this one.
    unanswered_from: Serial,
    waiting: u32,
    emitted: u64,
    step: Step,
    directions: [Direction; 2],
    requester: Option<Peer>,
    request: Option<Serial>,
    response: Option<Serial>,
    /// The request last begun lost step before it, see [`Record::after_break`].
    last_request_breaks: u64,
    pipelined: bool,
    /// Bytes of the heads in `open`.
    bytes: u64,
    interim_now: bool,
    interim: SmallVec<[u16; 4]>,
    /// Anomalies that came before the head they belong to, by peer.
    early: [Anomalies; 2],
}

impl Default for Pairing {
    fn default() -> Self {
        Self {
            open: VecDeque::new(),
            front: 0,
            unanswered_from: 0,
            waiting: 0,
            emitted: 0,
            step: Step::FromStart,
            directions: Default::default(),
            requester: None,
            request: None,
            response: None,
            last_request_breaks: 0,
            pipelined: false,
            bytes: 0,
            interim_now: false,
            interim: SmallVec::new(),
            early: Default::default(),
        }
    }
}

/// A place for recycled records.
#[derive(Debug, Default)]
pub(crate) struct RecordPool {
    #[allow(clippy::vec_box, reason = "records move between the pool and connections as boxes")]
    free: Vec<Box<Record>>,
}

impl RecordPool {
    /// At most this many records are kept for reuse.
    const MAX: usize = 256;

    fn take(&mut self) -> Box<Record> {
        self.free.pop().unwrap_or_default()
    }

    pub(crate) fn give(&mut self, mut record: Box<Record>) {
        if self.free.len() < Self::MAX {
            record.clear();
            self.free.push(record);
        }
    }
}

impl Pairing {
    /// Forgets everything but the list's storage.
    pub(crate) fn reset(&mut self, pool: &mut RecordPool) {
        let mut open = std::mem::take(&mut self.open);
        for record in open.drain(..) {
            pool.give(record);
        }
        *self = Self { open, ..Self::default() };
    }

    fn dir(&self, peer: Peer) -> &Direction {
        let [a, b] = &self.directions;
        if peer == Peer::A { a } else { b }
    }

    fn dir_mut(&mut self, peer: Peer) -> &mut Direction {
        let [a, b] = &mut self.directions;
        if peer == Peer::A { a } else { b }
    }

    fn record(&mut self, serial: Serial) -> Option<&mut Record> {
        let place = usize::try_from(serial.checked_sub(self.front)?).ok()?;
        self.open.get_mut(place).map(|record| &mut **record)
    }

    fn end(&self) -> Serial {
        self.front + self.open.len() as u64
    }

    fn push(&mut self, pool: &mut RecordPool) -> Serial {
        self.open.push_back(pool.take());
        self.end() - 1
    }

    fn in_step(&self, numbers: &impl Numbers) -> bool {
        match self.step {
            Step::In => true,
            Step::Out => false,
            Step::FromStart => numbers.starts_known(),
        }
    }

    /// How many exchanges are open, answered or not.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// How many bytes the heads of open exchanges take.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A segment's bytes are about to be parsed.
    pub(crate) fn segment(&mut self, peer: Peer, at: i64) {
        self.dir_mut(peer).last_at = at;
    }

    /// The first byte of what may be a message, at `position` of its stream.
    pub(crate) fn begin(&mut self, peer: Peer, position: u64, mark: &Mark) {
        let begin = Begin { at: mark.at, frame: mark.frame, ack: mark.ack, position };
        self.dir_mut(peer).begin = begin;
    }

    /// Framing was lost: anything may have been missed here.
    pub(crate) fn lost(&mut self, peer: Peer) {
        self.step = Step::Out;
        let direction = self.dir_mut(peer);
        direction.breaks += 1;
        direction.clean_from = None;
    }

    /// The stream has a hole that ends at `position`.
    pub(crate) fn hole(&mut self, peer: Peer, position: u64) {
        self.dir_mut(peer).clean_from = Some(position);
    }

    /// The stream did not start with its first byte.
    pub(crate) fn joined_midway(&mut self) {
        self.step = Step::Out;
    }

    fn start_message(&mut self, peer: Peer, serial: Serial, in_request: bool) -> Option<&mut Message> {
        let direction = self.dir(peer);
        let (begin, last_at) = (direction.begin, direction.last_at);
        let [a, b] = &mut self.early;
        let early = std::mem::take(if peer == Peer::A { a } else { b });
        let record = self.record(serial)?;
        early.iter().for_each(|anomaly| record.anomaly(anomaly, in_request));
        let message = if in_request { &mut record.request } else { &mut record.response };
        message.number = serial + 1;
        message.first_at = begin.at;
        message.last_at = last_at;
        message.first_frame = begin.frame;
        message.position = begin.position;
        message.ack = begin.ack;
        Some(message)
    }

    /// A request head; gives the bytes copied.
    pub(crate) fn request_head(
        &mut self,
        head: &RequestHead<'_>,
        keep_fields: bool,
        numbers: &impl Numbers,
        pool: &mut RecordPool,
    ) -> usize {
        let peer = head.peer;
        self.requester = Some(peer);
        let direction = self.dir_mut(peer);
        direction.body = 0;
        let position = direction.begin.position;
        direction.clean_from.get_or_insert(position);
        let breaks = direction.breaks;
        let early = if self.waiting > 0 && self.in_step(numbers) { self.first_waiting() } else { None };
        let serial = match early {
            Some(serial) => {
                self.waiting -= 1;
                if let Some(record) = self.record(serial) {
                    record.waiting = false;
                    record.proof = Some(Proof::Proved);
                }
                serial
            }
            None => {
                if self.unanswered_from < self.end() && self.open.back().is_some_and(|r| r.is_unanswered()) {
                    self.pipelined = true;
                }
                self.push(pool)
            }
        };
        self.request = Some(serial);
        let after_break = breaks != self.last_request_breaks;
        self.last_request_breaks = breaks;
        if let Some(record) = self.record(serial) {
            record.breaks = breaks;
            record.after_break = after_break;
        }
        let copied = self
            .start_message(peer, serial, true)
            .map_or(0, |message| message.set_request(head, keep_fields));
        self.bytes += copied as u64;
        copied
    }

    /// A response head, interim or final; gives the bytes copied.
    pub(crate) fn response_head(
        &mut self,
        head: &ResponseHead<'_>,
        keep_fields: bool,
        numbers: &impl Numbers,
        pool: &mut RecordPool,
    ) -> usize {
        let peer = head.peer;
        self.requester = Some(!peer);
        let direction = self.dir_mut(peer);
        direction.body = 0;
        let position = direction.begin.position;
        direction.clean_from.get_or_insert(position);
        self.interim_now = head.interim;
        if head.interim {
            if self.interim.len() < MAX_INTERIM {
                self.interim.push(head.status);
            }
            return 0;
        }
        let serial = if self.in_step(numbers) {
            match self.first_unanswered() {
                Some(serial) => {
                    self.answered(serial, Proof::Proved);
                    serial
                }
                None => self.wait(pool),
            }
        } else if numbers.holds_back(!peer) {
            self.wait(pool)
        } else {
            let begin = self.dir(peer).begin;
            match self.by_rule(begin, peer, numbers) {
                Some((serial, proof)) => {
                    self.answered(serial, proof);
                    serial
                }
                None => self.push(pool),
            }
        };
        self.response = Some(serial);
        let interim = std::mem::take(&mut self.interim);
        if let Some(record) = self.record(serial) {
            record.interim = interim;
        }
        let copied = self
            .start_message(peer, serial, false)
            .map_or(0, |message| message.set_response(head, keep_fields));
        self.bytes += copied as u64;
        copied
    }

    /// What the response whose head came last answers.
    pub(crate) fn answers(&mut self) -> RequestKind {
        let Some(serial) = self.response else { return RequestKind::Unknown };
        match self.record(serial) {
            Some(record) if record.request.present => match record.request.method() {
                b"HEAD" => RequestKind::Head,
                b"CONNECT" => RequestKind::Connect,
                _ => RequestKind::Other,
            },
            _ => RequestKind::Unknown,
        }
    }

    /// Whether what `peer` sends are requests; and the number, from 1, of its message at hand: that of the exchange that
    /// it began in, whatever becomes of it. Between messages, and where its exchange has left the list already, that of
    /// the next exchange.
    pub(crate) fn number(&mut self, peer: Peer) -> (bool, u64) {
        let in_request = self.requester == Some(peer);
        // An interim response goes before the answer to the first open request.
        let serial = match in_request {
            false if self.interim_now => return (false, 1 + self.first_unanswered().unwrap_or(self.end())),
            true => self.request,
            false => self.response,
        };
        let record = serial.and_then(|serial| self.record(serial));
        let number =
            record.map(|record| if in_request { record.request.number } else { record.response.number });
        (in_request, number.unwrap_or(1 + self.end()))
    }

    /// Body bytes of `peer`'s message at hand, and of a final response its request's first stamp.
    pub(crate) fn progress(&mut self, peer: Peer) -> (u64, Option<i64>) {
        let body = self.dir(peer).body;
        if self.requester == Some(peer) || self.interim_now {
            return (body, None);
        }
        let record = self.response.and_then(|serial| self.record(serial));
        (body, record.filter(|record| record.request.present).map(|record| record.request.first_at))
    }

    fn wait(&mut self, pool: &mut RecordPool) -> Serial {
        let serial = self.push(pool);
        self.waiting += 1;
        if let Some(record) = self.record(serial) {
            record.waiting = true;
        }
        serial
    }

    fn first_waiting(&self) -> Option<Serial> {
        let place = self.open.iter().position(|record| record.waiting)?;
        Some(self.front + place as u64)
    }

    fn first_unanswered(&mut self) -> Option<Serial> {
        self.unanswered_from = self.unanswered_from.max(self.front);
        while self.unanswered_from < self.end() {
            let serial = self.unanswered_from;
            if self.record(serial).is_some_and(|record| record.is_unanswered()) {
                return Some(serial);
            }
            self.unanswered_from += 1;
        }
        None
    }

    fn answered(&mut self, serial: Serial, proof: Proof) {
        if let Some(record) = self.record(serial) {
            record.proof = Some(proof);
        }
    }

    /// Out of step: the request that an answer beginning at `begin` belongs to, those before it closed.
    fn by_rule(&mut self, begin: Begin, peer: Peer, numbers: &impl Numbers) -> Option<(Serial, Proof)> {
        let first = self.first_unanswered()?;
        let place = usize::try_from(first - self.front).ok()?;
        let unanswered =
            (first..).zip(self.open.iter().skip(place)).filter(|(_, record)| record.is_unanswered());
        let (candidate, _) =
            unanswered.take_while(|(_, record)| record.request.first_frame < begin.frame).last()?;
        for serial in first..candidate {
            self.close_unanswered(serial);
        }
        let clean_from = self.dir(peer).clean_from.unwrap_or(u64::MAX);
        let requests_breaks = self.dir(!peer).breaks;
        let pipelined = self.pipelined;
        let record = self.record(candidate)?;
        let request = &record.request;
        let asked = request.ack.and_then(|ack| numbers.position(peer, ack)).filter(|&asked| asked >= 0);
        let heard = begin.ack.and_then(|ack| numbers.position(!peer, ack));
        let (asked, answer) = (asked.map(i64::unsigned_abs), begin.position);
        if heard.is_some_and(|heard| heard <= i64::try_from(request.position).unwrap_or(i64::MAX)) {
            return None; // an older answer; the request's own may still come
        }
        match asked {
            Some(asked) if answer < asked => None, // likewise
            Some(asked) if answer > asked && asked < clean_from => {
                // The request's own answer began at `asked`, where bytes are missing.
                self.close_unanswered(candidate);
                None
            }
            Some(asked) if answer == asked && !(pipelined && record.after_break) => {
                if record.breaks == requests_breaks {
                    self.step = Step::In;
                }
                Some((candidate, Proof::Proved))
            }
            _ => Some((candidate, Proof::Assumed)),
        }
    }

    fn close_unanswered(&mut self, serial: Serial) {
        let interim = std::mem::take(&mut self.interim);
        match self.record(serial) {
            Some(record) if record.is_unanswered() => {
                record.closed = true;
                record.interim = interim;
            }
            _ => self.interim = interim,
        }
    }

    /// Decides about waiting answers, once no bytes of the requests' stream are held back any more.
    pub(crate) fn settle(&mut self, numbers: &impl Numbers) {
        let Some(requester) = self.requester else { return };
        if self.waiting == 0 || self.in_step(numbers) || numbers.holds_back(requester) {
            return;
        }
        self.settle_all(requester, numbers);
    }

    fn settle_all(&mut self, requester: Peer, numbers: &impl Numbers) {
        let mut serial = self.front;
        while self.waiting > 0 && serial < self.end() {
            let this = serial;
            serial += 1;
            let Some(record) = self.record(this).filter(|record| record.waiting) else { continue };
            record.waiting = false;
            let response = &record.response;
            let begin = Begin {
                at: response.first_at,
                frame: response.first_frame,
                ack: response.ack,
                position: response.position,
            };
            self.waiting -= 1;
            let Some((request, proof)) = self.by_rule(begin, !requester, numbers) else { continue };
            // The request moves to its answer's place in the list.
            let Some(other) = self.record(request) else { continue };
            let message = std::mem::take(&mut other.request);
            let troubles = std::mem::take(&mut other.troubles);
            let (breaks, after_break) = (other.breaks, other.after_break);
            other.vacant = true;
            if self.request == Some(request) {
                self.request = Some(this);
            }
            if let Some(record) = self.record(this) {
                record.request = message;
                record.proof = Some(proof);
                (record.breaks, record.after_break) = (breaks, after_break);
                for trouble in troubles {
                    record.trouble(trouble.code, trouble.in_request);
                }
            }
        }
    }

    /// The message of `peer` that is arriving.
    fn current(&mut self, peer: Peer) -> Option<(&mut Record, bool)> {
        let in_request = self.requester? == peer;
        let serial = if in_request { self.request } else { self.response }?;
        self.record(serial).map(|record| (record, in_request))
    }

    /// Captured bytes of a message's body.
    pub(crate) fn body(&mut self, peer: Peer, len: u64) {
        self.dir_mut(peer).body += len;
        if let Some((record, in_request)) = self.current(peer) {
            let message = if in_request { &mut record.request } else { &mut record.response };
            message.body_bytes += len;
        }
    }

    /// Something is odd about the message of `peer` that is arriving, or about the next one.
    pub(crate) fn anomaly(&mut self, peer: Peer, anomaly: Anomaly) {
        match self.current(peer) {
            Some((record, in_request)) => record.anomaly(anomaly, in_request),
            None => {
                let [a, b] = &mut self.early;
                (if peer == Peer::A { a } else { b }).insert(anomaly);
            }
        }
    }

    /// A message is over.
    pub(crate) fn message_end(&mut self, peer: Peer, complete: bool) {
        let in_request = self.requester == Some(peer);
        if !in_request && std::mem::take(&mut self.interim_now) {
            return;
        }
        let last_at = self.dir(peer).last_at;
        let Some((record, in_request)) = self.current(peer) else { return };
        let message = if in_request { &mut record.request } else { &mut record.response };
        message.over = true;
        message.complete = complete;
        // A body that never came ends where the head did, not where the next request begins.
        if !message.anomalies.contains(Anomaly::UnsentBody) {
            message.last_at = last_at;
        }
        if !complete && !record.troubles.iter().any(|trouble| trouble.in_request == in_request) {
            record.trouble("truncated", in_request);
        }
        if in_request {
            self.request = None;
        } else {
            self.response = None;
        }
    }

    /// The stream of `peer` is over: no more messages of its kind will come.
    pub(crate) fn finished(&mut self, peer: Peer, numbers: &impl Numbers) {
        match self.requester {
            Some(requester) if requester == peer => self.settle_all(requester, numbers),
            Some(_) => {
                while let Some(serial) = self.first_unanswered() {
                    self.close_unanswered(serial);
                }
            }
            None => {}
        }
    }

    /// Who sends the requests, once that is known.
    pub(crate) fn requester(&self) -> Option<Peer> {
        self.requester
    }

    /// The next exchange that is done, in order, with its number; with `force` the first one, done or not.
    pub(crate) fn next_done(&mut self, force: bool, pool: &mut RecordPool) -> Option<(Box<Record>, u64)> {
        loop {
            let record = self.open.front_mut()?;
            if !record.is_done() && !force {
                return None;
            }
            if std::mem::take(&mut record.waiting) {
                self.waiting -= 1;
            }
            let record = self.open.pop_front()?;
            self.bytes -= record.request.text_len() + record.response.text_len();
            let serial = self.front;
            self.front += 1;
            for now in [&mut self.request, &mut self.response] {
                if *now == Some(serial) {
                    *now = None;
                }
            }
            if record.vacant {
                pool.give(record);
                continue;
            }
            self.emitted += 1;
            return Some((record, self.emitted));
        }
    }
}

#[cfg(test)]
mod tests;
