//! WebSocket handshakes, frames and whole conversations (RFC 6455) from code.
//!
//! ```
//! use wiretrace_testkit::websocket::{Frame, TEXT};
//!
//! assert_eq!(Frame::new(TEXT, b"Hello").bytes(), b"\x81\x05Hello"); // RFC 6455 section 5.7
//! let masked = Frame::new(TEXT, b"Hello").masked([0x37, 0xfa, 0x21, 0x3d]).bytes();
//! assert_eq!(masked, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
//! ```

use crate::split::Rng;

/// Opcode of a frame that goes on with a message.
pub const CONTINUATION: u8 = 0;
/// Opcode of text.
pub const TEXT: u8 = 1;
/// Opcode of anything else.
pub const BINARY: u8 = 2;
/// Opcode of a Close.
pub const CLOSE: u8 = 8;
/// Opcode of a Ping.
pub const PING: u8 = 9;
/// Opcode of a Pong.
pub const PONG: u8 = 10;

/// A request for WebSocket, with the key of RFC 6455 section 1.3; it offers permessage-deflate as browsers do, and a
/// sub-protocol.
pub const REQUEST: &[u8] =
    b"GET /chat HTTP/1.1\r\nHost: demo.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Protocol: chat, echo\r\n\r\n";

/// The answer to [`REQUEST`], with this Sec-WebSocket-Extensions value if it is not empty.
pub fn response(extensions: &str) -> Vec<u8> {
    let extensions = match extensions {
        "" => String::new(),
        value => format!("Sec-WebSocket-Extensions: {value}\r\n"),
    };
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{extensions}\r\n"
    )
    .into_bytes()
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The last one of its message.
    pub fin: bool,
    /// The reserved bits, the first one as 4.
    pub rsv: u8,
    /// 0 to 15.
    pub opcode: u8,
    /// The masking key, if it is to be masked.
    pub mask: Option<[u8; 4]>,
    /// The payload, not masked.
    pub payload: Vec<u8>,
    /// Bytes of the length, at least: 0, 2 or 8.
    pub length: usize,
}

impl Frame {
    /// A whole message in one frame, not masked.
    pub fn new(opcode: u8, payload: &[u8]) -> Self {
        Self { fin: true, rsv: 0, opcode, mask: None, payload: payload.to_vec(), length: 0 }
    }

    /// The same, masked.
    pub fn masked(self, key: [u8; 4]) -> Self {
        Self { mask: Some(key), ..self }
    }

    /// As on the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let len = self.payload.len();
        let mut bytes = vec![u8::from(self.fin) << 7 | self.rsv << 4 | self.opcode];
        let mask = u8::from(self.mask.is_some()) << 7;
        if len > 0xffff || self.length == 8 {
            bytes.push(mask | 127);
            bytes.extend((len as u64).to_be_bytes());
        } else if len > 125 || self.length == 2 {
            bytes.push(mask | 126);
            bytes.extend((len as u16).to_be_bytes());
        } else {
            bytes.push(mask | len as u8);
        }
        let key = self.mask.unwrap_or_default();
        bytes.extend(self.mask.iter().flatten());
        bytes.extend(self.payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes
    }
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// [`TEXT`], [`BINARY`], [`CLOSE`], [`PING`] or [`PONG`].
    pub opcode: u8,
    /// What it says.
    pub payload: Vec<u8>,
    /// Bytes of payload on the wire: others than of `payload` where it was compressed.
    pub wire_len: usize,
    /// It was compressed.
    pub compressed: bool,
    /// How many frames it took.
    pub fragments: usize,
    /// Where its first frame begins.
    pub offset: usize,
}

/// How [`direction`] compresses a message.
pub type Compress<'a> = &'a mut dyn FnMut(&[u8]) -> Vec<u8>;

/// One direction's random messages, in the order in which they end, and their bytes: all kinds and lengths, in one
/// frame or several, with control frames between these.
pub fn direction(
    rng: &mut Rng,
    messages: usize,
    masked: bool,
    mut compress: Option<Compress<'_>>,
) -> (Vec<Sent>, Vec<u8>) {
    let (mut sent, mut bytes) = (Vec::new(), Vec::new());
    for _ in 0..messages {
        if rng.one_in(4) {
            control(rng, masked, &mut sent, &mut bytes);
            continue;
        }
        let opcode = if rng.one_in(3) { BINARY } else { TEXT };
        let len = [0, 1, 5, 60, 125, 126, 300, 5_000, 70_000][rng.range(0, 8)];
        let payload = if opcode == TEXT { text(rng, len) } else { rng.bytes(len) };
        let compress = compress.as_mut().filter(|_| !rng.one_in(4));
        let compressed = compress.is_some();
        let on_wire = compress.map_or_else(|| payload.clone(), |compress| compress(&payload));
        let (offset, wire_len) = (bytes.len(), on_wire.len());
        let (mut rest, mut fragments) = (&on_wire[..], 0);
        loop {
            let fin = rng.one_in(2);
            let (now, later) = rest.split_at(if fin { rest.len() } else { rng.range(0, rest.len()) });
            let first = fragments == 0;
            let mut frame = Frame::new(if first { opcode } else { CONTINUATION }, now);
            frame.fin = fin;
            frame.rsv = if first && compressed { 4 } else { 0 };
            write(rng, frame, masked, &mut bytes);
            (rest, fragments) = (later, fragments + 1);
            if fin {
                break;
            }
            if rng.one_in(3) {
                control(rng, masked, &mut sent, &mut bytes);
            }
        }
        sent.push(Sent { opcode, payload, wire_len, compressed, fragments, offset });
    }
    (sent, bytes)
}

fn control(rng: &mut Rng, masked: bool, sent: &mut Vec<Sent>, bytes: &mut Vec<u8>) {
    let opcode = if rng.one_in(2) { PING } else { PONG };
    let len = rng.range(0, 125);
    let payload = rng.bytes(len);
    let offset = bytes.len();
    write(rng, Frame::new(opcode, &payload), masked, bytes);
    sent.push(Sent { opcode, wire_len: len, payload, compressed: false, fragments: 1, offset });
}

fn write(rng: &mut Rng, mut frame: Frame, masked: bool, bytes: &mut Vec<u8>) {
    frame.mask = masked.then(|| (rng.next_u64() as u32).to_be_bytes());
    bytes.extend(frame.bytes());
}

/// UTF-8 of exactly so many bytes.
fn text(rng: &mut Rng, len: usize) -> Vec<u8> {
    let mut text = String::new();
    while text.len() < len {
        let c = ['a', ' ', '{', '\u{e9}', '\u{20ac}', '\u{1f980}'][rng.range(0, 5)];
        text.push(if text.len() + c.len_utf8() > len { 'x' } else { c });
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_what_they_need() {
        for (len, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let frame = Frame::new(BINARY, &vec![0; len]);
            assert_eq!(frame.bytes().len(), header + len);
            assert_eq!(frame.masked([1; 4]).bytes().len(), header + 4 + len);
        }
        let long = Frame { length: 8, ..Frame::new(TEXT, b"a") };
        assert_eq!(long.bytes(), [0x81, 127, 0, 0, 0, 0, 0, 0, 0, 1, b'a']);
    }

    #[test]
    fn directions_are_the_same_for_the_same_seed() {
        let make = |seed| direction(&mut Rng::new(seed), 30, true, None);
        assert_eq!(make(1), make(1));
        let (sent, bytes) = make(2);
        assert!(sent.len() >= 30 && sent.iter().any(|sent| sent.fragments > 1));
        assert!(sent.iter().all(|sent| sent.opcode != TEXT || std::str::from_utf8(&sent.payload).is_ok()));
        assert!(bytes.len() > sent.iter().map(|sent| sent.wire_len).sum());
    }
}
