//! Where and why decoding ended before it reached something it knows.

use core::fmt;

use crate::kind::LayerKind;
use crate::layers::Class;

/// Decoding ended early: at which layer and byte, and why.
///
/// A stop is not a failure of the frame: what was decoded in front of it stays. Whether it makes the
/// frame [`Class::Undecodable`] is said by [`StopReason::class`] (a tunnel that was only guessed from
/// a UDP port never does: the frame is then plain UDP and the stop says what the guess ran into).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The layer that could not be read or, for an unknown protocol, the layer that named it;
    /// `None` where the link type itself is unknown.
    pub layer: Option<LayerKind>,
    /// Offset in the frame of the first byte that was not decoded.
    pub offset: u32,
    /// Why.
    pub reason: StopReason,
}

/// Why decoding ended. The crate's only error type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// A link type that this crate does not know.
    UnknownLinkType(u32),
    /// An Ethernet protocol type that is not decoded.
    UnknownEtherType(u16),
    /// An IP protocol (or IPv6 next header) that is not decoded.
    UnknownIpProtocol(u8),
    /// A PPP protocol number that is not decoded (LCP and the like among them).
    UnknownPppProtocol(u16),
    /// An LLC service access point, or NLPID, that is not decoded.
    UnknownSap(u8),
    /// A SNAP organisation and protocol that is not decoded: the low three bytes of the OUI and the
    /// high byte of the protocol.
    UnknownSnap(u32),
    /// A BSD or Linux address family that is not IP.
    UnknownFamily(u32),
    /// The layer carries something that no field names and that does not look like IP or Ethernet.
    UnknownPayload,
    /// The capture was cut (snap length) inside a header: `need` bytes from the layer's start.
    Truncated {
        /// Bytes that the header takes.
        need: u32,
    },
    /// The packet itself ends inside a header that would take `need` bytes.
    TooShort {
        /// Bytes that the header takes.
        need: u32,
    },
    /// A version field with a value that cannot be (IPv4, IPv6, GRE, PPPoE ...).
    BadVersion(u8),
    /// A header length below the smallest possible (bytes).
    BadHeaderLength(u32),
    /// A packet length below its own header's (bytes).
    BadLength(u32),
    /// More than [`crate::MAX_LAYERS`] headers, or a header that begins beyond 64 KiB.
    TooManyLayers,
    /// The rest is encrypted (ESP, MACsec, protected 802.11 frames).
    Encrypted,
}

impl StopReason {
    /// The class of a frame that ends so: unknown and encrypted protocols are [`Class::NotTcp`],
    /// everything else is [`Class::Undecodable`].
    pub const fn class(self) -> Class {
        match self {
            StopReason::UnknownEtherType(_)
            | StopReason::UnknownIpProtocol(_)
            | StopReason::UnknownPppProtocol(_)
            | StopReason::UnknownSap(_)
            | StopReason::UnknownSnap(_)
            | StopReason::UnknownFamily(_)
            | StopReason::UnknownPayload
            | StopReason::Encrypted => Class::NotTcp,
            StopReason::UnknownLinkType(_)
            | StopReason::Truncated { .. }
            | StopReason::TooShort { .. }
            | StopReason::BadVersion(_)
            | StopReason::BadHeaderLength(_)
            | StopReason::BadLength(_)
            | StopReason::TooManyLayers => Class::Undecodable,
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            StopReason::UnknownLinkType(n) => write!(f, "unknown link type {n}"),
            StopReason::UnknownEtherType(n) => write!(f, "unknown ethertype 0x{n:04x}"),
            StopReason::UnknownIpProtocol(n) => write!(f, "unknown IP protocol {n}"),
            StopReason::UnknownPppProtocol(n) => write!(f, "unknown PPP protocol 0x{n:04x}"),
            StopReason::UnknownSap(n) => write!(f, "unknown service access point 0x{n:02x}"),
            StopReason::UnknownSnap(n) => write!(f, "unknown SNAP protocol 0x{n:08x}"),
            StopReason::UnknownFamily(n) => write!(f, "unknown address family {n}"),
            StopReason::UnknownPayload => f.write_str("unknown payload"),
            StopReason::Truncated { need } => write!(f, "cut by the snap length, {need} bytes needed"),
            StopReason::TooShort { need } => write!(f, "packet too short, {need} bytes needed"),
            StopReason::BadVersion(n) => write!(f, "bad version {n}"),
            StopReason::BadHeaderLength(n) => write!(f, "bad header length {n}"),
            StopReason::BadLength(n) => write!(f, "bad length {n}"),
            StopReason::TooManyLayers => f.write_str("too many layers"),
            StopReason::Encrypted => f.write_str("encrypted"),
        }
    }
}

impl core::error::Error for StopReason {}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layer {
            Some(layer) => write!(f, "{layer} at {}: {}", self.offset, self.reason),
            None => write!(f, "frame: {}", self.reason),
        }
    }
}
