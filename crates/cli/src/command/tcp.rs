//! `wiretrace tcp`

use crate::args::Tcp;
use crate::exit::Outcome;
use crate::render::connection::ConnectionLines;
use crate::render::json;
use crate::render::palette::Palette;

pub(crate) fn run(args: &Tcp) -> Outcome {
    let files = &args.input.files;
    if args.output.json {
        return super::trace(files, |_| json::TcpEvents, json::stats);
    }
    let palette = Palette::new(args.output.colors());
    super::trace(files, |_| ConnectionLines::new(palette), |_, _| Ok(()))
}
