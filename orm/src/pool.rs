//! The pool above all drivers: who may use a connection, and whether it is fit to be used. Waiting and queueing are
//! `deadpool`'s; opening, checking, resetting and closing connections are here and in `lease`.
//!
//! A checkout of a connection that was used a moment ago asks the server nothing, starts no timer and no task. What
//! takes time (waiting, opening, pinging, finishing what a dropped future left behind) is on the slow path.

mod lease;
mod status;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use deadpool::managed::{self, PoolError, QueueMode, Timeouts};
use orm_core::driver::Driver;
use orm_core::{Error, ErrorKind, Result};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

pub(crate) use lease::Lease;
use lease::Manager;
pub use status::PoolStatus;
use status::{Holder, Shared, Waiting};
pub(crate) use status::{Use, is_away};

use crate::limit::Given;
use crate::options::{PoolOptions, deadline};

/// Connections of one database.
#[derive(Clone)]
pub(crate) struct Pool {
    objects: managed::Pool<Manager>,
    shared: Arc<Shared>,
}

/// What can be had without waiting.
enum Now {
    /// A connection to use.
    Fit(Lease),
    /// A place for a connection, which must be opened or checked.
    Place(Lease),
    /// All places are taken.
    Busy,
}

impl Pool {
    /// A pool without connections.
    pub(crate) fn new(driver: Arc<dyn Driver>, mut options: PoolOptions) -> Result<Self> {
        options.check()?;
        let only_one = driver.max_connections() == Some(1);
        if let Some(most) = driver.max_connections() {
            options.max_connections = options.max_connections.min(most.max(1));
            options.min_connections = options.min_connections.min(options.max_connections);
        }
        if only_one {
            // The database may live inside its connection: it must not go because it is old.
            (options.idle_timeout, options.max_lifetime) = (None, None);
        }
        let max_size = options.max_connections;
        let shared = Arc::new(Shared::new(driver, options, only_one));
        let objects = managed::Pool::builder(Manager { shared: Arc::clone(&shared) })
            .max_size(max_size)
            .queue_mode(QueueMode::Lifo)
            .build()
            .map_err(|error| Error::new(ErrorKind::Config, "the pool could not be made").with_source(error))?;
        // Closing the only connection of a database in memory would drop the database.
        if let Some(limit) = shared.options.limit.as_ref().filter(|_| !only_one) {
            let pool = objects.weak();
            limit.join(move || give_away(&pool));
        }
        Ok(Self { objects, shared })
    }

    /// Opens the connections there should always be, and starts the task that closes unused ones.
    pub(crate) async fn start(&self) -> Result<()> {
        let mut opened = Vec::new();
        while opened.len() < self.shared.options.min_connections {
            opened.push(self.acquire().await?);
        }
        drop(opened);
        self.sweep_now_and_then();
        Ok(())
    }

    pub(crate) fn driver(&self) -> &dyn Driver {
        &*self.shared.driver
    }

    /// How long anyone waits for a connection.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        self.shared.options.acquire_timeout
    }

    /// A connection that is fit to be used.
    #[inline]
    pub(crate) async fn acquire(&self) -> Result<Lease> {
        match self.now()? {
            Now::Fit(lease) => Ok(lease),
            Now::Place(lease) => Box::pin(self.wait(Some(lease))).await,
            Now::Busy => Box::pin(self.wait(None)).await,
        }
    }

    /// A connection for more than one statement; who holds it is told to those who wait in vain.
    pub(crate) async fn acquire_for(&self, purpose: Use, at: Option<&'static Location<'static>>) -> Result<Lease> {
        let mut lease = self.acquire().await?;
        lease.hold(Holder::new(purpose, at));
        Ok(lease)
    }

    fn now(&self) -> Result<Now> {
        const AT_ONCE: Timeouts = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };
        // Neither waiting nor making a place nor recycling one awaits anything, so one poll is enough.
        let polled = pin!(self.objects.timeout_get(&AT_ONCE)).poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(Ok(object)) => {
                let mut lease = Lease::new(object);
                Ok(if lease.is_fit() { Now::Fit(lease) } else { Now::Place(lease) })
            }
            Poll::Ready(Err(PoolError::Closed)) => Err(closed()),
            Poll::Ready(Err(_)) | Poll::Pending => Ok(Now::Busy),
        }
    }

    #[cold]
    async fn wait(&self, place: Option<Lease>) -> Result<Lease> {
        let limit = self.shared.options.acquire_timeout;
        let deadline = deadline(limit);
        let mut lease = match place {
            Some(lease) => lease,
            None => {
                let _waiting = Waiting::new(&self.shared.counters);
                let before = self.shared.came_back.load(Relaxed);
                match timeout_at(deadline, self.objects.timeout_get(&Timeouts::new())).await {
                    Ok(Ok(object)) => {
                        self.shared.came_back.fetch_add(1, Relaxed);
                        Lease::new(object)
                    }
                    Ok(Err(PoolError::Closed)) => return Err(closed()),
                    Ok(Err(error)) => {
                        return Err(Error::new(ErrorKind::AcquireTimeout, error.to_string()));
                    }
                    Err(_) => {
                        // Those who wait are served in turn, so whatever came back went to one of them.
                        let none = self.shared.came_back.load(Relaxed) == before;
                        return Err(self.exhausted(limit, none));
                    }
                }
            }
        };
        if lease.is_fit() {
            return Ok(lease);
        }
        self.answered(deadline, lease.make_fit()).await?;
        Ok(lease)
    }

    /// Whether there is never more than one connection.
    pub(crate) fn has_only_one(&self) -> bool {
        self.shared.only_one
    }

    /// Asks the first connection something: as with getting it, `acquire_timeout` is the limit.
    pub(crate) async fn ask<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        self.answered(deadline(self.shared.options.acquire_timeout), question).await
    }

    /// Waits for the server's answer, up to the end of `acquire_timeout`.
    async fn answered<T>(&self, deadline: Instant, answer: impl Future<Output = Result<T>>) -> Result<T> {
        timeout_at(deadline, answer).await.unwrap_or_else(|_| {
            self.shared.counters.timeouts.fetch_add(1, Relaxed);
            let limit = self.shared.options.acquire_timeout;
            let message = format!("{} did not answer within {limit:?}", self.shared.driver.target());
            Err(Error::new(ErrorKind::AcquireTimeout, message))
        })
    }

    /// The error for waiting in vain: who has the connections, and what to do. `none`: nobody got one in that time.
    fn exhausted(&self, limit: Duration, none: bool) -> Error {
        /// Statements that take less are taken for slow ones.
        const SILENCE: Duration = Duration::from_secs(1);
        self.shared.counters.timeouts.fetch_add(1, Relaxed);
        let status = self.status();
        let mut message =
            format!("none came back within {limit:?}; {} of {} are in use", status.in_use, status.max_size);
        let holders = self.shared.holders();
        if !holders.is_empty() {
            message.push_str(" (");
            for (index, holder) in holders.iter().take(5).enumerate() {
                message.push_str(if index == 0 { "" } else { "; " });
                message.push_str(&holder.to_string());
            }
            if holders.len() > 5 {
                message.push_str(&format!("; and {} more", holders.len() - 5));
            }
            message.push(')');
        }
        if status.waiting > 1 {
            message.push_str(&format!(", {} tasks wait", status.waiting));
        }
        let advice: Cow<'static, str> = if self.shared.only_one {
            "this database has one connection: while a transaction is open, run everything on the transaction, not on \
             `db`"
                .into()
        } else if none && limit >= SILENCE && holders.iter().all(Holder::is_at_work) {
            format!(
                "no connection has had an answer for {limit:?} and longer: the server or the network may be down, and more \
                 connections would not answer either. With `socket_timeout`, those without an answer are given up; \
                 `statement_timeout` ends statements that are too slow"
            )
            .into()
        } else if holders.is_empty() {
            format!("more than {} statements run at once: raise `max_connections`", status.max_size).into()
        } else {
            "a task that holds a transaction and also uses `db` waits for itself: pass the transaction on, or raise \
             `max_connections`"
                .into()
        };
        message.push_str(". ");
        message.push_str(&advice);
        Error::new(ErrorKind::AcquireTimeout, message)
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let places = self.objects.status();
        let counters = &self.shared.counters;
        PoolStatus {
            max_size: self.shared.options.max_connections,
            size: places.size,
            idle: places.available,
            in_use: places.size.saturating_sub(places.available),
            waiting: places.waiting,
            created: counters.created.load(Relaxed),
            closed: counters.closed.load(Relaxed),
            broken: counters.broken.load(Relaxed),
            resets: counters.resets.load(Relaxed),
            waits: counters.waits.load(Relaxed),
            wait_time: Duration::from_micros(counters.waited.load(Relaxed)),
            acquire_timeouts: counters.timeouts.load(Relaxed),
        }
    }

    /// Signals that the pool was closed or dropped.
    pub(crate) fn ended(&self) -> watch::Receiver<()> {
        self.shared.ended.subscribe()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.objects.is_closed()
    }

    /// Hands out nothing any more, waits for what is in use, and closes everything.
    pub(crate) async fn close(&self) -> Result<()> {
        let limit = self.shared.options.close_timeout;
        let deadline = deadline(limit);
        self.objects.close();
        self.shared.ended.send_replace(());
        loop {
            let changed = self.shared.changed.notified();
            let mut changed = pin!(changed);
            changed.as_mut().enable();
            let in_use = self.objects.status().size;
            if in_use == 0 && self.shared.closing.load(Relaxed) == 0 {
                return Ok(());
            }
            if timeout_at(deadline, changed).await.is_err() {
                let holders: Vec<String> = self.shared.holders().iter().map(ToString::to_string).collect();
                let mut message = format!("{in_use} connections were still in use after {limit:?}");
                if !holders.is_empty() {
                    message.push_str(": ");
                    message.push_str(&holders.join("; "));
                }
                return Err(Error::new(ErrorKind::PoolClosed, message));
            }
        }
    }

    /// Starts the task that closes connections nobody needs, and opens those that should always be there. It ends at once
    /// when the pool is closed or dropped.
    fn sweep_now_and_then(&self) {
        /// How long a lack of connections may last.
        const LACK: Duration = Duration::from_millis(500);
        let options = &self.shared.options;
        let shortest = options.idle_timeout.into_iter().chain(options.max_lifetime).min();
        let lack = (options.min_connections > 0).then_some(LACK);
        let longest = Duration::from_secs(30);
        let Some(pause) = shortest.map(|limit| (limit / 2).min(longest)).into_iter().chain(lack).min() else { return };
        let pause = pause.max(Duration::from_millis(10));
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (objects, shared) = (self.objects.weak(), Arc::downgrade(&self.shared));
        let mut ended = self.shared.ended.subscribe();
        runtime.spawn(async move {
            while tokio::time::timeout(pause, ended.changed()).await.is_err() {
                let (Some(objects), Some(shared)) = (objects.upgrade(), shared.upgrade()) else { return };
                let pool = Self { objects, shared };
                if pool.is_closed() {
                    return;
                }
                pool.sweep();
                if let Err(error) = pool.fill().await {
                    tracing::debug!(target: "orm::pool", %error, "no connection could be opened ahead of need");
                }
            }
        });
    }

    /// Opens connections until there are as many as there should always be.
    async fn fill(&self) -> Result<()> {
        while self.objects.status().size < self.shared.options.min_connections {
            // Unused connections are handed out before new ones are made: they are taken for a moment.
            let mut unused = Vec::new();
            let place = loop {
                match self.now()? {
                    Now::Fit(lease) => unused.push(lease),
                    Now::Place(lease) if lease.is_open() => unused.push(lease),
                    Now::Place(lease) => break Some(lease),
                    Now::Busy => break None,
                }
            };
            drop(unused);
            // Without a place, others have opened what was missing.
            let Some(place) = place else { return Ok(()) };
            self.wait(Some(place)).await?;
        }
        Ok(())
    }

    fn sweep(&self) {
        let options = &self.shared.options;
        let now = std::time::Instant::now();
        let mut spare = self.objects.status().size.saturating_sub(options.min_connections);
        let swept = self.objects.retain(|slot, _| {
            let idle = spare > 0 && options.idle_timeout.is_some_and(|limit| slot.idle_at(now) >= limit);
            spare -= usize::from(idle);
            !(idle || slot.is_old_at(now))
        });
        // Closed here, outside the pool's lock.
        drop(swept);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.status().fmt(f)
    }
}

/// Closes an idle connection, so that another database can open one.
fn give_away(pool: &managed::WeakPool<Manager>) -> Given {
    let Some(pool) = pool.upgrade() else { return Given::Gone };
    let mut one = false;
    let closed = pool.retain(|_, _| std::mem::replace(&mut one, true));
    if closed.removed.is_empty() { Given::Nothing } else { Given::Connection }
}

fn closed() -> Error {
    Error::new(ErrorKind::PoolClosed, "the database was closed")
}
