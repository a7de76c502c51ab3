//! Content laid out for people.

pub mod events;
pub mod form;
pub mod grpc;
pub mod hex;
pub mod json;
mod kind;
pub mod multipart;
pub mod text;

pub use kind::Kind;
