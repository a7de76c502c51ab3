//! The loop on several threads: the reading thread fills blocks and decodes them once; workers borrow the
//! frames, each serving a fixed share of the partitions; the reading thread merges what they wrote, block by
//! block, in order.
//!
//! Blocks cross the channels, never frames. A block and its decoded table are shared by `Arc` and never changed
//! while a worker has them. At most [`DEPTH`] blocks are under way, so a stalled output stalls the reading.
//! Which thread serves a partition makes no difference to the output: partitions share nothing.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;
use std::thread::{self, ScopedJoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use wiretrace_capture::{Block, BlockPool, Fill, Source};

use crate::RunError;
use crate::dispatch::{Dispatch, Dispatcher};
use crate::emit::{Batch, Merge};
use crate::handler::Handler;
use crate::partition::Partition;

/// How many blocks may be under way.
const DEPTH: usize = 4;

/// A decoded block; recycled, without its block.
#[derive(Default)]
struct Work {
    block: Option<Arc<Block>>,
    dispatch: Dispatch,
}

impl Work {
    fn serve<H: Handler>(&self, share: &mut Share<'_, H>) {
        let Some(block) = &self.block else { return };
        for (number, partition) in share {
            partition.run(block, &self.dispatch, *number);
        }
    }
}

/// Some partitions, with their numbers; served by one thread.
pub(crate) type Share<'p, H> = Vec<(usize, &'p mut Partition<H>)>;

/// Divides the partitions: the first share is the reading thread's.
pub(crate) fn shares<H>(partitions: &mut [Partition<H>], threads: usize) -> Vec<Share<'_, H>> {
    let total = partitions.len();
    // The reading thread reads, decodes and merges, which is about a third of all work: with two threads it has
    // time for a fifth of the partitions, with more for none.
    let own = match threads {
        0 | 1 => total,
        2 => total / 5,
        _ => 0,
    };
    let mut shares: Vec<Share<'_, H>> = (0..threads.max(1)).map(|_| Vec::new()).collect();
    let workers = shares.len().saturating_sub(1).max(1);
    for (number, partition) in partitions.iter_mut().enumerate() {
        let to = if number < own { 0 } else { 1 + number % workers };
        if let Some(share) = shares.get_mut(to) {
            share.push((number, partition));
        }
    }
    shares
}

/// The reading thread's end of a worker.
struct Worker<'scope> {
    work: Sender<(Arc<Work>, Batch)>,
    done: Receiver<Batch>,
    thread: ScopedJoinHandle<'scope, ()>,
}

fn serve<H: Handler>(mut share: Share<'_, H>, work: &Receiver<(Arc<Work>, Batch)>, done: &Sender<Batch>) {
    while let Ok((work, mut batch)) = work.recv() {
        work.serve(&mut share);
        batch.take(share.iter_mut().map(|(_, partition)| &mut partition.context.out));
        // Before the answer, so that whoever has all answers is alone with the block.
        drop(work);
        if done.send(batch).is_err() {
            return;
        }
    }
}

/// What the reading thread keeps of the loop.
struct Reader<'a, 'scope> {
    workers: Vec<Worker<'scope>>,
    /// Blocks under way, and the reading thread's own batch of each.
    under_way: VecDeque<(Arc<Work>, Batch)>,
    spare_work: Vec<Arc<Work>>,
    spare_batches: Vec<Batch>,
    batches: Vec<Batch>,
    merge: &'a mut Merge,
    output: &'a mut dyn Write,
}

impl Reader<'_, '_> {
    /// Waits for the oldest block under way and writes what came of it.
    fn complete(&mut self) -> Result<(), RunError> {
        let Some((mut work, own)) = self.under_way.pop_front() else { return Ok(()) };
        self.batches.push(own);
        for worker in &self.workers {
            // A worker that is gone has panicked.
            self.batches.push(worker.done.recv().map_err(|_| RunError::Worker(String::new()))?);
        }
        let bytes = self.merge.merge(&self.batches);
        if !bytes.is_empty() {
            self.output.write_all(bytes)?;
            self.output.flush()?;
        }
        self.spare_batches.append(&mut self.batches);
        if let Some(alone) = Arc::get_mut(&mut work) {
            alone.block = None;
            self.spare_work.push(work);
        }
        Ok(())
    }

    fn spare_batch(&mut self) -> Batch {
        self.spare_batches.pop().unwrap_or_default()
    }

    fn block<H: Handler>(
        &mut self,
        block: Arc<Block>,
        dispatcher: &mut Dispatcher,
        own: &mut Share<'_, H>,
    ) -> Result<(), RunError> {
        let mut work = self.spare_work.pop().unwrap_or_default();
        if let Some(alone) = Arc::get_mut(&mut work) {
            dispatcher.dispatch(&block, &mut alone.dispatch);
            alone.block = Some(block);
        }
        for at in 0..self.workers.len() {
            let batch = self.spare_batch();
            let Some(worker) = self.workers.get(at) else { break };
            worker.work.send((Arc::clone(&work), batch)).map_err(|_| RunError::Worker(String::new()))?;
        }
        let mut batch = self.spare_batch();
        work.serve(own);
        batch.take(own.iter_mut().map(|(_, partition)| &mut partition.context.out));
        self.under_way.push_back((work, batch));
        Ok(())
    }
}

/// Reads `source` to its end; gives the number of blocks.
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
    thread::scope(|scope| {
        let mut shares = shares(partitions, threads).into_iter();
        let mut own = shares.next().unwrap_or_default();
        let mut workers = Vec::new();
        for share in shares {
            let (work, to_do) = bounded(DEPTH);
            let (to_done, done) = bounded(DEPTH);
            let thread = thread::Builder::new()
                .name("wiretrace worker".into())
                .spawn_scoped(scope, move || serve(share, &to_do, &to_done))?;
            workers.push(Worker { work, done, thread });
        }
        let mut reader = Reader {
            workers,
            under_way: VecDeque::new(),
            spare_work: Vec::new(),
            spare_batches: Vec::new(),
            batches: Vec::new(),
            merge,
            output,
        };
        let mut result = read(&mut reader, dispatcher, &mut own, source, pool, stop, blocks);
        // What was read before an error is printed first.
        if !matches!(result, Err(RunError::Output(_) | RunError::Worker(_))) {
            while !reader.under_way.is_empty() {
                if let Err(error) = reader.complete() {
                    result = Err(error);
                    break;
                }
            }
        }
        for Worker { work, done, thread } in reader.workers {
            drop((work, done));
            if let Err(panic) = thread.join() {
                result = Err(RunError::Worker(reason(&*panic)));
            }
        }
        result
    })
}

fn read<H: Handler>(
    reader: &mut Reader<'_, '_>,
    dispatcher: &mut Dispatcher,
    own: &mut Share<'_, H>,
    source: &mut dyn Source,
    pool: &BlockPool,
    stop: &mut dyn FnMut() -> bool,
    blocks: &mut u64,
) -> Result<(), RunError> {
    // What is under way keeps its block: no more than the pool has, or the next lease would wait for ever.
    let depth = DEPTH.min(pool.config().blocks).max(1);
    loop {
        if stop() {
            return Ok(());
        }
        // A slow input may keep us waiting: what is complete is printed first.
        while reader.under_way.len() >= depth || !reader.under_way.is_empty() && source.may_wait() {
            reader.complete()?;
        }
        let mut builder = pool.lease();
        let fill = source.fill(&mut builder).map_err(RunError::Capture)?;
        let block = builder.seal();
        if !block.is_empty() {
            *blocks += 1;
            reader.block(block, dispatcher, own)?;
        }
        if fill == Fill::End {
            return Ok(());
        }
    }
}

/// What a panic said.
fn reason(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no reason given".into())
}

/// The end of all input, on as many threads: every connection ends.
pub(crate) fn finish<H: Handler + Send>(
    partitions: &mut [Partition<H>],
    threads: usize,
) -> Result<Vec<Batch>, RunError> {
    let shares = shares(partitions, threads);
    thread::scope(|scope| {
        let finish = |mut share: Share<'_, H>| {
            for (_, partition) in &mut share {
                partition.finish();
            }
            let mut batch = Batch::default();
            batch.take(share.iter_mut().map(|(_, partition)| &mut partition.context.out));
            batch
        };
        let mut threads = Vec::new();
        let mut batches = Vec::new();
        for (place, share) in shares.into_iter().enumerate() {
            if place == 0 {
                batches.push(finish(share));
            } else {
                threads.push(scope.spawn(move || finish(share)));
            }
        }
        for thread in threads {
            batches.push(thread.join().map_err(|panic| RunError::Worker(reason(&*panic)))?);
        }
        Ok(batches)
    })
}
