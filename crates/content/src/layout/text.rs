//! Text in the charset that was sent.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// `content` as UTF-8. A byte order mark counts before `charset`, the parameter of Content-Type; without both it is
/// UTF-8. Bytes that are no UTF-8 are left as they are, for the caller to escape; what is not valid in another charset
/// becomes U+FFFD. A charset that is not known is taken for UTF-8.
///
/// ```
/// use wiretrace_content::text::to_utf8;
///
/// assert_eq!(*to_utf8(b"gr\xfcn", Some(b"iso-8859-1")), *"grün".as_bytes());
/// assert_eq!(*to_utf8(b"\xef\xbb\xbfa\xff", None), *b"a\xff");
/// ```
pub fn to_utf8<'a>(content: &'a [u8], charset: Option<&[u8]>) -> Cow<'a, [u8]> {
    let (encoding, content) = encoding(content, charset);
    if encoding == UTF_8 {
        return Cow::Borrowed(content);
    }
    let (text, _) = encoding.decode_without_bom_handling(content);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// The encoding, and the content without its byte order mark.
fn encoding<'a>(content: &'a [u8], charset: Option<&[u8]>) -> (&'static Encoding, &'a [u8]) {
    if let Some((encoding, len)) = Encoding::for_bom(content) {
        return (encoding, content.get(len..).unwrap_or_default());
    }
    (charset.and_then(Encoding::for_label).unwrap_or(UTF_8), content)
}

/// Whether bytes, the first ones of some content, look like text: without NUL, and with hardly any control characters.
/// With few bytes that are no UTF-8 (an eighth), where no other charset is named.
pub fn looks_like_text(first: &[u8], charset: Option<&[u8]>) -> bool {
    let (encoding, first) = encoding(first, charset);
    let text = if encoding == UTF_8 {
        let wrong: usize = first.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
        // The last character may be cut.
        if wrong > first.len() / 8 + 3 || (wrong > 3 && first.len() < 24) {
            return false;
        }
        Cow::Borrowed(first)
    } else {
        Cow::Owned(encoding.decode_without_bom_handling(first).0.into_owned().into_bytes())
    };
    let is_control = |byte: &&u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c);
    !text.contains(&0) && text.iter().filter(is_control).count() <= text.len() / 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_and_marks() {
        assert_eq!(*to_utf8(b"\xff\xfea\0", Some(b"utf-8")), *b"a", "the mark counts first");
        assert_eq!(*to_utf8(b"\x82\xa0", Some(b"Shift_JIS")), *"あ".as_bytes());
        assert_eq!(*to_utf8(b"a\xffb", Some(b"no-such")), *b"a\xffb");
        assert_eq!(*to_utf8(b"\xd8\x00\x00a", Some(b"utf-16be")), *"\u{fffd}a".as_bytes());
    }

    #[test]
    fn text_is_told_from_binary() {
        assert!(looks_like_text("héllo wörld".as_bytes(), None));
        assert!(looks_like_text(b"caf\xe9", None), "latin-1 without a charset");
        assert!(looks_like_text(&"é".as_bytes()[..1], None), "cut in a character");
        assert!(!looks_like_text(b"a\0b", None));
        assert!(!looks_like_text(b"\x1f\x8b\x08\0\0\0", None));
        assert!(!looks_like_text(b"\x01\x02\x03\x04abc", None));
        assert!(looks_like_text(b"a\0b\0", Some(b"utf-16le")));
    }
}
