//! The `wiretrace` program.
fn main() {}
