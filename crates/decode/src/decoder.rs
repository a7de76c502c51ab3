//! The walk over the headers: a cursor, what comes next, and the loop.
//!
//! Every protocol file has a `decode` function that reads one header at the cursor, [`push`]es it
//! and says what comes [`Next`]. The loop takes at most [`MAX_LAYERS`](crate::MAX_LAYERS) headers;
//! nothing recurses.
//!
//! [`push`]: Decoder::push

use crate::kind::LayerKind;
use crate::layers::{Class, FragmentFields, Layers, NO_NETWORK};
use crate::stop::{Stop, StopReason};
use crate::{link, network, transport, tunnel};

/// What stands behind the header that was just read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    /// A frame of this link type.
    Link(u32),
    /// An Ethernet header.
    Ethernet,
    /// What this Ethernet type (or, up to 1500, this 802.3 length) says.
    EtherType(u16),
    /// An IEEE 802.2 header.
    Llc,
    /// A PPP frame, perhaps with address and control bytes.
    Ppp,
    /// An MPLS label stack entry.
    Mpls,
    /// An IEEE 802.11 MAC header.
    Ieee80211,
    /// An IP packet: the first four bits say which.
    Ip,
    /// An IPv6 packet.
    Ipv6,
    /// What this IP protocol number says.
    IpProtocol(u8),
    /// A GRE header.
    Gre,
    /// A network service header.
    Nsh,
    /// The payload of a UDP datagram between these ports.
    UdpPayload(u16, u16),
    /// Nothing: decoding is complete.
    Done(Class),
}

/// Why a header could not be read, and which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) layer: Option<LayerKind>,
    pub(crate) reason: StopReason,
}

/// What every protocol's `decode` answers.
pub(crate) type Step = Result<Next, Fault>;

/// A fault of this layer.
#[cold]
pub(crate) fn fault(layer: LayerKind, reason: StopReason) -> Fault {
    Fault { layer: Some(layer), reason }
}

/// The place to come back to where a guess (a UDP port) turns out wrong.
#[derive(Clone, Copy)]
struct Checkpoint {
    at: usize,
    end: usize,
    count: u8,
    network: u8,
}

/// The cursor over one frame.
pub(crate) struct Decoder<'f, 'l> {
    frame: &'f [u8],
    /// Next byte to read; never beyond the captured bytes.
    at: usize,
    /// Where the innermost packet ends on the wire: may lie behind the captured bytes.
    end: usize,
    /// Bytes of the last header that are on the wire behind `at` but were not captured.
    cut: usize,
    guess: Option<Checkpoint>,
    layers: &'l mut Layers,
}

impl<'f> Decoder<'f, '_> {
    /// Captured bytes from the cursor to the end of the innermost packet.
    #[inline]
    pub(crate) fn rest(&self) -> &'f [u8] {
        let end = self.end.min(self.frame.len());
        self.frame.get(self.at..end).unwrap_or_default()
    }

    /// Bytes from the cursor to the end of the innermost packet on the wire.
    #[inline]
    pub(crate) fn wire_len(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// The first `N` bytes at the cursor.
    #[inline]
    pub(crate) fn fixed<const N: usize>(&self, layer: LayerKind) -> Result<&'f [u8; N], Fault> {
        match self.rest().first_chunk::<N>() {
            Some(bytes) => Ok(bytes),
            None => Err(self.short(layer, N)),
        }
    }

    /// The first `len` bytes at the cursor.
    #[inline]
    pub(crate) fn bytes(&self, layer: LayerKind, len: usize) -> Result<&'f [u8], Fault> {
        match self.rest().get(..len) {
            Some(bytes) => Ok(bytes),
            None => Err(self.short(layer, len)),
        }
    }

    /// The fault of a header of `need` bytes that is not there: cut, or never sent.
    #[cold]
    pub(crate) fn short(&self, layer: LayerKind, need: usize) -> Fault {
        let bytes = u32::try_from(need).unwrap_or(u32::MAX);
        let reason = if need > self.wire_len() {
            StopReason::TooShort { need: bytes }
        } else {
            StopReason::Truncated { need: bytes }
        };
        fault(layer, reason)
    }

    /// Records a header of `len` bytes at the cursor and steps over it. The bytes must be there.
    #[inline]
    pub(crate) fn push(&mut self, kind: LayerKind, len: usize) -> Result<(), Fault> {
        if self.rest().len() < len {
            return Err(self.short(kind, len));
        }
        if !self.layers.push(kind, self.at) {
            return Err(fault(kind, StopReason::TooManyLayers));
        }
        self.at += len;
        Ok(())
    }

    /// Records a header of which only a part was captured, `len` bytes on the wire.
    #[inline]
    pub(crate) fn push_cut(&mut self, kind: LayerKind, len: usize) -> Result<(), Fault> {
        let captured = self.rest().len().min(len);
        self.push(kind, captured)?;
        self.cut = len - captured;
        Ok(())
    }

    /// Steps over bytes that belong to the header just recorded.
    pub(crate) fn skip(&mut self, len: usize, kind: LayerKind) -> Result<(), Fault> {
        self.bytes(kind, len)?;
        self.at += len;
        Ok(())
    }

    /// Records the IP header at the cursor; the innermost one is the network layer.
    #[inline]
    pub(crate) fn push_network(&mut self, kind: LayerKind, len: usize) -> Result<(), Fault> {
        self.push(kind, len)?;
        self.layers.network = self.layers.count.saturating_sub(1);
        Ok(())
    }

    /// The packet ends `len` bytes behind the cursor, if it did not end earlier.
    #[inline]
    pub(crate) fn limit(&mut self, len: usize) {
        self.end = self.end.min(self.at.saturating_add(len));
    }

    /// Offset of the innermost IP header.
    pub(crate) fn network_offset(&self) -> usize {
        self.layers.network().map_or(0, |network| network.offset as usize)
    }

    /// The innermost header read so far.
    pub(crate) fn last_kind(&self) -> Option<LayerKind> {
        self.layers.last().map(|layer| layer.kind)
    }

    /// The Payload Length field of the innermost IPv6 header.
    pub(crate) fn network_payload_length(&self) -> Option<u16> {
        let packet = self.frame.get(self.network_offset()..)?;
        crate::Ipv6Packet::new(packet).map(|packet| packet.payload_length())
    }

    /// The cursor's offset in the frame.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Whether the innermost IP header is IPv6.
    pub(crate) fn is_ipv6(&self) -> bool {
        matches!(self.layers.network(), Some(n) if n.version == crate::IpVersion::V6)
    }

    /// What follows is a guess: if it cannot be decoded, the frame ends here as not TCP.
    pub(crate) fn guess(&mut self) {
        self.guess = Some(Checkpoint {
            at: self.at,
            end: self.end,
            count: self.layers.count,
            network: self.layers.network,
        });
    }

    /// Notes the fragment fields of the innermost IP packet.
    pub(crate) fn fragment(&mut self, fields: FragmentFields) {
        self.layers.fragment = fields;
    }

    #[cold]
    fn fail(&mut self, fault: Fault) -> Class {
        let offset = u32::try_from(self.at).unwrap_or(u32::MAX);
        self.layers.stop = Some(Stop { layer: fault.layer, offset, reason: fault.reason });
        let class = fault.reason.class();
        match self.guess {
            Some(back) if class == Class::Undecodable => {
                self.at = back.at;
                self.end = back.end;
                self.layers.count = back.count;
                self.layers.network = back.network;
                Class::NotTcp
            }
            _ => class,
        }
    }
}

/// Decodes one frame, as far as it can be understood.
///
/// `link_type` is the LINKTYPE number of the file (the FCS bits of a pcap header's upper half are
/// ignored), `wire_len` the frame's original length (taken as `frame.len()` where it is less), `frame`
/// its captured bytes. Never fails: [`Layers::class`] says what was found, [`Layers::stop`] where and
/// why decoding ended early. The time is bounded by the headers, never by the payload.
///
/// ```
/// use wiretrace_decode::{Class, LayerKind, StopReason, parse};
///
/// // An Ethernet frame whose IPv4 header was cut off behind its first two bytes.
/// let frame = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45, 0x00];
/// let layers = parse(1, 74, &frame);
/// assert_eq!(layers.class(), Class::Undecodable);
/// assert_eq!(layers.header_len(), 14);
/// let stop = layers.stop().unwrap();
/// assert_eq!((stop.layer, stop.offset), (Some(LayerKind::Ipv4), 14));
/// assert_eq!(stop.reason, StopReason::Truncated { need: 20 });
/// ```
#[inline]
pub fn parse(link_type: u32, wire_len: u32, frame: &[u8]) -> Layers {
    // Offsets are 32 bits wide; no capture format can hold more, and a longer slice is read up to there.
    let frame = frame.get(..u32::MAX as usize).unwrap_or(frame);
    if link_type == 1
        && let Some(layers) = ethernet_ipv4_tcp(frame)
    {
        return layers;
    }
    walk(link_type, wire_len, frame)
}

/// The frame that most frames are: Ethernet, IPv4 without options or fragments, a whole TCP segment, perhaps
/// padding. Anything else is left to [`walk`], which says the same of these (a fuzz target compares them).
///
/// The layers are the same for all of them, so this is a copy of a constant with four lengths filled in. The
/// walk writes them one by one; a copy of the result then waits for those narrow writes, which costs as much as
/// the decoding does.
#[inline]
fn ethernet_ipv4_tcp(frame: &[u8]) -> Option<Layers> {
    const LAYERS: Layers =
        Layers::of(Class::Tcp, [(LayerKind::Ethernet, 0), (LayerKind::Ipv4, 14), (LayerKind::Tcp, 34)], 1);
    let h = frame.first_chunk::<54>()?;
    let fragment = u16::from_be_bytes([h[20], h[21]]) & 0x3fff;
    if [h[12], h[13], h[14]] != [0x08, 0x00, 0x45] || h[23] != 6 || fragment != 0 {
        return None;
    }
    let end = 14 + usize::from(u16::from_be_bytes([h[16], h[17]]));
    let tcp_len = usize::from(h[46] >> 4) * 4;
    let header_len = 34 + tcp_len;
    if tcp_len < 20 || end < header_len || end > frame.len() {
        return None;
    }
    let payload_len = (end - header_len) as u32;
    let mut layers = LAYERS;
    layers.frame_len = frame.len() as u32;
    layers.header_len = header_len as u32;
    layers.payload_len = payload_len;
    layers.payload_wire_len = payload_len;
    Some(layers)
}

/// Decodes any frame.
pub(crate) fn walk(link_type: u32, wire_len: u32, frame: &[u8]) -> Layers {
    let mut layers = Layers::EMPTY;
    let mut decoder = Decoder {
        frame,
        at: 0,
        end: frame.len().max(wire_len as usize),
        cut: 0,
        guess: None,
        layers: &mut layers,
    };
    let class = decoder.run(Next::Link(link_type & 0xffff));
    decoder.finish(class);
    layers
}

impl Decoder<'_, '_> {
    #[inline]
    fn run(&mut self, mut next: Next) -> Class {
        loop {
            let step = match next {
                Next::Link(number) => link::decode(self, number),
                Next::Ethernet => link::ethernet::decode(self),
                Next::EtherType(number) => link::ethertype(self, number),
                Next::Ip => network::decode(self),
                Next::IpProtocol(number) => transport::decode(self, number),
                Next::Ipv6 => network::ipv6::decode(self),
                Next::Llc => link::llc::decode(self),
                Next::Ppp => link::ppp::decode(self),
                Next::Mpls => link::mpls::decode(self),
                Next::Ieee80211 => link::ieee80211::decode(self),
                Next::Gre => tunnel::gre::decode(self),
                Next::Nsh => tunnel::nsh::decode(self),
                Next::UdpPayload(source, destination) => tunnel::decode_udp(self, source, destination),
                Next::Done(class) => return class,
            };
            next = match step {
                Ok(next) => next,
                Err(fault) => return self.fail(fault),
            };
        }
    }

    #[inline]
    fn finish(self, class: Class) {
        let layers = self.layers;
        let captured = self.end.min(self.frame.len()).saturating_sub(self.at);
        layers.class = class;
        // The casts lose nothing: the frame was cut to u32::MAX bytes above, and `end` is at most the
        // larger of its length and a u32.
        layers.frame_len = self.frame.len() as u32;
        layers.header_len = self.at as u32;
        layers.payload_len = captured as u32;
        layers.payload_wire_len = self.end.saturating_sub(self.at + self.cut) as u32;
        debug_assert!(layers.network == NO_NETWORK || layers.network < layers.count);
    }
}
