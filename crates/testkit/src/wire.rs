//! TCP conversations as frames.
//!
//! A [`Conversation`] plays both ends of a connection and the capture between them. What is said is
//! cut into segments, acknowledged, and put on a clock that steps by 1 ms from frame to frame; what the network
//! and the capture do to it is said in between. [`parse`] reads the same from text (`*.wire` files).
//!
//! ```
//! use wiretrace_testkit::wire::{Conversation, merge};
//!
//! let lossy = Conversation::new()
//!     .syn()
//!     .client(b"GET / HTTP/1.1\r\nHost: demo.test\r\n\r\n")
//!     .wait(20)
//!     .lose_next()
//!     .server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
//!     .fin()
//!     .frames();
//! assert_eq!(lossy.len(), 3 + 2 + 1 + 3); // handshake, request and ACK, only the ACK of the answer, the end
//!
//! let other = Conversation::new().ipv6().client(b"hello").frames();
//! let frames = merge([lossy, other]);
//! assert_eq!(frames.len(), 11);
//! ```

mod transcript;

use std::net::{IpAddr, SocketAddr};

pub use transcript::{WireError, parse};

use crate::build::{
    ETHERTYPE_IPV4, ETHERTYPE_IPV6, Frame, Ipv4, Ipv6, LINK_ETHERNET, LINK_LINUX_SLL, LINK_RAW, MAC_CLIENT,
    MAC_SERVER, Tcp, ethernet_between, linux_sll, tcp_flags::*, tcp_option, vlan_tag,
};

/// When conversations begin: 2024-01-01T00:00:00Z, in nanoseconds since 1970.
pub const START: i64 = 1_704_067_200_000_000_000;

/// One millisecond in nanoseconds, the step from frame to frame.
pub const MILLISECOND: i64 = 1_000_000;

/// Who sent a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The side that sends the SYN.
    Client,
    /// The other one.
    Server,
}

impl Side {
    /// The other side.
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// When the receiver of a write sends segments without payload that acknowledge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acks {
    /// After each segment.
    Every,
    /// After the last segment of a write. The default.
    Last,
    /// Never: only what it sends itself acknowledges.
    None,
}

/// What the frames begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkLayer {
    /// Ethernet. The default.
    Ethernet,
    /// Ethernet with one VLAN tag.
    Vlan(u16),
    /// Linux cooked.
    LinuxSll,
    /// Nothing: the IP header is the first.
    Raw,
}

impl LinkLayer {
    /// The link type of a capture of such frames.
    pub fn link_type(self) -> u32 {
        match self {
            Self::Ethernet | Self::Vlan(_) => LINK_ETHERNET,
            Self::LinuxSll => LINK_LINUX_SLL,
            Self::Raw => LINK_RAW,
        }
    }
}

/// A captured segment, before it is wrapped in headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireSegment {
    /// Capture time in nanoseconds since 1970.
    pub at: i64,
    /// Who sent it.
    pub side: Side,
    /// Its TCP header.
    pub tcp: Tcp,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// Both ends of a TCP connection, and what a capture between them holds.
#[derive(Debug, Clone)]
pub struct Conversation {
    addresses: [SocketAddr; 2],
    link: LinkLayer,
    mss: usize,
    acks: Acks,
    step: i64,
    now: i64,
    /// The next sequence number of each side.
    next: [u32; 2],
    window: [u16; 2],
    sent: [Vec<u8>; 2],
    lose: usize,
    delay: usize,
    delayed: Vec<WireSegment>,
    captured: Vec<WireSegment>,
}

impl Default for Conversation {
    fn default() -> Self {
        Self::new()
    }
}

impl Conversation {
    /// From 192.0.2.1:40000 to 198.51.100.1:80 at [`START`], first sequence numbers 1,000 and 5,000.
    pub fn new() -> Self {
        Self::between(([192, 0, 2, 1], 40000).into(), ([198, 51, 100, 1], 80).into())
    }

    /// Between two addresses of one family.
    pub fn between(client: SocketAddr, server: SocketAddr) -> Self {
        Self {
            addresses: [client, server],
            link: LinkLayer::Ethernet,
            mss: 1460,
            acks: Acks::Last,
            step: MILLISECOND,
            now: START,
            next: [1000, 5000],
            window: [64240; 2],
            sent: [Vec::new(), Vec::new()],
            lose: 0,
            delay: 0,
            delayed: Vec::new(),
            captured: Vec::new(),
        }
    }

    /// Between 2001:db8::1 and 2001:db8::2, ports as they are.
    pub fn ipv6(&mut self) -> &mut Self {
        for (address, last) in self.addresses.iter_mut().zip([1, 2]) {
            address.set_ip(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]));
        }
        self
    }

    /// From this port of the client.
    pub fn port(&mut self, client: u16) -> &mut Self {
        self.addresses[0].set_port(client);
        self
    }

    /// The next frame's time.
    pub fn at(&mut self, ns: i64) -> &mut Self {
        self.now = ns;
        self
    }

    /// The time from one frame to the next, in nanoseconds.
    pub fn step(&mut self, ns: i64) -> &mut Self {
        self.step = ns;
        self
    }

    /// Lets `ms` milliseconds pass (in addition to the step between frames).
    pub fn wait(&mut self, ms: i64) -> &mut Self {
        self.now += ms * MILLISECOND;
        self
    }

    /// The most payload of a segment; at least 1.
    pub fn mss(&mut self, mss: usize) -> &mut Self {
        self.mss = mss.max(1);
        self
    }

    /// Who acknowledges when.
    pub fn acks(&mut self, acks: Acks) -> &mut Self {
        self.acks = acks;
        self
    }

    /// What the frames begin with.
    pub fn link(&mut self, link: LinkLayer) -> &mut Self {
        self.link = link;
        self
    }

    /// The next sequence numbers of client and server: the initial ones, if said first.
    pub fn sequence_numbers(&mut self, client: u32, server: u32) -> &mut Self {
        self.next = [client, server];
        self
    }

    /// The window that a side announces from now on.
    pub fn window(&mut self, side: Side, window: u16) -> &mut Self {
        self.window[side as usize] = window;
        self
    }

    /// The three-way handshake. Without it the capture begins in mid-connection.
    pub fn syn(&mut self) -> &mut Self {
        self.syn_only(Side::Client).syn_only(Side::Server).ack(Side::Client)
    }

    /// One side's SYN; the server's acknowledges. A client's SYN that is repeated with new sequence numbers
    /// begins a new connection.
    pub fn syn_only(&mut self, side: Side) -> &mut Self {
        let flags = if side == Side::Client { SYN } else { SYN | ACK };
        let mut segment = self.segment(side, flags, Vec::new());
        segment.tcp.options = tcp_option::mss(self.mss.min(0xffff) as u16).to_vec();
        self.advance(side, 1);
        self.emit(segment)
    }

    /// The client writes `bytes`.
    pub fn client(&mut self, bytes: &[u8]) -> &mut Self {
        self.write(Side::Client, bytes)
    }

    /// The server writes `bytes`.
    pub fn server(&mut self, bytes: &[u8]) -> &mut Self {
        self.write(Side::Server, bytes)
    }

    /// A side writes `bytes`: as many segments as the MSS asks for, then what [`Acks`] says.
    pub fn write(&mut self, side: Side, bytes: &[u8]) -> &mut Self {
        self.sent[side as usize].extend_from_slice(bytes);
        let count = bytes.len().div_ceil(self.mss);
        for i in 0..count {
            let piece = &bytes[i * self.mss..bytes.len().min((i + 1) * self.mss)];
            let flags = if i + 1 == count { PSH | ACK } else { ACK };
            let segment = self.segment(side, flags, piece.to_vec());
            self.advance(side, piece.len());
            self.emit(segment);
            if self.acks == Acks::Every || self.acks == Acks::Last && i + 1 == count {
                self.ack(side.other());
            }
        }
        self
    }

    /// A side acknowledges what it has got.
    pub fn ack(&mut self, side: Side) -> &mut Self {
        let segment = self.segment(side, ACK, Vec::new());
        self.emit(segment)
    }

    /// The next segment with payload is not captured, though its receiver gets it. Adds up.
    pub fn lose_next(&mut self) -> &mut Self {
        self.lose += 1;
        self
    }

    /// The next segment with payload is held back until [`Conversation::release`]; its receiver acknowledges
    /// nothing behind it. Adds up.
    pub fn delay_next(&mut self) -> &mut Self {
        self.delay += 1;
        self
    }

    /// The segments held back arrive now, oldest first, and their receiver acknowledges.
    pub fn release(&mut self) -> &mut Self {
        let delayed = std::mem::take(&mut self.delayed);
        let last = delayed.last().map(|segment| segment.side);
        for segment in delayed {
            self.emit(segment);
        }
        match last {
            Some(side) if self.acks != Acks::None => self.ack(side.other()),
            _ => self,
        }
    }

    /// The last two captured segments with payload change places (not times).
    pub fn swap(&mut self) -> &mut Self {
        let mut with_payload =
            (0..self.captured.len()).rev().filter(|&i| !self.captured[i].payload.is_empty());
        if let (Some(b), Some(a)) = (with_payload.next(), with_payload.next()) {
            let (at_a, at_b) = (self.captured[a].at, self.captured[b].at);
            self.captured.swap(a, b);
            (self.captured[a].at, self.captured[b].at) = (at_a, at_b);
        }
        self
    }

    /// The last captured segment with payload, SYN or FIN is sent again, as it was.
    pub fn duplicate(&mut self) -> &mut Self {
        let counts = |s: &&WireSegment| !s.payload.is_empty() || s.tcp.flags & (SYN | FIN) != 0;
        match self.captured.iter().rev().find(counts).cloned() {
            Some(segment) => self.emit(segment),
            None => self,
        }
    }

    /// A side sends `bytes` from `back` positions before its next sequence number, without going on by more
    /// than what is new: a retransmission, an overlap, or a lie.
    pub fn overlap(&mut self, side: Side, back: u32, bytes: &[u8]) -> &mut Self {
        let mut segment = self.segment(side, PSH | ACK, bytes.to_vec());
        segment.tcp.seq = segment.tcp.seq.wrapping_sub(back);
        let fresh = bytes.get(back as usize..).unwrap_or_default();
        self.sent[side as usize].extend_from_slice(fresh);
        self.advance(side, fresh.len());
        self.emit(segment)
    }

    /// A side asks whether the other is still there: one byte from before its next sequence number.
    pub fn keep_alive(&mut self, side: Side) -> &mut Self {
        self.overlap(side, 1, &[0])
    }

    /// A side announces a window of zero.
    pub fn zero_window(&mut self, side: Side) -> &mut Self {
        let mut segment = self.segment(side, ACK, Vec::new());
        segment.tcp.window = 0;
        self.emit(segment)
    }

    /// Both sides end: the client's FIN, the server's, the last ACK.
    pub fn fin(&mut self) -> &mut Self {
        self.fin_from(Side::Client).fin_from(Side::Server).ack(Side::Client)
    }

    /// One side ends its half.
    pub fn fin_from(&mut self, side: Side) -> &mut Self {
        let segment = self.segment(side, FIN | ACK, Vec::new());
        self.advance(side, 1);
        self.emit(segment)
    }

    /// The client resets the connection.
    pub fn rst(&mut self) -> &mut Self {
        self.rst_from(Side::Client)
    }

    /// A side resets the connection.
    pub fn rst_from(&mut self, side: Side) -> &mut Self {
        let segment = self.segment(side, RST | ACK, Vec::new());
        self.emit(segment)
    }

    /// The capture begins here: what was captured so far is forgotten, the numbers go on.
    pub fn midstream(&mut self) -> &mut Self {
        self.captured.clear();
        self
    }

    /// A segment as given, at the next time; sequence numbers do not move.
    pub fn raw(&mut self, side: Side, tcp: Tcp, payload: &[u8]) -> &mut Self {
        let at = self.now;
        self.now += self.step;
        self.captured.push(WireSegment { at, side, tcp, payload: payload.to_vec() });
        self
    }

    /// The segment that a side would send next, for use with [`Conversation::raw`].
    pub fn segment(&self, side: Side, flags: u8, payload: Vec<u8>) -> WireSegment {
        let (me, peer) = (side as usize, side.other() as usize);
        let held = self.delayed.iter().find(|s| s.side == side.other()).map(|s| s.tcp.seq);
        let tcp = Tcp {
            seq: self.next[me],
            ack: if flags & ACK == 0 { 0 } else { held.unwrap_or(self.next[peer]) },
            flags,
            window: self.window[me],
            ..Tcp::new(self.addresses[me].port(), self.addresses[peer].port())
        };
        WireSegment { at: self.now, side, tcp, payload }
    }

    /// All that a side has written, lost or not.
    pub fn sent(&self, side: Side) -> &[u8] {
        &self.sent[side as usize]
    }

    /// The addresses of client and server.
    pub fn addresses(&self) -> [SocketAddr; 2] {
        self.addresses
    }

    /// What was captured, less the headers below TCP.
    pub fn segments(&self) -> &[WireSegment] {
        &self.captured
    }

    /// What was captured.
    pub fn frames(&self) -> Vec<Frame> {
        self.captured.iter().enumerate().map(|(i, s)| (s.at, self.frame(i, s))).collect()
    }

    fn advance(&mut self, side: Side, by: usize) {
        let next = &mut self.next[side as usize];
        *next = next.wrapping_add(by as u32);
    }

    fn emit(&mut self, mut segment: WireSegment) -> &mut Self {
        if !segment.payload.is_empty() && self.lose > 0 {
            self.lose -= 1;
        } else if !segment.payload.is_empty() && self.delay > 0 {
            self.delay -= 1;
            self.delayed.push(segment);
        } else {
            segment.at = self.now;
            self.now += self.step;
            self.captured.push(segment);
        }
        self
    }

    fn frame(&self, index: usize, segment: &WireSegment) -> Vec<u8> {
        let (me, peer) = (segment.side as usize, segment.side.other() as usize);
        let (from, to) = (self.addresses[me].ip(), self.addresses[peer].ip());
        let tcp = segment.tcp.around(from, to, &segment.payload);
        let (ethertype, packet) = match (from, to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                let header =
                    Ipv4 { identification: index as u16, ..Ipv4::new(from.octets(), to.octets(), 6) };
                (ETHERTYPE_IPV4, header.around(&tcp))
            }
            (from, to) => {
                let octets = |ip| match ip {
                    IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
                    IpAddr::V6(ip) => ip.octets(),
                };
                (ETHERTYPE_IPV6, Ipv6::new(octets(from), octets(to), 6).around(&tcp))
            }
        };
        let macs = [MAC_CLIENT, MAC_SERVER];
        match self.link {
            LinkLayer::Ethernet => ethernet_between(macs[me], macs[peer], ethertype, &packet),
            LinkLayer::Vlan(id) => {
                ethernet_between(macs[me], macs[peer], 0x8100, &vlan_tag(id, ethertype, &packet))
            }
            LinkLayer::LinuxSll => linux_sll(ethertype, &packet),
            LinkLayer::Raw => packet,
        }
    }
}

/// The frames of several conversations in one capture, by time; at the same time in the order given.
pub fn merge(captures: impl IntoIterator<Item = Vec<Frame>>) -> Vec<Frame> {
    let mut frames: Vec<Frame> = captures.into_iter().flatten().collect();
    frames.sort_by_key(|frame| frame.0);
    frames
}

#[cfg(test)]
mod tests;
