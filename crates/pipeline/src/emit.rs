//! What handlers write, tagged with its place in the order of the run.

use std::io::{self, Write};

use smallvec::SmallVec;

/// The place of one emission: by the frame that completed it, then (for what a time-out completed before
/// that frame) by deadline, then by connection, then by its number within the partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Number of the frame at hand; `u64::MAX` at the end of input.
    pub(crate) frame: u64,
    /// Deadline on the capture clock of what a time-out completed before that frame; `u64::MAX` for what
    /// the frame itself completed.
    pub(crate) deadline: u64,
    /// The connection's id.
    pub(crate) connection: u64,
    /// Counts emissions: of one connection, a later one has a higher number.
    pub(crate) number: u64,
}

/// One emission: its place, and its range in the partition's bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emission {
    pub(crate) place: Place,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Takes what a [`Handler`](crate::Handler) writes; emptied block by block.
#[derive(Debug)]
pub struct Emitter {
    pub(crate) bytes: Vec<u8>,
    pub(crate) emissions: Vec<Emission>,
    pub(crate) frame: u64,
    pub(crate) deadline: u64,
    pub(crate) connection: u64,
    pub(crate) number: u64,
}

impl Emitter {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            emissions: Vec::new(),
            frame: 0,
            deadline: u64::MAX,
            connection: 0,
            number: 0,
        }
    }

    /// Writes one emission (a line, several lines, a JSON object with its line end): whatever `write`
    /// appends to the buffer. What is there already must be left alone. Nothing appended, nothing emitted.
    pub fn emit<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let start = self.bytes.len();
        let result = write(&mut self.bytes);
        let end = self.bytes.len();
        if end > start {
            let place = Place {
                frame: self.frame,
                deadline: self.deadline,
                connection: self.connection,
                number: self.number,
            };
            self.number += 1;
            self.emissions.push(Emission { place, start, end });
        }
        result
    }
}

/// What some partitions emitted for one block: pieces of `bytes`, in order. Recycled.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pieces: Vec<Emission>,
    bytes: Vec<u8>,
}

impl Batch {
    /// Takes everything out of the emitter, which gets this batch's memory in exchange, and puts it in order.
    pub(crate) fn take(&mut self, emitter: &mut Emitter) {
        std::mem::swap(&mut self.pieces, &mut emitter.emissions);
        std::mem::swap(&mut self.bytes, &mut emitter.bytes);
        emitter.bytes.clear();
        emitter.emissions.clear();
        // Places differ: an unstable sort has one result only.
        self.pieces.sort_unstable_by_key(|piece| piece.place);
    }
}

/// So much is gathered before it is written: the end of all input may have a line for each of a million connections.
const GATHER: usize = 1 << 20;

/// Puts a piece behind the others; what there is of them is written where it is enough.
fn gather(bytes: &mut Vec<u8>, piece: &[u8], output: &mut dyn Write) -> io::Result<()> {
    bytes.extend_from_slice(piece);
    if bytes.len() >= GATHER {
        output.write_all(bytes)?;
        output.flush()?;
        bytes.clear();
    }
    Ok(())
}

/// Puts the batches of several lanes in order and writes them: a block's in one piece, unless that is very large.
#[derive(Debug, Default)]
pub(crate) struct Merge {
    order: Vec<(Place, u32, usize, usize)>,
    bytes: Vec<u8>,
}

impl Merge {
    /// Writes the batches' pieces, in order; empties the batches.
    pub(crate) fn write<'a>(
        &mut self,
        batches: impl Iterator<Item = &'a mut Batch>,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        self.order.clear();
        self.bytes.clear();
        let mut all: SmallVec<[&mut Batch; 64]> = batches.filter(|batch| !batch.pieces.is_empty()).collect();
        if let [batch] = all.as_slice() {
            // In order already.
            for piece in &batch.pieces {
                let piece = batch.bytes.get(piece.start..piece.end).unwrap_or_default();
                gather(&mut self.bytes, piece, output)?;
            }
        } else {
            for (index, batch) in (0u32..).zip(&all) {
                let pieces = batch.pieces.iter();
                self.order.extend(pieces.map(|piece| (piece.place, index, piece.start, piece.end)));
            }
            // Each batch is in order: a sort that finds and merges runs.
            self.order.sort();
            for &(_, index, start, end) in &self.order {
                let piece = all.get(index as usize).and_then(|batch| batch.bytes.get(start..end));
                gather(&mut self.bytes, piece.unwrap_or_default(), output)?;
            }
        }
        for batch in &mut all {
            batch.pieces.clear();
            batch.bytes.clear();
        }
        if !self.bytes.is_empty() {
            output.write_all(&self.bytes)?;
            output.flush()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_by_frame_deadline_connection_number() {
        let (mut one, mut two) = (Emitter::new(), Emitter::new());
        let put = |emitter: &mut Emitter, frame, deadline, connection, text: &str| {
            (emitter.frame, emitter.deadline, emitter.connection) = (frame, deadline, connection);
            emitter.emit(|bytes| bytes.extend_from_slice(text.as_bytes()));
        };
        put(&mut one, 5, u64::MAX, 1, "d");
        put(&mut one, 5, u64::MAX, 1, "e");
        put(&mut one, 9, u64::MAX, 1, "g");
        put(&mut two, 5, 17, 3, "b");
        put(&mut two, 5, 16, 4, "a");
        put(&mut two, 5, 17, 9, "c");
        put(&mut two, 6, u64::MAX, 4, "f");
        put(&mut two, 9, u64::MAX, 4, "");
        let mut batches = [Batch::default(), Batch::default()];
        batches[0].take(&mut one);
        batches[1].take(&mut two);
        assert!(one.emissions.is_empty() && two.bytes.is_empty(), "taken");
        let (mut merge, mut output) = (Merge::default(), Vec::new());
        merge.write(batches.iter_mut(), &mut output).unwrap();
        assert_eq!(output, b"abcdefg");
        merge.write(batches.iter_mut(), &mut output).unwrap();
        assert_eq!(output, b"abcdefg", "written once");
        put(&mut one, 12, u64::MAX, 4, "i");
        put(&mut one, 11, u64::MAX, 4, "h");
        batches[1].take(&mut one);
        merge.write(batches.iter_mut(), &mut output).unwrap();
        assert_eq!(output, b"abcdefghi");
    }
}
