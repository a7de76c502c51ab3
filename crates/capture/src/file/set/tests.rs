use std::fs::{self, File, OpenOptions};
use std::io::Write;

use super::*;
use crate::file::watch::LISTINGS;
use crate::{LinkType, PcapWriter};

/// A capture with one-byte frames at these times (nanoseconds).
fn capture(stamps: &[i64]) -> Vec<u8> {
    let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET).unwrap();
    for &at in stamps {
        writer.write(Timestamp::new(at), 1, &[at as u8]).unwrap();
    }
    writer.into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (name, bytes) in files {
            folder.write(name, bytes);
        }
        folder
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.at(name), bytes).unwrap();
    }

    fn append(&self, name: &str, bytes: &[u8]) {
        OpenOptions::new().append(true).open(self.at(name)).unwrap().write_all(bytes).unwrap();
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// An input's name, and the stamps of its frames.
type Read = (String, Vec<i64>);

/// What a set gives: for each input its name and stamps, or the error; and all notes.
fn read(inputs: &[PathBuf]) -> (Vec<Read>, Vec<Error>, Vec<Note>) {
    let mut set = FileSet::new(inputs, &SetOptions::default());
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    let mut notes: Vec<Note> = set.notes().collect();
    let mut number = 1;
    while let Some(source) = set.next(|| panic!("nothing is followed")) {
        match source {
            Err(error) => errors.push(error),
            Ok(mut source) => {
                let mut stamps = Vec::new();
                loop {
                    let mut block = BlockBuilder::detached(100, 10);
                    let fill = match source.fill(&mut block) {
                        Ok(fill) => fill,
                        Err(error) => {
                            errors.push(error);
                            break;
                        }
                    };
                    let block = block.seal_owned();
                    assert_eq!(block.first_number(), number);
                    assert_eq!(block.input() as usize, read.len());
                    number += block.len() as u64;
                    stamps.extend(block.frames().map(|frame| frame.at.0));
                    if fill == Fill::End {
                        break;
                    }
                }
                notes.extend(source.notes());
                read.push((name(source.path()), stamps));
            }
        }
    }
    (read, errors, notes)
}

fn names(read: &[Read]) -> Vec<&str> {
    read.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn any_order_is_time_order() {
    let folder = Folder::new(&[
        ("c", &capture(&[10, 11])),
        ("b", &gzip(&capture(&[20]))),
        ("a", &zstd::encode_all(&capture(&[30, 25])[..], 1).unwrap()),
    ]);
    for order in [["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"], ["c", "b", "a"]] {
        let (read, errors, notes) = read(&order.map(|name| folder.at(name)));
        assert_eq!(
            read,
            [("c".into(), vec![10, 11]), ("b".into(), vec![20]), ("a".into(), vec![30, 25])],
            "{order:?}"
        );
        assert!(errors.is_empty() && notes.is_empty());
    }
}

#[test]
fn ties_and_files_without_frames_keep_their_place() {
    let folder = Folder::new(&[
        ("x", &capture(&[5])),
        ("y", &capture(&[5])),
        ("none", &capture(&[])),
        ("early", &capture(&[1])),
        ("text", b"hello"),
    ]);
    let order = |names: &[&str]| names.iter().map(|name| folder.at(name)).collect::<Vec<_>>();
    assert_eq!(names(&read(&order(&["y", "x"])).0), ["y", "x"]);
    assert_eq!(names(&read(&order(&["x", "y", "early"])).0), ["early", "x", "y"]);
    assert_eq!(names(&read(&order(&["y", "none", "x", "early"])).0), ["early", "y", "none", "x"]);
    assert_eq!(names(&read(&order(&["none", "y"])).0), ["none", "y"]);
    let (read, errors, _) = read(&order(&["y", "text", "missing", "early"]));
    assert_eq!(names(&read), ["early", "y"]);
    assert!(matches!(errors[..], [Error::NotACapture { .. }, Error::NotFound { .. }]), "{errors:?}");
}

#[test]
fn a_directory_is_its_captures() {
    let folder = Folder::new(&[
        ("b.pcap", &capture(&[2])),
        ("a.pcap", &capture(&[3])),
        ("zipped", &gzip(&capture(&[1]))),
        ("none", &capture(&[])),
        (".hidden", &capture(&[4])),
        ("readme", b"text"),
        ("empty", b""),
    ]);
    fs::create_dir(folder.at("inside")).unwrap();
    folder.write("inside/c.pcap", &capture(&[5]));
    let (found, errors, notes) = read(&[folder.0.path().to_owned()]);
    // "none" comes behind "b.pcap", which is before it by name.
    assert_eq!(names(&found), ["zipped", "b.pcap", "none", "a.pcap"]);
    assert!(errors.is_empty());
    assert_eq!(notes, [Note::NotCaptures { path: folder.0.path().to_owned(), count: 2 }]);

    let (found, errors, notes) = read(&[folder.at("inside"), folder.at("*.pcap")]);
    assert_eq!(names(&found), ["b.pcap", "a.pcap", "c.pcap"]);
    assert!(errors.is_empty() && notes.is_empty());
}

#[test]
fn nothing_found_is_an_error_of_its_own() {
    let folder = Folder::new(&[("readme", b"text"), ("good", &capture(&[1]))]);
    fs::create_dir(folder.at("d")).unwrap();
    folder.write("d/readme", b"text");
    let (found, errors, notes) = read(&[folder.at("*.pcap"), folder.at("d"), folder.at("good")]);
    assert_eq!(names(&found), ["good"]);
    assert!(matches!(errors[..], [Error::NoMatch { .. }, Error::NoCaptures { others: 1, .. }]), "{errors:?}");
    assert!(notes.is_empty());
    assert!(
        errors[0].to_string().contains("*.pcap: no such file, and no file's name matches"),
        "{}",
        errors[0]
    );
    assert!(errors[1].to_string().contains("no capture in this directory"), "{}", errors[1]);
}

#[test]
fn a_name_that_exists_is_no_pattern() {
    let folder = Folder::new(&[("a[1].pcap", &capture(&[1])), ("a1.pcap", &capture(&[2]))]);
    assert_eq!(names(&read(&[folder.at("a[1].pcap")]).0), ["a[1].pcap"]);
    fs::remove_file(folder.at("a[1].pcap")).unwrap();
    assert_eq!(names(&read(&[folder.at("a[1].pcap")]).0), ["a1.pcap"]);
}

#[cfg(unix)]
#[test]
fn the_same_file_is_read_once() {
    let folder = Folder::new(&[("a", &capture(&[1])), ("b", &capture(&[2]))]);
    std::os::unix::fs::symlink(folder.at("a"), folder.at("link")).unwrap();
    fs::hard_link(folder.at("b"), folder.at("hard")).unwrap();
    let (found, errors, notes) = read(&[folder.at("link"), folder.0.path().to_owned(), folder.at("./b")]);
    assert_eq!(names(&found), ["link", "b"]);
    assert!(errors.is_empty());
    let (path, read_as) = (folder.at("a"), folder.at("link"));
    assert_eq!(notes, [Note::NamedTwice { path, read_as, more: 3 }]);
}

/// Follows, doing the next thing whenever nothing more comes; what came before each of them.
fn follow(
    inputs: &[PathBuf],
    mut steps: Vec<Box<dyn FnOnce() + '_>>,
) -> (Vec<Vec<i64>>, Vec<Note>, Vec<Error>) {
    steps.reverse();
    let options = SetOptions { follow: true, ..SetOptions::default() };
    let mut set = FileSet::new(inputs, &options);
    set.watch.settle = Duration::ZERO;
    let (mut seen, mut errors) = (vec![Vec::new()], Vec::new());
    let mut notes: Vec<Note> = set.notes().collect();
    // Nothing: some rounds and some listings of all places in which no frame came.
    let (mut quiet, mut frames, mut listings) = (0, 0, LISTINGS.get());
    let watching = inputs.iter().any(|path| path.is_dir());
    let mut nothing = |seen: &mut Vec<Vec<i64>>| {
        let now = seen.iter().map(Vec::len).sum();
        if now != frames {
            (quiet, frames, listings) = (0, now, LISTINGS.get());
        }
        quiet += 1;
        if quiet < 4 || watching && LISTINGS.get() < listings + 2 {
            return false;
        }
        (quiet, listings) = (0, LISTINGS.get());
        match steps.pop() {
            None => true,
            Some(step) => {
                step();
                seen.push(Vec::new());
                false
            }
        }
    };
    let mut over = false;
    loop {
        let Some(source) = set.next(|| {
            over = nothing(&mut seen);
            over
        }) else {
            break;
        };
        let mut source = match source {
            Ok(source) => source,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        loop {
            let mut block = BlockBuilder::detached(1000, 10);
            let fill = match source.fill(&mut block) {
                Ok(fill) => fill,
                Err(error) => {
                    errors.push(error);
                    break;
                }
            };
            seen.last_mut().unwrap().extend(block.seal_owned().frames().map(|frame| frame.at.0));
            if fill == Fill::End {
                break;
            }
            if fill == Fill::Idle {
                assert!(source.may_wait());
                if nothing(&mut seen) {
                    over = true;
                    break;
                }
            }
        }
        notes.extend(source.notes());
        if over {
            break;
        }
    }
    notes.extend(set.notes());
    (seen, notes, errors)
}

#[test]
fn a_file_that_grows() {
    let folder = Folder::new(&[("early", &capture(&[1])), ("late", b"")]);
    let bytes = capture(&[2, 3, 4]);
    let (one, two) = (24 + 17, 24 + 2 * 17);
    let (seen, notes, errors) = follow(
        &[folder.at("late"), folder.at("early")],
        vec![
            Box::new(|| folder.append("late", &bytes[..2])),
            Box::new(|| folder.append("late", &bytes[2..one])),
            Box::new(|| folder.append("late", &bytes[one..two - 1])),
            Box::new(|| folder.append("late", &bytes[two - 1..])),
        ],
    );
    assert_eq!(seen, [vec![1], vec![], vec![2], vec![], vec![3, 4]]);
    assert!(notes.is_empty(), "half a record is no cut: {notes:?}");
    assert!(errors.is_empty());
}

#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_or_written_anew() {
    let folder = Folder::new(&[("log", &capture(&[1]))]);
    let record = |at| capture(&[at])[24..].to_vec();
    let (seen, notes, errors) = follow(
        &[folder.at("log")],
        vec![
            Box::new(|| fs::rename(folder.at("log"), folder.at("log.1")).unwrap()),
            Box::new(|| folder.append("log.1", &record(2))),
            Box::new(|| {
                folder.append("log.1", &record(3));
                folder.write("log", &capture(&[4, 5]));
            }),
            Box::new(|| drop(File::create(folder.at("log")).unwrap())),
            Box::new(|| folder.append("log", &capture(&[6]))),
        ],
    );
    assert_eq!(seen, [vec![1], vec![], vec![2], vec![3, 4, 5], vec![], vec![6]]);
    let path = folder.at("log");
    assert_eq!(notes, [Note::Replaced { path: path.clone() }, Note::Shrunk { path, read: 58, len: 0 }]);
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn new_files_in_a_directory() {
    let folder = Folder::new(&[]);
    let record = |at| capture(&[at])[24..].to_vec();
    let (seen, notes, errors) = follow(
        &[folder.0.path().to_owned()],
        vec![
            Box::new(|| folder.write("b", &capture(&[10]))),
            // Not yet the next one: it has no frame.
            Box::new(|| folder.write("a", &capture(&[]))),
            Box::new(|| folder.append("b", &record(11))),
            // Two at once, and some that are none.
            Box::new(|| {
                folder.append("b", &record(12));
                folder.write("c", &capture(&[30]));
                folder.append("a", &record(20));
                folder.write("text", b"hello");
                folder.write("b.gz", &gzip(&capture(&[10, 11, 12])));
                folder.write("old", &capture(&[5]));
            }),
            // The oldest name is used again, as in a ring.
            Box::new(|| {
                folder.append("c", &record(31));
                drop(File::create(folder.at("b")).unwrap());
            }),
            Box::new(|| folder.append("b", &capture(&[40]))),
            Box::new(|| fs::rename(folder.at("b"), folder.at("renamed")).unwrap()),
            Box::new(|| folder.append("renamed", &record(41))),
            Box::new(|| folder.write("last.gz", &gzip(&capture(&[50])))),
            Box::new(|| folder.write("really-last", &capture(&[60]))),
        ],
    );
    let want: [&[i64]; 11] = [&[], &[10], &[], &[11], &[12, 20, 30], &[31], &[40], &[], &[41], &[50], &[60]];
    assert_eq!(seen, want);
    let of = |name: &str| folder.at(name);
    assert_eq!(
        notes,
        [
            Note::Waiting { path: folder.0.path().to_owned() },
            Note::TooOld { path: of("old") },
            Note::NotFollowed { path: of("last.gz") },
        ]
    );
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn what_cannot_be_followed() {
    let folder = Folder::new(&[("a.gz", &gzip(&capture(&[1]))), ("text", b"hello")]);
    let inputs = [folder.at("a.gz"), folder.at("text"), folder.at("missing"), "-".into()];
    let (seen, notes, errors) = follow(&inputs, vec![]);
    assert_eq!(seen, [vec![1]]);
    assert_eq!(notes, [Note::NotFollowed { path: folder.at("a.gz") }]);
    assert!(
        matches!(errors[..], [Error::NotACapture { .. }, Error::NotFound { .. }, Error::FollowedPipe { .. }]),
        "{errors:?}"
    );
}

#[test]
fn many_files_need_few_descriptors() {
    let folder = Folder::new(&[]);
    for n in 0..3_000i64 {
        folder.write(&format!("{n:04}"), &capture(&[(n * 7) % 3_000]));
    }
    let (found, errors, _) = read(&[folder.0.path().to_owned()]);
    let stamps: Vec<i64> = found.into_iter().flat_map(|(_, stamps)| stamps).collect();
    assert_eq!(stamps, (0..3_000).collect::<Vec<_>>());
    assert!(errors.is_empty());
}
