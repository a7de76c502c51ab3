//! Filter expressions into programs, by libpcap, and the place where an expression is wrong, which libpcap does not tell.

use std::io::Write;
use std::os::fd::AsRawFd;

use pcap::{Capture, Offline};

use super::FilterError;
use super::bpf::{Instruction, Program};
use super::link::to_dlt;
use crate::LinkType;

/// Link types that an expression is tried for before it is called wrong: some primitives exist for one of them only.
const TRIED: [LinkType; 8] = [
    LinkType::ETHERNET,
    LinkType::IEEE802_11_RADIOTAP,
    LinkType::LINUX_SLL,
    LinkType::PFLOG,
    LinkType::ATM_RFC1483,
    LinkType::MTP2_WITH_PHDR,
    LinkType::PPP,
    LinkType(123), // SunATM
];

/// What may stand behind a beginning that is no whole expression: one of these makes it one.
const ENDINGS: [&str; 20] = [
    " 1",
    " tcp",
    " host 192.0.2.1",
    " 192.0.2.1",
    " 192.0.2.0/24",
    " 2001:db8::1",
    " 02:00:00:00:00:01",
    " port 1",
    " 1-2",
    " = 1",
    "]",
    "] = 1",
    " 0] = 1",
    " 0:1] = 1",
    " 1 = 1",
    " 0 = 0",
    " tcp port 1",
    " mask 255.255.255.0",
    " data",
    " multicast",
];

/// Compiles for frames of one link type in a file, written by a machine whose words are `big`-endian or not; the error
/// is libpcap's message.
pub(super) fn compile(expression: &str, link_type: LinkType, big: bool) -> Result<Program, String> {
    let instructions = instructions(&program(expression, link_type, big)?)?;
    if instructions.iter().any(is_extension) {
        return Err("it asks for what only a live capture can tell (such as inbound)".to_owned());
    }
    Program::new(&instructions).map_err(|error| error.to_string())
}

/// Whether it loads what Linux keeps beside a frame, such as its direction: loads from a negative offset.
fn is_extension(instruction: &Instruction) -> bool {
    let Instruction { code, k, .. } = *instruction;
    code & 0x07 == 0 && code & 0xe0 == 0x20 && k >= 0xffff_f000
}

fn instructions(program: &pcap::BpfProgram) -> Result<Vec<Instruction>, String> {
    // The crate shows instructions as text only: code, jt, jf, k.
    let parsed = program.get_instructions().iter().map(|instruction| parse(&instruction.to_string()));
    parsed.collect::<Option<_>>().ok_or_else(|| "the compiled program cannot be read".to_owned())
}

fn parse(text: &str) -> Option<Instruction> {
    let mut numbers = text.split(' ');
    let instruction = Instruction {
        code: numbers.next()?.parse().ok()?,
        jt: numbers.next()?.parse().ok()?,
        jf: numbers.next()?.parse().ok()?,
        k: numbers.next()?.parse().ok()?,
    };
    numbers.next().is_none().then_some(instruction)
}

fn program(expression: &str, link_type: LinkType, big: bool) -> Result<pcap::BpfProgram, String> {
    let compiled = match savefile(link_type, big) {
        Some(file) => file?.compile(expression, true),
        None => Capture::dead(to_dlt(link_type)).and_then(|dead| dead.compile(expression, true)),
    };
    compiled.map_err(|error| message(&error))
}

/// A file of this link type without frames, out of a pipe, opened by libpcap: for a file it compiles other programs than
/// for a live capture (on BSD loopback, IPv6 has other numbers). `None` where pipes have no names.
fn savefile(link_type: LinkType, big: bool) -> Option<Result<Capture<Offline>, String>> {
    let link_type = match link_type {
        LinkType::RAW_BSD | LinkType::RAW_OPENBSD => LinkType::RAW,
        other => other,
    };
    let (reader, mut writer) = std::io::pipe().ok()?;
    // Magic, version, zone and accuracy (unused), snap length, link type.
    for word in [0xa1b2_c3d4, if big { 0x0002_0004 } else { 0x0004_0002 }, 0, 0, 262_144, link_type.0] {
        let word: u32 = word;
        let bytes = if big { word.to_be_bytes() } else { word.to_le_bytes() };
        writer.write_all(&bytes).ok()?;
    }
    drop(writer);
    let path = format!("/dev/fd/{}", reader.as_raw_fd());
    match Capture::from_file(&path) {
        Ok(file) => Some(Ok(file)),
        Err(_) if std::fs::metadata(&path).is_err() => None,
        Err(error) => Some(Err(message(&error))),
    }
}

/// What libpcap says, without the words around it.
pub(crate) fn message(error: &pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(text) => {
            let text = text.trim();
            text.strip_prefix("can't parse filter expression: ").unwrap_or(text).to_owned()
        }
        pcap::Error::InvalidInputString => "it contains a NUL character".to_owned(),
        other => other.to_string(),
    }
}

/// Whether the expression is one for any link type.
pub(super) fn check(expression: &str) -> Result<(), FilterError> {
    let mut first = None;
    for link_type in TRIED {
        match compile(expression, link_type, false) {
            Ok(_) => return Ok(()),
            Err(message) => {
                let syntax = is_syntax(&message);
                first.get_or_insert(message);
                if syntax {
                    break;
                }
            }
        }
    }
    Err(error(expression, first.unwrap_or_default()))
}

fn is_syntax(message: &str) -> bool {
    message.contains("syntax error") || message.contains("parse error")
}

/// The error with its place.
pub(crate) fn error(expression: &str, message: String) -> FilterError {
    let place = if is_syntax(&message) { Some(bad_place(expression)) } else { named(expression, &message) };
    FilterError { expression: expression.to_owned(), message, place }
}

/// The place of a word that the message names: in quotes, or as a number of its own.
fn named(expression: &str, message: &str) -> Option<(usize, usize)> {
    let quoted = message.split(['\'', '"', '`']).skip(1).step_by(2);
    let plain =
        message.split([' ', ':', ',']).filter(|word| word.bytes().any(|byte| !byte.is_ascii_lowercase()));
    quoted.chain(plain).filter(|word| !word.is_empty()).find_map(|word| {
        let (from, to) = words(expression).find(|&(from, to)| expression.get(from..to) == Some(word))?;
        Some((from, to))
    })
}

/// The words of an expression: runs of letters, digits and what addresses are made of; other characters alone.
fn words(expression: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = expression.get(at..)?;
        let from = at + rest.find(|c: char| !c.is_whitespace())?;
        let rest = expression.get(from..)?;
        let in_word = |c: char| c.is_alphanumeric() || "._-:/\\".contains(c);
        let len = match rest.find(|c: char| !in_word(c)) {
            Some(0) => rest.chars().next().map_or(1, char::len_utf8),
            Some(len) => len,
            None => rest.len(),
        };
        at = from + len;
        Some((from, at))
    })
}

/// The first word with which no beginning of the expression can be gone on with. libpcap says "syntax error" and no more,
/// so it is asked about beginnings, each with endings that could make it whole.
fn bad_place(expression: &str) -> (usize, usize) {
    const MOST: usize = 512;
    let words: Vec<_> = words(expression).take(MOST).collect();
    // Beginnings that cannot be gone on with stay so when words are added: the border can be searched for.
    let good = words.partition_point(|&(_, to)| expression.get(..to).is_some_and(may_go_on));
    words.get(good).copied().unwrap_or((expression.len(), expression.len()))
}

fn may_go_on(beginning: &str) -> bool {
    let open = |open: char, close: char| {
        let count = |wanted| beginning.chars().filter(|&c| c == wanted).count();
        count(open).saturating_sub(count(close)).min(64)
    };
    let parentheses = ")".repeat(open('(', ')'));
    let bracket = if open('[', ']') > 0 { "] = 1" } else { "" };
    [""].into_iter().chain(ENDINGS).any(|ending| {
        [bracket, ""].into_iter().any(|bracket| {
            match program(&format!("{beginning}{ending}{bracket}{parentheses}"), LinkType::ETHERNET, false) {
                Ok(_) => true,
                // Understood, if not liked.
                Err(message) => !is_syntax(&message) && !message.contains("illegal"),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_ones_compile_for_many_link_types() {
        for expression in ["tcp port 80", "host 192.0.2.1 or ip6", "len > 100", "tcp[13] & 2 != 0"] {
            assert_eq!(check(expression), Ok(()), "{expression}");
            for link_type in [0, 1, 9, 12, 101, 108, 113, 127, 192, 228, 276] {
                let compiled = compile(expression, LinkType(link_type), false);
                // Some primitives are not for all of them; what compiles is a program.
                if let Err(message) = compiled {
                    assert!(!is_syntax(&message), "{link_type}: {message}");
                }
            }
        }
        assert!(compile("tcp", LinkType(101), false).is_ok() && compile("tcp", LinkType(113), true).is_ok());
        assert_eq!(check("wlan type data"), Ok(()), "not for Ethernet, but for 802.11");
        assert!(compile("tcp", LinkType(u32::MAX), false).is_err());
    }

    #[test]
    fn what_only_the_kernel_knows_is_refused_for_files() {
        for expression in ["inbound", "inbound and tcp port 80"] {
            let ethernet = compile(expression, LinkType::ETHERNET, false);
            assert!(ethernet.as_ref().is_err_and(|message| !is_syntax(message)), "{ethernet:?}");
            assert!(compile(expression, LinkType::LINUX_SLL, false).is_ok(), "there the header tells");
        }
        for expression in ["vlan", "vlan and tcp port 80", "vlan 5 and vlan 6"] {
            assert!(
                compile(expression, LinkType::ETHERNET, false).is_ok(),
                "a file's frames carry their tags"
            );
        }
    }

    #[test]
    fn a_bad_one_shows_where() {
        let bad = |expression: &str| {
            let error = check(expression).unwrap_err();
            let (from, to) = error.place().unwrap_or_else(|| panic!("{error}"));
            expression[from..to].to_owned()
        };
        assert_eq!(bad("tcp prot 80"), "prot");
        assert_eq!(bad("tcp port 80 andd host 192.0.2.1"), "andd");
        assert_eq!(bad("tcp port 99999"), "99999");
        assert_eq!(bad("tcp)"), ")");
        assert_eq!(bad("(tcp or udp"), "");
        assert_eq!(bad("tcp and"), "");
        assert_eq!(bad("host"), "");
        assert_eq!(bad("port nosuchservice"), "nosuchservice");
        assert_eq!(bad("tcp[13] = = 1"), "=");
        assert_eq!(bad("tcp[13 = 1"), "=");
        assert_eq!(bad("vlan 5000"), "5000");
        assert_eq!(bad("host 192.0.2.1 192.0.2.2 foo bar"), "192.0.2.2");
        let error = check("tcp prot 80").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the filter cannot be compiled: syntax error: \"prot\" (character 5) in \"tcp prot 80\""
        );
        assert!(check("tcp\0").unwrap_err().to_string().contains("NUL"));
    }
}
