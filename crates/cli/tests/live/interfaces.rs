//! Interfaces that are not there, go away and come back; limits, Ctrl-C and readers that leave.

use std::process::Stdio;

use super::run::{Run, objects};
use super::world::{TOOLS, World, can_run, until};

#[test]
fn an_unknown_interface_names_those_that_there_are() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    let run = Run::spawn(
        world.within(&world.client, env!("CARGO_BIN_EXE_wiretrace")).args(["http", "-i", "nosuch0"]),
    );
    let (status, lines, said) = run.end();
    assert_eq!((status.code(), lines.len()), (Some(1), 0));
    assert!(said.contains("nosuch0: no such interface; there are ") && said.contains("va"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn an_interface_that_is_removed_ends_the_capture() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    let run = Run::start(&world, &world.client, &["http", "--json", "-i", "va"]);
    assert!(world.curl(&world.client, "http://10.77.0.2/a.txt?before").status.success());
    run.until_printed(1, "?before");
    world.ip(&world.client, &["link", "del", "va"]);
    let (status, lines, said) = run.end();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("va: the interface was removed while capturing"), "{said}");
    let objects = objects(&lines);
    assert_eq!(objects.first().unwrap()["request"]["target"], "/a.txt?before");
    assert_eq!(objects.last().unwrap()["type"], "stats");
}

#[test]
fn an_interface_that_goes_down_may_come_back() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    let run = Run::start(&world, &world.client, &["http", "-i", "va"]);
    world.ip(&world.client, &["link", "set", "va", "down"]);
    run.until_said("va: the interface went down");
    world.ip(&world.client, &["link", "set", "va", "up"]);
    until("the link", || world.curl(&world.client, "http://10.77.0.2/a.txt?again").status.success());
    run.until_printed(1, "?again");
    run.until_said("va: the interface is up again");
    // And when it goes for good while it is down, that is seen, too.
    world.ip(&world.client, &["link", "set", "va", "down"]);
    until("the second note", || run.err().matches("went down").count() == 2);
    world.ip(&world.client, &["link", "del", "va"]);
    let (status, _, said) = run.end();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("was removed"), "{said}");
}

#[test]
fn an_interface_that_is_down_says_how_to_bring_it_up() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    world.ip(&world.client, &["link", "set", "va", "down"]);
    let run =
        Run::spawn(world.within(&world.client, env!("CARGO_BIN_EXE_wiretrace")).args(["tcp", "-i", "va"]));
    let (status, _, said) = run.end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("sudo ip link set dev va up"), "{said}");
}

#[test]
fn ctrl_c_without_traffic_ends_it() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    for threads in ["1", "2"] {
        let run = Run::start(&world, &world.client, &["http", "--json", "--threads", threads, "-i", "lo"]);
        let (status, lines, said) = run.stop();
        assert_eq!(status.code(), Some(0), "{said}");
        let objects = objects(&lines);
        assert_eq!((objects.len(), &objects[0]["packets"]), (1, &0.into()));
        assert!(said.contains("0 packets read; 0 received"), "{said}");
    }
}

#[test]
fn a_reader_that_leaves_ends_it_without_traffic() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    let mut command = world.within(&world.client, env!("CARGO_BIN_EXE_wiretrace"));
    let mut child =
        command.args(["http", "-i", "lo"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    let mut status = None;
    until("the end", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    assert_eq!(status.unwrap().code(), Some(0));
}

#[test]
fn limits_end_it() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    let run = Run::start(&world, &world.client, &["http", "--json", "-i", "va", "-c", "5", "tcp"]);
    assert!(world.curl(&world.client, "http://10.77.0.2/a.txt").status.success());
    let (status, lines, said) = run.end();
    assert_eq!(status.code(), Some(0), "{said}");
    let objects = objects(&lines);
    assert_eq!(objects.last().unwrap()["packets"], 5);
    let run = Run::start(&world, &world.client, &["http", "-i", "va", "--duration", "0.3"]);
    assert_eq!(run.end().0.code(), Some(0));
}

#[test]
fn a_bad_filter_is_wrong_usage() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    let mut command = world.within(&world.client, env!("CARGO_BIN_EXE_wiretrace"));
    let run = Run::spawn(command.args(["http", "-i", "va", "tcp", "prot", "80"]));
    let (status, _, said) = run.end();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains("  tcp prot 80\n") && said.ends_with("      ^^^^"), "{said}");
}

#[test]
fn the_default_interface_has_the_default_route() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    world.ip(&world.client, &["route", "add", "default", "via", "10.77.0.2"]);
    let run = Run::start(&world, &world.client, &["http"]);
    assert!(run.err().starts_with("wiretrace: Listening on va (ethernet), snaplen 262144"), "{}", run.err());
    assert_eq!(run.stop().0.code(), Some(0));
    let devices = world
        .within(&world.client, env!("CARGO_BIN_EXE_wiretrace"))
        .args(["devices", "--json"])
        .output()
        .unwrap();
    let lines: Vec<String> = String::from_utf8(devices.stdout).unwrap().lines().map(String::from).collect();
    let objects = objects(&lines);
    let va = objects.iter().find(|object| object["name"] == "va").unwrap();
    assert_eq!(va["default"], true);
    assert_eq!((&va["up"], &va["loopback"], &va["type"]), (&true.into(), &false.into(), &"device".into()));
    assert_eq!(va["link_types"][0]["name"], "ethernet");
    let addresses = va["addresses"].as_array().unwrap();
    let has = |address: &str, netmask: &str| {
        addresses.iter().any(|known| known["address"] == address && known["netmask"] == netmask)
    };
    assert!(has("10.77.0.1", "255.255.255.0") && has("fd77::1", "ffff:ffff:ffff:ffff::"), "{va}");
    assert_eq!(objects.iter().filter(|object| object["default"] == true).count(), 1);
}

#[test]
fn a_number_names_an_interface() {
    if !can_run(&TOOLS) {
        return;
    }
    let world = World::new();
    let devices =
        world.within(&world.client, env!("CARGO_BIN_EXE_wiretrace")).arg("devices").output().unwrap();
    let devices = String::from_utf8(devices.stdout).unwrap();
    let number =
        devices.lines().find(|line| line.contains(" lo")).unwrap().split_whitespace().next().unwrap();
    let run = Run::start(&world, &world.client, &["http", "-i", number]);
    assert!(run.err().contains("Listening on lo "), "{}", run.err());
    assert_eq!(run.stop().0.code(), Some(0));
}
