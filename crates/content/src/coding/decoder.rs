//! A stack of codings, undone piece by piece, within bounds.

use std::fmt;

use super::list::{Coding, Codings};
use super::stage::Stage;

/// What a few bytes may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Bytes that each coding of one body may give. Default: 1 GiB.
    pub max_bytes: u64,
    /// Bytes that each coding may give for one byte on the wire, once [`free_bytes`](Self::free_bytes) are out.
    /// Deflate reaches 1,032, text rarely 30. Default: 200.
    pub max_ratio: u64,
    /// So many bytes may come in any ratio. Default: 4 MiB.
    pub free_bytes: u64,
    /// The largest window of zstd, as the exponent of a power of two. Default: 23 (8 MiB, RFC 9659).
    pub zstd_window_log: u32,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self { max_bytes: 1 << 30, max_ratio: 200, free_bytes: 4 << 20, zstd_window_log: 23 }
    }
}

/// Why content does not decode, or not to its end. What came out before is good.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// A coding that is not known here.
    Unknown(Coding),
    /// More than [`Codings::MOST`] codings.
    TooMany,
    /// The bytes are not what the coding says.
    Faulty(Coding),
    /// The bytes end before the coding does.
    Incomplete(Coding),
    /// More bytes than [`DecodeLimits::max_bytes`].
    TooLarge(Coding),
    /// More bytes for each byte on the wire than [`DecodeLimits::max_ratio`].
    Ratio(Coding),
    /// A window larger than [`DecodeLimits::zstd_window_log`].
    Window(Coding),
    /// Not begun: whoever decodes has too many bodies at hand. For users of this crate; it never says so itself.
    NoMemory,
}

impl DecodeError {
    /// Whether a configured limit was hit, and the content itself may be good.
    pub fn is_limit(&self) -> bool {
        use DecodeError as E;
        matches!(self, E::NoMemory | E::TooMany | E::TooLarge(_) | E::Ratio(_) | E::Window(_))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Unknown(coding) => write!(f, "the coding {coding} is not known"),
            DecodeError::TooMany => write!(f, "more than {} codings", Codings::MOST),
            DecodeError::Faulty(coding) => write!(f, "not valid {coding}"),
            DecodeError::Incomplete(coding) => write!(f, "the {coding} data break off"),
            DecodeError::NoMemory => f.write_str("too many bodies are being decoded"),
            DecodeError::TooLarge(coding) => write!(f, "the {coding} data are larger than the limit"),
            DecodeError::Ratio(coding) => write!(f, "the {coding} data grow by more than the limit"),
            DecodeError::Window(coding) => write!(f, "the {coding} data need a window above the limit"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Libraries see blocks of this many bytes, cut at multiples of it, whatever pieces come in: what they give in front
/// of a fault would depend on the pieces else.
const BLOCK: usize = 512;

/// What all layers share.
#[derive(Debug)]
struct Budget {
    limits: DecodeLimits,
    wire: u64,
    out: u64,
    /// So many bytes on the wire are decoded one by one.
    prompt: u64,
}

impl Budget {
    /// How many bytes a library sees at a time.
    fn block(&self) -> usize {
        if self.wire < self.prompt { 1 } else { BLOCK }
    }

    /// Bytes that a layer may have given by now, and whether the ratio says so.
    fn allowed(&self) -> (u64, bool) {
        let by_ratio = self.wire.saturating_mul(self.limits.max_ratio).max(self.limits.free_bytes);
        (by_ratio.min(self.limits.max_bytes), by_ratio < self.limits.max_bytes)
    }
}

type Sink<'a> = &'a mut dyn FnMut(&[u8]);

/// One coding.
#[derive(Debug)]
struct Layer {
    coding: Coding,
    stage: Stage,
    /// Less than a block.
    pending: Vec<u8>,
    given: u64,
    any: bool,
}

/// Undoes the codings of one body.
///
/// After an error nothing more comes out; the error is given again.
#[derive(Debug)]
pub struct Decoder {
    /// Last applied first.
    layers: Vec<Layer>,
    budget: Budget,
    failed: Option<DecodeError>,
}

impl Decoder {
    /// Ready for the first byte.
    ///
    /// # Errors
    /// [`DecodeError::Unknown`], [`DecodeError::TooMany`].
    pub fn new(codings: &Codings, limits: DecodeLimits) -> Result<Self, DecodeError> {
        if codings.is_too_many() {
            return Err(DecodeError::TooMany);
        }
        let layer = |coding: &Coding| {
            let stage = Stage::new(coding, &limits).ok_or_else(|| DecodeError::Unknown(coding.clone()))?;
            Ok(Layer { coding: coding.clone(), stage, pending: Vec::new(), given: 0, any: false })
        };
        let layers = codings.as_slice().iter().rev().map(layer).collect::<Result<_, _>>()?;
        Ok(Self { layers, budget: Budget { limits, wire: 0, out: 0, prompt: 0 }, failed: None })
    }

    /// Holds nothing back of the first `bytes` on the wire: what they become comes out with the push that brings them, so
    /// that it can be told when it came. That costs a call of a library for each byte. For streams whose parts matter by
    /// their time, such as server-sent events.
    ///
    /// ```
    /// use wiretrace_content::{Codings, DecodeLimits, Decoder};
    ///
    /// let gzip = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 0, 253, 255, b'h', b'i'];
    /// let codings = Codings::parse([b"gzip".as_slice()]);
    /// let mut decoder = Decoder::new(&codings, DecodeLimits::default())?.promptly(1_000);
    /// let mut content = Vec::new();
    /// decoder.push(&gzip, &mut |bytes| content.extend_from_slice(bytes))?;
    /// assert_eq!(content, b"hi");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn promptly(mut self, bytes: u64) -> Self {
        self.budget.prompt = bytes;
        self
    }

    /// How many bytes came out.
    pub fn decoded_bytes(&self) -> u64 {
        self.budget.out
    }

    /// Takes the next bytes of the body; what they become goes to `sink`. Up to 511 bytes a coding are held back,
    /// but see [`promptly`](Self::promptly).
    ///
    /// # Errors
    /// The first fault, again with each further call.
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let result = feed(&mut self.layers, bytes, true, &mut self.budget, sink);
        result.inspect_err(|error| self.failed = Some(error.clone()))
    }

    /// The body is over: what was held back comes out.
    ///
    /// # Errors
    /// The first fault, if any; [`DecodeError::Incomplete`].
    pub fn finish(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<(), DecodeError> {
        if self.failed.is_none() {
            let result = finish(&mut self.layers, true, &mut self.budget, sink);
            self.failed = result.err();
        }
        self.failed.clone().map_or(Ok(()), Err)
    }
}

/// Brings bytes into the first of `layers`; `first`: they are the wire's.
fn feed(
    layers: &mut [Layer],
    mut bytes: &[u8],
    first: bool,
    budget: &mut Budget,
    sink: Sink<'_>,
) -> Result<(), DecodeError> {
    let Some((layer, rest)) = layers.split_first_mut() else {
        budget.out += bytes.len() as u64;
        if !bytes.is_empty() {
            sink(bytes);
        }
        return Ok(());
    };
    loop {
        let size = budget.block();
        if layer.pending.is_empty()
            && let Some((head, tail)) = bytes.split_at_checked(size)
        {
            bytes = tail;
            block(layer, rest, head, first, budget, sink)?;
            continue;
        }
        // While blocks are of one byte, nothing is pending.
        let missing = size.saturating_sub(layer.pending.len());
        let (head, tail) = bytes.split_at_checked(missing).unwrap_or((bytes, &[]));
        layer.pending.extend_from_slice(head);
        bytes = tail;
        if layer.pending.len() < size {
            return Ok(());
        }
        pending(layer, rest, first, budget, sink)?;
    }
}

/// Serves what is held back.
fn pending(
    layer: &mut Layer,
    rest: &mut [Layer],
    first: bool,
    budget: &mut Budget,
    sink: Sink<'_>,
) -> Result<(), DecodeError> {
    let mut held = std::mem::take(&mut layer.pending);
    let result = block(layer, rest, &held, first, budget, sink);
    held.clear();
    layer.pending = held;
    result
}

fn block(
    layer: &mut Layer,
    rest: &mut [Layer],
    bytes: &[u8],
    first: bool,
    budget: &mut Budget,
    sink: Sink<'_>,
) -> Result<(), DecodeError> {
    if first {
        budget.wire += bytes.len() as u64;
    }
    let Layer { coding, stage, given, any, .. } = layer;
    *any |= !bytes.is_empty();
    let mut result = Ok(());
    let fault = stage.block(bytes, &mut |piece| {
        let (allowed, by_ratio) = budget.allowed();
        let room = usize::try_from(allowed.saturating_sub(*given)).unwrap_or(usize::MAX);
        let (good, over) = piece.split_at_checked(room).unwrap_or((piece, &[]));
        *given += good.len() as u64;
        result = feed(rest, good, false, budget, sink);
        if result.is_ok() && !over.is_empty() {
            let why = if by_ratio { DecodeError::Ratio } else { DecodeError::TooLarge };
            result = Err(why(coding.clone()));
        }
        result.is_ok()
    });
    let error = match (result, fault) {
        (Err(error), _) => error,
        (Ok(()), Err(fault)) => fault.of(coding),
        (Ok(()), Ok(())) => return Ok(()),
    };
    // What came before the fault is good, and goes all the way.
    let _ = finish(rest, false, budget, sink);
    Err(error)
}

fn finish(layers: &mut [Layer], first: bool, budget: &mut Budget, sink: Sink<'_>) -> Result<(), DecodeError> {
    let Some((layer, rest)) = layers.split_first_mut() else { return Ok(()) };
    pending(layer, rest, first, budget, sink)?;
    let incomplete = layer.any && !layer.stage.is_over();
    let later = finish(rest, false, budget, sink);
    if incomplete { Err(DecodeError::Incomplete(layer.coding.clone())) } else { later }
}
