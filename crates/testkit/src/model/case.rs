//! Conversations for the model: two random streams, and operations that send, lose, repeat and spoil parts of them.
//!
//! A [`Case`] is a head of eight bytes and operations of four: small numbers that mean something whatever they are, so
//! that a fuzzer's input, a property test's and a hand-made one are the same thing.

use super::{ACK, FIN, Policy, RST, SYN, Segment, Settings};
use arbitrary::{Arbitrary, Unstructured};
use std::fmt;

const MS: u64 = 1_000_000;

/// What happens, by one half or to what was sent last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// The next 1 to 48 bytes.
    Send,
    /// The next bytes get lost.
    Lose,
    /// Bytes further on, which leaves a hole.
    Ahead,
    /// Any range near the latest bytes, with boundaries of its own.
    Again,
    /// The same with other bytes.
    Altered,
    /// The latest segment once more.
    Duplicate,
    /// The latest segment trades places with the one before.
    Swap,
    /// The latest segment is not captured.
    Drop,
    /// An acknowledgement near the other side's latest bytes.
    Ack,
    /// One of bytes that were not sent yet.
    AckUnseen,
    /// The same acknowledgement again.
    AckAgain,
    /// Another window.
    Window,
    /// A FIN behind the latest bytes, with some more.
    Fin,
    /// A FIN anywhere.
    FinAnywhere,
    /// A RST at the next number.
    Reset,
    /// A RST anywhere.
    ResetAnywhere,
    /// A RST that answers a SYN.
    Refuse,
    /// A keep-alive.
    KeepAlive,
    /// A probe of the other side's window.
    Probe,
    /// The SYN again.
    SynAgain,
    /// A SYN with other numbers, and if nothing forbids it a new connection.
    NewSyn,
    /// Bytes of which the snap length cut off a part.
    Cut,
    /// A segment without ACK.
    NoAck,
    /// A number far away.
    Wild,
    /// A large part of the stream gets lost.
    Jump,
    /// Nothing for a while.
    Silence,
}

/// How often each is meant; a byte chooses.
const KINDS: [Kind; 64] = {
    use Kind::*;
    [
        Send,
        Send,
        Send,
        Send,
        Send,
        Send,
        Send,
        Send,
        Send,
        Lose,
        Lose,
        Lose,
        Ahead,
        Ahead,
        Ahead,
        Again,
        Again,
        Again,
        Again,
        Again,
        Altered,
        Altered,
        Altered,
        Altered,
        Altered,
        Duplicate,
        Duplicate,
        Swap,
        Swap,
        Swap,
        Drop,
        Ack,
        Ack,
        Ack,
        Ack,
        Ack,
        Ack,
        AckUnseen,
        AckUnseen,
        AckAgain,
        AckAgain,
        Window,
        Window,
        Window,
        Fin,
        Fin,
        FinAnywhere,
        Reset,
        ResetAnywhere,
        ResetAnywhere,
        Refuse,
        KeepAlive,
        KeepAlive,
        Probe,
        Probe,
        SynAgain,
        SynAgain,
        NewSyn,
        Cut,
        Cut,
        NoAck,
        Wild,
        Jump,
        Silence,
    ]
};

/// Time between two operations.
const STEPS: [u64; 16] = [
    0,
    0,
    0,
    0,
    1,
    MS,
    MS,
    10 * MS,
    40 * MS,
    66 * MS,
    100 * MS,
    199 * MS,
    200 * MS,
    450 * MS,
    3000 * MS,
    11_000 * MS,
];

const WINDOWS: [u16; 8] = [0, 0, 1, 20, 100, 500, 8000, 65_535];

/// One operation: which, by which half, two numbers, and the time before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Op(pub [u8; 4]);

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [_, a, b, time] = self.0;
        write!(f, "{:?} of {}: {a}, {b}, after {time}", self.kind(), self.half())
    }
}

impl Op {
    /// An operation of this kind.
    pub fn new(kind: Kind, half: u8, a: u8, b: u8, time: u8) -> Self {
        let place = KINDS.iter().position(|&other| other == kind).unwrap_or(0) as u8;
        Op([place << 1 | half & 1, a, b, time])
    }

    fn kind(self) -> Kind {
        KINDS[usize::from(self.0[0] >> 1) % KINDS.len()]
    }

    fn half(self) -> usize {
        usize::from(self.0[0] & 1)
    }
}

/// How it begins, and what all of it is under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The policy (two bits), time-outs, no waiting behind a RST, no giving up of holes, what is captured (two bits);
    /// and whether it is to be looked at with bounds, too.
    pub settings: u8,
    /// How the conversation opens.
    pub opening: u8,
    /// Window scales of both SYNs: 0 is none.
    pub scales: [u8; 2],
    /// Where the numbers begin.
    pub bases: [u8; 2],
    /// The windows that both begin with.
    pub windows: u8,
    /// Chooses the streams' bytes.
    pub seed: u8,
    /// What happens then.
    pub ops: Vec<Op>,
}

/// What goes into a table, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A segment.
    Push(Segment),
    /// The clock stands there.
    Advance(u64),
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let head = input.arbitrary::<[u8; 8]>()?;
        let mut ops = Vec::new();
        while input.len() >= 4 && ops.len() < 400 {
            ops.push(Op(input.arbitrary()?));
        }
        Ok(Case::new(head, ops))
    }
}

/// One side of the conversation as it is made up.
#[derive(Clone, Debug, Default)]
struct Talker {
    base: u32,
    /// Everything below was sent.
    sent: u64,
    window: u16,
    scale: Option<u8>,
    /// What it acknowledges of the other side.
    ack: u32,
}

/// Makes the segments.
struct Maker {
    talkers: [Talker; 2],
    steps: Vec<Step>,
    clock: u64,
    seed: u64,
}

impl Case {
    /// A case of eight bytes and operations.
    pub fn new(head: [u8; 8], ops: Vec<Op>) -> Self {
        let [settings, opening, a, b, base_a, base_b, windows, seed] = head;
        Case { settings, opening, scales: [a, b], bases: [base_a, base_b], windows, seed, ops }
    }

    /// What [`Arbitrary`] makes of any bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let made = Case::arbitrary(&mut Unstructured::new(bytes));
        made.unwrap_or_else(|_| Case::new([0; 8], Vec::new()))
    }

    /// The bytes that [`Arbitrary`] makes this of.
    pub fn bytes(&self) -> Vec<u8> {
        let head =
            [self.settings, self.opening, self.scales[0], self.scales[1], self.bases[0], self.bases[1]];
        let mut bytes = [&head[..], &[self.windows, self.seed]].concat();
        bytes.extend(self.ops.iter().flat_map(|op| op.0));
        bytes
    }

    /// What it is under.
    pub fn settings(&self) -> Settings {
        let bit = |bit: u8| self.settings & 1 << bit != 0;
        let policy =
            [Policy::First, Policy::Last, Policy::Bsd, Policy::Linux][usize::from(self.settings & 3)];
        let mut settings = Settings { policy, ..Settings::default() };
        if bit(2) {
            settings.half_open = Some(15_000 * MS);
            settings.half_closed = Some(5_000 * MS);
            settings.idle = Some(20_000 * MS);
            settings.linger = 12_000 * MS;
        }
        if bit(3) {
            settings.reset_wait = 0;
        }
        if bit(4) {
            (settings.gap_wait, settings.gap_segments) = (u64::MAX, u64::MAX);
        }
        settings
    }

    /// The segments as they are captured, numbered from 1.
    pub fn steps(&self) -> Vec<Step> {
        let base = |choice: u8| match choice {
            0..=99 => u32::from(choice) * 1000,
            100..=199 => u32::MAX - u32::from(choice - 100) * 3,
            _ => u32::from(choice) << 24,
        };
        let talker = |side: usize| Talker {
            base: base(self.bases[side]),
            sent: 0,
            window: WINDOWS[usize::from(self.windows >> (4 * side)) % WINDOWS.len()].max(1),
            scale: self.scales[side].checked_sub(1).map(|scale| scale % 16),
            ack: base(self.bases[1 - side]),
        };
        let talkers = [talker(0), talker(1)];
        let mut maker = Maker { talkers, steps: Vec::new(), clock: 0, seed: u64::from(self.seed) };
        maker.open(self.opening);
        for &op in &self.ops {
            maker.clock += STEPS[usize::from(op.0[3]) % STEPS.len()];
            maker.act(op);
        }
        // Only what is captured is seen, and only then.
        let seen = |half| match self.settings >> 5 & 3 {
            1 => half == 0,
            2 => half == 1,
            _ => true,
        };
        let mut frame = 0;
        let mut clock = 0;
        for step in &mut maker.steps {
            match step {
                Step::Push(segment) => {
                    frame += u64::from(seen(segment.half));
                    clock = clock.max(segment.clock);
                    (segment.frame, segment.clock) = (frame, clock);
                }
                Step::Advance(at) => clock = clock.max(*at),
            }
        }
        maker.steps.retain(|step| !matches!(step, Step::Push(segment) if !seen(segment.half)));
        maker.steps
    }
}

impl Maker {
    /// A byte of a stream.
    fn byte(&self, half: usize, position: i64) -> u8 {
        let mixed =
            (position as u64 ^ self.seed << 8 ^ (half as u64) << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 56) as u8
    }

    /// A segment of this half: `len` bytes of its stream from `at` on.
    fn segment(&self, half: usize, at: i64, len: u32, flags: u8) -> Segment {
        let talker = &self.talkers[half];
        let payload = (at..at + i64::from(len)).map(|position| self.byte(half, position)).collect();
        let (seq, ack) = (talker.base.wrapping_add(at as u32), talker.ack);
        Segment {
            half,
            clock: self.clock,
            frame: 0,
            seq,
            ack: if flags & ACK != 0 { ack } else { 0 },
            flags,
            window: talker.window,
            scale: None,
            payload,
            len,
        }
    }

    fn push(&mut self, segment: Segment) {
        self.steps.push(Step::Push(segment));
    }

    fn emit(&mut self, half: usize, at: i64, len: u32, flags: u8) {
        let segment = self.segment(half, at, len, flags);
        self.push(segment);
    }

    fn syn(&mut self, half: usize, len: u32, flags: u8) {
        let mut segment = self.segment(half, 0, len, flags);
        segment.seq = segment.seq.wrapping_sub(1);
        segment.scale = self.talkers[half].scale;
        self.talkers[half].sent = self.talkers[half].sent.max(u64::from(len));
        self.push(segment);
    }

    fn open(&mut self, opening: u8) {
        let client = usize::from(opening & 1);
        let server = 1 - client;
        let data = u32::from(opening >> 4);
        match opening >> 1 & 7 {
            // The client's SYN, with data or not; and no more.
            0 => self.syn(client, 0, SYN),
            1 => {
                self.syn(client, data, SYN);
                self.syn(server, 0, SYN | ACK);
            }
            // Both at once.
            2 => {
                self.syn(0, 0, SYN);
                self.syn(1, data, SYN);
                self.syn(0, 0, SYN | ACK);
                self.syn(1, data, SYN | ACK);
            }
            // The capture begins in the middle.
            3 => {}
            _ => {
                self.syn(client, data, SYN);
                self.talkers[server].ack = self.talkers[server].ack.wrapping_add(data);
                self.syn(server, 0, SYN | ACK);
                self.emit(client, i64::from(data), 0, ACK);
            }
        }
    }

    /// The position that a half's peer acknowledges.
    fn acknowledged(&self, half: usize) -> i64 {
        i64::from(self.talkers[1 - half].ack.wrapping_sub(self.talkers[half].base) as i32)
    }

    /// Acknowledges the other stream up to here.
    fn acknowledge(&mut self, half: usize, position: i64) {
        self.talkers[half].ack = self.talkers[1 - half].base.wrapping_add(position as u32);
        let at = self.talkers[half].sent as i64;
        self.emit(half, at, 0, ACK);
    }

    fn act(&mut self, op: Op) {
        let half = op.half();
        let (a, b) = (i64::from(op.0[1]), i64::from(op.0[2]));
        let sent = self.talkers[half].sent as i64;
        let theirs = self.talkers[1 - half].sent as i64;
        let mut next = |len: i64| self.talkers[half].sent += len as u64;
        match op.kind() {
            Kind::Send => {
                let len = a % 48 + 1;
                next(len);
                // Now and then it brings an acknowledgement of all.
                if b & 1 != 0 {
                    self.talkers[half].ack = self.talkers[1 - half].base.wrapping_add(theirs as u32);
                }
                self.emit(half, sent, len as u32, ACK);
            }
            Kind::Lose => next(a % 64 + 1),
            Kind::Ahead => {
                next(a % 64 + b % 32);
                self.emit(half, sent + a % 64, (b % 32) as u32, ACK);
            }
            Kind::Again => self.emit(half, sent - a % 120, (b % 64) as u32, ACK),
            Kind::Altered => {
                let mut segment = self.segment(half, sent - a % 120, (b % 64) as u32, ACK);
                segment
                    .payload
                    .iter_mut()
                    .skip(usize::from(op.0[1] >> 6))
                    .step_by(2)
                    .for_each(|byte| *byte ^= 1);
                self.push(segment);
            }
            Kind::Duplicate => {
                let latest = self.steps.iter().rev().find_map(|step| match step {
                    Step::Push(segment) => Some(segment.clone()),
                    Step::Advance(_) => None,
                });
                if let Some(latest) = latest {
                    self.push(Segment { clock: self.clock, ..latest });
                }
            }
            Kind::Swap => {
                if let [.., Step::Push(before), Step::Push(latest)] = &mut self.steps[..] {
                    std::mem::swap(before, latest);
                }
            }
            Kind::Drop => drop(self.steps.pop()),
            Kind::Ack => self.acknowledge(half, theirs - a % 90 + b % 8),
            Kind::AckUnseen => self.acknowledge(half, theirs + a),
            Kind::AckAgain => self.emit(half, sent, 0, ACK),
            Kind::Window => {
                self.talkers[half].window = WINDOWS[op.0[1] as usize % WINDOWS.len()];
                self.emit(half, sent, 0, ACK);
            }
            Kind::Fin => {
                let len = if a & 1 == 0 { 0 } else { b % 20 };
                next(len);
                self.emit(half, sent, len as u32, ACK | FIN);
            }
            Kind::FinAnywhere => self.emit(half, sent - a % 50 + b % 30, (b % 5) as u32, ACK | FIN),
            Kind::Reset => self.emit(half, sent, (a & 1) as u32, RST | if b & 1 == 0 { ACK } else { 0 }),
            Kind::ResetAnywhere => {
                // Near its receiver's window's end, near its beginning, or far away.
                let far = match b >> 5 & 3 {
                    0 => i64::from(self.talkers[1 - half].window) + a % 5 - 1,
                    1 => a - 128,
                    _ => (a - 128) << 12,
                };
                self.emit(half, self.acknowledged(half) + far, 0, RST | if b & 1 == 0 { ACK } else { 0 });
            }
            Kind::Refuse => {
                let mut segment = self.segment(half, 0, 0, RST | ACK);
                segment.seq = 0;
                segment.ack =
                    self.talkers[1 - half].base.wrapping_add((a % 4) as u32).wrapping_add((b & 1) as u32);
                self.push(segment);
            }
            Kind::KeepAlive => {
                let at = if a & 2 == 0 { self.acknowledged(half) } else { sent };
                self.emit(half, at - 1, (a & 1) as u32, ACK);
            }
            Kind::Probe => self.emit(half, self.acknowledged(half), 1, ACK),
            Kind::SynAgain => self.syn(half, (a % 8) as u32, SYN | if b & 1 == 0 { 0 } else { ACK }),
            Kind::NewSyn => {
                // Far from the old numbers, or so near that both connections could be meant.
                let step = if a & 1 == 0 { 0x0100_0000u32.wrapping_mul(b as u32 + 1) } else { b as u32 };
                for talker in &mut self.talkers {
                    talker.base = talker.base.wrapping_add(step);
                    talker.ack = talker.ack.wrapping_add(step);
                    talker.sent = 0;
                }
                self.syn(half, 0, SYN | if a & 2 == 0 { 0 } else { ACK });
            }
            Kind::Cut => {
                let len = a % 32 + 1;
                let back = if b & 64 == 0 { 0 } else { a % 40 };
                next(len - back.min(len));
                let mut segment = self.segment(half, sent - back, len as u32, ACK);
                segment.payload.truncate(b as usize % 32);
                self.push(segment);
            }
            Kind::NoAck => {
                next(a % 32);
                self.emit(half, sent, (a % 32) as u32, 0);
            }
            Kind::Wild => {
                let far = (1i64 << 30) * (1 + a % 3) + (b - 128) * if a & 4 == 0 { 1 } else { 100 };
                self.emit(half, sent + far, (a % 16) as u32, ACK | if a & 8 == 0 { 0 } else { FIN });
            }
            Kind::Jump => next((a + 1) << (b % 20)),
            Kind::Silence => {
                self.clock += u64::from(op.0[1]) * [MS, 10 * MS, 100 * MS, 1000 * MS][b as usize % 4];
                self.steps.push(Step::Advance(self.clock));
            }
        }
    }
}
