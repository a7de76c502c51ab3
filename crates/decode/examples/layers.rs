//! Prints the layers of a frame given in hexadecimal: `layers [LINKTYPE] [HEX]`; HEX from standard input where
//! it is missing. Anything that is no hexadecimal digit is skipped.

use std::io::Read;

use wiretrace_decode::parse;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let link_type: u32 = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(1);
    let text = match arguments.next() {
        Some(text) => text,
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
    };
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    let frame: Vec<u8> = digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect();

    let layers = parse(link_type, frame.len() as u32, &frame);
    for layer in layers.iter() {
        println!("{:5}  {}", layer.offset, layer.kind);
    }
    let payload = layers.payload();
    println!(
        "{:5}  payload: {} of {} bytes, {} bytes padding",
        payload.offset,
        payload.captured_len,
        payload.wire_len,
        layers.padding_len()
    );
    println!("class: {:?}", layers.class());
    if let Some(stop) = layers.stop() {
        println!("stopped: {stop}");
    }
    if let Some((source, destination)) = layers.addresses(&frame) {
        println!("{source} -> {destination}");
    }
    if let Some(segment) = layers.tcp(&frame) {
        println!("{segment}");
    }
    if let Some(datagram) = layers.udp(&frame) {
        println!("{datagram}");
    }
    Ok(())
}
