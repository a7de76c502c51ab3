//! From the names given to the inputs of a [`FileSet`](super::FileSet), in their order.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::SetOptions;
use super::find::Place;
use super::look::{FileId, Look, look};
use super::set::{Entry, Kind};
use super::watch::{Verdict, Watch};
use crate::{Error, Note, Timestamp};

/// The names, being looked up one by one.
pub(super) struct Gathering {
    options: SetOptions,
    entries: Vec<Entry>,
    /// Under which name a file is read.
    known: HashMap<FileId, PathBuf>,
    /// The first name that was left out, the one under which that file is read, and how many more.
    twice: Option<(PathBuf, PathBuf, u64)>,
    notes: Vec<Note>,
    stdin: bool,
    places: Vec<Place>,
    watch: Watch,
}

impl Gathering {
    pub(super) fn new(options: &SetOptions) -> Self {
        Gathering {
            options: *options,
            entries: Vec::new(),
            known: HashMap::new(),
            twice: None,
            notes: Vec::new(),
            stdin: false,
            places: Vec::new(),
            watch: Watch::default(),
        }
    }

    /// One name.
    pub(super) fn input(&mut self, path: &Path) {
        if path == Path::new("-") {
            return self.stdin();
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.place(Place::Directory(path.to_owned())),
            Ok(metadata) => drop(self.file(path, &metadata, true, false)),
            Err(error) => match Place::pattern(path) {
                Some(place) => self.place(place),
                None => self.push(path, Kind::Failed(Error::open(path.to_owned(), error))),
            },
        }
    }

    fn push(&mut self, path: &Path, kind: Kind) {
        self.entries.push(Entry { path: path.to_owned(), kind, named: true });
    }

    fn stdin(&mut self) {
        let path = Path::new("-");
        if self.stdin {
            return self.named_twice(path, path);
        }
        self.stdin = true;
        self.push(
            path,
            match self.options.follow {
                true => Kind::Failed(Error::FollowedPipe { path: "standard input".into() }),
                false => Kind::Stdin,
            },
        );
    }

    fn named_twice(&mut self, path: &Path, read_as: &Path) {
        match &mut self.twice {
            Some((.., more)) => *more += 1,
            none => *none = Some((path.to_owned(), read_as.to_owned(), 0)),
        }
    }

    /// Whether the file was named before, which is remembered.
    fn is_known(&mut self, path: &Path, id: &FileId) -> bool {
        let Some(read_as) = self.known.get(id).cloned() else {
            self.known.insert(id.clone(), path.to_owned());
            return false;
        };
        self.named_twice(path, &read_as);
        true
    }

    /// A file: whether it is taken up. One in a directory is left out where it is no capture.
    fn file(&mut self, path: &Path, metadata: &Metadata, named: bool, in_directory: bool) -> bool {
        let id = FileId::of(path, metadata);
        if self.is_known(path, &id) {
            return true;
        }
        let kind = if !metadata.is_file() {
            match self.options.follow {
                true => Kind::Failed(Error::FollowedPipe { path: path.to_owned() }),
                false => Kind::Pipe,
            }
        } else {
            match look(path, self.options.limits) {
                Look::Other | Look::Empty if in_directory => {
                    self.known.remove(&id);
                    return false;
                }
                Look::Capture { first, compressed } => {
                    self.watch.take(id, first);
                    Kind::File { first, grows: !compressed }
                }
                Look::Empty => {
                    self.watch.take(id, None);
                    Kind::File { first: None, grows: true }
                }
                // Nothing is expected of it any more: reading it says what it is.
                Look::Other | Look::Unreadable => Kind::File { first: None, grows: false },
            }
        };
        self.entries.push(Entry { path: path.to_owned(), kind, named });
        true
    }

    /// A directory or a pattern.
    fn place(&mut self, place: Place) {
        if self.places.contains(&place) {
            return self.named_twice(place.path(), place.path());
        }
        self.places.push(place.clone());
        let (paths, errors) = place.list();
        // What cannot be listed is said, and then it is not said that nothing is there.
        let mut found = !errors.is_empty();
        for error in errors {
            self.push(place.path(), Kind::Failed(error));
        }
        let mut others = 0;
        for path in paths {
            // What is gone again is not missed.
            let Ok(metadata) = fs::metadata(&path) else { continue };
            let taken = match self.options.follow && metadata.is_file() {
                true => self.followed(&path, &metadata, place.is_directory()),
                // What matches a pattern was chosen by its name, so it is read like a file that was named.
                false => self.file(&path, &metadata, false, place.is_directory()).then_some(true),
            };
            match taken {
                Some(taken) => found |= taken,
                None => others += 1,
            }
        }
        let path = place.path();
        match &place {
            _ if self.options.follow && !found => self.notes.push(Note::Waiting { path: path.to_owned() }),
            Place::Directory(_) if !found => {
                self.push(path, Kind::Failed(Error::NoCaptures { path: path.to_owned(), others }));
            }
            Place::Pattern(_) if !found => {
                self.push(path, Kind::Failed(Error::NoMatch { path: path.to_owned() }));
            }
            _ => {}
        }
        if others > 0 && (found || self.options.follow) {
            self.notes.push(Note::NotCaptures { path: path.to_owned(), count: others });
        }
        if self.options.follow {
            self.watch.add(place);
        }
    }

    /// A file in a place that is followed: whether it is taken up (one without a frame may be, later); nothing where it
    /// is no capture.
    fn followed(&mut self, path: &Path, metadata: &Metadata, in_directory: bool) -> Option<bool> {
        let id = FileId::of(path, metadata);
        let (first, grows) = match self.watch.judge(path, metadata, self.options.limits, false) {
            Verdict::Take { first, grows } => (Some(first), grows),
            Verdict::Other if in_directory => return None,
            Verdict::Other | Verdict::Unreadable => (None, false),
            Verdict::Same => {
                self.is_known(path, &id);
                return Some(true);
            }
            // The others are for what comes late.
            Verdict::Nothing | Verdict::TooOld | Verdict::Settling { .. } => return Some(false),
        };
        if !self.is_known(path, &id) {
            self.watch.take(id, first);
            self.entries.push(Entry {
                path: path.to_owned(),
                kind: Kind::File { first, grows },
                named: false,
            });
        }
        Some(true)
    }

    /// All inputs, in their order.
    pub(super) fn finish(mut self) -> (VecDeque<Entry>, Vec<Note>, Watch) {
        if let Some((path, read_as, more)) = self.twice {
            self.notes.push(Note::NamedTwice { path, read_as, more });
        }
        // What has no stamp comes behind what it was named behind. Where files are followed, the last one may keep us
        // for ever: what cannot be read comes first then, and what has no frames yet comes last.
        let follow = self.options.follow;
        let mut before = Timestamp::MIN;
        let mut keyed = Vec::with_capacity(self.entries.len());
        for entry in self.entries {
            let class = match &entry.kind {
                Kind::Failed(_) | Kind::File { first: None, grows: false } if follow => 0,
                Kind::File { first: Some(first), .. } => {
                    before = *first;
                    1
                }
                Kind::File { .. } | Kind::Failed(_) => 1 + u8::from(follow),
                Kind::Pipe | Kind::Stdin => 3,
            };
            keyed.push(((class, if class == 1 { before } else { Timestamp::MIN }), entry));
        }
        keyed.sort_by_key(|(key, _)| *key);
        (keyed.into_iter().map(|(_, entry)| entry).collect(), self.notes, self.watch)
    }
}
