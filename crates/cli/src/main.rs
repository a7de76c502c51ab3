//! The `wiretrace` program: which HTTP exchanges happened, and what TCP did to them.
//!
//! Thin on purpose: arguments → settings → pipeline with a handler → renderer.
#![forbid(unsafe_code)]

mod args;
mod bodies;
mod command;
mod exit;
mod messages;
mod render;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version go to standard output with status 0, wrong usage to standard error with 2.
            let code = if error.use_stderr() { exit::Outcome::Usage } else { exit::Outcome::Done };
            let _ = error.print();
            return code.into();
        }
    };
    command::run(&args).into()
}
