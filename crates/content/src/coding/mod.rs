//! Content codings (RFC 9110 §8.4), undone as a stream.

mod brotli;
mod decoder;
mod gzip;
mod inflate;
mod list;
mod stage;
mod zstandard;

#[cfg(test)]
mod tests;

pub use decoder::{DecodeError, DecodeLimits, Decoder};
pub use list::{Coding, Codings};
