//! Live captures on the loopback of this machine: several at a time, closed and opened again. Needs root; elsewhere it
//! skips and says so.
#![cfg(all(target_os = "linux", feature = "live"))]

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use wiretrace_capture::live::{InterfaceFault, LiveOptions, LiveSource, TimestampType};
use wiretrace_capture::{BlockPool, Error, Fill, PoolConfig, Source};

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let root = status.lines().any(|line| line.starts_with("Uid:\t0\t0\t"));
    if !root {
        eprintln!("skipped: needs root");
    }
    root
}

/// A socket, and options that let only its datagrams pass.
fn socket() -> (UdpSocket, LiveOptions) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    socket.connect(address).unwrap();
    let filter = Some(format!("udp port {}", address.port()));
    (socket, LiveOptions { filter, buffer: 2 << 20, ..LiveOptions::default() })
}

/// The last bytes of so many frames, with the interface they came from; their numbers go up one by one.
fn take(source: &mut LiveSource, pool: &BlockPool, frames: usize) -> Vec<(u32, u8)> {
    let (mut seen, start, mut next) = (Vec::new(), Instant::now(), source.stats().frames + 1);
    while seen.len() < frames {
        assert!(start.elapsed() < Duration::from_secs(60), "waited for ever, got {}", seen.len());
        let mut builder = pool.lease();
        let fill = source.fill(&mut builder).unwrap();
        assert_eq!(fill == Fill::Idle, builder.is_empty());
        let block = builder.seal_owned();
        for frame in block.frames() {
            assert_eq!(frame.number, next);
            next += 1;
            seen.push((frame.interface, *frame.data.last().unwrap()));
        }
    }
    seen
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// One test: it counts what the process has open.
#[test]
fn captures_live() {
    if !is_root() {
        return;
    }
    let pool = BlockPool::new(PoolConfig { blocks: 2, ..PoolConfig::default() });
    let (socket, options) = socket();

    // Two captures of one interface see the same.
    let mut one = LiveSource::open(&["lo"], &options).unwrap();
    let mut two = LiveSource::open(&["lo"], &options).unwrap();
    assert!(one.buffers().all(|buffer| buffer.is_some_and(|bytes| bytes >= 1 << 20)));
    for byte in 0..100 {
        socket.send(&[0, byte]).unwrap();
    }
    let want: Vec<(u32, u8)> = (0..100).map(|byte| (0, byte)).collect();
    assert_eq!(take(&mut one, &pool, 100), want);
    assert_eq!(take(&mut two, &pool, 100), want);
    drop(two);

    // The other one goes on. Frames that fill a small block wait for the next one.
    let small = BlockPool::new(PoolConfig { blocks: 1, block_bytes: 100, frames_per_block: 3 });
    for byte in 0..50 {
        socket.send(&[0, byte]).unwrap();
    }
    let seen = take(&mut one, &small, 50);
    assert_eq!(seen, want[..50]);
    one.refresh_stats();
    let stats = one.stats();
    assert_eq!((stats.frames, stats.dropped), (150, 0));
    assert!(stats.received >= 150, "{stats:?}");

    // Nothing comes: idle, within a bound, and then it may wait.
    let mut builder = pool.lease();
    assert_eq!(one.fill(&mut builder).unwrap(), Fill::Idle);
    assert!(one.may_wait());

    // It stops by itself after what is there.
    socket.send(&[0, 7]).unwrap();
    one.stop_soon(Duration::from_secs(1));
    let mut seen = 0;
    loop {
        builder.begin(0, 0, false);
        let fill = one.fill(&mut builder).unwrap();
        seen += builder.len();
        if fill == Fill::End {
            break;
        }
    }
    assert_eq!(seen, 1);
    builder.begin(0, 0, false);
    assert_eq!(one.fill(&mut builder).unwrap(), Fill::End, "the end stays the end");
    drop(one);

    // Closing frees everything, and opening works again.
    let before = open_files();
    for round in 0..30 {
        let mut source = LiveSource::open(&["lo"], &options).unwrap();
        socket.send(&[0, round]).unwrap();
        assert_eq!(take(&mut source, &pool, 1), [(0, round)]);
    }
    assert_eq!(open_files(), before);
    let mapped = std::fs::read_to_string("/proc/self/maps").unwrap().matches("socket:").count();
    assert_eq!(mapped, 0, "no buffer is left");

    // What is not offered, or wrong, is refused.
    let adapter = LiveOptions { timestamp: TimestampType::Adapter, ..options.clone() };
    let fault = |options: &LiveOptions| match LiveSource::open(&["lo"], options).unwrap_err() {
        Error::Interface { fault, .. } => fault,
        other => panic!("{other}"),
    };
    assert_eq!(fault(&adapter), InterfaceFault::Timestamp { wanted: "adapter", offered: vec!["host"] });
    let bad = LiveOptions { filter: Some("tcp prot 80".into()), ..options };
    assert!(matches!(fault(&bad), InterfaceFault::Filter(error) if error.place() == Some((4, 8))));
}
