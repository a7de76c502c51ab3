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
        keeper.with(key(connection), |body, room| body.take(&piece, room));
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
        keeper.with(key(connection), |body, room| {
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
        keeper.with(key(connection), |body, room| {
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

#[test]
fn bytes_without_a_body_and_too_many_bodies_are_passed_over() {
    let mut keeper = keeper(Options::default(), None);
    keeper.with((9_999, true, 3), |_, _| unreachable!());
    for connection in CONNECTIONS..MOST_OPEN as u64 + 3 {
        let body = Body::new(&keeper.shared.options, false, &[]);
        keeper.begin(key(connection), body);
    }
    assert_eq!((keeper.open.len(), keeper.shared.counts().0), (MOST_OPEN, 3));
}
