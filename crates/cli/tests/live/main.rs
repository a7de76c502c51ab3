//! Live captures of real traffic: nginx, curl and python in network namespaces, and what happens when interfaces,
//! rights and readers go away; and real stacks over a link that loses.
//!
//! Needs root and some tools. As root with `CI` set a missing tool fails the tests; elsewhere they skip and say so.
//! No test looks at how fast the machine is: what is waited for may take [`PATIENCE`].
#![cfg(all(target_os = "linux", feature = "live"))]

mod exchanges;
mod interfaces;
mod link;
mod loss;
mod rights;
mod run;
mod world;
