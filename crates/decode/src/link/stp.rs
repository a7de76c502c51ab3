//! Spanning tree bridge protocol data units (IEEE 802.1D §9.3, IEEE 802.1w), read on demand.

use core::fmt;

use crate::link::ethernet::MacAddress;

/// View of a bridge protocol data unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StpUnit<'f> {
    header: &'f [u8; 4],
    configuration: Option<&'f [u8; 31]>,
}

/// Priority and address of a bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BridgeId {
    /// Priority, and in the low twelve bits the system ID extension.
    pub priority: u16,
    /// MAC address.
    pub address: MacAddress,
}

impl fmt::Display for BridgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.priority, self.address)
    }
}

impl<'f> StpUnit<'f> {
    /// A view of the unit that `bytes` begin with; `None` where it is no spanning tree unit.
    pub fn new(bytes: &'f [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<4>()?;
        let protocol = u16::from_be_bytes([header[0], header[1]]);
        (protocol == 0).then_some(StpUnit { header, configuration: rest.first_chunk() })
    }

    /// Protocol version identifier: 0 STP, 2 RSTP, 3 MSTP.
    pub fn version(&self) -> u8 {
        self.header[2]
    }

    /// BPDU type: 0 configuration, 2 rapid, 0x80 topology change notification.
    pub fn unit_type(&self) -> u8 {
        self.header[3]
    }

    /// Flags.
    pub fn flags(&self) -> Option<u8> {
        self.configuration.map(|c| c[0])
    }

    fn word(&self, at: usize) -> Option<u16> {
        self.configuration?.get(at..)?.first_chunk().map(|&bytes| u16::from_be_bytes(bytes))
    }

    fn bridge(&self, at: usize) -> Option<BridgeId> {
        let address = *self.configuration?.get(at + 2..)?.first_chunk::<6>()?;
        Some(BridgeId { priority: self.word(at)?, address: MacAddress(address) })
    }

    /// Root identifier.
    pub fn root(&self) -> Option<BridgeId> {
        self.bridge(1)
    }

    /// Root path cost.
    pub fn root_path_cost(&self) -> Option<u32> {
        self.configuration?.get(9..)?.first_chunk().map(|&bytes| u32::from_be_bytes(bytes))
    }

    /// Bridge identifier.
    pub fn bridge_id(&self) -> Option<BridgeId> {
        self.bridge(13)
    }

    /// Port identifier.
    pub fn port(&self) -> Option<u16> {
        self.word(21)
    }

    /// Message age, 1/256 s.
    pub fn message_age(&self) -> Option<u16> {
        self.word(23)
    }

    /// Max age, 1/256 s.
    pub fn max_age(&self) -> Option<u16> {
        self.word(25)
    }

    /// Hello time, 1/256 s.
    pub fn hello_time(&self) -> Option<u16> {
        self.word(27)
    }

    /// Forward delay, 1/256 s.
    pub fn forward_delay(&self) -> Option<u16> {
        self.word(29)
    }
}

impl fmt::Display for StpUnit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.version() {
            0 => "STP",
            2 => "RSTP",
            3 => "MSTP",
            _ => "STP unknown version",
        })?;
        match (self.unit_type(), self.root(), self.bridge_id()) {
            (0x80, ..) => f.write_str(" topology change"),
            (_, Some(root), Some(bridge)) => {
                write!(f, " root {root} cost {} bridge {bridge}", self.root_path_cost().unwrap_or_default())?;
                write!(f, " port 0x{:04x}", self.port().unwrap_or_default())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        let mut unit =
            vec![0, 0, 2, 2, 0x3c, 0x80, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0x80, 2, 2, 0, 0, 0, 0, 2];
        unit.extend([0x80, 5, 1, 0, 20, 0, 2, 0, 15, 0]);
        let view = StpUnit::new(&unit).unwrap();
        assert_eq!(
            view.to_string(),
            "RSTP root 32769/02:00:00:00:00:01 cost 4 bridge 32770/02:00:00:00:00:02 port 0x8005"
        );
        assert_eq!((view.max_age(), view.forward_delay()), (Some(20 << 8), Some(15 << 8)));
        assert_eq!(StpUnit::new(&[0, 0, 0, 0x80]).unwrap().to_string(), "STP topology change");
    }
}
