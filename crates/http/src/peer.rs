//! The two ends of a byte connection.

use std::ops::Not;

/// One of the two ends of a connection. Which one sends the requests is found out from what they send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    /// One end.
    A,
    /// The other end.
    B,
}

impl Not for Peer {
    type Output = Peer;

    fn not(self) -> Peer {
        match self {
            Peer::A => Peer::B,
            Peer::B => Peer::A,
        }
    }
}
