//! Namespaces, servers and clients.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything that is waited for may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Whether a test can run: as root, with these tools. As root with `CI` set, a missing tool fails it.
#[must_use]
pub(crate) fn can_run(tools: &[&str]) -> bool {
    if !is_root() {
        eprintln!("skipped: needs root");
        return false;
    }
    for tool in tools {
        let found = std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).exists()))
            || Path::new("/usr/sbin").join(tool).exists();
        if !found {
            assert!(
                std::env::var_os("CI").is_none(),
                "{tool} is missing: tools/install-needs --tests installs it"
            );
            eprintln!("skipped: needs {tool}");
            return false;
        }
    }
    true
}

pub(crate) fn is_root() -> bool {
    fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line.starts_with("Uid:\t0\t0\t")))
}

pub(crate) fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

pub(crate) fn must(command: &mut Command) {
    let output = output(command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited for ever: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Two namespaces with a veth pair between them: `va` in the client's, `vb` in the server's; and nginx in the server's.
pub(crate) struct World {
    pub(crate) client: String,
    pub(crate) server: String,
    nginx: Option<Child>,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = |end| format!("wiretrace-test-{}-{number}-{end}", std::process::id());
        let mut world =
            Self { client: name("c"), server: name("s"), nginx: None, folder: tempfile::tempdir().unwrap() };
        for namespace in [&world.client, &world.server] {
            must(Command::new("ip").args(["netns", "add", namespace]));
            must(Command::new("ip").args(["-n", namespace, "link", "set", "lo", "up"]));
        }
        let (client, server) = (world.client.clone(), world.server.clone());
        must(
            Command::new("ip")
                .args(["link", "add", "va", "netns", &client])
                .args(["type", "veth", "peer", "name", "vb", "netns", &server]),
        );
        world.address(&client, "va", 1);
        world.address(&server, "vb", 2);
        world.serve();
        world
    }

    /// Gives an interface its addresses and brings it up.
    pub(crate) fn address(&self, namespace: &str, interface: &str, host: u8) {
        must(Command::new("ip").args([
            "-n",
            namespace,
            "addr",
            "add",
            &format!("10.77.0.{host}/24"),
            "dev",
            interface,
        ]));
        let six = format!("fd77::{host}/64");
        must(
            Command::new("ip").args(["-n", namespace, "-6", "addr", "add", &six, "dev", interface, "nodad"]),
        );
        must(Command::new("ip").args(["-n", namespace, "link", "set", interface, "up"]));
    }

    pub(crate) fn ip(&self, namespace: &str, args: &[&str]) {
        must(Command::new("ip").args(["-n", namespace]).args(args));
    }

    /// A command in a namespace.
    pub(crate) fn within(&self, namespace: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).arg(program);
        command
    }

    fn serve(&mut self) {
        let folder = self.folder.path().to_owned();
        fs::create_dir(folder.join("www")).unwrap();
        fs::write(folder.join("www/a.txt"), "hello\n").unwrap();
        fs::write(folder.join("www/medium"), vec![b'y'; 256 << 10]).unwrap();
        fs::write(folder.join("www/large"), vec![b'x'; 20 << 20]).unwrap();
        let conf = format!(
            "daemon off; master_process off; pid {0}/pid; error_log {0}/error;\n\
             events {{ worker_connections 64; }}\n\
             http {{ access_log off; keepalive_timeout 600; client_body_temp_path {0}/t1; proxy_temp_path {0}/t2;\n\
             fastcgi_temp_path {0}/t3; uwsgi_temp_path {0}/t4; scgi_temp_path {0}/t5;\n\
             server {{ listen 80; listen [::]:80; root {0}/www;\n\
             location = /post {{ return 201 \"made\"; }} }} }}\n",
            folder.display()
        );
        fs::write(folder.join("conf"), conf).unwrap();
        let mut command = self.within(&self.server, "nginx");
        command.arg("-p").arg(&folder).arg("-c").arg(folder.join("conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.nginx = Some(command.spawn().unwrap());
        until("nginx", || self.curl(&self.server, "http://127.0.0.1/a.txt").status.success());
        until("the link", || self.curl(&self.client, "http://10.77.0.2/a.txt").status.success());
    }

    pub(crate) fn curl(&self, namespace: &str, url: &str) -> Output {
        output(self.within(namespace, "curl").args(["-s", "-f", "-g", "--max-time", "20", url]))
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(mut nginx) = self.nginx.take() {
            let _ = nginx.kill();
            let _ = nginx.wait();
        }
        for namespace in [&self.client, &self.server] {
            let _ = output(Command::new("ip").args(["netns", "del", namespace]));
        }
    }
}

/// The tools of nearly every test here.
pub(crate) const TOOLS: [&str; 3] = ["ip", "nginx", "curl"];
