//! `wiretrace tcp`

use std::sync::Arc;

use wiretrace_pipeline::Measure;

use super::Trace;
use crate::args::Tcp;
use crate::exit::Outcome;
use crate::render::connection::ConnectionLines;
use crate::render::json;
use crate::render::palette::Palette;
use crate::render::summary::Table;

pub(crate) fn run(args: &Tcp) -> Outcome {
    let Tcp { input, threads, digests, .. } = args;
    let measure = if args.rtt_series { Measure::Series } else { Measure::Sketch };
    let config = super::config(threads, &args.tracking, measure);
    let trace = Trace { input, config, json: args.output.json, waiting: false };
    if args.output.json {
        return super::trace(
            &trace,
            |_| json::TcpEvents { digests: *digests },
            |summary, _, output| json::stats(summary, output),
        );
    }
    let palette = Palette::new(args.output.colors());
    let table = args.summary.then(|| Arc::new(Table::new(args.sort, args.top.into())));
    super::trace(
        &trace,
        |_| ConnectionLines::new(palette, table.clone()),
        |_, _, output| match &table {
            Some(table) => table.write(palette, output),
            None => Ok(()),
        },
    )
}
