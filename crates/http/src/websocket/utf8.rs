//! Text must be UTF-8 (RFC 6455 §8.1).

/// Looks at a text; `whole`: its end is really its end. Gives what is left of it without a character that its end
/// cuts, and whether it is UTF-8 so far.
pub(crate) fn check(text: &[u8], whole: bool) -> (&[u8], bool) {
    // The library says only whether; where and why is asked of what is not, once a message.
    if simdutf8::basic::from_utf8(text).is_ok() {
        return (text, true);
    }
    match std::str::from_utf8(text) {
        Ok(_) => (text, true),
        Err(error) if !whole && error.error_len().is_none() => {
            (text.get(..error.valid_up_to()).unwrap_or(text), true)
        }
        Err(_) => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_cut_character_is_an_error_only_at_a_real_end() {
        let euro = "a€".as_bytes();
        assert_eq!(check(euro, true), (euro, true));
        for end in 2..4 {
            assert_eq!(check(&euro[..end], true), (&euro[..end], false));
            assert_eq!(check(&euro[..end], false), (&b"a"[..], true));
        }
        assert_eq!(check(b"a\xffb", false), (&b"a\xffb"[..], false));
        // A surrogate and an overlong form.
        assert!(!check(b"\xed\xa0\x80", true).1 && !check(b"\xc0\xaf", true).1);
    }
}
