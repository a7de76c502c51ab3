//! A file that is still being written: at its end it says that a read would have to wait, until it is told that nothing
//! more will come.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::look::FileId;

/// What the reader shares with whoever follows.
#[derive(Default, Debug)]
struct Shared {
    /// How many bytes were read.
    position: AtomicU64,
    /// The last read came to the end.
    at_end: AtomicBool,
    /// The end is the end.
    ended: AtomicBool,
}

/// Reads a file; its end is `WouldBlock` while it is followed.
pub(super) struct Tail {
    file: File,
    shared: Arc<Shared>,
}

impl Read for Tail {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(out)?;
        let shared = &self.shared;
        shared.position.fetch_add(n as u64, Ordering::Relaxed);
        shared.at_end.store(n < out.len(), Ordering::Relaxed);
        if n == 0 && !out.is_empty() && !shared.ended.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(n)
    }
}

/// What became of the file at whose end the reader stands.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It may grow.
    Open,
    /// Another file has its name.
    Replaced,
    /// It is shorter than what was read.
    Shrunk { read: u64, len: u64 },
}

/// The other end of a [`Tail`].
#[derive(Debug)]
pub(super) struct Follow {
    path: PathBuf,
    id: FileId,
    /// A second handle on the open file, to ask for its length whatever became of its name.
    file: File,
    shared: Arc<Shared>,
    /// What is left is read, and then it is over.
    pub(super) closing: bool,
}

impl Follow {
    /// Opens a regular file to follow it.
    pub(super) fn open(path: &Path) -> io::Result<(Tail, Follow)> {
        let file = File::open(path)?;
        let id = FileId::of(path, &file.metadata()?);
        let shared = Arc::new(Shared::default());
        let tail = Tail { file: file.try_clone()?, shared: Arc::clone(&shared) };
        Ok((tail, Follow { path: path.to_owned(), id, file, shared, closing: false }))
    }

    /// Which file it is.
    pub(super) fn id(&self) -> FileId {
        self.id.clone()
    }

    /// Whether the last read came to the end, so that the next one may bring nothing.
    pub(super) fn at_end(&self) -> bool {
        self.shared.at_end.load(Ordering::Relaxed)
    }

    /// From here on the file's end is its end.
    pub(super) fn end(&self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }

    /// Asks what became of the file. A name that is gone for now is no replacement.
    pub(super) fn fate(&self) -> Fate {
        let read = self.shared.position.load(Ordering::Relaxed);
        if let Ok(metadata) = self.file.metadata()
            && metadata.len() < read
        {
            return Fate::Shrunk { read, len: metadata.len() };
        }
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_file() && FileId::of(&self.path, &metadata) != self.id => {
                Fate::Replaced
            }
            _ => Fate::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn an_end_that_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut writer = File::create(&path).unwrap();
        let (mut tail, follow) = Follow::open(&path).unwrap();
        let mut read = || {
            let mut bytes = [0; 4];
            tail.read(&mut bytes).map(|n| String::from_utf8(bytes[..n].to_vec()).unwrap())
        };
        assert!(!follow.at_end());
        assert_eq!(read().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert!(follow.at_end());
        writer.write_all(b"abcdef").unwrap();
        assert_eq!(read().unwrap(), "abcd");
        assert!(!follow.at_end());
        assert_eq!(read().unwrap(), "ef");
        assert!(follow.at_end());
        assert_eq!(follow.fate(), Fate::Open);
        follow.end();
        writer.write_all(b"g").unwrap();
        assert_eq!(read().unwrap(), "g");
        assert_eq!(read().unwrap(), "");
        writer.set_len(3).unwrap();
        assert_eq!(follow.fate(), Fate::Shrunk { read: 7, len: 3 });
    }

    #[cfg(unix)]
    #[test]
    fn another_file_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, b"one").unwrap();
        let (_tail, follow) = Follow::open(&path).unwrap();
        fs::rename(&path, folder.path().join("file.1")).unwrap();
        assert_eq!(follow.fate(), Fate::Open, "its name is gone, it is not");
        fs::write(&path, b"").unwrap();
        assert_eq!(follow.fate(), Fate::Replaced);
    }
}
