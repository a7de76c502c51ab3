//! The loop: blocks in, ordered bytes out.

use std::io::{self, Write};

use wiretrace_capture::{Block, BlockPool, Fill, PoolConfig, Source};

use crate::dispatch::{Dispatch, Dispatcher};
use crate::emit::{Batch, Emitter, Merge};
use crate::handler::Handler;
use crate::partition::Partition;
use crate::stats::Summary;
use crate::{Config, Counts, threads};

/// From captured frames to a handler's events, and from what the handlers write to ordered output.
///
/// Reads a block, decodes its frames once, lets every partition work on its share (on as many threads as
/// [`Config::threads`] says), merges what their handlers wrote, and writes it. The output depends neither on how
/// the frames are cut into blocks nor on the number of threads.
///
/// ```
/// use wiretrace_pipeline::{Config, Emitter, Event, Handler, Pipeline};
///
/// #[derive(Default)]
/// struct Count(u64);
/// impl Handler for Count {
///     fn event(&mut self, event: &Event<'_>, _: &mut Emitter) {
///         self.0 += u64::from(matches!(event, Event::Exchange(_)));
///     }
/// }
///
/// let mut pipeline = Pipeline::new(&Config::default(), |_partition| Count::default());
/// pipeline.finish(&mut std::io::sink())?;
/// let summary = pipeline.summary();
/// assert!(summary.ledger.is_exact());
/// assert_eq!(pipeline.into_handlers().map(|count| count.0).sum::<u64>(), 0);
/// # Ok::<(), wiretrace_pipeline::RunError>(())
/// ```
#[derive(Debug)]
pub struct Pipeline<H> {
    dispatcher: Dispatcher,
    dispatch: Dispatch,
    partitions: Vec<Partition<H>>,
    out: Emitter,
    batch: Batch,
    merge: Merge,
    threads: usize,
    dropped: u64,
    blocks: u64,
}

/// Why [`Pipeline::run`] stopped before the end of its input.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The input cannot be read (on). Everything before it is on the output.
    Capture(wiretrace_capture::Error),
    /// The output cannot be written.
    Output(io::Error),
    /// A worker thread panicked, for this reason: a bug, in a handler or here. The output ends with the last
    /// block that was whole.
    Worker(String),
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RunError::Capture(error) => error.fmt(f),
            RunError::Output(error) => write!(f, "cannot write the output: {error}"),
            RunError::Worker(reason) => {
                write!(f, "a worker thread failed ({reason}): the output is not whole")
            }
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            RunError::Capture(error) => Some(error),
            RunError::Output(error) => Some(error),
            RunError::Worker(_) => None,
        }
    }
}

impl From<io::Error> for RunError {
    fn from(error: io::Error) -> Self {
        RunError::Output(error)
    }
}

impl<H: Handler + Send> Pipeline<H> {
    /// A pipeline with one handler per partition, made by `factory` from the partition's number.
    pub fn new(config: &Config, mut factory: impl FnMut(usize) -> H) -> Self {
        let mut config = config.clone();
        config.partitions = config.partitions.clamp(1, 1 << 16);
        Self {
            dispatcher: Dispatcher::new(&config),
            dispatch: Dispatch::default(),
            partitions: (0..config.partitions)
                .map(|partition| Partition::new(&config, factory(partition)))
                .collect(),
            out: Emitter::new(),
            batch: Batch::default(),
            merge: Merge::default(),
            threads: config.threads.clamp(1, 1 + config.partitions),
            dropped: 0,
            blocks: 0,
        }
    }

    /// Reads `source` to its end and writes what the handlers make of it to `output`, block by block.
    /// Connections stay open for the next source, which may go on with the same capture; [`finish`](Self::finish)
    /// ends them.
    ///
    /// `stop` is asked between blocks; true ends the source early, without an error.
    ///
    /// # Errors
    /// [`RunError::Capture`] where the source breaks: what came before it has been written, and the
    /// pipeline can go on with another source. [`RunError::Output`] where the output fails, and
    /// [`RunError::Worker`] where a thread does: then the pipeline is of no more use.
    pub fn run(
        &mut self,
        source: &mut dyn Source,
        pool: PoolConfig,
        output: &mut dyn Write,
        mut stop: impl FnMut() -> bool,
    ) -> Result<(), RunError> {
        self.start_input();
        let pool = BlockPool::new(pool);
        let result = if self.threads == 1 || pool.config().blocks == 1 {
            self.read(source, &pool, output, &mut stop)
        } else {
            threads::run(
                &mut self.partitions,
                &mut self.dispatcher,
                &mut self.merge,
                self.threads,
                source,
                &pool,
                output,
                &mut stop,
                &mut self.blocks,
            )
        };
        let stats = source.stats();
        self.end_input(stats.captured_bytes, stats.dropped);
        result
    }

    /// The whole loop on this thread.
    fn read(
        &mut self,
        source: &mut dyn Source,
        pool: &BlockPool,
        output: &mut dyn Write,
        stop: &mut dyn FnMut() -> bool,
    ) -> Result<(), RunError> {
        while !stop() {
            let mut builder = pool.lease();
            let fill = source.fill(&mut builder).map_err(RunError::Capture)?;
            if !builder.is_empty() {
                self.block(&builder.seal_owned(), output)?;
            }
            if fill == Fill::End {
                break;
            }
        }
        Ok(())
    }

    /// A new input begins. The capture clock goes on where its first frame follows what was read (no earlier than
    /// one second before the highest stamp so far, no more than an hour after it), and starts anew where not.
    pub fn start_input(&mut self) {
        self.dispatcher.start_input();
    }

    /// An input is over: `captured_bytes` is the reader's own count of the bytes of all its frames, the
    /// total of the ledger; `dropped` the packets it reports as dropped.
    pub fn end_input(&mut self, captured_bytes: u64, dropped: u64) {
        self.dispatcher.ledger.captured += captured_bytes;
        self.dropped += dropped;
    }

    /// Takes one block of the input, on the calling thread: for callers with a loop of their own.
    ///
    /// # Errors
    /// Those of `output`.
    pub fn block(&mut self, block: &Block, output: &mut dyn Write) -> io::Result<()> {
        self.blocks += 1;
        self.dispatcher.dispatch(block, &mut self.dispatch);
        let Self { partitions, dispatch, out, batch, .. } = self;
        threads::block(partitions, block, dispatch, out, batch);
        self.merge.write(std::iter::once(&mut self.batch), output)
    }

    /// The end of all input: every connection ends. Call it once.
    ///
    /// # Errors
    /// [`RunError::Output`] and [`RunError::Worker`].
    pub fn finish(&mut self, output: &mut dyn Write) -> Result<(), RunError> {
        self.dispatcher.finish();
        // What a million connections have to say at their end would fill a gigabyte: they end step by step, those that
        // began first in all partitions before the others.
        loop {
            let steps = self.partitions.iter_mut().filter_map(Partition::next_step);
            let id = steps.min().unwrap_or(u64::MAX);
            let mut batches = threads::finish_up_to(&mut self.partitions, id, self.threads)?;
            self.merge.write(batches.iter_mut(), output)?;
            if id == u64::MAX {
                return Ok(());
            }
        }
    }

    /// What the run was, in numbers; the ledger's sums come out after [`finish`](Self::finish).
    pub fn summary(&self) -> Summary {
        let mut ledger = self.dispatcher.ledger;
        let mut counts = Counts::default();
        for partition in &self.partitions {
            let (part, count) = partition.totals();
            ledger.add(&part);
            counts += count;
        }
        Summary {
            run: self.dispatcher.stats.clone(),
            counts,
            ledger,
            dropped: self.dropped,
            blocks: self.blocks,
        }
    }

    /// The handlers, in the partitions' order.
    pub fn into_handlers(self) -> impl Iterator<Item = H> {
        self.partitions.into_iter().map(|partition| partition.context.handler)
    }
}
