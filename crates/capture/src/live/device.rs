//! The interfaces that there are.

use std::net::IpAddr;

use super::InterfaceFault;
use super::tap;
use crate::filter::from_dlt;
use crate::{Error, LinkType};

/// An interface that frames can be captured from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its number in the list, from 1: may be given in place of the name.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// What it is, in words, where the system says.
    pub description: Option<String>,
    /// Its addresses.
    pub addresses: Vec<Address>,
    /// Whether it is up.
    pub up: bool,
    /// Whether it is running: up, and a carrier is there.
    pub running: bool,
    /// Whether it is a loopback.
    pub loopback: bool,
    /// Whether it is wireless.
    pub wireless: bool,
    /// Whether it is connected.
    pub connected: Connected,
}

/// One address of an interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    /// The address.
    pub address: IpAddr,
    /// The network's mask.
    pub netmask: Option<IpAddr>,
    /// The broadcast address.
    pub broadcast: Option<IpAddr>,
    /// The other end, of a point-to-point link.
    pub peer: Option<IpAddr>,
}

/// Whether an interface is connected.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Connected {
    /// Nobody knows.
    Unknown,
    /// It is; a wireless one is associated with a network.
    Yes,
    /// It is not.
    No,
    /// That means nothing for it, as for a loopback.
    NotApplicable,
}

/// All interfaces that libpcap shows. Needs no rights.
///
/// # Errors
/// Where the system does not give the list.
pub fn devices() -> Result<Vec<Device>, Error> {
    let list = pcap::Device::list().map_err(|error| Error::Interface {
        interface: "(list)".into(),
        fault: InterfaceFault::Open { message: crate::filter::message(&error) },
    })?;
    Ok((1..).zip(list).map(|(number, device)| convert(number, device)).collect())
}

fn convert(number: usize, device: pcap::Device) -> Device {
    Device {
        number,
        up: device.flags.is_up(),
        running: device.flags.is_running(),
        loopback: device.flags.is_loopback(),
        wireless: device.flags.is_wireless(),
        connected: match device.flags.connection_status {
            pcap::ConnectionStatus::Unknown => Connected::Unknown,
            pcap::ConnectionStatus::Connected => Connected::Yes,
            pcap::ConnectionStatus::Disconnected => Connected::No,
            pcap::ConnectionStatus::NotApplicable => Connected::NotApplicable,
        },
        name: device.name,
        description: device.desc.filter(|text| !text.is_empty()),
        addresses: device
            .addresses
            .into_iter()
            .map(|address| Address {
                address: address.addr,
                // libpcap gives IPv4 addresses of the form 0.0.0.0 where the system has none.
                netmask: address.netmask,
                broadcast: address.broadcast_addr.filter(|address| !address.is_unspecified()),
                peer: address.dst_addr.filter(|address| !address.is_unspecified()),
            })
            .collect(),
    }
}

/// Finds an interface by its name, or by its number in the list.
///
/// # Errors
/// Where there is none; the error names those that there are.
pub fn find(wanted: &str) -> Result<Device, Error> {
    let mut devices = devices()?;
    let place = devices.iter().position(|device| device.name == wanted).or_else(|| {
        let number = wanted.parse().ok()?;
        devices.iter().position(|device| device.number == number)
    });
    match place {
        Some(place) => Ok(devices.swap_remove(place)),
        None => Err(Error::Interface {
            interface: wanted.into(),
            fault: InterfaceFault::NoSuch {
                candidates: devices.into_iter().map(|device| device.name).collect(),
            },
        }),
    }
}

/// The link types that an interface offers, its own first. Opens it for a moment, which takes the right to capture.
///
/// # Errors
/// Where it cannot be opened.
pub fn link_types(name: &str) -> Result<Vec<LinkType>, Error> {
    let fault = |fault| Error::Interface { interface: name.into(), fault };
    let capture = tap::open_quietly(name).map_err(fault)?;
    let own = from_dlt(capture.get_datalink());
    let mut types = vec![own];
    let listed = capture.list_datalinks().unwrap_or_default();
    types.extend(listed.into_iter().map(from_dlt).filter(|link_type| *link_type != own));
    Ok(types)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_needs_no_rights_and_finds_by_name_and_number() {
        let devices = devices().unwrap();
        for device in &devices {
            assert_eq!(find(&device.name).unwrap().name, device.name);
        }
        if let Some(first) = devices.first() {
            assert_eq!(find("1").unwrap().name, first.name);
        }
        let error = find("no such interface").unwrap_err().to_string();
        assert!(error.starts_with("no such interface: no such interface"), "{error}");
        assert!(devices.iter().all(|device| error.contains(&device.name)), "{error}");
    }
}
