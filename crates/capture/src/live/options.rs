//! What can be set about a live capture.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Everything that can be set about a live capture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveOptions {
    /// How many bytes of each frame are kept. Default: 262,144, so that frames merged by the interface are whole; at least
    /// 1, at most 262,144.
    pub snaplen: u32,
    /// Whether to put the interface into promiscuous mode; never done for `any`. Default: true.
    pub promiscuous: bool,
    /// The kernel's buffer, in bytes. Default: 32 MiB; at most 2 GiB - 1.
    pub buffer: u32,
    /// How long the kernel may gather frames before it hands them on, where it gathers. Default: 10 ms; at least 1 ms, at
    /// most 1 s.
    pub timeout: Duration,
    /// Whether frames are handed on one by one. `None`: only where the system cannot gather for a set time. On Linux one
    /// by one takes much more of the buffer: each frame then takes a slot of the largest size. Default: `None`.
    pub immediate: Option<bool>,
    /// Who stamps the frames. Default: the host.
    pub timestamp: TimestampType,
    /// A filter in the language of pcap-filter(7), run in the kernel. Default: none.
    pub filter: Option<String>,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            snaplen: 262_144,
            promiscuous: true,
            buffer: 32 << 20,
            timeout: Duration::from_millis(10),
            immediate: None,
            timestamp: TimestampType::Host,
            filter: None,
        }
    }
}

/// Who stamps the frames, in libpcap's words (pcap-tstamp(7)).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum TimestampType {
    /// The host, in whatever way it does.
    #[default]
    Host,
    /// The host, cheaply and coarsely.
    HostLowPrecision,
    /// The host, as precisely as it can.
    HostHighPrecision,
    /// The network adapter, in step with the host's clock.
    Adapter,
    /// The network adapter, by a clock of its own.
    AdapterUnsynced,
}

impl TimestampType {
    /// All of them.
    pub const ALL: [TimestampType; 5] = [
        TimestampType::Host,
        TimestampType::HostLowPrecision,
        TimestampType::HostHighPrecision,
        TimestampType::Adapter,
        TimestampType::AdapterUnsynced,
    ];

    /// libpcap's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            TimestampType::Host => "host",
            TimestampType::HostLowPrecision => "host_lowprec",
            TimestampType::HostHighPrecision => "host_hiprec",
            TimestampType::Adapter => "adapter",
            TimestampType::AdapterUnsynced => "adapter_unsynced",
        }
    }

    pub(super) fn to_pcap(self) -> pcap::TimestampType {
        match self {
            TimestampType::Host => pcap::TimestampType::Host,
            TimestampType::HostLowPrecision => pcap::TimestampType::HostLowPrec,
            TimestampType::HostHighPrecision => pcap::TimestampType::HostHighPrec,
            TimestampType::Adapter => pcap::TimestampType::Adapter,
            TimestampType::AdapterUnsynced => pcap::TimestampType::AdapterUnsynced,
        }
    }
}

impl fmt::Display for TimestampType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for TimestampType {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        TimestampType::ALL.into_iter().find(|known| known.name() == name).ok_or_else(|| {
            let names: Vec<_> = TimestampType::ALL.iter().map(|known| known.name()).collect();
            format!("there is no such type of time stamps; there are {}", names.join(", "))
        })
    }
}
