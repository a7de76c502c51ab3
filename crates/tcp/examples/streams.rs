//! Segments written by hand in, the two streams as text out.
//!
//! ```sh
//! cargo run -p wiretrace-tcp --example streams
//! ```

use wiretrace_tcp::{Connection, Event, Flags, FlowKey, FlowTable, Half, Limits, Segment, Sink};

/// Prints what a connection says, as it says it.
struct Printer;

impl Sink<()> for Printer {
    fn event(&mut self, connection: &mut Connection<()>, event: Event<'_>) {
        let who = |half| if connection.client() == Some(half) { "client" } else { "server" };
        match event {
            Event::Data { half, bytes, mark, .. } => {
                println!("{} (frame {}): {}", who(half), mark.frame, bytes.escape_ascii());
            }
            Event::Gap { half, offset, len, .. } => println!("{}: {len} bytes lost at {offset}", who(half)),
            Event::End(end) => println!("connection {} ended: {:?}", connection.id(), end.reason),
            other => println!("{other:?}"),
        }
    }
}

fn main() {
    let client = ("192.0.2.7".parse().unwrap(), 50_000);
    let server = ("198.51.100.1".parse().unwrap(), 80);
    let (key, from_client) = FlowKey::new(client, server);
    let (a, s, f) = (Flags::ACK, Flags::SYN, Flags::FIN);
    let conversation: &[(Half, Flags, u32, u32, &str)] = &[
        (from_client, s, 999, 0, ""),
        (!from_client, s | a, 4999, 1000, ""),
        (from_client, a, 1000, 5000, "GET / HTTP/1.1\r\n"),
        (from_client, a, 1016, 5000, "Host: a\r\n\r\n"),
        (!from_client, a, 5017, 1027, "Content-Length: 2\r\n\r\n"), // before the segment in front of it
        (!from_client, a, 5000, 1027, "HTTP/1.1 200 OK\r\n"),
        (!from_client, a, 5000, 1027, "HTTP/1.1 200 OK\r\n"), // again
        (!from_client, f | a, 5040, 1027, ""),                // "hi" was not captured
        (from_client, f | a, 1027, 5041, ""),
    ];

    let mut table = FlowTable::new(Limits::default());
    for (frame, &(half, flags, seq, ack, text)) in (1..).zip(conversation) {
        let (clock, payload) = (frame * 1_000_000, text.as_bytes());
        let (at, window, payload_len) = (clock as i64, 1000, payload.len() as u32);
        let segment = Segment {
            half,
            at,
            clock,
            frame,
            seq,
            ack,
            flags,
            window,
            payload,
            payload_len,
            ..Segment::default()
        };
        table.push(&key, &segment, &mut Printer);
    }
    table.finish(&mut Printer);
}
