use super::transcript::parse_conversations;
use super::*;

fn shape(talk: &Conversation) -> Vec<(Side, u32, u32, usize)> {
    talk.segments().iter().map(|s| (s.side, s.tcp.seq, s.tcp.ack, s.payload.len())).collect()
}

use Side::{Client as C, Server as S};

#[test]
fn a_whole_connection() {
    let mut talk = Conversation::new();
    talk.syn().client(b"hello").server(b"good day").fin();
    let expected = [
        (C, 1000, 0, 0),
        (S, 5000, 1001, 0),
        (C, 1001, 5001, 0),
        (C, 1001, 5001, 5),
        (S, 5001, 1006, 0),
        (S, 5001, 1006, 8),
        (C, 1006, 5009, 0),
        (C, 1006, 5009, 0),
        (S, 5009, 1007, 0),
        (C, 1007, 5010, 0),
    ];
    assert_eq!(shape(&talk), expected);
    let times: Vec<i64> = talk.frames().iter().map(|frame| (frame.0 - START) / MILLISECOND).collect();
    assert_eq!(times, (0..10).collect::<Vec<i64>>());
    assert_eq!(talk.segments()[3].tcp.flags, PSH | ACK);
    assert_eq!((talk.sent(C), talk.sent(S)), (&b"hello"[..], &b"good day"[..]));
}

#[test]
fn segments_and_ack_policies() {
    let payload_lens = |acks| {
        let mut talk = Conversation::new();
        talk.mss(4).acks(acks).server(b"0123456789");
        talk.segments().iter().map(|s| s.payload.len()).collect::<Vec<_>>()
    };
    assert_eq!(payload_lens(Acks::Every), [4, 0, 4, 0, 2, 0]);
    assert_eq!(payload_lens(Acks::Last), [4, 4, 2, 0]);
    assert_eq!(payload_lens(Acks::None), [4, 4, 2]);
}

#[test]
fn lost_swapped_doubled() {
    let mut talk = Conversation::new();
    talk.mss(2).lose_next().client(b"aabbcc").swap().duplicate();
    let payloads: Vec<&[u8]> = talk.segments().iter().map(|s| &s.payload[..]).collect();
    assert_eq!(payloads, [&b"cc"[..], b"bb", b"", b"bb"]);
    assert_eq!(shape(&talk)[2], (S, 5000, 1006, 0));
    assert!(talk.segments().is_sorted_by_key(|s| s.at));
    assert_eq!(talk.sent(C), b"aabbcc");
}

#[test]
fn a_delayed_segment_holds_back_acknowledgements() {
    let mut talk = Conversation::new();
    talk.delay_next().server(b"one").server(b"two").release();
    let expected =
        [(C, 1000, 5000, 0), (S, 5003, 1000, 3), (C, 1000, 5000, 0), (S, 5000, 1000, 3), (C, 1000, 5006, 0)];
    assert_eq!(shape(&talk), expected);
}

#[test]
fn overlaps_move_by_what_is_new() {
    let mut talk = Conversation::new();
    talk.acks(Acks::None).client(b"abcdef").overlap(C, 3, b"defgh").keep_alive(C).client(b"!");
    assert_eq!(
        shape(&talk),
        [(C, 1000, 5000, 6), (C, 1003, 5000, 5), (C, 1007, 5000, 1), (C, 1008, 5000, 1)]
    );
    assert_eq!(talk.sent(C), b"abcdefgh!");
}

#[test]
fn midstream_and_wrap() {
    let mut talk = Conversation::new();
    talk.sequence_numbers(u32::MAX - 1, 9).syn().midstream().client(b"wrapped").ack(S);
    assert_eq!(shape(&talk), [(C, u32::MAX, 10, 7), (S, 10, 6, 0), (S, 10, 6, 0)]);
}

#[test]
fn link_layers_differ_only_in_front() {
    let frame = |link| Conversation::new().link(link).client(b"x").frames().swap_remove(0).1;
    let raw = frame(LinkLayer::Raw);
    assert_eq!(raw.len(), 41);
    for (link, header) in [(LinkLayer::Ethernet, 14), (LinkLayer::Vlan(5), 18), (LinkLayer::LinuxSll, 16)] {
        assert_eq!(frame(link)[header..], raw);
    }
    assert_eq!(LinkLayer::Vlan(1).link_type(), 1);
}

#[test]
fn merging_is_by_time_and_stable() {
    let a = Conversation::new().client(b"a").frames();
    let b = Conversation::new().port(40001).at(START).client(b"b").frames();
    let merged = merge([a.clone(), b.clone()]);
    assert_eq!(merged, [a[0].clone(), b[0].clone(), a[1].clone(), b[1].clone()]);
}

#[test]
fn a_transcript_says_the_same_as_the_code() {
    let text = r"
# two connections
!mss 8
!isn 1 2
!syn
!lose
> \*{20:ab}
!wait 50ms
< a\x00\t\\\0\r\n
+ and\smore
!swap
!dup
!overlap client 2 !!
!zerowindow server
!keepalive server
!fin client
!rst server
!conversation [2001:db8::1]:4000 [2001:db8::2]:8080
!at 5ms
!step 10us
!acks every
!delay 2
> x
> y
!release
";
    let mut first = Conversation::new();
    first.mss(8).sequence_numbers(1, 2).syn().lose_next().client(&b"ab".repeat(10)).wait(50);
    first.server(b"a\0\t\\\0\r\nand more").swap().duplicate().overlap(C, 2, b"!!").zero_window(S);
    first.keep_alive(S).fin_from(C).rst_from(S);
    let mut second = Conversation::new();
    second.ipv6().port(4000).at(START + 5 * MILLISECOND).step(10_000).acks(Acks::Every);
    second.delay_next().delay_next().client(b"x").client(b"y").release();

    let parsed = parse_conversations(text).unwrap();
    assert_eq!(parsed.len(), 2);
    assert_eq!(parsed[0].segments(), first.segments());
    assert_eq!(parsed[1].sent(C), second.sent(C));
    assert_eq!(parsed[1].segments().len(), second.segments().len());
    assert_eq!(parsed[1].addresses()[1].port(), 8080);
    assert_eq!(parse(text).unwrap().len(), first.segments().len() + second.segments().len());
}

#[test]
fn errors_name_the_line() {
    for (text, line) in [
        ("> a\n\n? b", 3),
        ("+ b", 1),
        ("!jump", 1),
        ("!wait 5", 1),
        ("!syn\n> \\q", 2),
        ("> \\x4", 1),
        ("> \\*{5:}", 1),
        ("!fin both", 1),
        ("!conversation 1.2.3.4:1 [::1]:2", 1),
        ("!swap twice", 1),
        ("!ack", 1),
        ("> é\\", 1),
    ] {
        assert_eq!(parse(text).map_err(|e| e.line), Err(line), "{text:?}");
    }
}

#[test]
fn the_example_of_the_description_is_true() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let example = readme.split("```\n").nth(1).unwrap();
    let talk = parse_conversations(example).unwrap().remove(0);
    let seen: Vec<&[u8]> = talk
        .segments()
        .iter()
        .filter(|s| s.side == S && !s.payload.is_empty())
        .map(|s| &s.payload[..])
        .collect();
    assert_eq!(talk.sent(S).len(), seen.concat().len() + 20);
    assert_eq!(seen, [&b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"[..], b"batman batman batman"]);
}
