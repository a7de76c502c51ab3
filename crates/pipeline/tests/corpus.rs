//! Over the whole corpus: the ledger's sums come out, and nothing depends on how the bytes are cut.

mod support;

use std::io::Cursor;

use support::{Slowly, corpus, run, run_reader};
use wiretrace_pipeline::Config;

#[test]
fn the_ledger_comes_out_on_every_capture() {
    let Some(files) = corpus() else { return };
    let (mut captured, mut stream) = (0, 0);
    for file in &files {
        let run = run(&std::fs::read(file).unwrap(), None);
        let ledger = run.summary.ledger;
        assert_eq!(ledger.captured, run.captured, "{}: the total is the reader's", file.display());
        assert_eq!(ledger.captured, ledger.captured_classes(), "{}: {ledger:#?}", file.display());
        assert_eq!(ledger.stream, ledger.stream_classes(), "{}: {ledger:#?}", file.display());
        captured += ledger.captured;
        stream += ledger.stream;
    }
    eprintln!(
        "{} captures: {captured} captured bytes, {stream} stream positions, all accounted for",
        files.len()
    );
}

#[test]
fn blocks_and_reads_make_no_difference() {
    let Some(files) = corpus() else { return };
    let (mut blocks_of_one, mut blocks_by_default) = (0, 0);
    for file in &files {
        let capture = std::fs::read(file).unwrap();
        let want = run(&capture, None);
        blocks_by_default += want.summary.blocks;
        for frames in [1, 3, 1000] {
            let got = run(&capture, Some(frames));
            assert!(got.output == want.output, "{}: blocks of {frames}", file.display());
            assert_eq!(got.summary.ledger, want.summary.ledger);
            assert_eq!(got.error, want.error);
            if frames == 1 {
                assert_eq!(
                    got.summary.blocks,
                    got.summary.run.packets,
                    "{}: one frame a block",
                    file.display()
                );
                blocks_of_one += got.summary.blocks;
            }
        }
        let slowly = Box::new(Slowly(Cursor::new(capture), 777));
        let got = run_reader(slowly, &Config::default(), None);
        assert!(got.output == want.output, "{}: reads of 777 bytes", file.display());
        assert_eq!(got.error, want.error);
    }
    assert!(blocks_of_one > 10 * blocks_by_default, "the block size did make a difference to the blocks");
}
