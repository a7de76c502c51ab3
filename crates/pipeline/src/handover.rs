//! The hand-over: jobs (sealed, decoded blocks) go to the threads that serve them, and come back whole, in order.
//!
//! The work on a job is divided into **lanes**, fixed shares of the partitions. Every lane serves every job, in the
//! jobs' order, one thread at a time; which thread that is makes no difference to the result, so it is settled job
//! by job: a worker takes the lanes of its own first, whose tables it has in its cache, and helps with the others
//! where its own have nothing to do. The reading thread helps where it would have to wait: when as many jobs are
//! under way as may be, when the input may pause, and at its end. So neither a busy connection nor a slow reader
//! leaves a thread idle while there is something that it may do.
//!
//! One lock for the bookkeeping, taken twice for each lane and job, never for a frame. Sleeping workers are woken
//! for a backlog only: while the input trickles, the reading thread does everything itself, at once.
//!
//! Model-checked: `tests/handover.rs` compiles this file with loom's locks in place of the standard ones.

use std::collections::VecDeque;
use std::sync::PoisonError;

use super::sync::{Arc, Condvar, Mutex, MutexGuard};

/// See the module's documentation. `J` is shared with all threads until it is complete.
pub(crate) struct Handover<J> {
    state: Mutex<State<J>>,
    /// Where workers sleep.
    work: Condvar,
    /// Where the reading thread sleeps.
    complete: Condvar,
    /// A backlog of so many jobs wakes a worker.
    wake_at: usize,
}

struct State<J> {
    /// Oldest first.
    under_way: VecDeque<UnderWay<J>>,
    /// Number of the oldest job under way; counted from 0.
    oldest: u64,
    lanes: Vec<Lane>,
    asleep: usize,
    over: bool,
    failure: Option<String>,
}

struct UnderWay<J> {
    job: Arc<J>,
    /// Lanes that have not served it.
    left: usize,
}

struct Lane {
    /// Number of the job that it serves next, or now.
    next: u64,
    busy: bool,
}

/// Leave and duty to serve one lane's share of a job: to be given back with [`Handover::served`].
#[derive(Debug)]
pub(crate) struct Claim<J> {
    pub(crate) lane: usize,
    pub(crate) job: Arc<J>,
}

/// What the reading thread does next to get on with the oldest job.
#[derive(Debug)]
pub(crate) enum Step<J> {
    /// Nothing is under way.
    Idle,
    /// All lanes have served it: it is not shared any more.
    Complete(Arc<J>),
    /// Lend a hand.
    Serve(Claim<J>),
    /// A thread failed; nothing more will come.
    Failed(String),
}

impl<J> State<J> {
    /// Whether this lane can be claimed, and then for the how-manieth job under way.
    fn pending(&self, lane: usize) -> Option<u64> {
        let Lane { next, busy } = self.lanes.get(lane)?;
        let ahead = next.checked_sub(self.oldest)?;
        (!busy && ahead < self.under_way.len() as u64).then_some(ahead)
    }

    /// The lane that is behind most, the first of several in this order.
    fn pick(&self, lanes: impl Iterator<Item = usize>) -> Option<(usize, u64)> {
        lanes.filter_map(|lane| Some((lane, self.pending(lane)?))).min_by_key(|&(_, ahead)| ahead)
    }

    /// Own lanes from the first to the last, others from the last to the first: so that helpers meet the owner
    /// as late as can be, and tend to help with the same lanes.
    fn claim(&mut self, own: std::ops::Range<usize>) -> Option<Claim<J>> {
        let all = 0..self.lanes.len();
        let picked =
            self.pick(own.clone()).or_else(|| self.pick(all.rev().filter(|lane| !own.contains(lane))));
        let (lane, ahead) = picked?;
        let job = Arc::clone(&self.under_way.get(usize::try_from(ahead).ok()?)?.job);
        self.lanes.get_mut(lane)?.busy = true;
        Some(Claim { lane, job })
    }
}

impl<J> Handover<J> {
    /// For jobs with this many lanes; a backlog of `wake_at` jobs wakes a sleeping worker.
    pub(crate) fn new(lanes: usize, wake_at: usize) -> Self {
        let state = State {
            under_way: VecDeque::new(),
            oldest: 0,
            lanes: (0..lanes).map(|_| Lane { next: 0, busy: false }).collect(),
            asleep: 0,
            over: false,
            failure: None,
        };
        Self { state: Mutex::new(state), work: Condvar::new(), complete: Condvar::new(), wake_at }
    }

    /// Nothing panics while it holds this lock, so it cannot be poisoned.
    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job under way, behind the others; never waits. Gives the number of jobs under way.
    pub(crate) fn publish(&self, job: Arc<J>) -> usize {
        let mut state = self.state();
        let left = state.lanes.len();
        state.under_way.push_back(UnderWay { job, left });
        if state.asleep > 0 && state.under_way.len() >= self.wake_at {
            self.work.notify_one();
        }
        state.under_way.len()
    }

    /// The next claim of a worker with these own lanes; waits for one. `None` when all is over.
    pub(crate) fn claim(&self, own: std::ops::Range<usize>) -> Option<Claim<J>> {
        let mut state = self.state();
        loop {
            if state.over {
                return None;
            }
            if let Some(claim) = state.claim(own.clone()) {
                // Whoever wakes up and finds more than it can do wakes up the next one.
                if state.asleep > 0
                    && state.under_way.len() >= self.wake_at
                    && state.pick(0..state.lanes.len()).is_some()
                {
                    self.work.notify_one();
                }
                return Some(claim);
            }
            state.asleep += 1;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep -= 1;
        }
    }

    /// The claimed lane has served its job.
    pub(crate) fn served(&self, claim: Claim<J>) {
        let Claim { lane, job } = claim;
        // Before the job can be seen as complete: whoever takes it then is alone with it.
        drop(job);
        let mut state = self.state();
        let oldest = state.oldest;
        let Some(place) = state.lanes.get_mut(lane) else { return };
        let ahead = place.next - oldest;
        place.next += 1;
        place.busy = false;
        if let Some(under_way) = usize::try_from(ahead).ok().and_then(|at| state.under_way.get_mut(at)) {
            under_way.left -= 1;
            if under_way.left == 0 && ahead == 0 {
                self.complete.notify_one();
            }
        }
    }

    /// The reading thread's next step towards the oldest job's completion; waits where others must go first.
    pub(crate) fn step(&self) -> Step<J> {
        let mut state = self.state();
        loop {
            if let Some(reason) = &state.failure {
                return Step::Failed(reason.clone());
            }
            match state.under_way.front() {
                None => return Step::Idle,
                Some(UnderWay { left: 0, .. }) => {
                    state.oldest += 1;
                    match state.under_way.pop_front() {
                        Some(UnderWay { job, .. }) => return Step::Complete(job),
                        None => return Step::Idle,
                    }
                }
                Some(_) => {}
            }
            if let Some(claim) = state.claim(0..0) {
                return Step::Serve(claim);
            }
            state = self.complete.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A thread cannot go on: everybody stops.
    pub(crate) fn fail(&self, reason: String) {
        let mut state = self.state();
        state.failure.get_or_insert(reason);
        state.over = true;
        self.work.notify_all();
        self.complete.notify_all();
    }

    /// All is over: workers go home, whatever is under way.
    pub(crate) fn close(&self) {
        self.state().over = true;
        self.work.notify_all();
    }
}
