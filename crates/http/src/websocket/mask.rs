//! Unmasking (RFC 6455 §5.3).

/// A frame's masking key, turned so that its first byte is the next one to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mask([u8; 4]);

impl Mask {
    pub(crate) fn new(key: [u8; 4]) -> Self {
        Self(key)
    }

    /// So many bytes went by.
    pub(crate) fn advance(&mut self, len: u64) {
        self.0.rotate_left((len % 4) as usize);
    }

    /// The key twice over: a word of it.
    fn word(self) -> u64 {
        let key = u32::from_ne_bytes(self.0);
        u64::from(key) << 32 | u64::from(key)
    }

    /// Appends the bytes unmasked: a copy is needed because what was fed is not ours to change. One pass: of what does not
    /// lie in a near cache, this takes as long as the copy alone.
    pub(crate) fn unmask_into(&mut self, out: &mut Vec<u8>, bytes: &[u8]) {
        let word = self.word();
        let (words, rest) = bytes.as_chunks::<8>();
        out.reserve(bytes.len());
        out.extend(words.iter().flat_map(|chunk| (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes()));
        out.extend(rest.iter().zip(word.to_ne_bytes()).map(|(byte, key)| byte ^ key));
        self.advance(rest.len() as u64);
    }

    /// Unmasks in place, a word at a time (the compiler takes several).
    pub(crate) fn apply(&mut self, bytes: &mut [u8]) {
        let word = self.word();
        let (words, rest) = bytes.as_chunks_mut::<8>();
        for chunk in words {
            *chunk = (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes();
        }
        for (byte, key) in rest.iter_mut().zip(self.0.iter().cycle()) {
            *byte ^= key;
        }
        self.advance(rest.len() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_rfc_says_however_it_is_cut() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        let masked: Vec<u8> = (0..9_000usize).map(|n| (n * 7) as u8).collect();
        let plain: Vec<u8> = masked.iter().enumerate().map(|(n, byte)| byte ^ key[n % 4]).collect();
        for cut in (0..40).chain([4_095, 4_096, 4_097, 8_191, 9_000]) {
            let (one, two) = masked.split_at(cut);
            let (mut mask, mut out) = (Mask::new(key), Vec::new());
            mask.unmask_into(&mut out, one);
            mask.unmask_into(&mut out, two);
            assert!(out == plain, "cut at {cut}");
            let mut mask = Mask::new(key);
            mask.advance(cut as u64);
            let mut tail = two.to_vec();
            mask.apply(&mut tail);
            assert!(tail == plain[cut..], "from {cut}");
        }
    }
}
