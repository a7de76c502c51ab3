//! Prints the heads of a raw HTTP stream, of requests or of responses:
//! `printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' | cargo run -p wiretrace-http --example heads`

use std::io::{Read, Write};

use wiretrace_http::{Close, Connection, Event, Field, Limits, Peer, sink};

fn line(parts: &[&[u8]]) {
    let mut line = parts.concat();
    line.push(b'\n');
    // A closed pipe is no news: the next read ends the program soon enough.
    let _ = std::io::stdout().write_all(&line);
}

fn section(fields: &[Field<'_>]) {
    for field in fields {
        line(&[b"  ", field.name, b": ", field.value]);
    }
}

fn main() -> std::io::Result<()> {
    let mut sink = sink::from_fn(|event: Event<'_>| match event {
        Event::RequestHead(head) => {
            line(&[head.method, b" ", head.target]);
            section(head.fields);
        }
        Event::ResponseHead(head) => {
            line(&[head.status.to_string().as_bytes(), b" ", head.reason]);
            section(head.fields);
        }
        Event::Anomaly { offset, code, .. } => eprintln!("{code} in the message at offset {offset}"),
        _ => {}
    });
    let mut connection = Connection::new(Limits::default());
    let mut buffer = vec![0; 64 * 1024];
    let mut input = std::io::stdin().lock();
    loop {
        let len = input.read(&mut buffer)?;
        if len == 0 {
            break;
        }
        connection.feed(Peer::A, &buffer[..len], true, &mut sink);
    }
    connection.close(Peer::A, Close::Clean, &mut sink);
    Ok(())
}
