//! `wiretrace http`

use wiretrace_pipeline::Summary;

use crate::args::Http;
use crate::exit::Outcome;
use crate::messages::{count, say};
use crate::render::json;
use crate::render::line::{ExchangeLines, LineOptions};
use crate::render::palette::Palette;

pub(crate) fn run(args: &Http) -> Outcome {
    let files = &args.input.files;
    if args.output.json {
        return super::trace(
            files,
            |_| json::Exchanges,
            |summary, output| {
                json::stats(summary, output)?;
                explain_nothing(summary);
                Ok(())
            },
        );
    }
    let palette = Palette::new(args.output.colors());
    let options = LineOptions { headers: args.headers };
    super::trace(
        files,
        |_| ExchangeLines::new(palette, options),
        |summary, _| {
            explain_nothing(summary);
            Ok(())
        },
    )
}

/// An empty screen gets its reason.
fn explain_nothing(summary: &Summary) {
    if summary.counts.exchanges > 0 {
        return;
    }
    let run = &summary.run;
    let ledger = &summary.ledger;
    let mut text = format!("no HTTP/1 exchange found in {}", count(run.packets, "packet", "packets"));
    if summary.counts.connections > 0 {
        text += &format!(
            ": {} with {} of payload that is no HTTP/1",
            count(summary.counts.connections, "TCP connection", "TCP connections"),
            count(ledger.other_protocol + ledger.before_sync, "byte", "bytes"),
        );
    } else if run.packets > 0 {
        text += ", and no TCP";
    }
    say(&text);
}
