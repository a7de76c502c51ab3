//! The command line of `wiretrace packets`.

use clap::ValueEnum;

use super::{Input, Output};

const AFTER: &str = "\
Examples:
  wiretrace packets -r capture.pcap                   one line a packet
  wiretrace packets -r capture.pcap -v -c 1           the first packet's headers, field by field
  wiretrace packets -r capture.pcap -x                with the bytes of each frame
  wiretrace packets -r capture.pcap --time delta      seconds since the packet before
  wiretrace packets -r capture.pcap --json | jq -r .summary
  wiretrace packets -r captures/ --follow             all captures of a directory, and what is still written
  tcpdump -U -w - | wiretrace packets -r -            from a pipe, as they come
  wiretrace packets -i eth0 udp port 53               live, with a capture filter

A line: time, link addresses, then A:port -> B:port TCP len N [flags] seq N ack N win N options, or what else the
packet is; and in brackets what stopped the decoding: malformed, cut by the snap length, not decoded.";

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Packets {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Print the headers below each line, with every field, named as in its RFC
    #[arg(short = 'v', long, conflicts_with = "json")]
    pub(crate) verbose: bool,
    /// Print the frame in hexadecimal and ASCII below each line; with --json add it to the object
    #[arg(short = 'x', long)]
    pub(crate) hex: bool,
    /// How to print the time of a packet
    #[arg(long, value_name = "STYLE", default_value = "local", conflicts_with = "json")]
    pub(crate) time: TimeStyle,
    /// Leave out link addresses, and the words for links that have none
    #[arg(long, conflicts_with = "json")]
    pub(crate) no_link: bool,
    /// Print TCP sequence and acknowledgment numbers as they are, not relative to the connection's first
    #[arg(long)]
    pub(crate) absolute_seq: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimeStyle {
    /// Local time to the millisecond
    Local,
    /// Local time to the nanosecond
    Ns,
    /// RFC 3339 in UTC
    Utc,
    /// Seconds since the first packet
    Relative,
    /// Seconds since the packet before
    Delta,
    /// Seconds since 1970
    Epoch,
}
