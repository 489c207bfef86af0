//! [`Clock`]: where the time comes from, so that tests can set it.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// A clock.
pub trait Clock: Debug + Send + Sync {
    /// The time.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is set: for tests. Clones are the same clock.
///
/// ```
/// use std::time::Duration;
/// use orm_auth::{Clock, ManualClock};
///
/// let clock = ManualClock::at("2026-01-31T12:00:00Z".parse()?);
/// let same = clock.clone();
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(same.now().to_rfc3339(), "2026-01-31T12:01:30+00:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// A clock that shows this time.
    pub fn at(time: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// Sets it.
    pub fn set(&self, time: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// Sets it forward.
    pub fn advance(&self, by: Duration) {
        let mut time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *time = after(*time, by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time in whole microseconds, which every database keeps.
pub(crate) fn micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(time)
}

/// A time after another; the last that every database holds, where there is none.
pub(crate) fn after(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let last = DateTime::from_timestamp(LAST, 0).unwrap_or(time);
    let sum = TimeDelta::from_std(by).ok().and_then(|by| time.checked_add_signed(by));
    sum.map_or(last, |sum| sum.min(last))
}

/// A time before another; the first that every database holds, where there is none.
pub(crate) fn before(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let first = DateTime::from_timestamp(FIRST, 0).unwrap_or(time);
    let difference = TimeDelta::from_std(by).ok().and_then(|by| time.checked_sub_signed(by));
    difference.map_or(first, |difference| difference.max(first))
}

/// The year 9999, and the second day of 1970.
const LAST: i64 = 253_370_764_800;
const FIRST: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stay_in_what_databases_hold() {
        let now: DateTime<Utc> = "2026-01-31T12:00:00.123456789Z".parse().unwrap();
        assert_eq!(micros(now).to_rfc3339(), "2026-01-31T12:00:00.123456+00:00");
        assert_eq!(after(now, Duration::from_secs(60)) - now, TimeDelta::seconds(60));
        assert_eq!(now - before(now, Duration::from_secs(60)), TimeDelta::seconds(60));
        assert_eq!(after(now, Duration::MAX).to_rfc3339(), "9999-01-01T00:00:00+00:00");
        assert_eq!(before(now, Duration::MAX).to_rfc3339(), "1970-01-02T00:00:00+00:00");
    }
}
