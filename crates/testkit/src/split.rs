//! Ways to cut bytes into pieces.
