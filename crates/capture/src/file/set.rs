//! [`FileSet`]: several files, directories and patterns as one stream in time order, and files that grow.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::follow::{Fate, Follow};
use super::gather::Gathering;
use super::input::Input;
use super::watch::Watch;
use super::{FileOptions, FileSource, Limits};
use crate::{BlockBuilder, CaptureStats, Error, Fill, Note, Source, Timestamp};

/// How long a source waits where nothing came, before it says so.
const POLL: Duration = Duration::from_millis(50);
/// Directories are listed anew at most this often, and for at most a twentieth of the time.
const LIST: Duration = Duration::from_millis(100);

/// How a [`FileSet`] is read.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct SetOptions {
    /// Wait at the end of the last file for more, and for new files in directories and under patterns. Default false.
    pub follow: bool,
    /// What bounds the reading of each file.
    pub limits: Limits,
}

/// The inputs of one run: files, directories, patterns and standard input, read one behind the other in time order.
///
/// - A **directory** stands for the captures in it: its regular files that are captures by content, plain or compressed;
///   not the hidden ones, and not those in directories inside. Others are left out and counted in a [`Note`].
/// - A name with `*`, `?` or `[…]` that no file has is a **pattern**, as the shell's; it stands for the files that match.
/// - `-` is **standard input**. It and named pipes cannot be looked into ahead, so they come last, in the order given.
///
/// **Order.** Files are sorted by the stamp of their first frame; where these are equal, by the order given, in a
/// directory or under a pattern by name. A file without frames, or one that will turn out to be unreadable, comes behind
/// the one it was named behind. Files are not mixed frame by frame: where two overlap in time, one comes behind the other.
///
/// The same file under several names is read once. To find the order, a little of each file is read (4 KiB, more only
/// where its first frame lies further on); no file is open until it is its turn. What is kept for a file is its name and
/// some 100 bytes.
///
/// **Following** ([`SetOptions::follow`]): at the end of the last file a source waits for more and gives [`Fill::Idle`]
/// about every 50 ms; half a record is waited for. A file that is replaced under its name (as by a rotation) is read to its
/// end and then the new one; one that shrinks is read anew. In a directory or under a pattern a new file is taken up once
/// it holds a frame, if it begins later than all before it: the file at hand is then read to its end. So what one writer
/// writes is followed, such as `tcpdump -G`, `tcpdump -C -W` and `dumpcap -b`; the files of several writers should not lie
/// in one directory. Compressed files are read, not followed; a new one is taken up when it has not grown for 2 s. The set
/// ends where nothing can follow, or when the caller says so.
///
/// ```
/// use wiretrace_capture::{BlockPool, FileSet, Fill, LinkType, PcapWriter, PoolConfig, SetOptions, Source, Timestamp};
///
/// // Two files, the later one first.
/// let folder = tempfile::tempdir()?;
/// for (name, second) in [("a.pcap", 20), ("b.pcap", 10)] {
///     let mut writer = PcapWriter::new(std::fs::File::create(folder.path().join(name))?, LinkType::ETHERNET)?;
///     writer.write(Timestamp::from_secs_nanos(second, 0), 5, b"frame")?;
/// }
///
/// let mut set = FileSet::new(&[folder.path().to_owned()], &SetOptions::default());
/// let pool = BlockPool::new(PoolConfig::default());
/// let mut seen = Vec::new();
/// while let Some(source) = set.next(|| false) {
///     let mut source = source?;
///     loop {
///         let mut builder = pool.lease();
///         let fill = source.fill(&mut builder)?;
///         seen.extend(builder.seal().frames().map(|frame| (frame.number, frame.at.secs_nanos().0)));
///         if fill == Fill::End {
///             break;
///         }
///     }
/// }
/// assert_eq!(seen, [(1, 10), (2, 20)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileSet {
    options: SetOptions,
    queue: VecDeque<Entry>,
    notes: Vec<Note>,
    next_number: u64,
    next_input: u32,
    watch: Watch,
    next_listing: Instant,
    said_not_followed: bool,
}

/// One input that is to be read.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    /// It was named itself, not found in a directory or by a pattern.
    pub(super) named: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    File {
        first: Option<Timestamp>,
        /// It may grow: it is not compressed, and a capture or still empty.
        grows: bool,
    },
    Pipe,
    Stdin,
    Failed(Error),
}

impl FileSet {
    /// Finds out what these names stand for, and the order. Never fails: what cannot be read is told by
    /// [`next`](Self::next) in its turn (first of all where files are followed), and the rest is read all the same.
    pub fn new(inputs: &[PathBuf], options: &SetOptions) -> Self {
        let mut gathering = Gathering::new(options);
        for path in inputs {
            gathering.input(path);
        }
        let (queue, notes, watch) = gathering.finish();
        FileSet {
            options: *options,
            queue,
            notes,
            next_number: 1,
            next_input: 0,
            watch,
            next_listing: Instant::now() + LIST,
            said_not_followed: false,
        }
    }

    /// Takes what there was to say since the last call: about names here, about each input by its own
    /// [`Source::notes`].
    pub fn notes(&mut self) -> std::vec::Drain<'_, Note> {
        self.notes.drain(..)
    }

    /// The next input, opened; nothing where there is none. Frame numbers go on from input to input, and
    /// [`Block::input`](crate::Block::input) counts them from 0; interfaces are numbered within each.
    ///
    /// Where files are followed it waits for the first or the next one, asking `stop` about every 50 ms whether to
    /// give up.
    ///
    /// # Errors
    ///
    /// Those of [`FileSource::open`], [`Error::NoCaptures`], [`Error::NoMatch`], [`Error::FollowedPipe`]. Call it again
    /// for the next input.
    pub fn next(&mut self, mut stop: impl FnMut() -> bool) -> Option<Result<SetSource<'_>, Error>> {
        let entry = loop {
            if let Some(entry) = self.queue.pop_front() {
                break entry;
            }
            if !self.watch.is_watching() || stop() {
                return None;
            }
            if !self.has_next() {
                thread::sleep(POLL);
            }
        };
        Some(self.open(entry))
    }

    fn open(&mut self, entry: Entry) -> Result<SetSource<'_>, Error> {
        let Entry { path, kind, named } = entry;
        let options = FileOptions {
            first_number: self.next_number,
            input: self.next_input,
            limits: self.options.limits,
        };
        let cannot_grow = self.options.follow && matches!(kind, Kind::File { grows: false, .. });
        let (source, follow) = match kind {
            Kind::Failed(error) => return Err(error),
            Kind::Stdin => (FileSource::stdin(&options)?, None),
            Kind::File { grows: true, .. } if self.options.follow => {
                let (tail, follow) =
                    Follow::open(&path).map_err(|source| Error::open(path.clone(), source))?;
                if named {
                    self.watch.open(follow.id());
                }
                let input = Input::new(Box::new(tail));
                (FileSource::with_input(path.clone(), input, &options, false), Some(follow))
            }
            Kind::File { .. } | Kind::Pipe => (FileSource::open(&path, &options)?, None),
        };
        self.next_input = self.next_input.saturating_add(1);
        Ok(SetSource { set: self, path, source, follow, cannot_grow, named, notes: Vec::new() })
    }

    /// Whether there is a next input, looking for new files where that is due.
    fn has_next(&mut self) -> bool {
        if self.queue.is_empty() && self.watch.is_watching() && Instant::now() >= self.next_listing {
            let start = Instant::now();
            self.watch.list(self.options.limits, &mut self.queue, &mut self.notes);
            self.next_listing = Instant::now() + LIST.max(start.elapsed() * 20);
        }
        !self.queue.is_empty()
    }
}

/// One input of a [`FileSet`], until its end. What there is to say about names meanwhile comes with its
/// [`notes`](Source::notes).
#[derive(Debug)]
pub struct SetSource<'a> {
    set: &'a mut FileSet,
    path: PathBuf,
    source: FileSource,
    /// It is followed.
    follow: Option<Follow>,
    /// It would be followed if it could.
    cannot_grow: bool,
    named: bool,
    notes: Vec<Note>,
}

impl SetSource<'_> {
    /// Its name; `-` for standard input.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The end for now. What becomes of the file, and of the set, decides whether it is the end for good.
    fn idle(&mut self, block: &mut BlockBuilder, waited: bool) -> Result<Fill, Error> {
        // A pipe has waited by itself.
        let Some(follow) = &mut self.follow else { return Ok(Fill::Idle) };
        if follow.closing {
            // It was read to its end since that was decided: whoever wrote it had gone on before.
            follow.end();
            return self.source.fill(block);
        }
        if self.set.has_next() {
            follow.closing = true;
            return Ok(Fill::Idle);
        }
        match follow.fate() {
            Fate::Open => {
                // Who calls has nothing left to do: the last call came to the end, too.
                if waited {
                    thread::sleep(POLL);
                }
                return Ok(Fill::Idle);
            }
            Fate::Replaced => self.notes.push(Note::Replaced { path: self.path.clone() }),
            Fate::Shrunk { read, len } => {
                self.notes.push(Note::Shrunk { path: self.path.clone(), read, len });
                follow.end();
            }
        }
        follow.closing = true;
        // In a directory or under a pattern the new file is found as any other.
        if self.named {
            let kind = Kind::File { first: None, grows: true };
            self.set.queue.push_front(Entry { path: self.path.clone(), kind, named: true });
        }
        Ok(Fill::Idle)
    }
}

impl Source for SetSource<'_> {
    fn fill(&mut self, block: &mut BlockBuilder) -> Result<Fill, Error> {
        let waited = self.may_wait();
        let mut fill = self.source.fill(block);
        if let Ok(Fill::Idle) = fill {
            fill = self.idle(block, waited);
        }
        self.set.next_number = self.source.next_number();
        if let Ok(Fill::End) = fill
            && self.cannot_grow
            // Once: in a directory, many may come.
            && !self.set.said_not_followed
            && !self.set.has_next()
        {
            self.cannot_grow = false;
            self.set.said_not_followed = true;
            self.notes.push(Note::NotFollowed { path: self.path.clone() });
        }
        fill
    }

    fn may_wait(&self) -> bool {
        self.follow.as_ref().map_or_else(|| self.source.may_wait(), Follow::at_end)
    }

    fn stats(&self) -> CaptureStats {
        self.source.stats()
    }

    fn notes(&mut self) -> std::vec::Drain<'_, Note> {
        self.notes.extend(self.source.notes());
        self.notes.append(&mut self.set.notes);
        self.notes.drain(..)
    }
}

#[cfg(test)]
mod tests;
