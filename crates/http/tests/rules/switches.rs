//! Switches to another protocol.

use crate::common::{FIN_A, a, b, gap_a, log};
use crate::{GET, essence};
use wiretrace_http::fuzzing::{Log, Op};
use wiretrace_http::{Account, Connection, Peer};

const CONNECT: Op<'static> = Op::Feed(Peer::A, b"CONNECT a:1 HTTP/1.1\r\n\r\n", true);
const ASKED: [&str; 2] = ["A CONNECT a:1 1.1 []", "A end complete"];

#[track_caller]
fn check_switch(ops: &[Op<'_>], expected: &[&str]) {
    let lines = log(&[&[CONNECT], ops].concat());
    assert_eq!(essence(&lines), [&ASKED, expected].concat());
}

#[test]
fn connect_and_its_tunnel() {
    let yes = b(b"HTTP/1.1 200 OK\r\nUpgrade: no\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    let answer = [
        "B 200 OK 1.1 [Upgrade: no]",
        "B end complete",
        "B upgraded Connect ",
        "B tunnel GET / HTTP/1.1\\r\\n\\r\\n",
    ];
    check_switch(&[yes, GET], &[&answer[..], &["A tunnel GET / HTTP/1.1\\r\\n\\r\\n"]].concat());
    // Bytes that came before the answer wait for it.
    let waited = [&answer[..3], &["A tunnel \\x16abc", answer[3]]].concat();
    check_switch(&[a(b"\x16a"), a(b"bc"), yes], &waited);
    let waited = [&answer[..3], &["A tunnel \\x16a", "A tunnel-gap 5", answer[3], "A tunnel d"]].concat();
    check_switch(&[a(b"\x16a"), gap_a(3), a(b"bc"), yes, a(b"d")], &waited);
    let text = [&["A abandoned"], &answer[..3], &["A tunnel SSH-2.0\\r\\n", answer[3]]].concat();
    check_switch(&[a(b"SSH-2.0\r\n"), yes], &text);
    let held = [&answer[..3], &["A abandoned", "A tunnel HELO", answer[3]]].concat();
    check_switch(&[a(b"HELO"), yes], &held);
}

#[test]
fn connect_refused() {
    let no = b(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    let answer = ["B 403 No 1.1 [Content-Length: 0]", "B end complete"];
    let again = ["A GET / 1.1 []", "A end complete"];
    check_switch(&[no, GET], &[answer, again].concat());
    let waited = [&answer[..1], &answer[1..], &["A !unexpected_data @24", "A lost"], &again].concat();
    check_switch(&[a(b"\x16abc"), no, GET], &waited);
    // Once refused, what is no HTTP is an anomaly at once.
    let late = [&answer[..], &["A !unexpected_data @24", "A lost"], &again].concat();
    check_switch(&[no, a(b"\x16abc"), GET], &late);
    // Never answered.
    check_switch(&[a(b"\x16abc"), gap_a(1), a(b"x"), FIN_A], &[]);
}

#[test]
fn what_waits_is_bounded_and_accounted() {
    let mut connection = Connection::new(crate::limits::small());
    let mut sink = Log::default();
    connection.feed(Peer::A, b"CONNECT a:1 HTTP/1.1\r\n\r\n", true, &mut sink);
    for _ in 0..10 {
        connection.feed(Peer::A, b"\x16bcdefg", true, &mut sink);
    }
    assert_eq!(connection.account(), Account { message: 24, held: 70, ..Account::default() });
    connection.feed(Peer::B, b"HTTP/1.1 200 OK\r\n\r\n", true, &mut sink);
    assert_eq!(connection.account(), Account { message: 24 + 19, tunnel: 70, ..Account::default() });
    let lines = sink.lines();
    assert!(lines[lines.len() - 2].starts_with("A tunnel \\x16bcdefg\\x16bcdefg\\x16bcdef"), "{lines:#?}");
    assert_eq!(lines[lines.len() - 1], "A tunnel-gap 50");
}

#[test]
fn upgrades() {
    for (value, kind) in
        [("websocket", "WebSocket"), ("h2c, WebSocket", "WebSocket"), ("h2c", "H2c"), ("x", "Other")]
    {
        let response = format!("HTTP/1.1 101 Switching\r\nUpgrade: {value}\r\n\r\n\x01");
        let lines = log(&[GET, b(response.as_bytes()), a(b"\x02ET / HTTP/1.1\r\n\r\n")]);
        let upgraded = format!("B upgraded {kind} {value}");
        let tunnel =
            ["B end complete", &upgraded, "B tunnel \\x01", "A tunnel \\x02ET / HTTP/1.1\\r\\n\\r\\n"];
        let websocket = ["B end complete", &upgraded, "B handshake Unstated None None"];
        if kind == "WebSocket" {
            assert!(lines.windows(3).any(|lines| lines == websocket), "{lines:#?}");
            assert!(lines.iter().all(|line| !line.contains("tunnel")), "{lines:#?}");
        } else {
            assert!(essence(&lines).ends_with(&tunnel), "{lines:#?}");
        }
    }
}

#[test]
fn switched_while_a_request_is_under_way() {
    let switch = b(b"HTTP/1.1 101 S\r\n\r\n");
    let lines =
        log(&[a(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), switch, a(b"cdEF"), gap_a(2), a(b"G")]);
    assert_eq!(
        essence(&lines)[1..],
        [
            "A body ab",
            "B 101 S 1.1 []",
            "B end complete",
            "B upgraded Other ",
            "A body cd",
            "A end complete",
            "A tunnel EF",
            "A tunnel-gap 2",
            "A tunnel G"
        ]
    );
    // Cut, it is behind the switch all the same.
    let lines = log(&[a(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), switch, gap_a(9), a(b"G")]);
    assert_eq!(essence(&lines)[5..], ["A gap 2", "A !gap @0", "A end incomplete", "A tunnel G"]);
}
