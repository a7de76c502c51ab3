//! The options of a SYN (RFC 9293 §3.2): what the two sides agreed on.

/// What one side's SYN offered. Options of other kinds are stepped over by their length; one that is malformed
/// ends the list (RFC 9293 §3.1).
///
/// ```
/// use wiretrace_tcp::SynOptions;
/// let options = SynOptions::parse(&[2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7]);
/// assert_eq!((options.mss, options.window_scale), (Some(1460), Some(7)));
/// assert!(options.sack_permitted && options.timestamps && !options.fast_open);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SynOptions {
    /// Largest segment the side takes (kind 2, RFC 9293 §3.7.1).
    pub mss: Option<u16>,
    /// Shift of its later windows (kind 3, RFC 7323 §2); at most 14, larger ones count as 14 (§2.3).
    pub window_scale: Option<u8>,
    /// Selective acknowledgements (kind 4, RFC 2018 §2).
    pub sack_permitted: bool,
    /// Timestamps (kind 8, RFC 7323 §3).
    pub timestamps: bool,
    /// Fast Open, a cookie or the request for one (kind 34, RFC 7413 §4.1.1).
    pub fast_open: bool,
}

/// The options of a header, one by one: kind and data.
pub(crate) fn each(mut options: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        loop {
            let (&kind, rest) = options.split_first()?;
            match kind {
                0 => return None,
                1 => options = rest,
                _ => {
                    let (&len, rest) = rest.split_first()?;
                    let (data, rest) = rest.split_at_checked(usize::from(len).checked_sub(2)?)?;
                    options = rest;
                    return Some((kind, data));
                }
            }
        }
    })
}

impl SynOptions {
    /// Reads the options of a SYN. Never fails: what is malformed is not there.
    pub fn parse(options: &[u8]) -> Self {
        let mut found = SynOptions::default();
        for (kind, data) in each(options) {
            match (kind, data) {
                (2, &[high, low]) => found.mss = Some(u16::from_be_bytes([high, low])),
                (3, &[shift]) => found.window_scale = Some(shift.min(14)),
                (4, []) => found.sack_permitted = true,
                (8, data) if data.len() == 8 => found.timestamps = true,
                (34, _) => found.fast_open = true,
                _ => {}
            }
        }
        found
    }

    /// As five bytes of a record: see [`Packed`].
    pub(crate) fn pack(self) -> Packed {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        let bits = bit(self.mss.is_some(), 1)
            | bit(self.window_scale.is_some(), 2)
            | bit(self.sack_permitted, 4)
            | bit(self.timestamps, 8)
            | bit(self.fast_open, 16);
        Packed { mss: self.mss.unwrap_or(0), scale: self.window_scale.unwrap_or(0), bits }
    }
}

/// [`SynOptions`] in the room that a connection's record has for them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Packed {
    mss: u16,
    /// Its shift; 0 without the option.
    pub(crate) scale: u8,
    bits: u8,
}

impl Packed {
    pub(crate) fn has_scale(self) -> bool {
        self.bits & 2 != 0
    }

    pub(crate) fn unpack(self) -> SynOptions {
        SynOptions {
            mss: (self.bits & 1 != 0).then_some(self.mss),
            window_scale: self.has_scale().then_some(self.scale),
            sack_permitted: self.bits & 4 != 0,
            timestamps: self.bits & 8 != 0,
            fast_open: self.bits & 16 != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_options_end_the_list() {
        assert_eq!(SynOptions::parse(&[2, 4, 1, 2, 3]).mss, Some(258));
        assert_eq!(SynOptions::parse(&[2, 4, 1]), SynOptions::default());
        assert_eq!(SynOptions::parse(&[9, 0, 4, 2]), SynOptions::default(), "a length of 0 would never end");
        assert_eq!(SynOptions::parse(&[9, 1, 4, 2]), SynOptions::default());
        assert!(!SynOptions::parse(&[0, 4, 2]).sack_permitted, "behind the end");
        assert!(
            SynOptions::parse(&[253, 4, 0xf9, 0x89, 4, 2]).sack_permitted,
            "unknown kinds are stepped over"
        );
        assert_eq!(SynOptions::parse(&[3, 3, 200]).window_scale, Some(14));
        assert_eq!(SynOptions::parse(&[2, 3, 5]).mss, None, "a wrong length");
    }

    #[test]
    fn packing_loses_nothing() {
        for options in [
            SynOptions::default(),
            SynOptions { mss: Some(0), window_scale: Some(0), ..SynOptions::default() },
            SynOptions {
                mss: Some(9000),
                window_scale: Some(14),
                sack_permitted: true,
                timestamps: true,
                fast_open: true,
            },
        ] {
            assert_eq!(options.pack().unpack(), options);
        }
    }
}
