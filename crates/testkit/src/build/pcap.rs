//! The classic pcap file.

use super::Frame;

/// A pcap file. Settings hold for the whole file, wherever in the chain they are made.
#[derive(Debug, Clone, Default)]
pub struct Pcap {
    link_type: u32,
    big_endian: bool,
    nanoseconds: bool,
    snap_len: Option<u32>,
    records: Vec<Record>,
}

#[derive(Debug, Clone)]
enum Record {
    Frame { at: i64, bytes: Vec<u8> },
    Raw { header: [u32; 4], bytes: Vec<u8> },
    Bytes(Vec<u8>),
}

impl Pcap {
    /// An empty file: little endian, microseconds, snap length 262,144.
    pub fn new(link_type: u32) -> Self {
        Self { link_type, ..Self::default() }
    }

    /// Writes numbers in big endian.
    pub fn big_endian(&mut self) -> &mut Self {
        self.big_endian = true;
        self
    }

    /// Writes times in nanoseconds (magic number a1b23c4d).
    pub fn nanoseconds(&mut self) -> &mut Self {
        self.nanoseconds = true;
        self
    }

    /// Cuts frames at `len` bytes, and says so in the file header.
    pub fn snap_len(&mut self, len: u32) -> &mut Self {
        self.snap_len = Some(len);
        self
    }

    /// Adds a frame captured `at` nanoseconds since 1970.
    pub fn frame(&mut self, at: i64, bytes: &[u8]) -> &mut Self {
        self.records.push(Record::Frame { at, bytes: bytes.to_vec() });
        self
    }

    /// Adds frames.
    pub fn frames(&mut self, frames: &[Frame]) -> &mut Self {
        for (at, bytes) in frames {
            self.frame(*at, bytes);
        }
        self
    }

    /// Adds a record whose four header numbers (seconds, fraction, captured length, original length) are given
    /// as they are, right or wrong.
    pub fn record(&mut self, header: [u32; 4], bytes: &[u8]) -> &mut Self {
        self.records.push(Record::Raw { header, bytes: bytes.to_vec() });
        self
    }

    /// Adds bytes that are no record.
    pub fn garbage(&mut self, bytes: &[u8]) -> &mut Self {
        self.records.push(Record::Bytes(bytes.to_vec()));
        self
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let u32_bytes = |n: u32| if self.big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
        let magic = if self.nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
        let version = if self.big_endian { 2 << 16 | 4 } else { 4 << 16 | 2 };
        let snap_len = self.snap_len.unwrap_or(262_144);
        let mut out = Vec::new();
        for n in [magic, version, 0, 0, snap_len, self.link_type] {
            out.extend_from_slice(&u32_bytes(n));
        }
        for record in &self.records {
            let (header, bytes) = match record {
                Record::Frame { at, bytes } => {
                    let (seconds, ns) = (at.div_euclid(1_000_000_000), at.rem_euclid(1_000_000_000));
                    let fraction = if self.nanoseconds { ns } else { ns / 1000 };
                    let captured = bytes.len().min(snap_len as usize);
                    let header = [seconds as u32, fraction as u32, captured as u32, bytes.len() as u32];
                    (Some(header), &bytes[..captured])
                }
                Record::Raw { header, bytes } => (Some(*header), &bytes[..]),
                Record::Bytes(bytes) => (None, &bytes[..]),
            };
            for n in header.into_iter().flatten() {
                out.extend_from_slice(&u32_bytes(n));
            }
            out.extend_from_slice(bytes);
        }
        out
    }
}
