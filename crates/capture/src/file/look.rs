//! A look at a file: whether it is a capture, and when its first frame was captured. Reads little.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use super::detect::{self, Compression};
use super::input::Input;
use super::source::FileSource;
use super::{FileOptions, Limits};
use crate::{BlockBuilder, Error, Fill, Source, Timestamp};

/// How much is read at once: most first frames lie in it.
const SIP: usize = 4096;
/// The first frame is looked for in so many bytes, decompressed. pcapng may put a lot in front: names, secrets.
const MOST: u64 = 16 << 20;

/// What a regular file is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Look {
    /// A capture, with the stamp of its first whole frame, if it has one (near its start).
    Capture { first: Option<Timestamp>, compressed: bool },
    /// Nothing is in it (yet), or nothing that can be decompressed.
    Empty,
    /// No capture.
    Other,
    /// It cannot be read: the same is said when it is.
    Unreadable,
}

/// Looks at a regular file.
pub(super) fn look(path: &Path, limits: Limits) -> Look {
    let Ok(file) = File::open(path) else { return Look::Unreadable };
    let mut input = Input::new(Box::new(Sips(file)));
    input.grow(SIP);
    let compression = match input.peek(detect::LOOK) {
        Ok([]) => return Look::Empty,
        Ok(first) => detect::compression(first),
        Err(_) => return Look::Unreadable,
    };
    let options = FileOptions { limits, ..FileOptions::default() };
    let mut source = FileSource::with_input(path.to_owned(), input, &options, false);
    source.stop_behind(MOST);
    let mut block = BlockBuilder::detached(SIP, 1);
    let compressed = compression != Compression::None;
    let is_capture = match source.fill(&mut block) {
        Ok(Fill::Ready | Fill::End | Fill::Idle) => true,
        Err(Error::NotACapture { .. } | Error::Empty { .. }) => false,
        Err(Error::CutHeader { have: 0, .. }) => return Look::Empty,
        // Broken before its first frame: a capture all the same, where it began like one.
        Err(Error::Version { .. } | Error::CutHeader { .. }) => true,
        Err(Error::Read { .. }) => return Look::Unreadable,
        Err(_) => source.format().is_some(),
    };
    match is_capture {
        true => Look::Capture { first: block.seal_owned().frame(0).map(|frame| frame.at), compressed },
        false => Look::Other,
    }
}

/// A reader of small pieces.
struct Sips(File);

impl Read for Sips {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = out.len().min(SIP);
        self.0.read(out.get_mut(..n).unwrap_or_default())
    }
}

/// What makes a file the same under any name.
#[cfg(unix)]
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct FileId(u64, u64);

/// What makes a file the same under any name.
#[cfg(not(unix))]
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct FileId(std::path::PathBuf);

impl FileId {
    /// Of the file that `path` leads to, whose metadata these are.
    #[cfg(unix)]
    pub(super) fn of(_path: &Path, metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        FileId(metadata.dev(), metadata.ino())
    }

    /// Of the file that `path` leads to, whose metadata these are.
    #[cfg(not(unix))]
    pub(super) fn of(path: &Path, _metadata: &Metadata) -> Self {
        FileId(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LinkType, PcapWriter, PcapngWriter};
    use std::fs;

    fn capture(stamps: &[i64]) -> Vec<u8> {
        let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET).unwrap();
        for &at in stamps {
            writer.write(Timestamp::new(at), 3_000, &[7; 3_000]).unwrap();
        }
        writer.into_inner()
    }

    fn look_at(bytes: &[u8]) -> Look {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, bytes).unwrap();
        look(&path, Limits::default())
    }

    fn plain(first: Option<i64>) -> Look {
        Look::Capture { first: first.map(Timestamp::new), compressed: false }
    }

    #[test]
    fn the_first_stamp() {
        assert_eq!(look_at(&capture(&[5, 3])), plain(Some(5)));
        assert_eq!(look_at(&capture(&[])), plain(None));
        assert_eq!(look_at(&capture(&[5])[..100]), plain(None), "half a frame is none");
        assert_eq!(look_at(&capture(&[5])[..10]), plain(None), "half a header begins a capture");
        assert_eq!(look_at(b""), Look::Empty);
        assert_eq!(look_at(b"hello"), Look::Other);
        assert_eq!(
            look_at(&[0xd4, 0xc3, 0xb2, 0xa1, 9, 0, 9, 0].repeat(4)),
            plain(None),
            "of another version"
        );
        assert_eq!(look("/no/such/file".as_ref(), Limits::default()), Look::Unreadable);
    }

    #[test]
    fn a_large_first_frame_and_much_in_front_of_it() {
        let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET).unwrap();
        writer.write(Timestamp::new(8), 200_000, &[7; 200_000]).unwrap();
        assert_eq!(look_at(&writer.into_inner()), plain(Some(8)));
        let secrets = |bytes| {
            let mut writer = PcapngWriter::new(Vec::new()).unwrap();
            writer.block(10, &vec![0; bytes]).unwrap();
            let interface = writer.interface(LinkType::ETHERNET, 0).unwrap();
            writer.write(interface, Timestamp::new(9), 1, b"x").unwrap();
            writer.into_inner()
        };
        assert_eq!(look_at(&secrets(1 << 20)), plain(Some(9)));
        assert_eq!(look_at(&secrets(17 << 20)), plain(None), "no further than 16 MiB");
    }

    #[test]
    fn inside_compressed_data() {
        use std::io::Write;
        let gzip = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let zipped = Look::Capture { first: Some(Timestamp::new(5)), compressed: true };
        assert_eq!(look_at(&gzip(&capture(&[5, 6]))), zipped);
        assert_eq!(look_at(&zstd::encode_all(&capture(&[5, 6])[..], 3).unwrap()), zipped);
        assert_eq!(look_at(&gzip(b"some text")), Look::Other);
        assert_eq!(look_at(&gzip(b"some text")[..10]), Look::Empty);
        assert_eq!(look_at(&gzip(&gzip(&capture(&[5])))), Look::Other);
        // A bomb is not unpacked.
        let bomb = zstd::encode_all(io::repeat(0).take(1 << 30), 1).unwrap();
        assert_eq!(look_at(&bomb), Look::Other);
    }
}
