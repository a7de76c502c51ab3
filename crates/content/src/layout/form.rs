//! `application/x-www-form-urlencoded` (URL Standard §5.1).

/// The pairs of a form, in order, percent-decoded, `+` as space. A `%` without two digits stays.
///
/// ```
/// use wiretrace_content::form::pairs;
///
/// let got: Vec<_> = pairs(b"q=a%20b+c&&x=%zz").collect();
/// assert_eq!(got, [(b"q".to_vec(), b"a b c".to_vec()), (b"x".to_vec(), b"%zz".to_vec())]);
/// ```
pub fn pairs(content: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    content.trim_ascii_end().split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let end = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at_checked(end).unwrap_or((pair, &[]));
        (decoded(name), decoded(value.strip_prefix(b"=").unwrap_or(value)))
    })
}

fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let digit = |at: usize| tail.get(at).and_then(|&byte| char::from(byte).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                text.push((high << 4 | low) as u8);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', ..) => text.push(b' '),
            _ => text.push(byte),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_keep_their_order_and_their_bytes() {
        let got: Vec<_> = pairs(b"b=1&a&=x&c=%00%FF=%4&d=%\r\n").collect();
        let want: [(&[u8], &[u8]); 5] =
            [(b"b", b"1"), (b"a", b""), (b"", b"x"), (b"c", b"\0\xff=%4"), (b"d", b"%")];
        let want: Vec<_> = want.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        assert_eq!(got, want);
    }
}
