//! One body: what is kept of it, what it decodes to.

use wiretrace_content::{Codings, DecodeError, Decoder, MediaType};
use wiretrace_pipeline::{Field, Trouble};

use super::event_times::{self, EventTimes};
use super::files::BodyFile;
use super::shared::{Options, Shared};

/// Bytes that are gathered before they are written or decoded.
pub(super) const PIECE: usize = 64 << 10;
/// Holes whose places are remembered.
const MOST_GAPS: usize = 16;
/// A Content-Type of more bytes is none.
const LONGEST_TYPE: usize = 1024;

/// What a body may use, and who it is.
pub(super) struct Room<'a> {
    pub(super) shared: &'a Shared,
    /// Bytes held in all, before this step.
    pub(super) held: usize,
    /// Memory of decoders in all, before this step.
    pub(super) decoders: usize,
    pub(super) spare: &'a mut Vec<Vec<u8>>,
    pub(super) connection: u64,
    pub(super) number: u64,
    /// The stamp of the packet at hand, where it is one.
    pub(super) at: Option<i64>,
}

impl Room<'_> {
    fn is_full(&self) -> bool {
        self.held >= self.shared.most_held()
    }

    fn buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }
}

/// A body under way, or over.
#[derive(Debug)]
pub(crate) struct Body {
    media_type: Option<MediaType>,
    codings: Codings,
    /// Bytes as sent.
    wire: u64,
    missing: u64,
    /// As sent, not yet written and decoded.
    pending: Vec<u8>,
    raw_file: Option<BodyFile>,
    decoding: Decoding,
    error: Option<DecodeError>,
    decoded: u64,
    /// Decoded, not yet written.
    decoded_pending: Vec<u8>,
    decoded_file: Option<BodyFile>,
    most_shown: usize,
    shown: Vec<u8>,
    /// Where in `shown` bytes are missing, and how many.
    gaps: Vec<(usize, u64)>,
    /// Of server-sent events that are to be shown.
    times: Option<Box<EventTimes>>,
    short_of_memory: bool,
    over: bool,
}

#[derive(Debug)]
enum Decoding {
    /// Nobody asked, or there is nothing to decode.
    Off,
    /// Not begun: small bodies are decoded when they are over.
    Waiting,
    On(Box<Decoder>, usize),
    /// Over, given up, or behind a hole.
    Done,
}

impl Body {
    pub(super) fn new(options: &Options, in_request: bool, fields: &[Field<'_>]) -> Self {
        let values = |name: &'static str| {
            // Control characters behind a name are an anomaly of its own; there are receivers that pass over them.
            let bare = |own: &[u8]| own.iter().rposition(|&byte| byte > b' ').map_or(0, |last| last + 1);
            let named = move |field: &&Field<'_>| {
                field
                    .name
                    .get(..bare(field.name))
                    .is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes()))
            };
            fields.iter().filter(named).map(|field| field.value)
        };
        let codings = Codings::parse(values("content-encoding"));
        let media_type = values("content-type").next().filter(|value| value.len() <= LONGEST_TYPE);
        // The contract tells of decoded responses; requests are decoded to be shown.
        let decodes = !codings.is_identity() && (options.show.is_some() || !in_request);
        let media_type = media_type.and_then(MediaType::parse);
        let is_stream = media_type.as_ref().is_some_and(|own| own.essence() == "text/event-stream");
        let saves = options.save.is_some();
        let file = |name| saves.then(|| BodyFile::new(name));
        Self {
            media_type,
            codings,
            wire: 0,
            missing: 0,
            pending: Vec::new(),
            raw_file: file(if in_request { "request.bin" } else { "response.bin" }),
            decoding: if decodes { Decoding::Waiting } else { Decoding::Off },
            error: None,
            decoded: 0,
            decoded_pending: Vec::new(),
            decoded_file: if decodes && !in_request { file("response.decoded.bin") } else { None },
            most_shown: options.show.map_or(0, |show| show.max),
            shown: Vec::new(),
            gaps: Vec::new(),
            times: (is_stream && options.show.is_some()).then(Box::default),
            short_of_memory: false,
            over: false,
        }
    }

    /// Whether nothing was captured of it.
    pub(crate) fn is_empty(&self) -> bool {
        self.wire == 0
    }

    /// The Content-Type.
    pub(crate) fn media_type(&self) -> Option<&MediaType> {
        self.media_type.as_ref()
    }

    /// The content codings.
    pub(crate) fn codings(&self) -> &Codings {
        &self.codings
    }

    /// Captured bytes, as sent.
    pub(crate) fn wire_bytes(&self) -> u64 {
        self.wire
    }

    /// Bytes missing from the capture.
    pub(crate) fn missing_bytes(&self) -> u64 {
        self.missing
    }

    /// What decoding gave, where there was anything to decode and it gave something.
    pub(crate) fn decoded_bytes(&self) -> Option<u64> {
        (self.decoded > 0).then_some(self.decoded)
    }

    /// Bytes of the content: decoded where it was encoded.
    pub(crate) fn content_bytes(&self) -> u64 {
        if self.is_decoded() { self.decoded } else { self.wire }
    }

    /// Whether the content is what decoding gave.
    pub(crate) fn is_decoded(&self) -> bool {
        !matches!(self.decoding, Decoding::Off)
    }

    /// Why it is not decoded to its end.
    pub(crate) fn error(&self) -> Option<&DecodeError> {
        self.error.as_ref()
    }

    /// The first bytes of the content, and where bytes are missing in them.
    pub(crate) fn shown(&self) -> (&[u8], &[(usize, u64)]) {
        (&self.shown, &self.gaps)
    }

    /// The stamp of the packet that completed the event whose empty line begins at this offset of what is shown.
    pub(crate) fn event_time(&self, end: usize) -> Option<i64> {
        self.times.as_ref()?.at(end)
    }

    /// Whether more was there than is shown.
    pub(crate) fn is_cut(&self) -> bool {
        (self.shown.len() as u64) < self.content_bytes()
    }

    /// The contract's error, where the content does not decode.
    pub(crate) fn trouble(&self, in_request: bool) -> Option<Trouble> {
        let code = match self.error.as_ref()? {
            DecodeError::Unknown(_) => return None,
            error if error.is_limit() => "limit",
            _ => "bad_encoding",
        };
        Some(Trouble { code, in_request })
    }

    pub(super) fn memory(&self) -> usize {
        let times = self.times.as_ref().map_or(0, |times| times.memory());
        self.pending.capacity() + self.decoded_pending.capacity() + self.shown.capacity() + times
    }

    pub(super) fn decoder_memory(&self) -> usize {
        if let Decoding::On(_, memory) = self.decoding { memory } else { 0 }
    }

    pub(super) fn into_buffers(self) -> [Vec<u8>; 3] {
        [self.pending, self.decoded_pending, self.shown]
    }

    /// The next bytes, as sent.
    pub(super) fn take(&mut self, bytes: &[u8], room: &mut Room<'_>) {
        self.wire += bytes.len() as u64;
        let is_content = matches!(self.decoding, Decoding::Off);
        if is_content {
            self.keep(bytes, room);
        }
        let decodes = matches!(self.decoding, Decoding::Waiting | Decoding::On(..));
        if self.raw_file.is_none() && !decodes {
            return;
        }
        if decodes && self.times.is_some() {
            // Not gathered: what comes out has the time of what brought it, as long as nothing is held back.
            if self.wire > event_times::PROMPT {
                room.at = None;
            }
            return self.pass(bytes, room);
        }
        if self.pending.capacity() == 0 {
            self.pending = room.buffer();
        }
        if self.pending.len() + bytes.len() <= PIECE && !room.is_full() {
            return self.pending.extend_from_slice(bytes);
        }
        self.drain(room);
        if bytes.len() < PIECE && !room.is_full() {
            self.pending.extend_from_slice(bytes);
        } else {
            self.pass(bytes, room);
        }
    }

    /// Keeps what is to be shown.
    fn keep(&mut self, bytes: &[u8], room: &mut Room<'_>) {
        let wanted = bytes.len().min(self.most_shown - self.shown.len());
        if wanted == 0 {
            return;
        }
        if room.is_full() && self.shown.capacity() - self.shown.len() < wanted {
            if !std::mem::replace(&mut self.short_of_memory, true) {
                room.shared.cut();
            }
            self.most_shown = self.shown.len();
            return;
        }
        if self.shown.capacity() == 0 {
            self.shown = room.buffer();
        }
        let bytes = bytes.get(..wanted).unwrap_or(bytes);
        self.shown.extend_from_slice(bytes);
        if let Some(times) = &mut self.times {
            times.take(bytes, room.at);
        }
    }

    /// Writes and decodes what is pending.
    fn drain(&mut self, room: &mut Room<'_>) {
        let mut pending = std::mem::take(&mut self.pending);
        self.pass(&pending, room);
        pending.clear();
        self.pending = if room.is_full() { Vec::new() } else { pending };
    }

    fn pass(&mut self, bytes: &[u8], room: &mut Room<'_>) {
        if let Some(file) = &mut self.raw_file {
            file.append(bytes, room);
        }
        let memory = self.codings.memory();
        if matches!(self.decoding, Decoding::Waiting) && room.decoders + memory > room.shared.most_decoders()
        {
            room.shared.not_decoded();
            self.error = Some(DecodeError::NoMemory);
            self.decoding = Decoding::Done;
        }
        let first = matches!(self.decoding, Decoding::Waiting);
        self.decode(bytes, room);
        self.show_if_plain(first, bytes, room);
    }

    /// What is not what its coding says, from its first byte on, is shown as it was sent. `first`: `bytes` begin with it.
    fn show_if_plain(&mut self, first: bool, bytes: &[u8], room: &mut Room<'_>) {
        if first && self.decoded == 0 && matches!(self.error, Some(DecodeError::Faulty(_))) {
            self.decoding = Decoding::Off;
            self.decoded_file = None;
            self.keep(bytes, room);
        }
    }

    fn decode(&mut self, bytes: &[u8], room: &mut Room<'_>) {
        if matches!(self.decoding, Decoding::Waiting) {
            match Decoder::new(&self.codings, room.shared.options.limits.clone()) {
                Ok(decoder) => {
                    room.shared.made_decoder();
                    let prompt = if self.times.is_some() { event_times::PROMPT } else { 0 };
                    self.decoding = Decoding::On(Box::new(decoder.promptly(prompt)), self.codings.memory());
                }
                Err(error) => return self.not_decodable(error, bytes, room),
            }
        }
        let Decoding::On(mut decoder, memory) = std::mem::replace(&mut self.decoding, Decoding::Done) else {
            return;
        };
        match decoder.push(bytes, &mut |piece| self.content(piece, room)) {
            Ok(()) => self.decoding = Decoding::On(decoder, memory),
            Err(error) => self.error = Some(error),
        }
    }

    /// Shown as it was sent.
    fn not_decodable(&mut self, error: DecodeError, bytes: &[u8], room: &mut Room<'_>) {
        self.error = Some(error);
        self.decoding = Decoding::Off;
        self.decoded_file = None;
        self.keep(bytes, room);
    }

    /// What decoding gives.
    fn content(&mut self, piece: &[u8], room: &mut Room<'_>) {
        self.decoded += piece.len() as u64;
        self.keep(piece, room);
        let Some(file) = &mut self.decoded_file else { return };
        if self.decoded_pending.len() + piece.len() > PIECE || room.is_full() {
            file.append(&self.decoded_pending, room);
            self.decoded_pending.clear();
        }
        self.decoded_pending.extend_from_slice(piece);
    }

    /// Bytes are missing: what follows cannot be decoded.
    pub(super) fn gap(&mut self, len: u64, room: &mut Room<'_>) {
        self.missing = self.missing.saturating_add(len);
        if matches!(self.decoding, Decoding::Waiting | Decoding::On(..)) {
            self.drain(room);
            self.end_decoding(false, room);
        }
        if self.shown.len() < self.most_shown && self.gaps.len() < MOST_GAPS {
            self.gaps.push((self.shown.len(), len));
        }
    }

    fn end_decoding(&mut self, complete: bool, room: &mut Room<'_>) {
        let Decoding::On(mut decoder, _) = std::mem::replace(&mut self.decoding, Decoding::Done) else {
            return;
        };
        match decoder.finish(&mut |piece| self.content(piece, room)) {
            // Of a message that was cut, the message's own error tells.
            Err(DecodeError::Incomplete(_)) if !complete => {}
            result => self.error = result.err(),
        }
    }

    /// The message is over.
    pub(super) fn finish(&mut self, complete: bool, room: &mut Room<'_>) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        // What is pending was not decoded yet; it is written when the file has its name.
        let pending = std::mem::take(&mut self.pending);
        if matches!(self.decoding, Decoding::Waiting | Decoding::On(..)) {
            let first = matches!(self.decoding, Decoding::Waiting);
            self.decode(&pending, room);
            if matches!(self.decoding, Decoding::On(..)) {
                self.end_decoding(complete, room);
            }
            self.show_if_plain(first, &pending, room);
        }
        if self.raw_file.is_some() {
            self.pending = pending;
        }
        if room.is_full() {
            let Self { pending, raw_file, decoded_pending, decoded_file, .. } = self;
            for (buffer, file) in [(pending, raw_file), (decoded_pending, decoded_file)] {
                if let Some(file) = file {
                    file.append(buffer, room);
                    *buffer = Vec::new();
                }
            }
        }
    }

    /// The exchange has its index: the files get their names.
    pub(super) fn file(&mut self, index: u64, room: &mut Room<'_>) {
        if self.wire > 0
            && let Some(file) = &mut self.raw_file
        {
            file.finish(&self.pending, index, room);
        }
        if self.decoded > 0
            && let Some(file) = &mut self.decoded_file
        {
            file.finish(&self.decoded_pending, index, room);
        }
    }
}
