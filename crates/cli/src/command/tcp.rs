//! `wiretrace tcp`

use crate::args::Tcp;
use crate::exit::Outcome;
use crate::render::connection::ConnectionLines;
use crate::render::json;
use crate::render::palette::Palette;

pub(crate) fn run(args: &Tcp) -> Outcome {
    let input = &args.input;
    if args.output.json {
        return super::trace(
            input,
            true,
            |_| json::TcpEvents,
            |summary, _, output| json::stats(summary, output),
        );
    }
    let palette = Palette::new(args.output.colors());
    super::trace(input, false, |_| ConnectionLines::new(palette), |_, _, _| Ok(()))
}
