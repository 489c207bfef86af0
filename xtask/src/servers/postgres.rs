//! PostgreSQL 15 or later, as the system has it. With TLS on (and plain connections allowed), with a session time zone
//! that is not UTC, and without any care for crashes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use super::{DATABASE, PASSWORD, Server, USER, system};
use crate::process::{Outcome, find_program, program, run_logged};

struct Postgres {
    /// The directory of `initdb` and `postgres`.
    bin: PathBuf,
    /// The port of the server that it follows.
    primary: Option<u16>,
}

/// The newest PostgreSQL that has server programs.
pub(super) fn find() -> Option<Box<dyn Server>> {
    find_for(None)
}

/// The same, as a replica of the server at a port, which runs when the data directory is made.
pub(super) fn replica(primary: u16) -> Option<Box<dyn Server>> {
    find_for(Some(primary))
}

fn find_for(primary: Option<u16>) -> Option<Box<dyn Server>> {
    let bin = debian_bin().or_else(|| {
        let real = find_program("initdb", &[])?.canonicalize().ok()?;
        real.parent().map(Path::to_path_buf)
    })?;
    bin.join("postgres").is_file().then(|| Box::new(Postgres { bin, primary }) as Box<dyn Server>)
}

/// Debian keeps each version in `/usr/lib/postgresql/<version>/bin`.
fn debian_bin() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let found = versions.filter(|v| v.path().join("bin/initdb").is_file());
    let newest = found.max_by_key(|v| v.file_name().to_string_lossy().parse::<u32>().unwrap_or(0))?;
    Some(newest.path().join("bin"))
}

impl Postgres {
    /// A server program, as a user the server accepts: it refuses to run as root.
    fn program(&self, name: &str, dir: &Path, args: &[&str]) -> Command {
        let mut command = program(self.bin.join(name));
        command.args(args).arg("-D").arg(dir.join("data"));
        command.env("HOME", dir).env("LC_ALL", "C.UTF-8");
        match system::unprivileged() {
            Some(user) => system::as_user(&user, &command),
            None => command,
        }
    }
}

impl Postgres {
    /// Makes the data directory of a replica.
    fn copy(&self, primary: u16, dir: &Path) -> Outcome<()> {
        if let Some(user) = system::unprivileged() {
            system::give_to(&user, dir)?;
        }
        let place = format!("host=127.0.0.1 port={primary} user={USER} password={PASSWORD}");
        let arguments = ["-d", &place, "-R", "-X", "stream", "-c", "fast", "--no-sync"];
        run_logged(&mut self.program("pg_basebackup", dir, &arguments), &dir.join("basebackup.log"))
    }
}

impl Server for Postgres {
    fn initialise(&self, dir: &Path) -> Outcome<()> {
        if let Some(primary) = self.primary {
            return self.copy(primary, dir);
        }
        let failed = |e| format!("cannot write in {}: {e}", dir.display());
        let password = dir.join("password");
        fs::write(&password, PASSWORD).map_err(failed)?;
        let create = dir.join("create.sql");
        fs::write(&create, format!("CREATE DATABASE {DATABASE}\n")).map_err(failed)?;
        make_certificates(dir)?;
        if let Some(user) = system::unprivileged() {
            system::give_to(&user, dir)?;
        }
        let arguments =
            ["-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"];
        let mut initdb = self.program("initdb", dir, &arguments);
        run_logged(initdb.arg(format!("--pwfile={}", password.display())), &dir.join("initdb.log"))?;
        // The single-user mode needs no client, no port and no running server.
        let mut single = self.program("postgres", dir, &["--single", "-F"]);
        single.arg("postgres").stdin(File::open(&create).map_err(failed)?);
        run_logged(&mut single, &dir.join("create.log"))
    }

    fn command(&self, dir: &Path, port: u16) -> Command {
        let mut command = self.program("postgres", dir, &[]);
        command.arg("-k").arg(dir).arg("-p").arg(port.to_string());
        let mut settings = vec![
            "listen_addresses=127.0.0.1",
            "timezone=America/New_York",
            "max_connections=300",
            "shared_buffers=64MB",
            // What is committed survives the server, though not the machine.
            "fsync=off",
            "full_page_writes=off",
        ];
        if dir.join("server.crt").is_file() {
            settings.extend(["ssl=on", "ssl_cert_file=../server.crt", "ssl_key_file=../server.key"]);
        }
        for setting in settings {
            command.arg("-c").arg(setting);
        }
        command
    }

    fn ready_line(&self) -> &'static str {
        match self.primary {
            None => "database system is ready to accept connections",
            Some(_) => "database system is ready to accept read-only connections",
        }
    }

    fn abrupt_stop(&self) -> Signal {
        // The "immediate" shutdown. A SIGKILL would leave a shared memory segment behind.
        Signal::SIGQUIT
    }

    fn clean_stop(&self) -> Signal {
        // The "fast" shutdown, which does not wait for clients to leave.
        Signal::SIGINT
    }

    fn facts(&self, dir: &Path) -> Vec<(&'static str, String)> {
        let mut facts = vec![("SOCKET", dir.display().to_string())];
        let ca = dir.join("ca.crt");
        if ca.is_file() {
            facts.push(("CA", ca.display().to_string()));
        }
        facts
    }
}

/// Makes `ca.crt`, and `server.crt` with `server.key` signed by it for `localhost` and 127.0.0.1. Where there is no
/// `openssl` the server goes without TLS.
fn make_certificates(dir: &Path) -> Outcome<()> {
    const CONFIG: &str = "[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = orm test\n\
        [ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign\n\
        [server]\nbasicConstraints = critical, CA:FALSE\nextendedKeyUsage = serverAuth\n\
        subjectAltName = DNS:localhost, IP:127.0.0.1\n";
    if find_program("openssl", &[]).is_none() {
        return Ok(());
    }
    fs::write(dir.join("openssl.cnf"), CONFIG).map_err(|e| format!("cannot write in {}: {e}", dir.display()))?;
    let request = |section: &str, name: &str, more: &[&str]| {
        let mut openssl = program("openssl");
        openssl.args(["req", "-x509", "-days", "30", "-config", "openssl.cnf", "-extensions", section, "-nodes"]);
        openssl.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj"]);
        openssl.arg(format!("/CN=orm test {section}")).args(more);
        openssl.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.crt")]);
        run_logged(openssl.current_dir(dir), &dir.join(format!("openssl-{name}.log")))
    };
    request("ca", "ca", &[])?;
    request("server", "server", &["-CA", "ca.crt", "-CAkey", "ca.key"])
}
