//! Test support: frames and captures from code ([`build`]), TCP conversations as frames ([`wire`]),
//! SYN floods ([`flood`]), WebSocket messages ([`websocket`]), ways to cut bytes ([`split`]), and the simplest possible
//! TCP engine ([`model`]).
//!
//! Never published and only ever a dev-dependency.
#![forbid(unsafe_code)]

pub mod build;
pub mod flood;
pub mod model;
pub mod split;
pub mod websocket;
pub mod wire;
