//! Memory stays within its bounds, whatever is under way at once.

use std::io::Write;

use wiretrace_pipeline::Field;

use super::*;

const CONNECTIONS: u64 = 200;

fn key(connection: u64) -> Key {
    (connection, false, 1)
}

fn keeper(options: Options, encoding: Option<&str>) -> Keeper {
    let mut keeper = Keeper::new(&Arc::new(Shared::new(options)));
    let fields = encoding.map(|value| Field { name: b"content-encoding", value: value.as_bytes() });
    for connection in 0..CONNECTIONS {
        let body = Body::new(&keeper.shared.options, false, fields.as_slice());
        keeper.begin(key(connection), body);
    }
    keeper
}

/// Every connection takes its next piece, in turn.
fn feed(keeper: &mut Keeper, most: usize, piece: impl Fn(u64) -> Vec<u8>) {
    for connection in 0..CONNECTIONS {
        let piece = piece(connection);
        keeper.with(key(connection), None, |body, room| body.take(&piece, room));
        let held: usize = keeper.open.values().map(Body::memory).sum();
        assert_eq!(keeper.held, held, "the account is exact");
        // One step may go over the bound by what one body's buffers are.
        assert!(held <= most + 4 * body::PIECE, "{held} of {most}");
        let decoders: usize = keeper.open.values().map(Body::decoder_memory).sum();
        assert_eq!(keeper.decoders, decoders, "the account is exact");
        assert!(decoders <= keeper.shared.options.decoders);
    }
}

#[test]
fn shown_bodies_stop_growing_and_are_counted() {
    let show = Some(Show { hex: false, max: 60 << 10 });
    let mut keeper = keeper(Options { show, held: 1 << 20, ..Options::default() }, None);
    for _ in 0..8 {
        feed(&mut keeper, 1 << 20, |_| vec![b'x'; 9_000]);
    }
    let (cut, _) = keeper.shared.counts();
    assert!((1..=CONNECTIONS).contains(&cut), "{cut}");
    let whole = keeper.open.values().filter(|body| body.shown().0.len() == 60 << 10).count() as u64;
    assert!(whole + cut <= CONNECTIONS, "what was cut is counted: {whole} whole, {cut} cut");
    assert!(keeper.open.values().all(|body| body.wire_bytes() == 72_000), "all bytes are counted");
}

#[test]
fn saved_bodies_are_whole_however_little_memory_there_is() {
    let directory = tempfile::tempdir().unwrap();
    let save = Some(directory.path().to_owned());
    let mut keeper = keeper(Options { save, held: 100 << 10, ..Options::default() }, None);
    for round in 0..5 {
        feed(&mut keeper, 100 << 10, |connection| vec![connection as u8 ^ round; 5_000]);
    }
    for connection in 0..CONNECTIONS {
        keeper.with(key(connection), None, |body, room| {
            body.finish(true, room);
            body.file(7, room);
        });
        let bytes = std::fs::read(directory.path().join(format!("{connection}-7-response.bin"))).unwrap();
        let want: Vec<u8> = (0..5).flat_map(|round| vec![connection as u8 ^ round; 5_000]).collect();
        assert!(bytes == want, "connection {connection}");
    }
    assert_eq!(keeper.shared.counts(), (0, 0));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count() as u64, CONNECTIONS, "no parts are left");
}

#[test]
fn decoders_are_bounded_and_small_bodies_need_none() {
    let mut content = vec![0u8; 300 << 10];
    let mut state = 1u32;
    content.fill_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&content).unwrap();
    let bytes = encoder.finish().unwrap();

    let mut keeper = keeper(Options { decoders: 1 << 20, ..Options::default() }, Some("gzip"));
    for piece in bytes.chunks(40_000) {
        feed(&mut keeper, 8 << 20, |_| piece.to_vec());
    }
    let (mut whole, mut not) = (0, 0);
    for connection in 0..CONNECTIONS {
        keeper.with(key(connection), None, |body, room| {
            body.finish(true, room);
            match body.decoded_bytes() {
                Some(decoded) => {
                    assert_eq!(decoded, content.len() as u64);
                    whole += 1;
                }
                None => {
                    assert_eq!(body.trouble(false).map(|trouble| trouble.code), Some("limit"));
                    not += 1;
                }
            }
        });
    }
    assert!(whole >= 5 && not > 0, "{whole} and {not}");
    assert_eq!(keeper.shared.counts(), (0, not));
    assert_eq!(keeper.decoders, 0);
}

/// Nothing is decoded that nobody asked for: one decoder for each encoded response whose decoded form is wanted.
#[test]
fn decoders_are_made_only_where_decoding_was_asked_for() {
    let gzip = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&[b'x'; 5_000]).unwrap();
        encoder.finish().unwrap()
    };
    let show = Some(Show { hex: false, max: 100 });
    let directory = tempfile::tempdir().unwrap();
    let save = Some(directory.path().to_owned());
    for (options, in_request, encoding, made) in [
        // `--decode`: the sizes of responses, and of nothing else.
        (Options::default(), false, Some("gzip"), true),
        (Options::default(), true, Some("gzip"), false),
        (Options::default(), false, None, false),
        (Options::default(), false, Some("compress"), false),
        // `--save-bodies`: the contract has no decoded files of requests.
        (Options { save: save.clone(), ..Options::default() }, false, Some("gzip"), true),
        (Options { save, ..Options::default() }, true, Some("gzip"), false),
        // `--bodies`
        (Options { show, ..Options::default() }, false, Some("gzip"), true),
        (Options { show, ..Options::default() }, true, Some("gzip"), true),
        (Options { show, ..Options::default() }, true, None, false),
    ] {
        let mut keeper = Keeper::new(&Arc::new(Shared::new(options)));
        let fields = encoding.map(|value| Field { name: b"content-encoding", value: value.as_bytes() });
        let key = (1, in_request, 1);
        keeper.begin(key, Body::new(&keeper.shared.options, in_request, fields.as_slice()));
        keeper.with(key, None, |body, room| {
            body.take(&gzip, room);
            body.finish(true, room);
            assert_eq!(body.decoded_bytes(), made.then_some(5_000));
        });
        assert_eq!(keeper.shared.decoders(), u64::from(made), "{:?} {encoding:?}", keeper.shared.options);
    }
}

/// Each event has the time of the packet with its empty line, however it was encoded.
#[test]
fn events_have_their_times() {
    let events = [": hello\n\n", "data: 1\n", "\ndata: 2\n\ndata: 3\r\n\r", "\n", "unknown\n\n", "data: cut"];
    // Of the whole stream: where each event's empty line begins, and in which packet that is.
    let want = [(8, 0), (17, 2), (26, 2), (36, 2)];
    let show = Some(Show { hex: false, max: 1_000 });
    for encoding in [None, Some("gzip"), Some("deflate"), Some("br"), Some("zstd"), Some("gzip, br")] {
        let mut keeper = Keeper::new(&Arc::new(Shared::new(Options { show, ..Options::default() })));
        let fields = encoding.map(|value| Field { name: b"content-encoding", value: value.as_bytes() });
        let fields =
            [Some(Field { name: b"content-type", value: b"text/event-stream; charset=utf-8" }), fields];
        let fields: Vec<_> = fields.into_iter().flatten().collect();
        keeper.begin(key(1), Body::new(&keeper.shared.options, false, &fields));
        for (number, packet) in flushed(encoding.unwrap_or_default(), &events).iter().enumerate() {
            // As a server that flushes behind each write; its packets come in two segments.
            for piece in packet.chunks(packet.len().div_ceil(2)) {
                keeper.with(key(1), Some(number as i64), |body, room| body.take(piece, room));
            }
        }
        let body = &keeper.open[&key(1)];
        for (end, number) in want {
            assert_eq!(body.event_time(end), Some(number), "{encoding:?}: {end}");
        }
        assert_eq!(body.event_time(9), None);
        assert!(body.memory() > 4 * 16);
    }
}

/// Encodes each piece and flushes, so that it can be decoded at once.
fn flushed(encoding: &str, pieces: &[&str]) -> Vec<Vec<u8>> {
    fn each<W: Write>(
        pieces: &[&str],
        mut encoder: W,
        mut taken: impl FnMut(&mut W) -> Vec<u8>,
    ) -> Vec<Vec<u8>> {
        let mut write = |piece: &&str| {
            encoder.write_all(piece.as_bytes()).unwrap();
            encoder.flush().unwrap();
            taken(&mut encoder)
        };
        pieces.iter().map(&mut write).collect()
    }
    let take = std::mem::take::<Vec<u8>>;
    match encoding {
        "gzip" => {
            let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            each(pieces, encoder, |encoder| take(encoder.get_mut()))
        }
        "deflate" => {
            let encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            each(pieces, encoder, |encoder| take(encoder.get_mut()))
        }
        "br" => {
            let encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
            let mut seen = 0;
            each(pieces, encoder, move |encoder| {
                let new = encoder.get_ref()[seen..].to_vec();
                seen += new.len();
                new
            })
        }
        "zstd" => {
            let encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
            each(pieces, encoder, |encoder| take(encoder.get_mut()))
        }
        "gzip, br" => {
            let inner = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            let encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
            let inner = each(pieces, inner, |encoder| take(encoder.get_mut()));
            let mut seen = 0;
            let mut outer = encoder;
            inner
                .iter()
                .map(|piece| {
                    outer.write_all(piece).unwrap();
                    outer.flush().unwrap();
                    let new = outer.get_ref()[seen..].to_vec();
                    seen += new.len();
                    new
                })
                .collect()
        }
        _ => pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect(),
    }
}

#[test]
fn bytes_without_a_body_and_too_many_bodies_are_passed_over() {
    let mut keeper = keeper(Options::default(), None);
    keeper.with((9_999, true, 3), None, |_, _| unreachable!());
    for connection in CONNECTIONS..MOST_OPEN as u64 + 3 {
        let body = Body::new(&keeper.shared.options, false, &[]);
        keeper.begin(key(connection), body);
    }
    assert_eq!((keeper.open.len(), keeper.shared.counts().0), (MOST_OPEN, 3));
}
