//! A queue of fixed size.

/// At most `N` of `T`, the oldest first.
#[derive(Debug)]
pub(crate) struct Ring<T, const N: usize> {
    items: [T; N],
    first: u8,
    len: u8,
}

impl<T: Copy + Default, const N: usize> Default for Ring<T, N> {
    fn default() -> Self {
        const { assert!(N > 0 && N < 128) };
        Ring { items: [T::default(); N], first: 0, len: 0 }
    }
}

impl<T: Copy, const N: usize> Ring<T, N> {
    /// The oldest one.
    pub(crate) fn front(&self) -> Option<T> {
        if self.len == 0 { None } else { self.items.get(usize::from(self.first)).copied() }
    }

    /// Takes the oldest one out.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let front = self.front()?;
        self.first = (self.first + 1) % N as u8;
        self.len -= 1;
        Some(front)
    }

    /// Puts one at the end; false, and nothing done, where there is no room.
    pub(crate) fn push(&mut self, item: T) -> bool {
        if usize::from(self.len) == N {
            return false;
        }
        if let Some(place) = self.items.get_mut(usize::from(self.first + self.len) % N) {
            *place = item;
            self.len += 1;
        }
        true
    }

    /// Puts one at the end, in the oldest one's place where there is no other.
    pub(crate) fn force(&mut self, item: T) {
        if !self.push(item) {
            self.pop();
            self.push(item);
        }
    }

    /// The newest one for which `fits` says so, to change.
    pub(crate) fn newest(&mut self, fits: impl Fn(&T) -> bool) -> Option<&mut T> {
        let first = usize::from(self.first);
        let at = (0..usize::from(self.len))
            .rev()
            .map(|n| (first + n) % N)
            .find(|&at| self.items.get(at).is_some_and(&fits))?;
        self.items.get_mut(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_round() {
        let mut ring = Ring::<u32, 3>::default();
        assert_eq!((ring.front(), ring.pop()), (None, None));
        assert!(ring.push(1) && ring.push(2) && ring.push(3) && !ring.push(4));
        assert_eq!((ring.pop(), ring.front()), (Some(1), Some(2)));
        assert!(ring.push(4));
        ring.force(5);
        assert_eq!(ring.newest(|item| *item < 5).copied(), Some(4));
        assert_eq!(ring.newest(|item| *item < 3), None, "2 had to go");
        assert_eq!([ring.pop(), ring.pop(), ring.pop(), ring.pop()], [Some(3), Some(4), Some(5), None]);
    }
}
