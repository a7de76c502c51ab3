//! One packet as text.

mod fields;
mod hex;
mod json;
mod line;
mod note;
mod sequence;
mod tree;

use std::fmt;

use wiretrace_decode::{Layers, parse};

pub use self::sequence::CONNECTIONS;
use self::sequence::{Bases, Connections, Numbers};
use crate::palette::Palette;
use crate::time::{Clock, TimeStyle, Zone};

/// The most bytes that a packet's line takes, without colours.
pub const LINE_OUTPUT: usize = 32 << 10;
/// The most bytes that a packet's line and tree, or its JSON object, take; the hexadecimal form of the frame comes on top
/// of it (five times the captured bytes and 80).
pub const MAX_OUTPUT: usize = 512 << 10;

/// What is printed of a packet below its line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// The line alone.
    #[default]
    Line,
    /// The headers as a tree.
    Tree,
    /// A JSON object in the place of the line.
    Json,
}

/// What a [`PacketPrinter`] shows.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How much of a packet. Default: the line.
    pub detail: Detail,
    /// The frame's bytes: in hexadecimal and ASCII under the text, or as a JSON string. Default: no.
    pub hex: bool,
    /// The time in front of a line. Default: local time.
    pub time: TimeStyle,
    /// Link addresses, or the kind of link, on the line. Default: yes.
    pub link: bool,
    /// Sequence and acknowledgment numbers as they are, not relative to the connection's first. Default: no.
    pub absolute_sequence: bool,
    /// Colours. Default: no.
    pub colors: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            detail: Detail::Line,
            hex: false,
            time: TimeStyle::Local,
            link: true,
            absolute_sequence: false,
            colors: false,
        }
    }
}

/// A captured frame.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Its number, from 1, over all input.
    pub number: u64,
    /// When it was captured: nanoseconds since the Unix epoch.
    pub at: i64,
    /// The interface it was captured on.
    pub interface: u32,
    /// LINKTYPE number.
    pub link_type: u32,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// Bytes captured.
    pub data: &'a [u8],
}

impl Packet<'_> {
    /// Bytes that the capture does not hold.
    fn missing(&self) -> u32 {
        self.wire_len.saturating_sub(u32::try_from(self.data.len()).unwrap_or(u32::MAX))
    }
}

/// Prints packets, one after the other: it knows the connections seen so far ([`CONNECTIONS`] at most) and the times.
pub struct PacketPrinter {
    options: Options,
    palette: Palette,
    clock: Clock,
    connections: Connections,
    /// The line that goes into a JSON object.
    scratch: Vec<u8>,
}

impl fmt::Debug for PacketPrinter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketPrinter").field("options", &self.options).finish_non_exhaustive()
    }
}

impl PacketPrinter {
    /// A printer; `zone` gives the offset of local time from UTC in seconds for a second since the epoch, and is asked
    /// once in a quarter of an hour of capture time.
    pub fn new(options: Options, zone: Zone) -> Self {
        let palette = if options.colors { Palette::COLORS } else { Palette::default() };
        PacketPrinter {
            options,
            palette,
            clock: Clock::new(options.time, zone),
            connections: Connections::new(),
            scratch: Vec::new(),
        }
    }

    /// How many connections were forgotten since there was no place for them: their sequence numbers began anew.
    pub fn forgotten_connections(&self) -> u64 {
        self.connections.forgotten()
    }

    /// Appends what there is to print of the packet; it ends with a line end.
    pub fn print(&mut self, out: &mut Vec<u8>, packet: &Packet<'_>) {
        // The frame's own bytes say at least how long it was.
        let layers = parse(packet.link_type, packet.wire_len, packet.data);
        let view = View { packet, layers: &layers, bases: self.bases(packet, &layers) };
        match self.options.detail {
            Detail::Json => {
                self.scratch.clear();
                line::write(&mut self.scratch, &Palette::default(), true, &view);
                json::write(out, &view, &self.scratch, self.options.hex);
                return;
            }
            Detail::Line | Detail::Tree => {
                self.palette.clock(out, &mut self.clock, packet.at);
                line::write(out, &self.palette, self.options.link, &view);
                out.push(b'\n');
            }
        }
        if self.options.detail == Detail::Tree {
            tree::write(out, &self.palette, &view);
        }
        if self.options.hex {
            hex::write(out, packet.data);
        }
    }

    #[inline]
    fn bases(&mut self, packet: &Packet<'_>, layers: &Layers) -> Option<Bases> {
        if self.options.absolute_sequence {
            return None;
        }
        let segment = layers.tcp(packet.data)?;
        let (source, destination) = layers.addresses(packet.data)?;
        let flags = segment.flags();
        let numbers = Numbers {
            source_port: segment.source_port(),
            destination_port: segment.destination_port(),
            sequence: segment.sequence_number(),
            acknowledgment: segment.acknowledgment_number(),
            syn: flags.syn(),
            ack: flags.ack(),
            end: flags.fin() || flags.rst(),
        };
        Some(self.connections.bases(source, destination, &numbers))
    }
}

/// A packet, decoded.
struct View<'v> {
    packet: &'v Packet<'v>,
    layers: &'v Layers,
    /// What sequence numbers are relative to; `None` where they are printed as they are.
    bases: Option<Bases>,
}
