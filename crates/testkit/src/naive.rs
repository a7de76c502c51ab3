//! The naive byte-map reassembler.
