//! Media types and other values with parameters (RFC 9110 §8.3.1, §5.6.6).

/// A Content-Type value, or another one of its form (Content-Disposition).
///
/// ```
/// use wiretrace_content::MediaType;
///
/// let media_type = MediaType::parse(b"Text/HTML; Charset=\"utf-8\"").unwrap();
/// assert_eq!(media_type.essence(), "text/html");
/// assert_eq!(media_type.param("charset"), Some(b"utf-8".as_slice()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaType {
    essence: String,
    params: Vec<(String, Vec<u8>)>,
}

/// Longest essence and parameter value that are kept, in bytes; and how many parameters.
const LONGEST: usize = 256;
const MOST: usize = 16;

impl MediaType {
    /// `None` where nothing stands before the first semicolon. At most 16 parameters are kept; an essence or a
    /// parameter of more than 256 bytes is not.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
        let (essence, mut rest) = value.split_at_checked(end)?;
        let essence = essence.trim_ascii();
        if essence.is_empty() || essence.len() > LONGEST {
            return None;
        }
        let mut media_type =
            Self { essence: String::from_utf8_lossy(essence).to_ascii_lowercase(), params: Vec::new() };
        while let Some((param, tail)) = param(rest) {
            rest = tail;
            let (name, value) = param;
            if media_type.params.len() == MOST {
                break;
            }
            if !name.is_empty() && name.len() <= LONGEST && value.len() <= LONGEST {
                media_type.params.push((String::from_utf8_lossy(name).to_ascii_lowercase(), value));
            }
        }
        Some(media_type)
    }

    /// `type/subtype` in lower case.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// The first parameter of that name (in lower case), quotes removed.
    pub fn param(&self, name: &str) -> Option<&[u8]> {
        self.params.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_slice())
    }
}

/// A parameter's name and its value without quotes.
type Param<'a> = (&'a [u8], Vec<u8>);

/// The parameter behind the semicolon at which `rest` begins, and what follows it.
fn param(rest: &[u8]) -> Option<(Param<'_>, &[u8])> {
    let rest = rest.strip_prefix(b";")?;
    let end = rest.iter().position(|&byte| byte == b'=' || byte == b';').unwrap_or(rest.len());
    let (name, tail) = rest.split_at_checked(end)?;
    let Some(tail) = tail.strip_prefix(b"=") else { return Some(((name.trim_ascii(), Vec::new()), tail)) };
    let name = name.trim_ascii();
    let tail = tail.trim_ascii_start();
    let Some(quoted) = tail.strip_prefix(b"\"") else {
        let end = tail.iter().position(|&byte| byte == b';').unwrap_or(tail.len());
        let (value, tail) = tail.split_at_checked(end)?;
        return Some(((name, value.trim_ascii().to_vec()), tail));
    };
    let mut value = Vec::new();
    let mut bytes = quoted.iter().enumerate();
    let mut end = quoted.len();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'"' => {
                end = at + 1;
                break;
            }
            // Only what needs it: browsers send file names with backslashes as they are.
            b'\\' if matches!(quoted.get(at + 1), Some(b'"' | b'\\')) => {
                value.extend(bytes.next().map(|(_, &escaped)| escaped));
            }
            _ => value.push(byte),
        }
    }
    let tail = quoted.get(end..).unwrap_or_default();
    let next = tail.iter().position(|&byte| byte == b';').unwrap_or(tail.len());
    Some(((name, value), tail.get(next..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_behind_anything() {
        let value = br#"multipart/form-data ; x ;; a=b; boundary="--;\"q\\" junk; charset = latin1; a=c"#;
        let media_type = MediaType::parse(value).unwrap();
        assert_eq!(media_type.essence(), "multipart/form-data");
        assert_eq!(media_type.param("boundary"), Some(br#"--;"q\"#.as_slice()));
        assert_eq!(media_type.param("charset"), Some(b"latin1".as_slice()));
        assert_eq!(media_type.param("a"), Some(b"b".as_slice()), "the first one counts");
        assert_eq!(media_type.param("x"), Some(b"".as_slice()));
        assert_eq!(MediaType::parse(b"a/b; f=\"open").unwrap().param("f"), Some(b"open".as_slice()));
        assert_eq!(
            MediaType::parse(br#"f; filename="C:\dir\x""#).unwrap().param("filename"),
            Some(br"C:\dir\x".as_slice())
        );
        assert_eq!(MediaType::parse(b" ; a=b"), None);
        assert_eq!(MediaType::parse(&[b'x'; 300]), None);
        assert_eq!(
            MediaType::parse(&b"a/b".iter().copied().chain(b";a=b".repeat(1_000)).collect::<Vec<_>>())
                .unwrap()
                .params
                .len(),
            16
        );
    }
}
