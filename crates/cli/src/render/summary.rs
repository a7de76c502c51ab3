//! A table of connections (`wiretrace tcp --summary`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use wiretrace_pipeline::{ConnectionInfo, TcpEnd, TcpSide};

use super::connection::state;
use super::number;
use super::palette::{Palette, styled};
use super::time::{duration, size};
use super::verdict::causes;
use crate::args::tcp::Sort;

/// The first `top` connections of an order, and how many there were. All partitions share it; since the order is total,
/// it does not matter in which order they come.
#[derive(Debug)]
pub(crate) struct Table {
    sort: Sort,
    top: usize,
    rows: Mutex<Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    /// The least of those kept is at hand.
    kept: BinaryHeap<Reverse<Row>>,
    connections: u64,
}

#[derive(Debug)]
struct Row {
    key: u64,
    connection: ConnectionInfo,
    end: TcpEnd,
}

impl Row {
    /// By key, and of equal ones the earlier connection first.
    fn place(&self) -> (u64, Reverse<u64>) {
        (self.key, Reverse(self.connection.id))
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Row {}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Row {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place().cmp(&other.place())
    }
}

/// What a connection is sorted by.
fn key(sort: Sort, end: &TcpEnd) -> u64 {
    let both = |of: fn(&TcpSide) -> u64| of(&end.client).saturating_add(of(&end.server));
    let most = |of: fn(&TcpSide) -> i64| of(&end.client).max(of(&end.server)).max(0).unsigned_abs();
    match sort {
        Sort::Slowest => end.duration.max(0).unsigned_abs(),
        Sort::Resent => both(|side| side.flow.retransmits.into()),
        Sort::Largest => both(|side| side.flow.unique_bytes),
        Sort::Missing => both(|side| side.flow.missing_bytes()),
        Sort::Rtt => most(|side| side.measures.map_or(0, |measures| measures.rtt.p95)),
        Sort::ZeroWindow => most(|side| side.measures.map_or(0, |measures| measures.zero_window_ns)),
        Sort::Handshake => end.handshake.map_or(0, |handshake| handshake.total_ns.max(0).unsigned_abs()),
    }
}

/// The columns; those with `false` are of numbers, and stand to the right.
const COLUMNS: [(&str, bool); 13] = [
    ("id", false),
    ("client", true),
    ("server", true),
    ("state", true),
    ("duration", false),
    ("handshake", false),
    ("sent", false),
    ("received", false),
    ("resent", false),
    ("missing", false),
    ("rtt", false),
    ("zero window", false),
    ("verdict", true),
];

type Cells = [String; COLUMNS.len()];

impl Table {
    pub(crate) fn new(sort: Sort, top: usize) -> Self {
        Self { sort, top, rows: Mutex::default() }
    }

    /// A connection has ended.
    pub(crate) fn add(&self, connection: ConnectionInfo, end: &TcpEnd) {
        let row = Row { key: key(self.sort, end), connection, end: *end };
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.connections += 1;
        if rows.kept.len() < self.top {
            rows.kept.push(Reverse(row));
        } else if let Some(mut least) = rows.kept.peek_mut()
            && least.0 < row
        {
            *least = Reverse(row);
        }
    }

    /// Writes the table; the rows are gone afterwards.
    pub(crate) fn write(&self, palette: Palette, output: &mut dyn Write) -> io::Result<()> {
        let Rows { kept, connections } =
            std::mem::take(&mut *self.rows.lock().unwrap_or_else(PoisonError::into_inner));
        // In ascending order of what is reversed: the greatest comes first.
        let rows: Vec<Cells> = kept.into_sorted_vec().iter().map(|Reverse(row)| cells(row)).collect();
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(String::len);
            cells.chain(COLUMNS.get(column).map(|(name, _)| name.len())).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
        let mut out = Vec::new();
        styled(&mut out, palette.name, |out| line(out, COLUMNS.iter().map(|(name, _)| *name), &widths));
        out.push(b'\n');
        for row in &rows {
            let text = row.get(3).map_or("", String::as_str);
            let style = if text.starts_with('!') { palette.bad } else { palette.value };
            styled(&mut out, style, |out| line(out, row.iter().map(String::as_str), &widths));
            out.push(b'\n');
        }
        let order = clap::ValueEnum::to_possible_value(&self.sort);
        let order = order.as_ref().map_or("", |value| value.get_name());
        writeln!(out, "{} of {connections} connections, {order} first", rows.len())?;
        output.write_all(&out)
    }
}

/// One line, without blanks at its end.
fn line<'a>(out: &mut Vec<u8>, cells: impl Iterator<Item = &'a str>, widths: &[usize]) {
    let mut text = String::new();
    for ((cell, &(_, left)), &width) in cells.zip(&COLUMNS).zip(widths) {
        text += &if left { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") };
    }
    out.extend_from_slice(text.trim_end().as_bytes());
}

fn cells(row: &Row) -> Cells {
    let text = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    };
    let or_dash =
        |nanos: Option<i64>| nanos.map_or("-".to_owned(), |nanos| text(&|out| duration(out, nanos)));
    let Row { connection, end, .. } = row;
    let sides = [&end.client, &end.server];
    let rtt = sides.into_iter().filter_map(|side| side.measures).map(|measures| measures.rtt);
    let rtt = rtt.filter(|rtt| rtt.samples > 0).map(|rtt| rtt.p50).max();
    let closed = sides.into_iter().filter_map(|side| side.measures).map(|measures| measures.zero_window_ns);
    let closed = closed.filter(|&nanos| nanos > 0).max();
    let missing = end.client.flow.missing_bytes() + end.server.flow.missing_bytes();
    let resent = u64::from(end.client.flow.retransmits) + u64::from(end.server.flow.retransmits);
    let verdict: Vec<_> = causes(end).map(|cause| cause.words()).collect();
    [
        connection.id.to_string(),
        text(&|out| number::address(out, &connection.client)),
        text(&|out| number::address(out, &connection.server)),
        state(end).to_owned(),
        text(&|out| duration(out, end.duration)),
        or_dash(end.handshake.map(|handshake| handshake.total_ns)),
        text(&|out| size(out, end.client.flow.unique_bytes)),
        text(&|out| size(out, end.server.flow.unique_bytes)),
        resent.to_string(),
        if missing == 0 { "-".to_owned() } else { text(&|out| size(out, missing)) },
        or_dash(rtt),
        or_dash(closed),
        verdict.join(", "),
    ]
}
