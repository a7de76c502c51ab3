//! When server-sent events were complete.

use wiretrace_content::events::Ends;

/// So many bytes of an encoded stream are decoded as they come; of what follows no times are told.
pub(super) const PROMPT: u64 = 256 << 10;
/// Events of one body whose times are kept.
const MOST_TIMES: usize = 4096;

/// The times of one body's events.
#[derive(Debug, Default)]
pub(super) struct EventTimes {
    ends: Ends,
    /// Where in what is shown the empty line behind an event begins, and when it came.
    list: Vec<(u64, i64)>,
}

impl EventTimes {
    /// The next bytes that are shown; `at`: when they came, where that is known.
    pub(super) fn take(&mut self, bytes: &[u8], at: Option<i64>) {
        let Self { ends, list } = self;
        ends.push(bytes, &mut |end| {
            if let Some(at) = at
                && list.len() < MOST_TIMES
            {
                list.push((end, at));
            }
        });
    }

    pub(super) fn at(&self, end: usize) -> Option<i64> {
        let place = self.list.binary_search_by_key(&(end as u64), |&(own, _)| own).ok()?;
        self.list.get(place).map(|&(_, at)| at)
    }

    pub(super) fn memory(&self) -> usize {
        self.list.capacity() * size_of::<(u64, i64)>()
    }
}
