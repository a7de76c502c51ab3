//! The hand-over, model-checked: every interleaving of its threads (up to loom's bound on preemptions) serves
//! every lane of every job exactly once, in order, by one thread at a time; completes the jobs in order, each
//! unshared; and ends.

/// What `handover.rs` finds under this name in the library are the standard library's.
mod sync {
    pub(crate) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
}

#[path = "../src/handover.rs"]
mod handover;

use handover::{Handover, Step};
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

/// A job: its number, and how often each lane has served it.
struct Job {
    number: usize,
    served: Vec<AtomicUsize>,
}

/// A lane: held while it serves, with the number of the job it expects.
type Lanes = Vec<Mutex<usize>>;

fn serve(lanes: &Lanes, lane: usize, job: &Job) {
    // Nobody else is in this lane: waiting for the lock would be an error.
    let mut expected = lanes[lane].try_lock().expect("one thread at a time");
    assert_eq!(*expected, job.number, "in order");
    *expected += 1;
    job.served[lane].fetch_add(1, Ordering::Relaxed);
}

struct Shape {
    workers: usize,
    lanes: usize,
    jobs: usize,
    depth: usize,
    wake_at: usize,
    preemptions: usize,
}

fn check(shape: Shape) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(shape.preemptions);
    let Shape { workers, lanes, jobs, depth, wake_at, .. } = shape;
    model.check(move || {
        let handover = Arc::new(Handover::<Job>::new(lanes, wake_at));
        let places: Arc<Lanes> = Arc::new((0..lanes).map(|_| Mutex::new(0)).collect());
        let threads: Vec<_> = (0..workers)
            .map(|worker| {
                let (handover, places) = (Arc::clone(&handover), Arc::clone(&places));
                let own = worker * lanes / workers..(worker + 1) * lanes / workers;
                thread::spawn(move || {
                    while let Some(claim) = handover.claim(own.clone()) {
                        serve(&places, claim.lane, &claim.job);
                        handover.served(claim);
                    }
                })
            })
            .collect();
        let mut completed = 0;
        let mut complete = |under_way: &mut usize| {
            loop {
                match handover.step() {
                    Step::Idle => return,
                    Step::Failed(reason) => panic!("{reason}"),
                    Step::Serve(claim) => {
                        serve(&places, claim.lane, &claim.job);
                        handover.served(claim);
                    }
                    Step::Complete(mut job) => {
                        assert_eq!(job.number, completed, "completed in order");
                        let alone = Arc::get_mut(&mut job).expect("a complete job is not shared");
                        for lane in &mut alone.served {
                            assert_eq!(lane.load(Ordering::Relaxed), 1, "once by each lane");
                        }
                        completed += 1;
                        *under_way -= 1;
                        return;
                    }
                }
            }
        };
        let mut under_way = 0;
        for number in 0..jobs {
            while under_way >= depth {
                complete(&mut under_way);
            }
            let served = (0..lanes).map(|_| AtomicUsize::new(0)).collect();
            under_way = handover.publish(Arc::new(Job { number, served }));
        }
        while under_way > 0 {
            complete(&mut under_way);
        }
        assert_eq!(completed, jobs, "nothing is missing");
        handover.close();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn one_worker_and_the_reader() {
    check(Shape { workers: 1, lanes: 2, jobs: 3, depth: 2, wake_at: 1, preemptions: 3 });
}

#[test]
fn one_worker_that_is_woken_for_a_backlog_only() {
    check(Shape { workers: 1, lanes: 2, jobs: 3, depth: 2, wake_at: 2, preemptions: 3 });
}

#[test]
fn two_workers_and_the_reader() {
    check(Shape { workers: 2, lanes: 2, jobs: 2, depth: 2, wake_at: 1, preemptions: 2 });
}

#[test]
fn a_failure_reaches_everybody() {
    loom::model(|| {
        let handover = Arc::new(Handover::<Job>::new(1, 1));
        let worker = {
            let handover = Arc::clone(&handover);
            thread::spawn(move || {
                if let Some(claim) = handover.claim(0..1) {
                    drop(claim);
                    handover.fail("injected".into());
                    assert!(handover.claim(0..1).is_none());
                }
            })
        };
        handover.publish(Arc::new(Job { number: 0, served: vec![AtomicUsize::new(0)] }));
        match handover.step() {
            // The reader was first: then nothing fails.
            Step::Serve(claim) => {
                handover.served(claim);
                assert!(matches!(handover.step(), Step::Complete(_)));
            }
            Step::Failed(reason) => assert_eq!(reason, "injected"),
            other => panic!("{other:?}"),
        }
        handover.close();
        worker.join().unwrap();
    });
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "job {}", self.number)
    }
}
