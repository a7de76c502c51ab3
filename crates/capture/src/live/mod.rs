//! Live captures from interfaces, through libpcap.
//!
//! ```text
//!  kernel's buffer   poll(2), dispatch   LiveSource             Block
//!  of an interface ────────────────────► copies each frame ───► sealed when full, when nothing more waits,
//!                                                               or some milliseconds after its first frame
//! ```
//!
//! [`LiveSource`] is a [`Source`](crate::Source) like any other. Where nothing comes it says [`Fill::Idle`](crate::Fill)
//! after at most [`IDLE`], so that the loop around it can stop; it never spins. What is not read stays in the kernel's
//! buffer, and what does not fit in there the kernel drops and counts.

mod buffer;
mod counters;
mod default;
mod device;
mod fault;
mod options;
mod source;
mod spill;
mod tap;
mod timestamps;
mod version;
mod wait;

pub use counters::InterfaceStats;
pub use default::default_device;
pub use device::{Address, Connected, Device, devices, find, link_types};
pub use fault::InterfaceFault;
pub use options::{LiveOptions, TimestampType};
pub use source::{IDLE, LiveSource};
pub use timestamps::offered as timestamp_types;
pub use version::library_version;
