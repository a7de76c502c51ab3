//! The command line, as typed.

mod live;
pub(crate) mod packets;
pub(crate) mod tcp;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use regex::bytes::Regex;
use wiretrace_pipeline::WebSocketPayload;

pub(crate) use live::{Limits, Live};
pub(crate) use tcp::{Tcp, Tracking};

const AFTER: &str = "\
Examples:
  wiretrace http -r capture.pcapng              one line an exchange
  wiretrace http -r capture.pcapng --headers    with all header fields
  wiretrace http -r capture.pcapng --progressive --tcp-verbose
                                                everything when it happens, and what TCP did
  tcpdump -w - | wiretrace http -r -            from a pipe
  wiretrace http --json -r a.pcap -r b.pcap.gz  JSON lines, several files as one run
  wiretrace http -r capture.pcapng --bodies     with their bodies, decoded and laid out
  wiretrace http -r capture.pcapng --save-bodies DIR --json
                                                bodies as files, named by the objects' ids
  wiretrace http -r captures/                   all captures in a directory, in time order
  wiretrace http -r 'eth0-*.pcap*'              files by pattern
  wiretrace http -r captures/ --follow          and what is still being written, until Ctrl-C
  wiretrace tcp -r capture.pcapng               one line a connection, when it closes
  wiretrace tcp -r capture.pcapng --summary --sort resent
                                                the worst ones, as a table
  wiretrace packets -r capture.pcapng           one line a packet
  wiretrace http -i eth0 tcp port 8080          live, with a capture filter
  wiretrace http                                live, on the interface with the default route
  wiretrace devices                             the interfaces that there are

Exit status: 0 read to the end, 1 something cannot be read, 2 wrong usage.";

/// Which HTTP exchanges happened, and what TCP did to them, from captured packets.
#[derive(Debug, Parser)]
#[command(name = "wiretrace", version, long_version = live::long_version(), max_term_width = 100, after_help = AFTER)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print every HTTP/1.x exchange, one line each when it is done
    Http(Http),
    /// Print every TCP connection, one line each when it is over
    Tcp(Tcp),
    /// Print every packet, one line each; or its headers, its bytes, or JSON
    Packets(packets::Packets),
    /// List the interfaces that can be captured from; the default one is marked with *
    Devices(Devices),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Http {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Print the header fields of each message under its line
    #[arg(long, conflicts_with = "json")]
    pub(crate) headers: bool,
    /// Print only the header fields whose names match REGEX (in any case of letters)
    #[arg(long, value_name = "REGEX", conflicts_with_all = ["json", "headers"], value_parser = regex)]
    pub(crate) show_header: Option<Regex>,
    /// Print a line for everything that happens to a request or response, when it happens
    #[arg(long, conflicts_with = "json")]
    pub(crate) progressive: bool,
    /// Print bodies, decoded and laid out; with =hex as a dump
    ///
    /// Content codings (gzip, deflate, br, zstd, also stacked) are undone, text is converted from its charset, JSON is
    /// indented, forms, multipart parts, gRPC-Web messages and server-sent events (with their times) are listed. Of what is
    /// no text the first bytes are dumped; images, sound and the like are shown by type and size.
    #[arg(
        long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "text"
    )]
    pub(crate) bodies: Option<BodyForm>,
    /// Print at most SIZE of each body (as in 64K, 1M); the rest is counted
    #[arg(long, value_name = "SIZE", default_value = "64K", requires = "bodies", value_parser = size)]
    pub(crate) max_body: usize,
    /// Name everything odd about a message that a strict recipient would reject: signs of request smuggling
    ///
    /// Such as conflicting lengths, bare CR or LF, folded lines, white space before a colon, odd chunk sizes. What is
    /// wrong enough to be an error is told in any case.
    #[arg(long)]
    pub(crate) anomalies: bool,
    /// Write bodies to files in DIR, which is made where it is not there
    ///
    /// CONNECTION-INDEX-request.bin and CONNECTION-INDEX-response.bin hold bodies as they were sent (chunked framing
    /// removed), CONNECTION-INDEX-response.decoded.bin what their content coding hid. The numbers are those of --json.
    /// Files that are there already are replaced.
    #[arg(long, value_name = "DIR")]
    pub(crate) save_bodies: Option<PathBuf>,
    /// Print what TCP did, too: starts, ends, resets, retransmissions with their kind and cost, closed windows
    #[arg(long, conflicts_with = "json")]
    pub(crate) tcp_verbose: bool,
    /// Undo compression: tell the decoded sizes of responses' bodies, and print the text of compressed WebSocket messages
    #[arg(long)]
    pub(crate) decode: bool,
    #[command(flatten)]
    pub(crate) tracking: Tracking,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// How bodies are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BodyForm {
    /// Laid out by their type
    Text,
    /// As a hexadecimal dump
    Hex,
}

/// A number of bytes: `500`, `64K`, `1M`; at most 1G.
fn size(text: &str) -> Result<usize, String> {
    size_up_to(text, 1 << 30)
}

/// A number of bytes with a unit or without; `max` is a whole number of GiB.
fn size_up_to(text: &str, max: u64) -> Result<usize, String> {
    let upper = text.trim_end_matches(['b', 'B']).to_ascii_uppercase();
    let (digits, shift) = match upper.strip_suffix(['K', 'M', 'G']) {
        Some(digits) if upper.ends_with('K') => (digits, 10),
        Some(digits) if upper.ends_with('M') => (digits, 20),
        Some(digits) => (digits, 30),
        None => (upper.as_str(), 0),
    };
    let number = digits.parse::<u64>().map_err(|_| "expected a size such as 500, 64K or 1M".to_owned())?;
    match number.checked_mul(1 << shift).filter(|&bytes| bytes <= max) {
        Some(bytes) => usize::try_from(bytes).map_err(|_| "more than this machine can address".to_owned()),
        None => Err(format!("at most {}G", max >> 30)),
    }
}

fn regex(pattern: &str) -> Result<Regex, regex::Error> {
    regex::bytes::RegexBuilder::new(pattern).case_insensitive(true).build()
}

#[derive(Debug, clap::Args)]
pub(crate) struct Devices {
    /// Print JSON lines: one object an interface
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// Read packets from FILE: pcap or pcapng, plain or compressed with gzip or zstd; a directory, a quoted
    /// pattern, or "-" for standard input. May be given several times
    ///
    /// A directory stands for the captures in it, a pattern (such as '*.pcap') for the files that match. All files
    /// are one run, in the order of their first packets' times, however they are given; standard input and named
    /// pipes come last. A file that is named twice is read once.
    #[arg(id = "files", short = 'r', long = "read", value_name = "FILE")]
    pub(crate) paths: Vec<PathBuf>,
    /// At the end of the last file, wait for more, until Ctrl-C
    ///
    /// A file that is replaced (rotated) or written anew is read on. In a directory or under a pattern, new files
    /// are taken up as they appear, as tcpdump -G and dumpcap -b write them. Compressed files are read, not followed.
    #[arg(long, requires = "files")]
    pub(crate) follow: bool,
}

/// Where packets come from, and which of them are used.
#[derive(Debug, clap::Args)]
pub(crate) struct Input {
    #[command(flatten)]
    pub(crate) files: Files,
    #[command(flatten)]
    pub(crate) limits: Limits,
    #[command(flatten)]
    pub(crate) live: Live,
}

impl Input {
    /// Whether packets come from interfaces.
    pub(crate) fn is_live(&self) -> bool {
        self.files.paths.is_empty()
    }

    /// Whether somebody may be waiting for what comes next.
    pub(crate) fn may_pause(&self) -> bool {
        self.is_live() || self.files.follow || self.files.paths.iter().any(|path| path == Path::new("-"))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Threads {
    /// Use N threads in all; the output is the same for any number. Default: one for each core, at most 4
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: Option<u16>,
}

impl Http {
    /// What of WebSocket messages' payload is needed.
    pub(crate) fn websocket(&self) -> WebSocketPayload {
        if self.decode { WebSocketPayload::Inflate } else { WebSocketPayload::Keep }
    }
}

impl Threads {
    /// How many threads to use: as many as were asked for, or as the machine has cores (as far as this process may
    /// use them), but no more than four: the reading thread has work for about three others.
    pub(crate) fn number(&self) -> usize {
        const MOST: usize = 4;
        let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get());
        self.threads.map_or_else(|| cores().min(MOST), usize::from)
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Output {
    /// Print JSON lines: one object a line, and one "stats" object at the end
    #[arg(long)]
    pub(crate) json: bool,
    /// Use colours: on a terminal ("auto"), always, or never. NO_COLOR is respected
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorWhen,
    /// The same as --color never
    #[arg(long, conflicts_with = "color")]
    pub(crate) no_color: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    Auto,
    Always,
    Never,
}

impl Output {
    /// Whether to use colours, decided once.
    pub(crate) fn colors(&self) -> bool {
        use std::io::IsTerminal;
        match self.color {
            _ if self.no_color || self.json => false,
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => {
                let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
            }
        }
    }
}
