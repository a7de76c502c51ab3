//! Small writers of capture files, for tests, examples and tools: pcap of either byte order and resolution, and pcapng with
//! Enhanced Packet Blocks.
//!
//! They write each record with one call of the underlying writer's `write_all` per part; give them a buffered one.

use std::io::{self, Write};

use crate::{Frame, LinkType, Timestamp};

/// The byte order of a written file.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum ByteOrder {
    /// Least significant byte first.
    #[default]
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    fn u32(self, n: u32) -> [u8; 4] {
        match self {
            ByteOrder::Little => n.to_le_bytes(),
            ByteOrder::Big => n.to_be_bytes(),
        }
    }

    fn u16(self, n: u16) -> [u8; 2] {
        match self {
            ByteOrder::Little => n.to_le_bytes(),
            ByteOrder::Big => n.to_be_bytes(),
        }
    }
}

/// The resolution of the stamps in a written pcap file.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Resolution {
    /// Microseconds; the rest of a stamp is cut off.
    Micros,
    /// Nanoseconds.
    #[default]
    Nanos,
}

/// Writes a pcap file (draft-ietf-opsawg-pcap).
///
/// Stamps before 1970 and after 2106 become the nearest that the format can hold.
///
/// ```
/// use wiretrace_capture::{LinkType, PcapWriter, Timestamp};
///
/// let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET)?;
/// writer.write(Timestamp::from_secs_nanos(1, 2), 3, b"abc")?;
/// assert_eq!(writer.into_inner().len(), 24 + 16 + 3);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct PcapWriter<W> {
    out: W,
    order: ByteOrder,
    resolution: Resolution,
}

impl<W: Write> PcapWriter<W> {
    /// Writes the file header: little-endian, nanoseconds, a snap length of 256 KiB.
    ///
    /// # Errors
    ///
    /// Those of `out`, as with all that follows.
    pub fn new(out: W, link_type: LinkType) -> io::Result<Self> {
        PcapWriter::with(out, link_type, ByteOrder::Little, Resolution::Nanos)
    }

    /// Writes the file header in this byte order, for stamps of this resolution.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn with(
        mut out: W,
        link_type: LinkType,
        order: ByteOrder,
        resolution: Resolution,
    ) -> io::Result<Self> {
        let magic = match resolution {
            Resolution::Micros => 0xa1b2_c3d4,
            Resolution::Nanos => 0xa1b2_3c4d,
        };
        out.write_all(&order.u32(magic))?;
        out.write_all(&order.u16(2))?;
        out.write_all(&order.u16(4))?;
        for field in [0, 0, 262_144, link_type.0] {
            out.write_all(&order.u32(field))?;
        }
        Ok(PcapWriter { out, order, resolution })
    }

    /// Writes one frame.
    ///
    /// # Errors
    ///
    /// Those of `out`; `InvalidInput` where `data` is 4 GiB long or longer.
    pub fn write(&mut self, at: Timestamp, wire_len: u32, data: &[u8]) -> io::Result<()> {
        let (secs, nanos) = at.secs_nanos();
        let (secs, nanos) = match u32::try_from(secs) {
            Ok(secs) => (secs, nanos),
            Err(_) if secs < 0 => (0, 0),
            Err(_) => (u32::MAX, 999_999_999),
        };
        let fraction = match self.resolution {
            Resolution::Micros => nanos / 1_000,
            Resolution::Nanos => nanos,
        };
        for field in [secs, fraction, length(data)?, wire_len] {
            self.out.write_all(&self.order.u32(field))?;
        }
        self.out.write_all(data)
    }

    /// Writes one frame of a block.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn write_frame(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        self.write(frame.at, frame.wire_len, frame.data)
    }

    /// Gives the underlying writer back.
    pub fn into_inner(self) -> W {
        self.out
    }
}

/// Writes a pcapng file (draft-ietf-opsawg-pcapng): one section, interfaces with nanosecond clocks, Enhanced Packet Blocks.
///
/// Stamps before 1970 become 1970.
///
/// ```
/// use wiretrace_capture::{LinkType, PcapngWriter, Timestamp};
///
/// let mut writer = PcapngWriter::new(Vec::new())?;
/// let interface = writer.interface(LinkType::ETHERNET, 0)?;
/// writer.write(interface, Timestamp::from_secs_nanos(1, 2), 3, b"abc")?;
/// assert_eq!(writer.into_inner().len(), 28 + 32 + 36);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct PcapngWriter<W> {
    out: W,
    order: ByteOrder,
    interfaces: u32,
}

impl<W: Write> PcapngWriter<W> {
    /// Writes the section header, little-endian.
    ///
    /// # Errors
    ///
    /// Those of `out`, as with all that follows.
    pub fn new(out: W) -> io::Result<Self> {
        PcapngWriter::with(out, ByteOrder::Little)
    }

    /// Writes the section header in this byte order.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn with(out: W, order: ByteOrder) -> io::Result<Self> {
        let mut writer = PcapngWriter { out, order, interfaces: 0 };
        writer.section(order)?;
        Ok(writer)
    }

    /// Begins another section, in this byte order; interfaces are counted from 0 again.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn section(&mut self, order: ByteOrder) -> io::Result<()> {
        (self.order, self.interfaces) = (order, 0);
        let mut body = order.u32(0x1a2b_3c4d).to_vec();
        body.extend(order.u16(1));
        body.extend(order.u16(0));
        // Section length: not given.
        body.extend([0xff; 8]);
        self.block(0x0a0d_0d0a, &body)
    }

    /// Describes an interface with a nanosecond clock (`snap_len` 0: no limit), and returns its number in the section.
    ///
    /// # Errors
    ///
    /// Those of `out`; `InvalidInput` where the link type has more than 16 bits.
    pub fn interface(&mut self, link_type: LinkType, snap_len: u32) -> io::Result<u32> {
        let link_type = u16::try_from(link_type.0)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "pcapng link types have 16 bits"))?;
        let order = self.order;
        let mut body = order.u16(link_type).to_vec();
        body.extend([0; 2]);
        body.extend(order.u32(snap_len));
        // if_tsresol, one byte: 10^-9 s; then the end of the options.
        body.extend(order.u16(9));
        body.extend(order.u16(1));
        body.extend([9, 0, 0, 0, 0, 0, 0, 0]);
        self.block(1, &body)?;
        self.interfaces += 1;
        Ok(self.interfaces - 1)
    }

    /// Writes one frame.
    ///
    /// # Errors
    ///
    /// Those of `out`; `InvalidInput` where `data` is 4 GiB long or longer.
    pub fn write(&mut self, interface: u32, at: Timestamp, wire_len: u32, data: &[u8]) -> io::Result<()> {
        let order = self.order;
        let ticks = u64::try_from(at.as_nanos()).unwrap_or(0);
        let mut body = Vec::with_capacity(20 + data.len());
        for field in [interface, (ticks >> 32) as u32, ticks as u32, length(data)?, wire_len] {
            body.extend(order.u32(field));
        }
        body.extend(data);
        self.block(6, &body)
    }

    /// Writes a block of any type; the body is padded to 32 bits.
    ///
    /// # Errors
    ///
    /// Those of `out`; `InvalidInput` where the body is (nearly) 4 GiB long or longer.
    pub fn block(&mut self, block_type: u32, body: &[u8]) -> io::Result<()> {
        let padding = body.len().wrapping_neg() % 4;
        let total_len = length(body)?.checked_add(12 + padding as u32).ok_or_else(too_long)?;
        self.out.write_all(&self.order.u32(block_type))?;
        self.out.write_all(&self.order.u32(total_len))?;
        self.out.write_all(body)?;
        self.out.write_all([0; 3].get(..padding).unwrap_or_default())?;
        self.out.write_all(&self.order.u32(total_len))
    }

    /// Gives the underlying writer back.
    pub fn into_inner(self) -> W {
        self.out
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "too long for a capture file")
}

fn length(data: &[u8]) -> io::Result<u32> {
    u32::try_from(data.len()).map_err(|_| too_long())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pcap_stamps_stay_in_range() {
        let mut writer =
            PcapWriter::with(Vec::new(), LinkType::RAW, ByteOrder::Big, Resolution::Micros).unwrap();
        writer.write(Timestamp::MIN, 0, b"").unwrap();
        writer.write(Timestamp::MAX, 0, b"").unwrap();
        writer.write(Timestamp::new(1_000_002_999), 0, b"").unwrap();
        let bytes = writer.into_inner();
        assert_eq!(bytes[..4], [0xa1, 0xb2, 0xc3, 0xd4]);
        assert_eq!(bytes[24..32], [0; 8]);
        assert_eq!(bytes[40..48], [0xff, 0xff, 0xff, 0xff, 0, 0x0f, 0x42, 0x3f]);
        assert_eq!(bytes[56..64], [0, 0, 0, 1, 0, 0, 0, 2]);
    }

    #[test]
    fn pcapng_pads() {
        let mut writer = PcapngWriter::new(Vec::new()).unwrap();
        writer.block(0xbad, b"12345").unwrap();
        let bytes = writer.into_inner();
        assert_eq!(
            bytes[28..],
            [0xad, 0x0b, 0, 0, 20, 0, 0, 0, b'1', b'2', b'3', b'4', b'5', 0, 0, 0, 20, 0, 0, 0]
        );
        assert!(PcapngWriter::new(Vec::new()).unwrap().interface(LinkType(1 << 16), 0).is_err());
    }
}
