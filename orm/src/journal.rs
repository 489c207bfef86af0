//! [`Journal`]: the position of a handle's last write, so that it can read its own writes from replicas; [`Position`], which
//! passes it to another process.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use orm_core::driver::{Connection, Context, Query};
use orm_core::row::Collect;
use orm_core::{Error, ErrorKind, Result, Value};
use tokio::time::{Instant, sleep};

use crate::observe::Observer;

/// The replication position of a [session](crate::Database::session)'s last write. [`Database::position`](crate::Database::position)
/// returns it, and [`Database::session_after`](crate::Database::session_after) takes it, in this process or another one. As text, such as
/// `0/3000148`, it can be sent in a response header and come back with the next request.
///
/// ```
/// let position: orm::Position = "0/3000148".parse()?;
/// assert_eq!(position.to_string(), "0/3000148");
/// assert!("' OR 1".parse::<orm::Position>().is_err());
/// # Ok::<(), orm::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position(
    /// `None` if there was a write whose position is unknown.
    Option<Arc<str>>,
);

impl Position {
    const UNKNOWN: &str = "unknown";
    const LONGEST: usize = 16 * 1024;
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or(Self::UNKNOWN))
    }
}

impl FromStr for Position {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == Self::UNKNOWN {
            return Ok(Self(None));
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/:,-".contains(&byte);
        if text.is_empty() || text.len() > Self::LONGEST || !text.bytes().all(fits) {
            return Err(Error::new(ErrorKind::InvalidValue, "the text is no position that `Database::position` gave"));
        }
        Ok(Self(Some(text.into())))
    }
}

/// The position of the last write of a handle. Its clones share it.
#[derive(Debug)]
pub(crate) struct Journal {
    /// Asks a server for its position.
    question: &'static str,
    questions: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    position: Option<Arc<str>>,
    /// The number of the last answered request for the position.
    asked: u64,
    /// There may be a write after the position.
    unknown: bool,
    /// The replica that was read from last, so that a later read does not see an older state.
    replica: Option<usize>,
    /// The replicas that have reached the position, as a bit set.
    reached: u64,
}

/// What a read must wait for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Nothing.
    Nothing,
    /// A replica that has reached this position.
    Position(Arc<str>),
    /// The position is unknown, so only the primary can be read.
    Primary,
}

impl Journal {
    pub(crate) fn new(question: &'static str, after: Option<Position>) -> Self {
        let state = match after {
            None => State::default(),
            Some(Position(position)) => State { unknown: position.is_none(), position, ..State::default() },
        };
        Self { question, questions: AtomicU64::new(0), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The position of the last write; `None` before the first one.
    pub(crate) fn position(&self) -> Option<Position> {
        let state = self.state();
        match (&state.position, state.unknown) {
            (_, true) => Some(Position(None)),
            (position, false) => position.clone().map(|position| Position(Some(position))),
        }
    }

    /// What a read from a replica must wait for.
    pub(crate) fn wants(&self, replica: usize) -> Wanted {
        let state = self.state();
        match &state.position {
            _ if state.unknown => Wanted::Primary,
            Some(position) if state.reached & (1 << replica) == 0 => Wanted::Position(Arc::clone(position)),
            _ => Wanted::Nothing,
        }
    }

    /// Records that a replica has reached a position.
    pub(crate) fn reached(&self, replica: usize, position: &Arc<str>) {
        let mut state = self.state();
        if state.position.as_ref().is_some_and(|own| Arc::ptr_eq(own, position)) {
            state.reached |= 1 << replica;
        }
    }

    /// The replica that was read from last.
    pub(crate) fn replica(&self) -> Option<usize> {
        self.state().replica
    }

    pub(crate) fn read_from(&self, replica: usize) {
        self.state().replica = Some(replica);
    }

    /// Records that a write begins. Until it ends, the position is unknown.
    pub(crate) fn writes(self: &Arc<Self>) -> Writing {
        Writing { journal: Arc::clone(self), known: false }
    }
}

/// A running write of a handle with a journal.
#[derive(Debug)]
pub(crate) struct Writing {
    journal: Arc<Journal>,
    known: bool,
}

impl Writing {
    /// Ends the write. After success, asks the server for its position, on the connection that wrote. If that fails, reads go to
    /// the primary.
    pub(crate) async fn end<T>(mut self, observer: &Observer, connection: &mut dyn Connection, result: &Result<T>) {
        match result {
            // Whether the write took effect is unknown.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::AmbiguousCommit) => {}
            Err(_) => self.known = true,
            Ok(_) => self.ask(observer, connection).await,
        }
    }

    async fn ask(&mut self, observer: &Observer, connection: &mut dyn Connection) {
        let number = self.journal.questions.fetch_add(1, Relaxed) + 1;
        let position = match place(self.journal.question, Some(observer), connection).await {
            Ok(Some(position)) => position,
            Ok(None) => return,
            Err(error) => {
                tracing::debug!(target: "orm::replica", %error, "the server does not say how far it has come");
                return;
            }
        };
        self.known = true;
        let mut state = self.journal.state();
        // A position that was asked for later covers this write as well.
        if number > state.asked {
            (state.asked, state.unknown, state.reached) = (number, false, 0);
            state.position = Some(position);
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.known {
            self.journal.state().unknown = true;
        }
    }
}

/// The position of a server; `None` if it does not have one, for example without GTIDs.
pub(crate) async fn place(
    question: &'static str,
    observer: Option<&Observer>,
    connection: &mut dyn Connection,
) -> Result<Option<Arc<str>>> {
    let mut answers: Vec<String> = Vec::new();
    let mut sink = Collect::new(&mut answers, |columns| columns.next());
    let query = Query::new(question, &[]);
    match observer {
        Some(observer) => observer.fetch(connection, query, &mut sink).await,
        None => connection.fetch(query, &mut sink).await,
    }?;
    // MySQL puts line breaks into long sets.
    let place: String = answers.iter().flat_map(|text| text.chars()).filter(|c| !c.is_whitespace()).collect();
    Ok(if place.is_empty() { None } else { Some(place.into()) })
}

/// Waits up to the limit until a server has reached a position; returns whether it has.
pub(crate) async fn has_come(
    question: &'static str,
    observer: Option<&Observer>,
    connection: &mut dyn Connection,
    position: &str,
    limit: Duration,
) -> Result<bool> {
    /// At least a little, since 0 means no limit to some databases.
    const LEAST: Duration = Duration::from_millis(1);
    const MOST_PAUSE: Duration = Duration::from_millis(20);
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_micros(500);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let binds = [Value::Text(position.to_owned().into()), Value::F64(left.max(LEAST).as_secs_f64())];
        let mut answers: Vec<Option<i64>> = Vec::new();
        let mut sink = Collect::new(&mut answers, |columns| columns.next());
        let query = Query::new(question, &binds);
        match observer {
            Some(observer) => observer.fetch(connection, query, &mut sink).await,
            None => connection.fetch(query, &mut sink).await,
        }?;
        if answers.first() == Some(&Some(1)) {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        sleep(pause.min(left)).await;
        pause = (pause * 2).min(MOST_PAUSE);
    }
}

/// The read options of a handle, stored in its context.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reads {
    pub(crate) from: ReadFrom,
    /// The maximum age of data that is read.
    pub(crate) staleness: Option<Duration>,
    pub(crate) journal: Option<Arc<Journal>>,
}

impl Reads {
    /// The journal of a handle, if it has one.
    #[inline]
    pub(crate) fn journal(context: &Context) -> Option<&Arc<Journal>> {
        context.get::<Self>()?.journal.as_ref()
    }
}

/// Where the reads of a handle go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ReadFrom {
    /// Queries of models from replicas, raw SQL from the primary.
    #[default]
    Replicas,
    /// Raw SQL that reads also goes to replicas.
    RawToo,
    /// Everything from the primary.
    Primary,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(journal: &Journal, replica: usize, position: &str) -> bool {
        journal.wants(replica) == Wanted::Position(position.into())
    }

    #[test]
    fn a_write_whose_end_is_unknown_leaves_reads_to_the_primary() {
        let journal = Arc::new(Journal::new("", None));
        assert_eq!((journal.wants(0), journal.position()), (Wanted::Nothing, None));
        drop(journal.writes());
        assert_eq!(journal.wants(0), Wanted::Primary);
        let carried: Position = journal.position().unwrap().to_string().parse().unwrap();
        assert_eq!(Journal::new("", Some(carried)).wants(0), Wanted::Primary);
    }

    #[test]
    fn a_position_is_waited_for_once_on_each_replica() {
        let journal = Journal::new("", Some("0/1".parse().unwrap()));
        assert!(wants(&journal, 0, "0/1") && wants(&journal, 1, "0/1"));
        let Wanted::Position(position) = journal.wants(0) else { unreachable!() };
        journal.reached(0, &position);
        assert!(journal.wants(0) == Wanted::Nothing && wants(&journal, 1, "0/1"));
        journal.reached(1, &"0/1".into()); // of another write
        assert!(wants(&journal, 1, "0/1"));
    }

    #[test]
    fn positions_are_those_of_the_databases() {
        for text in ["0/3000148", "0-1-100,1-2-3", "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5:11-18", "unknown"] {
            assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        }
        for text in ["", "0/1 OR 1", "'", &"1".repeat(20_000)] {
            assert_eq!(text.parse::<Position>().unwrap_err().kind(), ErrorKind::InvalidValue);
        }
    }
}
