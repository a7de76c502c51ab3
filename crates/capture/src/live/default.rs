//! Which interface to capture from where none is named.

use super::{Device, InterfaceFault, devices};
use crate::Error;

/// The interface to capture from where none is named: one that is up, running, and has the default route (Linux tells); else
/// the first that is up, running, has an address and is no loopback; else the first with an address and no loopback; else
/// the first loopback that is up.
///
/// # Errors
/// Where there is none of these.
pub fn default_device() -> Result<Device, Error> {
    let devices = devices()?;
    let names: Vec<String> = devices.iter().map(|device| device.name.clone()).collect();
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let routes =
        routes_v4(&read("/proc/net/route")).chain(routes_v6(&read("/proc/net/ipv6_route"))).collect();
    choose(devices, routes).ok_or_else(|| Error::Interface {
        interface: "(default)".into(),
        fault: InterfaceFault::NoDefault { candidates: names },
    })
}

fn choose(devices: Vec<Device>, mut routes: Vec<(u64, String)>) -> Option<Device> {
    routes.sort();
    let place = routes
        .iter()
        .find_map(|(_, name)| devices.iter().position(|d| d.name == *name && d.up && d.running))
        .or_else(|| devices.iter().position(|d| d.up && d.running && !d.loopback && !d.addresses.is_empty()))
        .or_else(|| devices.iter().position(|d| !d.loopback && !d.addresses.is_empty()))
        .or_else(|| devices.iter().position(|d| d.up && d.loopback))?;
    devices.into_iter().nth(place)
}

/// The default routes of `/proc/net/route`: metric and interface.
fn routes_v4(table: &str) -> impl Iterator<Item = (u64, String)> {
    table.lines().skip(1).filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [name, destination, _, flags, _, _, metric, mask, ..] = fields.as_slice() else { return None };
        let up = u32::from_str_radix(flags, 16).ok()? & 1 != 0;
        let default = up && *destination == "00000000" && *mask == "00000000";
        default.then_some((metric.parse().ok()?, (*name).to_owned()))
    })
}

/// The default routes of `/proc/net/ipv6_route`; an IPv4 one with the same metric goes first.
fn routes_v6(table: &str) -> impl Iterator<Item = (u64, String)> {
    table.lines().filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [destination, length, _, _, _, metric, _, _, flags, name] = fields.as_slice() else {
            return None;
        };
        // RTF_UP, and not RTF_REJECT: the kernel lists an unreachable default route on lo.
        let flags = u32::from_str_radix(flags, 16).ok()?;
        let default = destination.bytes().all(|byte| byte == b'0') && *length == "00";
        let usable = default && flags & 0x0001 != 0 && flags & 0x0200 == 0 && *name != "lo";
        let metric = u64::from_str_radix(metric, 16).ok()?;
        usable.then_some((metric.saturating_add(1), (*name).to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Address, Connected};

    fn device(name: &str, up: bool, loopback: bool, address: bool) -> Device {
        let address = address.then(|| Address {
            address: "192.0.2.1".parse().unwrap(),
            netmask: None,
            broadcast: None,
            peer: None,
        });
        Device {
            number: 1,
            name: name.into(),
            description: None,
            addresses: address.into_iter().collect(),
            up,
            running: up,
            loopback,
            wireless: false,
            connected: Connected::Unknown,
        }
    }

    #[test]
    fn the_default_route_is_found() {
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                     wlan0\t00000000\t0102000A\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
                     eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
                     eth1\t00000000\t010200C0\t0002\t0\t0\t1\t00000000\t0\t0\t0\n\
                     eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        let mut routes: Vec<_> = routes_v4(table).collect();
        routes.sort();
        assert_eq!(routes, [(100, "eth0".to_owned()), (600, "wlan0".to_owned())]);
        let zero = "0".repeat(32);
        let table = format!(
            "{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth2\n\
             {zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo\n\
             fe800000000000000000000000000000 40 {zero} 00 {zero} 00000100 00000001 00000000 00000001     eth0\n"
        );
        assert_eq!(routes_v6(&table).collect::<Vec<_>>(), [(1025, "eth2".to_owned())]);
    }

    #[test]
    fn choices_in_order() {
        let name = |devices: &[Device], routes: &[(u64, &str)]| {
            let routes = routes.iter().map(|(metric, name)| (*metric, (*name).to_owned())).collect();
            choose(devices.to_vec(), routes).map(|device| device.name)
        };
        let lo = device("lo", true, true, true);
        let (up, bare, down) = (
            device("up", true, false, true),
            device("bare", true, false, false),
            device("down", false, false, true),
        );
        let all = [lo.clone(), down.clone(), bare.clone(), up.clone()];
        assert_eq!(name(&all, &[(5, "down"), (9, "bare")]), Some("bare".into()), "a route, and up");
        assert_eq!(name(&all, &[]), Some("up".into()));
        assert_eq!(name(&[lo.clone(), bare.clone(), down.clone()], &[]), Some("down".into()));
        assert_eq!(name(&[bare, lo], &[]), Some("lo".into()));
        assert_eq!(name(&[], &[(1, "eth0")]), None);
    }
}
