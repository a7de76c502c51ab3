//! One interface that frames are captured from.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use pcap::{Active, Capture, Inactive, Linktype, Packet, Precision};

use super::counters::Counters;
use super::fault::candidates;
use super::spill::Spill;
use super::{InterfaceFault, InterfaceStats, LiveOptions, TimestampType, buffer, devices, timestamps};
use crate::filter::{self, from_dlt};
use crate::{BlockBuilder, Error, Frame, LinkType, Note, Timestamp};

/// The most frames that one call of libpcap may hand over: so many may have to wait for the next block.
pub(super) const BATCH: usize = 64;
/// What is kept of a frame at most.
const MAX_SNAPLEN: u32 = 262_144;
/// Linux: all interfaces at once.
const ANY: &str = "any";

/// An open capture on one interface.
pub(super) struct Tap {
    capture: Capture<Active>,
    pub(super) stats: InterfaceStats,
    pub(super) link_type: LinkType,
    counters: Counters,
    interface: u32,
    nanoseconds: bool,
    /// Whether it has a descriptor that can be waited for.
    waits: bool,
    pub(super) down: bool,
}

/// Opens an interface just to ask about it: no promiscuous mode, a small buffer.
pub(super) fn open_quietly(name: &str) -> Result<Capture<Active>, InterfaceFault> {
    let at_open = |error: &pcap::Error| InterfaceFault::at_open(name, filter::message(error), true);
    let capture = Capture::from_device(name).map_err(|error| at_open(&error))?;
    capture.buffer_size(1 << 19).snaplen(256).timeout(10).open().map_err(|error| at_open(&error))
}

impl Tap {
    pub(super) fn open(
        name: &str,
        interface: u32,
        options: &LiveOptions,
    ) -> Result<(Self, Vec<Note>), InterfaceFault> {
        // A name with a colon may be one that libpcap knows, but does not list: nflog:5.
        let exists = devices().is_ok_and(|devices| devices.iter().any(|device| device.name == name));
        if !exists && !name.contains(':') {
            return Err(InterfaceFault::NoSuch { candidates: candidates() });
        }
        let at_open = |error: &pcap::Error| InterfaceFault::at_open(name, filter::message(error), exists);
        if options.timestamp != TimestampType::Host {
            let offered = timestamps::offered(name);
            if !offered.contains(&options.timestamp) {
                let offered = offered.iter().map(|offered| offered.name()).collect();
                return Err(InterfaceFault::Timestamp { wanted: options.timestamp.name(), offered });
            }
        }
        let nanoseconds = has_nanoseconds(name);
        let inactive = Capture::from_device(name).map_err(|error| at_open(&error))?;
        let capture = set(inactive, name, options, nanoseconds).open().map_err(|error| at_open(&error))?;
        let mut capture = capture.setnonblock().map_err(|error| at_open(&error))?;
        let sll2 = Linktype(LinkType::LINUX_SLL2.0 as i32);
        if name == ANY && capture.list_datalinks().is_ok_and(|types| types.contains(&sll2)) {
            // It names the interface of each frame. Where it is refused, the first version will do.
            let _ = capture.set_datalink(sll2);
        }
        if let Some(expression) = &options.filter {
            capture.filter(expression, true).map_err(|error| {
                InterfaceFault::Filter(filter::error(expression, filter::message(&error)))
            })?;
        }
        let dlt = capture.get_datalink();
        let link_type = from_dlt(dlt);
        // D-Bus has no descriptor, and asking for one would panic.
        let waits = link_type != LinkType(231);
        let mut tap = Tap {
            capture,
            stats: InterfaceStats { name: name.to_owned(), ..InterfaceStats::default() },
            link_type,
            counters: Counters::default(),
            interface,
            nanoseconds,
            waits,
            down: false,
        };
        let mut notes = Vec::new();
        let asked = u64::from(options.buffer);
        if let Some(granted) = tap.fd().and_then(buffer::granted).filter(|granted| *granted < asked) {
            notes.push(Note::SmallBuffer { interface: name.to_owned(), asked, granted });
        }
        // From here on it counts.
        tap.count();
        Ok((tap, notes))
    }

    /// What to wait for, where it can be waited for.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.waits.then(|| self.capture.as_fd())
    }

    /// The bytes of the buffer that it has, where the system tells.
    pub(super) fn buffer(&self) -> Option<u64> {
        self.fd().and_then(buffer::granted)
    }

    /// Takes up to `count` frames that are there, without waiting; gives their number.
    pub(super) fn read(
        &mut self,
        count: usize,
        block: &mut BlockBuilder,
        spill: &mut Spill,
    ) -> Result<usize, InterfaceFault> {
        let (link_type, interface, nanoseconds) = (self.link_type, self.interface, self.nanoseconds);
        let take = |packet: Packet<'_>| {
            let frame = Frame {
                number: 0,
                at: stamp(packet.header.ts.tv_sec, packet.header.ts.tv_usec, nanoseconds),
                wire_len: packet.header.len,
                link_type,
                interface,
                data: packet.data,
            };
            // The one copy of a live frame: libpcap hands its place back to the kernel as soon as this returns.
            if !spill.is_empty() || !block.push(frame) {
                spill.push(frame);
            }
        };
        self.capture.dispatch(Some(count.clamp(1, BATCH)), take).map_err(|error| self.fault(&error))
    }

    /// What libpcap's error means while frames are captured.
    fn fault(&self, error: &pcap::Error) -> InterfaceFault {
        let message = filter::message(error);
        let lower = message.to_ascii_lowercase();
        if ["disappeared", "no such device", "was removed"].iter().any(|part| lower.contains(part))
            || self.state() == State::Gone
        {
            InterfaceFault::Removed
        } else if lower.contains("went down") || lower.contains("network is down") {
            InterfaceFault::NotUp { interface: self.stats.name.clone() }
        } else {
            InterfaceFault::Read { message }
        }
    }

    pub(super) fn state(&self) -> State {
        let name = &self.stats.name;
        let Ok(devices) = devices() else { return State::Up };
        match devices.iter().find(|device| device.name == *name) {
            Some(device) if device.up => State::Up,
            Some(_) => State::Down,
            None if name.contains(':') => State::Up,
            None => State::Gone,
        }
    }

    /// Reads libpcap's counters.
    pub(super) fn count(&mut self) {
        if let Ok(stat) = self.capture.stats() {
            self.counters.read(stat, &mut self.stats);
        }
    }

    pub(super) fn error(&self, fault: InterfaceFault) -> Error {
        Error::Interface { interface: PathBuf::from(&self.stats.name), fault }
    }
}

/// What an interface is doing.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum State {
    Up,
    Down,
    Gone,
}

fn set(
    inactive: Capture<Inactive>,
    name: &str,
    options: &LiveOptions,
    nanoseconds: bool,
) -> Capture<Inactive> {
    // Linux gathers for a set time and fills its buffer densely; elsewhere that time may begin with the first read only.
    let immediate = options.immediate.unwrap_or(!cfg!(target_os = "linux"));
    let mut inactive = inactive
        .snaplen(options.snaplen.clamp(1, MAX_SNAPLEN) as i32)
        .promisc(options.promiscuous && name != ANY)
        .timeout(options.timeout.as_millis().clamp(1, 1000) as i32)
        .immediate_mode(immediate)
        .buffer_size(options.buffer.clamp(1, i32::MAX as u32) as i32);
    if options.timestamp != TimestampType::Host {
        inactive = inactive.tstamp_type(options.timestamp.to_pcap());
    }
    if nanoseconds { inactive.precision(Precision::Nano) } else { inactive }
}

/// Whether libpcap gives nanoseconds for this interface. The crate does not pass on whether it agreed to, so they are asked
/// for only where it always does: on Linux for every network interface, and for all of them at once.
fn has_nanoseconds(name: &str) -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let table = std::fs::read_to_string("/proc/net/dev").unwrap_or_default();
    name == ANY
        || table.lines().any(|line| line.split_once(':').is_some_and(|(first, _)| first.trim() == name))
}

/// The stamp of a frame: seconds, and micro- or nanoseconds, whose widths differ from system to system.
fn stamp(seconds: impl Into<i64>, fraction: impl Into<i64>, nanoseconds: bool) -> Timestamp {
    let (seconds, fraction) = (seconds.into(), fraction.into());
    let nanos = if nanoseconds { fraction } else { fraction.saturating_mul(1000) };
    Timestamp::from_secs_nanos(seconds, 0).saturating_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_have_the_unit_that_was_asked_for() {
        assert_eq!(stamp(2, 3, true), Timestamp(2_000_000_003));
        assert_eq!(stamp(2, 3, false), Timestamp(2_000_003_000));
    }

    #[test]
    fn no_such_interface_names_those_that_there_are() {
        match Tap::open("nosuch0", 0, &LiveOptions::default()) {
            Err(InterfaceFault::NoSuch { candidates }) => {
                assert!(!candidates.contains(&"nosuch0".to_owned()))
            }
            _ => panic!("opened"),
        }
    }
}
