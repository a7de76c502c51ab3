//! Conforming messages are read back, however they are cut, and whatever is lost of them.

mod common;

use common::{a, b, cut_log, log};
use proptest::prelude::*;
use wiretrace_http::Limits;
use wiretrace_http::fuzzing::Op;

/// How a message says how long it is.
#[derive(Clone, Debug)]
enum Body {
    None,
    Sized(Vec<u8>),
    Chunked(Vec<Vec<u8>>, Option<String>),
}

#[derive(Clone, Debug)]
struct Message {
    start: String,
    fields: Vec<(String, String)>,
    body: Body,
}

impl Message {
    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{}\r\n", self.start);
        for (name, value) in &self.fields {
            head += &format!("{name}: {value}\r\n");
        }
        let mut bytes = head.into_bytes();
        match &self.body {
            Body::None => bytes.extend(b"Content-Length: 0\r\n\r\n"),
            Body::Sized(body) => {
                bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
                bytes.extend(body);
            }
            Body::Chunked(chunks, trailer) => {
                bytes.extend(b"Transfer-Encoding: chunked\r\n\r\n");
                for chunk in chunks {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                let trailer = trailer.as_ref().map_or(String::new(), |value| format!("T: {value}\r\n"));
                bytes.extend(format!("0\r\n{trailer}\r\n").bytes());
            }
        }
        bytes
    }

    /// What should come out of it at this offset.
    fn lines(&self, peer: &str, offset: usize) -> Vec<String> {
        let (before, after) = self.start.rsplit_once(" HTTP/").unwrap_or(("", &self.start[5..]));
        let start = match after.split_once(' ') {
            Some((version, status)) => format!("{status} {version}"),
            None => format!("{} {after}", before.as_bytes().escape_ascii()),
        };
        let (last, body) = match &self.body {
            Body::None => ("Content-Length: 0".into(), Vec::new()),
            Body::Sized(body) => (format!("Content-Length: {}", body.len()), body.clone()),
            Body::Chunked(chunks, _) => ("Transfer-Encoding: chunked".into(), chunks.concat()),
        };
        let fields = self
            .fields
            .iter()
            .map(|(name, value)| {
                format!("{}: {}", name.as_bytes().escape_ascii(), value.as_bytes().escape_ascii())
            })
            .chain([last]);
        let fields = fields.collect::<Vec<_>>().join(", ");
        let mut lines = vec![format!("{peer} begin {offset}"), format!("{peer} {start} [{fields}]")];
        if !body.is_empty() {
            lines.push(format!("{peer} body {}", body.escape_ascii()));
        }
        if let Body::Chunked(_, Some(value)) = &self.body {
            lines.push(format!("{peer} trailers [T: {value}]"));
        }
        lines.push(format!("{peer} end complete"));
        lines
    }
}

fn fields() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(("X-[!#$%&'*+.^_`|~0-9A-Za-z-]{0,8}", "([!-Z^-~]([ -Z^-~]{0,12}[!-Z^-~])?)?"), 0..4)
}

fn body() -> impl Strategy<Value = Body> {
    let bytes = |least: usize| prop::collection::vec(any::<u8>(), least..40);
    prop_oneof![
        Just(Body::None),
        bytes(1).prop_map(Body::Sized),
        (prop::collection::vec(bytes(1), 0..4), prop::option::of("[a-z]{1,5}"))
            .prop_map(|(chunks, trailer)| Body::Chunked(chunks, trailer)),
    ]
}

fn request() -> impl Strategy<Value = Message> {
    ("(GET|POST|PUT|M-SEARCH|X[!A-Z]{0,9}) /[!-Z^-~]{0,20} HTTP/1\\.[01]", fields(), body())
        .prop_map(|(start, fields, body)| Message { start, fields, body })
}

fn response() -> impl Strategy<Value = Message> {
    ("HTTP/1\\.[01] (200|201|302|404|500|599) [A-Za-z]([A-Za-z ]{0,10}[A-Za-z])?", fields(), body())
        .prop_map(|(start, fields, body)| Message { start, fields, body })
}

/// The log has the start line's parts in its own order.
fn expected(messages: &[Message], peer: &str, mut offset: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for message in messages {
        lines.extend(message.lines(peer, offset));
        offset += message.bytes().len();
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conforming_messages_are_read_back(
        requests in prop::collection::vec(request(), 1..5),
        responses in prop::collection::vec(response(), 1..5),
        lens in prop::collection::vec(1usize..60, 1..50),
    ) {
        let join = |messages: &[Message]| messages.iter().flat_map(Message::bytes).collect::<Vec<_>>();
        let (asked, answered) = (join(&requests), join(&responses));
        let want = [expected(&requests, "A", 0), expected(&responses, "B", 0)].concat();
        let ops = [a(&asked), b(&answered)];
        prop_assert_eq!(&log(&ops), &want);
        let mut lens = lens.iter().cycle();
        let cut = cut_log(&Limits::default(), &ops, || *lens.next().expect("endless"));
        prop_assert_eq!(cut, want);
    }

    /// A message in each segment; some segments are lost, and all others are found, whole.
    #[test]
    fn what_is_not_lost_is_found(
        responses in prop::collection::vec((response(), prop::bool::weighted(0.3)), 1..8),
    ) {
        let bytes: Vec<_> = responses.iter().map(|(message, _)| message.bytes()).collect();
        let (mut want, mut offset) = (Vec::new(), 0);
        for (message, lost) in &responses {
            if !lost {
                want.extend(message.lines("B", offset));
            }
            offset += message.bytes().len();
        }
        let ops: Vec<_> = responses.iter().zip(&bytes).map(|((_, lost), bytes)| {
            if *lost { common::gap_b(bytes.len() as u64) } else { b(bytes) }
        }).collect();
        let found: Vec<_> = log(&ops).into_iter().filter(|line| line != "B lost").collect();
        prop_assert_eq!(found, want);
    }

    /// Holes anywhere: what comes out does not depend on the cut, and whatever has no hole is reported as such.
    #[test]
    fn holes_anywhere(
        responses in prop::collection::vec(response(), 1..6),
        segments in prop::collection::vec((1usize..90, prop::bool::weighted(0.15)), 1..40),
    ) {
        let bytes: Vec<u8> = responses.iter().flat_map(Message::bytes).collect();
        let mut segments = segments.iter().cycle();
        let (mut ops, mut rest, mut whole) = (Vec::<Op<'_>>::new(), bytes.as_slice(), true);
        while !rest.is_empty() {
            let (len, lost) = segments.next().expect("endless");
            let (segment, later) = rest.split_at((*len).min(rest.len()));
            ops.push(if *lost { common::gap_b(segment.len() as u64) } else { b(segment) });
            (rest, whole) = (later, whole && !lost);
        }
        let found = log(&ops);
        prop_assert_eq!(&found, &cut_log(&Limits::default(), &ops, || 1));
        prop_assert_eq!(&found, &cut_log(&Limits::default(), &ops, || 13));
        let complete = found.iter().filter(|line| *line == "B end complete").count();
        prop_assert!(!whole || complete == responses.len());
        // A head at an offset where none was sent is not made up, unless of a body's bytes.
        let sent: Vec<_> = expected(&responses, "B", 0);
        let known = found.windows(2).filter(|pair| pair[0].contains(" begin ") && sent.windows(2).any(|p| p == *pair));
        prop_assert!(known.count() >= complete);
    }
}
