//! Which types of time stamps an interface offers.

use super::TimestampType;

/// The types that an interface offers.
pub fn offered(_name: &str) -> Vec<TimestampType> {
    vec![TimestampType::Host]
}
