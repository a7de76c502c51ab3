//! What a name stands for: a file, the captures in a directory, or the files whose names match a pattern.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

/// A name that stands for any number of files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Directory(PathBuf),
    Pattern(PathBuf),
}

impl Place {
    /// Whether this name, which no file has, is a pattern.
    pub(super) fn pattern(path: &Path) -> Option<Self> {
        let text = path.to_str()?;
        let special = text.contains(['*', '?', '[']);
        (special && glob::Pattern::new(text).is_ok()).then(|| Place::Pattern(path.to_owned()))
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Place::Directory(path) | Place::Pattern(path) => path,
        }
    }

    pub(super) fn is_directory(&self) -> bool {
        matches!(self, Place::Directory(_))
    }

    /// The paths of the files in it, by name: of a directory its regular files that are not hidden (or links to such),
    /// of a pattern whatever matches and is no directory. What lies in the way and cannot be read is an error of its own.
    pub(super) fn list(&self) -> (Vec<PathBuf>, Vec<Error>) {
        let (mut paths, mut errors) = (Vec::new(), Vec::new());
        match self {
            Place::Directory(directory) => {
                let mut fail = |source| errors.push(Error::open(directory.clone(), source));
                match fs::read_dir(directory) {
                    Err(source) => fail(source),
                    Ok(entries) => {
                        for entry in entries {
                            match entry {
                                Err(source) => {
                                    // Does not go on where it fails for good.
                                    fail(source);
                                    break;
                                }
                                Ok(entry) if entry.file_name().as_encoded_bytes().starts_with(b".") => {}
                                Ok(entry) => paths.push(entry.path()),
                            }
                        }
                    }
                }
                paths.retain(|path| fs::metadata(path).is_ok_and(|metadata| metadata.is_file()));
            }
            Place::Pattern(pattern) => {
                let text = pattern.to_str().unwrap_or_default();
                let hidden = asks_for_hidden(pattern);
                let options = glob::MatchOptions {
                    case_sensitive: true,
                    require_literal_separator: true,
                    // Where set, nothing hidden is found at all.
                    require_literal_leading_dot: !hidden,
                };
                for found in glob::glob_with(text, options).into_iter().flatten() {
                    match found {
                        Ok(path) if hidden && !is_asked_for(pattern, &path) => {}
                        Ok(path) => paths.push(path),
                        // The directory may be gone by now, and then so are its files.
                        Err(error) if error.error().kind() == io::ErrorKind::NotFound => {}
                        Err(error) => errors.push(Error::open(error.path().to_owned(), error.into())),
                    }
                }
                paths.retain(|path| !fs::metadata(path).is_ok_and(|metadata| metadata.is_dir()));
            }
        }
        paths.sort();
        (paths, errors)
    }
}

/// Whether part of a pattern matches hidden names: `.h*`.
fn asks_for_hidden(pattern: &Path) -> bool {
    pattern.iter().any(|part| {
        let part = part.as_encoded_bytes();
        part.starts_with(b".") && part.iter().any(|byte| b"*?[".contains(byte))
    })
}

/// Whether each hidden name of the path has a dot in the pattern, too, as the shell wants it; `..` must be named.
fn is_asked_for(pattern: &Path, path: &Path) -> bool {
    let hidden = |part: &std::ffi::OsStr| part.as_encoded_bytes().starts_with(b".");
    path.iter().rev().zip(pattern.iter().rev()).all(|(name, part)| match name == ".." {
        true => part == name,
        false => !hidden(name) || hidden(part),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_directories_and_patterns() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["b2", "a10", "a9", ".hidden", ".other", "a[1]"] {
            fs::write(root.join(name), b"").unwrap();
        }
        fs::create_dir(root.join("a-directory")).unwrap();
        fs::write(root.join("a-directory/a3"), b"").unwrap();
        fs::create_dir(root.join(".d")).unwrap();
        fs::write(root.join(".d/a4"), b"").unwrap();
        fs::write(root.join(".d/.a5"), b"").unwrap();
        let names = |place: &Place| {
            let (paths, errors) = place.list();
            assert!(errors.is_empty(), "{errors:?}");
            let name = |path: &PathBuf| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            paths.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names(&Place::Directory(root.to_owned())), ["a10", "a9", "a[1]", "b2"]);
        let pattern = |text: &str| Place::pattern(&root.join(text)).unwrap();
        assert_eq!(names(&pattern("a*")), ["a10", "a9", "a[1]"]);
        assert_eq!(names(&pattern("*")), ["a10", "a9", "a[1]", "b2"]);
        assert_eq!(names(&pattern(".h*")), [".hidden"]);
        assert_eq!(names(&pattern(".[!t]/*")), [".d/a4"]);
        assert_eq!(names(&pattern(".d/*")), [".d/a4"]);
        assert_eq!(names(&pattern("?[0-9]")), ["a9", "b2"]);
        assert_eq!(names(&pattern("*/a?")), ["a-directory/a3"]);
        assert_eq!(names(&pattern("c*")), [""; 0]);
        assert_eq!(Place::pattern(&root.join("plain")), None);
        assert_eq!(Place::pattern(&root.join("a[")), None, "no valid pattern");
        assert_eq!(Place::Directory(root.join("gone")).list().1.len(), 1);
    }
}
