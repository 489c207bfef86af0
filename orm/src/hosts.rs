//! [`Hosts`]: several servers of one database. A new connection goes to the first one that responds and matches `target`.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use orm_core::dialect::{Dialect, Replication};
use orm_core::driver::{Connection, Driver, Query};
use orm_core::row::Collect;
use orm_core::{Error, ErrorKind, Result};

/// Which servers to connect to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Target {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
}

impl Target {
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        match word {
            "any" => Some(Self::Any),
            "read-write" => Some(Self::ReadWrite),
            "read-only" => Some(Self::ReadOnly),
            _ => None,
        }
    }
}

/// Opens connections to one of several servers.
#[derive(Debug)]
pub(crate) struct Hosts {
    drivers: Vec<Arc<dyn Driver>>,
    target: Target,
    /// Whether each connection starts with a random host; else it starts with the last one that worked.
    random: bool,
    last: AtomicUsize,
    replication: OnceLock<Replication>,
}

impl Hosts {
    /// At least one driver.
    pub(crate) fn new(drivers: Vec<Arc<dyn Driver>>, target: Target, random: bool) -> Self {
        Self { drivers, target, random, last: AtomicUsize::new(0), replication: OnceLock::new() }
    }

    /// The index of the first host to try.
    fn first(&self) -> usize {
        if !self.random {
            return self.last.load(Relaxed);
        }
        let places = (0..self.drivers.len()).map(|place| (place, 1));
        crate::replica::choose(places, crate::random::fraction()).unwrap_or(0)
    }

    /// Connects to a server, and refuses one that does not match `target`.
    async fn open(&self, driver: &dyn Driver) -> Result<Box<dyn Connection>> {
        let mut connection = driver.connect().await?;
        let wanted = match self.target {
            Target::Any => return Ok(connection),
            Target::ReadWrite => 0,
            Target::ReadOnly => 1,
        };
        let replication = match self.replication.get() {
            Some(replication) => *replication,
            None => {
                let dialect = driver.dialect(&mut *connection).await?;
                let asked = dialect.replication().ok_or_else(|| Error::unsupported(dialect.name(), "`target`"))?;
                *self.replication.get_or_init(|| asked)
            }
        };
        let mut answers: Vec<i64> = Vec::new();
        let query = Query::new(replication.refuses_writes, &[]);
        connection.fetch(query, &mut Collect::new(&mut answers, |columns| columns.next())).await?;
        if answers.first() == Some(&wanted) {
            return Ok(connection);
        }
        connection.close().await;
        let what = if wanted == 0 { "refuses writes" } else { "takes writes" };
        Err(Error::new(ErrorKind::ConnectionFailed, format!("{} {what}", driver.target())))
    }
}

#[async_trait]
impl Driver for Hosts {
    async fn connect(&self) -> Result<Box<dyn Connection>> {
        let (first, all) = (self.first(), self.drivers.len());
        let mut failures: Vec<Error> = Vec::new();
        for place in (first..all).chain(0..first) {
            match self.open(&*self.drivers[place]).await {
                Ok(connection) => {
                    self.last.store(place, Relaxed);
                    return Ok(connection);
                }
                // The other servers would give the same error.
                Err(error) if matches!(error.kind(), ErrorKind::Config | ErrorKind::Unsupported) => return Err(error),
                Err(error) => failures.push(error),
            }
        }
        let Some(last) = failures.pop() else {
            return Err(Error::new(ErrorKind::Config, "the URL names no host"));
        };
        // A wrong password is more useful to report than a server that does not respond.
        let failed = |error: &Error| error.kind() == ErrorKind::ConnectionFailed;
        let mut told: Vec<&str> = failures.iter().map(Error::message).collect();
        told.push(last.message());
        let message = told.join("; ");
        Err(match failures.iter().position(|error| !failed(error)) {
            Some(place) if failed(&last) => failures.swap_remove(place).with_message(message),
            _ => last.with_message(message),
        })
    }

    fn max_connections(&self) -> Option<usize> {
        self.drivers.first().and_then(|driver| driver.max_connections())
    }

    async fn dialect(&self, connection: &mut dyn Connection) -> Result<Arc<dyn Dialect>> {
        match self.drivers.first() {
            Some(driver) => driver.dialect(connection).await,
            None => Err(Error::new(ErrorKind::Config, "the URL names no host")),
        }
    }

    fn target(&self) -> String {
        let targets: Vec<String> = self.drivers.iter().map(|driver| driver.target()).collect();
        targets.join(",")
    }
}
