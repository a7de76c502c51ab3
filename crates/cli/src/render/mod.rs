//! How things look: text lines and JSON objects. Nothing else in the program knows.

pub(crate) mod body;
pub(crate) mod connection;
#[cfg(feature = "live")]
pub(crate) mod device;
pub(crate) mod escape;
pub(crate) mod fields;
pub(crate) mod json;
mod json_events;
pub(crate) mod line;
pub(crate) mod message;
pub(crate) mod names;
pub(crate) mod number;
pub(crate) mod palette;
pub(crate) mod progressive;
pub(crate) mod start;
pub(crate) mod summary;
pub(crate) mod tcp_line;
pub(crate) mod time;
pub(crate) mod verdict;
