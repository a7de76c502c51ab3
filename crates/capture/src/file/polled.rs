//! Reading from something that may keep us waiting: a pipe, a terminal, a socket.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// So long a read waits at most, milliseconds: whoever asks for frames gets to look up in between, be it to print
/// what is complete or to stop.
#[cfg(unix)]
const WAIT_MS: i64 = 50;

/// A file that is read only when it has something: else [`io::ErrorKind::WouldBlock`], after a short wait.
#[derive(Clone)]
pub(super) struct Polled(Arc<File>);

impl Polled {
    pub(super) fn new(file: File) -> Self {
        Polled(Arc::new(file))
    }

    /// Whether a read would return at once, with bytes, the end or an error.
    #[cfg(unix)]
    pub(super) fn is_ready(&self) -> bool {
        self.wait(0)
    }

    #[cfg(unix)]
    fn wait(&self, ms: i64) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let timeout = Timespec { tv_sec: 0, tv_nsec: (ms * 1_000_000) as _ };
        // What cannot be polled is read.
        match poll(&mut [PollFd::new(&*self.0, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => ready > 0,
            Err(error) => error != rustix::io::Errno::INTR,
        }
    }

    /// Nobody knows: it may wait.
    #[cfg(not(unix))]
    pub(super) fn is_ready(&self) -> bool {
        false
    }
}

impl Read for Polled {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        if !self.wait(WAIT_MS) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        (&*self.0).read(out)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn waits_a_moment_only() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut polled = Polled::new(File::from(std::os::fd::OwnedFd::from(reader)));
        let mut out = [0; 8];
        assert!(!polled.is_ready());
        assert_eq!(polled.read(&mut out).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        writer.write_all(b"abc").unwrap();
        assert!(polled.is_ready());
        assert_eq!(polled.read(&mut out).unwrap(), 3);
        assert!(!polled.is_ready());
        drop(writer);
        assert!(polled.is_ready());
        assert_eq!(polled.read(&mut out).unwrap(), 0);
    }
}
