//! `wiretrace http`

use std::io;
use std::sync::Arc;

use wiretrace_pipeline::Summary;

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
    let trace = Trace { input, threads: threads.number(), json: args.output.json, waiting: true };
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
