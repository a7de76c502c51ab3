//! What is remembered of directories and patterns that are followed: which of their files were looked at, and which were
//! taken up.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Limits;
use super::find::Place;
use super::look::{FileId, Look, look};
use super::set::{Entry, Kind};
use crate::{Note, Timestamp};

#[cfg(test)]
std::thread_local! {
    /// How often places were listed on this thread: what tests wait for.
    pub(super) static LISTINGS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// A compressed file is taken up when it has not grown for so long: before, it is still being compressed.
const SETTLE: Duration = Duration::from_secs(2);

/// See the module's documentation. What is kept for a file goes when the file does.
#[derive(Debug)]
pub(super) struct Watch {
    places: Vec<Place>,
    looked: HashMap<PathBuf, Looked>,
    /// The files taken up, with the stamp of their first frame. A file may get another name and stay the same; and a
    /// new one may get the number of one that is gone, but then it begins with another frame.
    taken: HashMap<FileId, Option<Timestamp>>,
    /// The latest stamp that a file taken up begins with.
    latest: Option<Timestamp>,
    listing: u64,
    pub(super) settle: Duration,
}

impl Default for Watch {
    fn default() -> Self {
        Watch {
            places: Vec::new(),
            looked: HashMap::new(),
            taken: HashMap::new(),
            latest: None,
            listing: 0,
            settle: SETTLE,
        }
    }
}

/// A file as it was when it was last looked at.
#[derive(Debug)]
struct Looked {
    id: FileId,
    len: u64,
    /// When it was first seen with this length.
    since: Instant,
    /// It had no frame yet, and is looked at again when it has grown.
    pending: bool,
    /// It is new and compressed, or begins later than one that is: looked at again each time.
    waits: bool,
    /// The last listing that it was in.
    listing: u64,
}

/// What is to be done with a file in a place that is followed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is new and begins with this frame.
    Take { first: Timestamp, grows: bool },
    /// It is new and compressed, and may still be growing.
    Settling { first: Timestamp },
    /// It is no capture.
    Other,
    /// It cannot be read.
    Unreadable,
    /// It begins before what was taken up.
    TooOld,
    /// It was taken up under another name, or is a copy of such a one.
    Same,
    /// Nothing to be done (yet).
    Nothing,
}

impl Watch {
    pub(super) fn is_watching(&self) -> bool {
        !self.places.is_empty()
    }

    pub(super) fn add(&mut self, place: Place) {
        self.places.push(place);
    }

    /// A file is taken up.
    pub(super) fn take(&mut self, id: FileId, first: Option<Timestamp>) {
        self.taken.insert(id, first);
        self.latest = self.latest.max(first);
    }

    /// A file that was named is opened.
    pub(super) fn open(&mut self, id: FileId) {
        self.taken.entry(id).or_insert(None);
    }

    /// Whether this file was taken up: beginning with this frame, or before it had one.
    fn is_taken(&self, id: &FileId, first: Timestamp) -> bool {
        self.taken.get(id).is_some_and(|taken| taken.is_none_or(|taken| taken == first))
    }

    /// Looks at a file where it is new or has changed. `late`: it must begin later than what was taken up.
    pub(super) fn judge(&mut self, path: &Path, metadata: &Metadata, limits: Limits, late: bool) -> Verdict {
        let (id, len) = (FileId::of(path, metadata), metadata.len());
        let mut since = Instant::now();
        if let Some(old) = self.looked.get_mut(path) {
            old.listing = self.listing;
            // A file that shrank is written anew: some tools use their files in turn.
            let same = old.id == id && len >= old.len;
            if same && !old.waits && !(old.pending && len > old.len) {
                old.len = len;
                return Verdict::Nothing;
            }
            if same && len == old.len {
                since = old.since;
            }
        }
        let look = look(path, limits);
        let pending = matches!(look, Look::Capture { first: None, .. } | Look::Empty);
        let looked = Looked { id: id.clone(), len, since, pending, waits: false, listing: self.listing };
        self.looked.insert(path.to_owned(), looked);
        match look {
            Look::Capture { first: Some(first), compressed } => {
                if self.is_taken(&id, first) {
                    return Verdict::Same;
                }
                if late && self.latest >= Some(first) {
                    // A rotated file may have been compressed since, or copied.
                    let copy = self.taken.values().any(|taken| *taken == Some(first));
                    return if copy { Verdict::Same } else { Verdict::TooOld };
                }
                if late && compressed && since.elapsed() < self.settle {
                    self.wait(path);
                    return Verdict::Settling { first };
                }
                Verdict::Take { first, grows: !compressed }
            }
            Look::Capture { first: None, .. } | Look::Empty => Verdict::Nothing,
            Look::Other => Verdict::Other,
            Look::Unreadable => Verdict::Unreadable,
        }
    }

    /// A file is to be looked at again, whether it has changed or not.
    fn wait(&mut self, path: &Path) {
        if let Some(looked) = self.looked.get_mut(path) {
            looked.waits = true;
        }
    }

    /// Lists all places anew: files that come next go on the queue, in time order.
    pub(super) fn list(&mut self, limits: Limits, queue: &mut VecDeque<Entry>, notes: &mut Vec<Note>) {
        self.listing += 1;
        #[cfg(test)]
        LISTINGS.set(LISTINGS.get() + 1);
        let mut new = Vec::new();
        let mut settling: Option<Timestamp> = None;
        let mut whole = true;
        for at in 0..self.places.len() {
            let Some(place) = self.places.get(at) else { break };
            let directory = place.is_directory();
            let (paths, errors) = place.list();
            // What cannot be listed now was listed before, and may be again.
            whole &= errors.is_empty();
            for path in paths {
                let Ok(metadata) = fs::metadata(&path) else { continue };
                if !metadata.is_file() {
                    continue;
                }
                match self.judge(&path, &metadata, limits, true) {
                    Verdict::Take { first, grows } => {
                        new.push((first, FileId::of(&path, &metadata), path, grows));
                    }
                    Verdict::Settling { first } => {
                        settling = Some(settling.map_or(first, |other| other.min(first)));
                    }
                    Verdict::TooOld => notes.push(Note::TooOld { path }),
                    // Reading it says why it cannot be.
                    Verdict::Unreadable => queue.push_back(unknown(path)),
                    Verdict::Other if !directory => queue.push_back(unknown(path)),
                    Verdict::Other | Verdict::Same | Verdict::Nothing => {}
                }
            }
        }
        new.sort_by_key(|(first, ..)| *first);
        for (first, id, path, grows) in new {
            if settling.is_some_and(|earlier| earlier < first) {
                self.wait(&path);
                continue;
            }
            // The same file in two places.
            if !self.is_taken(&id, first) {
                self.take(id, Some(first));
                let kind = Kind::File { first: Some(first), grows };
                queue.push_back(Entry { path, kind, named: false });
            }
        }
        if whole {
            let listing = self.listing;
            self.looked.retain(|_, looked| looked.listing == listing);
            let there: HashSet<&FileId> = self.looked.values().map(|looked| &looked.id).collect();
            self.taken.retain(|id, _| there.contains(id));
        }
    }
}

/// A file that cannot be read, or is no capture; never followed.
fn unknown(path: PathBuf) -> Entry {
    Entry { path, kind: Kind::File { first: None, grows: false }, named: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LinkType, PcapWriter};

    #[test]
    fn a_file_that_is_being_compressed_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let capture = |second| {
            let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET).unwrap();
            writer.write(Timestamp::from_secs_nanos(second, 0), 1, b"x").unwrap();
            writer.into_inner()
        };
        let mut watch = Watch { settle: Duration::from_secs(3_600), ..Watch::default() };
        watch.add(Place::Directory(folder.path().to_owned()));
        let list = |watch: &mut Watch| {
            let (mut queue, mut notes) = (VecDeque::new(), Vec::new());
            watch.list(Limits::default(), &mut queue, &mut notes);
            assert!(notes.is_empty(), "{notes:?}");
            queue.into_iter().map(|entry| entry.path).collect::<Vec<_>>()
        };
        fs::write(at("plain-1"), capture(1)).unwrap();
        fs::write(at("zipped-2"), zstd::encode_all(&capture(2)[..], 1).unwrap()).unwrap();
        fs::write(at("plain-3"), capture(3)).unwrap();
        assert_eq!(list(&mut watch), [at("plain-1")], "what is later than the compressed one waits, too");
        assert!(list(&mut watch).is_empty());
        watch.settle = Duration::ZERO;
        assert_eq!(list(&mut watch), [at("zipped-2"), at("plain-3")]);
        assert!(list(&mut watch).is_empty());
        // A copy of what was taken up is no new file.
        fs::write(at("zipped-3"), zstd::encode_all(&capture(3)[..], 1).unwrap()).unwrap();
        assert!(list(&mut watch).is_empty());
    }

    #[test]
    fn what_is_remembered_goes_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = Watch::default();
        watch.add(Place::Directory(folder.path().to_owned()));
        for n in 0..20 {
            let path = folder.path().join(n.to_string());
            let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET).unwrap();
            writer.write(Timestamp::new(n), 1, b"x").unwrap();
            fs::write(&path, writer.into_inner()).unwrap();
            let mut queue = VecDeque::new();
            watch.list(Limits::default(), &mut queue, &mut Vec::new());
            assert_eq!(queue.len(), 1, "also where the number of a removed file is used again");
            assert!(watch.looked.len() <= 2 && watch.taken.len() <= 2);
            fs::remove_file(path).unwrap();
        }
    }
}
