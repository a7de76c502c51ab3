//! Waiting for frames without spinning.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Waits until one of the descriptors has something to say, a signal comes, or the time is over; true for each
/// descriptor in trouble.
pub(super) fn wait(fds: &[BorrowedFd<'_>], time: Duration, trouble: &mut Vec<bool>) {
    let mut fds: Vec<PollFd<'_>> =
        fds.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
    let time = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: i64::from(time.subsec_nanos()) as _ };
    trouble.clear();
    match poll(&mut fds, Some(&time)) {
        Ok(_) => trouble.extend(
            fds.iter().map(|fd| fd.revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL)),
        ),
        // A signal: the caller looks whether it is to stop.
        Err(rustix::io::Errno::INTR) => {}
        // The system will not wait for us: at least do not spin.
        Err(_) => std::thread::sleep(Duration::from_millis(10)),
    }
    trouble.resize(fds.len(), false);
}
