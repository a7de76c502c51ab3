//! Feeds the parser with bytes of a shape that a careless one needs more than linear time for:
//! `cargo run --release -p wiretrace-http --example shapes -- SHAPE BYTES [PIECE]`
//!
//! PIECE is how many bytes are fed at a time; without it, all at once. `tools/linear-time` counts what that costs. Without
//! arguments the shapes are listed.

use wiretrace_http::{Close, Connection, Event, Limits, Peer, sink};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A shape: its name, what stands in front, what is repeated, and what ends it.
const SHAPES: [(&str, &str, &str, &str); 14] = [
    ("long-value", "GET / HTTP/1.1\r\nHost: a\r\nA: ", "vvvvvvvvvvvvvvvv", "\r\n\r\n"),
    ("long-target", "GET /", "tttttttttttttttt", " HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("long-name", "GET / HTTP/1.1\r\nHost: a\r\n", "nnnnnnnnnnnnnnnn", ": v\r\n\r\n"),
    ("many-fields", "GET / HTTP/1.1\r\nHost: a\r\n", "A: b\r\n", "\r\n"),
    ("many-lengths", "GET / HTTP/1.1\r\nHost: a\r\n", "Content-Length: 0, 0\r\n", "\r\n"),
    ("no-colons", "GET / HTTP/1.1\r\nHost: a\r\n", "a\r\n", "\r\n"),
    ("deep-folding", "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n", " c\r\n", "\r\n"),
    ("tiny-chunks", CHUNKED, "1\r\na\r\n", "0\r\n\r\n"),
    ("chunks-without-ends", CHUNKED, "1\na", "0\r\n\r\n"),
    ("empty-lines", "", "\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("leading-spaces", "", " ", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("pipelined", "", "GET / HTTP/1.0\r\n\r\n", ""),
    ("pipelined-odd", "", "GET / HTTP/1.1\nA\n\n", ""),
    ("no-http", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "word word\r\n", ""),
];

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [shape, bytes, piece @ ..] = args.as_slice() else {
        SHAPES.iter().for_each(|(name, ..)| println!("{name}"));
        return;
    };
    let Some((_, before, repeated, behind)) = SHAPES.iter().find(|(name, ..)| name == shape) else {
        eprintln!("no shape {shape}");
        std::process::exit(2);
    };
    let bytes: usize = bytes.parse().expect("a number of bytes");
    let stream = [before, repeated.repeat(bytes / repeated.len()).as_str(), behind].concat();
    let piece = piece.first().map_or(stream.len(), |piece| piece.parse().expect("a number of bytes"));
    let piece = piece.max(1);
    let peer = if stream.starts_with("HTTP/") { Peer::B } else { Peer::A };
    let (mut heads, mut body) = (0, 0);
    let mut sink = sink::from_fn(|event: Event<'_>| match event {
        Event::RequestHead(_) | Event::ResponseHead(_) => heads += 1,
        Event::Body { bytes, .. } => body += bytes.len(),
        _ => {}
    });
    let mut connection = Connection::new(Limits::default());
    for piece in stream.as_bytes().chunks(piece) {
        connection.feed(peer, piece, true, &mut sink);
    }
    connection.close(peer, Close::Clean, &mut sink);
    println!("{} bytes, {heads} heads, {body} bytes of bodies", stream.len());
}
