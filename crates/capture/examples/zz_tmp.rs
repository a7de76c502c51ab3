//! tmp
use std::time::Instant;
use wiretrace_capture::*;
fn main() {
    let mut a = std::env::args().skip(1);
    let path = a.next().unwrap();
    if path == "gen" {
        let mut w = PcapWriter::new(std::io::BufWriter::new(std::fs::File::create("/tmp/cap-bench.pcap").unwrap()), LinkType::ETHERNET).unwrap();
        let mut g = PcapngWriter::new(std::io::BufWriter::new(std::fs::File::create("/tmp/cap-bench.pcapng").unwrap())).unwrap();
        let mut s = PcapWriter::new(std::io::BufWriter::new(std::fs::File::create("/tmp/cap-small.pcap").unwrap()), LinkType::ETHERNET).unwrap();
        g.interface(LinkType::ETHERNET, 0).unwrap();
        let data = vec![0x5au8; 1514];
        for i in 0..800_000usize { let n = [66, 1514, 1514, 66, 200, 1514, 78, 1514][i % 8];
            w.write(Timestamp::new(i as i64 * 1000), n as u32, &data[..n]).unwrap();
            g.write(0, Timestamp::new(i as i64 * 1000), n as u32, &data[..n]).unwrap();
            for _ in 0..4 { s.write(Timestamp::new(i as i64 * 1000), 66, &data[..66]).unwrap(); } }
        return;
    }
    let fpb: usize = a.next().map_or(4096, |x| x.parse().unwrap());
    for kib in [32, 64, 128, 256, 512, 1024, 4096] {
        let mut best = (u128::MAX, 0.0, 0u64, 0u64, 0u64, 0u64);
        for _ in 0..7 {
            let pool = BlockPool::new(PoolConfig { blocks: 1, block_bytes: kib << 10, frames_per_block: fpb });
            let t = Instant::now();
            let mut s = FileSource::open(path.as_ref(), &FileOptions::default()).unwrap();
            let mut sum = 0u64; let mut blocks = 0;
            loop { let mut b = pool.lease(); let f = s.fill(&mut b).unwrap(); let b = b.seal_owned(); blocks += 1;
                for h in b.headers() { sum += h.captured_len as u64; }
                if f == Fill::End { break; } }
            let d = t.elapsed().as_nanos();
            let st = s.stats();
            if d < best.0 { best = (d, d as f64 / st.read_bytes as f64, st.frames, blocks, sum, st.carried_bytes); }
        }
        let raw = { let mut f = std::fs::File::open(&path).unwrap(); let mut buf = vec![0u8; kib << 10]; let mut best = u128::MAX;
            for _ in 0..5 { use std::io::{Read, Seek}; f.rewind().unwrap(); let t = Instant::now(); while f.read(&mut buf).unwrap() > 0 {} best = best.min(t.elapsed().as_nanos()); } best };
        println!("{kib:5} KiB: {:7.2} ms, {:.3} ns/B, {:.1} ns/frame; read(2) alone {:.2} ms ({:.3} ns/B) -> walk {:.2} ns/frame; blocks {} carried {}", best.0 as f64 / 1e6, best.1, best.0 as f64 / best.2 as f64, raw as f64/1e6, raw as f64 / (best.0 as f64 / best.1), (best.0 as f64 - raw as f64) / best.2 as f64, best.3, best.5);
    }
}
