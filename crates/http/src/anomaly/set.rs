//! A set of anomalies.

use std::fmt;

use crate::Anomaly;

/// A set of anomalies, in two machine words; goes through them in the order of [`Anomaly::ALL`].
///
/// ```
/// use wiretrace_http::{Anomalies, Anomaly};
///
/// let mut found = Anomalies::default();
/// assert!(found.insert(Anomaly::ObsFold) && !found.insert(Anomaly::ObsFold));
/// found.insert(Anomaly::BareLf);
/// assert_eq!(found.iter().map(Anomaly::code).collect::<Vec<_>>(), ["bare_lf", "obs_fold"]);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Anomalies([u64; 2]);

const _: () = assert!(Anomaly::ALL.len() <= 128);

impl Anomalies {
    /// Adds one; gives whether it is new.
    pub fn insert(&mut self, anomaly: Anomaly) -> bool {
        let Self([low, high]) = self;
        let place = anomaly as u32;
        let word = if place < 64 { low } else { high };
        let bit = 1 << (place % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: Anomalies) {
        let (Self([low, high]), Self([more, most])) = (self, other);
        (*low, *high) = (*low | more, *high | most);
    }

    /// Whether it is there.
    pub fn contains(self, anomaly: Anomaly) -> bool {
        let mut copy = self;
        !copy.insert(anomaly)
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == [0, 0]
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = Anomaly> + Clone {
        let Self([mut low, mut high]) = self;
        std::iter::from_fn(move || {
            let (word, base) = if low != 0 { (&mut low, 0) } else { (&mut high, 64) };
            if *word == 0 {
                return None;
            }
            let place = base + word.trailing_zeros();
            *word &= *word - 1;
            Anomaly::ALL.get(place as usize).copied()
        })
    }
}

impl FromIterator<Anomaly> for Anomalies {
    fn from_iter<I: IntoIterator<Item = Anomaly>>(anomalies: I) -> Self {
        let mut set = Self::default();
        anomalies.into_iter().for_each(|anomaly| {
            set.insert(anomaly);
        });
        set
    }
}

impl fmt::Debug for Anomalies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_anomaly_has_a_place_a_code_and_a_meaning_of_its_own() {
        let all: Anomalies = Anomaly::ALL.iter().copied().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), Anomaly::ALL);
        let mut codes: Vec<_> = Anomaly::ALL.iter().map(|anomaly| anomaly.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Anomaly::ALL.len());
        for &anomaly in Anomaly::ALL {
            let one: Anomalies = [anomaly].into_iter().collect();
            assert!(one.contains(anomaly) && one.iter().eq([anomaly]) && !one.is_empty());
            assert_eq!(anomaly.section().is_empty(), !anomaly.is_by_sender(), "{anomaly}");
            assert!(!anomaly.meaning().ends_with('.'), "{anomaly}");
        }
        assert!(Anomalies::default().iter().next().is_none() && Anomalies::default().is_empty());
    }
}
