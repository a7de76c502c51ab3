//! Bodies, laid out by their kind, below the line of their message.

use wiretrace_content::{Codings, Kind, MediaType, events, form, grpc, hex, json, multipart, text};

use super::escape;
use super::palette::{Palette, styled};
use super::time::{LocalTime, size};
use crate::bodies::Body;

/// Indentation of a body's lines, as of header fields.
const INDENT: usize = 4;
/// Bytes that are dumped of what is no text, unless a dump was asked for.
const DUMPED: usize = 256;

/// Writes what there is of a body: a line that says what it is, its content, and what is not there.
pub(crate) fn body(
    out: &mut Vec<u8>,
    palette: Palette,
    time: &mut LocalTime,
    body: &Body,
    in_request: bool,
    as_hex: bool,
) {
    let (content, gaps) = body.shown();
    let kind = Kind::of(body.media_type(), content);
    let is_binary = matches!(kind, Kind::Binary | Kind::Media | Kind::Grpc) && !as_hex;
    heading(out, palette, body, in_request, is_binary);
    let whole = content.len();
    // How much is shown, at most.
    let most = match kind {
        _ if as_hex => whole,
        Kind::Media => 0,
        Kind::Binary => DUMPED,
        Kind::Grpc if !gaps.is_empty() => DUMPED,
        _ => whole,
    };
    let content = content.get(..most).unwrap_or(content);
    let mut lines = Lines { out: &mut *out, palette, indent: INDENT };
    match kind {
        Kind::Media if !as_hex => {}
        _ if as_hex || !gaps.is_empty() => with_gaps(&mut lines, body, content, gaps, as_hex || is_binary),
        Kind::Binary => lines.dump(content),
        Kind::EventStream => events_of(&mut lines, time, body, content),
        _ => content_of(&mut lines, &kind, body.media_type(), content, body.is_cut()),
    }
    let is_cut = body.is_cut() || content.len() < whole;
    notes(out, palette, body, (is_cut && most > 0).then_some(content.len()));
}

/// `  response body: 197B application/json (165B as gzip)`
fn heading(out: &mut Vec<u8>, palette: Palette, body: &Body, in_request: bool, is_binary: bool) {
    out.extend_from_slice(if in_request { b"  request body: " } else { b"  response body: " });
    size(out, body.content_bytes());
    if let Some(media_type) = body.media_type() {
        out.push(b' ');
        styled(out, palette.value, |out| escape::text(out, media_type.essence().as_bytes()));
    }
    if is_binary {
        out.extend_from_slice(b", binary");
    }
    let codings: &Codings = body.codings();
    if !codings.is_identity() {
        out.extend_from_slice(b" (");
        size(out, body.wire_bytes());
        out.extend_from_slice(if body.is_decoded() { b" as " } else { b", not decoded: " });
        escape::text(out, codings.to_string().as_bytes());
        out.push(b')');
    }
    out.push(b'\n');
}

/// What is not shown, and why. `cut_at`: so many bytes are shown of more.
fn notes(out: &mut Vec<u8>, palette: Palette, body: &Body, cut_at: Option<usize>) {
    let mut note = |write: &mut dyn FnMut(&mut Vec<u8>)| {
        out.extend_from_slice(b"  ");
        styled(out, palette.mark, |out| {
            out.push(b'[');
            write(out);
            out.push(b']');
        });
        out.push(b'\n');
    };
    if let Some(shown) = cut_at {
        note(&mut |out| {
            out.extend_from_slice(b"the first ");
            size(out, shown as u64);
            out.extend_from_slice(b" are shown");
        });
    }
    if let Some(error) = body.error() {
        note(&mut |out| escape::text(out, error.to_string().as_bytes()));
    }
    if body.missing_bytes() > 0 {
        note(&mut |out| {
            size(out, body.missing_bytes());
            out.extend_from_slice(b" missing from the capture");
        });
    }
}

/// Writes indented lines.
struct Lines<'a> {
    out: &'a mut Vec<u8>,
    palette: Palette,
    indent: usize,
}

impl Lines<'_> {
    /// One line; control characters in it are escaped.
    fn line(&mut self, bytes: &[u8]) {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if !bytes.is_empty() {
            self.out.extend(std::iter::repeat_n(b' ', self.indent));
            styled(self.out, self.palette.body, |out| {
                // Tabs indent text; as escapes they would only spoil it.
                for (number, piece) in bytes.split(|&byte| byte == b'\t').enumerate() {
                    out.extend_from_slice(if number > 0 { b"    " } else { b"" });
                    escape::text(out, piece);
                }
            });
        }
        self.out.push(b'\n');
    }

    fn lines(&mut self, text: &[u8]) {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        text.split(|&byte| byte == b'\n').for_each(|line| self.line(line));
    }

    /// The first bytes as a dump.
    fn dump(&mut self, bytes: &[u8]) {
        let shown = bytes.get(..DUMPED).unwrap_or(bytes);
        hex::dump(shown, 0).for_each(|line| self.line(line.as_bytes()));
        if shown.len() < bytes.len() {
            self.line(b"...");
        }
    }

    /// Begins a line with a time.
    fn at(&mut self, time: &[u8]) {
        self.out.extend(std::iter::repeat_n(b' ', self.indent));
        if !time.is_empty() {
            styled(self.out, self.palette.time, |out| out.extend_from_slice(time));
        }
    }

    /// `name = value`, on one line; of nothing, the name alone.
    fn named(&mut self, name: &[u8], between: &str, value: &[u8]) {
        self.at(b"");
        self.named_here(name, between, value);
    }

    /// The same, in a line that was begun.
    fn named_here(&mut self, name: &[u8], between: &str, value: &[u8]) {
        styled(self.out, self.palette.name, |out| escape::text(out, name));
        if !value.is_empty() {
            self.out.extend_from_slice(between.as_bytes());
            styled(self.out, self.palette.body, |out| escape::text(out, value));
        }
        self.out.push(b'\n');
    }
}

fn charset(media_type: Option<&MediaType>) -> Option<&[u8]> {
    media_type.and_then(|media_type| media_type.param("charset"))
}

/// Pieces of the content, and between them what is missing.
fn with_gaps(lines: &mut Lines<'_>, body: &Body, content: &[u8], gaps: &[(usize, u64)], as_hex: bool) {
    let mut from = 0;
    let ends = gaps.iter().map(|&(at, len)| (at, Some(len))).chain([(content.len(), None)]);
    // Offsets in the message, where nothing was decoded.
    let mut missing = 0;
    for (end, gap) in ends {
        if end < from || end > content.len() {
            // Behind what is shown.
            continue;
        }
        let piece = content.get(from..end).unwrap_or_default();
        if as_hex {
            hex::dump(piece, from as u64 + missing).for_each(|line| lines.line(line.as_bytes()));
        } else if !piece.is_empty() {
            lines.lines(&text::to_utf8(piece, charset(body.media_type())));
        }
        if let Some(len) = gap {
            lines.out.extend_from_slice(b"  ");
            styled(lines.out, lines.palette.mark, |out| {
                out.extend_from_slice(b"[");
                size(out, len);
                out.extend_from_slice(b" missing here]");
            });
            lines.out.push(b'\n');
            missing += len;
        }
        from = end;
    }
}

fn content_of(lines: &mut Lines<'_>, kind: &Kind, media_type: Option<&MediaType>, content: &[u8], cut: bool) {
    match kind {
        Kind::Json => json_of(lines, &text_of(content, media_type, cut), cut),
        Kind::Form => {
            for (name, value) in form::pairs(content) {
                lines.named(&name, " = ", &value);
            }
        }
        Kind::Multipart(boundary) => parts_of(lines, boundary, content),
        Kind::Grpc => messages_of(lines, content),
        _ => lines.lines(&text_of(content, media_type, cut)),
    }
}

/// As UTF-8. Where the content was cut, without the beginning of a character at its end.
fn text_of<'a>(content: &'a [u8], media_type: Option<&MediaType>, cut: bool) -> std::borrow::Cow<'a, [u8]> {
    let mut content = content;
    if let (true, Some(last)) = (cut, content.utf8_chunks().last())
        && std::str::from_utf8(last.invalid()).is_err_and(|error| error.error_len().is_none())
    {
        content = content.get(..content.len() - last.invalid().len()).unwrap_or(content);
    }
    text::to_utf8(content, charset(media_type))
}

/// Indented; what is no JSON is shown as it is.
fn json_of(lines: &mut Lines<'_>, content: &[u8], cut: bool) {
    let mut text = Vec::new();
    let mut indenter = json::Indenter::new();
    let whole = indenter.push(content, &mut text).is_ok() && (cut || indenter.finish().is_ok());
    lines.lines(if whole { &text } else { content });
}

/// Each part with its name, file name, type and size; text below it.
fn parts_of(lines: &mut Lines<'_>, boundary: &[u8], content: &[u8]) {
    for part in multipart::parts(content, boundary) {
        let disposition = part.disposition();
        let param = |name| disposition.as_ref().and_then(|disposition| disposition.param(name));
        let media_type = part.field("content-type").and_then(MediaType::parse);
        let mut about = Vec::new();
        if let Some(file) = param("filename") {
            about.extend_from_slice(b"file \"");
            about.extend_from_slice(file);
            about.extend_from_slice(b"\" ");
        }
        if let Some(media_type) = &media_type {
            about.extend_from_slice(media_type.essence().as_bytes());
            about.push(b' ');
        }
        size(&mut about, part.body.len() as u64);
        if !part.complete {
            about.extend_from_slice(b", cut");
        }
        lines.named(param("name").unwrap_or(b"part"), ": ", &about);
        lines.indent += 2;
        match Kind::of(media_type.as_ref(), part.body) {
            Kind::Binary | Kind::Media | Kind::Grpc => {}
            _ if part.body.is_empty() => {}
            Kind::Json => {
                json_of(lines, &text_of(part.body, media_type.as_ref(), !part.complete), !part.complete)
            }
            _ => lines.lines(&text_of(part.body, media_type.as_ref(), !part.complete)),
        }
        lines.indent -= 2;
    }
}

/// Each message of gRPC with its size and the first bytes of it; trailers as text.
fn messages_of(lines: &mut Lines<'_>, content: &[u8]) {
    let (frames, rest) = grpc::frames(content);
    for frame in frames {
        let mut about = Vec::new();
        size(&mut about, u64::from(frame.len));
        about.extend_from_slice(if frame.compressed { b" compressed" } else { b"" });
        about.extend_from_slice(if frame.is_complete() { b"" } else { b" (cut)" });
        lines.named(if frame.trailers { b"trailers" } else { b"message" }, " ", &about);
        lines.indent += 2;
        if frame.trailers && !frame.compressed {
            lines.lines(&text::to_utf8(frame.data, None));
        } else {
            lines.dump(frame.data);
        }
        lines.indent -= 2;
    }
    lines.dump(rest);
}

/// Each event with the time of the packet that completed it, its type and id, its data below it.
fn events_of(lines: &mut Lines<'_>, time: &mut LocalTime, body: &Body, content: &[u8]) {
    for event in events::events(content) {
        let mut about = Vec::new();
        for (name, value) in [("id", event.id), ("retry", event.retry)] {
            if let Some(value) = value {
                about.extend_from_slice(name.as_bytes());
                about.push(b' ');
                about.extend_from_slice(value);
                about.push(b' ');
            }
        }
        if !event.complete {
            about.extend_from_slice(b"(cut)");
        }
        let mut at = Vec::new();
        if let Some(nanos) = body.event_time(event.end) {
            time.write(&mut at, nanos);
            at.push(b' ');
        }
        let has_fields = !event.data.is_empty() || event.kind.is_some() || !about.is_empty();
        if has_fields {
            lines.at(&at);
            lines.named_here(event.kind.unwrap_or(b"message"), " ", about.trim_ascii_end());
        }
        lines.indent += 2;
        event.data.iter().for_each(|line| lines.line(line));
        lines.indent -= 2;
        for (number, comment) in event.comments.iter().enumerate() {
            lines.at(if number == 0 && !has_fields { &at } else { b"" });
            lines.named_here(b"comment", ": ", comment);
        }
    }
}
