//! Cancellation: every public operation is dropped after its first, second, third .. poll, and the database must be as
//! before. Made of public items only, and shared with the suite that runs against servers; the tests here are in
//! `cancelled`.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use orm::driver::{BeginOptions, Query};
use orm::row::Discard;
use orm::{Database, Executor, Result, TransactionOptions};

/// Polls a future a number of times, each time when it was woken, and drops it; gives its output when it ended before.
pub(crate) async fn poll_then_drop<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Drops what `operation` makes after one poll, two polls .. until it ends by itself, and calls `check` each time.
/// Gives the number of polls it needed.
pub(crate) async fn drop_at_every_poll<T>(
    name: &str,
    mut operation: impl AsyncFnMut() -> Result<T>,
    mut check: impl AsyncFnMut(usize, bool),
) -> usize {
    for polls in 0..500 {
        let ended = poll_then_drop(operation(), polls).await.map(|result| {
            if let Err(error) = result {
                panic!("{name}, with {polls} polls: {error}");
            }
        });
        check(polls, ended.is_some()).await;
        if ended.is_some() {
            return polls;
        }
    }
    panic!("{name} does not end");
}

/// Holds the number of rows against what was dropped so far. A server may still be at work on a statement whose client
/// has gone, so the rows of a dropped operation may come late, but only all of them together.
#[derive(Debug)]
pub(crate) struct Tally {
    seen: u64,
    all: u64,
    late: u64,
}

impl Tally {
    /// `seen` rows are there, and each operation adds `all`.
    pub(crate) fn new(seen: u64, all: u64) -> Self {
        Self { seen, all, late: 0 }
    }

    /// There are `now` rows after one more operation, which `ended` or was dropped.
    ///
    /// # Panics
    /// When that cannot be.
    pub(crate) fn check(&mut self, now: u64, ended: bool, place: &str) {
        self.late += 1;
        let grown = now.checked_sub(self.seen).unwrap_or_else(|| panic!("{place}: {} became {now}", self.seen));
        let times = grown.checked_div(self.all).unwrap_or(u64::from(ended));
        let whole = times * self.all == grown && times >= u64::from(ended) && times <= self.late;
        assert!(whole, "{place}: {grown} rows more, of {} for each of {} operations", self.all, self.late);
        self.late -= times;
        self.seen = now;
    }
}

type Operation = (&'static str, fn(&Database) -> std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send + '_>>);

/// Statements that the database under test understands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe {
    /// Gives the number of rows that [`INSERT`] has written.
    pub(crate) count: &'static str,
    /// Statements of which the last gives 0 when the connection has no transaction open; none where nothing can tell.
    pub(crate) open: &'static [&'static str],
    /// Gives the number of the connection's session, and, with such a number after it, how many sessions have it: a server
    /// may still be at work for one whose client has gone.
    pub(crate) session: Option<(&'static str, &'static str)>,
}

impl Probe {
    async fn session(self, db: &Database) -> i64 {
        match self.session {
            Some((own, _)) => db.query::<i64>(own, ()).await.unwrap()[0],
            None => 0,
        }
    }

    /// Waits until a session has ended, unless it is the connection's own.
    async fn ended(self, session: i64, db: &Database) -> i64 {
        let own = self.session(db).await;
        if let Some((_, there)) = self.session.filter(|_| own != session) {
            while db.query::<i64>(&format!("{there}{session}"), ()).await.unwrap() != [0] {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        own
    }
}

/// Writes a row.
pub(crate) const INSERT: &str = "INSERT INTO cancelled VALUES ('x')";

fn patient() -> TransactionOptions {
    TransactionOptions::new().retries(2).timeout(Duration::from_secs(20))
}

/// Every public operation.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        ("execute", |db| Box::pin(async { db.execute(INSERT, ()).await.map(drop) })),
        ("query", |db| Box::pin(async { db.query::<i64>("SELECT 1", ()).await.map(drop) })),
        ("batch", |db| Box::pin(db.batch(INSERT))),
        ("ping", |db| Box::pin(db.ping())),
        ("begin and drop", |db| Box::pin(async { db.begin().await.map(drop) })),
        ("begin and rollback", |db| Box::pin(async { db.begin().await?.rollback().await })),
        ("begin and commit", |db| {
            Box::pin(async {
                let tx = db.begin().await?;
                tx.execute(INSERT, ()).await?;
                tx.commit().await
            })
        }),
        ("transaction", |db| {
            Box::pin(db.transaction(async |tx| {
                tx.execute(INSERT, ()).await?;
                tx.query::<i64>("SELECT 1", ()).await.map(drop)
            }))
        }),
        ("transaction with options", |db| {
            Box::pin(db.transaction_with(patient(), async |tx| tx.execute(INSERT, ()).await.map(drop)))
        }),
        ("transaction with options and an error of one's own", |db| {
            Box::pin(db.try_transaction_with(patient(), async |tx| tx.batch(INSERT).await))
        }),
        ("begin with options", |db| {
            Box::pin(async {
                let tx = db.begin_with(patient()).await?;
                tx.batch(INSERT).await?;
                tx.commit().await
            })
        }),
        ("transaction with an error of one's own", |db| {
            Box::pin(db.try_transaction(async |tx| {
                tx.execute(INSERT, ()).await?;
                tx.try_transaction(async |sp| sp.batch(INSERT).await).await
            }))
        }),
        ("savepoints", |db| {
            Box::pin(db.transaction(async |tx| {
                tx.transaction(async |sp| {
                    sp.execute(INSERT, ()).await?;
                    sp.transaction(async |sp| sp.execute(INSERT, ()).await).await.map(drop)
                })
                .await?;
                tx.begin().await?.rollback().await?;
                drop(tx.begin().await?);
                tx.execute(INSERT, ()).await.map(drop)
            }))
        }),
        ("unit", |db| {
            Box::pin(async {
                let unit = Executor::session(db).begin(&BeginOptions::default()).await?;
                unit.fetch(Query::text(INSERT), &mut Discard).await?;
                let inner = unit.begin(&BeginOptions::default()).await?;
                inner.fetch(Query::text(INSERT), &mut Discard).await?;
                inner.commit().await?;
                unit.commit().await
            })
        }),
        ("pin", |db| {
            Box::pin(async {
                let pinned = Executor::session(db).pin().await?;
                pinned.fetch(Query::text("SELECT 1"), &mut Discard).await?;
                let unit = pinned.begin(&BeginOptions::default()).await?;
                unit.fetch(Query::text(INSERT), &mut Discard).await?;
                unit.commit().await?;
                pinned.fetch(Query::text("SELECT 1"), &mut Discard).await.map(drop)
            })
        }),
        ("unit in a transaction", |db| {
            Box::pin(db.transaction(async |tx| {
                let unit = tx.session().begin(&BeginOptions::default()).await?;
                unit.fetch(Query::text(INSERT), &mut Discard).await?;
                unit.commit().await?;
                drop(tx.session().begin(&BeginOptions::default()).await?);
                tx.execute(INSERT, ()).await.map(drop)
            }))
        }),
    ]
}

/// With a pool of one: after each cut, the connection works, is not inside a transaction, and what was cut off has
/// written all of its rows or none.
pub(crate) async fn check_operations(db: &Database, probe: Probe) {
    for (name, operation) in operations() {
        let start = count(db, probe).await;
        let all = {
            operation(db).await.unwrap();
            count(db, probe).await - start
        };
        let mut tally = Tally::new(start + all, all);
        let mut session = probe.session(db).await;
        drop_at_every_poll(
            name,
            async || operation(db).await,
            async |polls, ended| {
                let place = format!("{name}, after {polls} polls");
                let works = tokio::time::timeout(Duration::from_secs(10), db.query::<i64>("SELECT 1", ())).await;
                assert_eq!(works.expect("the pool is stuck").unwrap(), [1], "{place}");
                session = probe.ended(session, db).await;
                let mut open = vec![0];
                for sql in probe.open {
                    open = db.query::<i64>(sql, ()).await.unwrap();
                }
                assert_eq!(open, [0], "{place}");
                db.begin().await.unwrap().rollback().await.unwrap();
                tally.check(count(db, probe).await, ended, &place);
                let status = db.pool_status();
                assert_eq!((status.in_use, status.idle), (0, 1), "{place}: {status:?}");
            },
        )
        .await;
    }
}

async fn count(db: &Database, probe: Probe) -> u64 {
    let count = db.query::<i64>(probe.count, ()).await.unwrap()[0];
    count.try_into().unwrap()
}
