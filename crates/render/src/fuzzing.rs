//! Bodies of the fuzz targets: they take any bytes and assert what must always hold. The crate's tests run them, too.

use crate::packet::{Detail, LINE_OUTPUT, MAX_OUTPUT, Options, Packet, PacketPrinter};
use crate::time::TimeStyle;

/// Link types that the first byte of an input chooses from; other values take its second byte as well.
pub const LINK_TYPES: [u32; 41] = [
    1, 0, 101, 113, 276, 9, 50, 51, 104, 108, 12, 14, 228, 229, 105, 127, 192, 239, 163, 119, 149, 258, 6, 7,
    129, 8, 10, 11, 106, 107, 109, 117, 122, 123, 138, 204, 219, 226, 242, 274, 147,
];

/// Prints one frame in every mode: two bytes of link type, two of bytes cut from its end, then the frame.
///
/// # Panics
///
/// Where a mode's output has a control character, is no UTF-8, is longer than its bound, has another number of lines
/// than it should, or is no JSON.
#[allow(clippy::missing_panics_doc, reason = "an assertion is what this function is for")]
pub fn packets(data: &[u8]) {
    let Some((&[a, b, c, d], frame)) = data.split_first_chunk::<4>() else { return };
    let link_type = match LINK_TYPES.get(usize::from(a)) {
        Some(&known) => known,
        None => u32::from(u16::from_be_bytes([a, b])),
    };
    let wire_len = frame.len() as u32 + u32::from(u16::from_be_bytes([c, d]));
    let at = i64::from_be_bytes([a, b, c, d, 1, 2, 3, 4]);
    check(&Packet { number: 1, at, interface: 0, link_type, wire_len, data: frame });
}

/// Prints the packet in every mode and asserts what holds for all packets.
pub fn check(packet: &Packet<'_>) {
    let mut out = Vec::new();
    let mut print = |options: Options| {
        out.clear();
        PacketPrinter::new(options, Box::new(|_| 0)).print(&mut out, packet);
        clean(&out, options.colors)
    };
    let hex = packet.data.len() * 5 + 80;
    let plain = Options::default();

    let line = print(plain);
    assert!(line.ends_with('\n') && line.lines().count() == 1, "one line: {line:?}");
    assert!(line.len() > "00:00:00.000 x".len() && line.len() <= LINE_OUTPUT, "{} bytes", line.len());
    assert_eq!(print(Options { colors: true, ..plain }), line, "colours add nothing but colours");
    for time in [TimeStyle::Nanos, TimeStyle::Utc, TimeStyle::Relative, TimeStyle::Delta, TimeStyle::Epoch] {
        let other = print(Options { time, ..plain });
        assert_eq!(other.split_once(' ').map(|(_, rest)| rest), line.split_once(' ').map(|(_, rest)| rest));
    }
    let bare = print(Options { link: false, absolute_sequence: true, ..plain });
    assert_eq!(bare.lines().count(), 1);

    let tree = print(Options { detail: Detail::Tree, ..plain });
    assert!(tree.starts_with(&line) && tree.len() <= MAX_OUTPUT, "{} bytes", tree.len());
    assert_eq!(print(Options { detail: Detail::Tree, colors: true, ..plain }), tree);
    let dump = print(Options { hex: true, ..plain });
    assert_eq!(dump.lines().count(), 1 + packet.data.len().div_ceil(16));
    assert!(dump.len() <= LINE_OUTPUT + hex);

    let object = print(Options { detail: Detail::Json, ..plain });
    assert!(object.len() <= MAX_OUTPUT && object.lines().count() == 1, "{} bytes", object.len());
    let rest = value(object.trim_end().as_bytes(), 0);
    assert_eq!(rest, Some(&b""[..]), "JSON: {object}");
    let with_frame = print(Options { detail: Detail::Json, hex: true, ..plain });
    assert_eq!(value(with_frame.trim_end().as_bytes(), 0), Some(&b""[..]));
    assert_eq!(with_frame.len(), object.len() + packet.data.len() * 2 + ",\"frame\":\"\"".len());
}

/// The text without our own colours; asserts that it is UTF-8 without control characters beside line ends.
fn clean(out: &[u8], colors: bool) -> String {
    let text = std::str::from_utf8(out).unwrap_or_else(|error| panic!("{error}: {}", out.escape_ascii()));
    let mut text = text.to_owned();
    if colors {
        for code in ["0", "1", "31", "33", "34", "35", "37", "90"] {
            text = text.replace(&format!("\x1b[{code}m"), "");
        }
    }
    let control = text.chars().find(|&c| c != '\n' && c.is_control());
    assert_eq!(control, None, "no control characters: {text:?}");
    text
}

/// What stands behind the JSON value at the start of `text`; `None` where there is no value, or an object has a member
/// twice. A grammar of its own: the library that JSON is usually checked with is no dependency of this crate.
pub fn value(text: &[u8], depth: usize) -> Option<&[u8]> {
    if depth > 16 {
        return None;
    }
    match text.first()? {
        b'{' => {
            let mut rest = text.get(1..)?;
            let mut names: Vec<&[u8]> = Vec::new();
            if let Some(rest) = rest.strip_prefix(b"}") {
                return Some(rest);
            }
            loop {
                let after = string(rest)?;
                let name = rest.get(..rest.len() - after.len())?;
                if names.contains(&name) {
                    return None;
                }
                names.push(name);
                rest = value(after.strip_prefix(b":")?, depth + 1)?;
                match rest.split_first()? {
                    (b',', after) => rest = after,
                    (b'}', after) => return Some(after),
                    _ => return None,
                }
            }
        }
        b'[' => {
            let mut rest = text.get(1..)?;
            if let Some(rest) = rest.strip_prefix(b"]") {
                return Some(rest);
            }
            loop {
                rest = value(rest, depth + 1)?;
                match rest.split_first()? {
                    (b',', after) => rest = after,
                    (b']', after) => return Some(after),
                    _ => return None,
                }
            }
        }
        b'"' => string(text),
        b'0'..=b'9' => {
            let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (len == 1 || text.first() != Some(&b'0')).then(|| text.get(len..)).flatten()
        }
        _ => [&b"true"[..], b"false", b"null"].into_iter().find_map(|word| text.strip_prefix(word)),
    }
}

fn string(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text.strip_prefix(b"\"")?;
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = match (byte, after.first()) {
            (b'"', _) => return Some(after),
            (b'\\', Some(b'"' | b'\\')) => after.get(1..)?,
            (b'\\', Some(b'u')) => {
                let digits = after.get(1..5)?;
                digits.iter().all(u8::is_ascii_hexdigit).then(|| after.get(5..)).flatten()?
            }
            (b'\\' | 0..0x20 | 0x7f, _) => return None,
            _ => after,
        };
    }
}
