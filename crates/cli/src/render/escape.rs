//! Bytes from the wire, made safe for a terminal.

pub(crate) use wiretrace_render::escape::text;
