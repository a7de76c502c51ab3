//! An ordinary user: without rights, and with the capability granted as the message says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use super::run::Run;
use super::world::{TOOLS, World, can_run, output};

/// A copy of the program that everybody may run, also below folders that are closed to others.
fn program(world: &World) -> PathBuf {
    let open = |path: &std::path::Path| fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    let program = world.file("wiretrace");
    fs::copy(env!("CARGO_BIN_EXE_wiretrace"), &program).unwrap();
    open(world.folder.path());
    open(&program);
    program
}

fn as_nobody(world: &World, program: &std::path::Path) -> Command {
    let mut command = world.within(&world.client, "setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all"]).arg(program);
    command
}

#[test]
fn without_rights_the_command_that_gives_them_is_said() {
    if !can_run(&[&TOOLS[..], &["setpriv"]].concat()) {
        return;
    }
    let world = World::new();
    let program = program(&world);
    let (status, _, said) = Run::spawn(as_nobody(&world, &program).args(["http", "-i", "va"])).end();
    assert_eq!(status.code(), Some(1), "{said}");
    let command = format!("sudo setcap cap_net_raw,cap_net_admin=eip {}", program.display());
    assert!(said.starts_with("wiretrace: va: no rights to capture") && said.contains(&command), "{said}");
    // The list of interfaces needs none.
    let devices = output(as_nobody(&world, &program).arg("devices"));
    assert!(devices.status.success());
    assert!(String::from_utf8(devices.stdout).unwrap().contains("10.77.0.1"));
}

#[test]
fn with_the_capability_an_ordinary_user_captures() {
    if !can_run(&[&TOOLS[..], &["setpriv", "setcap"]].concat()) {
        return;
    }
    let world = World::new();
    let program = program(&world);
    let granted = output(Command::new("setcap").arg("cap_net_raw=eip").arg(&program));
    if !granted.status.success() {
        eprintln!("skipped: this file system keeps no capabilities");
        return;
    }
    let run = Run::spawn(as_nobody(&world, &program).args(["http", "-i", "va"]));
    run.until_said("Listening on va");
    assert!(world.curl(&world.client, "http://10.77.0.2/a.txt").status.success());
    run.until_printed(1, "/a.txt");
    // A signal from root reaches it all the same.
    assert_eq!(run.stop().0.code(), Some(0));
}
