//! Streams made by other encoders: whole, stacked, cut, faulty, hostile.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;
use crate::fuzzing;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn br(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = ::brotli::CompressorWriter::new(&mut out, 4096, 5, 18);
    encoder.write_all(bytes).unwrap();
    drop(encoder);
    out
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn decode(codings: &str, bytes: &[u8]) -> (Vec<u8>, Result<(), DecodeError>) {
    let codings = Codings::parse([codings.as_bytes()]);
    fuzzing::decode(&codings, &DecodeLimits::default(), bytes, || 700)
}

fn text() -> Vec<u8> {
    (0..4_000)
        .flat_map(|number: u32| format!("{number:x} {}\n", number.wrapping_mul(2_654_435_761)).into_bytes())
        .collect()
}

type Encoder = fn(&[u8]) -> Vec<u8>;

const ENCODERS: [(&str, Encoder); 5] =
    [("gzip", gzip), ("deflate", zlib), ("deflate", raw), ("br", br), ("zstd", zstandard)];

#[test]
fn each_coding_gives_what_was_encoded() {
    let text = text();
    for (name, encode) in ENCODERS {
        assert_eq!(decode(name, &encode(&text)), (text.clone(), Ok(())), "{name}");
        assert_eq!(decode(name, &encode(b"")), (Vec::new(), Ok(())), "{name}, of nothing");
        assert_eq!(decode(name, &encode(b"x")), (b"x".to_vec(), Ok(())), "{name}, of one byte");
        assert_eq!(decode(name, b""), (Vec::new(), Ok(())), "no body at all");
    }
    assert_eq!(decode("x-gzip", &gzip(&text)).0, text);
    assert_eq!(decode("gzip", &zlib(&text)).0, text, "sent by some");
    assert_eq!(decode("deflate", &gzip(&text)).0, text, "sent by some");
}

#[test]
fn stacks_are_undone_from_the_end() {
    let text = text();
    for (inner, encode_inner) in ENCODERS {
        for (outer, encode_outer) in ENCODERS {
            let bytes = encode_outer(&encode_inner(&text));
            assert_eq!(
                decode(&format!("{inner}, {outer}"), &bytes),
                (text.clone(), Ok(())),
                "{inner}, {outer}"
            );
        }
    }
}

#[test]
fn members_and_frames_follow_each_other() {
    let twice = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(decode("gzip", &twice), (b"one two".to_vec(), Ok(())));
    let twice = [zstandard(b"one "), zstandard(b"two")].concat();
    assert_eq!(decode("zstd", &twice), (b"one two".to_vec(), Ok(())));
    for (name, encode) in ENCODERS {
        for junk in [b"\0\0\0\0\0\0\0\0".as_slice(), b"junk behind", b"\x1f", b"\n"] {
            let got = decode(name, &[encode(b"good"), junk.to_vec()].concat());
            assert_eq!(got.0, b"good", "{name}");
            // A first byte of a magic number could be the beginning of another frame.
            assert!(got.1.is_ok() || name == "zstd", "{name} {junk:?}: {:?}", got.1);
        }
    }
}

#[test]
fn what_breaks_off_gives_what_there_is() {
    let text = text();
    for (name, encode) in ENCODERS {
        let bytes = encode(&text);
        let (part, error) = decode(name, &bytes[..bytes.len() * 2 / 3]);
        assert!(text.starts_with(&part), "{name}");
        assert!(name == "zstd" || part.len() > text.len() / 3, "{name}: {} of {}", part.len(), text.len());
        assert!(matches!(error, Err(DecodeError::Incomplete(_))), "{name}: {error:?}");
        for len in 1..40.min(bytes.len()) {
            assert!(decode(name, &bytes[..len]).1.is_err(), "{name}, {len} bytes");
        }
    }
}

#[test]
fn faults_are_told_and_what_came_before_is_kept() {
    let text = text();
    for (name, encode) in ENCODERS {
        let mut bytes = encode(&text);
        let middle = bytes.len() / 2;
        bytes[middle..].iter_mut().for_each(|byte| *byte = !*byte);
        let (part, error) = decode(name, &bytes);
        assert!(error.is_err(), "{name}");
        let same = part.iter().zip(&text).take_while(|(a, b)| a == b).count();
        assert!(name == "zstd" || same > text.len() / 4, "{name}: {same} bytes of {}", part.len());
    }
    let mut bytes = gzip(b"content");
    let crc = bytes.len() - 8;
    bytes[crc] ^= 1;
    assert_eq!(decode("gzip", &bytes), (b"content".to_vec(), Err(DecodeError::Faulty(Coding::Gzip))));
    assert_eq!(decode("gzip", b"plain text"), (Vec::new(), Err(DecodeError::Faulty(Coding::Gzip))));
    let unknown = Coding::Unknown("compress".into());
    assert_eq!(decode("compress", b"x"), (Vec::new(), Err(DecodeError::Unknown(unknown))));
    assert_eq!(decode("br,br,br,br,br,br", b"x").1, Err(DecodeError::TooMany));
}

#[test]
fn bombs_are_stopped() {
    let zeros = vec![0; 32 << 20];
    for (name, encode) in ENCODERS {
        let bytes = encode(&zeros);
        let (part, error) = decode(name, &bytes);
        let bound = (bytes.len() as u64 * 200).max(4 << 20);
        assert!(part.len() as u64 <= bound, "{name}: {} from {}", part.len(), bytes.len());
        assert!(part.len() >= 4 << 20, "{name}: {}", part.len());
        assert!(matches!(error, Err(DecodeError::Ratio(_))) && error.unwrap_err().is_limit(), "{name}");
    }
    // Stacked, the inner layer is bounded by the wire, too.
    let twice = gzip(&gzip(&zeros));
    let (part, error) = decode("gzip, gzip", &twice);
    assert!(part.len() <= 4 << 20, "{} from {}", part.len(), twice.len());
    assert_eq!(error, Err(DecodeError::Ratio(Coding::Gzip)));
    let limits = DecodeLimits { max_bytes: 1000, ..DecodeLimits::default() };
    let (part, error) = fuzzing::decode(&Codings::parse([b"br".as_slice()]), &limits, &br(&text()), || 0);
    assert_eq!((part, error), (text()[..1000].to_vec(), Err(DecodeError::TooLarge(Coding::Brotli))));
}

#[test]
fn large_windows_are_not_opened() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(&text()).unwrap();
    let bytes = encoder.finish().unwrap();
    assert_eq!(decode("zstd", &bytes), (Vec::new(), Err(DecodeError::Window(Coding::Zstd))));
}

proptest! {
    #[test]
    fn any_bytes_any_cut(data in proptest::collection::vec(any::<u8>(), 0..3_000)) {
        fuzzing::content(&data);
    }

    #[test]
    fn real_streams_with_faults_any_cut(
        which in 0..5usize,
        outer in 0..6usize,
        choice in any::<u8>(),
        limit in any::<u8>(),
        content in proptest::collection::vec(0..9u8, 0..6_000),
        faults in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut bytes = ENCODERS[which].1(&content);
        let mut names = ENCODERS[which].0.to_owned();
        if let Some((name, encode)) = ENCODERS.get(outer) {
            bytes = encode(&bytes);
            names = format!("{names}, {name}");
        }
        let got = decode(&names, &bytes);
        prop_assert_eq!(got, (content, Ok(())));
        for (at, byte) in faults {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let codings = Codings::parse([names.as_bytes()]);
        let limits = DecodeLimits { max_bytes: 1 << 12, max_ratio: 1 + u64::from(limit), ..DecodeLimits::default() };
        let whole = fuzzing::decode(&codings, &limits, &bytes, || 0);
        let bytewise = fuzzing::decode(&codings, &limits, &bytes, || 1);
        prop_assert_eq!(&whole, &bytewise);
        let pieces = fuzzing::decode(&codings, &limits, &bytes, || usize::from(choice));
        prop_assert_eq!(&whole, &pieces);
    }

    #[test]
    fn text_of_brackets_and_lines(content in r#"[\[\]{}:,"0-9a-z \\n\n\r=&%+;x-]{0,200}"#) {
        fuzzing::content(&[&[10, 15], content.as_bytes()].concat());
    }
}
