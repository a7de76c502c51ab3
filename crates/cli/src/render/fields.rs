//! Header fields, one a line.

use regex::bytes::Regex;
use wiretrace_pipeline::Field;

use super::escape;
use super::palette::{Palette, styled};

/// Which header fields are shown.
#[derive(Clone, Debug, Default)]
pub(crate) enum Shown {
    #[default]
    None,
    All,
    /// Those whose name matches.
    Matching(Regex),
}

impl Shown {
    pub(crate) fn any(&self) -> bool {
        !matches!(self, Shown::None)
    }

    fn shows(&self, name: &[u8]) -> bool {
        match self {
            Shown::None => false,
            Shown::All => true,
            Shown::Matching(regex) => regex.is_match(name),
        }
    }

    /// Four spaces, name, `: `, value. Cookies are shown one a line, sorted.
    pub(crate) fn write<'a>(
        &self,
        out: &mut Vec<u8>,
        palette: Palette,
        fields: impl Iterator<Item = Field<'a>>,
    ) {
        for field in fields.filter(|field| self.shows(field.name)) {
            if field.name.eq_ignore_ascii_case(b"cookie") {
                let mut cookies: Vec<&[u8]> =
                    field.value.split(|&byte| byte == b';').map(<[u8]>::trim_ascii).collect();
                cookies.retain(|cookie| !cookie.is_empty());
                cookies.sort_unstable();
                cookies.iter().for_each(|cookie| line(out, palette, field.name, cookie));
            } else {
                line(out, palette, field.name, field.value);
            }
        }
    }
}

fn line(out: &mut Vec<u8>, palette: Palette, name: &[u8], value: &[u8]) {
    out.extend_from_slice(b"    ");
    styled(out, palette.name, |out| escape::text(out, name));
    out.extend_from_slice(b": ");
    styled(out, palette.value, |out| escape::text(out, value));
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(shown: &Shown, fields: &[(&str, &str)]) -> String {
        let mut out = Vec::new();
        let fields =
            fields.iter().map(|(name, value)| Field { name: name.as_bytes(), value: value.as_bytes() });
        shown.write(&mut out, Palette::default(), fields);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cookies_are_split_and_sorted_and_keep_what_follows_an_equals_sign() {
        let fields = [("Host", "a"), ("Cookie", "b=1=2; a=x ;;c"), ("Set-Cookie", "z=1; Path=/")];
        let all = shown(&Shown::All, &fields);
        assert_eq!(
            all,
            "    Host: a\n    Cookie: a=x\n    Cookie: b=1=2\n    Cookie: c\n    Set-Cookie: z=1; Path=/\n"
        );
        let regex = Regex::new("(?i)^(set-)?cookie$").unwrap();
        assert_eq!(shown(&Shown::Matching(regex), &fields).lines().count(), 4);
        assert_eq!(shown(&Shown::None, &fields), "");
    }

    #[test]
    fn wire_bytes_are_escaped() {
        let text = shown(&Shown::All, &[("X\u{1b}[2J", "a\u{7}b")]);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text}");
    }
}
