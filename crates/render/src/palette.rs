//! Colours of a packet's text: what stands in front of each kind of thing; empty without colours.

use crate::time::Clock;

/// Escape sequences in front of each kind of thing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Palette {
    pub(crate) time: &'static str,
    pub(crate) host: &'static str,
    pub(crate) protocol: &'static str,
    pub(crate) name: &'static str,
    pub(crate) value: &'static str,
    pub(crate) mark: &'static str,
    end: &'static str,
}

impl Palette {
    pub(crate) const COLORS: Palette = Palette {
        time: "\x1b[34m",
        host: "\x1b[35m",
        protocol: "\x1b[1m\x1b[33m",
        name: "\x1b[37m",
        value: "\x1b[90m",
        mark: "\x1b[1m\x1b[31m",
        end: "\x1b[0m",
    };

    /// Appends what `write` appends, in a colour.
    #[inline]
    pub(crate) fn styled(&self, out: &mut Vec<u8>, style: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        if style.is_empty() {
            return write(out);
        }
        out.extend_from_slice(style.as_bytes());
        write(out);
        out.extend_from_slice(self.end.as_bytes());
    }

    /// Appends the time at the start of a line.
    #[inline]
    pub(crate) fn clock(&self, out: &mut Vec<u8>, clock: &mut Clock, at: i64) {
        self.styled(out, self.time, |out| clock.write(out, at));
    }
}
