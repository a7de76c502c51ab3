//! Colours, decided once.

use anstyle::{AnsiColor, Style};

/// A style for each kind of thing; without colours all of them are plain.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Palette {
    pub(crate) time: Style,
    pub(crate) host: Style,
    pub(crate) method: Style,
    pub(crate) url: Style,
    pub(crate) good: Style,
    pub(crate) bad: Style,
    pub(crate) name: Style,
    pub(crate) value: Style,
    pub(crate) body: Style,
    pub(crate) mark: Style,
}

impl Palette {
    pub(crate) fn new(colors: bool) -> Self {
        if !colors {
            return Self::default();
        }
        let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        Self {
            time: color(AnsiColor::Blue),
            host: color(AnsiColor::Magenta),
            method: color(AnsiColor::Yellow).bold(),
            url: color(AnsiColor::Yellow),
            good: color(AnsiColor::Green),
            bad: color(AnsiColor::Red).bold(),
            name: color(AnsiColor::White),
            value: color(AnsiColor::BrightBlack),
            body: color(AnsiColor::Green),
            mark: color(AnsiColor::Red),
        }
    }
}

/// Appends what `write` appends, in a style.
pub(crate) fn styled(out: &mut Vec<u8>, style: Style, write: impl FnOnce(&mut Vec<u8>)) {
    use std::io::Write;
    if style.is_plain() {
        return write(out);
    }
    let _ = write!(out, "{style}");
    write(out);
    let _ = write!(out, "{style:#}");
}
