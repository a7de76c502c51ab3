//! Which frames of a source are used: those that pass a filter, and only so many of them.

use crate::filter::Filter;
use crate::{BlockBuilder, CaptureStats, Error, Fill, Note, Source, Timestamp};

/// What to use of one or several sources that are read one behind the other.
///
/// Frames that the filter leaves out stay in their blocks, marked ([`Block::left_out`](crate::Block::left_out)), so that
/// all frames keep the numbers they have in the file. What lies behind a limit is not delivered at all.
///
/// ```
/// use wiretrace_capture::{BlockPool, FileOptions, FileSource, Fill, LinkType, PcapWriter, PoolConfig, Selection};
/// use wiretrace_capture::{Source, Timestamp};
///
/// let mut file = Vec::new();
/// let mut writer = PcapWriter::new(&mut file, LinkType::ETHERNET)?;
/// for second in 0..10 {
///     writer.write(Timestamp::from_secs_nanos(second, 0), 60, b"frame")?;
/// }
/// let file: Box<dyn std::io::Read + Send> = Box::new(std::io::Cursor::new(file));
/// let mut source = FileSource::from_reader("memory".into(), file, &FileOptions::default())?;
///
/// let mut selection = Selection::default().with_frames(3);
/// let mut selected = selection.over(&mut source);
/// let mut builder = BlockPool::new(PoolConfig::default()).lease();
/// assert_eq!(selected.fill(&mut builder)?, Fill::End);
/// assert_eq!((builder.len(), selected.stats().frames), (3, 3));
/// assert!(selection.is_over());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Selection {
    filter: Option<Filter>,
    /// How many more frames to use.
    frames: Option<u64>,
    duration: Option<i64>,
    /// The stamp of the first frame that passed.
    first: Option<Timestamp>,
    over: bool,
}

impl Selection {
    /// Leaves out what does not pass the filter.
    pub fn with_filter(self, filter: Filter) -> Self {
        Selection { filter: Some(filter), ..self }
    }

    /// Ends behind so many frames; those that the filter leaves out do not count.
    pub fn with_frames(self, frames: u64) -> Self {
        Selection { frames: Some(frames), ..self }
    }

    /// Ends before the first frame that is stamped more than so many nanoseconds of capture time after the first one that
    /// passed.
    pub fn with_duration(self, duration: i64) -> Self {
        Selection { duration: Some(duration), ..self }
    }

    /// Whether everything is to be used.
    pub fn is_everything(&self) -> bool {
        self.filter.is_none() && self.frames.is_none() && self.duration.is_none()
    }

    /// Whether a limit was reached: there is no use for further sources.
    pub fn is_over(&self) -> bool {
        self.over || self.frames == Some(0)
    }

    /// The source, as far as it is to be used.
    pub fn over<S: Source>(&mut self, source: S) -> Selected<'_, S> {
        Selected { selection: self, source, frames: 0, captured_bytes: 0, notes: Vec::new() }
    }

    /// Goes through a block's frames; false where a limit was reached and the block was cut there.
    fn select(&mut self, block: &mut BlockBuilder) -> bool {
        let mut place = 0;
        while let Some(frame) = block.frame(place) {
            if self.frames == Some(0) {
                block.truncate(place);
                return false;
            }
            if !self.filter.as_mut().is_none_or(|filter| filter.matches(&frame)) {
                block.leave_out(place);
            } else {
                let first = *self.first.get_or_insert(frame.at);
                if self.duration.is_some_and(|duration| frame.at.since(first) > duration) {
                    block.truncate(place);
                    return false;
                }
                if let Some(frames) = &mut self.frames {
                    *frames -= 1;
                }
            }
            place += 1;
        }
        self.frames != Some(0)
    }
}

/// A source of which a [`Selection`] is used.
#[derive(Debug)]
pub struct Selected<'a, S> {
    selection: &'a mut Selection,
    source: S,
    frames: u64,
    captured_bytes: u64,
    notes: Vec<Note>,
}

impl<S: Source> Source for Selected<'_, S> {
    fn fill(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error> {
        if self.selection.is_over() {
            return Ok(Fill::End);
        }
        if !block.is_empty() {
            return Ok(Fill::Ready);
        }
        let mut fill = self.source.fill(block)?;
        if !self.selection.select(block) {
            self.selection.over = true;
            fill = Fill::End;
        }
        self.frames += block.len() as u64;
        self.captured_bytes += block.captured_bytes();
        Ok(fill)
    }

    fn may_wait(&self) -> bool {
        !self.selection.is_over() && self.source.may_wait()
    }

    /// The source's, but for frames and bytes: those are what was delivered from here.
    fn stats(&self) -> CaptureStats {
        CaptureStats { frames: self.frames, captured_bytes: self.captured_bytes, ..self.source.stats() }
    }

    fn notes(&mut self) -> std::vec::Drain<'_, Note> {
        self.notes.extend(self.source.notes());
        if let Some(filter) = &mut self.selection.filter {
            self.notes.extend(filter.take_notes());
        }
        self.notes.drain(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Instruction, Program};
    use crate::{BlockPool, FileOptions, FileSource, LinkType, PcapWriter, PoolConfig};

    /// Frames of 1, 2, 3, ... bytes, one a second.
    fn file(frames: u8) -> FileSource {
        let mut file = Vec::new();
        let mut writer = PcapWriter::new(&mut file, LinkType::RAW).unwrap();
        for n in 1..=frames {
            let data = vec![n; n.into()];
            writer.write(Timestamp::from_secs_nanos(n.into(), 0), n.into(), &data).unwrap();
        }
        FileSource::from_reader(
            "memory".into(),
            Box::new(std::io::Cursor::new(file)),
            &FileOptions::default(),
        )
        .unwrap()
    }

    /// Frames whose first byte has its lowest bit set.
    fn odd() -> Filter {
        let program = Program::new(&[
            Instruction { code: 0x30, jt: 0, jf: 0, k: 0 },
            Instruction { code: 0x54, jt: 0, jf: 0, k: 1 },
            Instruction { code: 0x16, jt: 0, jf: 0, k: 0 },
        ]);
        Filter::of([(LinkType::RAW, program.unwrap())])
    }

    /// The numbers of the frames that were selected, and what was counted.
    fn numbers(selection: &mut Selection, frames: u8, frames_per_block: usize) -> (Vec<u64>, u64, u64) {
        let pool = BlockPool::new(PoolConfig { frames_per_block, ..PoolConfig::default() });
        let mut source = file(frames);
        let mut selected = selection.over(&mut source);
        let mut numbers = Vec::new();
        loop {
            let mut builder = pool.lease();
            let fill = selected.fill(&mut builder).unwrap();
            let block = builder.seal_owned();
            numbers.extend(block.selected().map(|frame| frame.number));
            if fill == Fill::End {
                let stats = selected.stats();
                return (numbers, stats.frames, stats.captured_bytes);
            }
        }
    }

    #[test]
    fn a_filter_keeps_numbers_and_counts_everything() {
        for per_block in [1, 2, 3, 100] {
            let mut selection = Selection { filter: Some(odd()), ..Selection::default() };
            assert_eq!(numbers(&mut selection, 7, per_block), (vec![1, 3, 5, 7], 7, 28));
            assert!(!selection.is_over());
        }
    }

    #[test]
    fn limits_cut_where_they_are_reached() {
        for per_block in [1, 2, 3, 100] {
            let mut selection = Selection { filter: Some(odd()), frames: Some(2), ..Selection::default() };
            let (seen, frames, bytes) = numbers(&mut selection, 9, per_block);
            assert_eq!(seen, [1, 3]);
            assert!(selection.is_over());
            assert_eq!(bytes, frames * (frames + 1) / 2, "what was delivered is what is counted");
            assert_eq!(numbers(&mut selection, 9, per_block), (vec![], 0, 0), "nothing from the next input");

            let mut selection = Selection { duration: Some(2_000_000_000), ..Selection::default() };
            assert_eq!(numbers(&mut selection, 9, per_block), (vec![1, 2, 3], 3, 6));
            assert!(selection.is_over());
        }
    }

    #[test]
    fn a_link_type_without_a_program_is_noted_once() {
        let mut selection = Selection { filter: Some(Filter::of([])), ..Selection::default() };
        let mut source = file(5);
        let mut selected = selection.over(&mut source);
        let mut builder = BlockBuilder::detached(1000, 100);
        selected.fill(&mut builder).unwrap();
        assert_eq!(builder.seal_owned().left_out().len(), 5);
        let notes: Vec<_> = selected.notes().map(|note| note.to_string()).collect();
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(notes[0].contains("raw"), "{notes:?}");
    }
}
