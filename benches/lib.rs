//! Shared inputs of the benches: frames and captures made with the testkit, the same in every run.

pub mod heads;

use std::time::Duration;

use criterion::Criterion;
use wiretrace_testkit::build::{
    ETHERTYPE_IPV4, ETHERTYPE_IPV6, Frame, Ipv4, Ipv6, LINK_ETHERNET, PORT_VXLAN, Pcap, Pcapng, Tcp,
    ethernet, ethernet_vlan, tcp_flags, udp, vxlan,
};
use wiretrace_testkit::wire::{Acks, Conversation, MILLISECOND, START, merge};

/// How all benches measure: few samples, since the machine is shared. Arguments of the command line count.
pub fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args()
}

/// A request as a browser sends it, with eight fields.
pub fn request_head(number: usize) -> Vec<u8> {
    format!(
        "GET /assets/images/{number:06}.png?v=20240101 HTTP/1.1\r\nHost: www.demo.test\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0\r\n\
         Accept: image/avif,image/webp,*/*\r\nAccept-Language: en-US,en;q=0.5\r\n\
         Accept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n\
         Cookie: session=0123456789abcdef0123456789abcdef\r\nReferer: https://www.demo.test/\r\n\r\n"
    )
    .into_bytes()
}

/// A response's head with seven fields that announces a body of `body` bytes.
pub fn response_head(body: usize) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nServer: demo\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: image/png\r\n\
         Cache-Control: public, max-age=86400\r\nETag: \"0123456789abcdef\"\r\nContent-Length: {body}\r\n\
         Connection: keep-alive\r\n\r\n"
    )
    .into_bytes()
}

/// Frames of `connections` kept connections with `exchanges` exchanges each, one after the other in turn; bodies
/// from 0 to 1,300 bytes.
pub fn keep_alive(connections: usize, exchanges: usize) -> Vec<Frame> {
    merge((0..connections).map(|connection| {
        let mut talk = Conversation::new();
        talk.port(1024 + connection as u16).at(START + connection as i64).step(MILLISECOND).acks(Acks::Last);
        talk.syn();
        for exchange in 0..exchanges {
            let body = (connection + exchange) * 100 % 1400;
            let mut response = response_head(body);
            response.resize(response.len() + body, b'b');
            talk.client(&request_head(exchange)).server(&response);
        }
        talk.fin().frames()
    }))
}

/// Frames of `connections` connections with one exchange each, twenty of them at a time.
pub fn short(connections: usize) -> Vec<Frame> {
    merge((0..connections).map(|connection| {
        let mut talk = Conversation::between(
            ([192, 0, 2, (connection / 60_000) as u8], 1024 + (connection % 60_000) as u16).into(),
            ([198, 51, 100, 1], 80).into(),
        );
        talk.at(START + connection as i64 * MILLISECOND / 2).acks(Acks::Last);
        let body = connection * 100 % 1400;
        let mut response = response_head(body);
        response.resize(response.len() + body, b'b');
        talk.syn().client(&request_head(connection)).server(&response).fin().frames()
    }))
}

/// Frames of one connection with one answer of `bytes` bytes.
pub fn bulk(bytes: usize) -> Vec<Frame> {
    let mut response = response_head(bytes);
    response.resize(response.len() + bytes, b'b');
    let mut talk = Conversation::new();
    talk.step(10_000).acks(Acks::Last).syn().client(&request_head(0)).server(&response).fin();
    talk.frames()
}

/// `count` Ethernet frames of `len` bytes, one a microsecond.
pub fn plain(count: usize, len: usize) -> Vec<Frame> {
    let frame = frames_of("tcp", len.saturating_sub(54)).remove(0);
    (0..count).map(|i| (START + 1000 * i as i64, frame.clone())).collect()
}

/// A pcap file of these frames.
pub fn pcap(frames: &[Frame]) -> Vec<u8> {
    Pcap::new(LINK_ETHERNET).nanoseconds().frames(frames).bytes()
}

/// A pcapng file of these frames.
pub fn pcapng(frames: &[Frame]) -> Vec<u8> {
    Pcapng::simple(LINK_ETHERNET, frames)
}

/// The captured bytes of frames.
pub fn captured(frames: &[Frame]) -> u64 {
    frames.iter().map(|(_, bytes)| bytes.len() as u64).sum()
}

/// The kinds of frames that [`frames_of`] makes.
pub const KINDS: [&str; 5] = ["tcp", "vlan-tcp", "ipv6-tcp", "vxlan-tcp", "udp"];

/// 256 Ethernet frames of one of the [`KINDS`], from different ports, with so many bytes of payload.
///
/// # Panics
///
/// Where there is no such kind.
pub fn frames_of(kind: &str, payload: usize) -> Vec<Vec<u8>> {
    let (from, to) = ([192, 0, 2, 1], [198, 51, 100, 1]);
    let payload = vec![b'p'; payload];
    let make = |port: u16| {
        let tcp = Tcp { flags: tcp_flags::ACK, ..Tcp::new(port, 80) };
        let v4 = Ipv4::new(from, to, 6).around(&tcp.around(from, to, &payload));
        match kind {
            "tcp" => ethernet(ETHERTYPE_IPV4, &v4),
            "vlan-tcp" => ethernet_vlan(7, ETHERTYPE_IPV4, &v4),
            "ipv6-tcp" => {
                let (from, to) = ([0x20; 16], [0x21; 16]);
                ethernet(ETHERTYPE_IPV6, &Ipv6::new(from, to, 6).around(&tcp.around(from, to, &payload)))
            }
            "vxlan-tcp" => {
                let inner = vxlan(7, &ethernet(ETHERTYPE_IPV4, &v4));
                ethernet(
                    ETHERTYPE_IPV4,
                    &Ipv4::new(from, to, 17).around(&udp(from, to, port, PORT_VXLAN, &inner)),
                )
            }
            "udp" => {
                ethernet(ETHERTYPE_IPV4, &Ipv4::new(from, to, 17).around(&udp(from, to, port, 53, &payload)))
            }
            other => panic!("no kind {other}"),
        }
    };
    (0..256).map(|i| make(20_000 + i)).collect()
}
