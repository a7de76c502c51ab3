//! The loop on several threads: the reading thread fills blocks and decodes them once; workers borrow the frames;
//! the reading thread merges what came of them, block by block, in order.
//!
//! Blocks change hands, never frames: a block and its decoded table are shared by `Arc` and not changed while
//! anybody has them (see [`handover`](crate::handover)). At most [`DEPTH`] blocks are under way, so a stalled output
//! stalls the reading. Which thread serves a partition makes no difference to the output: partitions share nothing.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use wiretrace_capture::{Block, BlockPool, Fill, Source};

use crate::RunError;
use crate::dispatch::{Dispatch, Dispatcher};
use crate::emit::{Batch, Emitter, Merge};
use crate::handler::Handler;
use crate::handover::{Claim, Handover, Step};
use crate::partition::Partition;

/// How many blocks may be under way.
const DEPTH: usize = 6;
/// So many of them wake a worker that sleeps: fewer, and waking costs more than the reading thread's own work.
const BACKLOG: usize = 3;
/// The partitions are divided into at least so many lanes, as far as there are as many,
const MIN_LANES: usize = 16;
/// and into so many for each thread: enough to share uneven work evenly.
const LANES_A_THREAD: usize = 4;

/// A decoded block, and what its lanes made of it. Recycled, without its block.
#[derive(Debug, Default)]
pub(crate) struct Work {
    block: Option<Arc<Block>>,
    dispatch: Dispatch,
    /// By lane: written once by whoever serves it, read by the reading thread when all have.
    batches: Vec<Mutex<Batch>>,
}

/// A fixed share of the partitions, served by one thread at a time.
pub(crate) struct Lane<'p, H> {
    /// Number of the first partition.
    first: usize,
    partitions: &'p mut [Partition<H>],
    out: Emitter,
}

impl<H: Handler> Lane<'_, H> {
    /// Serves all its partitions.
    fn serve(&mut self, block: &Block, dispatch: &Dispatch, batch: &mut Batch) {
        for (number, partition) in (self.first..).zip(self.partitions.iter_mut()) {
            partition.write_to(&mut self.out, |partition| partition.run(block, dispatch, number));
        }
        batch.take(&mut self.out);
    }

    /// Ends all their connections up to an id.
    fn finish_up_to(&mut self, id: u64, batch: &mut Batch) {
        for partition in self.partitions.iter_mut() {
            partition.write_to(&mut self.out, |partition| partition.finish_up_to(id));
        }
        batch.take(&mut self.out);
    }
}

/// Divides the partitions.
pub(crate) fn lanes<H>(partitions: &mut [Partition<H>], lanes: usize) -> Vec<Lane<'_, H>> {
    let size = partitions.len().div_ceil(lanes.max(1)).max(1);
    let chunks = partitions.chunks_mut(size).enumerate();
    chunks.map(|(lane, partitions)| Lane { first: lane * size, partitions, out: Emitter::new() }).collect()
}

impl Work {
    /// Decodes a block into it.
    fn fill(&mut self, block: Arc<Block>, dispatcher: &mut Dispatcher, lanes: usize) {
        dispatcher.dispatch(&block, &mut self.dispatch);
        self.block = Some(block);
        self.batches.resize_with(lanes, Mutex::default);
    }

    fn serve<H: Handler>(&self, number: usize, lane: &mut Lane<'_, H>) {
        if let (Some(block), Some(batch)) = (&self.block, self.batches.get(number)) {
            lane.serve(block, &self.dispatch, &mut lock(batch));
        }
    }
}

/// A lock that nobody waits for: its order is settled elsewhere. A panic under it ends the run anyway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves a claim; a panic in there becomes everybody's failure.
fn serve<H: Handler>(handover: &Handover<Work>, lanes: &[Mutex<Lane<'_, H>>], claim: Claim<Work>) {
    let Some(lane) = lanes.get(claim.lane) else { return };
    let done = catch_unwind(AssertUnwindSafe(|| claim.job.serve(claim.lane, &mut lock(lane))));
    match done {
        Ok(()) => handover.served(claim),
        Err(panic) => {
            drop(claim);
            handover.fail(reason(&*panic));
        }
    }
}

/// What the reading thread keeps of the loop.
struct Reader<'a, 'p, H> {
    /// Starts the workers; taken when the first backlog is there, so that a small input needs none.
    start: Option<&'a mut dyn FnMut() -> io::Result<()>>,
    handover: &'a Handover<Work>,
    lanes: &'a [Mutex<Lane<'p, H>>],
    under_way: usize,
    spare: Vec<Arc<Work>>,
    merge: &'a mut Merge,
    output: &'a mut dyn Write,
}

impl<H: Handler> Reader<'_, '_, H> {
    /// Gets on with the oldest block, with own hands where there is something to do, until it is written.
    fn complete(&mut self) -> Result<(), RunError> {
        loop {
            match self.handover.step() {
                Step::Serve(claim) => serve(self.handover, self.lanes, claim),
                Step::Failed(reason) => return Err(RunError::Worker(reason)),
                Step::Idle => return Ok(()),
                Step::Complete(mut work) => {
                    self.under_way -= 1;
                    if let Some(alone) = Arc::get_mut(&mut work) {
                        alone.block = None;
                        let batches = alone.batches.iter_mut().map(|batch| match batch.get_mut() {
                            Ok(batch) => batch,
                            Err(poisoned) => poisoned.into_inner(),
                        });
                        self.merge.write(batches, self.output)?;
                        self.spare.push(work);
                    }
                    return Ok(());
                }
            }
        }
    }

    fn block(&mut self, block: Arc<Block>, dispatcher: &mut Dispatcher) -> Result<(), RunError> {
        let mut work = self.spare.pop().unwrap_or_default();
        if let Some(alone) = Arc::get_mut(&mut work) {
            alone.fill(block, dispatcher, self.lanes.len());
        }
        self.under_way = self.handover.publish(work);
        match self.start.take_if(|_| self.under_way >= BACKLOG) {
            Some(start) => {
                start().map_err(|error| RunError::Worker(format!("it cannot be started: {error}")))
            }
            None => Ok(()),
        }
    }

    fn read(
        &mut self,
        dispatcher: &mut Dispatcher,
        source: &mut dyn Source,
        pool: &BlockPool,
        stop: &mut dyn FnMut() -> bool,
        blocks: &mut u64,
    ) -> Result<(), RunError> {
        // What is under way keeps its block: fewer than the pool has, or the next lease would wait for ever.
        let depth = DEPTH.min(pool.config().blocks - 1);
        while !stop() {
            // A slow input may keep us waiting: what is complete is printed first.
            while self.under_way > depth || self.under_way > 0 && source.may_wait() {
                self.complete()?;
            }
            let mut builder = pool.lease();
            let fill = source.fill(&mut builder).map_err(RunError::Capture)?;
            if !builder.is_empty() {
                *blocks += 1;
                self.block(builder.seal(), dispatcher)?;
            }
            if fill == Fill::End {
                break;
            }
        }
        Ok(())
    }
}

/// Closes the hand-over when the reading thread is done with it, in whatever way.
struct Close<'a>(&'a Handover<Work>);

impl Drop for Close<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Reads `source` to its end on this thread and `threads - 1` others; counts the blocks.
#[allow(clippy::too_many_arguments, reason = "the parts of a pipeline, borrowed one by one")]
pub(crate) fn run<H: Handler + Send>(
    partitions: &mut [Partition<H>],
    dispatcher: &mut Dispatcher,
    merge: &mut Merge,
    threads: usize,
    source: &mut dyn Source,
    pool: &BlockPool,
    output: &mut dyn Write,
    stop: &mut dyn FnMut() -> bool,
    blocks: &mut u64,
) -> Result<(), RunError> {
    let lanes = lanes(partitions, MIN_LANES.max(LANES_A_THREAD * threads));
    let lanes: Vec<Mutex<Lane<'_, H>>> = lanes.into_iter().map(Mutex::new).collect();
    let handover = Handover::new(lanes.len(), BACKLOG);
    thread::scope(|scope| {
        let close = Close(&handover);
        let workers = threads.saturating_sub(1).max(1);
        let mut start = || {
            for worker in 0..workers {
                let own = worker * lanes.len() / workers..(worker + 1) * lanes.len() / workers;
                let (handover, lanes) = (&handover, &lanes);
                thread::Builder::new().name("wiretrace worker".into()).spawn_scoped(scope, move || {
                    while let Some(claim) = handover.claim(own.clone()) {
                        serve(handover, lanes, claim);
                    }
                })?;
            }
            Ok(())
        };
        let spare = Vec::new();
        let (handover, lanes, start) = (close.0, &lanes, Some(&mut start as _));
        let mut reader = Reader { start, handover, lanes, under_way: 0, spare, merge, output };
        let mut result = reader.read(dispatcher, source, pool, stop, blocks);
        // What was read before an error is printed first.
        if !matches!(result, Err(RunError::Output(_) | RunError::Worker(_))) {
            while reader.under_way > 0 {
                if let Err(error) = reader.complete() {
                    result = Err(error);
                    break;
                }
            }
        }
        result
    })
}

/// What a panic said.
fn reason(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no reason given".into())
}

/// One block on this thread alone.
pub(crate) fn block<H: Handler>(
    partitions: &mut [Partition<H>],
    block: &Block,
    dispatch: &Dispatch,
    out: &mut Emitter,
    batch: &mut Batch,
) {
    for (number, partition) in partitions.iter_mut().enumerate() {
        partition.write_to(out, |partition| partition.run(block, dispatch, number));
    }
    batch.take(out);
}

/// The end of all input, on as many threads: every connection ends.
pub(crate) fn finish_up_to<H: Handler + Send>(
    partitions: &mut [Partition<H>],
    id: u64,
    threads: usize,
) -> Result<Vec<Batch>, RunError> {
    let finish = |mut lane: Lane<'_, H>| {
        let mut batch = Batch::default();
        lane.finish_up_to(id, &mut batch);
        batch
    };
    let mut lanes = lanes(partitions, threads).into_iter();
    let own = lanes.next();
    thread::scope(|scope| {
        let others: Vec<_> = lanes.map(|lane| scope.spawn(move || finish(lane))).collect();
        let mut batches: Vec<Batch> = own.map(finish).into_iter().collect();
        for thread in others {
            batches.push(thread.join().map_err(|panic| RunError::Worker(reason(&*panic)))?);
        }
        Ok(batches)
    })
}
