//! Body files (`--save-bodies`). Their names are made of numbers alone: none comes from the capture.
//!
//! No file stays open between two pieces, so any number of bodies may be under way. A body that does not fit its buffer
//! goes to `CONNECTION-NUMBER-SIDE.bin.part` and gets its name when its exchange has its index.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use super::body::Room;

/// A file that a body's bytes go to.
#[derive(Debug, Default)]
pub(super) struct BodyFile {
    /// `response.bin`.
    name: &'static str,
    started: bool,
    failed: bool,
}

impl BodyFile {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, started: false, failed: false }
    }

    fn path(&self, room: &Room<'_>, number: u64, end: &str) -> PathBuf {
        let directory = room.shared.options.save.clone().unwrap_or_default();
        directory.join(format!("{}-{number}-{}{end}", room.connection, self.name))
    }

    /// Appends a piece.
    pub(super) fn append(&mut self, bytes: &[u8], room: &Room<'_>) {
        if self.failed || bytes.is_empty() {
            return;
        }
        let path = self.path(room, room.number, ".part");
        let file = if self.started { OpenOptions::new().append(true).open(&path) } else { create(&path) };
        match file.and_then(|mut file| file.write_all(bytes)) {
            Ok(()) => self.started = true,
            Err(error) => {
                self.failed = true;
                room.shared.failed(&path, &error);
                let _ = fs::remove_file(&path);
            }
        }
    }

    /// Writes the last piece, and gives the file the name of its exchange.
    pub(super) fn finish(&mut self, bytes: &[u8], index: u64, room: &Room<'_>) {
        let path = self.path(room, index, "");
        let result = if self.started {
            self.append(bytes, room);
            if self.failed {
                return;
            }
            fs::rename(self.path(room, room.number, ".part"), &path)
        } else if self.failed {
            return;
        } else {
            create(&path).and_then(|mut file| file.write_all(bytes))
        };
        if let Err(error) = result {
            self.failed = true;
            room.shared.failed(&path, &error);
        }
    }
}

/// A new file in place of whatever has its name: a link of that name is not followed.
fn create(path: &PathBuf) -> io::Result<File> {
    let new = || OpenOptions::new().write(true).create_new(true).open(path);
    match new() {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            new()
        }
        other => other,
    }
}
