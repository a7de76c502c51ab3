//! Bodies of the fuzz targets: they take any bytes and assert what must always hold. The crate's tests run them, too.
#![allow(clippy::missing_panics_doc, reason = "an assertion is what these functions are for")]

use crate::json::{Indenter, JsonError};
use crate::{
    Codings, DecodeError, DecodeLimits, Decoder, Kind, MediaType, events, form, grpc, hex, multipart, text,
};

/// The stacks of codings that the first byte chooses from.
const CODINGS: [&[u8]; 12] = [
    b"gzip",
    b"deflate",
    b"br",
    b"zstd",
    b"gzip, gzip",
    b"deflate, gzip",
    b"br, gzip",
    b"gzip, br",
    b"zstd, deflate",
    b"br, zstd",
    b"identity",
    b"compress, gzip",
];

/// What comes out, cut into pieces of the lengths that `cut` gives (0: all that is left).
pub fn decode(
    codings: &Codings,
    limits: &DecodeLimits,
    mut bytes: &[u8],
    mut cut: impl FnMut() -> usize,
) -> (Vec<u8>, Result<(), DecodeError>) {
    let mut content = Vec::new();
    let mut decoder = match Decoder::new(codings, limits.clone()) {
        Ok(decoder) => decoder,
        Err(error) => return (content, Err(error)),
    };
    let mut sink = |piece: &[u8]| content.extend_from_slice(piece);
    let mut result = Ok(());
    while !bytes.is_empty() {
        let len = match cut() {
            0 => bytes.len(),
            len => len.min(bytes.len()),
        };
        let (piece, rest) = bytes.split_at(len);
        bytes = rest;
        let now = decoder.push(piece, &mut sink);
        assert!(result.is_ok() || result == now, "an error stays");
        result = now;
    }
    let last = decoder.finish(&mut sink);
    assert!(result.is_ok() || result == last, "an error stays");
    assert_eq!(decoder.decoded_bytes(), content.len() as u64);
    (content, last)
}

/// Two bytes that choose codings and limits, then what was sent: the content and the error must not depend on the cuts,
/// and the limits hold. Then the same bytes, and what they became, as content of every kind.
pub fn content(data: &[u8]) {
    let [choice, limit, bytes @ ..] = data else { return };
    let value = CODINGS.get(usize::from(*choice) % CODINGS.len()).copied().unwrap_or_default();
    let codings = Codings::parse([value]);
    let limits = DecodeLimits {
        max_bytes: 1 << (limit & 15).max(4),
        max_ratio: 1 + u64::from(limit >> 4),
        free_bytes: 64,
        zstd_window_log: 17,
    };
    let (whole, error) = decode(&codings, &limits, bytes, || 0);
    let prompt = u64::from(*choice) * 3;
    prompt_as_late(&codings, bytes, prompt);
    let bound = (bytes.len() as u64 * limits.max_ratio).max(limits.free_bytes).min(limits.max_bytes);
    assert!(codings.is_identity() || whole.len() as u64 <= bound, "{} of {bound}", whole.len());
    let (bytewise, same) = decode(&codings, &limits, bytes, || 1);
    assert_eq!((&whole, &error), (&bytewise, &same), "byte by byte");
    let mut state = data.iter().fold(1u32, |sum, &byte| sum.wrapping_mul(31) ^ u32::from(byte));
    let (cut, same) = decode(&codings, &limits, bytes, || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 22) as usize
    });
    assert_eq!((&whole, &error), (&cut, &same), "in pieces");
    layouts(bytes);
    layouts(&whole);
}

/// What is not held back is the same content, whatever the cuts; and none of it is late.
fn prompt_as_late(codings: &Codings, bytes: &[u8], prompt: u64) {
    let limits = DecodeLimits { max_bytes: 1 << 16, ..DecodeLimits::default() };
    let run = |piece: usize| {
        let mut content = Vec::new();
        let Ok(decoder) = Decoder::new(codings, limits.clone()) else { return (content, Ok(())) };
        let mut decoder = decoder.promptly(prompt);
        let mut result = Ok(());
        for piece in bytes.chunks(piece) {
            result = decoder.push(piece, &mut |bytes| content.extend_from_slice(bytes));
        }
        let before = content.len();
        let last = decoder.finish(&mut |bytes| content.extend_from_slice(bytes));
        let late = content.len() > before;
        assert!(!late || result.is_err() || bytes.len() as u64 > prompt, "something was held back");
        (content, last)
    };
    assert_eq!(run(bytes.len().max(1)), run(1), "not held back, byte by byte");
}

/// What every layout must hold for any content.
fn layouts(content: &[u8]) {
    let end = content.iter().position(|&byte| byte == b'\n').unwrap_or(content.len());
    let (first, rest) = content.split_at(end);
    let media_type = MediaType::parse(first);
    let _ = (Kind::of(media_type.as_ref(), rest), Kind::of(None, content));
    let charset = media_type.as_ref().and_then(|media_type| media_type.param("charset"));
    assert!(text::to_utf8(rest, charset).len() <= 3 * rest.len() + 3);
    indented(content);

    let sum: usize = form::pairs(content).map(|(name, value)| name.len() + value.len()).sum();
    assert!(sum <= content.len());
    let (mut whole, mut bytewise) = (Vec::new(), Vec::new());
    events::Ends::default().push(content, &mut |end| whole.push(end));
    let mut ends = events::Ends::default();
    content.iter().for_each(|&byte| ends.push(&[byte], &mut |end| bytewise.push(end)));
    assert_eq!(whole, bytewise, "byte by byte");
    for event in events::events(content) {
        assert!(
            event.end <= content.len()
                && (!event.complete || whole.binary_search(&(event.end as u64)).is_ok())
        );
    }
    let sum: usize =
        events::events(content).map(|event| event.data.iter().map(|line| line.len()).sum::<usize>()).sum();
    assert!(sum <= content.len());
    for boundary in
        [b"x".as_slice(), media_type.as_ref().and_then(|own| own.param("boundary")).unwrap_or(b"")]
    {
        let parts: Vec<_> = multipart::parts(content, boundary).collect();
        assert!(parts.iter().map(|part| part.head.len() + part.body.len()).sum::<usize>() <= content.len());
        assert!(parts.iter().rev().skip(1).all(|part| part.complete), "only the last one can be cut");
        parts.iter().for_each(|part| drop((part.disposition(), part.fields().count())));
    }
    let (frames, rest) = grpc::frames(content);
    let sum: usize = frames.iter().map(|frame| 5 + frame.data.len()).sum();
    assert_eq!(sum + rest.len(), content.len());
    assert!(frames.iter().rev().skip(1).all(grpc::Frame::is_complete), "only the last one can be cut");
    let lines: Vec<_> = hex::dump(content, 0).collect();
    assert_eq!(lines.len(), content.len().div_ceil(16));
    assert!(
        lines.iter().all(|line| line.len() <= 80 && line.bytes().all(|byte| (b' '..0x7f).contains(&byte)))
    );
}

/// JSON laid out: the same for any cut, bounded, the same tokens, and laid out again the same.
fn indented(content: &[u8]) {
    let mut whole = Vec::new();
    let mut indenter = Indenter::new();
    let result = indenter.push(content, &mut whole).and_then(|()| indenter.finish());
    assert!(whole.len() <= 35 * content.len());
    let mut bytewise = Vec::new();
    let mut indenter = Indenter::new();
    let pushed = content.iter().try_for_each(|&byte| indenter.push(&[byte], &mut bytewise));
    assert_eq!(result, pushed.and_then(|()| indenter.finish()), "byte by byte");
    assert_eq!(whole, bytewise, "byte by byte");
    if result.is_ok() {
        let bare = |bytes: &[u8]| -> Vec<u8> {
            bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
        };
        assert_eq!(bare(content), bare(&whole), "other tokens");
        let mut again = Vec::new();
        let mut indenter = Indenter::new();
        let result: Result<(), JsonError> =
            indenter.push(&whole, &mut again).and_then(|()| indenter.finish());
        assert_eq!((result, again), (Ok(()), whole), "laid out again");
    }
}
