//! The pcapng file, block by block.

use super::Frame;

/// Block type of a Section Header Block.
pub const BLOCK_SECTION_HEADER: u32 = 0x0a0d_0d0a;
/// Block type of an Interface Description Block.
pub const BLOCK_INTERFACE: u32 = 1;
/// Block type of the obsolete Packet Block.
pub const BLOCK_PACKET: u32 = 2;
/// Block type of a Simple Packet Block.
pub const BLOCK_SIMPLE_PACKET: u32 = 3;
/// Block type of a Name Resolution Block.
pub const BLOCK_NAME_RESOLUTION: u32 = 4;
/// Block type of an Interface Statistics Block.
pub const BLOCK_INTERFACE_STATISTICS: u32 = 5;
/// Block type of an Enhanced Packet Block.
pub const BLOCK_ENHANCED_PACKET: u32 = 6;

/// Option `if_tsresol`: a power of ten, or of two with the top bit.
pub const OPTION_IF_TSRESOL: u16 = 9;
/// Option `if_tsoffset`: seconds to add to each time, 8 bytes.
pub const OPTION_IF_TSOFFSET: u16 = 14;
/// Option `isb_ifdrop`: frames dropped by the interface, 8 bytes.
pub const OPTION_ISB_IFDROP: u16 = 5;
/// Option `isb_osdrop`: frames dropped by the operating system, 8 bytes.
pub const OPTION_ISB_OSDROP: u16 = 7;
/// Option `epb_flags` of an Enhanced Packet Block, 4 bytes.
pub const OPTION_EPB_FLAGS: u16 = 2;

/// A pcapng file, written from front to back. Begin with [`Pcapng::section`] and [`Pcapng::interface`].
#[derive(Debug, Clone, Default)]
pub struct Pcapng {
    out: Vec<u8>,
    big_endian: bool,
    interfaces: Vec<Interface>,
}

#[derive(Debug, Clone, Copy)]
struct Interface {
    snap_len: u32,
    ticks_per_second: u128,
}

impl Pcapng {
    /// An empty file: not even a section.
    pub fn new() -> Self {
        Self::default()
    }

    /// A file with one little-endian section, one interface with a resolution of nanoseconds, and `frames`.
    pub fn simple(link_type: u32, frames: &[Frame]) -> Vec<u8> {
        Self::new().section(false).interface(link_type, 0, Some(9)).frames(0, frames).bytes()
    }

    /// Begins a section; its interfaces are numbered from 0 again.
    pub fn section(&mut self, big_endian: bool) -> &mut Self {
        self.section_with(big_endian, u64::MAX, &[])
    }

    /// Begins a section with a stated length (`u64::MAX`: not known) and options.
    pub fn section_with(&mut self, big_endian: bool, len: u64, options: &[(u16, &[u8])]) -> &mut Self {
        self.big_endian = big_endian;
        self.interfaces.clear();
        let mut body = self.u32(0x1a2b_3c4d).to_vec();
        body.extend_from_slice(&self.u16(1));
        body.extend_from_slice(&self.u16(0));
        body.extend_from_slice(&self.u64(len));
        self.options(&mut body, options);
        self.block(BLOCK_SECTION_HEADER, &body)
    }

    /// Adds an interface. A snap length of 0 is none; without `tsresol`, times are in microseconds.
    pub fn interface(&mut self, link_type: u32, snap_len: u32, tsresol: Option<u8>) -> &mut Self {
        match tsresol {
            Some(resolution) => {
                self.interface_with(link_type, snap_len, &[(OPTION_IF_TSRESOL, &[resolution])])
            }
            None => self.interface_with(link_type, snap_len, &[]),
        }
    }

    /// Adds an interface with options.
    pub fn interface_with(&mut self, link_type: u32, snap_len: u32, options: &[(u16, &[u8])]) -> &mut Self {
        let resolution = (options.iter())
            .find(|option| option.0 == OPTION_IF_TSRESOL)
            .and_then(|option| option.1.first().copied())
            .unwrap_or(6);
        let exponent = u32::from(resolution & 0x7f);
        let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
        self.interfaces.push(Interface { snap_len, ticks_per_second: base.saturating_pow(exponent) });
        let mut body = self.u16(link_type as u16).to_vec();
        body.extend_from_slice(&self.u16(0));
        body.extend_from_slice(&self.u32(snap_len));
        self.options(&mut body, options);
        self.block(BLOCK_INTERFACE, &body)
    }

    /// Adds frames as Enhanced Packet Blocks, their times (nanoseconds since 1970) in the interface's units and
    /// their bytes cut at its snap length.
    pub fn frames(&mut self, interface: u32, frames: &[Frame]) -> &mut Self {
        for (at, bytes) in frames {
            self.frame(interface, *at, bytes);
        }
        self
    }

    /// Adds one frame as [`Pcapng::frames`] does.
    pub fn frame(&mut self, interface: u32, at: i64, bytes: &[u8]) -> &mut Self {
        let known = self.interfaces.get(interface as usize).copied();
        let Interface { snap_len, ticks_per_second } =
            known.unwrap_or(Interface { snap_len: 0, ticks_per_second: 1_000_000 });
        // Seconds and the rest apart: a product of both may not fit where the resolution is 2^-127.
        let (seconds, rest) = (at.div_euclid(1_000_000_000) as u128, at.rem_euclid(1_000_000_000) as u128);
        let ticks =
            seconds.wrapping_mul(ticks_per_second) + rest.saturating_mul(ticks_per_second) / 1_000_000_000;
        self.enhanced_packet(interface, ticks as u64, cut(bytes, snap_len), bytes.len() as u32, &[])
    }

    /// Adds an Enhanced Packet Block with a time in the interface's units.
    pub fn enhanced_packet(
        &mut self,
        interface: u32,
        ticks: u64,
        captured: &[u8],
        original_len: u32,
        options: &[(u16, &[u8])],
    ) -> &mut Self {
        let mut body = Vec::new();
        let len = captured.len() as u32;
        for n in [interface, (ticks >> 32) as u32, ticks as u32, len, original_len] {
            body.extend_from_slice(&self.u32(n));
        }
        push_padded(&mut body, captured);
        self.options(&mut body, options);
        self.block(BLOCK_ENHANCED_PACKET, &body)
    }

    /// Adds a Simple Packet Block: interface 0, no time, cut at the interface's snap length.
    pub fn simple_packet(&mut self, bytes: &[u8]) -> &mut Self {
        let snap_len = self.interfaces.first().map_or(0, |interface| interface.snap_len);
        let mut body = self.u32(bytes.len() as u32).to_vec();
        push_padded(&mut body, cut(bytes, snap_len));
        self.block(BLOCK_SIMPLE_PACKET, &body)
    }

    /// Adds an obsolete Packet Block; `drops` of `u16::MAX` means unknown.
    pub fn packet(&mut self, interface: u16, drops: u16, ticks: u64, bytes: &[u8]) -> &mut Self {
        let mut body = self.u16(interface).to_vec();
        body.extend_from_slice(&self.u16(drops));
        let len = bytes.len() as u32;
        for n in [(ticks >> 32) as u32, ticks as u32, len, len] {
            body.extend_from_slice(&self.u32(n));
        }
        push_padded(&mut body, bytes);
        self.block(BLOCK_PACKET, &body)
    }

    /// Adds an Interface Statistics Block with the two counts of drops.
    pub fn statistics(&mut self, interface: u32, if_drop: u64, os_drop: u64) -> &mut Self {
        let mut body = self.u32(interface).to_vec();
        body.extend_from_slice(&[0; 8]);
        let (if_drop, os_drop) = (self.u64(if_drop), self.u64(os_drop));
        self.options(&mut body, &[(OPTION_ISB_IFDROP, &if_drop), (OPTION_ISB_OSDROP, &os_drop)]);
        self.block(BLOCK_INTERFACE_STATISTICS, &body)
    }

    /// Adds a Name Resolution Block with one IPv4 record.
    pub fn name(&mut self, address: [u8; 4], name: &str) -> &mut Self {
        let mut body = self.u16(1).to_vec();
        body.extend_from_slice(&self.u16((address.len() + name.len() + 1) as u16));
        push_padded(&mut body, &[&address[..], name.as_bytes(), &[0]].concat());
        body.extend_from_slice(&[0; 4]);
        self.block(BLOCK_NAME_RESOLUTION, &body)
    }

    /// Adds a block of any type; its body is padded to a multiple of 4 bytes.
    pub fn block(&mut self, block_type: u32, body: &[u8]) -> &mut Self {
        let len = (12 + body.len().next_multiple_of(4)) as u32;
        let (block_type, len) = (self.u32(block_type), self.u32(len));
        self.out.extend_from_slice(&block_type);
        self.out.extend_from_slice(&len);
        push_padded(&mut self.out, body);
        self.out.extend_from_slice(&len);
        self
    }

    /// Adds bytes that are no block.
    pub fn garbage(&mut self, bytes: &[u8]) -> &mut Self {
        self.out.extend_from_slice(bytes);
        self
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        self.out.clone()
    }

    fn options(&self, body: &mut Vec<u8>, options: &[(u16, &[u8])]) {
        for (code, value) in options {
            body.extend_from_slice(&self.u16(*code));
            body.extend_from_slice(&self.u16(value.len() as u16));
            push_padded(body, value);
        }
        if !options.is_empty() {
            body.extend_from_slice(&[0; 4]);
        }
    }

    fn u16(&self, n: u16) -> [u8; 2] {
        if self.big_endian { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn u32(&self, n: u32) -> [u8; 4] {
        if self.big_endian { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn u64(&self, n: u64) -> [u8; 8] {
        if self.big_endian { n.to_be_bytes() } else { n.to_le_bytes() }
    }
}

fn cut(bytes: &[u8], snap_len: u32) -> &[u8] {
    if snap_len == 0 { bytes } else { &bytes[..bytes.len().min(snap_len as usize)] }
}

fn push_padded(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
    let padding = bytes.len().next_multiple_of(4) - bytes.len();
    out.resize(out.len() + padding, 0);
}
