//! Application protocols that a packet shows in one piece, read on demand: `parse` never enters them.

pub(crate) mod dns;
