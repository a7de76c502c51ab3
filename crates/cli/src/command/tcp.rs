//! `wiretrace tcp`

use super::Trace;
use crate::args::Tcp;
use crate::exit::Outcome;
use crate::render::connection::ConnectionLines;
use crate::render::json;
use crate::render::palette::Palette;

pub(crate) fn run(args: &Tcp) -> Outcome {
    let Tcp { input, threads, .. } = args;
    let trace = Trace { input, threads: threads.number(), json: args.output.json, waiting: false };
    if args.output.json {
        return super::trace(&trace, |_| json::TcpEvents, |summary, _, output| json::stats(summary, output));
    }
    let palette = Palette::new(args.output.colors());
    super::trace(&trace, |_| ConnectionLines::new(palette), |_, _, _| Ok(()))
}
