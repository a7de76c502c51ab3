//! Pairing against numbers made up for each case.

use super::*;
use wiretrace_http::Version;

/// A connection whose streams start at sequence number 1,000 (A, the requester) and 5,000 (B).
struct Fake {
    starts_known: bool,
    holds_back: bool,
}

impl Numbers for Fake {
    fn position(&self, peer: Peer, number: u32) -> Option<i64> {
        Some(i64::from(number) - if peer == Peer::A { 1000 } else { 5000 })
    }

    fn starts_known(&self) -> bool {
        self.starts_known
    }

    fn holds_back(&self, _: Peer) -> bool {
        self.holds_back
    }
}

struct Case {
    pairing: Pairing,
    pool: RecordPool,
    numbers: Fake,
}

impl Case {
    fn new(starts_known: bool) -> Self {
        let numbers = Fake { starts_known, holds_back: false };
        Self { pairing: Pairing::default(), pool: RecordPool::default(), numbers }
    }

    fn begin(&mut self, peer: Peer, frame: u64, position: u64, acked: u64) {
        let base = if peer == Peer::A { 5000 } else { 1000 };
        let mark = Mark { at: frame as i64, frame, ack: Some((base + acked) as u32) };
        self.pairing.segment(peer, mark.at);
        self.pairing.begin(peer, position, &mark);
    }

    /// A whole request that begins at `position` and acknowledges `acked` bytes of the answers' stream.
    fn request(&mut self, frame: u64, position: u64, acked: u64, target: &str) {
        self.begin(Peer::A, frame, position, acked);
        let head = RequestHead {
            peer: Peer::A,
            method: b"GET",
            target: target.as_bytes(),
            version: Version { major: 1, minor: 1 },
            fields: &[],
            head: b"",
            complete: true,
        };
        self.pairing.request_head(&head, true, &self.numbers, &mut self.pool);
        self.pairing.message_end(Peer::A, true);
        self.pairing.settle(&self.numbers);
    }

    fn response(&mut self, frame: u64, position: u64, acked: u64, status: u16) {
        self.begin(Peer::B, frame, position, acked);
        let head = ResponseHead {
            peer: Peer::B,
            version: Version { major: 1, minor: 1 },
            status,
            reason: b"",
            fields: &[],
            head: b"",
            complete: true,
            interim: (100..200).contains(&status) && status != 101,
        };
        self.pairing.response_head(&head, true, &self.numbers, &mut self.pool);
        self.pairing.message_end(Peer::B, true);
        self.pairing.settle(&self.numbers);
    }

    /// What is done so far: `target status mark`.
    fn done(&mut self, force: bool) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some((record, index)) = self.pairing.next_done(force, &mut self.pool) {
            let target = if record.request.present {
                let record = &*record;
                let exchange = crate::Exchange {
                    record,
                    index,
                    connection: crate::ConnectionInfo {
                        id: 1,
                        client: ([10, 0, 0, 1], 1).into(),
                        server: ([10, 0, 0, 2], 2).into(),
                    },
                };
                String::from_utf8_lossy(exchange.request().unwrap().target()).into_owned()
            } else {
                "-".into()
            };
            let status = if record.response.present {
                crate::Exchange {
                    record: &record,
                    index,
                    connection: crate::ConnectionInfo {
                        id: 1,
                        client: ([10, 0, 0, 1], 1).into(),
                        server: ([10, 0, 0, 2], 2).into(),
                    },
                }
                .response()
                .unwrap()
                .status()
                .to_string()
            } else {
                "-".into()
            };
            let both = record.request.present && record.response.present;
            let mark = match record.proof.filter(|_| both) {
                Some(Proof::Proved) => " proved",
                Some(Proof::Assumed) => " assumed",
                None => "",
            };
            lines.push(format!("{index} {target} {status}{mark}"));
        }
        lines
    }
}

#[test]
fn in_step_order_decides() {
    let mut case = Case::new(true);
    case.request(1, 0, 0, "/1");
    case.request(2, 50, 0, "/2");
    case.request(3, 100, 0, "/3");
    assert!(case.done(false).is_empty());
    case.response(4, 0, 150, 200);
    case.response(5, 80, 150, 404);
    assert_eq!(case.done(false), ["1 /1 200 proved", "2 /2 404 proved"]);
    case.response(6, 160, 150, 500);
    assert_eq!(case.done(false), ["3 /3 500 proved"]);
}

#[test]
fn interim_responses_belong_to_the_final_one() {
    let mut case = Case::new(true);
    case.request(1, 0, 0, "/1");
    case.response(2, 0, 50, 100);
    case.response(3, 25, 50, 103);
    case.response(4, 50, 50, 200);
    let (record, _) = case.pairing.next_done(false, &mut case.pool).unwrap();
    assert_eq!(record.interim.as_slice(), [100, 103]);
}

#[test]
fn an_answer_before_its_request_waits_for_it() {
    let mut case = Case::new(true);
    case.response(1, 0, 50, 200);
    assert!(case.done(false).is_empty());
    case.request(2, 0, 0, "/1");
    assert_eq!(case.done(false), ["1 /1 200 proved"]);
}

#[test]
fn an_answer_that_nobody_asks_for_stands_alone_at_the_end() {
    let mut case = Case::new(true);
    case.response(1, 0, 0, 408);
    assert!(case.done(false).is_empty());
    case.pairing.finished(Peer::A, &case.numbers);
    assert_eq!(case.done(false), ["1 - 408"]);
}

#[test]
fn from_the_middle_the_acknowledgement_proves_the_pair() {
    let mut case = Case::new(false);
    case.response(1, 0, 70, 304); // its request went before the capture
    case.request(2, 100, 80, "/2");
    case.response(3, 80, 150, 200);
    case.request(4, 150, 160, "/3");
    case.response(5, 160, 200, 200);
    assert_eq!(case.done(false), ["1 - 304", "2 /2 200 proved", "3 /3 200 proved"]);
}

#[test]
fn request_lost_then_its_answer_stands_alone() {
    let mut case = Case::new(true);
    case.request(1, 0, 0, "/1");
    case.response(2, 0, 50, 200);
    // request /2 at 50 is lost; its answer comes at 80
    case.response(3, 80, 100, 201);
    case.pairing.lost(Peer::A); // the hole shows when /3 comes
    case.request(5, 100, 160, "/3");
    case.response(6, 160, 150, 202);
    assert_eq!(case.done(false), ["1 /1 200 proved", "2 - 201", "3 /3 202 proved"]);
}

#[test]
fn answer_and_next_request_lost_is_no_pair() {
    let mut case = Case::new(true);
    case.request(1, 0, 0, "/1");
    // answer 1 (0..80) and request 2 (50..100) are lost; answer 2 begins at 80
    case.pairing.lost(Peer::B);
    case.response(5, 80, 100, 202);
    assert_eq!(case.done(false), ["1 /1 -", "2 - 202"]);
}

#[test]
fn the_last_request_before_the_answer_gets_it() {
    let mut case = Case::new(true);
    case.request(1, 0, 0, "/1");
    case.request(2, 50, 0, "/2");
    case.pairing.lost(Peer::B);
    case.request(9, 100, 200, "/3");
    // no acknowledgement number to go by
    case.pairing.segment(Peer::B, 8);
    case.pairing.begin(Peer::B, 120, &Mark { at: 8, frame: 8, ack: None });
    let head = ResponseHead {
        peer: Peer::B,
        version: Version { major: 1, minor: 1 },
        status: 200,
        reason: b"",
        fields: &[],
        head: b"",
        complete: true,
        interim: false,
    };
    case.pairing.response_head(&head, true, &case.numbers, &mut case.pool);
    case.pairing.message_end(Peer::B, true);
    // /2 asked with 0 acknowledged: its own answer began at 0, where bytes are missing.
    assert_eq!(case.done(false), ["1 /1 -", "2 /2 -"]);
    assert_eq!(case.done(true), ["3 /3 -", "4 - 200"]);
}

#[test]
fn an_older_answer_leaves_the_request_waiting_for_its_own() {
    let mut case = Case::new(false);
    case.request(1, 100, 80, "/2");
    case.response(2, 40, 100, 201); // begins before what the client had acknowledged
    case.response(3, 80, 150, 202);
    assert_eq!(case.done(false), ["1 /2 202 proved", "2 - 201"]);
}

#[test]
fn a_server_that_had_not_heard_the_request_did_not_answer_it() {
    let mut case = Case::new(false);
    case.request(1, 100, 80, "/2");
    case.response(2, 80, 100, 201);
    assert_eq!(case.done(true), ["1 /2 -", "2 - 201"]);
}

#[test]
fn a_pipelining_client_with_a_hole_before_the_request_proves_nothing() {
    let mut case = Case::new(true);
    case.request(1, 0, 0, "/1");
    case.request(2, 50, 0, "/2");
    case.response(3, 0, 100, 200);
    case.response(4, 80, 100, 200);
    case.pairing.lost(Peer::A); // /3 at 100 lost
    case.request(6, 150, 160, "/4");
    case.response(7, 160, 200, 200);
    assert_eq!(case.done(false), ["1 /1 200 proved", "2 /2 200 proved", "3 /4 200 assumed"]);
}

#[test]
fn what_is_held_back_is_waited_for() {
    let mut case = Case::new(true);
    case.request(1, 0, 0, "/1");
    case.response(2, 0, 50, 200);
    // request /2 (50..100) lost, request /3 (100..150) is held behind the hole; both answers arrive
    case.numbers.holds_back = true;
    case.response(5, 80, 150, 202);
    case.response(6, 160, 150, 203);
    assert_eq!(case.done(false), ["1 /1 200 proved"]);
    case.pairing.lost(Peer::A);
    case.numbers.holds_back = false;
    case.request(4, 100, 80, "/3"); // frame 4: captured before both answers
    let lines = case.done(false);
    // A hole before a pipelined request: order alone cannot tell, the numbers do not contradict the first.
    assert_eq!(lines, ["2 /3 202 proved", "3 - 203"]);
}

#[test]
fn over_the_bound_the_oldest_is_closed_as_it_is() {
    let mut case = Case::new(true);
    for n in 0..5 {
        case.request(n, n * 50, 0, "/");
    }
    assert!(case.pairing.next_done(false, &mut case.pool).is_none());
    assert!(case.pairing.next_done(true, &mut case.pool).is_some());
    case.response(9, 0, 250, 200);
    assert_eq!(case.done(false), ["2 / 200 proved"]);
}
