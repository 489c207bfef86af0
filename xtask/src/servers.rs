//! Private, throw-away database servers: which backends there are, and starting and stopping a fleet of them.
//! How one backend is found, initialised and started is in the module of its name; the commands are in `command`.

pub(crate) mod cluster;
pub(crate) mod command;
mod home;
mod mariadb;
mod mysql;
pub(crate) mod pgbouncer;
mod postgres;
mod system;
mod version;

use std::fmt;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::process::{Guarded, Outcome, dies_with_us, interrupted, log_to, scratch, tail};
use home::Home;
pub(crate) use system::apt_install;

/// A database that needs a server. (SQLite does not.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Postgres,
    Mariadb,
    Mysql,
}

impl Backend {
    pub(crate) const ALL: [Self; 3] = [Self::Postgres, Self::Mariadb, Self::Mysql];

    /// The backend's name on the command line and the name of its test binary.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
            Self::Mysql => "mysql",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|b| b.name() == name)
    }

    /// The environment variable `ORM_TEST_<BACKEND>_<WHAT>`.
    pub(crate) fn variable(self, what: &str) -> String {
        format!("ORM_TEST_{}_{what}", self.name().to_uppercase())
    }

    /// What brings the server to this machine.
    pub(crate) fn how_to_get(self) -> &'static str {
        match self {
            Self::Postgres => "apt-get install postgresql    (or, as root on Debian: cargo xtask test --install)",
            Self::Mariadb => {
                "apt-get install mariadb-server-core mariadb-client-core    (or, as root on Debian: cargo xtask test --install)"
            }
            Self::Mysql => "cargo xtask test --install    (on Debian; unpacks MySQL from sid into a cache folder)",
        }
    }

    fn find(self) -> Option<Box<dyn Server>> {
        match self {
            Self::Postgres => postgres::find(),
            Self::Mariadb => mariadb::find(),
            Self::Mysql => mysql::find(),
        }
    }

    fn install(self) -> Outcome<()> {
        match self {
            Self::Postgres => system::apt_install(&["postgresql"]),
            Self::Mariadb => system::apt_install(&["mariadb-server-core", "mariadb-client-core"]),
            Self::Mysql => mysql::fetch(),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The user every server has: a superuser, or one with all privileges.
const USER: &str = "orm";
const PASSWORD: &str = "orm-pw";
/// The database the URLs name; tests make more of their own.
const DATABASE: &str = "ormtest";

/// A server program found on this machine.
trait Server: Send {
    /// Makes a data directory, and whatever else the server wants to find, in the empty directory `dir`.
    fn initialise(&self, dir: &Path) -> Outcome<()>;
    /// The command that serves from `dir`, in the foreground.
    fn command(&self, dir: &Path, port: u16) -> Command;
    /// What the log says when connections are welcome.
    fn ready_line(&self) -> &'static str;
    /// The signal that ends the server soonest, losing what it has not written.
    fn abrupt_stop(&self) -> Signal;
    /// The signal that ends the server and keeps its data good.
    fn clean_stop(&self) -> Signal;
    /// Facts the tests may want, as `(WHAT, value)` of `ORM_TEST_<BACKEND>_<WHAT>`; the URL is not among them.
    fn facts(&self, dir: &Path) -> Vec<(&'static str, String)>;
}

/// A server that accepts connections: one of ours, or one the environment named.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) backend: Backend,
    /// What the server calls its version.
    pub(crate) version: String,
    /// Environment variables for the tests.
    pub(crate) variables: Vec<(String, String)>,
    process: Option<Guarded>,
}

/// A backend there is no server for.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) backend: Backend,
    pub(crate) why: String,
}

/// The servers of one run. Dropping it stops those that were started here and deletes their data.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) running: Vec<Running>,
    pub(crate) missing: Vec<Missing>,
    /// PgBouncer before our PostgreSQL, or why there is none; `None` where PostgreSQL is not wanted.
    pub(crate) pooler: Option<Outcome<pgbouncer::Pooler>>,
    home: Home,
}

impl Fleet {
    /// The error to report when one of our servers has ended by itself.
    pub(crate) fn all_alive(&mut self) -> Outcome<()> {
        for running in &mut self.running {
            if let Some(status) = running.process.as_mut().and_then(Guarded::exited) {
                let log = log_of(&self.home.dir(running.backend.name()));
                return Err(format!("{} ended ({status}); its log ends:\n{}", running.backend, tail(&log)));
            }
        }
        if let Some(Ok(pooler)) = &mut self.pooler
            && pooler.process.exited().is_some()
        {
            return Err(format!("pgbouncer ended; its log ends:\n{}", tail(&log_of(&self.home.dir("pgbouncer")))));
        }
        Ok(())
    }

    /// Puts PgBouncer before our PostgreSQL, unless the environment names one.
    fn add_pooler(&mut self, install: bool) -> Outcome<()> {
        let Some(postgres) = self.running.iter().find(|running| running.backend == Backend::Postgres) else {
            return Ok(());
        };
        if std::env::var_os(pgbouncer::VARIABLE).is_some() {
            return Ok(());
        }
        let port = |url: &str| url.rsplit_once('/')?.0.rsplit_once(':')?.1.parse().ok();
        let port = postgres.process.as_ref().and_then(|_| port(&postgres.variables.first()?.1));
        self.pooler = Some(match port {
            Some(port) => pgbouncer::start(&self.home.make("pgbouncer")?, port, install),
            None => Err("PostgreSQL is not ours, so a pooler before it is to be named too".to_owned()),
        });
        Ok(())
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.pooler = None;
        for running in &self.running {
            let Some(process) = &running.process else { continue };
            // All at once; each guard then waits for its own.
            process.ask_to_stop();
            // What the servers had to say outlives them until the next run, for those who look into a failure.
            if let Ok(scratch) = scratch() {
                let name = running.backend.name();
                let _ = fs::copy(log_of(&self.home.dir(name)), scratch.join(format!("{name}.log")));
            }
        }
    }
}

/// Starts a server for every wanted backend, or takes the one named by `ORM_TEST_<BACKEND>_URL`. With `install`,
/// missing programs are fetched first.
///
/// # Errors
/// A server that is there but does not start, a URL nobody answers at, or an interrupt. A server that cannot be had is
/// no error here: it is listed in [`Fleet::missing`].
pub(crate) fn start(wanted: &[Backend], install: bool) -> Outcome<Fleet> {
    let mut fleet = Fleet { running: Vec::new(), missing: Vec::new(), pooler: None, home: Home::new("servers")? };
    let mut ours = Vec::new();
    for &backend in wanted {
        match std::env::var(backend.variable("URL")) {
            Ok(url) if !url.is_empty() => fleet.running.push(given(backend, url)?),
            _ => ours.push((backend, fleet.home.make(backend.name())?)),
        }
    }
    // The slow part, all backends at the same time: finding or fetching the program, and making a data directory.
    let prepared: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = ours.iter().map(|(b, dir)| scope.spawn(move || prepare(*b, dir, install))).collect();
        threads.into_iter().map(|t| t.join().unwrap_or_else(|_| Err("a preparing thread panicked".into()))).collect()
    });
    if interrupted() {
        return Err("interrupted".to_owned());
    }
    // Processes are started from the main thread: they are set to die with the thread that starts them.
    let mut starting = Vec::new();
    for ((backend, dir), prepared) in ours.into_iter().zip(prepared) {
        match prepared? {
            Prepared::Ready(server) => starting.push(Starting::new(backend, server, dir, None)?),
            Prepared::NotToBeHad(why) => fleet.missing.push(Missing { backend, why }),
        }
    }
    for server in starting {
        fleet.running.push(server.ready()?);
    }
    fleet.add_pooler(install)?;
    Ok(fleet)
}

/// A server someone else runs.
fn given(backend: Backend, url: String) -> Outcome<Running> {
    let version = version::of(backend, &url).map_err(|e| format!("{}: {e}", backend.variable("URL")))?;
    let variables = vec![(backend.variable("URL"), url)];
    Ok(Running { backend, version: format!("{version} (given)"), variables, process: None })
}

/// What [`prepare`] gives.
enum Prepared {
    /// A server program and its data directory.
    Ready(Box<dyn Server>),
    /// Why there is no program.
    NotToBeHad(String),
}

/// Finds the server program, or with `install` fetches it, and makes a data directory in `dir`.
fn prepare(backend: Backend, dir: &Path, install: bool) -> Outcome<Prepared> {
    let mut server = backend.find();
    if server.is_none() && install {
        if let Err(why) = backend.install() {
            return Ok(Prepared::NotToBeHad(why));
        }
        server = backend.find();
    }
    let Some(server) = server else {
        return Ok(Prepared::NotToBeHad(format!("there is no {backend} server program on this machine")));
    };
    server.initialise(dir).map_err(|e| format!("{backend}: {e}"))?;
    Ok(Prepared::Ready(server))
}

/// A server that was started and is not known to be ready.
struct Starting {
    backend: Backend,
    server: Box<dyn Server>,
    dir: PathBuf,
    port: u16,
    process: Guarded,
    /// Whether the port was asked for, so that another one will not do, and the data is to be kept.
    fixed: bool,
}

impl Starting {
    fn new(backend: Backend, server: Box<dyn Server>, dir: PathBuf, port: Option<u16>) -> Outcome<Self> {
        let fixed = port.is_some();
        let port = port.map_or_else(free_port, Ok)?;
        let process = launch(server.as_ref(), &dir, port, fixed)?;
        Ok(Self { backend, server, dir, port, process, fixed })
    }

    /// Waits until the server accepts connections. A server that lost a race for its port gets another one.
    fn ready(self) -> Outcome<Running> {
        self.ready_at().map(|(_, running)| running)
    }

    /// As [`ready`](Self::ready), with the port.
    fn ready_at(mut self) -> Outcome<(u16, Running)> {
        for attempt in 1.. {
            let Err(error) = self.wait_for_ready_line() else { break };
            if attempt == 3 || self.fixed || !tail(&self.log()).to_lowercase().contains("address already in use") {
                return Err(error);
            }
            self.port = free_port()?;
            self.process = launch(self.server.as_ref(), &self.dir, self.port, false)?;
        }
        let Self { backend, server, dir, port, process, .. } = self;
        let url = format!("{backend}://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}");
        let version = version::of(backend, &url)?;
        version::check(backend, &version)?;
        let mut variables = vec![(backend.variable("URL"), url)];
        variables.extend(server.facts(&dir).into_iter().map(|(what, value)| (backend.variable(what), value)));
        Ok((port, Running { backend, version, variables, process: Some(process) }))
    }

    fn log(&self) -> PathBuf {
        log_of(&self.dir)
    }

    fn wait_for_ready_line(&mut self) -> Outcome<()> {
        let start = Instant::now();
        loop {
            let log = fs::read(self.log()).unwrap_or_default();
            if String::from_utf8_lossy(&log).contains(self.server.ready_line()) {
                return Ok(());
            }
            if interrupted() {
                return Err("interrupted".to_owned());
            }
            let ended = self.process.exited();
            if ended.is_some() || start.elapsed() > Duration::from_secs(90) {
                let what = ended.map_or("is not ready after 90 s".to_owned(), |status| format!("ended ({status})"));
                return Err(format!("{} {what}; its log ends:\n{}", self.backend, tail(&self.log())));
            }
            sleep(Duration::from_millis(20));
        }
    }
}

fn log_of(dir: &Path) -> PathBuf {
    dir.join("server.log")
}

fn launch(server: &dyn Server, dir: &Path, port: u16, keep: bool) -> Outcome<Guarded> {
    let mut command = dies_with_us(&server.command(dir, port), server.abrupt_stop());
    log_to(&mut command, &log_of(dir))?;
    Guarded::spawn(&mut command, if keep { server.clean_stop() } else { server.abrupt_stop() })
}

/// A port nobody listens on at the moment.
fn free_port() -> Outcome<u16> {
    let found = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    found.map(|address| address.port()).map_err(|e| format!("no free port: {e}"))
}
