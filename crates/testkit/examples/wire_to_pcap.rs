//! Turns a `*.wire` transcript into a capture file: `wire_to_pcap IN.wire OUT.pcap`.

use std::{env, error::Error, fs};

use wiretrace_testkit::build::{LINK_ETHERNET, Pcap};
use wiretrace_testkit::wire::parse;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [input, output] = &arguments[..] else {
        return Err("usage: wire_to_pcap IN.wire OUT.pcap (\"-\" is standard input)".into());
    };
    let text =
        if input == "-" { std::io::read_to_string(std::io::stdin())? } else { fs::read_to_string(input)? };
    let frames = parse(&text)?;
    fs::write(output, Pcap::new(LINK_ETHERNET).nanoseconds().frames(&frames).bytes())?;
    println!("{} frames", frames.len());
    Ok(())
}
