//! A running `wiretrace`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::Value;

use super::world::{World, output, until};

type Lines = Arc<Mutex<Vec<String>>>;

pub(crate) struct Run {
    pub(crate) child: Child,
    out: Lines,
    err: Lines,
    readers: Vec<JoinHandle<()>>,
}

fn collect(stream: impl Read + Send + 'static, lines: &Lines) -> JoinHandle<()> {
    let lines = Arc::clone(lines);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            lines.lock().unwrap().push(line.unwrap());
        }
    })
}

impl Run {
    /// Starts wiretrace in a namespace and waits until it listens.
    pub(crate) fn start(world: &World, namespace: &str, args: &[&str]) -> Self {
        let mut command = world.within(namespace, env!("CARGO_BIN_EXE_wiretrace"));
        command.args(args);
        let run = Self::spawn(&mut command);
        run.until_said("Listening on");
        run
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        command.env("TZ", "UTC").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (out, err) = (Lines::default(), Lines::default());
        let readers =
            vec![collect(child.stdout.take().unwrap(), &out), collect(child.stderr.take().unwrap(), &err)];
        Self { child, out, err, readers }
    }

    pub(crate) fn out(&self) -> Vec<String> {
        self.out.lock().unwrap().clone()
    }

    pub(crate) fn err(&self) -> String {
        self.err.lock().unwrap().join("\n")
    }

    /// Waits for a text on standard error.
    pub(crate) fn until_said(&self, text: &str) {
        until(&format!("{text:?} in {:?}", self.err.lock().unwrap()), || self.err().contains(text));
    }

    /// Waits for so many lines with this text.
    pub(crate) fn until_printed(&self, number: usize, text: &str) {
        until(&format!("{number} x {text:?}"), || {
            self.out().iter().filter(|line| line.contains(text)).count() >= number
        });
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status = output(Command::new("kill").arg(signal).arg(self.child.id().to_string())).status;
        assert!(status.success());
    }

    /// Waits for its end; gives status, lines and what was said.
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<String>, String) {
        let mut status = None;
        until("the end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (status.unwrap(), self.out(), self.err())
    }

    /// Ctrl-C.
    pub(crate) fn stop(self) -> (ExitStatus, Vec<String>, String) {
        self.signal("-INT");
        self.end()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn objects(lines: &[String]) -> Vec<Value> {
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}
