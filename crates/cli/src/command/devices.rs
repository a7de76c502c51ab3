//! `wiretrace devices`

use crate::args::Devices;
use crate::exit::Outcome;
use crate::messages::say;

#[cfg(feature = "live")]
pub(crate) fn run(args: &Devices) -> Outcome {
    use std::io::Write;

    use crate::render::device;
    use wiretrace_capture::live;

    let devices = match live::devices() {
        Ok(devices) => devices,
        Err(error) => {
            say(&error.to_string());
            return Outcome::Failed;
        }
    };
    let default = live::default_device().ok().map(|device| device.name);
    let mut out = Vec::new();
    for device in &devices {
        let shown = device::Shown {
            device,
            is_default: default.as_ref() == Some(&device.name),
            // Without the right to capture nobody tells.
            link_types: live::link_types(&device.name).ok(),
            timestamp_types: live::timestamp_types(&device.name),
        };
        if args.json {
            device::json(&shown, &mut out);
        } else {
            device::text(&shown, &mut out);
        }
    }
    let mut output = std::io::stdout().lock();
    match output.write_all(&out).and_then(|()| output.flush()) {
        Ok(()) => {}
        Err(error) => return super::failed(&error.into()),
    }
    if devices.is_empty() {
        say("the system shows no interface that can be captured from");
    }
    Outcome::Done
}

#[cfg(not(feature = "live"))]
pub(crate) fn run(_: &Devices) -> Outcome {
    say(super::NO_LIVE);
    Outcome::Usage
}
