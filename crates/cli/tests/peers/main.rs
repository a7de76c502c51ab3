//! Real peers, recorded on loopback: what they say of themselves is what wiretrace says of them.
//!
//! Needs root and some programs. As root with `CI` set a missing one fails the tests; elsewhere they skip and say so.
#![cfg(target_os = "linux")]

mod scene;
#[allow(dead_code, reason = "shared with the tests of live capture, which use all of it")]
#[path = "../live/world.rs"]
mod world;

use std::fs;
use std::process::Command;

use scene::{Scene, script};
use serde_json::Value;
use world::{can_run, output, until};

const NODE: u16 = 8001;
const PYTHON: u16 = 8002;
const NGINX: u16 = 8003;

/// With node's library ws.
fn has_ws() -> bool {
    let mut command = Command::new("node");
    let found =
        output(command.args(["-e", "require('ws')"]).env("NODE_PATH", "/usr/share/nodejs")).status.success();
    assert!(
        found || std::env::var_os("CI").is_none(),
        "node's ws is missing: tools/install-needs --tests installs it"
    );
    if !found {
        eprintln!("skipped: needs node's ws");
    }
    found
}

fn node(scene: &mut Scene) {
    let mut command = scene.command("node");
    command.arg(script("server.js")).arg(NODE.to_string());
    scene.serve("node", &mut command, "listening");
}

/// One run of curl, on one connection: method, target, and more arguments. Gives what it saw.
fn curl(scene: &Scene, port: u16, requests: &[(&str, &str, &[&str])]) -> Vec<Value> {
    let mut command = scene.command("curl");
    for (number, (method, target, args)) in requests.iter().enumerate() {
        if number > 0 {
            command.arg("--next");
        }
        command.args(["-s", "--max-time", "30", "-w", "{\"status\":%{http_code}}\\n"]);
        command.args(args.iter());
        match *method {
            "GET" => {}
            "HEAD" => {
                command.arg("--head");
            }
            other => {
                command.args(["-X", other]);
            }
        }
        command.arg("-o").arg(scene.path(&format!("curl-{number}")));
        command.arg(format!("http://127.0.0.1:{port}{target}"));
    }
    let mut seen = scene.run(&mut command);
    for (number, (line, (method, target, _))) in seen.iter_mut().zip(requests).enumerate() {
        let bytes = fs::read(scene.path(&format!("curl-{number}"))).unwrap_or_default();
        line["method"] = (*method).into();
        line["target"] = (*target).into();
        // To curl the head is what HEAD gives.
        let (bytes, hash) = scene::about(if *method == "HEAD" { b"" } else { &bytes });
        line["content"] = serde_json::json!({"bytes": bytes, "hash": hash});
    }
    assert_eq!(seen.len(), requests.len());
    seen
}

/// What all clients ask node for, with a mark of who asks.
fn requests(who: &str) -> String {
    let mut list = String::new();
    for coding in ["identity", "gzip", "deflate", "raw", "br"] {
        for framing in ["length", "chunked"] {
            // Python has no brotli in its standard library.
            if coding != "br" || who != "python" {
                list += &format!(
                    "GET /coded/{coding}/{framing}/9000?{who}\nGET /coded/{coding}/{framing}/200000?{who}\n"
                );
            }
        }
    }
    if who != "python" {
        // To its library 103 is a final answer.
        list += &format!("GET /hints?{who}\n");
    }
    list + &format!(
        "GET /text?{who}\nHEAD /text?{who}\nPOST /echo?{who}1 7\nPOST /echo?{who}2 90000\nPOST /echo?{who}3 90000 chunked\n\
         DELETE /none?{who}\nGET /same?{who}\nGET /trailers?{who}\nGET /missing?{who}\nPUT /none?{who} 3000\n\
         OPTIONS /text?{who}\nGET /coded/identity/length/0?{who}\nGET /coded/identity/chunked/0?{who}\n"
    )
}

#[test]
fn node_serves_curl_node_and_python() {
    if !can_run(&["ip", "tcpdump", "curl", "node", "python3"]) {
        return;
    }
    let mut scene = Scene::new();
    node(&mut scene);
    let upload = scene.path("upload");
    fs::write(&upload, "0123456789abcdef".repeat(10_000)).unwrap();
    let upload = upload.to_str().unwrap();
    let at = format!("@{upload}");
    let packed: &[&str] = &["--compressed"];
    let mut seen = curl(
        &scene,
        NODE,
        &[
            ("GET", "/text?curl", &[]),
            ("GET", "/coded/gzip/chunked/100000?curl", packed),
            ("GET", "/coded/deflate/length/100000?curl", packed),
            ("HEAD", "/coded/gzip/length/100000?curl", packed),
            ("GET", "/coded/br/chunked/5000?curl", packed),
            ("POST", "/echo?curl1", &["-d", "a=1&b=2"]),
            ("PUT", "/echo?curl2", &["-T", upload]),
            (
                "POST",
                "/echo?curl3",
                &["-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", "--data-binary", &at],
            ),
            ("POST", "/echo?curl4", &["-F", "who=me", "-F", "file=@/proc/self/status"]),
            ("PUT", "/echo?curl5", &["-H", "Expect: 100-continue", "-T", upload]),
            ("GET", "/hints?curl", &[]),
            ("GET", "/trailers?curl", &[]),
            ("GET", "/same?curl", &[]),
            ("GET", "/missing?curl", &[]),
            ("GET", "/events?curl", &[]),
            ("GET", "/events/gzip?curl", packed),
        ],
    );
    seen.extend(curl(&scene, NODE, &[("GET", "/coded/identity/chunked/3000?old", &["--http1.0"])]));
    let base = format!("http://127.0.0.1:{NODE}");
    seen.extend(scene.run(scene.command("node").arg(script("client.js")).args([&base, &requests("node")])));
    let server = format!("127.0.0.1:{NODE}");
    let mut python = scene.command("python3");
    seen.extend(scene.run(python.arg(script("peer.py")).args(["get", &server, &requests("python")])));
    let log = scene.log_of("node", "method", seen.len());
    let traced = scene.end();
    assert_eq!(traced.are_those_of(NODE, &log), seen.len());
    assert_eq!(traced.were_seen(NODE, &seen), 17 + 34 + 29);
    assert_eq!(traced.events_are_those_of(&log), 8);
    let interim: Vec<_> =
        traced.exchanges(NODE).filter(|object| object["interim"] != Value::Array(vec![])).collect();
    assert!(interim.iter().any(|object| object["interim"][0] == 103), "{interim:#?}");
    assert!(interim.iter().any(|object| object["interim"][0] == 100), "{interim:#?}");
}

#[test]
fn python_serves_curl_and_node() {
    if !can_run(&["ip", "tcpdump", "curl", "node", "python3"]) {
        return;
    }
    let mut scene = Scene::new();
    let mut python = scene.command("python3");
    python.arg(script("peer.py")).args(["serve", &PYTHON.to_string()]);
    scene.serve("python", &mut python, "listening");
    let mut seen = curl(
        &scene,
        PYTHON,
        &[
            ("GET", "/gzip?curl", &["--compressed"]),
            ("HEAD", "/length?curl", &[]),
            ("POST", "/length?curl", &["-d", "x=1"]),
            ("GET", "/missing?curl", &[]),
            ("GET", "/close?curl", &[]),
            ("GET", "/1.0?curl", &["--http1.0"]),
            ("OPTIONS", "/length?curl", &[]),
        ],
    );
    let list = "GET /gzip?node\nPOST /length?node 50000\nGET /close?node\nGET /1.0?node\nHEAD /gzip?node\nDELETE /length?node\n";
    let base = format!("http://127.0.0.1:{PYTHON}");
    seen.extend(scene.run(scene.command("node").arg(script("client.js")).args([&base, list])));
    let log = scene.log_of("python", "method", seen.len());
    let traced = scene.end();
    assert_eq!(traced.are_those_of(PYTHON, &log), 13);
    assert_eq!(traced.were_seen(PYTHON, &seen), 13);
}

#[test]
fn nginx_serves_and_stands_between() {
    if !can_run(&["ip", "tcpdump", "curl", "node", "python3", "nginx"]) {
        return;
    }
    let mut scene = Scene::new();
    node(&mut scene);
    let folder = scene.path("");
    fs::create_dir(scene.path("www")).unwrap();
    fs::write(scene.path("www/a.txt"), "hello\n".repeat(3_000)).unwrap();
    fs::write(scene.path("www/large.bin"), (0..2_000_000u32).map(|n| (n % 251) as u8).collect::<Vec<_>>())
        .unwrap();
    let conf = format!(
        "daemon off; master_process off; pid {0}/pid; error_log {0}/error;\n\
         events {{ worker_connections 64; }}\n\
         http {{ log_format json escape=json '{{\"port\":$remote_port,\"method\":\"$request_method\",\"target\":\"$request_uri\",\
         \"status\":$status,\"sent\":$body_bytes_sent,\"framing\":\"$sent_http_transfer_encoding\"}}';\n\
         access_log {0}/nginx json; gzip on; gzip_min_length 100; gzip_proxied any;\n\
         client_body_temp_path {0}/t1; proxy_temp_path {0}/t2; fastcgi_temp_path {0}/t3; uwsgi_temp_path {0}/t4; scgi_temp_path {0}/t5;\n\
         server {{ listen 127.0.0.1:{NGINX}; root {0}/www; types {{ text/plain txt; }} gzip_types text/plain;\n\
         location /node/ {{ proxy_pass http://127.0.0.1:{NODE}/; proxy_http_version 1.1; }} }} }}\n",
        folder.display()
    );
    fs::write(scene.path("conf"), conf).unwrap();
    let mut nginx = scene.command("nginx");
    nginx.arg("-p").arg(&folder).arg("-c").arg(scene.path("conf"));
    scene.serve("nginx.out", &mut nginx, "");
    until("nginx", || scene.path("pid").exists());
    let packed: &[&str] = &["--compressed"];
    let mut seen = curl(
        &scene,
        NGINX,
        &[
            ("GET", "/a.txt?curl", &[]),
            ("GET", "/a.txt?packed", packed),
            ("HEAD", "/a.txt?curl", packed),
            ("GET", "/large.bin?curl", &[]),
            ("GET", "/large.bin?part", &["-r", "1000-500000"]),
            ("GET", "/missing?curl", &[]),
            ("POST", "/node/echo?curl", &["--data-binary", "@/proc/self/status"]),
            ("GET", "/node/coded/br/chunked/100000?curl", packed),
            ("GET", "/node/text?curl", packed),
        ],
    );
    let list = "GET /a.txt?node\nGET /large.bin?node\nHEAD /large.bin?node\nPOST /node/echo?node 80000 chunked\n\
                GET /node/coded/gzip/length/50000?node\nGET /node/trailers?node\nGET /node/same?node\n";
    let base = format!("http://127.0.0.1:{NGINX}");
    seen.extend(scene.run(scene.command("node").arg(script("client.js")).args([&base, list])));
    let server = format!("127.0.0.1:{NGINX}");
    let list = "GET /a.txt?python\nGET /node/coded/deflate/chunked/50000?python\nPUT /node/none?python 900 chunked\n";
    let mut python = scene.command("python3");
    seen.extend(scene.run(python.arg(script("peer.py")).args(["get", &server, list])));
    let log = scene.log_of("nginx", "method", seen.len());
    let behind = scene.log_of("node", "method", 9);
    let traced = scene.end();
    assert_eq!(traced.are_those_of(NGINX, &log), 19);
    assert_eq!(traced.are_those_of(NODE, &behind), 9, "behind nginx");
    // What it sent, where no chunks are counted in.
    let mut counted = 0;
    for line in log.iter().filter(|line| line["framing"] == "") {
        let own = |object: &&Value| {
            (&object["request"]["method"], &object["request"]["target"]) == (&line["method"], &line["target"])
        };
        assert_eq!(
            traced.exchanges(NGINX).find(own).unwrap()["response"]["body_bytes"],
            line["sent"],
            "{line}"
        );
        counted += 1;
    }
    assert!(counted >= 9, "{counted}");
    assert_eq!(traced.were_seen(NGINX, &seen), 19);
}

#[test]
fn node_talks_websocket() {
    if !can_run(&["ip", "tcpdump", "curl", "node"]) || !has_ws() {
        return;
    }
    let mut scene = Scene::new();
    node(&mut scene);
    let url = format!("ws://127.0.0.1:{NODE}/ws");
    scene.run(scene.command("node").arg(script("client.js")).arg(&url));
    // The last of them are a close of each side.
    let log = scene.log_of("node", "opcode", 3 * 2 * 9);
    let traced = scene.end();
    assert_eq!(traced.are_those_of(NODE, &log), 3);
    let (messages, packed) = traced.messages_are_those_of(&log);
    // Seven messages, a ping and a close of each side.
    assert_eq!(messages, 3 * 2 * 9);
    assert!(packed >= 2 * 2 * 3, "{packed}");
    let named = traced.objects.iter().filter(|object| object["subprotocol"] == "chat").count();
    assert_eq!(named, messages);
}

#[test]
fn a_browser() {
    if !can_run(&["ip", "tcpdump", "curl", "node", "chromium"]) || !has_ws() {
        return;
    }
    let mut scene = Scene::new();
    node(&mut scene);
    let profile = scene.path("profile");
    let mut chromium = scene.command("chromium");
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
    chromium.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    chromium.arg("--disable-dev-shm-usage").arg(format!("--user-data-dir={}", profile.display()));
    chromium.arg(format!("http://127.0.0.1:{NODE}/page"));
    scene.serve("chromium", &mut chromium, "");
    scene.log_of("node", "done", 1);
    // The last of them are a close of each side.
    let log = scene.log_of("node", "opcode", 2 * 7);
    let traced = scene.end();
    let exchanges = traced.are_those_of(NODE, &log);
    assert!(exchanges >= 25, "{exchanges}");
    let done = log.iter().find_map(|line| line.get("done")).unwrap();
    let seen = done.as_array().unwrap();
    assert_eq!(traced.were_seen(NODE, seen), 16);
    assert_eq!(traced.events_are_those_of(&log), 8);
    let (messages, packed) = traced.messages_are_those_of(&log);
    assert_eq!(messages, 2 * 7);
    assert!(packed >= 6, "{packed}");
    let socket = seen.iter().find(|line| line.get("socket").is_some()).unwrap();
    assert_eq!((&socket["protocol"], &socket["equal"]), (&"chat".into(), &true.into()));
    let events = ["event 0", "event 1", "event 2", "event 3"];
    assert!(seen.iter().filter_map(|line| line.get("list")).all(|list| *list == serde_json::json!(events)));
}
