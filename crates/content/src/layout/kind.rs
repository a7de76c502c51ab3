//! What content is, by its media type and its first bytes.

use super::text;
use crate::MediaType;

/// How content is best shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// JSON (RFC 8259), or one value after another.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/*` (RFC 2046 §5.1, RFC 7578), with its boundary.
    Multipart(Vec<u8>),
    /// `text/event-stream`.
    EventStream,
    /// `application/grpc` and `application/grpc-web` with their suffixes: length-prefixed messages.
    Grpc,
    /// Any other text.
    Text,
    /// No text.
    Binary,
    /// `image/*`, `video/*`, `audio/*` and `font/*`: no text, and more than its type and size means nothing to people.
    Media,
}

/// So many of the first bytes are looked at.
const LOOK: usize = 4096;

impl Kind {
    /// By the media type where there is one that says it, else by the first bytes of the content. What is said to be text
    /// and holds bytes that no text has, is [`Binary`](Self::Binary)
    /// or [`Media`](Self::Media).
    pub fn of(media_type: Option<&MediaType>, content: &[u8]) -> Self {
        let first = content.get(..LOOK).unwrap_or(content);
        let charset = media_type.and_then(|media_type| media_type.param("charset"));
        let is_text = text::looks_like_text(first, charset);
        let Some(media_type) = media_type else { return by_content(first, is_text) };
        let essence = media_type.essence();
        let (kind, subtype) = essence.split_once('/').unwrap_or((essence, ""));
        if let ("multipart", Some(boundary)) = (kind, media_type.param("boundary"))
            && !boundary.is_empty()
        {
            return Kind::Multipart(boundary.to_vec());
        }
        let suffixed = |name: &str| {
            subtype.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('+'))
        };
        if kind == "application" && (suffixed("grpc") || suffixed("grpc-web")) {
            return Kind::Grpc;
        }
        let is_media = matches!(kind, "image" | "video" | "audio" | "font");
        let is_json = matches!(subtype, "json" | "x-ndjson" | "ndjson" | "jsonl" | "x-json" | "csp-report")
            || subtype.ends_with("+json");
        let is_xml = subtype == "xml" || subtype.ends_with("+xml");
        match kind {
            _ if !is_text => {
                if is_media {
                    Kind::Media
                } else {
                    Kind::Binary
                }
            }
            _ if is_json => Kind::Json,
            "application" if subtype == "x-www-form-urlencoded" => Kind::Form,
            "text" if subtype == "event-stream" => Kind::EventStream,
            "text" | "message" => Kind::Text,
            _ if is_xml => Kind::Text,
            _ if is_media => Kind::Media,
            _ => by_content(first, is_text),
        }
    }
}

fn by_content(first: &[u8], is_text: bool) -> Kind {
    match first.trim_ascii_start().first() {
        _ if !is_text => Kind::Binary,
        Some(b'{' | b'[') => Kind::Json,
        _ => Kind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(media_type: &str, content: &[u8]) -> Kind {
        Kind::of(MediaType::parse(media_type.as_bytes()).as_ref(), content)
    }

    #[test]
    fn the_type_says_it_unless_the_bytes_do_not_agree() {
        assert_eq!(kind("application/json", b"[1]"), Kind::Json);
        assert_eq!(kind("application/problem+json; charset=utf-8", b"{}"), Kind::Json);
        assert_eq!(kind("image/svg+xml", b"<svg/>"), Kind::Text);
        assert_eq!(kind("image/png", b"plain"), Kind::Media);
        assert_eq!(kind("video/mp4", b"\0\0"), Kind::Media);
        assert_eq!(kind("application/grpc-web+proto", b"\0\0\0\0\0"), Kind::Grpc);
        assert_eq!(kind("application/grpc", b""), Kind::Grpc);
        // In base 64.
        assert_eq!(kind("application/grpc-web-text", b"AAAAAAA="), Kind::Text);
        assert_eq!(kind("text/html", b"a\0b"), Kind::Binary);
        assert_eq!(kind("text/html; charset=utf-16le", b"a\0b\0"), Kind::Text);
        assert_eq!(kind("application/octet-stream", b"hello"), Kind::Text);
        assert_eq!(kind("application/octet-stream", b"\x7fELF\x02\x01\x01\0\0"), Kind::Binary);
        assert_eq!(kind("application/x-www-form-urlencoded", b"a=b"), Kind::Form);
        assert_eq!(kind("multipart/form-data; boundary=xx", b"\0"), Kind::Multipart(b"xx".to_vec()));
        assert_eq!(kind("multipart/form-data", b"--x"), Kind::Text);
        assert_eq!(kind("text/event-stream", b"data: x\n\n"), Kind::EventStream);
    }

    #[test]
    fn without_a_type_the_bytes_say_it() {
        assert_eq!(Kind::of(None, b" {\"a\":1}"), Kind::Json);
        assert_eq!(Kind::of(None, b"hello"), Kind::Text);
        assert_eq!(Kind::of(None, b"\x89PNG\r\n\x1a\n\0\0"), Kind::Binary);
        assert_eq!(Kind::of(None, b""), Kind::Text);
    }
}
