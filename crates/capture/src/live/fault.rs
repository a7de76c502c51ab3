//! Why a live capture cannot begin, or not go on.

use std::fmt;

use crate::filter::FilterError;

/// Why a live capture cannot begin, or not go on. `Display` says it for people, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum InterfaceFault {
    /// There is no such interface.
    NoSuch {
        /// Those that there are.
        candidates: Vec<String>,
    },
    /// There is no interface that could be captured from by default.
    NoDefault {
        /// Those that there are.
        candidates: Vec<String>,
    },
    /// Capturing is not allowed.
    NoRights {
        /// What libpcap says.
        message: String,
        /// The program that needs the right, where known.
        program: Option<String>,
    },
    /// The interface is not up.
    NotUp {
        /// Its name.
        interface: String,
    },
    /// The interface was removed while frames were captured from it.
    Removed,
    /// This type of time stamps is not offered.
    Timestamp {
        /// The one asked for.
        wanted: &'static str,
        /// Those that there are.
        offered: Vec<&'static str>,
    },
    /// The filter cannot be compiled for the interface.
    Filter(FilterError),
    /// What was asked for is not supported.
    NotSupported {
        /// What libpcap says.
        message: String,
    },
    /// Something else, before the first frame.
    Open {
        /// What libpcap says.
        message: String,
    },
    /// Something else, while frames were captured.
    Read {
        /// What libpcap says.
        message: String,
    },
}

impl InterfaceFault {
    /// Whether frames may have come before it.
    pub fn is_in_capture(&self) -> bool {
        matches!(self, InterfaceFault::Removed | InterfaceFault::Read { .. })
    }

    /// What libpcap's message at opening an interface means. The crate `pcap` gives the message only.
    pub(super) fn at_open(interface: &str, message: String, exists: bool) -> Self {
        let lower = message.to_ascii_lowercase();
        let says = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
        if says(&["permission", "not permitted", "cap_net_raw"]) {
            let program = std::env::current_exe().ok().map(|path| path.display().to_string());
            InterfaceFault::NoRights { message, program }
        } else if says(&["no such device", "doesn't exist", "not exist"]) || !exists {
            InterfaceFault::NoSuch { candidates: candidates() }
        } else if says(&["not up", "network is down"]) {
            InterfaceFault::NotUp { interface: interface.to_owned() }
        } else if says(&["not supported", "doesn't support", "isn't supported"]) {
            InterfaceFault::NotSupported { message }
        } else {
            InterfaceFault::Open { message }
        }
    }
}

/// The names of all interfaces; none where the list cannot be had.
pub(super) fn candidates() -> Vec<String> {
    super::devices()
        .map(|devices| devices.into_iter().map(|device| device.name).collect())
        .unwrap_or_default()
}

fn list(f: &mut fmt::Formatter<'_>, candidates: &[String]) -> fmt::Result {
    if candidates.is_empty() {
        return f.write_str("; the system shows none at all");
    }
    write!(f, "; there are {}", candidates.join(", "))
}

/// A word for a shell, quoted where it must be.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

impl fmt::Display for InterfaceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InterfaceFault::NoSuch { candidates } => {
                f.write_str("no such interface")?;
                list(f, candidates)
            }
            InterfaceFault::NoDefault { candidates } => {
                f.write_str("no interface is up and has an address; name one with -i")?;
                list(f, candidates)
            }
            InterfaceFault::NoRights { message, program } => {
                write!(f, "no rights to capture ({message}); ")?;
                match program {
                    Some(program) if cfg!(target_os = "linux") => write!(
                        f,
                        "give them to the program once: sudo setcap cap_net_raw,cap_net_admin=eip {} (cap_net_raw is \
                         enough, for promiscuous mode too; cap_net_admin is for the adapter's time stamps), or run it \
                         with sudo",
                        quoted(program)
                    ),
                    _ if cfg!(target_os = "macos") => f.write_str(
                        "run it with sudo, or make /dev/bpf* readable for you: sudo chmod g+rw /dev/bpf* and sudo chgrp \
                         admin /dev/bpf*",
                    ),
                    _ => f.write_str("run it with sudo"),
                }
            }
            InterfaceFault::NotUp { interface } => {
                let interface = quoted(interface);
                f.write_str("the interface is not up; bring it up with: sudo ")?;
                if cfg!(target_os = "linux") {
                    write!(f, "ip link set dev {interface} up")
                } else {
                    write!(f, "ifconfig {interface} up")
                }
            }
            InterfaceFault::Removed => {
                f.write_str("the interface was removed while capturing; everything before that was read")
            }
            InterfaceFault::Timestamp { wanted, offered } => {
                write!(f, "does not offer time stamps of type {wanted}; it offers {}", offered.join(", "))
            }
            InterfaceFault::Filter(error) => error.fmt(f),
            InterfaceFault::NotSupported { message } => {
                write!(
                    f,
                    "the interface cannot do what was asked for: {message}; leave options away, or choose another"
                )
            }
            InterfaceFault::Open { message } => write!(f, "cannot capture: {message}"),
            InterfaceFault::Read { message } => {
                write!(f, "cannot capture any further: {message}; everything before that was read")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_libpcap_are_understood() {
        let fault = |message: &str| InterfaceFault::at_open("eth0", message.into(), true);
        for message in [
            "eth0: You don't have permission to perform this capture on that device (socket: Operation not permitted)",
            "socket: Operation not permitted",
            "Attempt to create packet socket failed - CAP_NET_RAW may be required",
            "(cannot open device) /dev/bpf0: Permission denied",
        ] {
            assert!(matches!(fault(message), InterfaceFault::NoRights { .. }), "{message}");
        }
        for message in
            ["No such device exists", "SIOCGIFHWADDR: No such device", "BIOCSETIF: nope: doesn't exist"]
        {
            assert!(matches!(fault(message), InterfaceFault::NoSuch { .. }), "{message}");
        }
        assert_eq!(fault("That device is not up"), InterfaceFault::NotUp { interface: "eth0".into() });
        assert!(matches!(fault("That operation is not supported"), InterfaceFault::NotSupported { .. }));
        assert!(matches!(fault("something else"), InterfaceFault::Open { .. }));
        assert!(matches!(
            InterfaceFault::at_open("eth0", "something else".into(), false),
            InterfaceFault::NoSuch { .. }
        ));
    }

    #[test]
    fn the_command_for_the_rights_is_whole() {
        let fault = |program: &str| {
            InterfaceFault::NoRights { message: "m".into(), program: Some(program.into()) }.to_string()
        };
        if cfg!(target_os = "linux") {
            let plain = fault("/usr/bin/wiretrace");
            assert!(
                plain.contains("sudo setcap cap_net_raw,cap_net_admin=eip /usr/bin/wiretrace "),
                "{plain}"
            );
            assert!(fault("/a b/it's").contains("eip '/a b/it'\\''s' "), "quoted for a shell");
        }
    }
}
