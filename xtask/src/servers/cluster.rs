//! Servers that follow each other, for the tests of replicas. What a server of a role is started with is in the module of its
//! database.

use super::{Backend, DATABASE, PASSWORD, Running, Server, Starting, USER, mariadb, postgres};
use super::{home::Home, log_of};
use crate::process::{Guarded, Outcome, tail};

/// The set-ups that can be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// PostgreSQL, and two servers that stream its log.
    PgReplica,
    /// MariaDB, and a server that follows it by GTIDs.
    MariadbReplica,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::PgReplica, Self::MariadbReplica];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PgReplica => "pg-replica",
            Self::MariadbReplica => "mariadb-replica",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    fn backend(self) -> Backend {
        match self {
            Self::PgReplica => Backend::Postgres,
            Self::MariadbReplica => Backend::Mariadb,
        }
    }

    fn replicas(self) -> usize {
        match self {
            Self::PgReplica => 2,
            Self::MariadbReplica => 1,
        }
    }

    /// The program of the primary, or of a replica of the server at a port.
    fn server(self, primary: Option<u16>) -> Option<Box<dyn Server>> {
        match (self, primary) {
            (Self::PgReplica, None) => postgres::find(),
            (Self::PgReplica, Some(port)) => postgres::replica(port),
            (Self::MariadbReplica, None) => mariadb::find_for(mariadb::Role::Primary),
            (Self::MariadbReplica, Some(port)) => mariadb::find_for(mariadb::Role::Replica(port)),
        }
    }
}

/// A set-up that runs. Dropping it stops its servers and deletes their data.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) kind: Kind,
    /// Environment variables for the tests.
    pub(crate) variables: Vec<(String, String)>,
    servers: Vec<(String, Running)>,
    home: Home,
}

impl Cluster {
    /// Starts a set-up; with `install`, missing programs are fetched first.
    ///
    /// # Errors
    /// There is no program, or it does not start.
    pub(crate) fn start(kind: Kind, install: bool) -> Outcome<Self> {
        let backend = kind.backend();
        if install && kind.server(None).is_none() {
            backend.install()?;
        }
        let mut cluster = Self { kind, variables: Vec::new(), servers: Vec::new(), home: Home::new(kind.name())? };
        let primary = cluster.add("primary", None)?;
        let mut replicas = Vec::new();
        for number in 1..=kind.replicas() {
            replicas.push(format!("127.0.0.1:{}", cluster.add(&format!("replica{number}"), Some(primary))?));
        }
        let url = format!("{backend}://{USER}:{PASSWORD}@127.0.0.1:{primary}/{DATABASE}");
        let prefix = format!("ORM_TEST_{}", kind.name().to_uppercase().replace('-', "_"));
        cluster.variables = vec![(format!("{prefix}_URL"), url), (format!("{prefix}_REPLICAS"), replicas.join(","))];
        Ok(cluster)
    }

    /// Starts one of its servers, and gives its port.
    fn add(&mut self, name: &str, primary: Option<u16>) -> Outcome<u16> {
        let backend = self.kind.backend();
        let server = self.kind.server(primary);
        let server = server.ok_or_else(|| {
            format!("there is no {backend} server program on this machine\n  get: {}", backend.how_to_get())
        })?;
        let dir = self.home.make(name)?;
        server.initialise(&dir).map_err(|e| format!("{} of {}: {e}", name, self.kind.name()))?;
        let starting = Starting::new(backend, server, dir, None)?;
        let (port, running) = starting.ready_at()?;
        self.servers.push((name.to_owned(), running));
        Ok(port)
    }

    /// The error to report when one of the servers has ended by itself.
    pub(crate) fn all_alive(&mut self) -> Outcome<()> {
        for (name, running) in &mut self.servers {
            if let Some(status) = running.process.as_mut().and_then(Guarded::exited) {
                let log = log_of(&self.home.dir(name));
                return Err(format!("{name} of {} ended ({status}); its log ends:\n{}", self.kind.name(), tail(&log)));
            }
        }
        Ok(())
    }
}
