//! Conforming messages are read back, however they are cut, and whatever is lost of them.

mod common;

use common::{a, b, cut_log, log, strict_log};
use proptest::prelude::*;
use wiretrace_http::Limits;
use wiretrace_http::fuzzing::Op;

/// How a message says how long it is.
#[derive(Clone, Debug)]
enum Body {
    /// It does not, as it cannot have one (204, 304), or need not (a request).
    Untold,
    /// It tells of one that is not there: the answer to HEAD, a 304.
    Absent(usize),
    Sized(Vec<u8>),
    /// Chunks with their extensions, the codings in front of chunked, and trailers.
    Chunked(Vec<(Vec<u8>, String)>, String, Vec<(String, String)>),
}

#[derive(Clone, Debug)]
struct Message {
    start: String,
    fields: Vec<(String, String)>,
    body: Body,
    interim: bool,
}

impl Message {
    /// The field that tells the framing.
    fn framing(&self) -> Option<(String, String)> {
        let length = |len: usize| Some(("Content-Length".to_owned(), len.to_string()));
        match &self.body {
            Body::Untold => None,
            Body::Absent(len) => length(*len),
            Body::Sized(body) => length(body.len()),
            Body::Chunked(_, codings, _) => Some(("Transfer-Encoding".into(), format!("{codings}chunked"))),
        }
    }

    fn all_fields(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.fields.iter().cloned().chain(self.framing())
    }

    fn bytes(&self) -> Vec<u8> {
        let fields: String = self.all_fields().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let mut bytes = format!("{}\r\n{fields}\r\n", self.start).into_bytes();
        match &self.body {
            Body::Untold | Body::Absent(_) => {}
            Body::Sized(body) => bytes.extend(body),
            Body::Chunked(chunks, _, trailers) => {
                for (chunk, extension) in chunks {
                    bytes.extend(format!("{:x}{extension}\r\n", chunk.len()).bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                let trailers: String =
                    trailers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                bytes.extend(format!("0\r\n{trailers}\r\n").bytes());
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
        let section = |fields: &mut dyn Iterator<Item = (String, String)>| {
            let escape = |text: &str| text.as_bytes().escape_ascii().to_string();
            let fields = fields.map(|(name, value)| format!("{}: {}", escape(&name), escape(&value)));
            fields.collect::<Vec<_>>().join(", ")
        };
        let interim = if self.interim { " interim" } else { "" };
        let fields = section(&mut self.all_fields());
        let mut lines = vec![format!("{peer} begin {offset}"), format!("{peer} {start} [{fields}]{interim}")];
        let body = match &self.body {
            Body::Sized(body) => body.clone(),
            Body::Chunked(chunks, ..) => chunks.iter().flat_map(|(chunk, _)| chunk.clone()).collect(),
            Body::Untold | Body::Absent(_) => Vec::new(),
        };
        if !body.is_empty() {
            lines.push(format!("{peer} body {}", body.escape_ascii()));
        }
        if let Body::Chunked(_, _, trailers) = &self.body
            && !trailers.is_empty()
        {
            lines.push(format!("{peer} trailers [{}]", section(&mut trailers.iter().cloned())));
        }
        lines.push(format!("{peer} end complete"));
        lines
    }
}

fn fields() -> impl Strategy<Value = Vec<(String, String)>> {
    // Names of tchars, values of visible and other bytes with blanks between; long ones, too.
    let value = "([!-~\u{e4}\u{20ac}]([ -~\t\u{fc}]{0,12}[!-~])?|[a-z=;,]{30,60})?";
    prop::collection::vec(("X-[!#$%&'*+.^_`|~0-9A-Za-z-]{0,20}", value), 0..4)
}

fn chunked() -> impl Strategy<Value = Body> {
    let extension = "(;[a-z]{1,3}(=([a-z]{1,3}|\"[a-z ;,]{0,4}(\\\\\")?\"))?){0,2}";
    let chunk = (prop::collection::vec(any::<u8>(), 1..40), extension);
    let trailers = prop::collection::vec(("T-[a-z]{1,5}", "[a-z]{1,5}"), 0..3);
    (prop::collection::vec(chunk, 0..4), "(gzip, |deflate,)?", trailers)
        .prop_map(|(chunks, codings, trailers)| Body::Chunked(chunks, codings, trailers))
}

fn sized() -> impl Strategy<Value = Body> {
    prop::collection::vec(any::<u8>(), 0..40).prop_map(Body::Sized)
}

/// Method and target, in all four forms but CONNECT's, which ends HTTP.
fn asked() -> impl Strategy<Value = String> {
    prop_oneof![
        "(GET|POST|PUT|M-SEARCH|X[!A-Z]{0,9}|HTTP) /[!-~]{0,20}",
        "(GET|POST|OPTIONS) http://h[/?]?",
        Just("OPTIONS *".to_owned()),
    ]
}

fn request() -> impl Strategy<Value = Message> {
    let kept = |mut fields: Vec<(String, String)>, minor: u8| {
        let host = ("Host".to_owned(), "h".to_owned());
        fields.insert(fields.len() / 2, host);
        if minor == 0 {
            fields.push(("Connection".into(), "x, Keep-Alive".into()));
        }
        fields
    };
    let any_minor = (asked(), fields(), prop_oneof![Just(Body::Untold), sized()], 0u8..2).prop_map(
        move |(asked, fields, body, minor)| Message {
            start: format!("{asked} HTTP/1.{minor}"),
            fields: kept(fields, minor),
            body,
            interim: false,
        },
    );
    let coded = (asked(), fields(), chunked()).prop_map(move |(asked, fields, body)| Message {
        start: format!("{asked} HTTP/1.1"),
        fields: kept(fields, 1),
        body,
        interim: false,
    });
    prop_oneof![any_minor, coded]
}

fn response() -> impl Strategy<Value = Message> {
    let message = |(start, fields, body)| Message { start, fields, body, interim: false };
    prop_oneof![
        4 => ("HTTP/1\\.1 (200|201|205|302|404|500|599) [A-Za-z]([A-Za-z ]{0,10}[A-Za-z])?", fields(), prop_oneof![sized(), chunked()])
            .prop_map(message),
        1 => ("HTTP/1\\.1 (204 No|304 Not Modified)", fields(), Just(Body::Untold)).prop_map(message),
        1 => ("HTTP/1\\.1 304 Not Modified", fields(), (0usize..99).prop_map(Body::Absent)).prop_map(message),
        1 => ("HTTP/1\\.1 (100 Continue|103 Early Hints)", fields(), Just(Body::Untold))
            .prop_map(|(start, fields, body)| Message { start, fields, body, interim: true }),
    ]
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

    /// With nothing odd about them, and strictly, too.
    #[test]
    fn conforming_messages_are_read_back(
        requests in prop::collection::vec(request(), 1..5),
        responses in prop::collection::vec(response(), 1..5),
        lens in prop::collection::vec(1usize..60, 1..50),
    ) {
        let join = |messages: &[Message]| messages.iter().flat_map(Message::bytes).collect::<Vec<_>>();
        let (asked, answered) = (join(&requests), join(&responses));
        let want = [expected(&requests, "A", 0), expected(&responses, "B", 0)].concat();
        let (ops, limits) = ([a(&asked), b(&answered)], Limits::default());
        prop_assert_eq!(&log(&ops), &want);
        prop_assert_eq!(&strict_log(&limits, &ops, || 0), &want);
        prop_assert_eq!(&cut_log(&limits, &ops, || 1), &want);
        let mut lens = lens.iter().cycle();
        prop_assert_eq!(&cut_log(&limits, &ops, || *lens.next().expect("endless")), &want);
        prop_assert_eq!(&strict_log(&limits, &ops, || *lens.next().expect("endless")), &want);
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
