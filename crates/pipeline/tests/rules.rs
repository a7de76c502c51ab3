//! The event contract's rules, on conversations made for each.

mod support;

use support::{demo, run};
use wiretrace_testkit::build::Pcap;
use wiretrace_testkit::wire::{Conversation, Side};

fn trace(conversation: &Conversation) -> String {
    let mut pcap = Pcap::new(1);
    pcap.nanoseconds().frames(&conversation.frames());
    let run = run(&pcap.bytes(), None);
    assert!(run.summary.ledger.is_exact(), "{:#?}", run.summary.ledger);
    run.output
}

/// `target status proof` of each exchange.
fn exchanges(output: &str) -> Vec<String> {
    output
        .lines()
        .filter(|line| line.starts_with("http "))
        .map(|line| {
            let part = |from: &str, to: &str| {
                line.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or("-", |(part, _)| part)
            };
            let target = if line.contains("Some(\"GET ") { part("Some(\"GET ", " ") } else { "-" };
            let status = ["200", "201", "202", "203", "404"]
                .into_iter()
                .find(|status| line.contains(&format!("Some(\"{status} ")))
                .unwrap_or("-");
            let proof = if line.contains("Some(Proved)") {
                " proved"
            } else if line.contains("Some(Assumed)") {
                " assumed"
            } else {
                ""
            };
            format!("{target} {status}{proof}")
        })
        .collect()
}

fn request(n: u32) -> Vec<u8> {
    format!("GET /{n} HTTP/1.1\r\nHost: a.test\r\n\r\n").into_bytes()
}

fn response(status: u16) -> Vec<u8> {
    format!("HTTP/1.1 {status} Text\r\nContent-Length: 5\r\n\r\nhello").into_bytes()
}

#[test]
fn a_keep_alive_connection() {
    let mut c = Conversation::new();
    c.syn();
    for n in 1..=3 {
        c.client(&request(n)).server(&response(200));
    }
    c.fin();
    assert_eq!(exchanges(&trace(&c)), ["/1 200 proved", "/2 200 proved", "/3 200 proved"]);
}

#[test]
fn pipelined_requests_keep_their_answers() {
    let mut c = Conversation::new();
    c.syn().client(&[request(1), request(2), request(3)].concat());
    c.server(&[response(200), response(201), response(202)].concat()).fin();
    assert_eq!(exchanges(&trace(&c)), ["/1 200 proved", "/2 201 proved", "/3 202 proved"]);
}

#[test]
fn a_lost_request_leaves_its_answer_alone() {
    let mut c = Conversation::new();
    c.syn().client(&request(1)).server(&response(200));
    c.lose_next().client(&request(2)).server(&response(201));
    c.client(&request(3)).server(&response(202)).wait(500).fin();
    let got = exchanges(&trace(&c));
    assert_eq!(got, ["/1 200 proved", "- 201", "/3 202 proved"]);
}

#[test]
fn a_lost_answer_leaves_its_request_alone() {
    let mut c = Conversation::new();
    c.syn().client(&request(1)).lose_next().server(&response(200));
    c.client(&request(2)).server(&response(201)).wait(500);
    c.client(&request(3)).server(&response(202)).fin();
    assert_eq!(exchanges(&trace(&c)), ["/1 -", "/2 201 proved", "/3 202 proved"]);
}

#[test]
fn answer_and_next_request_lost_is_never_a_proven_pair() {
    let mut c = Conversation::new();
    c.syn().client(&request(1)).lose_next().server(&response(200));
    c.lose_next().client(&request(2)).server(&response(201)).wait(500);
    c.client(&request(3)).server(&response(202)).wait(500).fin();
    assert_eq!(exchanges(&trace(&c)), ["/1 -", "- 201", "/3 202 proved"]);
}

#[test]
fn joined_midway_the_numbers_prove_the_pairs() {
    let mut c = Conversation::new();
    c.syn().client(&request(1)).server(&response(200)).midstream();
    c.client(&request(2)).server(&response(201)).client(&request(3)).server(&response(202));
    assert_eq!(exchanges(&trace(&c)), ["/2 201 proved", "/3 202 proved"]);
}

#[test]
fn a_hole_in_a_sized_body_keeps_the_framing() {
    let mut c = Conversation::new();
    c.mss(100).syn().client(&request(1));
    c.server(&[&b"HTTP/1.1 200 Text\r\nContent-Length: 300\r\n\r\n"[..], &[b'x'; 50]].concat());
    c.lose_next().server(&[b'y'; 100]);
    c.server(&[b'z'; 100]).server(&[b'z'; 50]).wait(500);
    c.client(&request(2)).server(&response(201)).wait(500).fin();
    let output = trace(&c);
    assert_eq!(exchanges(&output), ["/1 200 proved", "/2 201 proved"]);
    assert!(output.contains("body=200 complete=false"), "{output}");
    assert!(output.contains("\"gap\""), "{output}");
}

#[test]
fn swapped_and_doubled_segments_change_nothing() {
    let mut plain = Conversation::new();
    plain.mss(40).syn().client(&request(1)).server(&response(200)).fin();
    let mut c = Conversation::new();
    c.mss(40).syn().client(&request(1)).swap().duplicate().server(&response(200)).swap().duplicate().fin();
    assert_eq!(exchanges(&trace(&c)), exchanges(&trace(&plain)));
}

#[test]
fn ends_come_once_and_after_the_linger() {
    let mut c = Conversation::new();
    c.syn().client(&request(1)).server(&response(200)).fin();
    let mut later = Conversation::new();
    later.port(50_000).wait(200_000).syn().client(&request(1)).server(&response(200)).fin();
    let mut pcap = Pcap::new(1);
    pcap.nanoseconds().frames(&c.frames()).frames(&later.frames());
    let output = run(&pcap.bytes(), None).output;
    let lines: Vec<_> = output.lines().collect();
    let end = lines.iter().position(|line| line.contains("kind: End")).unwrap();
    let start = lines.iter().rposition(|line| line.contains("kind: Start")).unwrap();
    assert!(end < start, "the first connection's end comes before the first frame behind its deadline");
    assert_eq!(lines.iter().filter(|line| line.contains("kind: End")).count(), 2);
    // Over since the second FIN: the last frame but one, its acknowledgement follows.
    let frames = c.frames();
    let deadlines = frames.iter().rev().take(2).map(|frame| format!("at: {},", frame.0 + 60_000_000_000));
    assert!(deadlines.into_iter().any(|deadline| lines[end].contains(&deadline)), "{}", lines[end]);
}

#[test]
fn half_closed_and_reset() {
    let mut c = Conversation::new();
    c.syn().client(&request(1)).fin_from(Side::Client);
    c.server(b"HTTP/1.1 200 Text\r\n\r\nuntil ").server(b"close").fin_from(Side::Server);
    let output = trace(&c);
    assert!(output.contains("body=11 complete=true"), "{output}");
    let mut c = Conversation::new();
    c.syn().client(&request(1)).server(b"HTTP/1.1 200 Text\r\n\r\nuntil ").rst_from(Side::Server);
    let output = trace(&c);
    assert!(output.contains("body=6 complete=false") && output.contains("\"truncated\""), "{output}");
}

#[test]
fn garbage_beside_good_traffic_changes_nothing() {
    let demo = demo();
    let want = run(&demo, None);
    let want: Vec<_> = exchanges(&want.output);
    assert!(want.len() > 30);
    // The same capture, with a stream of noise on another connection and undecodable frames in between.
    let mut noise = Conversation::new();
    noise.port(1).syn();
    for n in 0..200u32 {
        let bytes: Vec<u8> = (0..97).map(|i| (i * 31 + n * 17) as u8).collect();
        noise.client(&bytes).lose_next().server(&bytes);
    }
    let mut pcap = Pcap::new(1);
    pcap.nanoseconds();
    let mut frames = Vec::new();
    let mut source = wiretrace_capture::FileSource::from_reader(
        "demo".into(),
        Box::new(std::io::Cursor::new(demo)),
        &Default::default(),
    )
    .unwrap();
    let pool = wiretrace_capture::BlockPool::new(Default::default());
    loop {
        use wiretrace_capture::Source;
        let mut builder = pool.lease();
        let fill = source.fill(&mut builder).unwrap();
        for frame in builder.seal().frames() {
            frames.push((frame.at.0, frame.data.to_vec()));
        }
        if fill == wiretrace_capture::Fill::End {
            break;
        }
    }
    let first: i64 = frames.first().map(|frame: &(i64, Vec<u8>)| frame.0).unwrap();
    for (n, mut frame) in noise.frames().into_iter().enumerate() {
        frame.0 = first + n as i64 * 1_000_000;
        frames.push(frame);
        if n % 5 == 0 {
            frames.push((first + n as i64 * 1_000_000, vec![0x45; n % 60]));
        }
    }
    frames.sort_by_key(|frame| frame.0);
    pcap.frames(&frames);
    let got = run(&pcap.bytes(), None);
    assert!(got.summary.ledger.is_exact());
    assert_eq!(exchanges(&got.output), want);
}

#[test]
fn what_the_http_sides_hold_is_bounded_for_all_of_them_together() {
    use wiretrace_pipeline::{Config, Limits};
    // 400 connections, each with half a head of 2,000 bytes, and then a good exchange on another one.
    let mut frames = Vec::new();
    for port in 0..400u16 {
        let mut c = Conversation::new();
        let head = [&b"GET / HTTP/1.1\r\nX: "[..], &[b'a'; 2000]].concat();
        c.port(2_000 + port).at(1_000_000_000_000 + i64::from(port)).syn().client(&head);
        frames.push(c.frames());
    }
    let mut good = Conversation::new();
    good.port(1).at(1_000_900_000_000).syn().client(&request(1)).server(&response(200)).fin();
    frames.push(good.frames());
    let mut pcap = Pcap::new(1);
    pcap.nanoseconds().frames(&wiretrace_testkit::wire::merge(frames));
    let small = Config {
        partitions: 4,
        limits: Limits { application_bytes: 20_000, ..Limits::default() },
        ..Config::default()
    };
    let run = support::run_reader(Box::new(std::io::Cursor::new(pcap.bytes())), &small, None);
    assert!(run.summary.ledger.is_exact(), "{:#?}", run.summary.ledger);
    let counts = run.summary.counts;
    assert!(
        counts.application_over_limit >= 400 - 4 * 10 && counts.application_over_limit <= 400,
        "{counts:?}"
    );
    assert!(exchanges(&run.output).contains(&"/1 200 proved".to_owned()), "the good one is not harmed");
    assert_eq!(run.output.matches("\"limit\"").count() as u64, counts.application_over_limit);
}

/// A capture point five milliseconds from the client and twenty from the server.
#[test]
fn the_wait_is_split_by_the_handshake() {
    let timings = |c: &Conversation| -> Vec<String> {
        let output = trace(c);
        let part = |line: &str| {
            let (_, rest) = line.split_once("wait: ").unwrap();
            rest.split_once(", response").unwrap().0.to_owned()
        };
        output.lines().filter(|line| line.starts_with("http ")).map(part).collect()
    };
    let mut c = Conversation::new();
    c.step(0).syn_only(Side::Client).wait(20).syn_only(Side::Server).wait(5).ack(Side::Client);
    c.client(&request(1)).wait(120).server(&response(200));
    // Faster than the round trip: the network had all of it.
    c.client(&request(2)).wait(7).server(&response(200)).fin();
    let want = [
        "Some(120000000), network: Some(20000000), server: Some(100000000)",
        "Some(7000000), network: Some(7000000), server: Some(0)",
    ];
    assert_eq!(timings(&c), want);
    // Without the handshake nobody knows.
    let mut c = Conversation::new();
    c.step(0).client(&request(1)).wait(5).server(&response(200));
    assert_eq!(timings(&c), ["Some(5000000), network: None, server: None"]);
}

/// RFC 9110 §10.1.1: a refused client that goes on without its body.
#[test]
fn a_refused_request_and_the_next_one_are_two_exchanges() {
    let post = |length: usize| {
        format!(
            "POST /1 HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let lines = |behind: &[&[u8]], length: usize| {
        let mut c = Conversation::new();
        c.syn().client(post(length).as_bytes()).wait(20).server(&response(417)).wait(5_000);
        behind.iter().for_each(|bytes| {
            c.client(bytes);
        });
        c.server(&response(200)).fin();
        let output = trace(&c);
        output.lines().filter(|line| line.starts_with("http ")).map(String::from).collect::<Vec<_>>()
    };
    let next = request(2);
    let (one, two) = next.split_at(9);
    for behind in [vec![&next[..]], vec![one, two]] {
        let lines = lines(&behind, 1_000);
        let [first, second] = &lines[..] else { panic!("{lines:#?}") };
        for part in ["POST /1 ", "body=0 complete=false", "417 Text", "Proved", "unsent_body"] {
            assert!(first.contains(part), "{part}: {first}");
        }
        assert!(!first.contains("truncated"), "{first}");
        for part in ["GET /2 ", "200 Text", "Proved"] {
            assert!(second.contains(part), "{part}: {second}");
        }
        assert!(!second.contains("complete=false") && !second.contains("unsent_body"), "{second}");
        // The request ended with its head, not five seconds later with the next one.
        assert!(first.contains("request: Some(0)"), "{first}");
    }
    // The client that does send it.
    let body = [b'X'; 1_000];
    let lines = lines(&[&body, &next], 1_000);
    let [first, second] = &lines[..] else { panic!("{lines:#?}") };
    assert!(first.contains("body=1000 complete=true") && !first.contains("unsent_body"), "{first}");
    assert!(second.contains("GET /2 ") && second.contains("Proved"), "{second}");
}
