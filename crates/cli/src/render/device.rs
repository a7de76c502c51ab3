//! An interface, as text and as JSON, and what it dropped.

use std::io::{self, Write};

use serde::Serialize;
use wiretrace_capture::LinkType;
use wiretrace_capture::live::{Connected, Device, InterfaceStats, TimestampType};

use super::escape;

/// An interface and what is known of it.
pub(crate) struct Shown<'a> {
    pub(crate) device: &'a Device,
    pub(crate) is_default: bool,
    /// `None` where there is no right to ask.
    pub(crate) link_types: Option<Vec<LinkType>>,
    pub(crate) timestamp_types: Vec<TimestampType>,
}

fn flags(device: &Device) -> Vec<&'static str> {
    let connected = match device.connected {
        Connected::Yes => "connected",
        Connected::No => "disconnected",
        Connected::Unknown | Connected::NotApplicable => "",
    };
    let named = [
        (device.up, "up"),
        (device.running, "running"),
        (device.loopback, "loopback"),
        (device.wireless, "wireless"),
        (!connected.is_empty(), connected),
    ];
    named.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect()
}

/// Appends the lines of one interface.
pub(crate) fn text(shown: &Shown<'_>, out: &mut Vec<u8>) {
    let device = shown.device;
    let mut line = |text: &str| {
        escape::text(out, text.as_bytes());
        out.push(b'\n');
    };
    let star = if shown.is_default { "*" } else { "" };
    let flags = flags(device);
    let flags = if flags.is_empty() { "down".to_owned() } else { flags.join(", ") };
    let description = device.description.as_ref().map_or_else(String::new, |text| format!(" ({text})"));
    line(&format!("{:>2} {}{star}{description}: {flags}", device.number, device.name));
    for address in &device.addresses {
        let mut text = format!("     {}", address.address);
        for (name, value) in
            [("netmask", address.netmask), ("broadcast", address.broadcast), ("peer", address.peer)]
        {
            if let Some(value) = value {
                text += &format!(" {name} {value}");
            }
        }
        line(&text);
    }
    if device.addresses.is_empty() {
        line("     no address");
    }
    if let Some(types) = &shown.link_types {
        let types: Vec<String> = types.iter().map(LinkType::to_string).collect();
        line(&format!("     link types: {}", types.join(", ")));
    }
    let types: Vec<&str> = shown.timestamp_types.iter().map(|known| known.name()).collect();
    line(&format!("     time stamps: {}", types.join(", ")));
}

#[derive(Serialize)]
struct Object<'a> {
    r#type: &'static str,
    number: usize,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    default: bool,
    up: bool,
    running: bool,
    loopback: bool,
    wireless: bool,
    connected: Option<bool>,
    addresses: Vec<AddressObject>,
    link_types: Option<Vec<LinkTypeObject>>,
    timestamp_types: Vec<&'static str>,
}

#[derive(Serialize)]
struct AddressObject {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    netmask: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    broadcast: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
}

#[derive(Serialize)]
struct LinkTypeObject {
    number: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
}

/// Appends one interface's object and a line end.
pub(crate) fn json(shown: &Shown<'_>, out: &mut Vec<u8>) {
    let device = shown.device;
    let object = Object {
        r#type: "device",
        number: device.number,
        name: &device.name,
        description: device.description.as_deref(),
        default: shown.is_default,
        up: device.up,
        running: device.running,
        loopback: device.loopback,
        wireless: device.wireless,
        connected: match device.connected {
            Connected::Yes => Some(true),
            Connected::No => Some(false),
            Connected::Unknown | Connected::NotApplicable => None,
        },
        addresses: device
            .addresses
            .iter()
            .map(|address| AddressObject {
                address: address.address.to_string(),
                netmask: address.netmask.map(|address| address.to_string()),
                broadcast: address.broadcast.map(|address| address.to_string()),
                peer: address.peer.map(|address| address.to_string()),
            })
            .collect(),
        link_types: shown.link_types.as_ref().map(|types| {
            types.iter().map(|link| LinkTypeObject { number: link.0, name: link.name() }).collect()
        }),
        timestamp_types: shown.timestamp_types.iter().map(|known| known.name()).collect(),
    };
    super::json::line(out, &object);
}

#[derive(Serialize)]
struct Drops<'a> {
    r#type: &'static str,
    interface: &'a str,
    new: u64,
    received: u64,
    dropped_by_kernel: u64,
    dropped_by_interface: u64,
}

/// Writes a `drops` object: so many more were dropped.
pub(crate) fn drops(stats: &InterfaceStats, new: u64, output: &mut dyn Write) -> io::Result<()> {
    let mut out = Vec::new();
    let object = Drops {
        r#type: "drops",
        interface: &stats.name,
        new,
        received: stats.received,
        dropped_by_kernel: stats.dropped_by_kernel,
        dropped_by_interface: stats.dropped_by_interface,
    };
    super::json::line(&mut out, &object);
    output.write_all(&out)?;
    output.flush()
}
