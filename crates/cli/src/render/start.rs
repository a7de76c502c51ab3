//! How every line about a connection begins.

use std::net::SocketAddr;

use super::number;
use super::palette::{Palette, styled};
use super::time::LocalTime;

/// `TIME FROM -> TO `: the arrow points in the direction of travel.
pub(crate) fn start(
    out: &mut Vec<u8>,
    palette: Palette,
    time: &mut LocalTime,
    at: i64,
    from: &SocketAddr,
    to: &SocketAddr,
) {
    styled(out, palette.time, |out| time.write(out, at));
    out.push(b' ');
    styled(out, palette.host, |out| number::address(out, from));
    out.extend_from_slice(b" -> ");
    styled(out, palette.host, |out| number::address(out, to));
    out.push(b' ');
}
