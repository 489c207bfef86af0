//! PgBouncer in transaction mode before our PostgreSQL, for the tests of the driver behind a pooler. Otherwise as it is
//! installed: it refuses start-up parameters that it does not know, and has no prepared statements.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{DATABASE, PASSWORD, USER, free_port, log_of, system};
use crate::process::{Guarded, Outcome, dies_with_us, find_program, interrupted, log_to, program, tail};

/// Tells the tests where it is.
pub(crate) const VARIABLE: &str = "ORM_TEST_PGBOUNCER_URL";
/// What brings it to this machine.
pub(crate) const HOW_TO_GET: &str = "apt-get install pgbouncer    (or, as root on Debian: cargo xtask test --install)";
/// The connections of the server it has for each database: fewer than the tests have tasks.
const CONNECTIONS: u16 = 4;

/// A pooler that accepts connections.
#[derive(Debug)]
pub(crate) struct Pooler {
    /// Through it to the database of the tests.
    pub(crate) url: String,
    pub(super) process: Guarded,
}

/// Starts it in `dir`, before the PostgreSQL at a port, and waits until it listens.
///
/// # Errors
/// There is no program, or it does not start.
pub(super) fn start(dir: &Path, server: u16, install: bool) -> Outcome<Pooler> {
    let places = ["/usr/sbin".into()];
    let mut found = find_program("pgbouncer", &places);
    if found.is_none() && install {
        system::apt_install(&["pgbouncer"])?;
        found = find_program("pgbouncer", &places);
    }
    let bouncer = found.ok_or("there is no pgbouncer on this machine")?;
    let (port, settings) = (free_port()?, dir.join("pgbouncer.ini"));
    let failed = |e| format!("cannot write in {}: {e}", dir.display());
    let users = dir.join("users.txt");
    fs::write(&users, format!("\"{USER}\" \"{PASSWORD}\"\n")).map_err(failed)?;
    let text = format!(
        "[databases]\n* = host=127.0.0.1 port={server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = transaction\n\
         default_pool_size = {CONNECTIONS}\nmax_client_conn = 200\nserver_idle_timeout = 2\n",
        users.display()
    );
    fs::write(&settings, text).map_err(failed)?;
    let mut command = program(bouncer);
    command.arg(&settings);
    if let Some(user) = system::unprivileged() {
        system::give_to(&user, dir)?;
        command = system::as_user(&user, &command);
    }
    let mut command = dies_with_us(&command, Signal::SIGTERM);
    log_to(&mut command, &log_of(dir))?;
    let mut process = Guarded::spawn(&mut command, Signal::SIGTERM)?;
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if interrupted() {
            return Err("interrupted".to_owned());
        }
        if process.exited().is_some() || started.elapsed() > Duration::from_secs(20) {
            return Err(format!("pgbouncer does not start; its log ends:\n{}", tail(&log_of(dir))));
        }
        sleep(Duration::from_millis(20));
    }
    Ok(Pooler { url: format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}"), process })
}
