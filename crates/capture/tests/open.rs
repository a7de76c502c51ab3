//! Files by name: what can go wrong before the first frame.

use std::fs;

use wiretrace_capture::{
    BlockBuilder, Error, FileOptions, FileSource, Fill, LinkType, PcapWriter, Source, Timestamp,
};

fn open(path: &std::path::Path) -> Result<FileSource, Error> {
    FileSource::open(path, &FileOptions::default())
}

#[test]
fn each_failure_has_its_name_and_says_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);

    let error = open(&at("nothing")).unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }));
    assert_eq!(error.path(), at("nothing"));
    assert!(error.to_string().ends_with("no such file; check the name, or give - to read standard input"));

    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Directory { .. }), "{error:?}");

    fs::write(at("empty"), b"").unwrap();
    assert!(matches!(open(&at("empty")), Err(Error::Empty { .. })));

    fs::write(at("page.html"), b"<!doctype html>").unwrap();
    let error = open(&at("page.html")).unwrap_err();
    assert!(matches!(error, Error::NotACapture { looks_like: Some("HTML or XML"), .. }));
    assert!(!error.is_in_capture());
}

#[test]
fn a_file_fills_its_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.pcap");
    let mut writer = PcapWriter::new(fs::File::create(&path).unwrap(), LinkType::ETHERNET).unwrap();
    for i in 0..1000 {
        writer.write(Timestamp::new(i), 84, &[1; 84]).unwrap();
    }
    let mut source = open(&path).unwrap();
    let mut sizes = Vec::new();
    loop {
        let mut block = BlockBuilder::detached(24 + 10_000, 4096);
        let fill = source.fill(&mut block).unwrap();
        sizes.push(block.len());
        if fill == Fill::End {
            break;
        }
    }
    assert_eq!(sizes, [100, 100, 100, 100, 100, 100, 100, 100, 100, 100]);
    assert_eq!((source.stats().frames, source.stats().captured_bytes), (1000, 84_000));
}
