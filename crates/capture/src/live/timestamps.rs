//! Which types of time stamps an interface offers.

use super::TimestampType;

/// The types that an interface is known to offer.
///
/// That is the host's alone so far: the crate `pcap` does not pass on libpcap's list of them, nor whether libpcap agreed to
/// a type, and one that is silently not used would be worse than one that is refused.
pub fn offered(_name: &str) -> Vec<TimestampType> {
    vec![TimestampType::Host]
}
