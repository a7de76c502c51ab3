//! SHA-1 of the streams, for those who compare them with somebody else's.

use sha1::{Digest as _, Sha1};
use wiretrace_tcp::{Half, HalfStats};

/// The streams of a connection so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Digests([Stream; 2]);

#[derive(Clone, Debug, Default)]
struct Stream {
    hash: Sha1,
    hashed: u64,
    /// Something was missing.
    broken: bool,
}

impl Digests {
    fn stream(&mut self, half: Half) -> &mut Stream {
        let [a, b] = &mut self.0;
        if half == Half::A { a } else { b }
    }

    /// The stream goes on with these bytes.
    pub(crate) fn data(&mut self, half: Half, bytes: &[u8]) {
        let stream = self.stream(half);
        stream.hash.update(bytes);
        stream.hashed += bytes.len() as u64;
    }

    /// The stream has a hole.
    pub(crate) fn gap(&mut self, half: Half) {
        self.stream(half).broken = true;
    }

    /// The digest of the whole stream; `None` where a part of it was not handed on.
    pub(crate) fn of(&mut self, half: Half, flow: &HalfStats) -> Option<[u8; 20]> {
        let stream = self.stream(half);
        let whole = !stream.broken && stream.hashed == flow.stream_len() && flow.missing_bytes() == 0;
        whole.then(|| stream.hash.clone().finalize().into())
    }
}
