//! Captures from bytes: each byte or two an operation, so that what a fuzzer changes are packets of living
//! connections, not checksums and lengths that nobody gets behind.

use wiretrace_capture::{LinkType, PcapWriter, Timestamp};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// How many operations are carried out at most.
const MOST_OPERATIONS: usize = 512;
/// Connections: even ones over IPv4, odd ones over IPv6.
const CONNECTIONS: usize = 8;

/// Pieces of payload that operations refer to by number.
pub const DICTIONARY: [&[u8]; 48] = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /p HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"5\r\nhello\r\n",
    b"0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
    b"HEAD /h HTTP/1.1\r\n\r\n",
    b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\n",
    b"GET /u HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"\x81\x02hi",
    b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html; q=1\r\nContent-Length: 0\r\n\r\n",
    b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2",
    b"GET ",
    b"/path?query ",
    b"HTTP/1.1",
    b" 200 OK",
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"Content-Length: ",
    b"3\r\n",
    b"18446744073709551616\r\n",
    b"Content-Length: 3\r\nContent-Length: 4\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked, x\r\n",
    b"Connection: close\r\n",
    b"Expect: 100-continue\r\n",
    b"X: y\r\n folded\r\n",
    b"no colon\r\n",
    b": no name\r\n",
    b"ffffffffffffffff\r\n",
    b"3;ext=\"a;b\"\r\nabc\r\n",
    b"0\r\nTrailer: t\r\n\r\n",
    b"1\r\nab\r\n",
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"ICY 200 OK\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    b"HTTP/1.1 2000 OK\r\n\r\n",
    b"G\x00T / HTTP/1.1\r\n\r\n",
];

/// The steps of time that operations refer to by number, in nanoseconds.
const STEPS: [i64; 8] = [
    1_000,
    1_000_000,
    100_000_000,
    250_000_000,
    2_000_000_000,
    61_000_000_000,
    7_200_000_000_000,
    -7_200_000_000_000,
];

/// Hands out a program's bytes; 0 behind its end.
struct Program<'a>(&'a [u8]);

impl<'a> Program<'a> {
    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((&first, rest)) => {
                self.0 = rest;
                first
            }
            None => 0,
        }
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(len).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }

    fn word(&mut self) -> u32 {
        u32::from_be_bytes(std::array::from_fn(|_| self.byte()))
    }
}

/// Both ends of a connection, and the capture between them.
#[derive(Clone, Copy)]
struct Talk {
    /// The next sequence number of client and server.
    next: [u32; 2],
}

/// One TCP header's fields that operations choose.
#[derive(Clone, Copy)]
struct Header {
    seq: u32,
    ack: u32,
    flags: u8,
    window: u16,
}

/// A capture in the making.
struct Maker {
    talks: [Talk; CONNECTIONS],
    /// Frames by time, wire length and bytes, in order of capture.
    frames: Vec<(i64, u32, Vec<u8>)>,
    at: i64,
    /// The next packet is cut into IP fragments of so many times 8 bytes; 0: it is not.
    fragment: u8,
    reversed: bool,
    /// The next frame is captured without so many of its last bytes.
    snap: usize,
    /// The next frames are held back.
    hold: bool,
    held: Vec<(u32, Vec<u8>)>,
    identification: u16,
}

/// The pcap file that a program makes. Its first byte is reserved. Each operation is one byte: what (4 bits),
/// which side (1 bit), which of eight connections (3 bits); some take further bytes. The operations are: SYN, ACK,
/// a piece of the dictionary, several of them, raw bytes, a piece beside its place (a retransmission, an overlap,
/// or a lie), a piece that is sent and not captured, FIN, RST, a step of time, the last frame again, holding
/// frames back and letting them go, fragments, a snap length, a segment with any header, a frame of any bytes.
pub fn from_operations(program: &[u8]) -> Vec<u8> {
    let mut program = Program(program);
    program.byte();
    let mut maker = Maker {
        talks: std::array::from_fn(|i| {
            // One connection's numbers wrap early.
            let first = if i == 3 { u32::MAX - 20 } else { 1000 * i as u32 };
            Talk { next: [first, first.wrapping_add(500)] }
        }),
        frames: Vec::new(),
        at: 1_700_000_000_000_000_000,
        fragment: 0,
        reversed: false,
        snap: 0,
        hold: false,
        held: Vec::new(),
        identification: 0,
    };
    for _ in 0..MOST_OPERATIONS {
        if program.0.is_empty() {
            break;
        }
        maker.operation(&mut program);
    }
    maker.release();
    maker.file()
}

fn piece(number: u8) -> &'static [u8] {
    DICTIONARY.get(usize::from(number) % DICTIONARY.len()).copied().unwrap_or_default()
}

impl Maker {
    fn operation(&mut self, program: &mut Program<'_>) {
        let operation = program.byte();
        let (talk, side) = (usize::from(operation >> 5), usize::from(operation >> 4 & 1));
        match operation & 15 {
            0 => {
                let header = self.header(talk, side, if side == 0 { SYN } else { SYN | ACK });
                self.segment(talk, side, header, b"");
                self.advance(talk, side, 1);
            }
            1 => {
                let header = self.header(talk, side, ACK);
                self.segment(talk, side, header, b"");
            }
            2 => self.write(talk, side, piece(program.byte())),
            3 => {
                let count = program.byte() & 7;
                let pieces: Vec<u8> = (0..=count).flat_map(|_| piece(program.byte())).copied().collect();
                self.write(talk, side, &pieces);
            }
            4 => {
                let len = usize::from(program.byte());
                self.write(talk, side, program.take(len));
            }
            5 => {
                let (delta, bytes) = (program.byte() as i8, piece(program.byte()));
                let mut header = self.header(talk, side, ACK | PSH);
                header.seq = header.seq.wrapping_add_signed(delta.into());
                self.segment(talk, side, header, bytes);
                let fresh = i64::from(delta) + bytes.len() as i64;
                self.advance(talk, side, u32::try_from(fresh).unwrap_or(0));
            }
            6 => {
                // Sent, received, not captured.
                self.advance(talk, side, piece(program.byte()).len() as u32);
            }
            7 => {
                let header = self.header(talk, side, FIN | ACK);
                self.segment(talk, side, header, b"");
                self.advance(talk, side, 1);
            }
            8 => {
                let header = self.header(talk, side, RST | ACK);
                self.segment(talk, side, header, b"");
            }
            9 => {
                let choice = program.byte();
                let step = STEPS.get(usize::from(choice & 7)).copied().unwrap_or(0);
                self.at += step * i64::from(1 + (choice >> 3));
            }
            10 => {
                if let Some((_, wire_len, bytes)) = self.frames.last().cloned() {
                    self.emit(wire_len, bytes);
                }
            }
            11 => {
                if self.hold {
                    self.release();
                }
                self.hold = !self.hold;
            }
            12 => {
                let choice = program.byte();
                (self.fragment, self.reversed) = (choice & 15, choice & 16 != 0);
            }
            13 => self.snap = usize::from(program.byte()),
            14 => {
                let header = Header {
                    seq: program.word(),
                    ack: program.word(),
                    flags: program.byte(),
                    window: u16::from(program.byte()),
                };
                self.segment(talk, side, header, piece(program.byte()));
            }
            _ => {
                let len = usize::from(program.byte());
                let bytes = program.take(len).to_vec();
                self.emit(bytes.len() as u32, bytes);
            }
        }
    }

    fn next(&self, talk: usize, side: usize) -> u32 {
        self.talks.get(talk).and_then(|talk| talk.next.get(side)).copied().unwrap_or(0)
    }

    fn advance(&mut self, talk: usize, side: usize, by: u32) {
        if let Some(next) = self.talks.get_mut(talk).and_then(|talk| talk.next.get_mut(side)) {
            *next = next.wrapping_add(by);
        }
    }

    fn header(&self, talk: usize, side: usize, flags: u8) -> Header {
        let ack = if flags & ACK == 0 { 0 } else { self.next(talk, 1 - side) };
        Header { seq: self.next(talk, side), ack, flags, window: 64240 }
    }

    fn write(&mut self, talk: usize, side: usize, payload: &[u8]) {
        let header = self.header(talk, side, ACK | PSH);
        self.segment(talk, side, header, payload);
        self.advance(talk, side, payload.len() as u32);
    }

    /// A TCP segment, in as many frames as are asked for.
    fn segment(&mut self, talk: usize, side: usize, header: Header, payload: &[u8]) {
        let ports = [40_000 + talk as u16, 80];
        let mut tcp = Vec::with_capacity(20 + payload.len());
        let (from, to) = if side == 0 { (ports[0], ports[1]) } else { (ports[1], ports[0]) };
        tcp.extend(from.to_be_bytes());
        tcp.extend(to.to_be_bytes());
        tcp.extend(header.seq.to_be_bytes());
        tcp.extend(header.ack.to_be_bytes());
        tcp.extend([0x50, header.flags]);
        tcp.extend(header.window.to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend_from_slice(payload);

        let size = usize::from(std::mem::take(&mut self.fragment)) * 8;
        self.identification = self.identification.wrapping_add(1);
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        if size == 0 {
            pieces.push(self.packet(talk, side, None, &tcp));
        } else {
            let count = tcp.len().div_ceil(size);
            for (i, piece) in tcp.chunks(size).enumerate() {
                let place = (i * size / 8) as u16;
                pieces.push(self.packet(talk, side, Some((place, i + 1 < count)), piece));
            }
            if self.reversed {
                pieces.reverse();
            }
        }
        for piece in pieces {
            self.emit(piece.len() as u32, piece);
        }
    }

    /// An Ethernet frame around an IP packet; `fragment` is its place in units of 8 bytes, and whether more follow.
    fn packet(&self, talk: usize, side: usize, fragment: Option<(u16, bool)>, payload: &[u8]) -> Vec<u8> {
        let (from, to) = (1 + side as u8, 2 - side as u8);
        let (place, more) = fragment.unwrap_or((0, false));
        let mut frame = vec![2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from];
        if talk & 1 == 0 {
            let total = 20 + payload.len() as u16;
            frame.extend([0x08, 0x00, 0x45, 0]);
            frame.extend(total.to_be_bytes());
            frame.extend(self.identification.to_be_bytes());
            frame.extend((place | u16::from(more) << 13).to_be_bytes());
            frame.extend([64, 6, 0, 0, 192, 0, 2, from, 192, 0, 2, to]);
        } else {
            let extension = if fragment.is_some() { 8 } else { 0 };
            let total = extension + payload.len() as u16;
            frame.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
            frame.extend(total.to_be_bytes());
            frame.extend([if fragment.is_some() { 44 } else { 6 }, 64]);
            for last in [from, to] {
                frame.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
            }
            if fragment.is_some() {
                frame.extend([6, 0]);
                frame.extend((place << 3 | u16::from(more)).to_be_bytes());
                frame.extend(u32::from(self.identification).to_be_bytes());
            }
        }
        frame.extend_from_slice(payload);
        frame
    }

    fn emit(&mut self, wire_len: u32, mut bytes: Vec<u8>) {
        let snap = std::mem::take(&mut self.snap);
        bytes.truncate(bytes.len().saturating_sub(snap));
        if self.hold {
            self.held.push((wire_len, bytes));
        } else {
            self.at += 1000;
            self.frames.push((self.at, wire_len, bytes));
        }
    }

    /// What was held back comes now, the last first.
    fn release(&mut self) {
        for (wire_len, bytes) in std::mem::take(&mut self.held).into_iter().rev() {
            self.at += 1000;
            self.frames.push((self.at, wire_len, bytes));
        }
    }

    fn file(self) -> Vec<u8> {
        // Seconds of a pcap file have 32 bits.
        let most = i64::from(u32::MAX) * 1_000_000_000;
        let mut file = Vec::new();
        let written = PcapWriter::new(&mut file, LinkType::ETHERNET).and_then(|mut writer| {
            for (at, wire_len, bytes) in &self.frames {
                writer.write(Timestamp((*at).clamp(0, most)), *wire_len, bytes)?;
            }
            Ok(())
        });
        match written {
            Ok(()) => file,
            Err(error) => panic!("a vector takes everything: {error}"),
        }
    }
}
