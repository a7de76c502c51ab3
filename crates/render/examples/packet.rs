//! Prints a packet that is in this file, a DNS question: its line, its headers, its bytes.
//!
//! `cargo run -p wiretrace-render --example packet`

use std::io::{self, Write};

use wiretrace_render::{Detail, Options, Packet, PacketPrinter};

fn main() -> io::Result<()> {
    let mut question = vec![0x45, 0, 0, 57, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 53];
    question.extend([0x9c, 0x40, 0, 53, 0, 37, 0, 0]);
    question.extend([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    question.extend(b"\x07example\x03com\x00\x00\x01\x00\x01");
    let options = Options { detail: Detail::Tree, hex: true, ..Options::default() };
    let mut printer = PacketPrinter::new(options, Box::new(|_second| 0));
    let mut out = Vec::new();
    let wire_len = question.len() as u32;
    printer.print(
        &mut out,
        &Packet { number: 1, at: 0, interface: 0, link_type: 101, wire_len, data: &question },
    );
    io::stdout().write_all(&out)
}
