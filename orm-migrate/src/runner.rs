//! [`Migrator`]: runs migrations and undoes them, one process at a time, and tells what a database has had.
//!
//! Where statements about tables are part of transactions, each migration is one transaction with its entry in the history, so
//! it is there as a whole or not at all. Elsewhere, and for what transactions cannot have, the history counts the statements
//! that are done, and the next run goes on after them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use orm_core::dialect::SqlWriter;
use orm_core::driver::{BeginOptions, Effects, Executor, Query, Session};
use orm_core::row::{Collect, Discard};
use orm_core::schema::QualifiedName;
use orm_core::{Error, ErrorKind, Result};

use crate::history::{Entry, History, Phase};
use crate::migration::{Migration, Migrations, checksum, order};
use crate::script::{Statement, split};
use crate::squash::{Adopted, adopt};

/// How long a process waits between two attempts to become the one that migrates.
const LOCK_PAUSE: Duration = Duration::from_millis(200);
/// How much of an error's text the history keeps.
const LONGEST_ERROR: usize = 2000;

/// Runs migrations. It is made from [`Migrations`], and asks the database for the rest each time.
///
/// One process migrates at a time: others wait for [`lock_wait`](Self::lock_wait), asking every 200 ms, and so never block
/// what the one that runs is waiting for.
#[derive(Clone)]
pub struct Migrator {
    migrations: Migrations,
    table: QualifiedName,
    lock_wait: Duration,
    out_of_order: OutOfOrder,
    ignore_missing: bool,
    listener: Option<Arc<Listener>>,
    stop: Option<Arc<Stop>>,
}

/// Is called with what happens.
type Listener = dyn Fn(&Event<'_>) + Send + Sync;

/// Says whether to stop before the next statement.
type Stop = dyn Fn() -> bool + Send + Sync;

/// What to do with a migration that is older than one that the database has had, as comes of two branches that are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutOfOrder {
    /// Run it.
    #[default]
    Run,
    /// Refuse, before anything is run.
    Refuse,
}

/// What happens, as it happens.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'m> {
    /// Another process migrates; this one waits.
    Waiting,
    /// A migration begins to be run.
    Applying(&'m Migration),
    /// It was run, in so much time.
    Applied(&'m Migration, Duration),
    /// A migration begins to be undone.
    Reverting(&'m Migration),
    /// It was undone, in so much time.
    Reverted(&'m Migration, Duration),
}

/// A migration that was run or undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The version.
    pub version: String,
    /// The name.
    pub name: String,
    /// How long it took.
    pub took: Duration,
}

/// A migration, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The version.
    pub version: String,
    /// The name.
    pub name: String,
    /// Where it stands.
    pub state: State,
    /// When it was begun, and how long it took so far.
    pub ran: Option<(DateTime<Utc>, Duration)>,
    /// The database has had it in another form than the files have: they were changed since.
    pub changed: bool,
    /// The files do not have it.
    pub missing: bool,
}

/// Where a migration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The database has not had it.
    Pending,
    /// The database has had it.
    Applied,
    /// It failed, or its undoing did, after so many statements; the next run goes on there.
    Failed {
        /// How many statements are done.
        done: usize,
        /// How many there are.
        of: usize,
        /// What the next one failed with.
        error: String,
    },
    /// It runs, or was interrupted: after so many statements; it is unknown whether the next one took effect.
    Interrupted {
        /// How many statements are done.
        done: usize,
        /// How many there are.
        of: usize,
    },
}

/// What became of the statement during which a migration was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// It took effect: go on after it.
    TookEffect,
    /// It did not: go on with it.
    DidNot,
}

impl Migrations {
    /// Runs all that the database has not had, and gives those that were run. See [`Migrator`] for more.
    ///
    /// # Errors
    /// As [`Migrator::up`].
    pub async fn run(&self, db: &(impl Executor + ?Sized)) -> Result<Vec<Ran>> {
        Migrator::new(self.clone()).up(db).await
    }
}

impl Migrator {
    /// A migrator that keeps its history in the table `_orm_migrations` and waits a minute for others.
    pub fn new(migrations: Migrations) -> Self {
        Self {
            migrations,
            table: "_orm_migrations".into(),
            lock_wait: Duration::from_secs(60),
            out_of_order: OutOfOrder::default(),
            ignore_missing: false,
            listener: None,
            stop: None,
        }
    }

    /// The table of the history.
    #[must_use]
    pub fn table(mut self, table: impl Into<QualifiedName>) -> Self {
        self.table = table.into();
        self
    }

    /// How long to wait while another process migrates.
    #[must_use]
    pub fn lock_wait(mut self, limit: Duration) -> Self {
        self.lock_wait = limit;
        self
    }

    /// What to do with a migration that is older than one that the database has had.
    #[must_use]
    pub fn out_of_order(mut self, out_of_order: OutOfOrder) -> Self {
        self.out_of_order = out_of_order;
        self
    }

    /// Takes no offence at migrations that the database has had and that are not among these, such as those of a newer
    /// version of the program that was rolled back.
    #[must_use]
    pub fn ignore_missing(mut self, ignore: bool) -> Self {
        self.ignore_missing = ignore;
        self
    }

    /// Calls a function with what happens.
    #[must_use]
    pub fn on_event(mut self, listener: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Asks before each statement, and while waiting for others, whether to stop there: for a program that is told to end. The
    /// history is true then, as after a statement that failed, and the next run goes on.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    /// use orm_migrate::{Migrations, Migrator};
    ///
    /// let stop = Arc::new(AtomicBool::new(false)); // set by a handler of signals
    /// let migrator = Migrator::new(Migrations::default()).stop_when(move || stop.load(SeqCst));
    /// # let _ = migrator;
    /// ```
    #[must_use]
    pub fn stop_when(mut self, stop: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.stop = Some(Arc::new(stop));
        self
    }

    /// Every migration, of the files and of the database, in order. Changes nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn status(&self, db: &(impl Executor + ?Sized)) -> Result<Vec<Status>> {
        let mut entries = History::new(db.session(), &self.table).entries().await?;
        // A squashed migration is pending if the database has applied only some of its parts; `up` reports what to do.
        let _ = adopt(&self.migrations, &mut entries);
        let mut all: Vec<Status> = Vec::new();
        for migration in &self.migrations {
            let entry = entries.iter().find(|entry| entry.version == migration.version);
            all.push(status(migration, entry));
        }
        for entry in entries.iter().filter(|entry| self.migrations.get(&entry.version).is_none()) {
            let (state, ran) = state(entry);
            let (version, name) = (entry.version.clone(), entry.name.clone());
            all.push(Status { version, name, state, ran: Some(ran), changed: false, missing: true });
        }
        all.sort_by_cached_key(|status| order(&status.version));
        Ok(all)
    }

    /// Runs all that the database has not had, and gives those that were run.
    ///
    /// # Errors
    /// [`ErrorKind::Migration`] when a migration that the database has had was changed or is missing, when one was
    /// interrupted, or for one that is out of order where that is refused; [`ErrorKind::LockTimeout`] when another process
    /// migrates for longer than [`lock_wait`](Self::lock_wait); [`ErrorKind::Unsupported`] inside of a transaction; the
    /// database's for a statement, with the file and the line in its message.
    pub async fn up(&self, db: &(impl Executor + ?Sized)) -> Result<Vec<Ran>> {
        self.apply(db.session(), None).await
    }

    /// As [`up`](Self::up), up to a version and with it.
    ///
    /// # Errors
    /// As [`up`](Self::up), and [`ErrorKind::Migration`] for a version that is not there.
    pub async fn up_to(&self, db: &(impl Executor + ?Sized), version: &str) -> Result<Vec<Ran>> {
        self.known(version)?;
        self.apply(db.session(), Some(version)).await
    }

    /// Undoes the last migrations that the database has had, so many of them, the newest first.
    ///
    /// # Errors
    /// As [`up`](Self::up), and [`ErrorKind::Migration`] for one without `down.sql`: then none is undone.
    pub async fn down(&self, db: &(impl Executor + ?Sized), count: usize) -> Result<Vec<Ran>> {
        self.revert(db.session(), |entries| entries.iter().rev().take(count).cloned().collect()).await
    }

    /// Undoes all migrations that are newer than a version, the newest first.
    ///
    /// # Errors
    /// As [`down`](Self::down), and [`ErrorKind::Migration`] for a version that is not there.
    pub async fn down_to(&self, db: &(impl Executor + ?Sized), version: &str) -> Result<Vec<Ran>> {
        self.known(version)?;
        let limit = order(version);
        let newer = |entries: &[Entry]| {
            let newer = entries.iter().rev().filter(|entry| order(&entry.version) > limit);
            newer.cloned().collect()
        };
        self.revert(db.session(), newer).await
    }

    /// Undoes the last migration and runs it again.
    ///
    /// # Errors
    /// As [`down`](Self::down) and [`up`](Self::up).
    pub async fn redo(&self, db: &(impl Executor + ?Sized)) -> Result<Vec<Ran>> {
        let undone = self.down(db, 1).await?;
        match undone.first() {
            Some(last) => self.up_to(db, &last.version).await,
            None => Ok(undone),
        }
    }

    /// Notes all migrations up to a version, and with it, as had by the database, without running them: for a database that
    /// was made by other means.
    ///
    /// # Errors
    /// [`ErrorKind::Migration`] for a version that is not there; else as [`up`](Self::up).
    pub async fn baseline(&self, db: &(impl Executor + ?Sized), version: &str) -> Result<Vec<Ran>> {
        self.known(version)?;
        let session = db.session();
        let run = self.lock(session).await?;
        let history = History::new(&*run, &self.table);
        let entries = history.entries().await?;
        let mut noted = Vec::new();
        for migration in self.migrations.iter().filter(|migration| order(&migration.version) <= order(version)) {
            if entries.iter().any(|entry| entry.version == migration.version) {
                continue;
            }
            let statements = self.statements(migration, &migration.up, "up.sql", &*run)?;
            let done = statements.len();
            history.insert(&entry(migration, Phase::Applied, &statements, done, Duration::ZERO)).await?;
            noted.push(ran(migration, Duration::ZERO));
        }
        Ok(noted)
    }

    /// Stores the current checksum of `up.sql` for applied migrations, and returns those whose checksum was different. Use it after an
    /// edit without effect, for example of a comment. Runs no migration.
    ///
    /// # Errors
    /// As [`up`](Self::up), except for changed files.
    pub async fn repair(&self, db: &(impl Executor + ?Sized)) -> Result<Vec<Ran>> {
        let run = self.lock(db.session()).await?;
        let history = History::new(&*run, &self.table);
        let entries = self.adopted(&history).await?;
        let mut repaired = Vec::new();
        for mut entry in entries.into_iter().filter(|entry| entry.phase == Phase::Applied) {
            let Some(migration) = self.migrations.get(&entry.version) else { continue };
            if entry.checksum == migration.checksum() {
                continue;
            }
            let statements = self.statements(migration, &migration.up, "up.sql", &*run)?;
            let took = Duration::from_millis(u64::try_from(entry.milliseconds).unwrap_or_default());
            (entry.checksum, entry.name) = (migration.checksum(), migration.name.clone());
            (entry.statements, entry.done) = (count(statements.len()), count(statements.len()));
            entry.done_checksum = checksum_of(&statements, entry.done);
            history.update(&entry).await?;
            repaired.push(ran(migration, took));
        }
        Ok(repaired)
    }

    /// The history, with each squashed migration in place of its parts.
    async fn adopted(&self, history: &History<'_>) -> Result<Vec<Entry>> {
        let mut entries = history.entries().await?;
        for Adopted { gone, new } in adopt(&self.migrations, &mut entries)? {
            for version in gone.iter().filter(|version| **version != new.version) {
                history.delete(version).await?;
            }
            history.update(&new).await?;
        }
        Ok(entries)
    }

    /// Says what became of the statement during which a migration was interrupted, so that the next run can go on.
    ///
    /// # Errors
    /// [`ErrorKind::Migration`] for a migration that was not interrupted; else as [`up`](Self::up).
    pub async fn resolve(&self, db: &(impl Executor + ?Sized), version: &str, resolution: Resolution) -> Result<()> {
        let session = db.session();
        let run = self.lock(session).await?;
        let history = History::new(&*run, &self.table);
        let found = history.entries().await?.into_iter().find(|entry| entry.version == version);
        let Some(mut entry) = found.filter(|entry| matches!(entry.phase, Phase::Applying | Phase::Reverting)) else {
            return Err(refused(format!("the migration {version} was not interrupted")));
        };
        let migration = self.known(version)?;
        let (sql, file) = match entry.phase {
            Phase::Applying => (migration.up.as_str(), "up.sql"),
            _ => (migration.down.as_deref().unwrap_or_default(), "down.sql"),
        };
        let statements = self.statements(migration, sql, file, &*run)?;
        if resolution == Resolution::TookEffect {
            entry.done = entry.done.saturating_add(1).min(count(statements.len()));
        }
        entry.done_checksum = checksum_of(&statements, entry.done);
        entry.phase = if entry.phase == Phase::Applying { Phase::ApplyFailed } else { Phase::RevertFailed };
        entry.error = Some("interrupted".to_owned());
        history.update(&entry).await
    }

    fn known(&self, version: &str) -> Result<&Migration> {
        self.migrations.get(version).ok_or_else(|| refused(format!("there is no migration {version}")))
    }

    /// Refuses to go on when the program is to end.
    fn go_on(&self, place: impl FnOnce() -> String) -> Result<()> {
        match &self.stop {
            Some(stop) if stop() => Err(refused(format!("stopped before {}", place()))),
            _ => Ok(()),
        }
    }

    fn tell(&self, event: Event<'_>) {
        if let Some(listener) = &self.listener {
            listener(&event);
        }
    }

    fn statements(
        &self,
        migration: &Migration,
        sql: &str,
        file: &str,
        session: &dyn Session,
    ) -> Result<Vec<Statement>> {
        split(sql, &**session.dialect()).map_err(|error| {
            let message = format!("{}/{file}: {}", migration.folder(), error.message());
            error.with_message(message)
        })
    }

    /// A connection on which this process alone migrates, until it is dropped.
    async fn lock<'s>(&self, session: &'s dyn Session) -> Result<Box<dyn Session + 's>> {
        if session.in_transaction() {
            let dialect = session.dialect().name();
            return Err(Error::unsupported(dialect, "migrations inside of a transaction: run them on the database"));
        }
        let run = session.pin().await?;
        let mut w = SqlWriter::new(&**run.dialect());
        if run.dialect().push_try_lock(&mut w, &format!("orm_migrate {}", self.table))? {
            let query = w.finish();
            let until = Instant::now() + self.lock_wait;
            let mut told = false;
            loop {
                let mut taken: Vec<i64> = Vec::new();
                // The lock is the session's, so that the connection is closed afterwards, which frees it.
                let ask = Query::new(&query.sql, &query.binds);
                let ask = ask.effects(of_session());
                run.fetch(ask, &mut Collect::new(&mut taken, |columns| columns.next())).await?;
                if taken.first() == Some(&1) {
                    break;
                }
                self.go_on(|| "the first statement: another process migrates".to_owned())?;
                if Instant::now() >= until {
                    let message = format!(
                        "another process has been migrating for {:?}; its lock was not to be had",
                        self.lock_wait
                    );
                    return Err(Error::new(ErrorKind::LockTimeout, message));
                }
                if !std::mem::replace(&mut told, true) {
                    self.tell(Event::Waiting);
                }
                tokio::time::sleep(LOCK_PAUSE).await;
            }
        }
        History::new(&*run, &self.table).create().await.or_else(|error| {
            // Another process was faster, where there is no lock.
            if error.kind() == ErrorKind::AlreadyExists { Ok(()) } else { Err(error) }
        })?;
        Ok(run)
    }

    /// Looks at what the database has had before anything is run.
    fn check(&self, entries: &[Entry]) -> Result<()> {
        for entry in entries {
            let Some(migration) = self.migrations.get(&entry.version) else {
                if self.ignore_missing && entry.phase == Phase::Applied {
                    continue;
                }
                return Err(refused(format!(
                    "the database has had the migration {}_{}, which is not among the files: bring it back, or allow \
                     missing ones",
                    entry.version, entry.name
                )));
            };
            let folder = migration.folder();
            match entry.phase {
                Phase::Applied if entry.checksum != migration.checksum() => {
                    return Err(refused(format!(
                        "{folder}/up.sql was changed after the database had it: undo the change, and put what is new into a \
                         migration of its own"
                    )));
                }
                Phase::Applying | Phase::Reverting => {
                    return Err(refused(format!(
                        "{folder} was interrupted at statement {} of {}: look whether that took effect, and say so by \
                         `resolve`",
                        entry.done.saturating_add(1),
                        entry.statements
                    )));
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn apply(&self, session: &dyn Session, last: Option<&str>) -> Result<Vec<Ran>> {
        let run = self.lock(session).await?;
        let history = History::new(&*run, &self.table);
        let entries = self.adopted(&history).await?;
        self.check(&entries)?;
        let applied = |migration: &&Migration| {
            entries.iter().any(|entry| entry.version == migration.version && entry.phase == Phase::Applied)
        };
        let limit = last.map(order);
        let pending = self.migrations.iter().filter(|migration| !applied(migration));
        let pending: Vec<&Migration> = pending
            .filter(|migration| limit.as_ref().is_none_or(|limit| order(&migration.version) <= *limit))
            .collect();
        if let Some(broken) = entries.iter().find(|entry| entry.phase == Phase::RevertFailed) {
            return Err(refused(format!(
                "undoing {}_{} failed after {} of {} statements: end that first, by `down`",
                broken.version, broken.name, broken.done, broken.statements
            )));
        }
        if self.out_of_order == OutOfOrder::Refuse
            && let Some(newest) = entries.iter().rfind(|entry| entry.phase == Phase::Applied)
            && let Some(late) = pending.iter().find(|migration| order(&migration.version) < order(&newest.version))
        {
            return Err(refused(format!(
                "{} is older than {}_{}, which the database has had: give it a newer version",
                late.folder(),
                newest.version,
                newest.name
            )));
        }
        // All are read before the first is run.
        let mut plan = Vec::new();
        for migration in pending {
            plan.push((migration, self.statements(migration, &migration.up, "up.sql", &*run)?));
        }
        let mut done = Vec::new();
        for (migration, statements) in plan {
            let before = entries.iter().find(|entry| entry.version == migration.version);
            self.tell(Event::Applying(migration));
            let job = Job { migrator: self, migration, statements: &statements, file: "up.sql", reverts: false };
            if let Some(took) = job.run(&history, &*run, before).await? {
                self.tell(Event::Applied(migration, took));
                done.push(ran(migration, took));
            }
        }
        Ok(done)
    }

    async fn revert(&self, session: &dyn Session, choose: impl FnOnce(&[Entry]) -> Vec<Entry>) -> Result<Vec<Ran>> {
        let run = self.lock(session).await?;
        let history = History::new(&*run, &self.table);
        let entries = self.adopted(&history).await?;
        self.check(&entries)?;
        let mut plan = Vec::new();
        for entry in choose(&entries) {
            let migration = self.known(&entry.version)?;
            let Some(down) = &migration.down else {
                return Err(refused(format!("{} cannot be undone: it has no file `down.sql`", migration.folder())));
            };
            plan.push((migration, self.statements(migration, down, "down.sql", &*run)?, entry));
        }
        let mut done = Vec::new();
        for (migration, statements, entry) in plan {
            self.tell(Event::Reverting(migration));
            let job = Job { migrator: self, migration, statements: &statements, file: "down.sql", reverts: true };
            if let Some(took) = job.run(&history, &*run, Some(&entry)).await? {
                self.tell(Event::Reverted(migration, took));
                done.push(ran(migration, took));
            }
        }
        Ok(done)
    }
}

impl fmt::Debug for Migrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrator")
            .field("migrations", &self.migrations.len())
            .field("table", &self.table)
            .field("lock_wait", &self.lock_wait)
            .field("out_of_order", &self.out_of_order)
            .finish_non_exhaustive()
    }
}

/// One migration to run or to undo.
struct Job<'m> {
    migrator: &'m Migrator,
    migration: &'m Migration,
    statements: &'m [Statement],
    file: &'static str,
    reverts: bool,
}

impl Job<'_> {
    /// Runs the statements that are not done, and gives how long that took; `None` when another process has done it.
    async fn run(
        &self,
        history: &History<'_>,
        session: &dyn Session,
        before: Option<&Entry>,
    ) -> Result<Option<Duration>> {
        let suspends = self.suspends_foreign_keys();
        let needs_none =
            |statement: &&Statement| statement.needs_no_transaction() && statement.checks_foreign_keys().is_none();
        let has_none = match suspends {
            true => self.statements.iter().any(|statement| needs_none(&statement)),
            false => self.statements.iter().any(Statement::needs_no_transaction),
        };
        let whole = session.dialect().capabilities().transactional_ddl
            && !has_none
            && before.is_none_or(|entry| matches!(entry.phase, Phase::Applied));
        if let Some(statement) = self.statements.iter().find(|statement| statement.controls_transaction()) {
            return Err(refused(format!(
                "{} begins or ends a transaction; a migration is one already where it can be: leave it out",
                self.place(statement)
            )));
        }
        if whole && suspends {
            self.without_foreign_keys(history, session).await
        } else if whole {
            self.at_once(history, session).await
        } else {
            self.step_by_step(history, session, before).await.map(Some)
        }
    }

    /// Whether the file ends the checking of foreign keys before anything else, as the rebuild of a table in SQLite wants it.
    /// The rest can be one transaction all the same.
    fn suspends_foreign_keys(&self) -> bool {
        self.statements.first().and_then(Statement::checks_foreign_keys) == Some(false)
    }

    /// Ends the checking of foreign keys, runs the rest in one transaction, and begins the checking again, whatever happened.
    /// A row that points nowhere afterwards and did before is an error, and nothing is done.
    async fn without_foreign_keys(&self, history: &History<'_>, session: &dyn Session) -> Result<Option<Duration>> {
        let were_checked = number(session, "PRAGMA foreign_keys").await? == 1;
        set(session, "PRAGMA foreign_keys = OFF").await?;
        // Inside of a transaction the pragma says nothing and does nothing, and dropping a table then removes rows of others.
        let result = if number(session, "PRAGMA foreign_keys").await? == 0 {
            self.at_once(history, session).await
        } else {
            Err(refused(format!("{}: the checking of foreign keys cannot be ended here", self.migration.folder())))
        };
        // A file that failed in the middle of a rebuild has left it on.
        let tables = set(session, "PRAGMA legacy_alter_table = OFF").await;
        let keys = if were_checked { set(session, "PRAGMA foreign_keys = ON").await } else { Ok(()) };
        let took = result?;
        tables.and(keys)?;
        Ok(took)
    }

    /// In one transaction with the entry in the history.
    async fn at_once(&self, history: &History<'_>, session: &dyn Session) -> Result<Option<Duration>> {
        let started = Instant::now();
        let unit = session.begin(&BeginOptions::default()).await?;
        {
            let history = history.on(&*unit);
            // Where there is no lock for migrating, another process may have been faster.
            let there = history.entries().await?.iter().any(|entry| entry.version == self.migration.version);
            if there != self.reverts {
                return Ok(None);
            }
            let suspended = self.suspends_foreign_keys();
            let astray = if suspended { number(&*unit, ASTRAY).await? } else { 0 };
            for statement in self.statements {
                if statement.checks_foreign_keys().is_none() {
                    self.send(&*unit, statement).await?;
                } else {
                    self.assert(&*unit, statement).await?;
                }
            }
            if suspended && number(&*unit, ASTRAY).await? > astray {
                return Err(refused(format!(
                    "{}/{}: rows would point at rows that are not there; nothing was changed. `PRAGMA foreign_key_check` \
                     lists them once foreign keys are as the file wants them",
                    self.migration.folder(),
                    self.file
                )));
            }
            if self.reverts {
                history.delete(&self.migration.version).await?;
            } else {
                let done = self.statements.len();
                history
                    .insert(&entry(self.migration, Phase::Applied, self.statements, done, started.elapsed()))
                    .await?;
            }
        }
        unit.commit().await?;
        Ok(Some(started.elapsed()))
    }

    /// One statement after the other, each of which takes effect for itself.
    async fn step_by_step(
        &self,
        history: &History<'_>,
        session: &dyn Session,
        before: Option<&Entry>,
    ) -> Result<Duration> {
        let started = Instant::now();
        let (runs, failed) =
            if self.reverts { (Phase::Reverting, Phase::RevertFailed) } else { (Phase::Applying, Phase::ApplyFailed) };
        let mut done = 0;
        if let Some(before) = before.filter(|before| before.phase == failed) {
            done = usize::try_from(before.done).unwrap_or_default().min(self.statements.len());
            if before.done_checksum != checksum_of(self.statements, before.done) {
                return Err(refused(format!(
                    "{}/{}: the first {done} statements are done and were changed since: they must stay what they were",
                    self.migration.folder(),
                    self.file
                )));
            }
        }
        let mut entry = entry(self.migration, runs, self.statements, done, Duration::ZERO);
        match before {
            Some(_) => history.update(&entry).await?,
            None => history.insert(&entry).await?,
        }
        for statement in &self.statements[done..] {
            if let Err(error) = self.send(session, statement).await {
                entry.phase = failed;
                entry.milliseconds = milliseconds(started.elapsed());
                entry.error = Some(error.message().chars().take(LONGEST_ERROR).collect());
                // The statement's error matters more than that of noting it.
                let _ = history.update(&entry).await;
                return Err(error);
            }
            entry.done = entry.done.saturating_add(1);
            entry.done_checksum = checksum_of(self.statements, entry.done);
            history.update(&entry).await?;
        }
        if self.reverts {
            history.delete(&self.migration.version).await?;
        } else {
            entry.phase = Phase::Applied;
            entry.milliseconds = milliseconds(started.elapsed());
            history.update(&entry).await?;
        }
        Ok(started.elapsed())
    }

    /// Asks what the comments before a statement say must be true.
    async fn assert(&self, session: &dyn Session, statement: &Statement) -> Result<()> {
        for assertion in statement.assertions() {
            let holds = number(session, &format!("SELECT CASE WHEN ({assertion}) THEN 1 ELSE 0 END")).await;
            let holds = holds.map_err(|error| {
                let message = format!("{}: orm:assert {assertion}: {}", self.place(statement), error.message());
                error.with_message(message)
            })?;
            if holds == 0 {
                return Err(refused(format!("{}: is not true here: {assertion}", self.place(statement))));
            }
        }
        Ok(())
    }

    async fn send(&self, session: &dyn Session, statement: &Statement) -> Result<()> {
        self.migrator.go_on(|| self.place(statement))?;
        self.assert(session, statement).await?;
        let query = Query::text(&statement.sql).effects(of_session());
        session.fetch(query, &mut Discard).await.map(drop).map_err(|error| {
            let message = format!("{}: {}", self.place(statement), error.message());
            error.with_message(message)
        })
    }

    fn place(&self, statement: &Statement) -> String {
        format!("{}/{}, line {}", self.migration.folder(), self.file, statement.line)
    }
}

fn status(migration: &Migration, entry: Option<&Entry>) -> Status {
    let (state, ran) = match entry {
        None => (State::Pending, None),
        Some(entry) => {
            let (state, ran) = state(entry);
            (state, Some(ran))
        }
    };
    let changed = entry.is_some_and(|entry| entry.phase == Phase::Applied && entry.checksum != migration.checksum());
    Status { version: migration.version.clone(), name: migration.name.clone(), state, ran, changed, missing: false }
}

fn state(entry: &Entry) -> (State, (DateTime<Utc>, Duration)) {
    let (done, of) = (index(entry.done), index(entry.statements));
    let state = match entry.phase {
        Phase::Applied => State::Applied,
        Phase::ApplyFailed | Phase::RevertFailed => {
            State::Failed { done, of, error: entry.error.clone().unwrap_or_default() }
        }
        Phase::Applying | Phase::Reverting => State::Interrupted { done, of },
    };
    (state, (entry.started_at, Duration::from_millis(u64::try_from(entry.milliseconds).unwrap_or_default())))
}

fn entry(migration: &Migration, phase: Phase, statements: &[Statement], done: usize, took: Duration) -> Entry {
    Entry {
        version: migration.version.clone(),
        name: migration.name.clone(),
        checksum: migration.checksum(),
        phase,
        statements: count(statements.len()),
        done: count(done),
        done_checksum: checksum_of(statements, count(done)),
        started_at: Utc::now(),
        milliseconds: milliseconds(took),
        error: None,
    }
}

fn checksum_of(statements: &[Statement], done: i32) -> String {
    checksum(statements.iter().take(index(done)).map(|statement| statement.sql.as_str()))
}

fn ran(migration: &Migration, took: Duration) -> Ran {
    Ran { version: migration.version.clone(), name: migration.name.clone(), took }
}

fn milliseconds(took: Duration) -> i64 {
    i64::try_from(took.as_millis()).unwrap_or(i64::MAX)
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn index(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// How many rows of SQLite point at rows that are not there.
const ASTRAY: &str = "SELECT count(*) FROM pragma_foreign_key_check";

async fn number(session: &dyn Session, sql: &str) -> Result<i64> {
    let mut numbers: Vec<i64> = Vec::new();
    session.fetch(Query::text(sql), &mut Collect::new(&mut numbers, |columns| columns.next())).await?;
    Ok(numbers.first().copied().unwrap_or_default())
}

async fn set(session: &dyn Session, sql: &str) -> Result<()> {
    session.fetch(Query::text(sql).effects(of_session()), &mut Discard).await.map(drop)
}

/// The connection is closed afterwards.
pub(crate) fn of_session() -> Effects {
    let mut effects = Effects::NONE;
    effects.session = true;
    effects
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Migration, message)
}
