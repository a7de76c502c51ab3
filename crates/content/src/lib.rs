//! What HTTP bodies hold: content codings undone as a stream, and content laid out for people.
//!
//! Sans-IO: bytes come in as they are put in order, in pieces of any size, and the same bytes give the same result
//! however they are cut. What breaks off or is faulty gives what there was before the fault, and a typed error.
//! Nothing is held but what a coding needs (see [`Codings::memory`]); [`DecodeLimits`] bound what a few bytes may
//! become.
//!
//! ```
//! use wiretrace_content::{Codings, DecodeLimits, Decoder, MediaType, Kind, json};
//!
//! // Content-Encoding: gzip, and the bytes that came with it.
//! let codings = Codings::parse([b"identity".as_slice()]);
//! let mut decoder = Decoder::new(&codings, DecodeLimits::default())?;
//! let mut content = Vec::new();
//! for piece in [b"{\"a\":[1.50,".as_slice(), b"null]}"] {
//!     decoder.push(piece, &mut |bytes| content.extend_from_slice(bytes))?;
//! }
//! decoder.finish(&mut |bytes| content.extend_from_slice(bytes))?;
//!
//! let media_type = MediaType::parse(b"application/json; charset=utf-8");
//! assert_eq!(Kind::of(media_type.as_ref(), &content), Kind::Json);
//! let mut text = Vec::new();
//! let mut indenter = json::Indenter::new();
//! indenter.push(&content, &mut text)?;
//! indenter.finish()?;
//! assert_eq!(text, b"{\n  \"a\": [\n    1.50,\n    null\n  ]\n}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod coding;
mod layout;
mod media_type;

pub use coding::{Coding, Codings, DecodeError, DecodeLimits, Decoder};
pub use layout::{Kind, events, form, grpc, hex, json, multipart, text};
pub use media_type::MediaType;

#[doc(hidden)]
pub mod fuzzing;
