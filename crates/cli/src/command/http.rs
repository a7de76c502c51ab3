//! `wiretrace http`

use std::io;

use wiretrace_pipeline::Summary;

use super::Trace;
use crate::args::Http;
use crate::exit::Outcome;
use crate::messages::{count, say};
use crate::render::fields::Shown;
use crate::render::json;
use crate::render::line::{ExchangeLines, LineOptions};
use crate::render::palette::Palette;
use crate::render::progressive::ProgressiveLines;

pub(crate) fn run(args: &Http) -> Outcome {
    let Http { input, threads, .. } = args;
    let trace = Trace { input, threads: threads.number(), json: args.output.json, waiting: true };
    if args.output.json {
        return super::trace(
            &trace,
            |_| json::Exchanges { websocket: args.websocket() },
            |summary, outcome, output| {
                json::stats(summary, output)?;
                explain(summary, outcome);
                Ok(())
            },
        );
    }
    let palette = Palette::new(args.output.colors());
    let fields = match &args.show_header {
        Some(regex) => Shown::Matching(regex.clone()),
        None if args.headers => Shown::All,
        None => Shown::None,
    };
    let options = LineOptions { fields, tcp: args.tcp_verbose, websocket: args.websocket() };
    let closing = |summary: &Summary, outcome, _: &mut dyn io::Write| {
        explain(summary, outcome);
        Ok(())
    };
    if args.progressive {
        super::trace(&trace, |_| ProgressiveLines::new(palette, options.clone()), closing)
    } else {
        super::trace(&trace, |_| ExchangeLines::new(palette, options.clone()), closing)
    }
}

/// What is not shown is named, and an empty screen gets its reason.
fn explain(summary: &Summary, outcome: Outcome) {
    for (number, one, many) in [
        (
            summary.counts.tls,
            "direction of a connection begins with TLS: not decrypted",
            "directions of connections begin with TLS: not decrypted",
        ),
        (summary.counts.http2, "HTTP/2 connection: not decoded", "HTTP/2 connections: not decoded"),
        (summary.counts.http_0_9, "HTTP/0.9 request: not decoded", "HTTP/0.9 requests: not decoded"),
        (summary.counts.icy, "ICY response: not decoded", "ICY responses: not decoded"),
    ] {
        if number > 0 {
            say(&count(number, one, many));
        }
    }
    let lost = summary.counts.websocket_lost;
    if lost > 0 {
        let what = count(lost, "direction of a WebSocket connection", "directions of WebSocket connections");
        say(&format!(
            "{what} not decoded to its end: bytes are missing, and nothing tells where the next frame begins"
        ));
    }
    // Where nothing could be read, that has been said.
    if summary.counts.exchanges > 0 || summary.run.packets == 0 && outcome != Outcome::Done {
        return;
    }
    let run = &summary.run;
    let ledger = &summary.ledger;
    let counts = &summary.counts;
    let mut text = format!("no HTTP/1 exchange found in {}", count(run.packets, "packet", "packets"));
    if counts.connections > 0 {
        text += &format!(
            ": {} with {} of payload that is no HTTP/1",
            count(counts.connections, "TCP connection", "TCP connections"),
            count(ledger.other_protocol + ledger.before_sync, "byte", "bytes"),
        );
    } else if run.packets > 0 {
        text += ", and no TCP";
    }
    say(&text);
}
