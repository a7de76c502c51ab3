//! `wiretrace http`

use std::io;
use std::sync::Arc;

use wiretrace_pipeline::{Measure, Summary};

use super::Trace;
use crate::args::{BodyForm, Http};
use crate::bodies::{Keeper, Options, Shared, Show};
use crate::exit::Outcome;
use crate::messages::{count, say};
use crate::render::fields::Shown;
use crate::render::json;
use crate::render::line::{ExchangeLines, LineOptions};
use crate::render::palette::Palette;
use crate::render::progressive::ProgressiveLines;

pub(crate) fn run(args: &Http) -> Outcome {
    let bodies = match asked_for_bodies(args) {
        Ok(bodies) => bodies,
        Err(outcome) => return outcome,
    };
    let outcome = run_with(args, bodies.as_ref());
    // Where the usage was wrong, nothing was tried.
    let failed = outcome != Outcome::Usage && bodies.is_some_and(|bodies| bodies.explain());
    outcome.max(if failed { Outcome::Failed } else { Outcome::Done })
}

/// What is to be done with bodies, if anything; the directory for them is made.
fn asked_for_bodies(args: &Http) -> Result<Option<Arc<Shared>>, Outcome> {
    let show = args.bodies.map(|form| Show { hex: form == BodyForm::Hex, max: args.max_body });
    let save = args.save_bodies.clone();
    if show.is_none() && save.is_none() && !args.decode {
        return Ok(None);
    }
    super::inputs::check(&args.input.files)?;
    if let Some(directory) = &save
        && let Err(error) = std::fs::create_dir_all(directory)
    {
        say(&format!("cannot make the directory {} for bodies: {error}", directory.display()));
        return Err(Outcome::Failed);
    }
    Ok(Some(Arc::new(Shared::new(Options { show, save, ..Options::default() }))))
}

fn run_with(args: &Http, bodies: Option<&Arc<Shared>>) -> Outcome {
    let Http { input, threads, .. } = args;
    let measure = if args.tcp_verbose { Measure::Sketch } else { Measure::Off };
    let config = super::config(threads, &args.tracking, measure);
    let trace = Trace { input, config, json: args.output.json, waiting: true };
    let keeper = || bodies.map(Keeper::new);
    if args.output.json {
        return super::trace(
            &trace,
            |_| json::Exchanges::new(keeper(), args.websocket(), args.anomalies),
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
    let options =
        LineOptions { fields, tcp: args.tcp_verbose, websocket: args.websocket(), anomalies: args.anomalies };
    let closing = |summary: &Summary, outcome, _: &mut dyn io::Write| {
        explain(summary, outcome);
        Ok(())
    };
    if args.progressive {
        super::trace(&trace, |_| ProgressiveLines::new(palette, options.clone(), keeper()), closing)
    } else {
        super::trace(&trace, |_| ExchangeLines::new(palette, options.clone(), keeper()), closing)
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
        (summary.counts.rtsp, "RTSP message: not decoded", "RTSP messages: not decoded"),
        (summary.counts.ice, "ICE source: not decoded", "ICE sources: not decoded"),
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

#[cfg(test)]
mod tests {
    use clap::Parser;
    use wiretrace_pipeline::WebSocketPayload;

    use super::*;
    use crate::args::{Args, Command};

    /// Bodies are kept, and messages inflated, only for those who ask.
    #[test]
    fn what_nobody_asks_for_is_not_even_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pcap");
        std::fs::write(&file, []).unwrap();
        let bodies = folder.path().join("bodies");
        for (words, keeps, inflates) in [
            (&[][..], false, false),
            (&["--json"], false, false),
            (&["--headers"], false, false),
            (&["--progressive"], false, false),
            (&["--decode"], true, true),
            (&["--bodies"], true, false),
            (&["--save-bodies", bodies.to_str().unwrap()], true, false),
        ] {
            let words = [&["wiretrace", "http", "-r", file.to_str().unwrap()][..], words].concat();
            let Command::Http(args) = Args::try_parse_from(words).unwrap().command else { panic!() };
            assert_eq!(asked_for_bodies(&args).unwrap().is_some(), keeps);
            assert_eq!(args.websocket() == WebSocketPayload::Inflate, inflates);
        }
    }
}
